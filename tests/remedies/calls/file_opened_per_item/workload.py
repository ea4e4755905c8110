"""Some lines, appended to a file."""

import tempfile
from pathlib import Path

COUNTED = "outside calls"


def run(module, make=str, size=20):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "log.txt")
        path.write_text("begin\n")
        module.log(str(path), [make(f"line {n}\n") for n in range(size)])
        found = module.report(path, range(size)), module.report(path, range(3), quiet=True)
        return [*found, path.read_text()]


def measure(module):
    return run(module, size=3_000)
