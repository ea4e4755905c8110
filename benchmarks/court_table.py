"""The rows of the court's benchmark as figures, and the figures as Markdown."""

from __future__ import annotations

import math
from collections import Counter
from statistics import fmean, median, stdev
from typing import Any

from court_machine import state_of
from court_naive import SCHEMES
from court_trials import TARGETS
from court_workloads import CHUNKS

from whet.stats import proportion_bounds

Row = dict[str, Any]

METRICS = ("cpu_time", "wall_time", "peak_memory", "io_operations")
DIFFERENT = frozenset({"faster", "slower", "smaller", "larger"})
DESIGNS = {
    "both designs": ("in-process pairs", "interpreter pairs"),
    "in-process pairs": ("in-process pairs",),
    "interpreter pairs": ("interpreter pairs",),
}


def summarize(rows: list[Row]) -> dict[str, Any]:
    """The figures, for all trials and by what else the machine did."""
    held = [row for row in rows if "verdicts" in row]
    groups = {"all": held}
    for state in ("idle", "busy", "loaded"):
        groups[state] = [row for row in held if state_of(row) == state]
    return {
        "version": 2,
        "alpha": 0.01,
        "not_held": len(rows) - len(held),
        "machine": {name: _group(group) for name, group in groups.items() if group},
    }


def _group(rows: list[Row]) -> dict[str, Any]:
    identical = [row for row in rows if row["percent"] == 0]
    return {
        "trials": len(rows),
        "load_median": median(row["load"] for row in rows),
        "runnable_per_core_median": _median_runnable(rows),
        "identical": {
            name: _wrong(_of_design(identical, designs), "cpu_time")
            for name, designs in DESIGNS.items()
        },
        "by_metric": {metric: _wrong(identical, metric) for metric in METRICS},
        "bias": {name: _bias(_of_design(identical, designs)) for name, designs in DESIGNS.items()},
        "varying": {
            metric: _wrong([row for row in identical if row.get("varying")], metric)
            for metric in METRICS
        },
        "naive": {scheme: _naive(identical, scheme) for scheme in SCHEMES},
        "power": {
            f"{percent} %, {name}": _power(_of_design(rows, designs), percent)
            for percent in TARGETS
            for name, designs in DESIGNS.items()
        },
        "coverage": _coverage(rows),
    }


def _of_design(rows: list[Row], designs: tuple[str, ...]) -> list[Row]:
    return [row for row in rows if row["design"] in designs]


def _median_runnable(rows: list[Row]) -> float | None:
    known = [row["runnable"] / row["cores"] for row in rows if row["runnable"] is not None]
    return round(median(known), 2) if known else None


def _rate(hits: int, trials: int) -> dict[str, Any]:
    """A counted rate with its one-sided 95 % bounds."""
    low, high = proportion_bounds(hits, trials, 0.95)
    return {"trials": trials, "count": hits, "rate": hits / trials, "low": low, "high": high}


def _wrong(rows: list[Row], metric: str) -> dict[str, Any] | None:
    """False verdicts on identical code: it is said to differ."""
    found = [row["verdicts"][metric] for row in rows if metric in row["verdicts"]]
    if not found:
        return None
    outcomes = Counter(one["outcome"] for one in found)
    wrong = sum(outcomes[outcome] for outcome in DIFFERENT)
    figures = _rate(wrong, len(found)) | {"outcomes": dict(sorted(outcomes.items()))}
    return figures | {"seconds": _seconds(found)}


def _bias(rows: list[Row]) -> dict[str, Any] | None:
    """Mean effect on identical code, in percent of CPU time: 0 when no role is favored."""
    effects = [row["verdicts"]["cpu_time"]["effect"] for row in rows]
    logs = [100 * math.log(effect) for effect in effects if effect is not None]
    if len(logs) < 2:  # noqa: PLR2004 - a spread needs two
        return None
    error = stdev(logs) / math.sqrt(len(logs))
    return {"trials": len(logs), "mean_percent": fmean(logs), "standard_error": error}


def _naive(rows: list[Row], scheme: str) -> dict[str, Any] | None:
    """False alarms of another procedure on the same samples of identical code."""
    found = [row["naive"][scheme] for row in rows if scheme in row["naive"]]
    return _rate(sum(found), len(found)) if found else None


def _power(rows: list[Row], percent: int) -> dict[str, Any] | None:
    """How often more work was found slower within the target's seconds."""
    found = [row["verdicts"]["cpu_time"] for row in rows if row["percent"] == percent]
    if not found:
        return None
    target, limit_s = TARGETS[percent]
    hits = sum(one["outcome"] == "slower" and one["elapsed_s"] <= limit_s for one in found)
    return _rate(hits, len(found)) | {
        "target": target,
        "within_s": limit_s,
        "wrong": sum(one["outcome"] == "faster" for one in found),
        "void": sum(one["outcome"] == "void" for one in found),
        "seconds": _seconds(found),
    }


