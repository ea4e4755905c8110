"""Loops in loops that look for equal keys: what they compare, and what else they do."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.remedies._lists import (
    assigned_values,
    bound_names,
    entry_of,
    is_bound_before,
    is_forgotten,
    is_kept_private,
    is_lazy,
    is_own_list,
    is_parameter,
    local_mentions,
    may_be_missing,
    steady_loop,
    within,
)
from whet.remedies._places import is_in_text, walk_function
from whet.remedies.calls._disturbance import disturbance
from whet.remedies.calls._words import CHANGING_METHODS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule


@dataclass(frozen=True, kw_only=True, slots=True)
class Join:
    """An inner loop over a list that keeps only what has an equal key.

    Attributes:
        rows: The list's name where the inner loop goes through it.
        target: What the inner loop binds: a name, or a flat tuple of names.
        row_key: Side of the comparison that depends on the row only.
        outer_key: The other side.
        before: The statement before which an index can be made.
        entry: What is evaluated once whenever that statement's loop begins.
        private: Nobody but the function holds the list.
        disturbed: What in the loops could change rows or the list; "": nothing.
    """

    rows: ast.Name
    target: ast.Name | ast.Tuple
    row_key: ast.expr
    outer_key: ast.expr
    before: ast.stmt
    entry: ast.expr
    private: bool
    disturbed: str
    lines: tuple[int, ...]


def find_joins(module: SourceModule, function: FunctionNode) -> Iterator[Join]:
    """The joins of a function that an index can stand in for."""
    for node in walk_function(function):
        if not isinstance(node, ast.For | ast.comprehension):
            continue
        equal = _equality(_condition(node))
        if equal is not None and isinstance(node.iter, ast.Name):
            found = _join(module, function, node, node.iter, equal)
            if found is not None:
                yield found


def _condition(loop: ast.For | ast.comprehension) -> ast.expr | None:
    """What must hold for a pass of a loop to do anything."""
    if isinstance(loop, ast.comprehension):
        return loop.ifs[0] if loop.ifs and not loop.is_async else None
    match loop.body:
        case [ast.If(test=test, orelse=[])]:
            return test
        case [
            ast.If(test=ast.Compare(ops=[ast.NotEq()]) as test, body=[ast.Continue()], orelse=[]),
            *_,
        ]:
            return test
        case _:
            return None


def _equality(test: ast.expr | None) -> ast.Compare | None:
    """The comparison that is made first."""
    match test:
        case ast.Compare(ops=[ast.Eq() | ast.NotEq()]):
            return test
        case ast.BoolOp(op=ast.And(), values=[ast.Compare(ops=[ast.Eq()]) as first, *_]):
            return first
        case _:
            return None


def _join(
    module: SourceModule,
    function: FunctionNode,
    inner: ast.For | ast.comprehension,
    rows: ast.Name,
    equal: ast.Compare,
) -> Join | None:
    names = bound_names(inner.target)
    keys = _keys(equal, names)
    mentions = local_mentions(module, function, rows.id)
    loop = steady_loop(module, function, rows, mentions) if mentions else None
    if keys is None or loop is None or is_in_text(module, rows) or is_lazy(module, rows):
        return None
    before, entry = module.scopes.statement_of(loop), entry_of(loop)
    if entry is None or not is_bound_before(module, function, mentions, before):
        return None
    if may_be_missing(module, function, mentions, before):
        return None
    whole = inner if isinstance(inner, ast.For) else module.scopes.parent(inner)
    assert whole is not None  # noqa: S101 -- a part of a comprehension lies in one
    forgotten = all(is_forgotten(module, function, whole, name) for name in names)
    if not forgotten or within(module, rows, entry) or _binds(whole, _named(keys[1])):
        return None
    values = assigned_values(module, mentions)
    own = bool(values) and all(is_own_list(module, value) for value in values or ())
    given = is_parameter(module, function, rows.id)
    assert isinstance(inner.target, ast.Name | ast.Tuple)  # noqa: S101 -- it has names
    return Join(
        rows=rows,
        target=inner.target,
        row_key=keys[0],
        outer_key=keys[1],
        before=before,
        entry=entry,
        private=own and not given and is_kept_private(module, mentions),
        disturbed=disturbance(module, function, before) or _stored(module, function, before),
        lines=tuple(range(rows.lineno, (equal.end_lineno or equal.lineno) + 1)),
    )


def _stored(module: SourceModule, function: FunctionNode, block: ast.AST) -> str:
    """What a block changes that may be a row, in words; "": nothing."""
    for node in ast.walk(block):
        match node:
            case ast.Attribute(ctx=ast.Store() | ast.Del()):
                return f"it stores into {ast.unparse(node)}"
            case ast.Subscript(ctx=ast.Store(), value=ast.Name(id=name)):
                pass
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if (
                method in CHANGING_METHODS
            ):
                pass
            case _:
                continue
        mentions = local_mentions(module, function, name)
        if not (mentions and is_kept_private(module, mentions)):
            return f"it changes {name}"
    return ""


def _keys(equal: ast.Compare, names: set[str]) -> tuple[ast.expr, ast.expr] | None:
    """The side of a comparison that reads only the row, and the side that never does."""
    sides = equal.left, equal.comparators[0]
    if not all(_is_key(side) and _named(side) for side in sides):
        return None
    for row, outer in (sides, sides[::-1]):
        if _named(row) <= names and not _named(outer) & names:
            return row, outer
    return None


def _is_key(node: ast.expr) -> bool:
    """Whether an expression reads a name, one attribute of it or one constant place in it."""
    match node:
        case ast.Name():
            return True
        case ast.Attribute(value=ast.Name()):
            return True
        case ast.Subscript(value=ast.Name(), slice=ast.Constant()):
            return True
        case ast.Tuple(elts=parts):
            return all(_is_key(part) for part in parts)
        case _:
            return False


def _named(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _binds(whole: ast.AST, names: set[str]) -> bool:
    """Whether the inner loop gives another value to a name that the comparison needs."""
    return any(
        isinstance(node, ast.NamedExpr)
        or (
            isinstance(node, ast.Name)
            and node.id in names
            and not isinstance(node.ctx, ast.Load)
            and isinstance(whole, ast.For)
        )
        for node in ast.walk(whole)
    )
