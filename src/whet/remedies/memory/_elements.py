"""Comprehensions whose elements can be made later: pure, from values that nothing changes."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.remedies.calls._purity import Purity
from whet.remedies.calls._words import PURE_BUILTINS, PURE_METHODS

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule

_PLAIN_NODES = (
    ast.BinOp, ast.BoolOp, ast.Compare, ast.Constant, ast.Dict, ast.FormattedValue, ast.IfExp,
    ast.JoinedStr, ast.List, ast.Set, ast.Slice, ast.Subscript, ast.Tuple, ast.UnaryOp,
    ast.boolop, ast.cmpop, ast.expr_context, ast.operator, ast.unaryop, ast.keyword,
)  # fmt: skip
_STOPPING = frozenset({"iter", "next", "map", "filter", "zip", "enumerate", "reversed"})


@dataclass(frozen=True, slots=True)
class Elements:
    """A list comprehension over one source.

    Attributes:
        source: What it goes through; evaluated once, as it is by a generator.
        inputs: The mentions of names that elements are made of.
        outer: Names of these that the comprehension does not bind itself.
    """

    made: ast.ListComp
    source: ast.expr
    inputs: tuple[ast.Name, ...]
    outer: frozenset[str]


def elements_of(module: SourceModule, made: ast.ListComp) -> Elements | None:
    """The parts of a comprehension of pure elements; None: they may do something else."""
    match made.generators:
        case [ast.comprehension(target=target, iter=source, ifs=conditions, is_async=0)]:
            pass
        case _:
            return None
    bound = {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}
    if not all(isinstance(n, ast.Name | ast.Tuple | ast.expr_context) for n in ast.walk(target)):
        return None
    inputs: list[ast.Name] = []
    for part in [made.elt, *conditions]:
        found = _inputs(module, part)
        if found is None:
            return None
        inputs += found
    outer = frozenset(name.id for name in inputs) - bound
    return Elements(made, source, tuple(inputs), outer)


def _inputs(module: SourceModule, part: ast.expr) -> list[ast.Name] | None:
    """The names that an expression reads; None: it is not certainly pure."""
    found: list[ast.Name] = []
    pending: list[ast.AST] = [part]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Call):
            if not _is_pure_call(module, node):
                return None
            held = [node.func.value] if isinstance(node.func, ast.Attribute) else []
            pending += [*held, *node.args, *node.keywords]
        elif isinstance(node, ast.Name):
            found.append(node)
        elif isinstance(node, _PLAIN_NODES):
            pending += ast.iter_child_nodes(node)
        else:
            return None
    return found


def _is_pure_call(module: SourceModule, call: ast.Call) -> bool:
    scopes = module.scopes
    match call.func:
        case ast.Attribute(attr=method):
            return method in PURE_METHODS and scopes.dotted(call.func) is None
        case ast.Name(id=name) if scopes.is_builtin(call.func):
            return name in PURE_BUILTINS - _STOPPING
        case ast.Name(id=name):
            pass
        case _:
            return False
    if scopes.owner(name, scopes.scope_of(call.func)) is not scopes.module:
        return False
    match scopes.bindings(scopes.module, name):
        case [ast.FunctionDef(decorator_list=[]) as node] if scopes.parent(node) is scopes.tree:
            purity = Purity(module, node)
            return not (purity.reason or purity.trusted)
        case _:
            return False
