"""Lists put together by `sum`.

What
    `sum(lists, [])`, also with tuples and `sum(tuples, ())`.

Why slow
    Each addition copies all that was put together before: the time grows with the square.

Evidence needed
    From the run: everything that is summed is of the exact type `list` (or `tuple`), and how many
    there were.

Before
    def flat(rows):
        return sum(rows, [])

After
    def flat(rows):
        return list(chain.from_iterable(rows))

Safety
    Gated by evidence: `sum` refuses what is no list, `chain` takes whatever can be iterated.

When not
    Elements of other types, subclasses (their `__add__` may do anything), few lists, iterators
    whose elements cannot be seen.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from whet.remedies._admission import types_of
from whet.remedies._places import (
    found_again,
    hot_function,
    import_of,
    is_in_text,
    new_match,
    walk_function,
)
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match, ValueEvidence

NAME = "sum_of_lists"
FEWEST = 16
# Lists of ten elements after which copying takes as long as the rest of an addition, CPython
# 3.11: 8 ns for each list that is there already, 65 ns for the rest.
BREAK_EVEN = 8.0
_CONTAINERS = frozenset({"list", "tuple"})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sum:
    call: ast.Call
    lists: ast.expr
    kind: Literal["list", "tuple"]


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every `sum` of lists in the hot function."""
    function = hot_function(module, hot)
    return [_match(module, found) for found in _sums(module, function)] if function else []


def _sums(module: SourceModule, function: FunctionNode) -> list[_Sum]:
    found = [_sum(module, node) for node in walk_function(function)]
    return [each for each in found if each is not None]


def _sum(module: SourceModule, node: ast.AST) -> _Sum | None:
    match node:
        case ast.Call(args=[lists, start], keywords=[]):
            pass
        case ast.Call(args=[lists], keywords=[ast.keyword(arg="start", value=start)]):
            pass
        case _:
            return None
    if not module.scopes.is_builtin(node.func, "sum") or isinstance(lists, ast.Starred):
        return None
    if is_in_text(module, node) or "#" in module.text_of(node).replace(module.text_of(lists), ""):
        return None  # a comment would be lost
    match start:
        case ast.List(elts=[]):
            kind: Literal["list", "tuple"] = "list"
        case ast.Tuple(elts=[]):
            kind = "tuple"
        case _:
            return None
    return _Sum(call=node, lists=lists, kind=kind) if _has_builtin(module, node, kind) else None


def _has_builtin(module: SourceModule, node: ast.AST, name: str) -> bool:
    scopes = module.scopes
    return scopes.owner(name, scopes.scope_of(node)) is None and not scopes.star_import


def _match(module: SourceModule, found: _Sum) -> Match:
    values = [("lists", found.lists)]
    if isinstance(found.lists, ast.GeneratorExp):  # its elements are seen where they are made
        values.append(("element", found.lists.elt))
    return new_match(
        module,
        NAME,
        found.call,
        f"{found.kind}s are put together by `sum`",
        safety="gated",
        values=values,
        data={"kind": found.kind},
    )


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether only exact lists were summed, and enough of them."""
    seen = {s.role: evidence.values[s.site] for s in match.values if s.site in evidence.values}
    lists, kind = seen.get("lists"), str(match.data["kind"])
    if lists is None or not lists.observations:
        return refused("the run never came here")
    element = seen.get("element")
    if reason := _other_types(lists, element, kind):
        return refused(reason)
    if element is None:
        count = lists.size_median or 0.0
    else:
        count = element.observations / lists.observations
    facts = {"sums": lists.observations, "lists_median": count}
    if count < FEWEST:
        return refused("too few are put together for a gain", **facts)
    return Admission(evidence=facts, removable=round(1 - 1 / (1 + count / BREAK_EVEN), 4))


def _other_types(lists: ValueEvidence, element: ValueEvidence | None, kind: str) -> str | None:
    """Why something else than exact lists may be among what is summed; None: nothing is."""
    if element is None:
        if not types_of(lists.types) <= _CONTAINERS:
            return "what is summed was no list or tuple, so its elements were not seen"
        if not (lists.described and lists.elements_complete):
            return "it was too large to be looked at in full"
        types = types_of(lists.element_types)
    else:
        types = types_of(element.types)
    return None if types == {kind} else f"of what is summed, some is of type {', '.join(types)}"


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """One pass over all lists.

    Raises:
        WhetError: The match is not in the module any more.
    """
    found = found_again(module, match, _sums, lambda each: each.call)
    maker, imports = import_of(module, "itertools", "chain")
    lists = module.text_of(found.lists)
    if isinstance(found.lists, ast.GeneratorExp):
        lists = lists[1:-1]
    return (*imports, module.replace(found.call, f"{found.kind}({maker}.from_iterable({lists}))"))


REMEDY = Remedy(
    name=NAME,
    family="containers",
    title="Chain lists in one pass",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
