"""Claimed figures, such as "67% fewer reads", and their answers.

A percentage *less*, *fewer* or *lower* is taken off the baseline: 67 % fewer reads is 0.33 of
them. A percentage *faster* is added to the speed, as the word says: 25 % faster is 1 / 1.25 of the
time; "25% less time" is 0.75 of it. "2x faster" and "half the time" style factors divide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from whet.errors import UsageError
from whet.records import Claim

if TYPE_CHECKING:
    from whet.records import Metric, Verdict

_FIGURE = re.compile(
    r"^\s*(?:at\s+least\s+)?(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>%|percent|x|\u00d7|times)\s*"
    r"(?P<direction>faster|slower|fewer|less|lower|smaller|more|higher|larger|as\s+fast)\b"
    r"\s*(?P<thing>.*?)\s*\.?\s*$",
    re.IGNORECASE,
)
_THINGS: tuple[tuple[str, Metric], ...] = (
    (r"memory|peak|rss|ram", "peak_memory"),
    (r"reads?|writes?|i/?o|operations|calls|syscalls", "io_operations"),
    (r"cpu", "cpu_time"),
    (r"wall|elapsed|latency", "wall_time"),
)
_WAY_OUT = (
    "Write it like '67% fewer reads', '30% less memory', '25% less time', '20% faster' or "
    "'2x faster'"
)


@dataclass(frozen=True)
class ClaimedFigure:
    """What a claim says.

    Attributes:
        text: As it was written.
        metric: What it is about; None is the time that is judged (CPU or wall).
        effect: Claimed candidate / baseline; below 1 is an improvement.
    """

    text: str
    metric: Metric | None
    effect: float


def parse_claim(text: str) -> ClaimedFigure:
    """Read a claim.

    Raises:
        UsageError: It is in no form that is understood, or it is impossible.
    """
    match = _FIGURE.match(text)
    if match is None:
        raise UsageError(f"claim {text!r}", "not understood", _WAY_OUT)
    number = float(match["number"])
    direction = " ".join(match["direction"].lower().split())
    percent = match["unit"].lower() in {"%", "percent"}
    effect = _effect(number, direction, percent=percent)
    if effect is None:
        raise UsageError(f"claim {text!r}", "no such difference can exist", _WAY_OUT)
    return ClaimedFigure(text=text, metric=_metric(text, match["thing"], direction), effect=effect)


def _effect(number: float, direction: str, *, percent: bool) -> float | None:
    """Claimed candidate / baseline; None for what cannot be."""
    share = number / 100
    if not percent:
        if number <= 0:
            return None
        improves = direction in {"faster", "as fast", "fewer", "less", "lower", "smaller"}
        return 1 / number if improves else number
    if direction == "as fast":
        return 1 / share if share > 0 else None
    if direction == "faster":
        return 1 / (1 + share)
    if direction in {"slower", "more", "higher", "larger"}:
        return 1 + share
    return 1 - share if share < 1 else None


def _metric(text: str, thing: str, direction: str) -> Metric | None:
    for pattern, metric in _THINGS:
        if re.search(rf"\b(?:{pattern})\b", thing, re.IGNORECASE):
            return metric
    if direction in {"faster", "slower", "as fast"} or not thing or re.search(r"\btime\b", thing):
        return None
    raise UsageError(f"claim {text!r}", f"{thing!r} is nothing that whet measures", _WAY_OUT)


def answer_claim(figure: ClaimedFigure, verdict: Verdict) -> Claim:
    """Answer a claim by a verdict's interval.

    Confirmed: the whole interval is at least as good as claimed, up to the margin. Refuted: all of
    it is less than claimed beyond the margin, or the results differ. Else undecided. (A claimed
    worsening is confirmed when it is at least as bad.)
    """
    answer: Literal["confirmed", "refuted", "undecided"] = "undecided"
    worse = figure.effect > 1
    if verdict.outcome == "refuted":
        answer = "refuted"
    elif verdict.outcome != "void" and verdict.low is not None and verdict.high is not None:
        edge = figure.effect * (1 - verdict.margin if worse else 1 + verdict.margin)
        near, far = (verdict.low, verdict.high) if worse else (verdict.high, verdict.low)
        if (near >= edge) if worse else (near <= edge):
            answer = "confirmed"
        elif (far < edge) if worse else (far > edge):
            answer = "refuted"
    return Claim(text=figure.text, metric=verdict.metric, effect=figure.effect, answer=answer)
