"""What the project is: its files, syntax and git history.

The hardened runner is `whet.codebase.git.git`, and scanning `whet.codebase.scan.scan`: a function
here would hide behind its module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whet.codebase.alignment import align
    from whet.codebase.branches import compare_branches
    from whet.codebase.files import project_files
    from whet.codebase.history import commits, extract_commit_data
    from whet.codebase.trees import export_tree

__all__ = [
    "align",
    "commits",
    "compare_branches",
    "export_tree",
    "extract_commit_data",
    "project_files",
]

_HOMES = {
    "align": "alignment",
    "commits": "history",
    "compare_branches": "branches",
    "export_tree": "trees",
    "extract_commit_data": "history",
    "project_files": "files",
}


def __getattr__(name: str) -> object:
    """A public name, loaded on first use: `python -m whet.codebase.branches` is a workload."""
    from importlib import import_module

    if name in _HOMES:
        return getattr(import_module(f"whet.codebase.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'whet.codebase' has no attribute {name!r}")
