"""A pool before a database, in virtual time: the same gate and laws, no clock and no luck.

What a law does to a load can be seen in seconds, the same on every machine: the generator is
seeded and time only passes between events. The database is a processor-sharing queue: `cores`
queries run at full speed, more share them, and each one beyond the cores costs `crowding` of its
throughput (locks, caches, context switches). The defaults were set so that fixed pools collapse
where PostgreSQL does: 20 connections do 76 % of the work of 4, and 50 do 52 %.
"""

from __future__ import annotations

import heapq
from math import ceil, inf
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from whet_runtime.errors import MisuseError
from whet_runtime.pool._gate import Gate, Ticket
from whet_runtime.pool._laws import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from whet_runtime.pool._laws import Law


class Phase(NamedTuple):
    """A stretch of steady arrivals.

    Args:
        seconds: How long it lasts.
        per_s: Callers a second, at random moments (a Poisson process).
    """

    seconds: float
    per_s: float


class Work(NamedTuple):
    """What a caller does with a connection; both times are means of exponential ones.

    Args:
        wait_s: Holding it without work for the database: network, the caller's own code.
        cpu_s: Processor time in the database.
    """

    wait_s: float
    cpu_s: float


class Database(NamedTuple):
    """The machine behind the pool.

    Args:
        cores: Queries at full speed.
        crowding: What each further query costs, as a share.
    """

    cores: int = 4
    crowding: float = 0.02

    def speed(self, active: int) -> float:
        """Processor seconds that one of some active queries gets in a second."""
        if active <= self.cores:
            return 1.0
        return self.cores / active / (1 + self.crowding * (active - self.cores))


class PhaseResult(NamedTuple):
    """What the callers of one phase saw.

    Args:
        served: Callers who got a connection and were done.
        timeouts: Callers who gave up waiting.
        p50_s: Median time from asking to giving back, with those who gave up; None: nobody came.
        p99_s: The same that 99 of 100 stay below.
        limit: Connections that could be lent at the end.
    """

    served: int
    timeouts: int
    p50_s: float | None
    p99_s: float | None
    limit: int


class _Caller:
    __slots__ = ("asked_s", "cpu_s", "entered_s", "phase", "ticket", "wait_s")

    def __init__(self, asked_s: float, phase: int, wait_s: float, cpu_s: float) -> None:
        self.asked_s = asked_s
        self.phase = phase
        self.wait_s = wait_s
        self.cpu_s = cpu_s
        self.entered_s = 0.0
        self.ticket: Ticket | None = None


