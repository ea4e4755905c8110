"""How often the court's looks reject "no difference" when there is none, by simulation.

    python benchmarks/court_schedule.py [--trials 20000]

Units are drawn from several null distributions, decent and nasty, and go through the very same
`judge` as measured units: looks at 4, 8, 16 and 24, the control, zero spread and all. Writes
results/court_schedule.md. Deterministic: the seed is fixed.
"""

from __future__ import annotations

import argparse
import math
import random
from pathlib import Path
from typing import TYPE_CHECKING

from whet.proof.judge import Question, Unit, judge
from whet.proof.trial import Coins
from whet.stats import proportion_bounds
from whet.stats.sequential import EARLY_UNITS

if TYPE_CHECKING:
    from collections.abc import Callable

    Draw = Callable[[], float]

RESULTS = Path(__file__).resolve().parent / "results" / "court_schedule.md"
QUESTION = Question("cpu_time", "cpu", "in-process pairs")
ANYTIME = Question("cpu_time", "cpu", "in-process pairs", anytime=True)
LAST = 24


def sources(rng: random.Random) -> dict[str, Callable[[], Draw]]:
    """Null distributions by name; each call makes the draw of a new trial."""

    def student(df: int) -> Draw:
        return lambda: 0.01 * rng.gauss(0, 1) / math.sqrt(rng.gammavariate(df / 2, 2) / df)

    def skewed() -> float:
        # The difference of two one-sided disturbances: symmetric, as the role coin makes it.
        return 0.01 * (rng.lognormvariate(0, 1) - rng.lognormvariate(0, 1))

    def even_slots() -> Draw:
        coins = Coins(rng)
        return lambda: (0.02 if coins.throw() else -0.02) + rng.gauss(0, 0.001)

    def single_coins() -> Draw:
        return lambda: rng.choice((-0.02, 0.02)) + rng.gauss(0, 0.001)

    return {
        "normal": lambda: lambda: rng.gauss(0, 0.01),
        "Student t, 3 degrees": lambda: student(3),
        "Student t, 1 degree (Cauchy)": lambda: student(1),
        "difference of log-normals": lambda: skewed,
        "coarse clock: -1, 0 or 1 step": lambda: lambda: 0.01 * rng.choice((-1, 0, 1)),
        "coarse clock: nearly always 0": lambda: (
            lambda: (
                0.01 * rng.choice((-1, 1)) if rng.random() < 0.1 else 0.0  # noqa: PLR2004 - one in ten
            )
        ),
        "always exactly 0.3 %": lambda: lambda: 0.003,
        "slot bias 20 sigma, even coins": even_slots,
        "slot bias 20 sigma, single coins (not used)": single_coins,
        "drifting noise (grows tenfold)": lambda: _growing(rng),
    }


def _growing(rng: random.Random) -> Draw:
    state = [0.002]

    def draw() -> float:
        state[0] *= 1.1
        return rng.gauss(0, state[0])

    return draw


def trial(draw: Draw, control: Draw, question: Question, last: int = LAST) -> tuple[str, bool]:
    """The outcome of one trial of so many units at most, and whether its interval was right."""
    units: list[Unit] = []
    while len(units) < last:
        units.append(Unit(difference=draw(), control=control()))
        verdict = judge(units, question, final=len(units) == last)
        if verdict.outcome != "undecided":
            break
    covered = verdict.low is None or verdict.high is None or verdict.low <= 1 <= verdict.high
    return verdict.outcome, covered


def main() -> None:
    """Simulate and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=20_000)
    trials = parser.parse_args().trials
    lines = [
        "# The court's looks on simulated identical code",
        "",
        f"`python benchmarks/court_schedule.py --trials {trials}`; alpha 0.01. The anytime-valid",
        "sequence was tried in a tenth of the trials.",
        "",
        "| identical code | false | upper 95 % bound | void | interval held 1 | anytime: false |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    rng = random.Random(1)
    rows = [_row(name, make, trials) for name, make in sources(rng).items()]
    rows += [
        _row(f"{name}, budget ends at 4 to 24 units", sources(rng)[name], trials, rng)
        for name in ("normal", "Student t, 3 degrees")
    ]
    for row in rows:
        print(row)
        lines.append(row)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text("\n".join(lines) + "\n")


def _row(
    name: str, make: Callable[[], Draw], trials: int, lots: random.Random | None = None
) -> str:
    wrong = void = covered = anytime = 0
    for _ in range(trials):
        last = LAST if lots is None else lots.randint(EARLY_UNITS, LAST)
        outcome, inside = trial(make(), make(), QUESTION, last)
        wrong += outcome in {"faster", "slower"}
        void += outcome == "void"
        covered += inside
    few = trials // 10
    for _ in range(few):
        anytime += trial(make(), make(), ANYTIME)[0] in {"faster", "slower"}
    upper = proportion_bounds(wrong, trials, 0.95)[1]
    return (
        f"| {name} | {wrong / trials:.4f} | {upper:.4f} | {void / trials:.4f} "
        f"| {covered / trials:.4f} | {anytime / few:.4f} |"
    )


if __name__ == "__main__":
    main()
