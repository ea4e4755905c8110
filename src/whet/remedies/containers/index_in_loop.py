"""Looking for places in a list, again and again.

What
    `items.index(x)` in a loop or a comprehension that leaves `items` as it is.

Why slow
    Each call compares `x` with one element after the other; a dict of first places finds it at
    once.

Evidence needed
    From the run: it was always a list or tuple; its elements and all that was looked for can be
    hashed and compare as builtins do (no custom `__eq__`, no NaN); how long the list was, how
    often it was asked and how often a table would be made.

Before
    def ranks(names, order):
        return [order.index(name) for name in names]

After
    def ranks(names, order):
        order_places = dict(zip(reversed(order), range(len(order) - 1, -1, -1)))
        return [
            order_places[name] if name in order_places else order.index(name) for name in names
        ]

Safety
    Gated by evidence. What is missing is asked of the list as before, so the same ValueError
    comes from the same place. A list that somebody else may hold is left alone if the loop calls
    anything that could change it.

When not
    Elements that cannot be hashed or have an equality of their own, short lists, few calls for
    each list, lists that change in the loop, `index` with a start.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.remedies._lists import within
from whet.remedies._names import simple
from whet.remedies._places import found_again, hot_function
from whet.remedies.containers._lookups import Lookup, admit_lookup, find_lookups, match_of
from whet.remedies.remedy import Admission, Remedy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match

NAME = "index_in_loop"
BUILD_NS = 80.0  # of one element of the table, CPython 3.11: 57 to 97
_NEEDED = ("dict", "zip", "reversed", "range", "len")


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every list of the hot function that a loop looks for places in."""
    function = hot_function(module, hot)
    found = _lookups(module, function) if function else ()
    return [match_of(module, NAME, each, "where it holds something") for each in found]


def _lookups(module: SourceModule, function: FunctionNode) -> Iterator[Lookup]:
    inner = module.scopes.inner(function)
    if any(module.scopes.owner(name, inner) is not None for name in _NEEDED):
        return
    for lookup in find_lookups(module, function, "index"):
        if all(_can_ask(module, call) for call in lookup.calls):
            yield lookup


def _can_ask(module: SourceModule, call: ast.Call) -> bool:
    """Whether a condition can stand in the place of a call, and does not already hold it."""
    around = list(module.scopes.ancestors(call))
    parts = [at for at in around if isinstance(at, ast.comprehension)]
    in_iterable = any(within(module, call, part.iter) for part in parts)
    asked = any(isinstance(at, ast.IfExp) and within(module, call, at.orelse) for at in around)
    wanted = call.args[0]
    return (
        not asked
        and "\n" not in module.text_of(call)
        and (simple(wanted) or not (in_iterable or isinstance(wanted, ast.IfExp)))
    )


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether a table answers alike, and pays."""
    return admit_lookup(match, evidence, build_ns=BUILD_NS, part=0.5)


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """A dict of first places made before the loop.

    Raises:
        WhetError: The match is not in the module any more.
    """
    found = found_again(module, match, _lookups, lambda each: each.calls[0])
    name = found.name
    table = module.fresh_name(f"{name}_places")
    indent = module.indent_of(found.before) or ""
    made = f"dict(zip(reversed({name}), range(len({name}) - 1, -1, -1)))"
    return (
        module.insert_before_line(found.before.lineno, f"{indent}{table} = {made}\n"),
        *(module.replace(call, _asking(module, name, table, call)) for call in found.calls),
    )


def _asking(module: SourceModule, name: str, table: str, call: ast.Call) -> str:
    wanted = module.text_of(call.args[0])
    asked = wanted
    if not simple(call.args[0]):
        held = module.fresh_name("wanted")
        asked, wanted = f"({held} := {wanted})", held
    text = f"{table}[{wanted}] if {asked} in {table} else {name}.index({wanted})"
    return text if _stands_alone(module, call) else f"({text})"


def _stands_alone(module: SourceModule, call: ast.Call) -> bool:
    """Whether a condition needs no brackets in the place of a call."""
    match module.scopes.parent(call):
        case ast.Assign() | ast.Return() | ast.Call():
            return True
        case ast.ListComp(elt=elt):
            return elt is call
        case ast.Subscript(slice=index):
            return index is call
        case _:
            return False


REMEDY = Remedy(
    name=NAME,
    family="containers",
    title="Look up places in a dict",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
