"""Sums of ever longer beginnings of a list, each added up from the start.

What
    `sum(numbers[:i])` for the positions `i` of the list, in a loop or comprehension.

Why slow
    n beginnings of n numbers are n * n / 2 additions, and as many copies; each sum is the one
    before plus one number.

Evidence needed
    From the run: a list or tuple all of whose elements were ints (no bools, no floats), and how
    many there were.

Before
    return [sum(sizes[:i]) for i in range(len(sizes))]

After
    sizes_sums = [*accumulate(sizes, initial=0)]
    return [sizes_sums[i] for i in range(len(sizes))]

Safety
    Gated: exact for ints, on what the run showed. The list may only be read in the loop, and the
    position may only be one that the loop's `range` or `enumerate` gives. A list that somebody
    else may hold is left alone if the loop does anything that could change it.

When not
    Floats (since 3.12 `sum` rounds otherwise than adding one after the other), lists that the loop
    changes or gives away, short lists, generator expressions (they may run much later).
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from whet.codebase.scopes import COMPREHENSIONS, FUNCTIONS
from whet.remedies._asking import asked, looks, median_size, missed, others_than
from whet.remedies._lists import assigned_values, is_kept_private, is_own_list, local_mentions
from whet.remedies._locals import bound_before, is_editable, looks_at_locals
from whet.remedies._names import Use, use_of
from whet.remedies._places import (
    alone_on_its_lines,
    found_again,
    hot_function,
    import_of,
    new_match,
    walk_function,
)
from whet.remedies.calls._disturbance import disturbance
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match, ValueEvidence

NAME = "prefix_sum_in_loop"
SHORTEST = 32
# Nanoseconds, CPython 3.11: `sum` of a slice takes 90 and 9 an element; looking up a sum takes 20.
SUM_NS, ELEMENT_NS, LOOKUP_NS = 90.0, 9.0, 20.0
_LOOKED_AT = {Use.READ, Use.INDEXED, Use.PROBED}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sum:
    """`sum(numbers[:end])`, and the statement before which all sums can be made."""

    call: ast.Call
    numbers: ast.Name
    end: ast.expr
    anchor: ast.stmt


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every sum of a beginning in a loop of the hot function."""
    function = hot_function(module, hot)
    return [_match(module, each) for each in _find(module, function)] if function else []


def _find(module: SourceModule, function: FunctionNode) -> list[_Sum]:
    if module.scopes.star_import or looks_at_locals(module, function):
        return []
    found = [_sum(module, function, node) for node in walk_function(function)]
    return [each for each in found if each is not None]


def _sum(module: SourceModule, function: FunctionNode, node: ast.AST) -> _Sum | None:
    match node:
        case ast.Call(
            func=func,
            args=[
                ast.Subscript(
                    value=ast.Name() as numbers,
                    slice=ast.Slice(lower=None, upper=ast.expr() as end, step=None),
                )
            ],
            keywords=[],
        ) if module.scopes.is_builtin(func, "sum"):
            pass
        case _:
            return None
    anchor = _anchor(module, numbers, node, end)
    if anchor is None or not (alone_on_its_lines(module, anchor) and is_editable(module, node)):
        return None
    found = _Sum(call=node, numbers=numbers, end=end, anchor=anchor)
    return found if _only_looked_at(module, function, found) else None


def _anchor(
    module: SourceModule, numbers: ast.Name, call: ast.Call, end: ast.expr
) -> ast.stmt | None:
    """The statement that holds the loop whose positions are summed up to."""
    position, further = _position(end)
    for parent in module.scopes.ancestors(call):
        if isinstance(parent, (ast.GeneratorExp, ast.Lambda, ast.AsyncFor, *FUNCTIONS)):
            return None
        loops: list[ast.For | ast.comprehension] = []
        if isinstance(parent, ast.For):
            loops = [parent]
        elif isinstance(parent, COMPREHENSIONS):
            loops = list(parent.generators)
        for loop in loops:
            beyond = _beyond(module, loop, position, numbers.id)
            if beyond is not None:
                statement = module.scopes.statement_of(parent)
                return statement if beyond + further <= 0 and _once(module, parent) else None
    return None


def _once(module: SourceModule, loop: ast.AST) -> bool:
    """Whether a loop is a statement, or lies in one that evaluates it at once."""
    statement = module.scopes.statement_of(loop)
    simple = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Expr)
    lazy = (ast.GeneratorExp, ast.Lambda)
    around = [n for n in module.scopes.ancestors(loop) if isinstance(n, lazy)]
    within = [n for n in around if module.scopes.statement_of(n) is statement]
    choices = (ast.IfExp, ast.BoolOp)
    chosen = any(isinstance(n, choices) for n in _between(module, loop, statement))
    return loop is statement or (isinstance(statement, simple) and not within and not chosen)


def _between(module: SourceModule, node: ast.AST, statement: ast.stmt) -> list[ast.AST]:
    return list(takewhile(lambda at: at is not statement, module.scopes.ancestors(node)))


def _position(end: ast.expr) -> tuple[str, int]:
    """The name in `i` or `i + 1`, and what is added to it."""
    match end:
        case ast.Name(id=name):
            return name, 0
        case ast.BinOp(left=ast.Name(id=name), op=ast.Add(), right=ast.Constant(value=1)):
            return name, 1
        case _:
            return "", 0


