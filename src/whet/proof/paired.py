"""Whole runs, paired: the court for changes that keep state, and for whole programs.

A unit is a block of fresh runs, A B B A2 or B A A2 B by an even coin, where A2 is a second copy
of A. The four share a fresh hash seed and 0 to 4 kB of padding in the environment; both are drawn
anew for every block, because they move the layout of memory and with it the time. The unit's
difference is mean log(B) - mean log(A, A2); its control is log A - log A2 with a sign by coin.
Such an order takes out a linear drift of the machine, and even coins take out what the outer
places of a block cost.
"""

from __future__ import annotations

import math
import random
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from whet.clock import SYSTEM_CLOCK, Clock
from whet.proof._outputs import Check, failure
from whet.proof.judge import Unit, merge_units, unit_of_runs
from whet.proof.trial import Coins, Halted, Rules, Trial, with_claimed
from whet.records import Environment, Event, OnEvent, RunOutcome, ignore_event
from whet.stats import Schedule
from whet.store.scratch import scratch_folder
from whet.workloads import Launch, run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from whet.records import Metric, Verdict

SHORT_RUN_S = 0.05
"""Callables that take less are repeated inside a run."""

_PADDING_BYTES = 4096
_MOST_BLOCKS = 8
_MOST_REPETITIONS = 100_000
WAITING_SHARE = 0.25
"""Of wall time without run-queue wait; above it, and above 5 ms, wall time is judged."""

_MOMENT_S = 0.005
_RUNS = ("a", "a2", "b")

_FIGURES: dict[Metric, Callable[[RunOutcome], float | None]] = {
    "cpu_time": lambda outcome: outcome.cpu_s,
    "wall_time": lambda outcome: outcome.wall_s,
    "peak_memory": lambda outcome: outcome.peak_bytes,
    "io_operations": lambda outcome: outcome.io_operations,
}


@dataclass(frozen=True)
class Bench:
    """What measuring needs from outside; tests pass their own.

    Attributes:
        run: Runs a launch.
        random: Draws seeds, padding and coins.
        clock: Tells the time.
        environment: The machine's condition, for the verdicts.
        rerun: The command that repeats the trial, for the verdicts.
    """

    run: Callable[[Launch], RunOutcome] = run
    random: Random = random.Random()  # noqa: RUF009, S311 - shared on purpose; no secrets
    clock: Clock = SYSTEM_CLOCK
    environment: Environment | None = None
    rerun: str = ""


def compare_runs(
    side_a: Launch,
    side_b: Launch,
    side_a2: Launch | None = None,
    *,
    rules: Rules | None = None,
    on_event: OnEvent = ignore_event,
    bench: Bench | None = None,
) -> tuple[Verdict, ...]:
    """Judge two versions by whole runs in fresh interpreters.

    Args:
        side_a: The baseline.
        side_b: The candidate.
        side_a2: A second copy of the baseline in a sibling folder; None runs `side_a` again.
        rules: Metrics, confidence, margin, budget, and whether output must agree. Exit codes
            always must; what pytest prints holds times, so of it nothing else is compared.
        on_event: Hears of the plan and of progress.
        bench: How to run, draw and tell the time, and what the verdicts say of the place.

    Returns:
        One verdict a metric, the claimed ones first.
    """
    rules = rules or Rules()
    bench = bench or Bench()
    court = _Court(
        {"a": side_a, "a2": side_a2 or side_a, "b": side_b},
        Check(active=rules.compare_output and side_a.workload.kind != "pytest"),
        bench,
        rules,
    )
    started_s = bench.clock.monotonic_s()
    trial = Trial(
        measure=court.measure,
        rules=with_claimed(rules, "cpu_time"),
        design="interpreter pairs",
        clock=bench.clock,
        on_event=on_event,
        environment=bench.environment,
        rerun=bench.rerun,
    )
    try:
        with scratch_folder("court") as scratch:
            court.scratch = Path(scratch)
            pilot = court.pilot()
            if not rules.claimed and gate(pilot["a"], pilot["b"]) == "wall_time":
                pilot = court.pilot()  # the first runs of a program also wait for a cold disk
            trial = replace(trial, rules=with_claimed(rules, gate(pilot["a"], pilot["b"])))
            on_event(_plan(court, pilot))
            return trial.hold(started_s)
    except Halted as halted:
        return trial.halted(halted, 0, bench.clock.monotonic_s() - started_s)


def gate(*outcomes: RunOutcome) -> Metric:
    """The time that decides: CPU time, unless one of the runs spends its time waiting.

    Waiting is wall time without CPU and run-queue wait (a loaded host would else look I/O-bound).
    Where the platform does not tell the run-queue wait, CPU time must be half of wall time.
    """
    for outcome in outcomes:
        if outcome.waiting_s is None:
            waits = outcome.cpu_s < outcome.wall_s / 2
        else:
            own_s = outcome.cpu_s + outcome.waiting_s
            waits = outcome.waiting_s > max(_MOMENT_S, WAITING_SHARE * own_s)
        if waits:
            return "wall_time"
    return "cpu_time"


def _plan(court: _Court, pilot: Mapping[str, RunOutcome]) -> Event:
    run_s = sum(outcome.wall_s for outcome in pilot.values()) / len(pilot)
    block_s = 4 * run_s * court.blocks
    runs = 4 * court.blocks
    return Event(
        kind="plan",
        stage="judge",
        message=(
            f"at least {4 * runs} and at most {24 * runs} runs of about {run_s:.2g} s "
            f"({4 * block_s:.0f} to {24 * block_s:.0f} s)"
        ),
        remaining_s=24 * block_s,
    )


