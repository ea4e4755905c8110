"""The autoscaler: what it drives, dry runs, calls for capacity, faults and saved state."""

import asyncio
import json
import logging
import math
import os
import threading
import time

import pytest
from whet_runtime.balance import (
    LoadBalancer,
    ProcessEngine,
    Shortage,
    TaskOptions,
    ThreadEngine,
    Worker,
)
from whet_runtime.errors import ClosedError, MisuseError, ScaleError
from whet_runtime.scale import (
    Autoscaler,
    BalancerTarget,
    Reading,
    ScalerSettings,
    Threshold,
)
from whet_runtime.scale._processes import cpu_s, resident_bytes

PATIENT_S = 60
QUICK = ScalerSettings(
    most=8, thresholds=(Threshold("cpu", 80, 30),), cooldown_s=0, stabilization_s=0, forecast=None
)

WRONG_WISHES = json.dumps(
    {
        "whet_runtime_scaler": 1,
        "state": {"floor": {"wanted": 1, "changed_s": 0, "wishes": 3}},
    }
)


class FakeClock:
    now_s = 1_704_067_200.0

    def time(self):
        self.now_s += 60.0
        return self.now_s

    monotonic = time


class FakeTarget:
    """Workers that are there at once, with a CPU percentage that the test sets."""

    def __init__(self, workers=2, cpu=160.0, load=None):
        self.workers, self.cpu, self.load = workers, cpu, load
        self.needs, self.broken, self.reads = [], False, 0

    def read(self):
        self.reads += 1
        if self.broken:
            raise OSError("no route")
        return Reading(self.workers, {"cpu": self.cpu}, self.load)

    def scale(self, workers):
        if self.broken == "scale":
            raise OSError("no quota")
        self.workers = workers

    def prepare(self, needs):
        self.needs.append(needs)


@pytest.fixture
def target():
    return FakeTarget()


def scaler(target, settings=QUICK, **options):
    return Autoscaler(target, settings, clock=FakeClock(), **options)


def test_a_step_looks_decides_and_scales(target):
    own = scaler(target)
    decision = own.step()
    assert (decision.before, decision.wanted, decision.applied, target.workers) == (2, 4, True, 4)
    target.cpu = 80
    assert own.step().wanted == 4
    seen = own.snapshot()
    assert (seen.wanted, seen.decisions, seen.changes, seen.faults) == (4, 2, 1, 0)
    assert (seen.forecast, seen.accuracy, seen.payoff, seen.foresight_counts) == (
        None, None, None, False,
    )  # fmt: skip


def test_a_dry_run_changes_nothing_and_decides_as_if_it_had(target):
    own = scaler(target, QUICK._replace(rule="step"), dry_run=True)
    target.cpu = 100.0  # of two workers; 66 % of three
    trail = [(each.wanted, each.applied) for each in (own.step(), own.step())]
    assert trail == [(3, False), (3, False)]
    assert target.workers == 2
    assert [decision.wanted for decision in own.decisions()] == [3, 3]
    assert own.snapshot().dry_run


def test_a_target_that_fails_is_one_clear_error_and_is_tried_again(target):
    own = scaler(target)
    own.ask(Shortage(frozenset({"gpu"}), 1, None))
    target.broken = True
    with pytest.raises(ScaleError, match="FakeTarget: it could not be read: OSError: no route"):
        own.step()
    target.broken = "scale"
    target.read = lambda: Reading(2, {"cpu": 160.0}, None)
    with pytest.raises(ScaleError, match="it could not be scaled: OSError: no quota"):
        own.step()
    target.broken = False
    own.step()
    assert frozenset({"gpu"}) in target.needs
    assert (target.workers, own.snapshot().faults) == (5, 2)


def test_a_call_for_capacity_adds_a_worker_for_each_kind_of_need(target):
    own, target.cpu = scaler(target), 80.0
    for needs in ({"gpu"}, {"gpu"}, {"disk"}):
        own.ask(Shortage(frozenset(needs), 1, None))
    assert own.step().wanted == 4
    assert sorted(map(sorted, target.needs)) == [["disk"], ["gpu"]]
    assert own.step().wanted == 4


def test_forecasts_and_their_accuracy_can_be_seen():
    target = FakeTarget(cpu=50.0, load=5.0)
    own = scaler(target, ScalerSettings(thresholds=QUICK.thresholds))
    for _ in range(200):
        own.step()
    seen = own.snapshot()
    assert seen.forecast.predicted_load == pytest.approx(5.0)
    assert seen.accuracy == pytest.approx(1.0)
    assert seen.needed_accuracy == pytest.approx(1.0)
    assert seen.payoff.samples == 200


def test_state_is_saved_whole_and_loaded_whole(target, tmp_path):
    own = scaler(target, ScalerSettings(thresholds=QUICK.thresholds))
    target.load = 3.0
    for _ in range(150):
        own.step()
    path = tmp_path / "scaler.json"
    own.save(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["scaler.json"]
    copy = scaler(FakeTarget(), ScalerSettings(thresholds=QUICK.thresholds))
    copy.load(path)
    assert copy.snapshot().wanted == own.snapshot().wanted
    assert (
        copy._planner.state()["foresight"]["forecaster"]["history"]
        == (own._planner.state()["foresight"]["forecaster"]["history"])
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file"),
        ("{", r"damaged or not of a scaler \(JSONDecodeError\)"),
        ("[]", "damaged"),
        ('{"whet_runtime_scaler": 9}', "it has format 9, not 1"),
        ('{"whet_runtime_scaler": 1, "state": {}}', r"damaged.*\(KeyError\)"),
        (WRONG_WISHES, r"damaged.*\(TypeError\)"),
    ],
)
def test_a_state_that_cannot_be_used_is_refused_and_changes_nothing(
    target, tmp_path, content, said
):
    path = tmp_path / "scaler.json"
    if content is not None:
        path.write_text(content)
    own = scaler(target)
    own.step()
    with pytest.raises(ScaleError, match=said):
        own.load(path)
    assert own.snapshot().wanted == 4


