"""Loops that ask git about one item after the other, where one process could answer for many."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from whet.codebase.scopes import FUNCTIONS
from whet.remedies._locals import bound_before, is_editable, looks_at_locals
from whet.remedies._places import is_where_it_says, walk_function
from whet.remedies._plain_classes import plain_classes
from whet.remedies.calls._git_questions import Question, question
from whet.remedies.calls._loops import (
    has_inner_functions,
    is_invariant,
    methods_called,
    stored_in,
)
from whet.remedies.calls._quiet import may_write, waits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule

Loop: TypeAlias = ast.For | ast.ListComp | ast.SetComp | ast.DictComp

_BETWEEN = (ast.stmt, ast.expr, ast.keyword, ast.ExceptHandler)
_STRANGE = (
    ast.AsyncFor, ast.AsyncWith, ast.Await, ast.Global, ast.Nonlocal, ast.Yield, ast.YieldFrom,
)  # fmt: skip
_PARTS = (
    ast.Name, ast.Constant, ast.BinOp, ast.Add, ast.JoinedStr, ast.FormattedValue, ast.Load,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AskingLoop:
    """A question that a loop asks at every turn.

    Attributes:
        call: Starts git.
        question: What it asks.
        loop: The loop or comprehension.
        item: Its only variable.
        items: What it goes through.
    """

    call: ast.Call
    question: Question
    loop: Loop
    item: ast.Name
    items: ast.expr


def questions_of(module: SourceModule, function: FunctionNode) -> Iterator[AskingLoop]:
    """The questions of a function that many items can be asked at once, one for a loop."""
    nodes = list(walk_function(function))
    strange = any(isinstance(node, _STRANGE) for node in nodes)
    if strange or isinstance(function, ast.AsyncFunctionDef) or module.scopes.star_import:
        return
    if looks_at_locals(module, function):
        return
    loops: set[Loop] = set()
    for call in [node for node in nodes if isinstance(node, ast.Call)]:
        asks = question(module, call)
        loop = _loop_around(module, call) if asks is not None else None
        if asks is None or loop is None or loop in loops:
            continue
        found = _in_loop(module, asks, call, loop)
        if found is not None and _is_whole(module, function, found):
            loops.add(loop)
            yield found


def _loop_around(module: SourceModule, call: ast.Call) -> Loop | None:
    """The loop or comprehension that evaluates a call at each of its turns."""
    at: ast.AST = call
    for parent in module.scopes.ancestors(call):
        match parent:
            case ast.For():
                return parent if at in parent.body else None
            case ast.ListComp() | ast.SetComp() | ast.DictComp():
                return None if isinstance(at, ast.comprehension) else parent
            case ast.While() | ast.Lambda() | ast.GeneratorExp() | ast.AsyncFor():
                return None
            case _ if isinstance(parent, FUNCTIONS) or not isinstance(parent, _BETWEEN):
                return None
            case _:
                at = parent
    return None


def _in_loop(
    module: SourceModule, asks: Question, call: ast.Call, loop: Loop
) -> AskingLoop | None:
    match loop:
        case ast.For(target=ast.Name() as item, iter=items):
            blocks: list[ast.AST] = [*loop.body]
        case ast.For():
            return None
        case _:
            match loop.generators:
                case [
                    ast.comprehension(target=ast.Name() as item, iter=items, is_async=0) as only
                ]:
                    blocks = [*only.ifs, *ast.iter_child_nodes(loop)]
                    blocks.remove(only)
                case _:
                    return None
    others = any(item.id in stored_in(block) for block in blocks)
    quiet = not any(may_write(module, block, call) or waits(block) for block in blocks)
    imports = any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(loop))
    if others or imports or not quiet or has_inner_functions(loop):
        return None
    return AskingLoop(call, asks, loop, item, items)


def _is_whole(module: SourceModule, function: FunctionNode, found: AskingLoop) -> bool:
    """Whether what is asked can be said before the loop begins."""
    asks, items = found.question, found.items
    names = [asks.name, *([asks.folder] if asks.folder is not None else [])]
    used = [node for name in names for node in ast.walk(name) if isinstance(node, ast.Name)]
    steady = [node for node in used if node.id != found.item.id]
    statement = module.scopes.statement_of(found.loop)
    return (
        all(isinstance(node, _PARTS) for node in ast.walk(asks.name))
        and found.item.id in {getattr(node, "id", "") for node in ast.walk(asks.name)}
        and (asks.folder is None or _stays(module, asks.folder, found.loop, statement))
        and all(is_invariant(module, node, statement) for node in steady)
        and all(_is_bound(module, function, node, statement) for node in steady)
        and is_editable(module, items)
        and all(is_where_it_says(module, node) for node in receivers(module, found))
        and not isinstance(items, ast.Tuple | ast.Starred | ast.NamedExpr | ast.Lambda)
    )


def receivers(module: SourceModule, found: AskingLoop) -> list[ast.expr]:
    """What the rest of the loop calls methods on, whose names promise to leave files alone."""
    asking = set(ast.walk(found.call))
    before = set(ast.walk(found.items))
    called = methods_called(module, found.loop, asking | before)
    return [call.func.value for call in called if isinstance(call.func, ast.Attribute)]


def _stays(module: SourceModule, folder: ast.expr, loop: Loop, statement: ast.stmt) -> bool:
    """Whether a folder, which may be an attribute of a plain object, is the same throughout."""
    if not isinstance(folder, ast.Attribute):
        return is_invariant(module, folder, statement)
    owner = folder.value
    if not isinstance(owner, ast.Name) or not plain_classes(module, folder.attr):
        return False
    attributes = [node for node in ast.walk(loop) if isinstance(node, ast.Attribute)]
    stored = {node.attr for node in attributes if not isinstance(node.ctx, ast.Load)}
    called = [node.func for node in ast.walk(loop) if isinstance(node, ast.Call)]
    owners = [func.value for func in called if isinstance(func, ast.Attribute)]
    return (
        folder.attr not in stored
        and owner.id not in {getattr(node, "id", "") for node in owners}
        and is_invariant(module, owner, statement)
    )


def _is_bound(
    module: SourceModule, function: FunctionNode, name: ast.Name, statement: ast.stmt
) -> bool:
    """Whether a name certainly has a value before a statement, were its loop empty too."""
    scopes = module.scopes
    owner = scopes.owner(name.id, scopes.scope_of(name))
    if owner is scopes.module:
        bindings = scopes.bindings(owner, name.id)
        return any(scopes.parent(scopes.statement_of(node)) is scopes.tree for node in bindings)
    if owner is not scopes.inner(function):
        return owner is None and scopes.is_builtin(name)
    for at in scopes.ancestors(statement):
        loop = [at.target] if isinstance(at, ast.For) else []
        entered = at.items if isinstance(at, ast.With) else []
        if any(name.id in stored_in(node) for node in (*loop, *entered)):
            return True
    return bound_before(module, function, name.id, statement) is not None
