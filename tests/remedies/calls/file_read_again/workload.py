"""Few files, read often."""

import json
import tempfile
from pathlib import Path

COUNTED = "outside calls"


def run(module, make=str, size=40, rows=60):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "settings.json"
        prices = {f"row {n}": n for n in range(size)}
        path.write_text(json.dumps({"prices": prices, "factor": 3}), encoding="utf-8")
        totals = [module.price(make(f"row {n % size}"), str(path)) for n in range(rows)]
        return [totals, [module.title(path)[:20] for _ in range(rows)]]


def measure(module):
    return run(module, size=1_000, rows=400)
