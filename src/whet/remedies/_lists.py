"""Lists that a local name holds: who sees them, who may change them, and when."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.codebase.scopes import COMPREHENSIONS, LOOPS
from whet.remedies._names import READING_METHODS, Use, use_of
from whet.remedies._places import default_is_none, walk_function

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule

_SEES_NAMES = frozenset({"locals", "vars", "dir", "eval", "exec", "globals", "breakpoint"})
_CONSUMERS = frozenset("all any dict frozenset join list max min set sorted sum tuple".split())  # noqa: SIM905 -- reads better in a row


def local_mentions(module: SourceModule, function: FunctionNode, name: str) -> list[ast.Name]:
    """Every mention of a local name, by place; comprehensions may see it, functions may not.

    Empty where it is not a plain local name: somebody else sees it, something other than an
    assignment, a loop or a parameter binds it, or the function looks at its own variables.
    """
    scopes = module.scopes
    owner = scopes.inner(function)
    if scopes.star_import or name in owner.declared or name not in owner.bindings:
        return []
    if not all(isinstance(b, ast.Name | ast.arg) for b in scopes.bindings(owner, name)):
        return []
    body = list(walk_function(function))
    seeing = (n for n in body if isinstance(n, ast.Name) and n.id in _SEES_NAMES)
    if any(scopes.is_builtin(node) for node in seeing):
        return []
    nodes = scopes.uses(owner, name)
    inside = set(body)
    deleted = any(isinstance(node.ctx, ast.Del) for node in nodes)
    return [] if deleted or any(node not in inside for node in nodes) else nodes


def is_parameter(module: SourceModule, function: FunctionNode, name: str) -> bool:
    """Whether a local name may hold what the caller gave."""
    bindings = module.scopes.bindings(module.scopes.inner(function), name)
    return any(isinstance(binding, ast.arg) for binding in bindings)


def assigned_values(module: SourceModule, mentions: Iterable[ast.Name]) -> list[ast.expr] | None:
    """What plain assignments give a name; None: something else binds it too."""
    values: list[ast.expr] = []
    for node in mentions:
        if isinstance(node.ctx, ast.Load):
            continue
        match module.scopes.parent(node):
            case ast.Assign(targets=[ast.Name()], value=value):
                values.append(value)
            case ast.AnnAssign(value=ast.expr() as value):
                values.append(value)
            case _:
                return None
    return values


def is_own_list(module: SourceModule, value: ast.expr) -> bool:
    """Whether an expression certainly makes a new list of the exact type."""
    match value:
        case ast.List() | ast.ListComp():
            return True
        case ast.Call(func=ast.Name(id="list" | "sorted") as func):
            return module.scopes.is_builtin(func)
        case _:
            return False


def is_kept_private(
    module: SourceModule, mentions: Iterable[ast.Name], *, returned: bool = True
) -> bool:
    """Whether no mention lets somebody else hold the list; returning it ends the function."""
    away = {Use.ESCAPES} if returned else {Use.ESCAPES, Use.RETURNED}
    return not any(use_of(module, node) in away for node in mentions)


def returned_early(module: SourceModule, node: ast.expr) -> bool:
    """Whether the list is returned from a `try` that may still change it."""
    around = module.scopes.ancestors(node)
    tries = any(isinstance(at, ast.Try | ast.TryStar) and at.finalbody for at in around)
    return use_of(module, node) is Use.RETURNED and tries


def changes(module: SourceModule, node: ast.expr) -> bool:
    """Whether a mention binds the name anew, changes the list, or could let somebody change it."""
    use = use_of(module, node)
    if use is Use.CALLED:
        method = module.scopes.parent(node)
        return not (isinstance(method, ast.Attribute) and method.attr in READING_METHODS)
    return use in {Use.BOUND, Use.CHANGED, Use.APPENDED, Use.ESCAPES}


def may_be_missing(
    module: SourceModule, function: FunctionNode, mentions: Sequence[ast.expr], block: ast.AST
) -> bool:
    """Whether a block may be reached with a name that holds None, or no list for other reasons.

    A block that asks whether there is a list reckons with that. So does a parameter that is None
    where the caller says nothing, unless the function gives it another value.
    """
    if any(within(module, node, block) and _is_asked_about(module, node) for node in mentions):
        return True
    match mentions:
        case [ast.Name(id=name), *_]:
            stores = any(isinstance(getattr(node, "ctx", None), ast.Store) for node in mentions)
            return not stores and default_is_none(function, name)
        case _:
            return False


def _is_asked_about(module: SourceModule, node: ast.expr) -> bool:
    parent = module.scopes.parent(node)
    match parent:
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            return test is node
        case ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Compare(ops=[ast.Is() | ast.IsNot()]):
            return True
        case ast.Call(func=ast.Name(id="isinstance" | "bool" | "type")):
            return True
        case _:
            return False


def within(module: SourceModule, node: ast.AST, block: ast.AST) -> bool:
    """Whether a node is a part of another, or the other itself."""
    return node is block or block in module.scopes.ancestors(node)


def loops_around(module: SourceModule, node: ast.AST, function: FunctionNode) -> list[ast.AST]:
    """The loops and comprehensions that evaluate a node again and again, outermost first."""
    found: list[ast.AST] = []
    inner: ast.AST = node
    for parent in module.scopes.ancestors(node):
        if parent is function:
            break
        if isinstance(parent, LOOPS):
            once = not isinstance(parent, ast.While) and inner is parent.iter
            if not once and inner not in parent.orelse:
                found.append(parent)
        elif isinstance(parent, COMPREHENSIONS) and not within(
            module, node, parent.generators[0].iter
        ):
            found.append(parent)
        inner = parent
    return found[::-1]


def is_lazy(module: SourceModule, node: ast.AST) -> bool:
    """Whether a node lies in a generator expression that may run after its statement."""
    for parent in module.scopes.ancestors(node):
        if isinstance(parent, ast.stmt):
            return False
        if isinstance(parent, ast.GeneratorExp):
            match module.scopes.parent(parent):
                case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
                    if name not in _CONSUMERS:
                        return True
                case _:
                    return True
    return False


def steady_loop(
    module: SourceModule, function: FunctionNode, node: ast.AST, mentions: list[ast.Name]
) -> ast.AST | None:
    """The outermost loop around a node in whose statement a list stays as it is."""
    for loop in loops_around(module, node, function):
        statement = module.scopes.statement_of(loop)
        inside = [mention for mention in mentions if within(module, mention, statement)]
        if not any(changes(module, mention) for mention in inside) and _starts(module, statement):
            return loop
    return None


def _starts(module: SourceModule, statement: ast.stmt) -> bool:
    row = module.lines[statement.lineno - 1][statement.col_offset :]
    return module.indent_of(statement) is not None and not row.startswith(b"elif")


def is_bound_before(
    module: SourceModule, function: FunctionNode, mentions: list[ast.Name], before: ast.stmt
) -> bool:
    """Whether the name certainly holds something before a statement."""
    if mentions and is_parameter(module, function, mentions[0].id):
        return True
    around = set(module.scopes.ancestors(before))
    for node in mentions:
        statement = module.scopes.parent(node)
        assigned = isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value
        if isinstance(node.ctx, ast.Store) and assigned and node.lineno < before.lineno:
            block = module.scopes.parent(node)
            assert block is not None  # noqa: S101 -- a name lies in a statement
            if module.scopes.parent(block) in around and _same_arm(module, block, before):
                return True
    return False


def _same_arm(module: SourceModule, earlier: ast.AST, later: ast.stmt) -> bool:
    """Whether a statement stands in a block that holds the other one too, before it."""
    parent = module.scopes.parent(earlier)
    for name in ("body", "orelse", "finalbody"):
        block = getattr(parent, name, None)
        if isinstance(block, list) and earlier in block:
            return any(within(module, later, statement) for statement in block)
    return False


def entry_of(loop: ast.AST | None) -> ast.expr | None:
    """What is evaluated once whenever a loop begins; None for `while`, or no loop."""
    if loop is None:
        return None
    if isinstance(loop, LOOPS):
        return None if isinstance(loop, ast.While) else loop.iter
    generators: list[ast.comprehension] = getattr(loop, "generators", [])
    return generators[0].iter


def bound_names(target: ast.expr) -> set[str]:
    """The names of a loop's target; empty unless it is a name or a flat tuple of names."""
    match target:
        case ast.Name(id=name):
            return {name}
        case ast.Tuple(elts=parts) if all(isinstance(part, ast.Name) for part in parts):
            names = [part.id for part in parts if isinstance(part, ast.Name)]
            return set(names) if len(set(names)) == len(names) else set()
        case _:
            return set()


def is_forgotten(module: SourceModule, function: FunctionNode, whole: ast.AST, name: str) -> bool:
    """Whether nobody reads what a loop has bound a name to behind the loop.

    Other loops may bind the same name for themselves.
    """
    scopes = module.scopes
    if not isinstance(whole, ast.For):  # an index would bind the name in the function
        free = (node for node in ast.walk(function) if isinstance(node, ast.Name))
        return all(within(module, node, whole) for node in free if node.id == name)
    mentions = local_mentions(module, function, name)
    for node in mentions:
        if within(module, node, whole):
            continue
        own = [at for at in scopes.ancestors(node) if isinstance(at, LOOPS) and _loops(at, name)]
        if not own or within(module, whole, own[0]):
            return False
    return bool(mentions)


def _loops(loop: ast.AST, name: str) -> bool:
    return isinstance(loop, ast.For) and name in bound_names(loop.target)