class _Court:
    """Runs blocks and checks every run."""

    def __init__(
        self, launches: dict[str, Launch], check: Check, bench: Bench, rules: Rules
    ) -> None:
        self.launches = launches
        self.rules = rules
        self.check = check
        self.bench = bench
        self.blocks = 1
        self.scratch: Path | None = None
        self._orders = Coins(bench.random)

    def pilot(self) -> dict[str, RunOutcome]:
        """One run of each, not counted: it writes bytecode, and shows whether they agree.

        Raises:
            Halted: One fails, or the results differ.
        """
        outcomes = self._once()
        if outcomes["a"].wall_s < SHORT_RUN_S and self._repeat(outcomes["a"].wall_s):
            outcomes = self._once()
        self.blocks = self._blocks_for((outcomes["a"].wall_s + outcomes["b"].wall_s) / 2)
        return outcomes

    def measure(self, _number: int) -> dict[Metric, Unit]:
        """One unit.

        Raises:
            Halted: A run fails, or the results differ.
        """
        blocks = [self._block() for _ in range(self.blocks)]
        return {metric: merge_units([block[metric] for block in blocks]) for metric in _FIGURES}

    def _once(self) -> dict[str, RunOutcome]:
        changes = self._draw()
        outcomes = {name: self._run(name, changes) for name in _RUNS}
        self._verify(outcomes["a"], outcomes["a2"], outcomes["b"])
        return outcomes

    def _block(self) -> dict[Metric, Unit]:
        order = ["a", "b", "b", "a2"] if self._orders.throw() else ["b", "a", "a2", "b"]
        if self.bench.random.random() < 0.5:  # noqa: PLR2004 - a coin: which copy comes first
            order = ["a" if name == "a2" else "a2" if name == "a" else name for name in order]
        changes = self._draw()
        found: dict[str, list[RunOutcome]] = {name: [] for name in _RUNS}
        for name in order:
            found[name].append(self._run(name, changes))
        a, a2, (b, b2) = found["a"][0], found["a2"][0], found["b"]
        self._verify(a, a2, b)
        self._verify(a, a2, b2)
        flipped = self.bench.random.random() < 0.5  # noqa: PLR2004 - a coin
        return {
            metric: unit_of_runs((get(a), get(a2)), (get(b), get(b2)), flipped=flipped)
            for metric, get in _FIGURES.items()
        }

    def _verify(self, a: RunOutcome, a2: RunOutcome, b: RunOutcome) -> None:
        for outcome in (a, a2):
            if reason := failure(outcome):
                raise Halted("void", f"the baseline {reason}")
        if reason := failure(b):
            raise Halted("refuted", f"the candidate {reason}; the baseline does not")
        if reason := self.check.differ(a, a2):
            raise Halted(
                "void",
                f"two runs of the same code print different output ({reason}), so the versions "
                "cannot be compared; allow it with --any-output if it may vary",
            )
        if reason := self.check.differ(a, b):
            raise Halted("refuted", f"the candidate prints something else: {reason}")

    def _draw(self) -> dict[str, Any]:
        """What the runs of one block share: hash seed and padding of the environment."""
        padding = "x" * self.bench.random.randrange(_PADDING_BYTES)
        return {"hash_seed": self.bench.random.randrange(1, 2**32), "padding": padding}

    def _run(self, name: str, changes: dict[str, Any]) -> RunOutcome:
        launch = self.launches[name]
        changed = msgspec.structs.replace(
            launch,
            environment={**launch.environment, "WHET_PADDING": changes["padding"]},
            hash_seed=changes["hash_seed"],
            scratch=self.scratch if self.check.masks else None,
        )
        outcome = self.bench.run(changed)
        if self.check.masks:
            outcome = self.check.masked(outcome, launch.root)
            self._forget()
        return outcome

    def _forget(self) -> None:
        if self.scratch is not None:
            for folder in self.scratch.iterdir():
                shutil.rmtree(folder, ignore_errors=True)

    def _repeat(self, once_s: float) -> bool:
        """Let a small callable repeat itself within a run; says whether it can."""
        workload = self.launches["a"].workload
        if workload.kind != "callable" or workload.repetitions > 1:
            return False
        tried = 16
        self._set_repetitions(tried)
        each_s = (self._once()["a"].wall_s - once_s) / (tried - 1)
        needed = _MOST_REPETITIONS if each_s <= 0 else math.ceil(2 * SHORT_RUN_S / each_s)
        self._set_repetitions(max(1, min(needed, _MOST_REPETITIONS)))
        return True

    def _set_repetitions(self, repetitions: int) -> None:
        for name, launch in self.launches.items():
            workload = msgspec.structs.replace(launch.workload, repetitions=repetitions)
            self.launches[name] = msgspec.structs.replace(launch, workload=workload)

    def _blocks_for(self, wall_s: float) -> int:
        """Blocks of a unit; with a budget, few enough for all looks to take place."""
        unit_s = self.rules.unit_s
        if self.rules.budget_s is not None:
            unit_s = min(unit_s, self.rules.budget_s / (Schedule().units + 2))
        return max(1, min(_MOST_BLOCKS, math.floor(unit_s / (4 * max(wall_s, 0.001)))))
