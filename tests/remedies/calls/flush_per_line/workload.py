"""Some lines."""

import tempfile
from pathlib import Path

COUNTED = "outside calls"


def run(module, make=str, size=120):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "log.txt")
        module.save(path, [make(f"line {n}\n") for n in range(size)])
        module.table(path.with_suffix(".txt2"), range(size))
        return [path.read_text(), path.with_suffix(".txt2").read_bytes()]


def measure(module):
    return run(module, size=40_000)
