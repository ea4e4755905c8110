"""What a module offers: the names that it binds, those it exports, and whether that is all."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAKERS = frozenset({"exec", "globals", "locals", "setattr", "vars"})
_NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@dataclass(frozen=True, slots=True)
class Surface:
    """The top level of one module.

    Attributes:
        bound: Names that some statement binds, whenever it runs.
        exports: Names in `__all__` that stand there as literals, with their lines.
        dynamic: It may make names that no statement binds.
    """

    bound: frozenset[str] = frozenset()
    exports: tuple[tuple[str, int], ...] = ()
    dynamic: bool = False


def surface_of(tree: ast.Module) -> Surface:
    """The surface of a module, from its tree."""
    bound: set[str] = set()
    exports: list[tuple[str, int]] = []
    dynamic = False
    for node in _top_level(tree):
        bound.update(_bound_by(node))
        exports += _exported(node)
        dynamic = dynamic or _makes_names(node)
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            bound.update(node.names)
    return Surface(frozenset(bound), tuple(exports), dynamic or "__getattr__" in bound)


def _bound_by(node: ast.AST) -> Iterable[str]:
    match node:
        case (
            ast.Name(id=name, ctx=ast.Store())
            | ast.FunctionDef(name=name)
            | ast.AsyncFunctionDef(name=name)
            | ast.ClassDef(name=name)
            | ast.ExceptHandler(name=str(name))
            | ast.MatchAs(name=str(name))
        ):
            return (name,)
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return (each.asname or each.name.partition(".")[0] for each in names)
        case _:
            return ()


def _makes_names(node: ast.AST) -> bool:
    """Whether names may come into being that no statement binds."""
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in _MAKERS:
            return True
        case ast.Call(
            func=ast.Name(id=name) | ast.Attribute(attr=name), args=[ast.Name(id="__name__"), *_]
        ):
            return not name.lower().endswith("logger")
        case ast.Attribute(value=ast.Name(id="sys"), attr="modules"):
            return True
        case _:
            return False


def _top_level(tree: ast.Module) -> Iterator[ast.AST]:
    """Every node that runs with the module, bodies of functions and classes left out."""
    stack: list[ast.AST] = list(tree.body)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, _NESTED):
            stack.extend(ast.iter_child_nodes(node))


def _exported(node: ast.AST) -> Iterator[tuple[str, int]]:
    match node:
        case (
            ast.Assign(targets=[ast.Name(id="__all__")], value=value)
            | ast.AnnAssign(target=ast.Name(id="__all__"), value=ast.expr() as value)
            | ast.AugAssign(target=ast.Name(id="__all__"), value=value)
            | ast.Call(
                func=ast.Attribute(value=ast.Name(id="__all__"), attr="extend" | "append"),
                args=[value],
            )
        ):
            for each in ast.walk(value):
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    yield each.value, each.lineno
        case _:
            pass
