"""Some folders."""

import tempfile
from pathlib import Path

COUNTED = "outside calls"


def run(module, make=str, size=6):
    with tempfile.TemporaryDirectory() as folder:
        module.make_folders([str(make(f"folder {n}")) for n in range(size)], folder)
        module.make_folders((), folder)
        return sorted((path.name, path.stat().st_mode) for path in Path(folder).iterdir())


def measure(module):
    return run(module, size=60)
