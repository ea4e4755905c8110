"""Questions about a loop whose body does something outside of the program at every turn."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.codebase.scopes import FUNCTIONS
from whet.records import Edit, Span
from whet.remedies._places import walk_function

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule

_INVARIANT = (
    ast.Name, ast.Constant, ast.BinOp, ast.JoinedStr, ast.FormattedValue, ast.operator,
    ast.expr_context,
)  # fmt: skip
_JOINERS = frozenset({"os.path.join", "pathlib.Path"})
_JUMPS = (ast.Break, ast.Continue, ast.Return)
_STRANGE = (
    ast.Yield, ast.YieldFrom, ast.Await, ast.AsyncFor, ast.AsyncWith, ast.Global, ast.Nonlocal,
)  # fmt: skip


def loops_in(function: FunctionNode) -> Iterator[ast.For]:
    """The `for` statements of a function that is no coroutine and no generator, outer first."""
    nodes = list(walk_function(function))
    if isinstance(function, ast.FunctionDef) and not any(isinstance(n, _STRANGE) for n in nodes):
        yield from (node for node in nodes if isinstance(node, ast.For) and not node.orelse)


def stored_in(node: ast.AST) -> set[str]:
    """Every name that a statement and what is inside of it may bind or delete."""
    stored: set[str] = set()
    for inner in ast.walk(node):
        match inner:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                stored.add(name)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                stored.add(name)
            case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                stored.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                stored.add(name)
            case ast.ClassDef(name=name):
                stored.add(name)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                stored |= {(alias.asname or alias.name).partition(".")[0] for alias in names}
            case _:
                pass
    return stored


def is_invariant(module: SourceModule, node: ast.expr, loop: ast.stmt) -> bool:
    """Whether an expression of names, constants and joined paths is the same at every turn."""
    stored = stored_in(loop)
    pending: list[ast.AST] = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, ast.Call) and module.scopes.dotted(part.func) in _JOINERS:
            pending += [*part.args, *part.keywords]
        elif not isinstance(part, _INVARIANT):
            return False
        else:
            if isinstance(part, ast.Name) and not _is_steady(module, part, stored):
                return False
            pending += ast.iter_child_nodes(part)
    return True


def _is_steady(module: SourceModule, name: ast.Name, stored: set[str]) -> bool:
    """Whether nothing in the loop binds a name, here or through a function that it calls."""
    scopes = module.scopes
    owner = scopes.owner(name.id, scopes.scope_of(name))
    if name.id in stored or scopes.star_import:
        return False
    if owner is None or owner is scopes.module:
        return len(scopes.bindings(scopes.module, name.id)) == 1
    return not any(name.id in scope.declared for scope in scopes.all)


def has_jumps(loop: ast.stmt) -> bool:
    """Whether a loop can be left, or a turn cut short, by anything but an exception."""
    return any(isinstance(node, _JUMPS) for node in ast.walk(loop))


def has_inner_functions(loop: ast.AST) -> bool:
    """Whether functions, classes or lazy comprehensions are made in a loop."""
    kinds = (*FUNCTIONS, ast.Lambda, ast.ClassDef, ast.GeneratorExp)
    return any(isinstance(node, kinds) for node in ast.walk(loop))


def methods_called(
    module: SourceModule, whole: ast.AST, but: Container[ast.AST]
) -> list[ast.Call]:
    """The calls of methods in a node, some left out; what an import names is no method."""
    return [
        call
        for call in ast.walk(whole)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call not in but
        and module.scopes.dotted(call.func) is None
    ]


def only_used_in(module: SourceModule, function: FunctionNode, name: str, node: ast.AST) -> bool:
    """Whether a name belongs to a function and every mention of it lies within a node."""
    scopes = module.scopes
    owner = scopes.inner(function)
    if name in owner.declared or not owner.bindings.get(name):
        return False
    inside = set(ast.walk(node))
    bound = all(binding in inside for binding in scopes.bindings(owner, name))
    return bound and all(use in inside for use in scopes.uses(owner, name))


def is_loop_variable(module: SourceModule, function: FunctionNode, name: str) -> bool:
    """Whether a name belongs to a function and lives only in loops that bind it by themselves."""
    scopes = module.scopes
    owner = scopes.inner(function)
    if name in owner.declared or not owner.bindings.get(name):
        return False
    inside: set[ast.AST] = set()
    for node in walk_function(function):
        if isinstance(node, ast.For) and not node.orelse and name in stored_in(node.target):
            inside |= set(ast.walk(node)) - set(ast.walk(node.iter))
    mentions = [*scopes.bindings(owner, name), *scopes.uses(owner, name)]
    return all(mention in inside for mention in mentions)


def directly_in(block: list[ast.stmt], node: ast.AST) -> bool:
    """Whether a node is one of the statements of a block."""
    return any(statement is node for statement in block)


def has_long_text(node: ast.AST) -> bool:
    """Whether a string runs over several lines, so that its lines must stay where they are."""
    return any(
        isinstance(inner, ast.Constant | ast.JoinedStr) and inner.lineno != inner.end_lineno
        for inner in ast.walk(node)
        if isinstance(inner, ast.expr)
    )


def indent_unit(module: SourceModule, outer: ast.stmt, inner: ast.stmt) -> str:
    """By how much a statement is indented more than the one around it."""
    shallow, deep = module.indent_of(outer) or "", module.indent_of(inner) or ""
    if deep.startswith(shallow) and len(deep) > len(shallow):
        return deep[len(shallow) :]
    return "    "


def indented(module: SourceModule, first: int, last: int, unit: str) -> list[Edit]:
    """Edits that indent lines, both inclusive, by a unit; empty lines stay empty."""
    edits = []
    for line in range(first, last + 1):
        row = module.lines[line - 1]
        if row.strip():
            column = len(row) - len(row.lstrip(b" \t\f"))
            at = Span(line=line, column=column, end_line=line, end_column=column)
            edits.append(Edit(file=module.file, span=at, text=unit))
    return edits


def without_lines(module: SourceModule, first: int, last: int) -> Edit:
    """An edit that takes whole lines out, both inclusive."""
    end = last + 1
    column = 0
    if last == len(module.lines):
        end, column = last, len(module.lines[last - 1])
    span = Span(line=first, column=0, end_line=end, end_column=column)
    return Edit(file=module.file, span=span, text="")