def test_a_state_with_impossible_loads_is_refused(tmp_path):
    own = scaler(FakeTarget(load=1.0), ScalerSettings(thresholds=QUICK.thresholds))
    own.step()
    own.save(tmp_path / "state")
    content = json.loads((tmp_path / "state").read_text())
    content["state"]["foresight"]["forecaster"]["history"]["loads"] = [float("nan")]
    (tmp_path / "state").write_text(json.dumps(content))
    with pytest.raises(ScaleError, match="ValueError"):
        own.load(tmp_path / "state")


def test_a_place_that_cannot_be_written_is_said(target, tmp_path):
    with pytest.raises(ScaleError, match="cannot be written: No such file"):
        scaler(target).save(tmp_path / "missing" / "state")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ScaleError, match="cannot be written"):
        scaler(target).save(tmp_path / "folder")
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


def until(condition):
    end_s = time.monotonic() + PATIENT_S
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.005)


def test_the_thread_goes_on_after_a_fault_and_ends_when_stopped(target, caplog):
    target.broken = True
    with caplog.at_level(logging.ERROR, "whet_runtime"):
        own = scaler(target, interval_s=0.01).start()
        until(lambda: target.reads > 1)
    assert "the autoscaler goes on" in caplog.text
    target.broken = False
    until(lambda: target.workers == 8)
    own.stop()
    reads = target.reads
    assert not [t for t in threading.enumerate() if t.name == "whet-autoscaler"]
    assert target.reads == reads
    with pytest.raises(ClosedError, match="autoscaler: it was stopped"):
        own.start()


def test_a_call_for_capacity_wakes_the_thread_at_once(target):
    target.cpu = 80.0
    with scaler(target, interval_s=3600) as own:
        until(lambda: target.reads)
        own.ask(Shortage(frozenset(), 1, 5.0))
        until(lambda: target.workers == 3)


def test_it_runs_in_asyncio_until_cancelled(target):
    async def main():
        own = scaler(target, interval_s=0.01)
        running = asyncio.create_task(own.run())
        await asyncio.to_thread(until, lambda: target.workers >= 4)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return own

    own = asyncio.run(main())
    with pytest.raises(ClosedError):
        asyncio.run(own.run())


def test_misuse_is_refused(target):
    with pytest.raises(MisuseError, match="interval_s=0"):
        Autoscaler(target, QUICK, interval_s=0)
    with pytest.raises(MisuseError, match="least, most"):
        Autoscaler(target, ScalerSettings(least=3, most=2))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_is_told_to_make_its_own(target):
    own = scaler(target)
    own._pid = -1  # as in a child
    with pytest.raises(ClosedError, match="parent process"):
        own.start()
    own.stop()


# A real pool


def named(number, needs):
    return Worker(f"more{number}", needs)


def test_waiting_tasks_make_the_scaler_add_the_worker_they_need():
    with LoadBalancer(ThreadEngine(), [Worker("a")]) as balancer:
        target = BalancerTarget(balancer, named)
        with Autoscaler(target, ScalerSettings(most=3, forecast=None), interval_s=3600) as own:
            balancer.on_shortage(own.ask)
            future = balancer.submit_with(TaskOptions(needs={"gpu"}), math.sqrt, 4)
            assert future.result(PATIENT_S) == 2
        workers = {worker.name: worker.capabilities for worker in balancer.snapshot().workers}
    assert workers["more0"] == {"gpu"}


def test_a_pool_of_processes_grows_with_its_queue_and_shrinks_when_idle():
    engine = ProcessEngine()
    settings = QUICK._replace(thresholds=(Threshold("queue", 1, 0.5, shared=False),), most=2)
    with LoadBalancer(engine, [Worker("a")]) as balancer:
        target = BalancerTarget(balancer, named, engine=engine, memory_bytes=10**9)
        own = Autoscaler(target, settings, clock=FakeClock())
        futures = [balancer.submit(time.sleep, 0.2) for _ in range(6)]
        assert own.step().wanted == 2
        assert len(balancer.snapshot().workers) == 2
        assert [future.result(PATIENT_S) for future in futures] == [None] * 6
        reading = target.read()
        assert reading.load > 0
        assert {"queue", "busy"} <= set(reading.metrics)
        if os.path.exists("/proc/self/stat"):  # noqa: PTH110 - of the platform
            assert {"cpu", "memory"} <= set(reading.metrics)
            assert 0 < reading.metrics["memory"] < 100
        assert own.step().wanted == 1
        until(lambda: len(balancer.snapshot().workers) == 1)


def test_a_target_without_workers_shows_its_queue_only():
    with LoadBalancer(ThreadEngine()) as balancer:
        target = BalancerTarget(balancer, named, engine=ProcessEngine())
        assert target.read() == (0, {"queue": 0.0}, 0.0)
        target.scale(2)
        assert target.read().workers == 2
        with pytest.raises(MisuseError, match="memory_bytes=0"):
            BalancerTarget(balancer, named, memory_bytes=0)


def test_the_figures_of_a_process_that_is_gone_are_unknown():
    assert cpu_s(2**30) is None
    assert resident_bytes(2**30) is None
