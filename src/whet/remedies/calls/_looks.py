"""Whether a value is only looked at, so that it stays as it is, deeply."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.remedies.calls._words import PURE_METHODS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whet.codebase.syntax import SourceModule

_LOOKS = frozenset({
    "abs", "all", "any", "bool", "float", "format", "hash", "int", "isinstance", "len",
    "print", "range", "repr", "round", "str", "sum",
})  # fmt: skip
_INNER_METHODS = frozenset({"get", "items", "keys", "values"})
_PICKS = frozenset({"max", "min"})
"""They give back one of the elements, which may be a container."""


def only_looked_at(module: SourceModule, nodes: Iterable[ast.expr]) -> bool:
    """Whether nothing but looks happen to some expressions and to what lies inside of them.

    A container that is handed on, kept, or asked for anything but a value may be changed later.
    """
    return all(_is_look(module, node) for node in nodes)


def _is_look(module: SourceModule, node: ast.expr) -> bool:  # noqa: PLR0911 -- one return a kind
    parent = module.scopes.parent(node)
    match parent:
        case ast.Subscript(ctx=ast.Load()):
            return parent.value is not node or _is_look(module, parent)
        case ast.Attribute(attr=method):
            call = module.scopes.parent(parent)
            called = isinstance(call, ast.Call) and call.func is parent
            if isinstance(call, ast.Call) and called and method in _INNER_METHODS:
                return _is_look(module, call)
            return called and method in PURE_METHODS - {"copy"}
        case ast.Call(func=func) if func is not node and module.scopes.is_builtin(func):
            name = getattr(func, "id", "")
            return name in _LOOKS or (name in _PICKS and _is_look(module, parent))
        case ast.If() | ast.While() | ast.IfExp() | ast.Assert():
            return parent.test is node
        case ast.BinOp() if _is_taken_apart(module, parent):
            return _is_look(module, parent)  # a list of two lists holds what they hold
        case _:
            looks = ast.Compare | ast.FormattedValue | ast.BinOp | ast.UnaryOp | ast.Expr
            return isinstance(parent, looks)


def _is_taken_apart(module: SourceModule, node: ast.expr) -> bool:
    """Whether something is asked for a part of itself."""
    parent = module.scopes.parent(node)
    return isinstance(parent, ast.Subscript | ast.Attribute) and parent.value is node
