"""The loops around membership tests, before which a set can be made."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.remedies._places import outermost_loop

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule

_CONSUMERS = frozenset("all any dict frozenset join list max min set sorted sum tuple".split())  # noqa: SIM905 -- reads better in a row


def loop_of(
    module: SourceModule, probe: ast.Compare, bound: list[ast.AST] | list[ast.Assign]
) -> ast.AST | None:
    """The outermost loop around a probe that holds none of the statements that bind the list."""
    holders = {parent for node in bound for parent in module.scopes.ancestors(node)}
    within = next(at for at in module.scopes.ancestors(probe) if at in holders or at in bound)
    return outermost_loop(module, probe, within)


def statement_of_loop(
    module: SourceModule, probe: ast.Compare, bound: list[ast.AST] | list[ast.Assign]
) -> ast.stmt:
    """The statement that `loop_of` is, or lies in."""
    loop = loop_of(module, probe, bound)
    assert loop is not None  # noqa: S101 -- asked only for probes in loops
    return module.scopes.statement_of(loop)


def plain_start(module: SourceModule, statement: ast.stmt) -> bool:
    """Whether a line can be put before a statement."""
    row = module.lines[statement.lineno - 1][statement.col_offset :]
    return module.indent_of(statement) is not None and not row.startswith(b"elif")


def runs_later(module: SourceModule, loop: ast.AST | None) -> bool:
    """Whether a generator expression may run after the statement that holds it."""
    if not isinstance(loop, ast.GeneratorExp):
        return False
    match module.scopes.parent(loop):
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name not in _CONSUMERS
        case _:
            return True
