"""An environment with the libraries that the shared tiers are measured beside."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PEERS = ("redis", "diskcache", "dogpile.cache", "cashews")
_SOURCE = Path(__file__).parents[1] / "src"


@contextmanager
def peers_python(given: str | None) -> Iterator[str]:
    """The interpreter of an environment with the peers; a temporary one where none is given."""
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = str(Path(folder) / "bin" / "python")
        subprocess.run([python, "-m", "pip", "install", "-q", *PEERS], check=True)
        yield python


def environment() -> dict[str, str]:
    """The variables under which the peers' interpreter finds this library."""
    return os.environ | {"PYTHONPATH": str(_SOURCE)}


def versions(python: str) -> dict[str, str]:
    """What was measured."""
    script = (
        "from importlib.metadata import version\n"
        f"for name in {PEERS!r}: print(name, version(name))"
    )
    done = subprocess.run([python, "-c", script], capture_output=True, text=True, check=True)
    return dict(line.split() for line in done.stdout.splitlines())


def machine() -> dict[str, object]:
    """The condition of the machine, to be stated beside every figure."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "cores": os.cpu_count(),
        "load": [round(value, 1) for value in os.getloadavg()],
        "niceness": os.nice(0),
    }
