"""The trial: units are measured one by one until the judge can decide, or the budget ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec

from whet.clock import SYSTEM_CLOCK, Clock
from whet.errors import UsageError
from whet.proof.judge import EXACT_UNITS, Question, Unit, hopeless, judge
from whet.records import Environment, Event, OnEvent, ignore_event
from whet.stats import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from random import Random

    from whet.records import Design, Metric, Outcome, Verdict

UNDECIDABLE: frozenset[Outcome] = frozenset({"undecided"})

CLOCKS: dict[Metric, str] = {
    "cpu_time": "cpu",
    "wall_time": "wall",
    "peak_memory": "ru_maxrss",
    "io_operations": "io calls",
}


@dataclass(frozen=True)
class Rules:
    """How a trial is held.

    Attributes:
        metrics: What is judged.
        claimed: The metrics that must be decided before the trial ends early; empty lets the
            trial choose CPU time, or wall time for work that waits.
        confidence: Of every interval, 0 to 1.
        margin: Relative difference that counts as none.
        budget_s: Seconds after which no further unit is started; None is no limit.
        anytime: Judge after every unit by the anytime-valid sequence, without a last look.
        compare_output: Standard output (results, for calls) must agree, else "refuted".
        give_up: End undecided as soon as more units are unlikely to find a difference.
        patience_s: Seconds that may be spent, after an early look has decided, on reaching the
            first full look: its interval is several times narrower.
        unit_s: Seconds that short whole runs are joined to make a unit of, or less when the
            budget has not room for all looks: longer units are more evidence a look, shorter
            ones a quicker trial.
    """

    metrics: tuple[Metric, ...] = ("cpu_time", "wall_time", "peak_memory", "io_operations")
    claimed: tuple[Metric, ...] = ()
    confidence: float = 0.99
    margin: float = 0.01
    budget_s: float | None = None
    anytime: bool = False
    compare_output: bool = True
    give_up: bool = False
    patience_s: float = 0.0
    unit_s: float = 1.0

    def __post_init__(self) -> None:
        """Refuse rules that make no sense."""
        if not 0.5 <= self.confidence < 1:  # noqa: PLR2004 - less is a coin, not a court
            reason = "must be at least 0.5 and below 1"
            raise UsageError(f"confidence {self.confidence}", reason, "Try 0.99")
        if not 0 < self.margin < 1:
            raise UsageError(f"margin {self.margin}", "must be between 0 and 1", "Try 0.01")
        if self.budget_s is not None and self.budget_s <= 0:
            raise UsageError(f"budget {self.budget_s}", "must be above 0 seconds", "Try 60")
        if self.anytime and self.budget_s is None:
            reason = "never ends on the same code without a budget"
            raise UsageError("an anytime trial", reason, "Give --budget SECONDS")

    def questions(self, design: Design) -> tuple[Question, ...]:
        """One question a metric, the claimed ones first."""
        claimed = list(self.claimed)
        others = [metric for metric in self.metrics if metric not in claimed]
        schedule = Schedule(confidence=self.confidence)
        return tuple(
            Question(metric, CLOCKS[metric], design, schedule, self.margin, self.anytime)
            for metric in claimed + others
        )


class Halted(Exception):
    """The trial ends without a judgment: the results differ, or the set-up is unfit."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(outcome, reason)
        self.outcome = outcome
        self.reason = reason


