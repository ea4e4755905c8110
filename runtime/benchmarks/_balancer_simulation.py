"""A deterministic simulation of tasks on unequal workers, run through the real dispatcher.

Ten workers of speed 4, 4, 2 (four) and 1 (four); lognormal task sizes; workers that fall to a
quarter of their speed for a while; arrivals at 65 % of all speed. Tasks are of four kinds; in the
affinity scenarios a worker has two of four capabilities, and a task takes 1.7 times as long where
its own is missing. "Declared" tells the balancer of the capabilities, "hidden" does not; speeds
are told in all.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from whet_runtime.balance._core import Dispatcher, Send
from whet_runtime.balance._ledger import Ledger
from whet_runtime.balance._state import Task, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from whet_runtime.balance._core import Effect
    from whet_runtime.balance._rules import Rule

SPEEDS = (4.0, 4.0, 2.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0)
KINDS = ("a", "b", "c", "d")
MEAN_WORK_S = 0.04  # seconds on a worker of speed 1
SIGMA = 1.0
UTILIZATION = 0.65
MISMATCH = 1.7
SLOWDOWN = 4.0
CALM_S, SLOW_S = 30.0, 3.0  # mean length of calm and of slow spells of a worker
SCENARIOS = ("declared", "hidden", "none")


class Arrival(NamedTuple):
    """A task to come."""

    at_s: float
    kind: str
    work_s: float


class World:
    """What happens, the same for every policy: arrivals, sizes and slow spells of one seed."""

    def __init__(self, seed: int, tasks: int, scenario: str) -> None:
        chance = random.Random(seed)
        self.scenario = scenario
        self.names = [f"w{number}" for number in range(len(SPEEDS))]
        self.has = {
            name: {KINDS[number % 4], KINDS[(number + 1 + number // 4) % 4]}
            for number, name in enumerate(self.names)
        }
        rate = UTILIZATION * sum(SPEEDS) / MEAN_WORK_S
        if scenario != "none":
            rate /= 1.15  # some work lands where it takes longer even at best
        location = -(SIGMA**2) / 2
        at_s, self.arrivals = 0.0, []
        for _ in range(tasks):
            at_s += chance.expovariate(rate)
            work = MEAN_WORK_S * chance.lognormvariate(location, SIGMA)
            self.arrivals.append(Arrival(at_s, chance.choice(KINDS), work))
        self.slow = {name: self._spells(chance, at_s * 2 + 60) for name in self.names}

    @staticmethod
    def _spells(chance: random.Random, end_s: float) -> deque[tuple[float, float]]:
        spells, at_s = deque(), 0.0
        while at_s < end_s:
            at_s += chance.expovariate(1 / CALM_S)
            length = chance.expovariate(1 / SLOW_S)
            spells.append((at_s, at_s + length))
            at_s += length
        return spells

    def steady_s(self, arrival: Arrival, number: int) -> float:
        """Seconds of a task on a worker outside of slow spells."""
        penalty = 1.0
        if self.scenario != "none" and arrival.kind not in self.has[self.names[number]]:
            penalty = MISMATCH
        return arrival.work_s * penalty / SPEEDS[number]

    def ends_s(self, arrival: Arrival, number: int, start_s: float) -> float:
        """When a task ends that starts on a worker, slow spells included."""
        left, at_s = self.steady_s(arrival, number), start_s
        for begin, end in self.slow[self.names[number]]:
            if end <= at_s:
                continue
            if at_s + left <= begin:
                break
            left -= max(begin - at_s, 0.0)
            at_s = max(at_s, begin)
            if left * SLOWDOWN <= end - at_s:
                return at_s + left * SLOWDOWN
            left -= (end - at_s) / SLOWDOWN
            at_s = end
        return at_s + left


class Policy(Protocol):
    """Runs a world, gives the seconds from submission to end of each task."""

    def __call__(self, world: World) -> list[float]: ...


def by_dispatcher(make_rule: Callable[[], Rule]) -> Policy:
    """The real dispatcher with a rule."""

    def run(world: World) -> list[float]:
        core = Dispatcher(make_rule(), Ledger(), random.Random(1))
        declared = world.scenario == "declared"
        for number, name in enumerate(world.names):
            has = frozenset(world.has[name]) if declared else frozenset()
            list(core.join(Worker(name, has, 1, SPEEDS[number]), 0.0))
        return _drive(core, world, declared=declared)

    return run


def _drive(core: Dispatcher, world: World, *, declared: bool) -> list[float]:
    ends: list[Any] = []
    latencies = []
    index = {name: number for number, name in enumerate(world.names)}
    order = 0

    def carry_out(effects: Iterable[Effect], now_s: float) -> None:
        nonlocal order
        for effect in effects:
            assert isinstance(effect, Send)
            task = effect.task
            order += 1
            done = world.ends_s(task.payload, index[effect.worker], now_s)
            heapq.heappush(ends, (done, order, task, now_s))

    def finish() -> None:
        now_s, _, task, started_s = heapq.heappop(ends)
        latencies.append(now_s - task.payload.at_s)
        carry_out(core.finished(task, now_s, now_s - started_s, failed=False), now_s)

    for arrival in world.arrivals:
        while ends and ends[0][0] <= arrival.at_s:
            finish()
        prefers = frozenset({arrival.kind}) if declared else frozenset()
        task = Task(arrival.kind, prefers=prefers, payload=arrival)
        carry_out(core.submit(task, arrival.at_s), arrival.at_s)
    while ends:
        finish()
    return latencies


def oracle(world: World) -> list[float]:
    """Least work left with the true size of every task and the true speeds, bound at submission.

    It knows affinity where that is declared, and no slow spells.
    """
    numbers = range(len(SPEEDS))
    knows = world.scenario == "declared"
    believed = [deque() for _ in numbers]  # (believed seconds, true end) of what is on a worker
    free_s = [0.0 for _ in numbers]
    latencies = []
    for arrival in world.arrivals:
        best, best_s, best_cost = 0, float("inf"), 0.0
        for number in numbers:
            queue = believed[number]
            while queue and queue[0][1] <= arrival.at_s:
                queue.popleft()
            cost = world.steady_s(arrival, number) if knows else arrival.work_s / SPEEDS[number]
            ends_s = _left_s(queue, arrival.at_s) + cost
            if ends_s < best_s:
                best, best_s, best_cost = number, ends_s, cost
        start_s = max(free_s[best], arrival.at_s)
        free_s[best] = world.ends_s(arrival, best, start_s)
        believed[best].append((best_cost, free_s[best], start_s))
        latencies.append(free_s[best] - arrival.at_s)
    return latencies


def clairvoyant(world: World) -> list[float]:
    """The earliest true end of every task, slow spells to come included, bound at submission."""
    free_s = [0.0 for _ in SPEEDS]
    latencies = []
    for arrival in world.arrivals:
        ends_s = [
            world.ends_s(arrival, number, max(at_s, arrival.at_s))
            for number, at_s in enumerate(free_s)
        ]
        best = ends_s.index(min(ends_s))
        free_s[best] = ends_s[best]
        latencies.append(ends_s[best] - arrival.at_s)
    return latencies


def _left_s(queue: deque[Any], now_s: float) -> float:
    if not queue:
        return 0.0
    cost, _, start_s = queue[0]
    return max(cost - (now_s - start_s), 0.0) + sum(entry[0] for entry in list(queue)[1:])


def percentile(values: list[float], share: float) -> float:
    """The value below which a share of the values lies."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]
