"""Classes whose instances need no dictionary, as far as source can tell."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.codebase.scopes import FUNCTIONS
from whet.remedies._places import walk_function
from whet.remedies._words import DICTIONARY_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule

_REFUSED = frozenset({
    "__slots__", "__new__", "__init_subclass__", "__getattr__", "__delattr__", "__set_name__",
})  # fmt: skip
_METHODS = frozenset({"classmethod", "property", "staticmethod"})


@dataclass(frozen=True, slots=True)
class PlainClass:
    """A class of the module whose instances only ever get a few attributes.

    Attributes:
        attributes: In the order of the source.
        made: Where the module makes instances.
        first: The first statement of the body behind the docstring.
    """

    node: ast.ClassDef
    attributes: tuple[str, ...]
    made: tuple[ast.Call, ...]
    first: ast.stmt


def classes_of(module: SourceModule, function: FunctionNode) -> Iterator[PlainClass]:
    """The plain classes that a function belongs to, or makes instances of."""
    scopes = module.scopes
    if scopes.star_import or DICTIONARY_WORDS & module.words:
        return
    if module.outside is not None and DICTIONARY_WORDS & module.outside:
        return
    wanted: dict[str, ast.ClassDef] = {}
    for node in [scopes.parent(function), *_called_classes(module, function)]:
        if isinstance(node, ast.ClassDef) and scopes.parent(node) is scopes.tree:
            wanted[node.name] = node
    for node in wanted.values():
        found = plain_class(module, node)
        if found is not None:
            yield found


def _called_classes(module: SourceModule, function: FunctionNode) -> Iterator[ast.AST]:
    scopes = module.scopes
    for node in walk_function(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            name = node.func
            if scopes.owner(name.id, scopes.scope_of(name)) is scopes.module:
                yield from scopes.bindings(scopes.module, name.id)


def plain_class(module: SourceModule, node: ast.ClassDef) -> PlainClass | None:
    """A class as far as it can do without dictionaries; None: it may need them."""
    scopes = module.scopes
    if scopes.bindings(scopes.module, node.name) != [node] or not _has_plain_head(module, node):
        return None
    documented = ast.get_docstring(node, clean=False) is not None
    body = node.body[1:] if documented else node.body
    if not body or body[0].lineno == node.lineno or module.indent_of(body[0]) is None:
        return None
    fields = _fields(module, node)
    attributes = _attributes(node)
    if fields is None or attributes is None:
        return None
    names = tuple(dict.fromkeys([*fields, *attributes]))
    if _set_by_others(module) - set(names) or _asks_class(module, node, set(names)):
        return None
    made = _made(module, node.name)
    if not names or made is None or _collides(node, set(names), set(fields)):
        return None
    return PlainClass(node, names, made, body[0])


def _has_plain_head(module: SourceModule, node: ast.ClassDef) -> bool:
    bases = all(module.scopes.is_builtin(base, "object") for base in node.bases)
    decorated = len(node.decorator_list) > 1
    generic = bool(getattr(node, "type_params", ()))
    return bases and not node.keywords and not decorated and not generic


def _fields(module: SourceModule, node: ast.ClassDef) -> list[str] | None:
    """The fields of a dataclass, none of another class; None: another decorator."""
    if not node.decorator_list:
        return []
    decorator = node.decorator_list[0]
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    if module.scopes.dotted(called) != "dataclasses.dataclass":
        return None
    if isinstance(decorator, ast.Call):
        named = {keyword.arg for keyword in decorator.keywords}
        constant = all(isinstance(k.value, ast.Constant) for k in decorator.keywords)
        if decorator.args or not constant or not named <= {"eq", "order", "repr"}:
            return None
    rows = [row for row in node.body if isinstance(row, ast.AnnAssign)]
    if any("ClassVar" in module.text_of(row.annotation) for row in rows):
        return None
    if any("InitVar" in module.text_of(row.annotation) for row in rows):
        return None
    return [row.target.id for row in rows if isinstance(row.target, ast.Name)]


def _attributes(node: ast.ClassDef) -> list[str] | None:
    """The attributes that methods set on their object; None: they may set others too."""
    found: list[str] = []
    for row in node.body:
        match row:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                names = _set_by(row)
                if names is None or row.name in _REFUSED:
                    return None
                found += names
            case ast.Assign(targets=[ast.Name(id=name)]) if name not in _REFUSED:
                continue
            case ast.AnnAssign(target=ast.Name()) | ast.Pass():
                continue
            case ast.Expr(value=ast.Constant()):
                continue
            case _:
                return None
    return found


def _set_by(method: FunctionNode) -> list[str] | None:
    decorators = [d.id if isinstance(d, ast.Name) else "" for d in method.decorator_list]
    setter = any(
        isinstance(d, ast.Attribute) and d.attr in {"setter", "deleter"}
        for d in method.decorator_list
    )
    if not setter and not set(decorators) <= _METHODS:
        return None
    if "staticmethod" in decorators or "classmethod" in decorators:
        return []
    parameters = [*method.args.posonlyargs, *method.args.args]
    if not parameters:
        return None
    own = parameters[0].arg
    inside = list(ast.walk(method))
    if any(isinstance(n, ast.Name) and n.id == own and _is_stored(n) for n in inside):
        return None
    return [
        node.attr
        for node in inside
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == own
    ]


def _set_by_others(module: SourceModule) -> set[str]:
    """Attributes that the module sets on anything but the own object of a method."""
    assert module.tree is not None  # noqa: S101 -- callers have matched in the tree
    found = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            method = module.scopes.function_of(node)
            own = method.args.args[0].arg if method is not None and method.args.args else ""
            in_class = method is not None and isinstance(
                module.scopes.parent(method), ast.ClassDef
            )
            is_own = isinstance(node.value, ast.Name) and node.value.id == own and in_class
            if not is_own:
                found.add(node.attr)
    return found


def _asks_class(module: SourceModule, node: ast.ClassDef, names: set[str]) -> bool:
    """Whether a class may be asked for an attribute of its instances, or given it: slots are one.

    `type(self).x`, `cls.x` in a class method, and `getattr(...)` on either.
    """
    calls = [part for part in ast.walk(node) if isinstance(part, ast.Call)]
    if any(isinstance(call.func, ast.Name) and call.func.id == "type" for call in calls):
        return True
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and _is_class_method(module, method):
            own = method.args.args[0].arg if method.args.args else ""
            uses = module.scopes.uses(module.scopes.inner(method), own)
            for use in uses:
                parent = module.scopes.parent(use)
                called = isinstance(parent, ast.Call) and parent.func is use
                other = isinstance(parent, ast.Attribute) and parent.attr not in names
                if not (called or other):
                    return True
    return False


def _is_class_method(module: SourceModule, method: FunctionNode) -> bool:
    return any(module.scopes.is_builtin(d, "classmethod") for d in method.decorator_list)


def _is_stored(node: ast.Name) -> bool:
    return not isinstance(node.ctx, ast.Load)


def _collides(node: ast.ClassDef, names: set[str], fields: set[str]) -> bool:
    """Whether a name is also bound in the class's body: a slot would replace that."""
    for row in node.body:
        if isinstance(row, (*FUNCTIONS, ast.ClassDef)) and row.name in names:
            return True
        if isinstance(row, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id in names for target in row.targets
        ):
            return True
        if isinstance(row, ast.AnnAssign) and isinstance(row.target, ast.Name):
            defaulted = row.value is not None
            if defaulted and row.target.id in names | fields:
                return True
    return False


def _made(module: SourceModule, name: str) -> tuple[ast.Call, ...] | None:
    """Where the module makes instances; None: it uses the class for something else too."""
    scopes = module.scopes
    made: list[ast.Call] = []
    for use in scopes.uses(scopes.module, name):
        parent = scopes.parent(use)
        match parent:
            case ast.Call(func=func) if func is use:
                made.append(parent)
            case ast.Call(func=ast.Name(id="isinstance") as func) if use in parent.args:
                if not scopes.is_builtin(func):
                    return None
            case ast.arg() | ast.AnnAssign():
                continue  # an annotation
            case _ if _is_annotation(module, use):
                continue
            case _:
                return None
    return tuple(made)


def _is_annotation(module: SourceModule, use: ast.Name) -> bool:
    inner: ast.AST = use
    for parent in module.scopes.ancestors(use):
        match parent:
            case ast.FunctionDef(returns=returns) | ast.AsyncFunctionDef(returns=returns):
                return returns is inner
            case ast.arg():
                return True
            case ast.AnnAssign(annotation=annotation):
                return annotation is inner
            case ast.Subscript() | ast.BinOp() | ast.Tuple() | ast.List():
                inner = parent
            case _:
                return False
    return False
