"""Laws settle where the database works best; what a pool does to a load can be simulated."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whet_runtime.errors import MisuseError
from whet_runtime.pool import FixedLaw, Sample, StepLaw, VegasLaw
from whet_runtime.pool.simulate import Database, Phase, Work, simulate

CPU_BOUND = Work(wait_s=0, cpu_s=0.010)
HELD = Work(wait_s=0.020, cpu_s=0.0025)
STEP_FOR_CPU = [Phase(20, 150), Phase(40, 370)]
STEP_FOR_HELD = [Phase(20, 150), Phase(60, 700)]


def last(law, work, phases, **options):
    return simulate(law, work, phases, **options)[-1]


@cache
def vegas_on_cpu():
    return last(VegasLaw(), CPU_BOUND, STEP_FOR_CPU)


def feed(law, held_s, seconds, *, per_s=100, waiting=1, start_s=0.0):
    for number in range(int(seconds * per_s)):
        now_s = start_s + number / per_s
        law.observe(Sample(now_s, held_s(law.limit), law.limit, waiting))
    return start_s + seconds


@pytest.mark.no_cover  # a minute of calls is simulated: coverage takes thrice the time
def test_vegas_is_near_the_best_fixed_size_where_queries_share_processors():
    best = min(last(FixedLaw(size), CPU_BOUND, STEP_FOR_CPU).p99_s for size in (4, 5))
    vegas = vegas_on_cpu()
    assert vegas.p99_s <= 2.2 * best
    assert vegas.timeouts == 0
    assert 4 <= vegas.limit <= 10


@pytest.mark.no_cover
def test_vegas_is_near_the_best_fixed_size_where_connections_are_held():
    best = last(FixedLaw(25), HELD, STEP_FOR_HELD).p99_s
    vegas = last(VegasLaw(), HELD, STEP_FOR_HELD)
    assert vegas.p99_s <= 2.2 * best
    assert vegas.timeouts == 0
    assert vegas.limit >= 16


def test_a_pool_that_begins_at_95_percent_of_the_capacity_has_no_timeouts():
    vegas = last(VegasLaw(), CPU_BOUND, [Phase(40, 380)])
    assert vegas.timeouts == 0
    assert vegas.limit <= 10


@pytest.mark.no_cover
def test_the_step_rule_feeds_the_collapse_of_a_busy_database():
    steps = last(StepLaw(), CPU_BOUND, STEP_FOR_CPU)
    assert steps.timeouts > 0
    assert steps.p99_s > 10 * vegas_on_cpu().p99_s


def test_a_simulation_is_the_same_every_time():
    runs = [simulate(VegasLaw(), HELD, [Phase(5, 300)], seed=3) for _ in range(2)]
    assert runs[0] == runs[1]
    assert runs[0] != simulate(VegasLaw(), HELD, [Phase(5, 300)], seed=4)


def test_a_simulated_load_without_callers_has_no_figures():
    (result,) = simulate(FixedLaw(3), HELD, [Phase(1, 0)])
    assert result == (0, 0, None, None, 3)


def test_a_simulation_needs_a_load():
    with pytest.raises(MisuseError, match="at least one phase"):
        simulate(FixedLaw(3), HELD, [])


def test_one_caller_at_a_time_sees_the_work_alone():
    (result,) = simulate(FixedLaw(50), CPU_BOUND, [Phase(200, 2)], database=Database(cores=4))
    assert result.p50_s == pytest.approx(0.010 * 0.693, rel=0.2)  # the median of an exponential


@settings(max_examples=8, deadline=None)
@given(st.floats(0.001, 1.0), st.integers(4, 30))
def test_vegas_settles_where_the_database_begins_to_queue(base_s, capacity):
    law = VegasLaw(start=2, probe_s=1e9)
    at_s = feed(law, lambda _: base_s, 5)  # an idle database
    for _ in range(30):
        at_s = feed(law, lambda limit: base_s * max(1, limit / capacity), 1, start_s=at_s)
    assert capacity <= law.limit <= capacity + 3


def test_vegas_grows_only_while_callers_wait():
    law = VegasLaw(start=10)
    for number in range(1000):
        law.observe(Sample(number / 100, 0.02, 3, 0))
    assert law.limit == 10
    assert law.base_s == pytest.approx(0.02)


def test_vegas_learns_that_the_work_itself_became_slower():
    law = VegasLaw(start=10, probe_s=5)
    at_s = feed(law, lambda _: 0.02, 10)
    feed(law, lambda _: 0.06, 30, start_s=at_s)
    assert law.base_s == pytest.approx(0.06, rel=0.01)
    assert law.limit > 10


def test_vegas_learns_that_it_began_under_load():
    law = VegasLaw(start=20, probe_s=2)
    feed(law, lambda limit: 0.01 * max(1, limit / 4), 60)
    assert law.base_s < 0.02
    assert law.limit <= 8


def test_vegas_stays_within_its_bounds():
    law = VegasLaw(start=10, floor=3, cap=12)
    at_s = feed(law, lambda _: 0.01, 10)
    assert law.limit == 12
    feed(law, lambda _: 1.0, 3, start_s=at_s)
    assert law.limit == 3


def test_a_clock_that_shows_no_time_harms_no_law():
    law = VegasLaw()
    feed(law, lambda _: 0.0, 3)
    assert law.limit == 50


def test_the_step_rule_adds_five_above_four_fifths_and_takes_two_below_three_tenths():
    law = StepLaw(every_s=0)
    for number in range(9):
        law.observe(Sample(number, 0.01, 10, 0))
    assert law.limit == 10  # ten samples at least
    law.observe(Sample(9, 0.01, 10, 0))
    assert law.limit == 15
    for number in range(10, 20):
        law.observe(Sample(number, 0.01, 2, 0))
    assert law.limit == 13
    for number in range(20, 30):
        law.observe(Sample(number, 0.01, 7, 0))
    assert law.limit == 13


def test_the_step_rule_looks_at_the_last_hundred_samples():
    law = StepLaw(every_s=0)
    for number in range(200):
        law.observe(Sample(number, 0.01, 5, 0))
    for number in range(200, 275):
        law.observe(Sample(number, 0.01, 10, 0))
        grew = law.limit > 10
    assert grew
    assert law.limit <= 20


def test_the_step_rule_takes_a_sample_at_its_interval():
    law = StepLaw(every_s=0.5)
    for number in range(40):
        law.observe(Sample(number / 10, 0.01, 10, 0))
    assert law.limit == 10
    for number in range(40, 50):
        law.observe(Sample(number / 10, 0.01, 10, 0))
    assert law.limit == 15


@pytest.mark.parametrize(
    ("law", "options"),
    [
        (FixedLaw, {"limit": 0}),
        (StepLaw, {"start": 60}),
        (VegasLaw, {"floor": 0}),
        (VegasLaw, {"start": 5, "floor": 6}),
        (VegasLaw, {"headroom": 0}),
        (VegasLaw, {"gain": 1.5}),
        (VegasLaw, {"probe_s": 0}),
    ],
)
def test_a_law_that_could_not_hold_is_refused(law, options):
    with pytest.raises(MisuseError):
        law(**options)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(st.floats(0, 5), st.floats(0, 10), st.integers(0, 60), st.integers(0, 99)),
        max_size=200,
    ),
    st.sampled_from([StepLaw, VegasLaw]),
)
def test_whatever_a_law_sees_its_limit_stays_within_its_bounds(samples, kind):
    law = kind()
    now_s = 0.0
    for passed_s, held_s, in_use, waiting in samples:
        now_s += passed_s
        law.observe(Sample(now_s, held_s, in_use, waiting))
        assert law.floor <= law.limit <= law.cap
