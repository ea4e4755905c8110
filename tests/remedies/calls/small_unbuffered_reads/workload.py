"""A short file."""

import tempfile
from pathlib import Path

COUNTED = "outside calls"


def run(module, make=int, size=300):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bytes")
        path.write_bytes(bytes(make(n % 7) for n in range(size * 3)))
        return [module.zeros(path), module.records(path, 3)]


def measure(module):
    return run(module, size=30_000)
