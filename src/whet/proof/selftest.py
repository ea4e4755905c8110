"""The court before the court: identical and slowed-down code on the user's own machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from whet.clock import SYSTEM_CLOCK, Clock
from whet.proof.paired import Bench
from whet.proof.pairs import CallSide, Pairing, compare_calls
from whet.proof.trial import Rules
from whet.records import Event, OnEvent, Record, ignore_event
from whet.stats import proportion_bounds
from whet.store.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from whet.records import Interpreter, Outcome, Verdict

SLOWDOWNS = (10, 5, 2)
"""Percent of more work that is really done."""

_IDENTICAL_SHARE = 3  # trials on identical code for every one of each slow-down
_SOURCE = """
WORDS = "the quick brown fox jumps over the lazy dog again".split() * 17

def chunk():
    counts = {}
    for word in WORDS:
        counts[word] = counts.get(word, 0) + len(word)
    return len(counts)

def work(chunks):
    for _ in range(chunks):
        result = chunk()
    return result

def plus_0(): return work(100)
def plus_2(): return work(102)
def plus_5(): return work(105)
def plus_10(): return work(110)
"""


class SelftestRow(Record, frozen=True):
    """All trials with one amount of injected work."""

    percent: int  # more work; 0 is identical code
    trials: int
    expected: int  # trials that found "slower"; for identical code: not faster and not slower
    wrong: int  # "faster", and for identical code also "slower"
    void: int
    rate: float | None  # of wrong verdicts for identical code, else power
    bound: float | None  # identical code: upper 95 % bound of the rate; else lower bound of power
    median_s: float | None  # seconds to the verdict


class Selftest(Record, frozen=True):
    """What the court achieved here and now."""

    confidence: float
    elapsed_s: float
    rows: tuple[SelftestRow, ...]
    version: int = 1
    kind: str = "selftest"


def hold_selftest(
    interpreter: Interpreter,
    *,
    budget_s: float = 60.0,
    confidence: float = 0.99,
    on_event: OnEvent = ignore_event,
    clock: Clock = SYSTEM_CLOCK,
    hold: Callable[[int, float, Bench], Verdict] | None = None,
) -> Selftest:
    """Hold trials on identical and on slowed-down code until the budget is spent.

    Args:
        interpreter: The Python whose timing is tested.
        budget_s: Seconds in all; every kind of trial takes place once at least.
        confidence: Of the court, 0 to 1.
        on_event: Hears of progress.
        clock: Tells the time.
        hold: Holds one trial with a percentage of more work; tests pass their own.
    """
    start = clock.monotonic_s()
    outcomes: dict[int, list[tuple[Outcome, float]]] = {0: []}
    outcomes |= {percent: [] for percent in SLOWDOWNS}
    with scratch_folder("selftest") as folder:
        Path(folder, "selftest_work.py").write_text(_SOURCE, encoding="utf-8")
        trial = hold or _trial(Path(folder), interpreter)
        while True:
            percent = min(outcomes, key=lambda one: _owed(one, len(outcomes[one])))
            elapsed_s = clock.monotonic_s() - start
            count = sum(map(len, outcomes.values()))
            if all(outcomes.values()) and elapsed_s + elapsed_s / count > budget_s:
                break
            verdict = trial(percent, confidence, Bench(clock=clock))
            outcomes[percent].append((verdict.outcome, verdict.elapsed_s))
            on_event(_progress(count + 1, clock.monotonic_s() - start, budget_s))
    rows = tuple(_row(percent, found) for percent, found in outcomes.items())
    return Selftest(confidence=confidence, elapsed_s=clock.monotonic_s() - start, rows=rows)


def _owed(percent: int, trials: int) -> float:
    return trials / (1 if percent else _IDENTICAL_SHARE)


def _trial(folder: Path, interpreter: Interpreter) -> Callable[[int, float, Bench], Verdict]:
    def hold(percent: int, confidence: float, bench: Bench) -> Verdict:
        side_a, side_b = (
            CallSide(folder, f"selftest_work:plus_{one}", (folder,)) for one in (0, percent)
        )
        rules = Rules(claimed=("cpu_time",), confidence=confidence)
        return compare_calls(side_a, side_b, Pairing(interpreter), rules=rules, bench=bench)[0]

    return hold


def _progress(count: int, elapsed_s: float, budget_s: float) -> Event:
    return Event(
        kind="progress",
        stage="selftest",
        message=f"{count} trials held",
        elapsed_s=elapsed_s,
        remaining_s=max(0.0, budget_s - elapsed_s),
    )


def _row(percent: int, found: list[tuple[Outcome, float]]) -> SelftestRow:
    outcomes = [outcome for outcome, _ in found]
    slower, faster = outcomes.count("slower"), outcomes.count("faster")
    trials = len(found)
    wrong = faster if percent else slower + faster
    low, high = proportion_bounds(slower if percent else wrong, trials, 0.95)
    return SelftestRow(
        percent=percent,
        trials=trials,
        expected=slower if percent else trials - wrong,
        wrong=wrong,
        void=outcomes.count("void"),
        rate=(slower if percent else wrong) / trials,
        bound=low if percent else high,
        median_s=sorted(seconds for _, seconds in found)[trials // 2],
    )
