"""What remedies for arrays and frames ask the source and the evidence."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whet.codebase.syntax import SourceModule
    from whet.records import ValueEvidence

FRAMES = frozenset({"pandas.DataFrame", "pandas.core.frame.DataFrame"})
SERIES = frozenset({"pandas.Series", "pandas.core.series.Series"})
ARRAYS = frozenset({"numpy.ndarray"})


def forms_of(values: Iterable[ValueEvidence]) -> set[str]:
    """The forms of all arrays and frames at some sites; empty where any is not known."""
    found: set[str] = set()
    for value in values:
        if not value.forms:
            return set()
        found.update(value.forms)
    return found


def columns_of(form: str) -> list[tuple[str, str]]:
    """Labels and element types in a frame's form, in order."""
    inner = form.removeprefix("DataFrame[").removesuffix("]")
    pairs = [part.rpartition(": ") for part in inner.split(", ")] if inner else []
    return [(label, kind) for label, _, kind in pairs]


def holds_library(module: SourceModule, *packages: str) -> bool:
    """Whether a module imports one of some packages at its top."""
    for node in module.tree.body if module.tree is not None else ():
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        if any(name.partition(".")[0] in packages for name in names):
            return True
    return False


def label_of(node: ast.AST, row: str) -> str | None:
    """The label in `row["label"]`; None for any other expression."""
    match node:
        case ast.Subscript(
            value=ast.Name(id=found), slice=ast.Constant(value=str(label)), ctx=ast.Load()
        ) if found == row:
            return label
        case _:
            return None