def _coverage(rows: list[Row]) -> dict[str, Any] | None:
    """How often the 99 % interval held the true ratio, which is known by construction."""
    inside = trials = 0
    for row in rows:
        one = row["verdicts"]["cpu_time"]
        # As a program, start-up adds the same time to both: the ratio is not known exactly.
        if one["low"] is None or (row["percent"] and row["design"] == "interpreter pairs"):
            continue
        trials += 1
        inside += one["low"] <= 1 + row["percent"] / CHUNKS <= one["high"]
    return _rate(inside, trials) if trials else None


def _seconds(found: list[Row]) -> dict[str, float]:
    """Median and ninth decile of the seconds to the verdict."""
    ordered = sorted(one["elapsed_s"] for one in found)
    return {"median": median(ordered), "p90": ordered[math.ceil(0.9 * len(ordered)) - 1]}


def table(document: dict[str, Any]) -> str:
    """The figures as Markdown."""
    lines = ["# The court on identical and on slower code", "", _EXPLANATION]
    if document["not_held"]:
        lines += ["", f"{document['not_held']} trials could not be held."]
    for name, one in document["machine"].items():
        runnable = one["runnable_per_core_median"]
        state = f"median load {one['load_median']}, runnable tasks a core {runnable}"
        lines += ["", f"## Machine: {name} ({one['trials']} trials, {state})"]
        lines += _identical_lines(one) + _power_lines(one)
        if one["coverage"]:
            rate = one["coverage"]
            held = f"{_percent(rate['rate'])} of {rate['trials']} trials"
            least = f"at least {_percent(rate['low'])} with 95 % confidence"
            lines += ["", f"The 99 % interval held the true ratio in {held} ({least})."]
    return "\n".join(lines) + "\n"


def _identical_lines(one: dict[str, Any]) -> list[str]:
    if not one["identical"]["both designs"]:
        return []
    lines = ["", "| identical code | trials | false | rate | upper 95 % | void | s median / p90 |"]
    lines += ["| --- | --- | --- | --- | --- | --- | --- |"]
    named = {f"**court**, CPU time, {name}": row for name, row in one["identical"].items()}
    named |= {f"court, {metric}": one["by_metric"][metric] for metric in METRICS[1:]}
    named |= {f"court, {metric}, varying runs": one["varying"][metric] for metric in METRICS}
    for name, row in named.items():
        if row:
            void = row["outcomes"].get("void", 0)
            lines += [f"| {name} | {_counted(row)} | {void} | {_took(row['seconds'])} |"]
    for name, row in one["naive"].items():
        if row:
            lines += [f"| {name} | {_counted(row)} | | |"]
    found = [(name, row) for name, row in one["bias"].items() if row]
    means = "; ".join(
        f"{name} {row['mean_percent']:+.3f} % ± {row['standard_error']:.3f}" for name, row in found
    )
    if means:
        lines += ["", f"Mean effect on identical code, with standard error: {means}."]
    return lines


def _power_lines(one: dict[str, Any]) -> list[str]:
    if not any(one["power"].values()):
        return []
    lines = [
        "",
        "| injected work | trials | found in time | lower 95 % | target | s median / p90 |",
    ]
    lines += ["| --- | --- | --- | --- | --- | --- |"]
    for name, row in one["power"].items():
        if row:
            target = f"{row['target']} in {row['within_s']:.0f} s"
            found = f"{row['trials']} | {row['rate']:.2f} | {row['low']:.2f} | {target}"
            lines += [f"| {name} | {found} | {_took(row['seconds'])} |"]
    return lines


def _counted(row: dict[str, Any]) -> str:
    return f"{row['trials']} | {row['count']} | {_percent(row['rate'])} | {_percent(row['high'])}"


def _percent(rate: float) -> str:
    return f"{100 * rate:.2f} %"


def _took(seconds: dict[str, float]) -> str:
    return f"{seconds['median']:.1f} / {seconds['p90']:.1f}"


_EXPLANATION = """\
Written by `python benchmarks/court.py --table` from `court.jsonl`, where every trial stands with
the load of the machine during it. A false verdict says that identical code differs, at alpha 0.01;
each metric is counted by itself, and the trial ends when CPU time is decided. Rows below the court
are other procedures on the same samples: pooled, or in blocks (A in one process, B in the next) as
the usual tools run them. Varying runs take memory and read files by dice. Idle: at most
1.25 runnable tasks a core, the court's own included; loaded: at least three a core; busy: between.
Bounds are one-sided (Clopper and Pearson)."""
