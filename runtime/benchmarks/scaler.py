"""The autoscaler and the usual rules replayed on loads, minute by minute.

    python runtime/benchmarks/scaler.py --data DIR        # DIR holds worldcup98.csv.gz
    python runtime/benchmarks/scaler.py --seeds 1         # generated loads only, a first look

A worker is ready five minutes after it was ordered; the 99th percentile of each load needs twenty.
Minutes in which the load is above what is ready are short. The first three days are played but not
counted. "HPA" is the rule of Kubernetes' horizontal pod autoscaler with its defaults; its row "at
equal cost" is interpolated between the targets of whole percents whose costs lie around that of
whet. Every rule sees the load that is asked for, also when workers are saturated.
Writes results/scaler.json and results/scaler.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _scaler_replay import (
    DAY,
    TRAINING,
    Whet,
    bursty,
    daily,
    hpa,
    replay,
    scaled,
    settings,
    worldcup,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _scaler_replay import Outcome

RESULTS = Path(__file__).parent / "results"
TARGETS = [percent / 100 for percent in range(45, 96)]
WORLDCUP_DAYS = (35, 60)  # from two weeks before the first match on
GENERATED_DAYS = 21
HORIZON = 29  # minutes from a decision to the one that its forecast is about


def loads(folder: Path | None, seeds: int) -> Iterator[tuple[str, list[float]]]:
    """Names and loads."""
    if folder is not None:
        yield "WorldCup 98", worldcup(folder, WORLDCUP_DAYS)
    for seed in range(1, seeds + 1):
        yield f"daily, seed {seed}", daily(GENERATED_DAYS, seed)
    for seed in range(1, seeds + 1):
        yield f"bursty, seed {seed}", bursty(GENERATED_DAYS, seed)


def at_equal_cost(curve: list[Outcome], cost: float) -> float:
    """Short minutes of the HPA rule at a cost, between the two nearest targets."""
    ordered = sorted(curve, key=lambda outcome: outcome.cost)
    for low, high in pairwise(ordered):
        if low.cost <= cost <= high.cost:
            share = (cost - low.cost) / max(high.cost - low.cost, 1e-9)
            return low.short_minutes + share * (high.short_minutes - low.short_minutes)
    raise SystemExit(f"no HPA target costs {cost}")


class Foreseen(Whet):
    """The planner as a policy that remembers what it foresaw."""

    def __init__(self) -> None:
        super().__init__(settings())
        self.told: list[float | None] = []

    def __call__(self, minute: int, load: float, ready: int) -> int:
        """Workers that are wanted."""
        wanted = super().__call__(minute, load, ready)
        foresight = self.planner.foresight
        forecast = foresight.forecaster.forecast() if foresight is not None else None
        self.told.append(None if forecast is None else forecast.predicted_load)
        return wanted

    def accuracy(self, load: list[float]) -> float:
        """One minus the absolute error of the forecasts over the load that came."""
        missed = came = 0.0
        for minute in range(TRAINING, len(load) - HORIZON):
            told = self.told[minute]
            if told is not None:
                missed += abs(told - load[minute + HORIZON])
                came += load[minute + HORIZON]
        return 1.0 - missed / came


def row_of(name: str, rule: str, outcome: Outcome) -> dict[str, Any]:
    """A row of the results."""
    return {"load": name, "rule": rule, **outcome._asdict()}


def played(name: str, load: list[float]) -> list[dict[str, Any]]:
    """All rules on one load."""
    curve = {target: replay(load, hpa(target)) for target in TARGETS}
    whet = Foreseen()
    own = replay(load, whet)._replace(accuracy=whet.accuracy(load))
    equal = at_equal_cost(list(curve.values()), own.cost)
    rows = [row_of(name, f"HPA {target:.0%}", curve[target]) for target in (0.8, 0.7, 0.6)]
    step, floor = settings(forecast=None, rule="step"), settings(forecast=None)
    rows.append(row_of(name, "thresholds 80/30, one step", replay(load, Whet(step))))
    rows.append(row_of(name, "whet, floor alone", replay(load, Whet(floor))))
    ratio = own.short_minutes / equal if equal else None
    rows.append(
        row_of(name, "whet", own)
        | {
            "hpa_short_at_equal_cost": equal,
            "short_ratio": ratio,
            "cost_ratio_hpa80": own.cost / curve[0.8].cost,
        }
    )
    return rows


def table(found: dict[str, Any]) -> str:
    """The results as a page."""
    command = f"scaler.py --data DIR --seeds {found['seeds']}"
    lines = [
        "# Autoscaler",
        "",
        f"`python runtime/benchmarks/{command}`, {found['machine']}.",
        "",
        "Cost is worker minutes over those of perfect foresight; accuracy is that of forecasts 30",
        "minutes ahead.",
        "",
        "| load | rule | short minutes | load dropped | cost | changes a day | accuracy |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in found["rows"]:
        accuracy = "" if row["accuracy"] is None else f"{row['accuracy']:.1%}"
        lines.append(
            f"| {row['load']} | {row['rule']} | {row['short_minutes']} | {row['dropped']:.3%} | "
            f"{row['cost']:.3f} | {row['changes_a_day']:.0f} | {accuracy} |"
        )
    lines += [
        "",
        "whet beside the HPA rule at equal cost (targets: short ≤ 0.45 of it in the mean; cost",
        "≤ 1.05 of HPA 80 % where that is never short; accuracy > 85 %; ≤ 100 changes a day):",
        "",
        "| load | short, whet | short, HPA at equal cost | ratio | cost / HPA 80 % |",
        "| --- | --- | --- | --- | --- |",
    ]
    own = [row for row in found["rows"] if row["rule"] == "whet"]
    for row in own:
        ratio = "" if row["short_ratio"] is None else f"{row['short_ratio']:.2f}"
        lines.append(
            f"| {row['load']} | {row['short_minutes']} | {row['hpa_short_at_equal_cost']:.1f} | "
            f"{ratio} | {row['cost_ratio_hpa80']:.3f} |"
        )
    short = sum(row["short_minutes"] for row in own)
    equal = sum(row["hpa_short_at_equal_cost"] for row in own)
    lines.append(f"| all | {short} | {equal:.1f} | {short / equal:.2f} | |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Replay all loads and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--data", type=Path, help="folder of worldcup98.csv.gz; left out if absent"
    )
    parser.add_argument("--seeds", type=int, default=2, help="of each generated load")
    chosen = parser.parse_args()
    if chosen.data is None:
        print("without --data the WorldCup load is left out", file=sys.stderr)
    rows = []
    for name, load in loads(chosen.data, chosen.seeds):
        rows += played(name, scaled(load))
        print(f"{name}: {len(load) / DAY:.0f} days played", file=sys.stderr)
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores"
    found = {"seeds": chosen.seeds, "machine": machine, "rows": rows}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "scaler.json").write_text(json.dumps(found, indent=1) + "\n")
    (RESULTS / "scaler.md").write_text(table(found))
    print(table(found))


if __name__ == "__main__":
    main()
