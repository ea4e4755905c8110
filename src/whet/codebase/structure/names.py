"""Modules by their dotted names, and what they import of each other."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from whet.records.structure import ImportEdge

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from whet.codebase.syntax import SourceModule

When = Literal["import", "call", "types"]
"""When an import statement runs: with its module, in a function, or for type checkers only. What a
module does as a program counts as a call."""


@dataclass(frozen=True)
class Import:
    """One name or module that a statement imports, as written.

    Attributes:
        target: Absolute dotted name of the module that is named.
        name: What is taken from it; None: the module itself.
        bound: The name that it gets here; "*" for all.
        when: When it runs.
        guarded: It stands in a `try` that catches its failure.
    """

    target: str
    name: str | None
    bound: str
    line: int
    when: When
    guarded: bool = False


def module_names(files: Iterable[str]) -> dict[str, str]:
    """Dotted name of every Python file that can be imported, by file.

    `src` is no package; nor is a top-level folder of files without `__init__`, such as scripts.
    """
    found = {}
    for file in files:
        path = PurePosixPath(file)
        parts = list(path.with_suffix("").parts)
        if len(parts) > 1 and parts[0] in {"src", "lib"}:
            parts = parts[1:]
        if parts[-1] == "__init__" and len(parts) > 1:
            parts = parts[:-1]
        if path.suffix == ".py" and all(part.isidentifier() for part in parts):
            found[file] = ".".join(parts)
    return found


def imports_of(module: SourceModule, name: str) -> tuple[Import, ...]:
    """Every import of a module, with what it binds."""
    if module.tree is None:
        return ()
    package = name if module.file.endswith("__init__.py") else name.rpartition(".")[0]
    return tuple(_found(module.tree.body, package, "import", guarded=False))


def _found(
    body: Iterable[ast.AST], package: str, when: When, *, guarded: bool
) -> Iterator[Import]:
    for node in body:
        match node:
            case ast.Import(names=aliases):
                for alias in aliases:
                    bound = alias.asname or alias.name.partition(".")[0]
                    yield Import(alias.name, None, bound, node.lineno, when, guarded)
            case ast.ImportFrom(module=source, names=aliases, level=level):
                target = _absolute(source or "", level, package)
                for alias in aliases:
                    bound = alias.asname or alias.name
                    yield Import(target, alias.name, bound, node.lineno, when, guarded)
            case ast.expr():
                pass  # holds no statement
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _found(ast.iter_child_nodes(node), package, "call", guarded=guarded)
            case ast.If(test=test):
                yield from _found(node.body, package, _then(test, when), guarded=guarded)
                yield from _found(node.orelse, package, when, guarded=guarded)
            case ast.Try():
                yield from _found(ast.iter_child_nodes(node), package, when, guarded=True)
            case _:
                yield from _found(ast.iter_child_nodes(node), package, when, guarded=guarded)


def _absolute(source: str, level: int, package: str) -> str:
    if level == 0:
        return source
    parts = package.split(".") if package else []
    base = parts[: len(parts) - level + 1]
    return ".".join([*base, source] if source else base)


def _then(test: ast.expr, when: When) -> When:
    """When the body of an `if` runs."""
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return "types"
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()]):
            return "call"
        case _:
            return when


def import_edges(
    imports: Mapping[str, Iterable[Import]], modules: Collection[str]
) -> tuple[ImportEdge, ...]:
    """Who imports whom, among the modules of the project, when it is itself imported.

    A name taken from a package counts as its submodule where there is one of that name.
    """
    names: dict[tuple[str, str], list[Import]] = {}
    for importer, found in imports.items():
        for each in found:
            target = _module_meant(each, modules)
            if each.when == "import" and target is not None and target != importer:
                names.setdefault((importer, target), []).append(each)
    return tuple(
        ImportEdge(importer=importer, imported=target, line=found[0].line, names=len(found))
        for (importer, target), found in sorted(names.items())
    )


def _module_meant(each: Import, modules: Collection[str]) -> str | None:
    full = f"{each.target}.{each.name}" if each.name else each.target
    for name in (full, each.target):
        if name in modules:
            return name
    return None
