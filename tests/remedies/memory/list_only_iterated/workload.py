"""Long lists."""

import tempfile
from pathlib import Path

COUNTED = "memory"


def run(module, make=int, size=6_000):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.txt")
        with path.open("w") as file:
            for n in range(size):
                file.write(f"{n} row\n")
        text = "abcdefgh" * (size // 8)
        return [
            module.largest(size, 7), sorted(module.words(text)), sorted(module.lines(path)),
            make(1),
        ]


def measure(module):
    return run(module, size=200_000)
