"""Questions about the local names of a function, which several remedies ask."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.codebase.scopes import FUNCTIONS
from whet.remedies._places import is_in_text, walk_function

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule

_SEES_LOCALS = frozenset({"locals", "vars", "dir", "eval", "exec", "breakpoint"})


def uses_of_own(module: SourceModule, function: FunctionNode, name: str) -> list[ast.Name]:
    """Every mention of a name that belongs to a function alone, by place.

    Empty where the name belongs to somebody else, where a function, class or comprehension
    inside sees it, or where the function looks at its own variables.
    """
    scopes = module.scopes
    owner = scopes.inner(function)
    if scopes.star_import or name in owner.declared or name not in owner.bindings:
        return []
    nodes = scopes.uses(owner, name)
    direct = all(scopes.scope_of(node) is owner for node in nodes)
    return nodes if direct and not looks_at_locals(module, function) else []


def looks_at_locals(module: SourceModule, function: FunctionNode) -> bool:
    """Whether a function may read its variables by other ways than their names."""
    for node in walk_function(function):
        if isinstance(node, ast.Name) and node.id in _SEES_LOCALS:
            if module.scopes.is_builtin(node):
                return True
        elif isinstance(node, ast.Attribute) and node.attr in {"_getframe", "currentframe"}:
            return True
    return False


def bound_only_by_names(module: SourceModule, function: FunctionNode, name: str) -> bool:
    """Whether only assignments and parameters bind a local name, and nothing deletes it."""
    for binding in module.scopes.bindings(module.scopes.inner(function), name):
        match binding:
            case ast.Name(ctx=ast.Store()) | ast.arg():
                continue
            case _:
                return False
    return True


def bound_before(
    module: SourceModule, function: FunctionNode, name: str, statement: ast.stmt
) -> ast.expr | ast.arg | None:
    """What certainly binds a local name before a statement is reached, the nearest such.

    Returns:
        The value of a plain assignment, or the parameter; None: nothing is certain.
    """
    at: ast.AST = statement
    for parent in module.scopes.ancestors(statement):
        for block in _blocks(parent):
            if at in block:
                for earlier in reversed(block[: block.index(at)]):
                    value = _assigned(earlier, name)
                    if value is not None:
                        return value
        if parent is function:
            break
        at = parent
    for binding in module.scopes.bindings(module.scopes.inner(function), name):
        if isinstance(binding, ast.arg):
            return binding
    return None


def _blocks(node: ast.AST) -> list[list[ast.AST]]:
    names = ("body", "orelse", "finalbody")
    return [
        block for block in (getattr(node, name, None) for name in names) if isinstance(block, list)
    ]


def _assigned(statement: ast.AST, name: str) -> ast.expr | None:
    match statement:
        case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
            return value
        case ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value) if found == name:
            return value
        case _:
            return None


def interrupted(module: SourceModule, function: FunctionNode, statement: ast.stmt) -> bool:
    """Whether an exception in a statement may be caught inside of the function.

    Files opened by `with open(...)` let exceptions pass; other context managers may not.
    """
    for parent in module.scopes.ancestors(statement):
        if parent is function:
            return False
        match parent:
            case ast.With(items=items):
                if not all(_is_open(module, item.context_expr) for item in items):
                    return True
            case ast.Try() | ast.AsyncWith() | ast.Match():
                return True
            case _ if type(parent).__name__ == "TryStar" or isinstance(parent, FUNCTIONS):
                return True
            case _:
                continue
    return True


def _is_open(module: SourceModule, node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and module.scopes.is_builtin(node.func, "open")


def holds_comment(module: SourceModule, node: ast.expr | ast.stmt) -> bool:
    """Whether a comment may stand between the lines of a node, which a rewrite would lose."""
    return node.lineno != node.end_lineno and "#" in module.text_of(node)


def in_brackets(module: SourceModule, node: ast.Tuple) -> bool:
    """Whether a tuple is written with its own brackets: `(a, b)`, not `a, b` or `(a), b`."""
    listed = ast.parse(f"[{module.text_of(node)}\n]", mode="eval").body
    elements = listed.elts if isinstance(listed, ast.List) else []
    return len(elements) == 1 and ast.dump(elements[0]) == ast.dump(node)


def is_editable(module: SourceModule, node: ast.expr) -> bool:
    """Whether an expression can be replaced without losing a comment."""
    return not (is_in_text(module, node) or holds_comment(module, node))
