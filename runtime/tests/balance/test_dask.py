"""The same balancer on a real Dask cluster, and the autoscaler that drives one."""

import math
import os
import time

import pytest
from whet_runtime.balance import DaskEngine, LoadBalancer, TaskOptions, Worker
from whet_runtime.errors import MisuseError, WorkerLostError
from whet_runtime.scale import Autoscaler, DaskTarget, ScalerSettings, Threshold

PATIENT_S = 40
distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("ignore")  # the cluster's own, at its end


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None,
        memory_limit="512MB", resources={"disk": 1}, silence_logs=50,
    ) as cluster:  # fmt: skip
        yield cluster


@pytest.fixture
def client(cluster):
    """A client of a cluster of two workers, whatever the test before made of it."""
    with distributed.Client(cluster, set_as_default=False) as client:
        cluster.scale(2)
        until(lambda: len(client.scheduler_info(n_workers=-1)["workers"]) == 2)
        yield client


@pytest.fixture
def balancer(client):
    with LoadBalancer(DaskEngine(client, look_s=0.1)) as balancer:
        yield balancer


def until(condition):
    end_s = time.monotonic() + PATIENT_S
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.02)


def test_the_workers_of_the_cluster_are_found_with_slots_and_capabilities(balancer):
    workers = balancer.snapshot().workers
    assert [(worker.slots, worker.capabilities) for worker in workers] == [
        (1, frozenset({"disk"})), (1, frozenset({"disk"})),
    ]  # fmt: skip


def test_tasks_run_on_the_worker_that_was_chosen_and_errors_travel(balancer):
    pids = {future.result(PATIENT_S) for future in [balancer.submit(os.getpid) for _ in range(12)]}
    assert len(pids) == 2
    assert os.getpid() not in pids
    assert list(balancer.map(math.sqrt, range(20))) == [math.sqrt(n) for n in range(20)]
    with pytest.raises(ValueError, match="invalid literal"):
        balancer.submit(int, "x").result(PATIENT_S)
    needing = TaskOptions(needs={"disk"})
    assert balancer.submit_with(needing, math.sqrt, 4).result(PATIENT_S) == 2
    assert {record.worker for record in balancer.snapshot().history} == {
        worker.name for worker in balancer.snapshot().workers
    }


def test_a_worker_process_that_dies_fails_or_returns_its_tasks_and_its_successor_is_found(
    balancer,
):
    names = {worker.name for worker in balancer.snapshot().workers}
    with pytest.raises(WorkerLostError):
        balancer.submit(os._exit, 1).result(PATIENT_S)

    def successor_is_there():
        now = {worker.name for worker in balancer.snapshot().workers}
        return len(now) == 2 and now != names  # the dead one may be seen for a moment

    until(successor_is_there)
    assert balancer.submit_with(TaskOptions(retries=3), math.sqrt, 4).result(PATIENT_S) == 2


def test_a_client_that_is_no_synchronous_one_is_refused():
    with pytest.raises(MisuseError, match="no synchronous client"):
        DaskEngine(None)
    with pytest.raises(MisuseError, match="ahead=-1"):
        DaskEngine(type("Client", (), {"asynchronous": False})(), ahead=-1)


def test_what_cannot_be_scaled_is_refused(client):
    with pytest.raises(MisuseError, match="cannot be scaled"):
        DaskTarget(client, cluster=object())


def _processing(dask_scheduler):
    return sum(len(worker.processing) for worker in dask_scheduler.workers.values())


def test_a_worker_can_be_declared_by_hand_too(client):
    engine = DaskEngine(client)
    engine.start(Worker("tcp://nowhere:1"))
    assert not engine.kill("tcp://nowhere:1")
    assert not engine.revive("tcp://nowhere:1").alive
    engine.stop("tcp://nowhere:1")


def test_the_autoscaler_sees_and_scales_the_cluster(client, balancer):
    target = DaskTarget(client)
    reading = target.read()
    assert reading.workers == 2
    assert set(reading.metrics) == {"queue", "busy", "cpu", "memory"}
    assert reading.load is None
    settings = ScalerSettings(
        most=3, thresholds=(Threshold("queue", 1.0, 0.5, shared=False),), forecast=None
    )
    scaler = Autoscaler(target, settings)
    futures = [balancer.submit(time.sleep, 1.0) for _ in range(8)]
    until(lambda: client.run_on_scheduler(_processing) >= 4)
    decision = scaler.step()
    assert (decision.before, decision.wanted, decision.applied) == (2, 3, True)
    client.wait_for_workers(3, timeout=PATIENT_S)
    until(lambda: len(balancer.snapshot().workers) == 3)
    assert [future.result(PATIENT_S) for future in futures] == [None] * 8
    target.scale(1)
    until(lambda: len(balancer.snapshot().workers) == 1)
    assert balancer.submit(math.sqrt, 4).result(PATIENT_S) == 2
