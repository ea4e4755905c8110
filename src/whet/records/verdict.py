"""What the court found."""

from __future__ import annotations

from typing import Literal

from whet.records._base import Record
from whet.records.environment import Environment
from whet.records.finding import Metric

Outcome = Literal["faster", "slower", "smaller", "larger", "same", "undecided", "refuted", "void"]
Design = Literal["in-process pairs", "interpreter pairs"]


class Claim(Record, frozen=True):
    """A figure somebody claimed and the answer."""

    text: str  # "67% fewer reads"
    metric: Metric
    effect: float  # claimed candidate / baseline
    answer: Literal["confirmed", "refuted", "undecided"]


class Verdict(Record, frozen=True):
    """One metric judged. `effect` is candidate / baseline: below 1 is faster or smaller."""

    metric: Metric
    outcome: Outcome
    effect: float | None
    low: float | None  # bounds of the interval at `confidence`
    high: float | None
    confidence: float  # 0-1
    margin: float  # relative difference that counts as none
    processes: int  # units of evidence
    pairs: int
    clock: str  # "cpu", "wall", "ru_maxrss", "io calls"
    design: Design
    elapsed_s: float
    baseline: float | None = None  # median, in seconds, bytes or calls
    candidate: float | None = None
    control: float | None = None  # effect of A against a second copy of A: 1 is perfect
    p_value: float | None = None  # least total error rate at which it would stand; for Holm
    reason: str = ""  # why void, refuted or undecided
    claim: Claim | None = None
    environment: Environment | None = None
    rerun: str = ""  # the command that repeats it


class FixVerdict(Record, frozen=True):
    """A fix before the court: one verdict a metric, the claimed one first."""

    fix_id: str
    remedy: str
    file: str
    line: int
    kept: bool
    reason: str
    verdicts: tuple[Verdict, ...] = ()
    patch: str = ""
    proposal: bool = False  # proven like a kept one; it is kept only with the user's consent
    attainable_gain: float | None = None  # at the most (0-1), upon the fixes kept before it
