"""Loads minute by minute, and their replay on policies that order workers with a start-up time."""

from __future__ import annotations

import csv
import gzip
import math
import random
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from whet_runtime.scale._planner import Planner
from whet_runtime.scale._records import Sample
from whet_runtime.scale._settings import ScalerSettings, Threshold

if TYPE_CHECKING:
    from pathlib import Path

DAY = 24 * 60
STARTUP = 5  # minutes
PEAK_WORKERS = 20  # workers that the 99th percentile of a load needs
TRAINING = 3 * DAY  # minutes at the beginning that are played but not counted
BEGIN_S = 1_700_006_400  # any midnight
PLENTY = 200


class Outcome(NamedTuple):
    """What a policy did to a load."""

    short_minutes: int
    dropped: float
    cost: float
    changes_a_day: float
    accuracy: float | None = None


def worldcup(folder: Path, days: tuple[int, int]) -> list[float]:
    """Requests a minute of the World Cup 98 site, some of its days."""
    with gzip.open(folder / "worldcup98.csv.gz", "rt") as lines:
        counts = [float(row["count"]) for row in csv.DictReader(lines)]
    return counts[days[0] * DAY : days[1] * DAY]


def daily(days: int, seed: int) -> list[float]:
    """Smooth days with a morning and an evening peak, quiet weekends, drift and 4 % noise."""
    chance, loads, drift = random.Random(seed), [], 1.0
    for minute in range(days * DAY):
        day, hour = minute // DAY, minute % DAY / 60
        shape = (
            0.25
            + math.exp(-(((hour - 10.5) / 3) ** 2))
            + 0.8 * math.exp(-(((hour - 20) / 2) ** 2))
        )
        weekend = 0.6 if day % 7 in {5, 6} else 1.0
        drift *= math.exp(chance.gauss(0, 0.0004))
        loads.append(1000 * shape * weekend * drift * math.exp(chance.gauss(0, 0.04)))
    return loads


def bursty(days: int, seed: int) -> list[float]:
    """Days as above with steep bursts: three at their hours, every third day one at any time."""
    chance, base = random.Random(seed), daily(days, seed + 1000)
    extra = [0.0] * len(base)
    for day in range(days):
        for hour in (8.0, 13.0, 18.5):
            start = day * DAY + int(hour * 60 + chance.gauss(0, 2))
            _burst(extra, start, chance.uniform(0.9, 1.5), chance)
        if chance.random() < 1 / 3:
            _burst(extra, day * DAY + chance.randrange(DAY), chance.uniform(0.8, 2.0), chance)
    return [load * (1 + more) for load, more in zip(base, extra, strict=True)]


def _burst(extra: list[float], start: int, height: float, chance: random.Random) -> None:
    ramp, fade = chance.randint(3, 8), chance.uniform(10, 25)
    for offset in range(120):
        if 0 <= start + offset < len(extra):
            rise = min(offset / ramp, 1.0)
            extra[start + offset] += height * rise * math.exp(-max(offset - ramp, 0) / fade)


def scaled(loads: Sequence[float]) -> list[float]:
    """Loads in workers: their 99th percentile needs `PEAK_WORKERS`."""
    unit = sorted(loads)[int(len(loads) * 0.99)] / PEAK_WORKERS
    return [load / unit for load in loads]


Policy = Callable[[int, float, int], int]  # minute, load, ready workers -> wanted


def replay(loads: Sequence[float], policy: Policy) -> Outcome:
    """Play a load on a policy; workers are ready after `STARTUP` minutes and leave at once."""
    ready, ordered = max(math.ceil(loads[0]), 1), deque()
    total = ready
    short, dropped, cost, perfect, asked, changes = 0, 0.0, 0, 0, 0.0, 0
    for minute, load in enumerate(loads):
        while ordered and ordered[0][0] <= minute:
            ready += ordered.popleft()[1]
        counted = minute >= TRAINING
        if counted:
            short += load > ready
            dropped += max(load - ready, 0.0)
            asked += load
            cost += total
            perfect += max(math.ceil(load), 1)
        wanted = policy(minute, load, ready)
        changes += counted and wanted != total
        if wanted > total:
            ordered.append((minute + STARTUP, wanted - total))
        for _ in range(total - wanted):
            if ordered:
                due, count = ordered.pop()
                if count > 1:
                    ordered.append((due, count - 1))
            else:
                ready -= 1
        total = wanted
    days = (len(loads) - TRAINING) / DAY
    return Outcome(short, dropped / asked, cost / perfect, changes / days)


def hpa(target: float, window: int = 5, tolerance: float = 0.1) -> Policy:
    """Kubernetes' rule on the load that is asked for, with its defaults."""
    wishes: deque[tuple[int, int]] = deque()
    current = 0

    def policy(minute: int, load: float, ready: int) -> int:
        nonlocal current
        current = current or ready
        exact = load / target
        wish = current if abs(exact / current - 1) <= tolerance else max(math.ceil(exact), 1)
        wishes.append((minute, wish))
        while wishes[0][0] <= minute - window:
            wishes.popleft()
        current = wish if wish > current else min(max(w for _, w in wishes), current)
        return current

    return policy


def settings(**changes: Any) -> ScalerSettings:
    """The scaler's defaults, seeing the load as CPU percentage."""
    return ScalerSettings(most=PLENTY, thresholds=(Threshold("cpu", 80.0, 30.0),), **changes)


class Whet:
    """The planner as a policy."""

    def __init__(self, chosen: ScalerSettings) -> None:
        self.planner = Planner(chosen)

    def __call__(self, minute: int, load: float, ready: int) -> int:
        at_s = BEGIN_S + minute * 60.0
        cpu = 100.0 * load / max(ready, 1)
        return self.planner.decide(Sample(at_s, ready, {"cpu": cpu}, load)).wanted
