"""How often the court is wrong on identical code, and how quickly it sees a real difference.

    python benchmarks/court.py --hours 3                       on an idle machine
    python benchmarks/court.py --hours 3 --condition loaded    with burners, three a core
    python benchmarks/court.py --hours 3 --condition busy      other work runs on the machine
    python benchmarks/court.py --table                         write results/court.{md,json}

Every run is one whole trial: identical code ("A/A"), or 2, 5 or 10 % more work that is really
done. It is appended to results/court.jsonl as soon as it ends, so the benchmark can be stopped at
any moment and resumes by being started again. The same samples of every in-process run are
judged by Welch's t-test, the Mann-Whitney test and minimum-of-N as well: once pooled over all
processes, and once as the usual tools see them (a block of A in one process, then B in another).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from random import Random
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

from court_naive import SCHEMES, judge_naively
from court_workloads import CHUNKS, KINDS

from whet.proof.paired import Bench, compare_runs
from whet.proof.pairs import CallSide, Pairing, compare_calls
from whet.proof.trial import Rules
from whet.records import Workload
from whet.stats import proportion_bounds
from whet.workloads import Launch, inspect_interpreter, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.records import Interpreter, RunOutcome, Verdict

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
SHARES = {0: 12, 2: 1, 5: 1, 10: 1}  # of 15 runs, by percent of injected work
RUNS_EVERY = 9  # every ninth run of a kind judges whole runs, the others calls
TARGETS = {10: (0.9, 15.0), 5: (0.9, 30.0), 2: (0.8, 90.0)}


def main() -> None:
    """Run until the time is over, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--hours", type=float)
    parser.add_argument("--condition", choices=("idle", "busy", "loaded"), default="idle")
    parser.add_argument("--results", type=Path, default=RESULTS / "court.jsonl")
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    if not options.table:
        limit_s = options.hours * 3600 if options.hours else options.seconds
        measure(options.results, options.condition, time.monotonic() + limit_s)
    rows = read(options.results)
    document = summarize(rows)
    RESULTS.joinpath("court.json").write_text(json.dumps(document, indent=1) + "\n")
    RESULTS.joinpath("court.md").write_text(table(document))
    print(table(document))


def measure(results: Path, condition: str, end: float) -> None:
    """Append runs until the time is over."""
    results.parent.mkdir(exist_ok=True)
    done = Counter(row["percent"] for row in read(results) if row["condition"] == condition)
    interpreter = inspect_interpreter(sys.executable)
    with burners(3 * (os.cpu_count() or 1) if condition == "loaded" else 0):
        while time.monotonic() < end:
            percent = min(SHARES, key=lambda one: done[one] / SHARES[one])
            row = one_run(percent, done[percent], interpreter)
            row["condition"] = condition
            with results.open("a") as file:
                file.write(json.dumps(row) + "\n")
            done[percent] += 1


def one_run(percent: int, number: int, interpreter: Interpreter) -> dict[str, Any]:
    """One trial of the court, and what others say of its samples."""
    kind = list(KINDS)[number % len(KINDS)]
    whole = number % RUNS_EVERY == RUNS_EVERY - 1
    seed = int.from_bytes(os.urandom(8), "big")
    rules = Rules(claimed=("cpu_time",), budget_s=180)
    heard: list[dict[str, list[float]]] = []
    load = os.getloadavg()[0]
    if whole:
        scale = 20 if percent else 4  # start-up must not hide much of the injected work
        launches = [
            Launch(
                workload=Workload(
                    kind="script", target="court_workloads.py", argv=(kind, str(scale * chunks))
                ),
                root=HERE,
                interpreter=interpreter,
            )
            for chunks in (CHUNKS, CHUNKS + percent)
        ]
        rules = Rules(claimed=("cpu_time",), budget_s=180, compare_output=False)
        verdicts = compare_runs(*launches, rules=rules, bench=Bench(random=Random(seed)))
    else:
        sides = [CallSide(HERE, f"court_workloads:{kind}_{n}", (HERE,)) for n in (0, percent)]
        bench = Bench(run=listening(heard), random=Random(seed))
        verdicts = compare_calls(*sides, Pairing(interpreter), rules=rules, bench=bench)
    row = {
        "percent": percent,
        "kind": kind,
        "design": verdicts[0].design,
        "load": round(load, 2),
        "seed": seed,
        "verdicts": {one.metric: shortened(one) for one in verdicts},
    }
    if heard:
        row["naive"] = judge_naively(heard)
    return row


def listening(heard: list[dict[str, list[float]]]) -> Any:
    """`run`, noting the samples that every process wrote."""

    def run_and_listen(launch: Launch) -> RunOutcome:
        outcome = run(launch)
        heard.append(json.loads(Path(launch.workload.argv[-1]).read_bytes())["samples"])
        return outcome

    return run_and_listen


def shortened(verdict: Verdict) -> dict[str, Any]:
    """What the table needs of a verdict."""
    return {
        "outcome": verdict.outcome,
        "effect": rounded(verdict.effect),
        "low": rounded(verdict.low),
        "high": rounded(verdict.high),
        "processes": verdict.processes,
        "control": rounded(verdict.control),
        "elapsed_s": round(verdict.elapsed_s, 2),
    }


def rounded(value: float | None) -> float | None:
    """Six digits are more than anybody needs."""
    return None if value is None else round(value, 6)


@contextmanager
def burners(count: int) -> Iterator[None]:
    """Busy processes that end with this one."""
    code = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: sum(range(10000))"
    started = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(count)]
    try:
        yield
    finally:
        for process in started:
            process.terminate()
            process.wait()


