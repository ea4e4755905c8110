"""Where a value is used up at once, element by element."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule

CONSUMERS = frozenset({
    "all", "any", "bytes", "dict", "frozenset", "list", "max", "min", "set", "sorted", "sum",
    "tuple",
})  # fmt: skip
_EAGER = (ast.ListComp, ast.SetComp, ast.DictComp)


def is_used_up(module: SourceModule, node: ast.expr) -> bool:
    """Whether an expression is looked through, once and in place, by what stands around it.

    A loop, a comprehension that is made at once, or a builtin that goes through its argument;
    `enumerate(...)` in between does not matter.
    """
    parent = module.scopes.parent(node)
    match parent:
        case ast.For(iter=iterated):
            return iterated is node
        case ast.comprehension(iter=iterated, is_async=0) if iterated is node:
            whole = module.scopes.parent(parent)
            if isinstance(whole, _EAGER):
                return True
            return isinstance(whole, ast.GeneratorExp) and _is_consumed(module, whole)
        case ast.Call(func=ast.Name(id="enumerate") as func, args=[first, *_]) if first is node:
            return module.scopes.is_builtin(func) and is_used_up(module, parent)
        case _:
            return False


def _is_consumed(module: SourceModule, generator: ast.GeneratorExp) -> bool:
    match module.scopes.parent(generator):
        case ast.Call(func=ast.Name(id=name) as func, args=[first, *_]) if first is generator:
            return name in CONSUMERS and module.scopes.is_builtin(func)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str()), attr="join")):
            return True
        case _:
            return False


def loop_around(module: SourceModule, node: ast.expr) -> ast.AST | None:
    """The loop or comprehension that goes through an expression which `is_used_up`."""
    for parent in module.scopes.ancestors(node):
        if isinstance(parent, ast.For | ast.ListComp | ast.SetComp | ast.DictComp):
            return parent
        if isinstance(parent, ast.GeneratorExp):
            return parent
        if isinstance(parent, ast.stmt):
            return None
    return None
