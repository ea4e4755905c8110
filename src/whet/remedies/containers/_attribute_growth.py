"""Texts of an object that a loop of one of its methods grows, where nobody looks at them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.codebase.scopes import LOOPS
from whet.remedies._locals import looks_at_locals, uses_of_own
from whet.remedies._objects import is_plain_class
from whet.remedies._places import alone_on_its_lines, walk_function
from whet.remedies.calls._words import CHANGING_METHODS, PURE_BUILTINS, PURE_METHODS

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule

_TRANSPARENT = frozenset({"enumerate", "range", "reversed", "sorted", "zip"})
_REFUSED = (ast.Yield, ast.YieldFrom, ast.Await, ast.AsyncFor, ast.AsyncWith, ast.With, ast.Lambda,
            ast.NamedExpr, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import,
            ast.ImportFrom, ast.Global, ast.Nonlocal, ast.Delete)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Growing:
    """One attribute and the loop that grows it."""

    own: str
    attribute: str
    holder: ast.ClassDef
    loop: ast.For | ast.While
    growths: tuple[ast.AugAssign, ...]
    iterated: tuple[ast.expr, ...]

    @property
    def first(self) -> ast.Attribute:
        """The attribute in the first growth."""
        target = self.growths[0].target
        assert isinstance(target, ast.Attribute)  # noqa: S101 -- _grown has seen to it
        return target


def find_growing(module: SourceModule, function: FunctionNode) -> list[Growing]:
    """The texts of its object that loops of a method grow, by loop and attribute."""
    holder = module.scopes.parent(function)
    parameters = [*function.args.posonlyargs, *function.args.args]
    if not isinstance(holder, ast.ClassDef) or not parameters or function.decorator_list:
        return []
    if not is_plain_class(module, holder) or looks_at_locals(module, function):
        return []
    own = parameters[0].arg
    uses = uses_of_own(module, function, own)
    if not uses or any(not isinstance(use.ctx, ast.Load) for use in uses):
        return []
    found: dict[tuple[ast.stmt, str], list[ast.AugAssign]] = {}
    for node in walk_function(function):
        attribute = _grown(node, own)
        loop = _loop_of(module, function, node, own, attribute) if attribute else None
        if attribute and loop is not None and isinstance(node, ast.AugAssign):
            found.setdefault((loop, attribute), []).append(node)
    return [
        Growing(
            own=own,
            attribute=attribute,
            holder=holder,
            loop=loop,
            growths=tuple(growths),
            iterated=tuple(_iterated(module, loop)),
        )
        for (loop, attribute), growths in found.items()
        if isinstance(loop, ast.For | ast.While)
        and _holds_texts(module, holder, attribute)
        and _can_be_moved(module, loop, growths)
    ]


def _grown(node: ast.AST, own: str) -> str | None:
    """The attribute that a statement grows."""
    match node:
        case ast.AugAssign(
            target=ast.Attribute(value=ast.Name(id=name), attr=attribute), op=ast.Add()
        ) if name == own:
            return attribute
        case _:
            return None


def _loop_of(
    module: SourceModule, function: FunctionNode, growth: ast.AST, own: str, attribute: str
) -> ast.For | ast.While | None:
    """The outermost loop around a growth in which nobody can see the text."""
    best = None
    for parent in module.scopes.ancestors(growth):
        if parent is function:
            break
        if isinstance(parent, LOOPS):
            if not isinstance(parent, ast.For | ast.While) or parent.orelse:
                break
            if not _is_unseen(module, parent, own, attribute):
                break
            best = parent
    return best


def _is_unseen(module: SourceModule, loop: ast.For | ast.While, own: str, attribute: str) -> bool:
    body = [n for part in loop.body for n in ast.walk(part)]
    test = list(ast.walk(loop.test)) if isinstance(loop, ast.While) else []
    for node in [*body, *test]:
        if isinstance(node, _REFUSED) or _may_show(module, node, own, attribute):
            return False
        if isinstance(node, ast.Name) and node.id == own:
            parent = module.scopes.parent(node)
            if not isinstance(parent, ast.Attribute) or parent.value is not node:
                return False
            statement = module.scopes.parent(parent)
            growth = isinstance(statement, ast.AugAssign) and statement.target is parent
            if parent.attr == attribute and not growth:
                return False
            if parent.attr != attribute and not _is_data(module, parent):
                return False
    return True


def _may_show(module: SourceModule, node: ast.AST, own: str, attribute: str) -> bool:
    """Whether a call, or what is read of another object, could tell the text.

    It may be the same object by another name.
    """
    if _words_object(node) and _has_words(module):
        return True
    if isinstance(node, ast.Call):
        return not _is_harmless(module, node)
    if not isinstance(node, ast.Attribute):
        return False
    if isinstance(node.value, ast.Name) and node.value.id == own:
        return False  # _is_unseen looks at it
    return node.attr == attribute or not _is_data(module, node)


def _words_object(node: ast.AST) -> bool:
    """Whether an object is put into words, which its class may do by code of its own."""
    match node:
        case ast.FormattedValue() | ast.BinOp(op=ast.Mod()):
            return True
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name in {"ascii", "format", "repr", "str"}
        case _:
            return False


def _has_words(module: SourceModule) -> bool:
    classes = [scope for scope in module.scopes.all if scope.is_class]
    return any({"__format__", "__repr__", "__str__"} & set(scope.bindings) for scope in classes)


def _is_harmless(module: SourceModule, call: ast.Call) -> bool:
    """Whether a call runs no code of the module's, as far as names tell."""
    match call.func:
        case ast.Name(id=name) as func:
            return name in PURE_BUILTINS and module.scopes.is_builtin(func)
        case ast.Attribute(attr=method):
            return method in PURE_METHODS | CHANGING_METHODS
        case _:
            return False


