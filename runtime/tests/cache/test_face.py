"""What importing the runtime costs, and what it offers."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
import whet_runtime

SOURCE = Path(whet_runtime.__file__).parent


def test_every_public_name_can_be_reached_and_is_listed_everywhere():
    assert set(whet_runtime.__all__) == {*whet_runtime._HOMES, "__version__"}
    assert set(dir(whet_runtime)) == set(whet_runtime.__all__)
    for name in whet_runtime.__all__:
        assert getattr(whet_runtime, name) is not None
    typed = {
        alias.name
        for node in ast.walk(ast.parse((SOURCE / "__init__.py").read_bytes()))
        if isinstance(node, ast.ImportFrom) and node.module != "typing"
        for alias in node.names
    }
    assert typed - {"annotations", "import_module"} == set(whet_runtime._HOMES)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = whet_runtime.no_such_name


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import whet_runtime", {"asyncio", "dataclasses", "logging", "whet_runtime.cache"}),
        ("from whet_runtime import Cache, cached", {"asyncio", "dataclasses", "redis", "sqlite3"}),
    ],
)
def test_importing_loads_nothing_heavy(statement, absent):
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    bare = {name: value for name, value in os.environ.items() if "COV" not in name}
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True, env=bare
    )
    assert absent & set(done.stdout.split()) == set()


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=str)
def test_modules_and_functions_stay_short(path):
    source = path.read_bytes()
    assert len(source.splitlines()) <= 400
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
            assert lines <= 40, f"{node.name} has {lines} lines"
