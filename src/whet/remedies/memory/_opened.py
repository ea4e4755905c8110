"""Files that a function opens for itself: where, and what else it does with them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.remedies.calls._reading import read_path

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule


def block_of(module: SourceModule, function: FunctionNode, file: ast.Name) -> ast.With | None:
    """The `with` of a function that opens a file for reading, under a name of its own."""
    scopes = module.scopes
    owner = scopes.owner(file.id, scopes.scope_of(file))
    if owner is not scopes.inner(function):
        return None
    match [scopes.parent(node) for node in scopes.bindings(owner, file.id)]:
        case [ast.withitem(context_expr=opened) as item] if read_path(module, opened) is not None:
            block = scopes.parent(item)
            return block if isinstance(block, ast.With) else None
        case _:
            return None


def is_used_before(
    module: SourceModule, function: FunctionNode, file: ast.Name, place: ast.expr
) -> bool:
    """Whether all other uses of a file end before a place, and nobody else holds it.

    They are calls of its methods, `next(file)` and the like; whoever holds it under another name
    (an iterator, a reader, a function) could ask for its position later.
    """
    scopes = module.scopes
    for use in scopes.uses(scopes.inner(function), file.id):
        if use is file or not isinstance(use.ctx, ast.Load):
            continue
        if use.lineno >= place.lineno or scopes.scope_of(use) is not scopes.inner(function):
            return False
        if not _is_done_with(module, use):
            return False
    return True


def _is_done_with(module: SourceModule, use: ast.Name) -> bool:
    parent = module.scopes.parent(use)
    match parent:
        case ast.Attribute():
            around = module.scopes.parent(parent)
            return isinstance(around, ast.Call) and around.func is parent
        case ast.Call(func=func):
            return use in parent.args and module.scopes.is_builtin(func, "next")
        case _:
            return False