def _is_data(module: SourceModule, attribute: ast.Attribute) -> bool:
    """Whether an attribute is no property or method of any class of the module."""
    classes = [scope for scope in module.scopes.all if scope.is_class]
    bindings = [b for scope in classes for b in scope.bindings.get(attribute.attr, ())]
    return not any(isinstance(b, ast.FunctionDef | ast.AsyncFunctionDef) for b in bindings)


def _holds_texts(module: SourceModule, holder: ast.ClassDef, attribute: str) -> bool:
    """Whether each object has the attribute from its start, and it is only ever given texts."""
    assert module.tree is not None  # noqa: S101 -- a function was found in it
    begun = False
    for node in ast.walk(module.tree):
        if not (isinstance(node, ast.Attribute) and node.attr == attribute):
            continue
        statement = module.scopes.parent(node)
        added = isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.Add)
        if isinstance(node.ctx, ast.Load) or added:
            continue
        if not (_assigns_text(statement, node) or _gives_back(module, statement, node)):
            return False
        begun = begun or _begins(module, holder, statement)
    for binding in module.scopes.inner(holder).bindings.get(attribute, ()):
        field = module.scopes.parent(binding)
        if not (_assigns_text(field, binding) and holder.decorator_list):
            return False  # of a data class they are attributes of each object, else of the class
        begun = begun or isinstance(field, ast.AnnAssign)
    return begun


def _begins(module: SourceModule, holder: ast.ClassDef, statement: ast.AST | None) -> bool:
    """Whether a statement is reached whenever an object is made."""
    around = module.scopes.parent(statement) if statement is not None else None
    named = isinstance(around, ast.FunctionDef) and around.name == "__init__"
    return named and around is not None and module.scopes.parent(around) is holder


def _assigns_text(statement: ast.AST | None, target: ast.AST) -> bool:
    match statement:
        case ast.Assign(targets=[only], value=value) if only is target:
            pass
        case ast.AnnAssign(target=only, value=ast.expr() as value) if only is target:
            pass
        case _:
            return False
    text = isinstance(value, ast.Constant) and isinstance(value.value, str)
    return text or isinstance(value, ast.JoinedStr)


def _gives_back(module: SourceModule, statement: ast.AST | None, target: ast.Attribute) -> bool:
    """Whether an attribute gets back what it held before, grown under a local name."""
    match statement:
        case ast.Assign(targets=[_], value=ast.Name(id=name) as value):
            pass
        case _:
            return False
    owner = module.scopes.owner(name, module.scopes.scope_of(value))
    for binding in module.scopes.bindings(owner, name) if owner is not None else [value]:
        match module.scopes.parent(binding):
            case ast.AugAssign(op=ast.Add()):
                continue
            case ast.Assign(targets=[_], value=ast.Attribute() as held) if (
                ast.dump(held.value) == ast.dump(target.value) and held.attr == target.attr
            ):
                continue
            case _:
                return False
    return True


def _can_be_moved(
    module: SourceModule, loop: ast.For | ast.While, growths: list[ast.AugAssign]
) -> bool:
    """Whether the loop can be indented, and its growths replaced."""
    texts = [n for n in ast.walk(loop) if isinstance(n, ast.Constant | ast.JoinedStr)]
    return (
        alone_on_its_lines(module, loop)
        and all(text.lineno == text.end_lineno for text in texts)
        and all(growth.target.lineno == growth.target.end_lineno for growth in growths)
    )


def _iterated(module: SourceModule, loop: ast.AST) -> list[ast.expr]:
    """What the loop and those inside of it go through."""
    found: list[ast.expr] = []
    for node in ast.walk(loop):
        if isinstance(node, ast.For):
            match node.iter:
                case ast.Call(func=ast.Name(id=name) as func, args=args) if (
                    name in _TRANSPARENT and module.scopes.is_builtin(func)
                ):
                    found.extend(args if name != "range" else [node.iter])
                case iterable:
                    found.append(iterable)
    return found
