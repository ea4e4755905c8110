"""Programs to profile, and launches of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from whet.workloads import Launch, find_interpreter, parse_target

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def launches(tmp_path):
    """A function that makes `launch_of` for a program given as text."""

    def made(source: str, name: str = "app.py", target: str | None = None, **changes):
        root = tmp_path / "project"
        root.mkdir(exist_ok=True)
        (root / name).write_text(source, encoding="utf-8")
        workload = parse_target(target or name, root)
        interpreter = find_interpreter(root, python=sys.executable)

        def launch_of(plan, wrap):
            return Launch(
                workload=workload,
                root=root,
                interpreter=interpreter,
                plan=plan,
                wrap=wrap,
                **changes,
            )

        return launch_of

    return made


@pytest.fixture
def source_file(tmp_path) -> Path:
    """A module with methods, comprehensions, lambdas, decorators and nested functions."""
    path = tmp_path / "shapes.py"
    path.write_text(
        "import functools\n"
        "class Shape:\n"
        "    @functools.cache\n"
        "    def area(self):\n"
        "        return [side * 2 for side in self.sides]\n"
        "def outer():\n"
        "    def inner():\n"
        "        return 1\n"
        "    return (lambda: inner())()\n"
        "TOTAL = sum(x for x in range(3))\n",
        encoding="utf-8",
    )
    return path
