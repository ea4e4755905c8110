"""The top level of a module: what it binds, by which statements."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from whet.codebase.structure.references import bound_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whet.codebase.syntax import SourceModule

Imports = dict[str, list["ast.Import | ast.ImportFrom"]]


@dataclass(frozen=True)
class Top:
    """The top level of a module.

    Attributes:
        module: The file.
        name: Dotted, as it is imported.
    """

    module: SourceModule
    name: str

    @cached_property
    def body(self) -> list[ast.stmt]:
        """The statements."""
        return self.module.tree.body if self.module.tree is not None else []

    @cached_property
    def statements(self) -> dict[str, list[ast.stmt]]:
        """What binds a name by a definition or a plain assignment, by name."""
        found: dict[str, list[ast.stmt]] = {}
        for node in self.body:
            for name, _ in bound_names(node):
                found.setdefault(name, []).append(node)
        return found

    @cached_property
    def imports(self) -> Imports:
        """Plain import statements, by the names that they bind."""
        return _imports(self.body)

    @cached_property
    def type_imports(self) -> Imports:
        """Imports for type checkers only, by the names that they bind."""
        return _imports([each for node in self.body for each in type_block(node)])

    @cached_property
    def at_once(self) -> frozenset[str]:
        """Names that other statements of the top level work on when the module is imported."""
        plain = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
        found: set[str] = set()
        for node in self.body:
            single = isinstance(node, ast.Assign | ast.AnnAssign) and bound_names(node)
            if not isinstance(node, plain) and not single and not type_block(node):
                found.update(each.id for each in ast.walk(node) if isinstance(each, ast.Name))
        return frozenset(found)

    @cached_property
    def assigned_anew(self) -> frozenset[str]:
        """Names that functions declare as global."""
        declared = (n for n in ast.walk(self.module.scopes.tree) if isinstance(n, ast.Global))
        return frozenset(name for node in declared for name in node.names)

    @property
    def relative(self) -> bool:
        """Whether it cannot be imported but as a part of its package."""
        return any(isinstance(node, ast.ImportFrom) and node.level for node in self.body)

    @cached_property
    def program(self) -> bool:
        """Whether it is meant to be run as a program, too."""
        return any(
            isinstance(node, ast.If)
            and isinstance(node.test, ast.Compare)
            and isinstance(node.test.left, ast.Name)
            and node.test.left.id == "__name__"
            for node in self.body
        )


def type_block(node: ast.stmt) -> list[ast.stmt]:
    """The statements of an `if TYPE_CHECKING:` that holds imports only; none for others."""
    match node:
        case ast.If(
            test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"), orelse=[]
        ):
            imports = all(isinstance(each, ast.Import | ast.ImportFrom) for each in node.body)
            return node.body if imports else []
        case _:
            return []


def _imports(body: Sequence[ast.stmt]) -> Imports:
    found: Imports = {}
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                continue
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                found.setdefault(bound, []).append(node)
    return found
