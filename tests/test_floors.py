"""The floors of the house and the promises about what imports what."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROBE = ROOT / "src/whet_probe"


def imported(path):
    """Top-level names of all modules that a file imports, at any depth."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield (node.module or "").partition(".")[0]


def test_the_import_contracts_are_kept():
    from importlinter.cli import lint_imports

    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


@pytest.mark.parametrize("path", sorted(PROBE.rglob("*.py")), ids=lambda path: path.stem)
def test_the_probe_is_standard_library_only(path):
    own = {"whet_probe", "", *(entry.stem for entry in PROBE.rglob("*.py"))}
    own |= {
        "_memray": {"memray"},  # brings whet's own build along, for a run of its own
        "_rendering": {"rich"},  # draws the target's own components
        "_textual": {"textual"},  # same
    }.get(path.stem, set())
    assert set(imported(path)) - set(sys.stdlib_module_names) - own == set()


@pytest.mark.parametrize("path", sorted(PROBE.rglob("*.py")), ids=lambda path: path.stem)
def test_the_probe_is_written_for_python_3_9(path):
    ast.parse(path.read_bytes(), feature_version=(3, 9))


def test_every_module_stays_below_four_hundred_lines():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in sorted((ROOT / "src").rglob("*.py"))
        if (lines := len(path.read_bytes().splitlines())) > 400
    }
    assert long == {}


def test_every_function_stays_below_forty_lines_of_code():
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name} {lines}"
        for path in sorted((ROOT / "src").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := body_lines(node)) > 40
    ]
    assert long == []


def body_lines(node):
    """Lines of the body, the docstring left out."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0
