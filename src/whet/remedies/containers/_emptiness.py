"""Whether a queue is known to hold something where an element is taken."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.codebase.scopes import COMPREHENSIONS, LOOPS

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule

_CATCH_INDEX_ERRORS = frozenset({"IndexError", "LookupError", "Exception"})


def holds_some(module: SourceModule, node: ast.expr, taking: ast.AST) -> bool:
    """Whether a condition right before shows that the queue is not empty.

    The statement that takes must be the first one in the body of `while queue` or `if queue`
    that takes anything, and must take only once. Where an object holds the queue, nothing else
    may happen between the condition and the taking.
    """
    name = ast.unparse(node)
    statement = module.scopes.statement_of(taking)
    block = module.scopes.parent(statement)
    if not isinstance(block, ast.While | ast.If | ast.For) or statement not in block.body:
        return False
    if isinstance(statement, (*LOOPS, ast.If, ast.Try, ast.With, ast.Match)):
        return False  # in its head, or evaluated again and again
    if any(isinstance(at, COMPREHENSIONS) for at in _expressions_around(module, taking)):
        return False
    if isinstance(block, ast.For):  # as often as the queue was long, and nothing else takes
        others = [n for n in ast.walk(block) if _shrinks(n, name)]
        local = isinstance(node, ast.Name)
        return local and _as_long(module, block.iter, name) and others == [taking]
    if isinstance(node, ast.Attribute) and not _follows_at_once(block, statement, taking):
        return False
    before = block.body[: block.body.index(statement)]
    earlier = [n for s in before for n in ast.walk(s) if _shrinks(n, name)]
    here = [n for n in ast.walk(statement) if _shrinks(n, name) and n is not taking]
    return _tests(block.test, name) and not earlier and not here


def _follows_at_once(block: ast.While | ast.If, statement: ast.stmt, taking: ast.AST) -> bool:
    """Whether no other code can run between a condition and the taking."""
    if block.body[0] is not statement:
        return False
    calls = [node for node in ast.walk(block.test) if isinstance(node, ast.Call)]
    measured = all(isinstance(call.func, ast.Name) and call.func.id == "len" for call in calls)
    return measured and getattr(statement, "value", None) is taking


def _expressions_around(module: SourceModule, node: ast.AST) -> list[ast.AST]:
    return [at for at in module.scopes.ancestors(node) if isinstance(at, ast.expr)]


def _as_long(module: SourceModule, iterable: ast.expr, name: str) -> bool:
    """Whether an iterable is `range(len(queue))`."""
    match iterable:
        case ast.Call(func=func, args=[ast.Call(func=size, args=[found])]):
            builtin = module.scopes.is_builtin
            return ast.unparse(found) == name and builtin(func, "range") and builtin(size, "len")
        case _:
            return False


def _shrinks(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=found, attr="pop" | "clear")):
            return ast.unparse(found) == name
        case _:
            return False


def _tests(test: ast.expr, name: str) -> bool:
    """Whether a condition holds only if the queue holds something."""
    match test:
        case ast.Name() | ast.Attribute():
            return ast.unparse(test) == name
        case ast.Call(func=ast.Name(id="len"), args=[found]):
            return ast.unparse(found) == name
        case ast.Compare(
            left=ast.Call() as left, ops=[op], comparators=[ast.Constant(value=least)]
        ):
            positive = isinstance(op, ast.Gt | ast.NotEq) and least == 0
            return _tests(left, name) and (positive or (isinstance(op, ast.GtE) and least == 1))
        case ast.BoolOp(op=ast.And(), values=values):
            return any(_tests(value, name) for value in values)
        case _:
            return False


def is_caught(module: SourceModule, taking: ast.AST) -> bool:
    """Whether the IndexError of an empty queue is caught at once, and nobody reads its words.

    The handler may neither name the exception, nor raise (the error would be the context of the
    new one), nor call anything (which could ask for the error that is being handled).
    """
    inner = module.scopes.statement_of(taking)
    block = module.scopes.parent(inner)
    while isinstance(block, (*LOOPS, ast.If)):
        inner, block = block, module.scopes.parent(block)
    if not isinstance(block, ast.Try) or inner not in block.body:
        return False
    handler = block.handlers[0] if block.handlers else None
    if handler is None or handler.name is not None:
        return False
    kind = handler.type
    named = isinstance(kind, ast.Name) and kind.id in _CATCH_INDEX_ERRORS
    if kind is not None and not (named and module.scopes.is_builtin(kind)):
        return False
    looks = (ast.Raise, ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.With, ast.AsyncWith)
    return not any(isinstance(n, looks) for part in handler.body for n in ast.walk(part))
