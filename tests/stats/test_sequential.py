"""The group-sequential t and its neighbors."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.stats import (
    Look,
    Schedule,
    confidence_sequence,
    holm,
    mean_interval,
    proportion_bounds,
    two_sided_p,
)

DIFFERENCES = [0.021, 0.018, 0.025, 0.017, 0.022, 0.019, 0.024, 0.020]


def test_looks_take_place_at_4_8_16_and_24_units():
    schedule = Schedule()
    assert [n for n in range(40) if schedule.look_at(n)] == [4, 8, 16, 24]
    assert schedule.units == 24


def test_only_the_first_look_is_restricted_to_large_effects():
    schedule = Schedule()
    assert schedule.look_at(4).large_only
    assert not schedule.look_at(8).large_only


def test_looks_together_spend_alpha_up_to_the_slack_of_the_early_look():
    assert sum(look.share for look in Schedule().looks if not look.large_only) == pytest.approx(1)


def test_when_the_budget_ends_the_next_look_takes_place_at_once():
    schedule = Schedule()
    assert schedule.look_at(11, final=True) == Look(11, schedule.looks[2].share)
    assert schedule.look_at(6, final=True) == Look(6, schedule.looks[1].share, large_only=True)
    assert schedule.look_at(3, final=True) is None
    assert schedule.look_at(30, final=True) == Look(30, schedule.looks[3].share)
    assert schedule.look_at(30) is None


def test_a_schedule_without_an_early_look_counts_from_its_first():
    schedule = Schedule(looks=(Look(8, 0.5), Look(16, 0.5)))
    assert schedule.look_at(6, final=True).large_only
    assert not schedule.look_at(9, final=True).large_only


def test_the_interval_of_a_look_is_wider_than_that_of_the_whole_confidence():
    schedule = Schedule()
    at_look = schedule.interval(DIFFERENCES, schedule.look_at(8))
    plain = mean_interval(DIFFERENCES, 0.99)
    assert at_look.low < plain.low < plain.mean < plain.high < at_look.high
    assert plain.low == pytest.approx(0.0208 - 0.003466, abs=1e-4)


def test_other_confidences_scale_every_look():
    look = Schedule().look_at(8)
    strict = Schedule(confidence=0.999).interval(DIFFERENCES, look)
    assert strict.low < Schedule().interval(DIFFERENCES, look).low


def test_a_decided_look_has_a_p_value_below_alpha_and_an_undecided_one_above():
    schedule, look = Schedule(), Schedule().look_at(8)
    assert schedule.p_value(DIFFERENCES, look) < 0.01
    weak = [x - 0.0195 for x in DIFFERENCES]
    assert not schedule.interval(weak, look).excludes(0)
    assert schedule.p_value(weak, look) > 0.01


@given(st.lists(st.floats(-1, 1), min_size=8, max_size=8), st.floats(0.9, 0.9999))
def test_interval_and_p_value_never_contradict_each_other(values, confidence):
    schedule, look = Schedule(confidence=confidence), Schedule().look_at(8)
    interval = schedule.interval(values, look)
    p = schedule.p_value(values, look)
    if interval.spread > 1e-9 and abs(p - schedule.alpha) > 1e-9:
        assert interval.excludes(0) == (p < schedule.alpha)


def test_equal_differences_have_no_spread_and_no_p_value():
    assert mean_interval([0.1] * 8, 0.99).spread == 0
    assert two_sided_p([0.1] * 8) == 1


def test_an_interval_knows_what_it_holds():
    interval = mean_interval([-0.001, 0.001, 0.0005, -0.0005], 0.9)
    assert interval.inside(-0.01, 0.01)
    assert not interval.inside(0, 0.01)
    assert not interval.excludes(0)


def test_holm_rejects_step_by_step_until_the_first_that_stands():
    assert holm([0.001, 0.02, 0.004], 0.01) == (True, False, True)
    assert holm([0.006, 0.006], 0.01) == (False, False)
    assert holm([], 0.01) == ()


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_rejects_no_more_than_single_tests_and_no_fewer_than_bonferroni(p_values):
    for p, rejected in zip(p_values, holm(p_values, 0.05), strict=True):
        assert not rejected or p <= 0.05
        assert rejected or p > 0.05 / len(p_values)


def test_a_proportion_has_the_exact_bounds_of_clopper_and_pearson():
    assert proportion_bounds(14, 1000, 0.95)[1] == pytest.approx(0.0218, abs=1e-4)
    assert proportion_bounds(0, 1000, 0.95) == pytest.approx((0, 0.002991), abs=1e-5)
    assert proportion_bounds(10, 10, 0.95) == pytest.approx((0.7411, 1), abs=1e-4)


@pytest.mark.parametrize(("successes", "trials"), [(3, 2), (-1, 2), (0, 0)])
def test_impossible_counts_are_refused(successes, trials):
    with pytest.raises(ValueError, match="no proportion"):
        proportion_bounds(successes, trials, 0.95)


def test_the_anytime_sequence_closes_in_on_the_truth():
    rng = random.Random(3)
    values = [rng.gauss(0.05, 0.01) for _ in range(60)]
    early, late = confidence_sequence(values[:20], 0.99), confidence_sequence(values, 0.99)
    assert early.low < late.low < 0.05 < late.high < early.high
    assert late.excludes(0)


@pytest.mark.parametrize("values", [[], [0.1], [0.1] * 30, [0.1, 0.2, 0.1, 0.2, 0.1]])
def test_the_anytime_sequence_says_nothing_without_scale_or_evidence(values):
    assert confidence_sequence(values, 0.99) is None


def test_the_anytime_sequence_is_rarely_wrong_although_it_is_looked_at_after_every_unit():
    rng = random.Random(11)
    wrong = 0
    for _ in range(30):
        values = [rng.gauss(0, 0.01) for _ in range(40)]
        looks = [confidence_sequence(values[:n], 0.95) for n in range(12, 41, 4)]
        wrong += any(look is not None and look.excludes(0) for look in looks)
    assert wrong <= 3
