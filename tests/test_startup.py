"""The front door stays light: what a command does not need is not imported."""

from __future__ import annotations

import subprocess
import sys

# Modules of whet that `whet --version` may load; everything else belongs to a command.
ALLOWED = {"whet", "whet.__main__", "whet.cli", "whet.cli._front", "whet.errors"}
HEAVY = {
    "asyncio", "coverage", "importlib.metadata", "jinja2", "libcst", "logging", "memray",
    "msgspec", "multiprocessing", "psutil", "rich", "sqlite3", "subprocess", "yaml",
}  # fmt: skip
LOADED = "import sys; before = set(sys.modules); {code}; print(*sorted(set(sys.modules) - before))"


def loaded_by(code):
    """Modules that a piece of code loads in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(code=code)],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.splitlines()[-1].split())


def test_the_version_loads_only_the_front_door():
    loaded = loaded_by(
        "import whet.__main__; sys.argv = ['whet', '--version']; whet.__main__.main()"
    )
    assert {name for name in loaded if name.split(".")[0] == "whet"} <= ALLOWED
    assert {name for name in loaded if name.split(".")[0] in HEAVY or name in HEAVY} == set()


def test_importing_the_package_loads_nothing_else_of_it():
    loaded = loaded_by("import whet")
    assert {name for name in loaded if name.startswith("whet.")} <= ALLOWED
    assert {name for name in loaded if name in HEAVY} == set()


def test_a_commands_module_loads_nothing_heavy():
    loaded = loaded_by(
        "from importlib import import_module; from whet.cli import command_names; "
        "[import_module('whet.cli.' + name) for name in command_names()]"
    )
    assert {name for name in loaded if name.split(".")[0] in HEAVY or name in HEAVY} == set()