def read(results: Path) -> list[dict[str, Any]]:
    """All whole lines; the last may be torn by a stop."""
    rows = []
    for line in results.read_text().splitlines() if results.is_file() else ():
        try:
            rows.append(json.loads(line))
        except ValueError:
            continue
    return rows


def summarize(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures, by condition and for all runs."""
    conditions = sorted({row["condition"] for row in rows})
    groups = {"all": rows} | {
        name: [row for row in rows if row["condition"] == name] for name in conditions
    }
    return {
        "version": 1,
        "alpha": 0.01,
        "conditions": {
            name: {
                "runs": len(group),
                "load_median": median(row["load"] for row in group),
                "identical": {
                    design: identical([row for row in group if row["design"] in designs])
                    for design, designs in DESIGNS.items()
                },
                "power": {
                    f"{percent} %, {design}": power(
                        [
                            row
                            for row in group
                            if row["percent"] == percent and row["design"] in designs
                        ]
                    )
                    for percent in TARGETS
                    for design, designs in DESIGNS.items()
                },
                "coverage": coverage(group),
                "naive": naive(group),
            }
            for name, group in groups.items()
            if group
        },
    }


DESIGNS = {
    "both designs": ("in-process pairs", "interpreter pairs"),
    "in-process pairs": ("in-process pairs",),
    "interpreter pairs": ("interpreter pairs",),
}


def identical(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """False verdicts on identical code: "faster" or "slower" by CPU time."""
    found = [row["verdicts"]["cpu_time"] for row in rows if row["percent"] == 0]
    if not found:
        return None
    outcomes = Counter(one["outcome"] for one in found)
    false = outcomes["faster"] + outcomes["slower"]
    return {
        "runs": len(found),
        "false": false,
        "rate": false / len(found),
        "upper_95": proportion_bounds(false, len(found), 0.95)[1],
        "outcomes": dict(outcomes),
        "seconds": seconds(found),
    }


def power(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """How often more work was found slower within the target's seconds."""
    found = [row["verdicts"]["cpu_time"] for row in rows]
    if not found:
        return None
    limit_s = TARGETS[rows[0]["percent"]][1]
    hits = sum(one["outcome"] == "slower" and one["elapsed_s"] <= limit_s for one in found)
    return {
        "runs": len(found),
        "within_s": limit_s,
        "power": hits / len(found),
        "lower_95": proportion_bounds(hits, len(found), 0.95)[0],
        "wrong": sum(one["outcome"] == "faster" for one in found),
        "seconds": seconds(found),
    }


def coverage(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """How often the 99 % interval held the true ratio, which is known by construction."""
    inside = trials = 0
    for row in rows:
        one = row["verdicts"]["cpu_time"]
        # As a program, start-up adds the same time to both: the ratio is not known exactly.
        if one["low"] is None or (row["percent"] and row["design"] == "interpreter pairs"):
            continue
        trials += 1
        inside += one["low"] <= 1 + row["percent"] / CHUNKS <= one["high"]
    return {"intervals": trials, "covered": inside / trials if trials else None}


def naive(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """False alarms of other procedures on the same samples of identical code."""
    found = [row["naive"] for row in rows if row["percent"] == 0 and "naive" in row]
    return {
        name: {"runs": len(found), "false_rate": fmean(one[name] for one in found)}
        for name in (SCHEMES if found else ())
    }


def seconds(found: list[dict[str, Any]]) -> dict[str, float]:
    """Median and ninth decile of the seconds to the verdict."""
    ordered = sorted(one["elapsed_s"] for one in found)
    return {"median": median(ordered), "p90": ordered[int(0.9 * (len(ordered) - 1))]}


def table(document: dict[str, Any]) -> str:
    """The figures as Markdown."""
    lines = ["# The court on identical and on slower code", "", _EXPLANATION, ""]
    for name, one in document["conditions"].items():
        lines += [f"## Condition: {name} ({one['runs']} runs, median load {one['load_median']})"]
        lines += [
            "",
            "| identical code | runs | false | rate | upper 95 % bound | s median / p90 |",
        ]
        lines += ["| --- | --- | --- | --- | --- | --- |"]
        for design, row in one["identical"].items():
            if row:
                took = f"{row['seconds']['median']:.1f} / {row['seconds']['p90']:.1f}"
                counts = f"{row['runs']} | {row['false']} | {row['rate']:.4f}"
                lines += [f"| {design} | {counts} | {row['upper_95']:.4f} | {took} |"]
        for scheme, row in one["naive"].items():
            lines += [f"| {scheme} | {row['runs']} | | {row['false_rate']:.3f} | | |"]
        lines += ["", "| injected work | runs | found in time | within | s median / p90 |"]
        lines += ["| --- | --- | --- | --- | --- |"]
        for percent, row in one["power"].items():
            if row:
                took = f"{row['seconds']['median']:.1f} / {row['seconds']['p90']:.1f}"
                found = f"{row['runs']} | {row['power']:.2f} | {row['within_s']:.0f} s"
                lines += [f"| {percent} | {found} | {took} |"]
        cover = one["coverage"]
        if cover["intervals"]:
            share = f"{100 * cover['covered']:.1f} % of {cover['intervals']} runs"
            lines += ["", f"The 99 % interval held the true ratio in {share}.", ""]
    return "\n".join(lines)


_EXPLANATION = (
    "Written by `python benchmarks/court.py --table` from `court.jsonl`. A false verdict is "
    '"faster" or "slower" about identical code, by CPU time at alpha 0.01. Rows below the court '
    "are other procedures on the same samples: pooled, or in blocks (A from one process, B from "
    "another) as the usual tools run them."
)


if __name__ == "__main__":
    main()
