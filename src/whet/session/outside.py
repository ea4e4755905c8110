"""What changes that come from outside share: what they claim, and which functions they change."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
