"""Classes of a module whose attributes are nothing but stored values."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.codebase.scopes import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whet.codebase.syntax import SourceModule

_ASKED_FIRST = frozenset({"__getattribute__", "__getattr__", "__new__"})
_PLAIN_BASES = frozenset({"typing.NamedTuple", "typing.Protocol", "typing.Generic"})


def plain_classes(module: SourceModule, attribute: str) -> list[str]:
    """Top-level classes of a module whose instances store an attribute under its name.

    Reading it runs no code of the user's: no property, no descriptor, no `__getattr__`, no base
    class that could bring one.
    """
    body = module.tree.body if module.tree else []
    classes = [node for node in body if isinstance(node, ast.ClassDef)]
    once = (node for node in classes if len(module.scopes.module.bindings[node.name]) == 1)
    return [node.name for node in once if _is_plain(module, node, attribute)]


def identity_classes(module: SourceModule) -> list[str]:
    """Top-level classes of a module whose instances equal nothing but themselves."""
    body = module.tree.body if module.tree else []
    classes = [node for node in body if isinstance(node, ast.ClassDef)]
    nodes = ast.walk(module.scopes.tree) if "__eq__" in module.words else ()
    if any(isinstance(node, ast.Attribute) and node.attr == "__eq__" for node in nodes):
        return []  # it may be given to any class
    return [node.name for node in classes if _compares_identity(module, node)]


def _compares_identity(module: SourceModule, owner: ast.ClassDef) -> bool:
    bare = not (owner.bases or owner.keywords or owner.decorator_list)
    names = {node.id for node in ast.walk(owner) if isinstance(node, ast.Name)}
    names |= {node.name for node in owner.body if isinstance(node, FUNCTIONS)}
    once = len(module.scopes.module.bindings[owner.name]) == 1
    return bare and once and "__eq__" not in names


def _is_plain(module: SourceModule, owner: ast.ClassDef, attribute: str) -> bool:
    if owner.keywords or not all(_is_plain_base(module, base) for base in owner.bases):
        return False
    if not all(_is_dataclass(module, decorator) for decorator in owner.decorator_list):
        return False
    methods = [node for node in owner.body if isinstance(node, FUNCTIONS)]
    names = {node.name for node in methods}
    if names & _ASKED_FIRST or attribute in names:
        return False
    for node in owner.body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), value=value) if name == attribute:
                return value is None or isinstance(value, ast.Constant)
            case ast.Assign() if any(_names(target, attribute) for target in node.targets):
                return False
            case _:
                pass
    made = (node for node in methods if node.name == "__init__")
    return any(_stores(node, attribute) for method in made for node in ast.walk(method))


def _is_plain_base(module: SourceModule, base: ast.expr) -> bool:
    return module.scopes.is_builtin(base, "object") or module.scopes.dotted(base) in _PLAIN_BASES


def _is_dataclass(module: SourceModule, decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return module.scopes.dotted(called) == "dataclasses.dataclass"


def _names(target: ast.expr, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(target))


def _stores(node: ast.AST, attribute: str) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="self"), attr=attr, ctx=ast.Store()):
            return attr == attribute
        case _:
            return False


def are_of(types: Iterable[str], classes: Iterable[str], file: str) -> bool:
    """Whether all types that a run has seen are among some classes of a file.

    Args:
        types: Exact types as evidence names them, such as "package.module.Row".
        classes: Names of top-level classes of the file.
        file: Path of the file, relative to the project.
    """
    known = set(classes)
    path = file.removesuffix(".py").removesuffix("/__init__")
    for name in types:
        module, _, kind = name.rpartition(".")
        place = module.replace(".", "/")
        here = place in {"", "__main__"} or f"/{path}".endswith(f"/{place}")
        if kind not in known or not here:
            return False
    return True
