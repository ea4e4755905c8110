"""Forecasts: what is foreseen, how sure, and what is kept over a restart."""

import json
import sys

import pytest
from whet_runtime.errors import MissingDependency
from whet_runtime.scale._forecast import Forecaster
from whet_runtime.scale._history import MINUTES_A_DAY, History, Window
from whet_runtime.scale._models import Ridge, foresee
from whet_runtime.scale._settings import ForecastSettings

MONDAY_S = 1_704_067_200
WINDOW = Window(5, 5)


def fed(forecaster, loads, begin=0):
    for minute, load in enumerate(loads, begin):
        forecaster.observe(MONDAY_S + 60.0 * minute, load)
    return forecaster


def history(loads, windows=(WINDOW,), **options):
    kept = History(windows, 1.0, **options)
    for minute, load in enumerate([*loads, 0.0]):
        kept.add(60.0 * minute, load)
    return kept


def loads_of(kept):
    return kept.state()["loads"]


def test_nothing_is_foreseen_below_a_hundred_samples():
    forecaster = fed(Forecaster(ForecastSettings()), [5.0] * 100)
    assert forecaster.forecast() is None
    fed(forecaster, [5.0] * 2, 100)
    forecast = forecaster.forecast()
    assert forecast.predicted_load == pytest.approx(5.0)
    assert (forecast.horizon_minutes, forecast.confidence) == (30, 0.0)


def test_a_daily_peak_is_foreseen_half_an_hour_ahead_with_confidence(days):
    loads = days(4)
    end = 3 * MINUTES_A_DAY + 10 * 60
    forecast = fed(Forecaster(ForecastSettings()), loads[:end]).forecast()
    assert forecast.predicted_load == pytest.approx(sum(loads[end + 28 : end + 33]) / 5, rel=0.1)
    assert forecast.predicted_load > 1.1 * loads[end - 1]
    assert forecast.confidence > 0.9
    assert forecast.needed_confidence > 0.9


def test_the_day_of_the_week_counts_after_a_week(days):
    kept = history(days(12, weekend=0.3)[: 12 * MINUTES_A_DAY - 5])
    told = foresee(kept, WINDOW, Ridge(WINDOW), 1)
    assert set(told) == {"naive", "trend", "day", "week", "ridge"}
    short = history(days(1)[:200])
    assert set(foresee(short, WINDOW, Ridge(WINDOW), 1)) == {"naive", "trend"}


def test_a_steady_rise_goes_on_in_the_trend():
    told = foresee(history([1.01**minute for minute in range(120)]), WINDOW, Ridge(WINDOW), 1)
    assert told["trend"] > told["naive"]


def test_no_model_foresees_more_than_twenty_times_the_level():
    loads = [1.0] * MINUTES_A_DAY + [1e6] * 60 + [1.0] * (MINUTES_A_DAY - 65)
    told = foresee(history(loads), WINDOW, Ridge(WINDOW), 1)
    assert max(told.values()) <= 3.0


def test_the_margin_keeps_its_promise_on_the_load_itself(days):
    settings = ForecastSettings(quantile=0.9)
    forecaster, loads, kept = Forecaster(settings), days(4, noise=0.15), 0
    for minute, load in enumerate(loads[: -WINDOW.reach]):
        forecaster.observe(MONDAY_S + 60.0 * minute, load)
        if minute >= 2 * MINUTES_A_DAY:
            came = max(loads[minute + 5 : minute + 10])
            kept += came <= forecaster.forecast().needed_load
    assert kept / (2 * MINUTES_A_DAY) == pytest.approx(0.9, abs=0.05)


def test_a_load_that_nobody_can_foresee_gives_little_confidence():
    import random

    chance = random.Random(2)
    loads = [10 ** chance.uniform(-1, 1) for _ in range(1000)]
    assert fed(Forecaster(ForecastSettings()), loads).forecast().confidence < 0.6


def test_an_idle_time_has_no_load_and_no_confidence():
    forecast = fed(Forecaster(ForecastSettings()), [0.0] * 300).forecast()
    assert forecast.predicted_load < 0.02


def test_samples_of_one_minute_are_averaged_and_older_ones_passed_over():
    kept = History((WINDOW,), 1.0)
    assert [kept.add(at_s, load) for at_s, load in [(0, 1), (30, 3), (60, 8), (20, 99)]] == [
        0, 0, 1, 0,
    ]  # fmt: skip
    kept.add(120, 0)
    assert loads_of(kept) == [2, 8]


def test_gaps_take_the_last_load_or_that_of_the_day_before():
    kept = history([4.0] * 3)
    assert kept.add(60.0 * 6, 9.0) == 3
    assert loads_of(kept)[:3] == [4, 4, 4]
    assert len(kept) == 6
    kept = history([1.0] * 700 + [7.0] * (MINUTES_A_DAY - 690))
    kept.add(60.0 * (2 * MINUTES_A_DAY - 20), 1.0)
    assert (loads_of(kept)[MINUTES_A_DAY + 600], loads_of(kept)[MINUTES_A_DAY + 750]) == (1, 7)


def test_a_gap_of_more_than_a_day_begins_anew():
    kept = history([4.0] * 200)
    kept.add(60.0 * 5000, 9.0)
    kept.add(60.0 * 5001, 9.0)
    assert loads_of(kept) == [9]


def test_the_history_is_bounded_and_stays_whole_when_it_makes_room():
    loads = [1.0 + minute % 977 for minute in range(3 * MINUTES_A_DAY)]
    kept = history(loads, days=1)
    assert len(kept.logs) == 2 * MINUTES_A_DAY
    assert loads_of(kept) == pytest.approx(loads[-MINUTES_A_DAY:], rel=1e-5)
    at = kept.end - 40
    assert kept.level(at, 5) == pytest.approx(kept.logs[at - 5 : at].mean())
    assert kept.peaks[WINDOW][at] == kept.logs[at + 5 : at + 10].max()


def test_what_was_learned_survives_a_restart(days):
    loads = days(3)
    before = fed(Forecaster(ForecastSettings()), loads)
    after = Forecaster(ForecastSettings())
    after.restore(json.loads(json.dumps(before.state())))
    assert after.forecast() is None  # until the first minute is complete
    for forecaster in (before, after):
        fed(forecaster, loads[:3], len(loads))
    assert after.needed.scored == before.needed.scored - 3  # those open at the restart
    assert after.forecast().needed_load == pytest.approx(before.forecast().needed_load, rel=0.05)
    assert after.forecast().confidence == pytest.approx(before.forecast().confidence, abs=0.01)


def test_without_numpy_forecasts_say_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(MissingDependency, match=r"pip install.*forecast.*or set.*forecast=None"):
        Forecaster(ForecastSettings())
