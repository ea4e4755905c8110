"""A list that is made anew for every addition.

What
    `found = found + more` in a loop, where `found` is a list that the function made.

Why slow
    Each addition copies the whole list: the time grows with the square of its length.

Evidence needed
    From the run: what is added is of the exact type `list`, how long the list was and how often
    it was added to.

Before
    found = []
    for row in rows:
        found = found + row
    return found

After
    found = []
    for row in rows:
        found += row
    return found

Safety
    Safe for a list that the function makes itself and that nobody else holds, where what is added
    is written as a list; gated by evidence for anything else that is added, because `+=` takes
    whatever can be iterated.

When not
    Lists that came from the caller or that somebody else may hold, lists that are looked through
    while they grow, tuples, short lists.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.codebase.scopes import LOOPS
from whet.codebase.syntax import span_of
from whet.records import Edit, Span
from whet.remedies._admission import types_of
from whet.remedies._lists import (
    is_kept_private,
    is_lazy,
    is_own_list,
    is_parameter,
    local_mentions,
    returned_early,
)
from whet.remedies._names import Use, use_of
from whet.remedies._places import (
    found_again,
    hot_function,
    new_match,
    outermost_loop,
    walk_function,
)
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match

NAME = "list_added_anew"
SHORTEST = 64
# Elements whose copying takes as long as the rest of an addition, CPython 3.11: 100 take 65 ns.
BREAK_EVEN = 100.0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Addition:
    """`name = name + added`."""

    statement: ast.Assign
    name: ast.Name  # the one that is read
    added: ast.expr


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every list of the hot function that is made anew in a loop."""
    function = hot_function(module, hot)
    return [_match(module, found) for found in _additions(module, function)] if function else []


def _additions(module: SourceModule, function: FunctionNode) -> Iterator[_Addition]:
    for node in walk_function(function):
        found = _addition(node)
        if found is None or outermost_loop(module, node, function) is None:
            continue
        if _between(module, found).strip() and _may_grow(module, function, found):
            yield found


def _addition(node: ast.AST) -> _Addition | None:
    match node:
        case ast.Assign(
            targets=[ast.Name(id=target)],
            value=ast.BinOp(left=ast.Name(id=name) as left, op=ast.Add(), right=added),
        ) if target == name:
            strange = (ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr)
            if any(isinstance(inner, strange) for inner in ast.walk(added)):
                return None
            return _Addition(statement=node, name=left, added=added)
        case _:
            return None


def _head(found: _Addition) -> Span:
    """From behind the name that is assigned to where what is added begins."""
    start, end = span_of(found.statement.targets[0]), span_of(found.added)
    return Span(
        line=start.end_line,
        column=start.end_column,
        end_line=end.line,
        end_column=end.column,
    )


def _between(module: SourceModule, found: _Addition) -> str:
    """The plain text `= name +`; "" where something else stands there too."""
    text = module.text_between(_head(found))
    plain = text.split() == ["=", found.name.id, "+"]
    return text if plain and "\n" not in text else ""


def _may_grow(module: SourceModule, function: FunctionNode, found: _Addition) -> bool:
    """Whether nobody can tell whether the list grows or is made anew."""
    mentions = local_mentions(module, function, found.name.id)
    if not mentions or is_parameter(module, function, found.name.id):
        return False
    targets = [node for node in mentions if not isinstance(node.ctx, ast.Load)]
    reads = [node for node in mentions if isinstance(node.ctx, ast.Load)]
    for target in targets:
        statement = module.scopes.parent(target)
        if isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.Add):
            continue
        if not isinstance(statement, ast.Assign | ast.AnnAssign):
            return False
        if not _makes_own(module, statement.value, found.name.id):
            return False
    others = [node for node in reads if not _is_addend(module, node)]
    if not is_kept_private(module, others) or any(is_lazy(module, node) for node in others):
        return False
    changed = {Use.CHANGED, Use.BOUND}
    if any(use_of(module, node) in changed or returned_early(module, node) for node in others):
        return False
    return not _is_looked_through(module, function, found)


def _makes_own(module: SourceModule, value: ast.expr | None, name: str) -> bool:
    match value:
        case ast.BinOp(left=ast.Name(id=left), op=ast.Add()):
            return left == name
        case ast.expr():
            return is_own_list(module, value)
        case _:
            return False


def _is_addend(module: SourceModule, node: ast.Name) -> bool:
    parent = module.scopes.parent(node)
    return isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Add)


def _is_looked_through(module: SourceModule, function: FunctionNode, found: _Addition) -> bool:
    """Whether a loop around the addition goes through the list itself."""
    for parent in module.scopes.ancestors(found.statement):
        if parent is function:
            break
        if isinstance(parent, LOOPS) and not isinstance(parent, ast.While):
            names = (n for n in ast.walk(parent.iter) if isinstance(n, ast.Name))
            if any(node.id == found.name.id for node in names):
                return True
    return False


def _match(module: SourceModule, found: _Addition) -> Match:
    written = isinstance(found.added, ast.List | ast.ListComp)
    return new_match(
        module,
        NAME,
        found.statement,
        f"the list {found.name.id!r} is copied for every addition",
        safety="safe" if written else "gated",
        values=[("list", found.name), ("added", found.added)],
    )


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether only lists were added, to a list long enough for a gain."""
    seen = {s.role: evidence.values[s.site] for s in match.values if s.site in evidence.values}
    held, added = seen.get("list"), seen.get("added")
    if held is None or added is None or not held.observations:
        return refused("the run never came here")
    for value in (held, added):
        types = types_of(value.types)
        if types != {"list"}:
            return refused(f"something of type {', '.join(sorted(types))} is added")
    if added.observations != held.observations:
        return refused("what is added raised an exception")
    size, longest = held.size_median or 0.0, held.size_max or 0
    facts = {"additions": held.observations, "length_median": size, "length_max": longest}
    if longest < SHORTEST:
        return refused(f"the list is short (up to {longest} elements)", **facts)
    removable = 1 - 1 / (1 + max(size, longest / 4) / BREAK_EVEN)
    return Admission(evidence=facts, removable=round(removable, 4))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """`+=` in the place of the assignment.

    Raises:
        WhetError: The match is not in the module any more.
    """
    found = found_again(module, match, _additions, lambda each: each.statement)
    return (Edit(file=module.file, span=_head(found), text=" += "),)


REMEDY = Remedy(
    name=NAME,
    family="containers",
    title="Extend a list in place",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
