"""The judge: samples in, verdict out."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.proof.judge import Question, Unit, hopeless, judge, merge_units, unit_of_runs
from whet.stats import Schedule

CPU = Question("cpu_time", "cpu", "interpreter pairs")
MEMORY = Question("peak_memory", "ru_maxrss", "interpreter pairs")
IO = Question("io_operations", "io calls", "interpreter pairs")


def units(mean, count=8, spread=0.002, control=0.0, seed=1):
    rng = random.Random(seed)
    return [
        Unit(
            difference=mean + rng.gauss(0, spread),
            control=control + rng.gauss(0, spread),
            baseline=1.0,
            candidate=math.exp(mean),
        )
        for _ in range(count)
    ]


def exact(ratio, count=8):
    return [
        unit_of_runs((100, 100), (100 * ratio, 100 * ratio), flipped=False) for _ in range(count)
    ]


@pytest.mark.parametrize(
    ("question", "ratio", "outcome"),
    [
        (CPU, 0.8, "faster"),
        (CPU, 1.05, "slower"),
        (CPU, 1.0, "same"),
        (CPU, 1.004, "same"),
        (MEMORY, 0.9, "smaller"),
        (MEMORY, 1.1, "larger"),
        (IO, 1.0, "same"),
    ],
)
def test_the_outcome_follows_the_interval(question, ratio, outcome):
    verdict = judge(units(math.log(ratio)), question)
    assert verdict.outcome == outcome
    assert verdict.low < ratio < verdict.high
    assert verdict.effect == pytest.approx(ratio, rel=0.003)
    assert (verdict.processes, verdict.clock, verdict.reason) == (8, question.clock, "")


def test_a_wide_interval_is_undecided_and_never_called_the_same():
    verdict = judge(units(0.0, spread=0.1), CPU)
    assert verdict.outcome == "undecided"
    assert verdict.low < 1 < verdict.high
    assert verdict.reason


def test_four_units_decide_effects_above_10_percent_only():
    assert judge(units(math.log(0.7), 4), CPU).outcome == "faster"
    verdict = judge(units(math.log(0.95), 4, spread=0.0005), CPU)
    assert verdict.outcome == "undecided"
    assert "above 10 %" in verdict.reason
    assert judge(units(0, 4, spread=0.0001), CPU).outcome == "undecided"


def test_between_looks_nothing_is_decided_unless_no_more_units_come():
    found = units(math.log(0.7), 10)
    assert judge(found, CPU, final=False).outcome == "undecided"
    assert judge(found, CPU, final=True).outcome == "faster"


def test_no_units_and_too_few_units_are_undecided_with_a_reason():
    assert judge((), CPU).reason == "no unit was measured"
    verdict = judge(units(1, 3), CPU)
    assert (verdict.outcome, verdict.effect) == ("undecided", None)
    assert "too few" in verdict.reason


def test_a_control_that_finds_a_difference_makes_the_verdict_void():
    verdict = judge(units(math.log(0.8), control=0.05), CPU)
    assert verdict.outcome == "void"
    assert "not fit to judge" in verdict.reason
    assert verdict.control == pytest.approx(1.05, abs=0.01)


def test_a_control_that_fires_while_undecided_lets_the_trial_go_on():
    found = units(0.0, spread=0.05, seed=2)
    found = [Unit(difference=u.difference, control=0.2 + u.difference / 50) for u in found]
    assert judge(found, CPU, final=False).outcome == "undecided"
    assert judge(found, CPU, final=True).outcome == "void"


def test_differences_without_spread_never_decide_a_time():
    found = [Unit(difference=-0.5, control=0.0)] * 8
    verdict = judge(found, CPU)
    assert (verdict.outcome, verdict.low) == ("undecided", None)
    assert "too coarse" in verdict.reason
    assert judge(found[:4], CPU).outcome == "undecided"


def test_counts_that_agree_exactly_in_every_run_decide_after_four_units():
    verdict = judge(exact(0.5, 4), IO, final=False)
    assert (verdict.outcome, verdict.effect, verdict.low, verdict.high) == (
        "smaller", 0.5, 0.5, 0.5,
    )  # fmt: skip
    assert judge(exact(2, 4), MEMORY).outcome == "larger"
    assert judge(exact(1, 4), IO).outcome == "same"
    assert judge(exact(1.004, 4), IO).outcome == "same"
    assert judge(exact(0.5, 3), IO).outcome == "undecided"


def test_times_that_agree_exactly_are_not_counts():
    assert judge(exact(0.5), CPU).outcome == "undecided"


def test_one_run_that_disagrees_ends_the_exact_rule():
    found = [*exact(0.5, 3), unit_of_runs((100, 101), (50, 50), flipped=False)]
    verdict = judge(found, IO, final=False)
    assert (verdict.low, verdict.high) != (0.5, 0.5)


def test_a_figure_that_the_platform_does_not_tell_is_undecided():
    found = [unit_of_runs((1, 1), (1, None), flipped=False)] * 8
    verdict = judge(found, IO)
    assert (verdict.outcome, verdict.baseline) == ("undecided", None)
    assert "platform" in verdict.reason


def test_zero_against_something_has_no_ratio_but_zero_against_zero_is_the_same():
    assert "zero" in judge([unit_of_runs((0, 0), (3, 3), flipped=False)] * 8, IO).reason
    assert judge([unit_of_runs((0, 0), (0, 0), flipped=False)] * 8, IO).outcome == "same"


def test_a_unit_compares_the_means_of_logs_and_its_control_has_a_drawn_sign():
    unit = unit_of_runs((1.0, 4.0), (2.0, 2.0), flipped=False)
    assert unit.difference == pytest.approx(0)
    assert unit.control == pytest.approx(math.log(1 / 4))
    assert unit_of_runs((1.0, 4.0), (2.0, 2.0), flipped=True).control == -unit.control
    assert (unit.baseline, unit.candidate, unit.exact) == (2.5, 2.0, False)


def test_blocks_of_short_runs_make_one_unit():
    one, two = (unit_of_runs((1, 1), (b, b), flipped=False) for b in (2, 4))
    merged = merge_units([one, two])
    assert merged.difference == pytest.approx(math.log(8) / 2)
    assert (merged.pairs, merged.exact) == (2, False)
    assert merge_units([one, one]).exact
    assert merge_units([one]) is one
    missing = unit_of_runs((1, 1), (1, None), flipped=False)
    assert merge_units([one, missing]).difference is None


def test_the_anytime_judge_decides_without_planned_looks():
    question = Question("cpu_time", "cpu", "interpreter pairs", anytime=True)
    assert judge(units(-0.3, 17), question, final=False).outcome == "faster"
    assert judge(units(-0.3, 5), question).reason == "nothing is ruled out yet"
    assert judge(units(-0.3, 40, control=0.1), question).outcome == "void"
    assert judge(units(0.0, 40, spread=0.1), question).outcome == "undecided"


@given(
    st.lists(st.floats(-0.5, 0.5), min_size=8, max_size=8),
    st.lists(st.floats(-0.5, 0.5), min_size=8, max_size=8),
)
def test_swapping_the_versions_swaps_the_verdict(differences, controls):
    swapped = {"faster": "slower", "slower": "faster"}

    def outcome(sign):
        found = [
            Unit(difference=sign * d, control=c)
            for d, c in zip(differences, controls, strict=True)
        ]
        # A symmetric margin, since 1 - m and 1 + m are not mirror images as ratios.
        return judge(found, Question("cpu_time", "cpu", "interpreter pairs", margin=1e-9)).outcome

    assert outcome(-1) == swapped.get(outcome(1), outcome(1))


def test_identical_code_is_rarely_called_different():
    rng = random.Random(5)
    wrong = 0
    for _ in range(300):
        found = []
        for _ in range(24):
            found.append(Unit(difference=rng.gauss(0, 0.02), control=rng.gauss(0, 0.02)))
            verdict = judge(found, CPU, final=len(found) == 24)
            if verdict.outcome != "undecided":
                break
        wrong += verdict.outcome in {"faster", "slower"}
    assert wrong <= 9  # 3 expected; 10 or more would happen once in a thousand


def test_a_lower_confidence_gives_a_narrower_interval():
    found = units(0.01, spread=0.02)
    strict = judge(found, CPU)
    loose = judge(
        found, Question("cpu_time", "cpu", "interpreter pairs", Schedule(confidence=0.9))
    )
    assert strict.low < loose.low
    assert loose.confidence == 0.9


def test_differences_beyond_all_measure_still_give_figures():
    found = [Unit(difference=900.0 * sign, control=0.1) for sign in (1, -1, 1, -1) * 2]
    verdict = judge(found, CPU)
    assert verdict.outcome == "undecided"
    assert verdict.high == pytest.approx(math.exp(700))


def test_more_units_are_hopeless_where_the_projected_interval_would_hold_no_difference():
    assert hopeless(units(0.0, spread=0.03), CPU)
    assert not hopeless(units(0.05, spread=0.03), CPU)
    assert not hopeless(units(0.0, 4, spread=0.03), CPU)  # an early look gives nothing up
    assert not hopeless(units(0.0, 24, spread=0.03), CPU)  # it is over anyway