@dataclass(frozen=True)
class Trial:
    """One trial, as a value.

    Attributes:
        measure: Measures one unit, by its number from 0: a `Unit` a metric.
        rules: How it is held; `claimed` must be filled in.
        design: How units are measured.
        clock: Tells the time.
        on_event: Hears of progress.
        environment: The machine's condition, for the verdicts.
        rerun: The command that repeats the trial, for the verdicts.
    """

    measure: Callable[[int], Mapping[Metric, Unit]]
    rules: Rules
    design: Design
    clock: Clock = SYSTEM_CLOCK
    on_event: OnEvent = ignore_event
    environment: Environment | None = None
    rerun: str = ""

    def hold(self, started_s: float | None = None) -> tuple[Verdict, ...]:
        """Measure until decided; one verdict a metric, the claimed ones first.

        Args:
            started_s: When preparations began, on the clock; None is now.
        """
        start = self.clock.monotonic_s() if started_s is None else started_s
        first = self.clock.monotonic_s()
        questions = self.rules.questions(self.design)
        units: list[Mapping[Metric, Unit]] = []
        try:
            while self._time_for_another(len(units), start, first):
                units.append(self.measure(len(units)))
                self._tell(len(units), start, first)
                each_s = (self.clock.monotonic_s() - first) / len(units)
                if self._decided(units, questions, each_s) or self._hopeless(units, questions):
                    break
        except Halted as halted:
            return self.halted(halted, len(units), self.clock.monotonic_s() - start)
        elapsed_s = self.clock.monotonic_s() - start
        verdicts = (
            judge(_series(units, question.metric), question, elapsed_s=elapsed_s)
            for question in questions
        )
        gave_up = self._hopeless(units, questions)
        return tuple(
            self._stamped(self._explained(verdict, gave_up=gave_up)) for verdict in verdicts
        )

    def halted(self, halted: Halted, units: int, elapsed_s: float) -> tuple[Verdict, ...]:
        """The verdicts of a trial that ended without a judgment."""
        empty = (
            judge((), question, elapsed_s=elapsed_s)
            for question in self.rules.questions(self.design)
        )
        changes: dict[str, Any] = {
            "outcome": halted.outcome,
            "reason": halted.reason,
            "processes": units,
        }
        return tuple(self._stamped(msgspec.structs.replace(one, **changes)) for one in empty)

    def _time_for_another(self, units: int, start: float, first: float) -> bool:
        if not self.rules.anytime and units >= Schedule().units:
            return False
        if self.rules.budget_s is None:
            return True
        now = self.clock.monotonic_s()
        expected = (now - first) / units if units else 0.0
        return now - start + expected <= self.rules.budget_s

    def _decided(
        self, units: Sequence[Mapping[Metric, Unit]], questions: Sequence[Question], each_s: float
    ) -> bool:
        missing = questions[0].schedule.full_units - len(units)
        patient = missing > 0 and missing * each_s <= self.rules.patience_s
        if len(units) < EXACT_UNITS or (patient and not self.rules.anytime):
            return False
        claimed = [question for question in questions if question.metric in self.rules.claimed]
        return all(
            judge(_series(units, question.metric), question, final=False).outcome
            not in UNDECIDABLE
            for question in claimed
        )

    def _hopeless(
        self, units: Sequence[Mapping[Metric, Unit]], questions: Sequence[Question]
    ) -> bool:
        return self.rules.give_up and any(
            hopeless(_series(units, question.metric), question)
            for question in questions
            if question.metric in self.rules.claimed
        )

    def _tell(self, units: int, start: float, first: float) -> None:
        now = self.clock.monotonic_s()
        total = None if self.rules.anytime else Schedule().units
        remaining = None if total is None else (total - units) * (now - first) / units
        if self.rules.budget_s is not None:
            left = max(0.0, self.rules.budget_s - (now - start))
            remaining = left if remaining is None else min(left, remaining)
        message = "measuring" if total is None else f"measuring, at most {total} units"
        event = Event(
            kind="progress",
            stage="judge",
            message=message,
            count=units,
            total=total,
            elapsed_s=now - start,
            remaining_s=remaining,
        )
        self.on_event(event)

    def _explained(self, verdict: Verdict, *, gave_up: bool) -> Verdict:
        """A verdict that the budget, or giving up, kept from a decision says so."""
        budget_s = self.rules.budget_s
        if verdict.outcome != "undecided" or budget_s is None:
            return verdict
        if verdict.processes >= Schedule().units and not self.rules.anytime:
            return verdict
        ended = f"the budget of {budget_s:.3g} s ended first"
        if gave_up:
            ended = "more runs were unlikely to show a difference"
        reason = f"{verdict.reason}; {ended}"
        return msgspec.structs.replace(verdict, reason=reason)

    def _stamped(self, verdict: Verdict) -> Verdict:
        return msgspec.structs.replace(verdict, environment=self.environment, rerun=self.rerun)


def _series(units: Sequence[Mapping[Metric, Unit]], metric: Metric) -> list[Unit]:
    missing = Unit(difference=None, control=None)
    return [unit.get(metric, missing) for unit in units]


def with_claimed(rules: Rules, metric: Metric) -> Rules:
    """The rules with a claimed metric, unless they name one."""
    return rules if rules.claimed else replace(rules, claimed=(metric,))


class Coins:
    """Coins that fall evenly: of each two throws one is heads and one is tails, in random order.

    Single coins would fall alike eight times in a row once in 128 trials; a bias of order or of
    slot, several times the noise, would then look like a difference between the versions.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._kept: bool | None = None

    def throw(self) -> bool:
        """The next one."""
        if self._kept is not None:
            kept, self._kept = self._kept, None
            return kept
        value = self._random.random() < 0.5  # noqa: PLR2004 - a coin
        self._kept = not value
        return value
