"""A small table, many rows."""

import json
import tempfile
from pathlib import Path

COUNTED = "outside calls"


def run(module, make=str, size=30, rows=20):
    with tempfile.TemporaryDirectory() as folder:
        rates = {f"c{n}": n for n in range(size)}
        Path(folder, "rates.json").write_text(json.dumps(rates))
        Path(folder, "words.txt").write_text(" ".join(rates))
        chosen = [(make(f"c{n % size}"), n) for n in range(rows)]
        names = [make(f"c{n}") for n in range(0, size, 7)]
        return [module.totals(chosen, folder), module.known(names, folder, 3)]


def measure(module):
    return run(module, size=3_000, rows=150)
