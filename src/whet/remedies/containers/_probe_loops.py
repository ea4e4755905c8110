"""The loops around membership tests, before which a set can be made."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.remedies._places import outermost_loop
from whet.remedies.calls._disturbance import passes_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule

_CONSUMERS = frozenset("all any dict frozenset list max min set sorted sum tuple".split())  # noqa: SIM905 -- reads better in a row


def loop_of(module: SourceModule, probe: ast.Compare, bound: Sequence[ast.AST]) -> ast.AST | None:
    """The outermost loop around a probe that holds none of the statements that bind the list."""
    holders = {parent for node in bound for parent in module.scopes.ancestors(node)}
    within = next(at for at in module.scopes.ancestors(probe) if at in holders or at in bound)
    return outermost_loop(module, probe, within)


def statement_of_loop(
    module: SourceModule, probe: ast.Compare, bound: Sequence[ast.AST]
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
    parent = module.scopes.parent(loop)
    return not (isinstance(parent, ast.Call) and uses_up(module, parent))


def uses_up(module: SourceModule, call: ast.Call) -> bool:
    """Whether a call goes through its only argument before it returns."""
    match call.func:
        case ast.Name(id=name) as func:
            return name in _CONSUMERS and module.scopes.is_builtin(func)
        case ast.Attribute(value=ast.Constant(value=str()), attr="join"):
            return True
        case _:
            return False


def runs_at_once(module: SourceModule, function: FunctionNode, loop: ast.AST) -> bool:
    """Whether a generator expression that is returned is used up wherever the function is called.

    Iterators that only pass it on may lie in between. All callers are known: the name is private,
    no other file mentions it, and the module does nothing but call it and use up what it gets.
    """
    whole: ast.AST | None = module.scopes.parent(loop)
    while isinstance(whole, ast.Call) and len(whole.args) == 1 and passes_on(module, whole):
        whole = module.scopes.parent(whole)
    return isinstance(whole, ast.Return) and _is_used_up_by_callers(module, function)


def _is_used_up_by_callers(module: SourceModule, function: FunctionNode) -> bool:
    name, outside = function.name, module.outside
    plain = all(module.scopes.is_builtin(d) for d in function.decorator_list)
    if outside is None or {name, f"?.{name}"} & outside or not (plain and name.startswith("_")):
        return False
    if isinstance(function, ast.AsyncFunctionDef) or name.startswith("__"):
        return False
    nodes = ast.walk(module.scopes.tree)
    mentions = [node for node in nodes if node is not function and _mentions(node, name)]
    return bool(mentions) and all(_is_used_up(module, node) for node in mentions)


def _is_used_up(module: SourceModule, mention: ast.AST) -> bool:
    """Whether a function is called where it is mentioned, and what it returns used up."""
    call = module.scopes.parent(mention)
    if not (isinstance(call, ast.Call) and call.func is mention):
        return False
    user = module.scopes.parent(call)
    return isinstance(user, ast.Call) and user.args == [call] and uses_up(module, user)


def _mentions(node: ast.AST, name: str) -> bool:
    """Whether a node speaks of a name in any way, be it in a text."""
    match node:
        case ast.Name(id=mentioned) | ast.Attribute(attr=mentioned) | ast.alias(name=mentioned):
            return mentioned == name
        case ast.FunctionDef(name=mentioned) | ast.Constant(value=str(mentioned)):
            return mentioned == name
        case _:
            return False
