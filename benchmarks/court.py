"""How often the court is wrong on identical code, and how quickly it sees a real difference.

    python benchmarks/court.py --hours 3                        trials on identical code
    python benchmarks/court.py --hours 3 --condition idle --parallel 2
    python benchmarks/court.py --hours 3 --condition loaded     with three spinners a core
    python benchmarks/court.py --hours 1 --power                10, 5 and 2 % more work
    python benchmarks/court.py --table                          write results/court.{md,json}

Every trial is appended to results/court.jsonl as soon as it ends, so the benchmark can be stopped
at any moment (softly by `--stop-file`: it ends after the present trial once the file exists) and
resumes by being started again. "as-is", the default, says nothing about the machine: each trial
is counted as idle, busy or loaded by the runnable tasks that were seen during it. The same samples
are judged by Welch's t-test, the Mann-Whitney test and minimum-of-N as well.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from court_machine import CORES, spinners
from court_table import summarize, table
from court_trials import TARGETS, Court, make_sides

from whet.workloads import inspect_interpreter

RESULTS = Path(__file__).resolve().parent / "results"
IDENTICAL = (0,)


def main(words: list[str]) -> int:
    """Hold trials until the time is over, or write the table."""
    options = parse(words)
    if not options.table:
        code = _share(options, words) if options.parallel > 1 else _hold(options)
        if options.worker or code:
            return code
    write_table(options.results)
    return 0


def parse(words: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=1 / 6)
    parser.add_argument("--condition", choices=("as-is", "idle", "loaded"), default="as-is")
    parser.add_argument("--power", action="store_true", help="inject work")
    parser.add_argument("--parallel", type=int, default=1, help="trials at a time")
    parser.add_argument("--stop-file", type=Path, help="end softly once it exists")
    parser.add_argument("--results", type=Path, default=RESULTS / "court.jsonl")
    parser.add_argument("--table", action="store_true", help="only write the table")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(words)


def _share(options: argparse.Namespace, words: list[str]) -> int:
    """Several of this program at a time; the spinners are here, once."""
    words = [*words, "--worker", "--parallel", "1", "--condition", "as-is"]
    with spinners(3 * CORES if options.condition == "loaded" else 0):
        workers = [
            subprocess.Popen([sys.executable, __file__, *words]) for _ in range(options.parallel)
        ]
        return max(worker.wait() for worker in workers)


def _hold(options: argparse.Namespace) -> int:
    """Hold one trial after the other until the time is over."""
    end = time.monotonic() + options.hours * 3600
    with (
        tempfile.TemporaryDirectory(prefix="court-") as folder,
        spinners(3 * CORES if options.condition == "loaded" else 0),
    ):
        make_sides(Path(folder))
        court = Court(Path(folder), inspect_interpreter(sys.executable))
        while time.monotonic() < end and not (options.stop_file and options.stop_file.exists()):
            row = court.hold(_most_owed(options))
            append(options.results, row)
            cpu = row["verdicts"]["cpu_time"] if "verdicts" in row else {"outcome": row["failed"]}
            print(row["percent"], row["kind"], cpu["outcome"], row["runnable"], flush=True)
    return 0


def _most_owed(options: argparse.Namespace) -> int:
    """The amount of injected work that was tried least so far."""
    done = Counter(row["percent"] for row in read(options.results))
    return min(TARGETS if options.power else IDENTICAL, key=done.__getitem__)


def append(results: Path, row: dict[str, Any]) -> None:
    """Add one line, whole, whoever else writes now; a line torn by a crash stays alone."""
    results.parent.mkdir(exist_ok=True)
    with results.open("ab+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        text = json.dumps(row, separators=(",", ":")).encode() + b"\n"
        if file.seek(0, 2):
            file.seek(-1, 2)
            text = text if file.read() == b"\n" else b"\n" + text
        file.write(text)


def read(results: Path) -> list[dict[str, Any]]:
    """All whole lines; one may be torn by a crash."""
    rows = []
    for line in results.read_text().splitlines() if results.is_file() else ():
        try:
            rows.append(json.loads(line))
        except ValueError:
            continue
    return rows


def write_table(results: Path) -> None:
    """Write and print the figures, beside the trials."""
    rows = read(results)
    if not rows:
        print("no trial was held yet")
        return
    document = summarize(rows)
    results.with_suffix(".json").write_text(json.dumps(document, indent=1) + "\n")
    results.with_suffix(".md").write_text(table(document))
    print(table(document))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
