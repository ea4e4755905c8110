"""Files of some thousand lines."""

import tempfile
from pathlib import Path

COUNTED = "memory"


def run(module, make=str, size=2_000):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "words.txt")
        with path.open("w") as file:
            for n in range(size):
                file.write(f"word {n} {'x' * (n % 50)}\r\n")
        return [
            module.count(path, make("word 7")), module.longest(path),
            module.lengths(path),
        ]


def measure(module):
    return run(module, size=200_000)
