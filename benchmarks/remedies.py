"""What each remedy gains on its example: before against after, in fresh interpreters.

    python benchmarks/remedies.py                 (every remedy; some seconds each)
    python benchmarks/remedies.py queue_in_list   (one of them; the other figures stay)

A remedy's folder `tests/remedies/<family>/<name>` takes part if its `workload.py` defines
`measure(module)`: deterministic, 0.05-1 s of CPU time with `before.py`. Advice takes part if it
has an `advised.py`, which is `before.py` with the advice followed by hand. Each round starts one
interpreter for either side, in random order; it loads the module, calls `measure` once and
prints what loading and calling took. Results that differ give no figure. The ratio is the median
over the rounds of before / after, the spread is the smallest and largest of them.

Writes results/remedies.md and the figures that `whet remedy` shows, src/whet/remedies/gains.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from whet.records import to_json
from whet.remedies import MeasuredGain, find_remedy, load_remedies, measured_gains
from whet.remedies._gains import GAINS_FILE

ROOT = Path(__file__).parent.parent
FOLDERS = ROOT / "tests" / "remedies"
RESULTS = Path(__file__).parent / "results" / "remedies.md"

CHILD = """
import hashlib, json, sys, time, types

def load(path):
    module = types.ModuleType(path.rpartition("/")[2].removesuffix(".py"))
    module.__file__ = path
    sys.modules[module.__name__] = module
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec")
    return module, code

def highest():
    with open("/proc/self/status") as file:
        return next((int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM")), 0)

workload, code = load(sys.argv[1])
exec(code, workload.__dict__)
module, code = load(sys.argv[2])
floor = highest()
wall, cpu = time.perf_counter(), time.process_time()
exec(code, module.__dict__)
result = workload.measure(module)
cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
peak = highest() - floor
digest = hashlib.sha256(repr(result).encode("utf-8", "backslashreplace")).hexdigest()
print(json.dumps({"cpu_time": cpu, "wall_time": wall, "peak_memory": peak, "result": digest}))
"""


class Failed(Exception):
    """A remedy's example could not be measured."""


def one_run(workload: Path, module: Path) -> dict[str, Any]:
    """What one fresh interpreter measured."""
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(workload), str(module)],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    if done.returncode:
        raise Failed(done.stderr.strip().rpartition("\n")[2] or f"status {done.returncode}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measured(folder: Path, rounds: int) -> MeasuredGain:
    """The gain of one remedy on its example."""
    remedy = find_remedy(folder.name)
    metric = "wall_time" if remedy.claims == "io_operations" else remedy.claims
    sides = {"before": folder / "before.py", "after": changed(folder)}
    figures: dict[str, list[float]] = {"before": [], "after": []}
    for _ in range(rounds):
        results = {}
        for side in random.sample(list(sides), 2):
            found = one_run(folder / "workload.py", sides[side])
            figures[side].append(max(found[metric], 1e-9))
            results[side] = found["result"]
        if len(set(results.values())) > 1:
            raise Failed("measure() gives different results")
    ratios = [a / b for a, b in zip(figures["before"], figures["after"], strict=True)]
    return MeasuredGain(
        metric=metric,
        ratio=round(statistics.median(ratios), 3),
        low=round(min(ratios), 3),
        high=round(max(ratios), 3),
        rounds=rounds,
        before=round(statistics.median(figures["before"]), 6),
        after=round(statistics.median(figures["after"]), 6),
        python=f"{platform.python_implementation()} {platform.python_version()}",
    )


def changed(folder: Path) -> Path:
    """The module with the cure."""
    after = folder / "after.py"
    return after if after.is_file() else folder / "advised.py"


def takes_part(folder: Path) -> bool:
    """Whether there is something to measure."""
    workload = folder / "workload.py"
    defined = workload.is_file() and "\ndef measure(" in workload.read_text(encoding="utf-8")
    return defined and changed(folder).is_file()


def table(gains: dict[str, MeasuredGain]) -> str:
    """The results as Markdown."""
    lines = [
        "# What each remedy gains on its example", "",
        f"`python benchmarks/remedies.py`; load {os.getloadavg()[0]:.1f} at the last figure.", "",
        "Before and after in seconds; for peak_memory, bytes beyond the bare interpreter.", "",
        "| family | remedy | metric | before | after | gain | spread | rounds |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    for remedy in load_remedies():
        gain = gains.get(remedy.name)
        if gain is None:
            lines.append(f"| {remedy.family} | {remedy.name} | {remedy.claims} | "
                         "not measured | | | | |")  # fmt: skip
            continue
        lines.append(
            f"| {remedy.family} | {remedy.name} | {gain.metric} | {gain.before:.4g} | "
            f"{gain.after:.4g} | {gain.ratio:.2f}x | {gain.low:.2f}-{gain.high:.2f} | "
            f"{gain.rounds} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    known = {remedy.name for remedy in load_remedies()}
    wanted = [find_remedy(name).name for name in arguments.names] or sorted(known)
    failed = []
    for name in wanted:
        folder = next(iter(FOLDERS.glob(f"*/{name}")), None)
        if folder is None or not takes_part(folder):
            print(f"{name:<30} not measured: no measure(module) or nothing to compare with")
            continue
        try:
            gain = measured(folder, arguments.rounds)
        except Failed as error:
            failed.append(name)
            print(f"{name:<30} no figure: {error}", flush=True)
            continue
        print(f"{name:<30} {gain.said}", flush=True)
        keep(name, gain, known)
    if failed:
        raise SystemExit(f"no figure for: {', '.join(failed)}")


def keep(name: str, gain: MeasuredGain, known: set[str]) -> None:
    """Write a figure beside the others, which may have been measured meanwhile."""
    measured_gains.cache_clear()
    gains = {other: old for other, old in measured_gains().items() if other in known}
    gains[name] = gain
    draft = GAINS_FILE.with_suffix(".new")
    draft.write_bytes(to_json(dict(sorted(gains.items())), indent=1) + b"\n")
    draft.replace(GAINS_FILE)
    RESULTS.write_text(table(gains), encoding="utf-8")


if __name__ == "__main__":
    main()
