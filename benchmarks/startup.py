"""CPU time of `whet --version` and other short commands over a bare interpreter.

    python benchmarks/startup.py            (prints the table, writes results/startup.json)

Each round runs every command once, in shuffled order, in fresh processes; the figure is the median
of the CPU time (user and system) of the child, and its difference to the bare interpreter.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import sys
from pathlib import Path

ROUNDS = 30
COMMANDS = {
    "bare interpreter": [sys.executable, "-c", "pass"],
    "whet --version": [sys.executable, "-m", "whet", "--version"],
    "whet --help": [sys.executable, "-m", "whet", "--help"],
    "import whet": [sys.executable, "-c", "import whet"],
}


def cpu_s(command: list[str]) -> float:
    """CPU seconds of one run of a command, its output thrown away."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    child = os.posix_spawn(
        command[0],
        command,
        dict(os.environ),
        file_actions=[(os.POSIX_SPAWN_DUP2, nowhere, 1), (os.POSIX_SPAWN_DUP2, nowhere, 2)],
    )
    os.close(nowhere)
    _, status, usage = os.wait4(child, 0)
    if status != 0:
        raise SystemExit(f"{command} ended with status {status}")
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measure, print, write."""
    figures: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name in random.sample(list(COMMANDS), len(COMMANDS)):
            figures[name].append(cpu_s(COMMANDS[name]))
    bare = statistics.median(figures["bare interpreter"])
    rows = {
        name: {
            "median_cpu_ms": round(1000 * statistics.median(values), 1),
            "over_bare_ms": round(1000 * (statistics.median(values) - bare), 1),
        }
        for name, values in figures.items()
    }
    for name, row in rows.items():
        print(f"{name:<18} {row['median_cpu_ms']:7.1f} ms   {row['over_bare_ms']:+7.1f} ms")
    result = {
        "command": "python benchmarks/startup.py",
        "rounds": ROUNDS,
        "python": sys.version.split()[0],
        "load_1m": round(os.getloadavg()[0], 2),
        "dont_write_bytecode": sys.dont_write_bytecode,
        "ceiling_ms": {"whet --version": 60},
        "figures": rows,
    }
    folder = Path(__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    (folder / "startup.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
