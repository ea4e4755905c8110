"""The reactive floor: thresholds, tolerance, cool-down, stabilization and bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from whet_runtime.errors import MisuseError
from whet_runtime.scale import ForecastSettings, Sample, ScalerSettings, Threshold
from whet_runtime.scale._reactive import ReactiveFloor, proportional
from whet_runtime.scale._settings import DEFAULT_THRESHOLDS, check

STEADY = {"stabilization_s": 0, "cooldown_s": 0, "forecast": None}


def settings(**changes):
    return ScalerSettings(**{**STEADY, **changes})


def sample(at_s=0.0, workers=10, **metrics):
    return Sample(at_s, workers, metrics)


def wanted(floor, *samples):
    return [floor.decide(each).workers for each in samples]


def test_the_default_thresholds_are_cpu_80_30_memory_85_40_queue_50_10_and_five_minutes():
    known = {threshold.metric: threshold[1:3] for threshold in DEFAULT_THRESHOLDS}
    assert known == {"cpu": (80, 30), "memory": (85, 40), "queue": (50, 10), "busy": (80, 30)}
    assert ScalerSettings().cooldown_s == 300


@pytest.mark.parametrize(
    ("metrics", "workers"),
    [
        ({"cpu": 80}, 10),
        ({"cpu": 87}, 10),  # within the tolerance of a tenth
        ({"cpu": 100}, 13),
        ({"cpu": 160}, 20),
        ({"cpu": 40}, 5),
        ({"cpu": 8}, 1),
        ({"cpu": 40, "memory": 170}, 20),  # the metric that asks for most decides
        ({"cpu": 40, "queue": 60}, 12),
        ({"cpu": 40, "queue": 5000}, 20),  # a backlog at most doubles
        ({"cpu": 40, "queue": 30}, 10),  # between the thresholds nothing is taken away
        ({"cpu": 40, "queue": 5}, 5),
        ({"other": 1}, 10),
    ],
)
def test_the_proportional_rule_sizes_by_the_distance_from_the_threshold(metrics, workers):
    assert proportional(sample(**metrics), 10, settings()).workers == workers


def test_further_metrics_count_by_configuration():
    own = settings(thresholds=(Threshold("sessions", 100, 20),))
    assert wanted(ReactiveFloor(own), sample(sessions=300, cpu=1)) == [30]


def test_workers_that_are_still_starting_are_not_ordered_twice():
    floor = ReactiveFloor(settings())
    assert wanted(floor, sample(workers=10, cpu=160), sample(workers=10, cpu=160)) == [20, 20]


def test_workers_are_reduced_only_to_the_most_that_was_wanted_in_the_last_minutes():
    floor = ReactiveFloor(settings(stabilization_s=300))
    calm = [sample(60.0 * minute, 10, cpu=40) for minute in range(1, 8)]
    assert wanted(floor, sample(0, 10, cpu=80), *calm) == [10, 10, 10, 10, 10, 5, 5, 5]


def test_after_workers_were_added_none_is_taken_away_within_the_cool_down():
    floor = ReactiveFloor(settings(cooldown_s=300))
    assert wanted(
        floor, sample(0, 10, cpu=160), sample(60, 20, cpu=20), sample(299, 20, cpu=20),
        sample(300, 20, cpu=20), sample(360, 5, cpu=20),
    ) == [20, 20, 20, 5, 2]  # fmt: skip


def test_more_load_is_answered_within_the_cool_down():
    floor = ReactiveFloor(settings(cooldown_s=300))
    assert wanted(floor, sample(0, 10, cpu=160), sample(60, 20, cpu=160)) == [20, 40]


def test_the_step_rule_changes_one_worker_at_a_time_between_its_thresholds():
    floor = ReactiveFloor(settings(rule="step", cooldown_s=300))
    trail = wanted(
        floor, sample(0, 10, cpu=99), sample(60, 11, cpu=99), sample(300, 11, cpu=99),
        sample(600, 12, cpu=50), sample(900, 12, cpu=20, queue=20), sample(960, 12, cpu=20),
    )  # fmt: skip
    assert trail == [11, 11, 12, 12, 12, 11]


def test_decisions_stay_within_the_bounds_and_say_so():
    floor = ReactiveFloor(settings(least=2, most=15))
    assert floor.decide(sample(cpu=800)).reason.endswith("within 2 to 15")
    assert wanted(floor, sample(0, cpu=800), sample(1, cpu=0)) == [15, 2]


def test_a_fleet_outside_of_the_bounds_is_brought_inside_at_once():
    floor = ReactiveFloor(settings(rule="step", most=5, cooldown_s=300))
    assert wanted(floor, sample(0, 9, cpu=50), sample(1, 9, cpu=50)) == [5, 5]


def test_a_calendar_that_goes_back_does_not_freeze_the_workers():
    floor = ReactiveFloor(settings(cooldown_s=300, stabilization_s=300))
    wanted(floor, sample(1e6, 10, cpu=160))
    assert wanted(floor, sample(0, 20, cpu=20)) == [5]


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.floats(0, 500), st.floats(0, 500), st.integers(0, 600)),
        min_size=1,
    ),
    st.sampled_from(["proportional", "step"]),
)
def test_every_decision_is_within_the_bounds(steps, rule):
    floor = ReactiveFloor(ScalerSettings(least=1, most=20, rule=rule, forecast=None))
    now_s = 0.0
    for workers, cpu, queue, passed_s in steps:
        now_s += passed_s
        assert 1 <= floor.decide(sample(now_s, workers, cpu=cpu, queue=queue)).workers <= 20


@pytest.mark.parametrize(
    "wrong",
    [
        {"least": -1}, {"least": 5, "most": 4}, {"capacity": 0}, {"rule": "guess"}, {"step": 0},
        {"cooldown_s": -1}, {"stabilization_s": -1}, {"tolerance": 1}, {"thresholds": ()},
        {"thresholds": (Threshold("cpu", 30, 80),)},
        {"thresholds": (Threshold("cpu", 80, 30), Threshold("cpu", 70, 20))},
        {"forecast": ForecastSettings(quantile=1)},
        {"forecast": ForecastSettings(horizon_minutes=0)},
        {"forecast": ForecastSettings(lead_minutes=1000, hold_minutes=1000)},
        {"forecast": ForecastSettings(min_samples=10)},
        {"forecast": ForecastSettings(window_days=0)},
    ],
)  # fmt: skip
def test_settings_that_can_never_work_are_refused(wrong):
    with pytest.raises(MisuseError, match=r"this can never work\. Give "):
        check(ScalerSettings(**wrong))
