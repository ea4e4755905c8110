"""What changes that come from outside share: what they claim, and which functions they change."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from whet.codebase.syntax import SourceModule
    from whet.diagnosis import Objective
    from whet.records import Metric

CLAIMS: dict[Objective, Metric] = {
    "time": "cpu_time",
    "memory": "peak_memory",
    "io": "io_operations",
    "both": "cpu_time",
}
"""The metric that a change is judged on, by the objective of the session."""


def functions_that_differ(before: SourceModule, after: SourceModule) -> tuple[str, ...]:
    """The functions of the first module whose source the second one changes, as `file::name`."""
    new = _bodies(after)
    changed = [name for name, body in _bodies(before).items() if new.get(name) != body]
    return tuple(f"{before.file}::{name}" for name in changed)


def functions_that_moved(
    functions: Iterable[str], added: Mapping[str, Collection[str]]
) -> dict[str, str]:
    """Of functions, `file::name`, those that one other file has now, with that file.

    Args:
        functions: That the change touches.
        added: Names of the functions that each file has after the change and had not before.
    """
    found = {}
    for function in functions:
        file, _, name = function.partition("::")
        homes = [other for other, names in added.items() if other != file and name in names]
        if len(homes) == 1:
            found[function] = homes[0]
    return found


def functions_added(before: SourceModule | None, after: SourceModule) -> frozenset[str]:
    """Names of the functions that a file has after a change and had not before."""
    old = _bodies(before) if before is not None else {}
    return frozenset(_bodies(after).keys() - old.keys())


def _bodies(module: SourceModule) -> dict[str, str]:
    if module.tree is None:
        return {}
    found: dict[str, str] = {}

    def walk(node: ast.AST, names: tuple[str, ...]) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                found[".".join((*names, child.name))] = ast.dump(child)
            elif isinstance(child, ast.ClassDef):
                walk(child, (*names, child.name))

    walk(module.tree, ())
    return found