def _beyond(
    module: SourceModule, loop: ast.For | ast.comprehension, position: str, numbers: str
) -> int | None:
    """How far the last position lies behind that of the last element plus one: -1 or 0.

    None: the loop does not give positions of the list to that name.
    """
    target, iterable = loop.target, loop.iter
    builtin = module.scopes.is_builtin
    match target, iterable:
        case ast.Name(id=name), ast.Call(func=func, args=bounds, keywords=[]) if (
            name == position and builtin(func, "range") and len(bounds) in {1, 2}
        ):
            return _reach(module, bounds, numbers)
        case (
            ast.Tuple(elts=[ast.Name(id=name), *_]),
            ast.Call(func=func, args=[ast.Name(id=found)], keywords=[]),
        ) if name == position and found == numbers and builtin(func, "enumerate"):
            return -1
        case _:
            return None


def _reach(module: SourceModule, bounds: list[ast.expr], numbers: str) -> int | None:
    first = bounds[0] if len(bounds) == len(["start", "stop"]) else ast.Constant(0)
    if not (isinstance(first, ast.Constant) and type(first.value) is int and first.value >= 0):
        return None
    match bounds[-1]:
        case ast.Call(func=func, args=[ast.Name(id=found)]):
            beyond = -1
        case ast.BinOp(
            left=ast.Call(func=func, args=[ast.Name(id=found)]),
            op=ast.Add(),
            right=ast.Constant(value=1),
        ):
            beyond = 0
        case _:
            return None
    return beyond if found == numbers and module.scopes.is_builtin(func, "len") else None


def _only_looked_at(module: SourceModule, function: FunctionNode, found: _Sum) -> bool:
    """Whether list and position stay what they are as long as the loop runs."""
    scopes, name = module.scopes, found.numbers.id
    owner = scopes.inner(function)
    if scopes.owner(name, scopes.scope_of(found.numbers)) is not owner or name in owner.declared:
        return False
    uses = scopes.uses(owner, name)
    inside = set(ast.walk(found.anchor))
    position, _ = _position(found.end)
    holder = scopes.owner(position, scopes.scope_of(found.call))
    moves = [b for b in scopes.bindings(holder, position) if b in inside] if holder else []
    return (
        all(scopes.function_of(use) is function for use in uses)
        and all(use_of(module, use) in _LOOKED_AT for use in uses if use in inside)
        and len(moves) == 1
        and not any({name, position} & set(scope.declared) for scope in scopes.all)
        and bound_before(module, function, name, found.anchor) is not None
    )


def _match(module: SourceModule, found: _Sum) -> Match:
    return new_match(
        module,
        NAME,
        found.call,
        f"beginnings of {found.numbers.id!r} are added up from the start",
        safety="gated",
        values=[("numbers", found.numbers)],
        data={"disturbed": _disturbed(module, found)},
    )


def _disturbed(module: SourceModule, found: _Sum) -> str:
    """What in the loop could change a list that somebody else holds; "": nothing."""
    function = module.scopes.function_of(found.call)
    assert function is not None  # noqa: S101 -- it was found in one
    mentions = local_mentions(module, function, found.numbers.id)
    values = assigned_values(module, mentions) or ()
    own = bool(values) and all(is_own_list(module, value) for value in values)
    if own and is_kept_private(module, mentions):
        return ""
    return disturbance(module, function, found.anchor)


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether the elements were ints, and many."""
    if reason := missed(match, evidence):
        return refused(reason)
    numbers = asked(match, evidence)["numbers"]
    (value,) = numbers
    reason = others_than({"list", "tuple"}, numbers, "what is summed")
    if reason := reason or _against_change(match, value):
        return refused(reason)
    if not value.elements_complete:
        return refused("it was too large to be looked at in full")
    if set(value.element_types) != {"int"}:
        kinds = ", ".join(sorted(value.element_types)) or "nothing"
        return refused(f"sums of {kinds} may differ when they are added in another way")
    size = median_size(numbers)
    facts = {"sums": looks(numbers), "elements_median": size}
    if size < SHORTEST:
        return refused(f"the list is short ({size:g} elements)", **facts)
    removable = 1 - LOOKUP_NS / (SUM_NS + size / 2 * ELEMENT_NS)
    return Admission(evidence=facts, removable=round(removable, 4))


def _against_change(match: Match, value: ValueEvidence) -> str | None:
    """Why the list may not stay what it is in the loop; None: it does."""
    disturbed = match.data["disturbed"]
    steady = value.max_references == 0 or set(value.types) == {"tuple"}
    return f"the loop might change the list: {disturbed}" if disturbed and not steady else None


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """All sums before the loop, and one of them in the place of each.

    Raises:
        WhetError: The match is not in the module any more.
    """
    found = found_again(module, match, _find, lambda each: each.call)
    accumulate, imports = import_of(module, "itertools", "accumulate")
    numbers = found.numbers.id
    sums = module.fresh_name(f"{numbers}_sums")
    indent = module.indent_of(found.anchor) or ""
    line = f"{indent}{sums} = [*{accumulate}({numbers}, initial=0)]\n"
    return (
        *imports,
        module.insert_before_line(found.anchor.lineno, line),
        module.replace(found.call, f"{sums}[{module.text_of(found.end)}]"),
    )


REMEDY = Remedy(
    name=NAME,
    family="algorithms",
    title="Add up beginnings of a list in one pass",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
