"""Two statements, one right after the other, that call methods of the same local list."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from whet.records import Edit, Span
from whet.remedies._locals import holds_comment
from whet.remedies._places import walk_function

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """Two neighbors in a block, each alone on its lines."""

    first: ast.stmt
    second: ast.stmt


def pairs_in(module: SourceModule, function: FunctionNode) -> Iterator[Pair]:
    """All neighbors in the blocks of a function."""
    for node in (function, *walk_function(function)):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                yield from _neighbors(module, block)


def _neighbors(module: SourceModule, block: list[ast.AST]) -> Iterator[Pair]:
    for first, second in pairwise(block):
        if isinstance(first, ast.stmt) and isinstance(second, ast.stmt):
            both = (first, second)
            alone = all(module.indent_of(s) is not None and module.ends_line(s) for s in both)
            if alone and not any(holds_comment(module, s) for s in both):
                yield Pair(first=first, second=second)


def method_call(node: ast.AST, method: str, arguments: int) -> ast.Call | None:
    """`name.method(...)` with so many plain arguments, as an expression or a statement."""
    match node:
        case ast.Expr(value=value):
            return method_call(value, method, arguments)
        case ast.Call(
            func=ast.Attribute(value=ast.Name(), attr=found), args=args, keywords=[]
        ) if found == method and len(args) == arguments:
            strange = (ast.Starred, ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)
            parts = [n for argument in args for n in ast.walk(argument)]
            return None if any(isinstance(n, strange) for n in parts) else node
        case _:
            return None


def owner_of(call: ast.Call) -> ast.Name:
    """The name whose method is called."""
    assert isinstance(call.func, ast.Attribute)  # noqa: S101 -- method_call has seen to it
    assert isinstance(call.func.value, ast.Name)  # noqa: S101 -- same
    return call.func.value


def without_statement(module: SourceModule, statement: ast.stmt) -> Edit:
    """A statement taken out: its whole lines, or all but the comment behind it."""
    last = statement.end_lineno or statement.lineno
    row = module.lines[last - 1]
    comment = row.find(b"#", statement.end_col_offset or 0)
    start, end = (statement.lineno, 0), (last + 1, 0)
    if comment >= 0:
        start, end = (statement.lineno, statement.col_offset), (last, comment)
    elif not row.endswith((b"\n", b"\r")):
        end = (last, len(row))
    span = Span(line=start[0], column=start[1], end_line=end[0], end_column=end[1])
    return Edit(file=module.file, span=span, text="")