class _VirtualClock:
    """A clock that the simulation moves."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def monotonic(self) -> float:
        return self.now_s

    def time(self) -> float:
        return self.now_s


_ARRIVE, _WAITED, _GIVE_UP, _DONE = range(4)


class _Simulation:
    """Events of one run. Work in the database is counted in shared virtual seconds."""

    def __init__(self, law: Law, database: Database, timeout_s: float, phases: int) -> None:
        self.law = law
        self.database = database
        self.timeout_s = timeout_s
        self.clock = _VirtualClock()
        self.gate = Gate(law.limit, self.clock, "simulated pool")
        self.events: list[tuple[float, int, int, _Caller]] = []
        self.running: list[tuple[float, int, _Caller]] = []  # by the shared work at which they end
        self.worked_s = 0.0  # processor seconds that each active query has had
        self.count = 0
        self.spent: list[list[float]] = [[] for _ in range(phases)]
        self.timeouts = [0] * phases

    def plan(self, at_s: float, kind: int, caller: _Caller) -> None:
        self.count += 1
        heapq.heappush(self.events, (at_s, kind, self.count, caller))

    def run(self, until_s: float) -> None:
        """Lets time pass. The next event is a planned one or the end of a query."""
        while True:
            ends_s = self._next_end_s()
            next_s = self.events[0][0] if self.events else ends_s
            if min(next_s, ends_s) >= until_s:
                return
            if ends_s <= next_s:
                self._pass(ends_s)
                self._give_back(heapq.heappop(self.running)[2])
            else:
                at_s, kind, _, caller = heapq.heappop(self.events)
                self._pass(at_s)
                self._happen(kind, caller)

    def _next_end_s(self) -> float:
        if not self.running:
            return inf
        left_s = self.running[0][0] - self.worked_s
        return self.clock.now_s + max(left_s, 0.0) / self.database.speed(len(self.running))

    def _pass(self, to_s: float) -> None:
        if self.running:
            passed_s = to_s - self.clock.now_s
            self.worked_s += passed_s * self.database.speed(len(self.running))
        self.clock.now_s = to_s

    def _happen(self, kind: int, caller: _Caller) -> None:
        if kind == _ARRIVE:
            self._arrive(caller)
        elif kind == _WAITED:
            self.count += 1
            heapq.heappush(self.running, (self.worked_s + caller.cpu_s, self.count, caller))
        elif caller.ticket is not None and not caller.ticket.granted:
            self.gate.withdraw(caller.ticket, self.timeout_s)
            self.timeouts[caller.phase] += 1
            self.spent[caller.phase].append(self.timeout_s)

    def _arrive(self, caller: _Caller) -> None:
        if self.gate.try_enter():
            self._enter(caller)
            return
        caller.ticket = self.gate.enqueue()
        self.gate.attach(caller.ticket, lambda: self._enter(caller))
        self.plan(self.clock.now_s + self.timeout_s, _GIVE_UP, caller)

    def _enter(self, caller: _Caller) -> None:
        caller.entered_s = self.clock.now_s
        self.plan(self.clock.now_s + caller.wait_s, _WAITED, caller)

    def _give_back(self, caller: _Caller) -> None:
        now_s = self.clock.now_s
        self.spent[caller.phase].append(now_s - caller.asked_s)
        held_s = now_s - caller.entered_s
        self.law.observe(Sample(now_s, held_s, self.gate.in_use, self.gate.waiting))
        if self.law.limit != self.gate.limit:
            self.gate.resize(self.law.limit)
        self.gate.leave()


def simulate(
    law: Law,
    work: Work,
    phases: Sequence[Phase],
    *,
    database: Database | None = None,
    timeout_s: float = 5.0,
    seed: int = 0,
) -> list[PhaseResult]:
    """What the callers of each phase see when a law bounds the pool before a database.

    Args:
        law: The law under trial; it is used up.
        work: What each caller does.
        phases: The load, in order.
        database: The machine; four cores unless given.
        timeout_s: Longest wait of a caller.
        seed: Another number gives another run of the same load.

    Raises:
        MisuseError: There is no phase, or one without length.
    """
    if not phases or any(phase.seconds <= 0 for phase in phases):
        raise MisuseError("phases", "a load needs at least one phase longer than 0 s", "Give one")
    random = Random(seed)  # noqa: S311  (a simulation, no secret)
    run = _Simulation(law, database or Database(), timeout_s, len(phases))
    begins_s = 0.0
    limits = []
    for index, phase in enumerate(phases):
        ends_s = begins_s + phase.seconds
        for at_s in _arrivals(random, begins_s, ends_s, phase.per_s):
            cpu_s = random.expovariate(1 / work.cpu_s)
            wait_s = random.expovariate(1 / work.wait_s) if work.wait_s else 0.0
            run.plan(at_s, _ARRIVE, _Caller(at_s, index, wait_s, cpu_s))
        run.run(ends_s)
        limits.append(law.limit)
        begins_s = ends_s
    run.run(inf)
    return [_result(run, index, limits[index]) for index in range(len(phases))]


def _arrivals(random: Random, at_s: float, until_s: float, per_s: float) -> Iterator[float]:
    while per_s and (at_s := at_s + random.expovariate(per_s)) < until_s:
        yield at_s


def _result(run: _Simulation, index: int, limit: int) -> PhaseResult:
    spent = sorted(run.spent[index])
    timeouts = run.timeouts[index]
    return PhaseResult(
        len(spent) - timeouts, timeouts, _quantile(spent, 0.5), _quantile(spent, 0.99), limit
    )


def _quantile(ordered: list[float], share: float) -> float | None:
    return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else None
