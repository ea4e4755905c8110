"""The planner: forecasts may only add, and only while they pay."""

import json

import pytest
from whet_runtime.scale import ForecastSettings, Planner, Sample, ScalerSettings, Threshold
from whet_runtime.scale._payoff import Payoff, PayoffGate

MONDAY_S = 1_704_067_200
CPU = (Threshold("cpu", 80.0, 30.0),)


class Play:
    """A load on a planner; ordered workers are ready after five minutes."""

    def __init__(self, settings):
        self.planner = Planner(settings)
        self.ready, self.total, self.coming = 8, 8, []
        self.short = self.cost = 0
        self.decisions = []

    def run(self, loads, begin=0):
        for minute, load in enumerate(loads, begin):
            due = [count for at, count in self.coming if at <= minute]
            self.coming = [(at, count) for at, count in self.coming if at > minute]
            self.ready += sum(due)
            self.short += load > self.ready
            self.cost += self.total
            at_s = MONDAY_S + 60.0 * minute
            cpu = 100.0 * load / self.ready
            decision = self.planner.decide(Sample(at_s, self.ready, {"cpu": cpu}, load))
            self.decisions.append(decision)
            if decision.wanted > self.total:
                self.coming.append((minute + 5, decision.wanted - self.total))
            elif decision.wanted < self.total:
                self.coming, self.ready = [], min(self.ready, decision.wanted)
                if self.ready < decision.wanted:
                    self.coming = [(minute + 5, decision.wanted - self.ready)]
            self.total = decision.wanted
        return self


@pytest.fixture(scope="module")
def bursts():
    """Five days with a burst at eight and one at six, played with and without forecasts."""
    from runpy import run_path

    daily = run_path(__file__.replace("test_planner", "conftest"))["daily"]
    loads = daily(5, bursts=((8.0, 0.9), (18.0, 0.9)))
    plain = Play(ScalerSettings(thresholds=CPU, forecast=None)).run(loads)
    return plain, Play(ScalerSettings(thresholds=CPU)).run(loads), loads


def test_bursts_that_come_every_day_are_met_by_forecasts(bursts):
    plain, foresighted, _ = bursts
    assert plain.short > 20
    assert foresighted.short < 0.6 * plain.short
    assert foresighted.cost < 1.05 * plain.cost


def test_forecasts_only_ever_add_to_the_floor(bursts):
    _, foresighted, _ = bursts
    assert all(decision.wanted >= decision.floor for decision in foresighted.decisions)
    added = [each for each in foresighted.decisions if each.wanted > each.floor]
    assert added
    assert {decision.reason.split(",")[0] for decision in added} == {"foreseen load"}
    assert min(decision.forecast.needed_confidence for decision in added) > 0.8


def test_the_evidence_of_the_last_days_can_be_seen(bursts):
    _, foresighted, loads = bursts
    payoff = foresighted.planner.foresight.payoff()
    assert payoff.samples == len(loads)
    assert payoff.short_with < payoff.short_without


def test_where_the_floor_is_enough_forecasts_cost_nothing(days):
    loads = days(4)
    plain = Play(ScalerSettings(thresholds=CPU, forecast=None)).run(loads)
    foresighted = Play(ScalerSettings(thresholds=CPU)).run(loads)
    assert plain.short == 0
    assert (foresighted.short, foresighted.cost) == (0, plain.cost)


def test_decisions_follow_the_state_that_was_saved(bursts):
    _, foresighted, loads = bursts
    copy = Planner(ScalerSettings(thresholds=CPU))
    copy.restore(json.loads(json.dumps(foresighted.planner.state())))
    assert copy.wanted == foresighted.planner.wanted
    assert copy.foresight.payoff()[1:] == foresighted.planner.foresight.payoff()[1:]
    assert copy.foresight.gate.pays == foresighted.planner.foresight.gate.pays
    sample = Sample(MONDAY_S + 60.0 * len(loads), 10, {"cpu": 50.0}, 5.0)
    assert copy.decide(sample).floor == foresighted.planner.decide(sample).floor


def test_waiting_tasks_that_ask_get_workers_at_once_within_the_bound():
    planner = Planner(ScalerSettings(most=4, thresholds=CPU, forecast=None))
    decision = planner.decide(Sample(0.0, 2, {"cpu": 10.0}), asked=1)
    assert (decision.wanted, decision.reason) == (3, "1 more asked for by waiting tasks")
    assert planner.decide(Sample(1.0, 3, {"cpu": 10.0}), asked=5).wanted == 4


def test_without_a_load_the_cpu_tells_it_and_without_both_nothing_is_foreseen():
    planner = Planner(ScalerSettings(thresholds=CPU, capacity=2.0))
    planner.decide(Sample(MONDAY_S, 4, {"cpu": 50.0}))
    planner.decide(Sample(MONDAY_S + 60, 4, {"queue": 1.0}))
    planner.decide(Sample(MONDAY_S + 120, 4, {"cpu": 50.0}))
    assert planner.foresight.forecaster.history.state()["loads"] == [4.0, 4.0]


def gate(pairs, *, window_days=1.0, load=10.0):
    """A gate that has seen (floor, foreseen) orders, a minute each, with a load of ten."""
    own = PayoffGate(60.0, window_days)
    for minute, (floor, foreseen) in enumerate(pairs):
        own.observe(60.0 * minute, load, 1.0)
        own.order(60.0 * minute, floor, foreseen)
    return own


def test_forecasts_count_from_the_first_shortage_of_the_floor_alone():
    assert not gate([(10, 12)] * 50).pays
    assert gate([(9, 12)] * 50).pays


def test_forecasts_that_prevent_too_little_do_not_count():
    assert not gate([(9, 9)] * 50).pays
    mixed = [(9, 12)] * 3 + [(9, 9)] * 47
    assert not gate(mixed).pays


def test_forecasts_stop_counting_when_the_last_shortage_is_long_ago():
    recent = [(9, 12)] * 10 + [(10, 12)] * 1000
    assert gate(recent).pays
    assert not gate([*recent, *[(10, 12)] * 1000]).pays


def test_workers_of_the_played_fleets_are_ready_only_after_their_start_up():
    own = PayoffGate(300.0, 1.0)
    own.order(0.0, 5, 5)
    own.order(60.0, 10, 5)
    own.order(61.0, 7, 9)
    own.observe(120.0, 6.0, 1.0)
    assert own.payoff() == Payoff(1, 1, 1)
    own.observe(360.0, 6.0, 1.0)
    assert own.payoff() == Payoff(2, 1, 1)
    own.observe(361.0, 8.0, 1.0)
    assert own.payoff() == Payoff(3, 2, 1)
    own.order(362.0, 3, 3)
    own.observe(363.0, 4.0, 1.0)
    assert own.payoff() == Payoff(4, 3, 2)


def test_forecasts_can_be_switched_off_by_settings():
    planner = Planner(ScalerSettings(forecast=None))
    assert planner.decide(Sample(0.0, 1, {"cpu": 50.0})).forecast is None
    planner.restore(json.loads(json.dumps(planner.state())))
    with_forecasts = Planner(ScalerSettings(forecast=ForecastSettings()))
    with_forecasts.restore(planner.state())
