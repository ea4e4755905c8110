"""The balancer with threads and processes: what callers see."""

import asyncio
import gc
import json
import logging
import math
import os
import threading
import time
import weakref
from concurrent.futures import CancelledError, ThreadPoolExecutor, wait

import pytest
from whet_runtime.balance import (
    BalancerSettings,
    LoadBalancer,
    ProcessEngine,
    TaskOptions,
    ThreadEngine,
    WeightedScore,
    Worker,
)
from whet_runtime.errors import (
    ClosedError,
    MisuseError,
    NoWorkerError,
    QueueFullError,
    TaskTimeoutError,
    WorkerLostError,
)

PATIENT_S = 60  # bound of waits that end at once unless something is broken
PAIR = (Worker("a"), Worker("b"))


@pytest.fixture
def balancer():
    with LoadBalancer(ThreadEngine(), PAIR) as balancer:
        yield balancer


@pytest.fixture
def gate():
    gate = threading.Event()
    yield gate
    gate.set()


def occupy(balancer, gate, tasks):
    """Tasks that hold their slots until the gate opens, all begun."""
    begun = [threading.Event() for _ in range(tasks)]

    def hold(own):
        own.set()
        return gate.wait(PATIENT_S)

    futures = [balancer.submit(hold, own) for own in begun]
    assert all(own.wait(PATIENT_S) for own in begun)
    return futures


@pytest.fixture(params=[ThreadEngine, ProcessEngine], scope="module")
def any_balancer(request):
    with LoadBalancer(request.param(), PAIR) as balancer:
        yield balancer


class TestEveryEngine:
    """What holds whatever runs the tasks."""

    @pytest.fixture
    def balancer(self, any_balancer):
        return any_balancer

    def test_a_future_gives_what_the_function_returns(self, balancer):
        assert balancer.submit(math.sqrt, 9).result(PATIENT_S) == 3
        assert balancer.submit(int, "11", base=2).result(PATIENT_S) == 3
        assert list(balancer.map(math.sqrt, [1, 4, 9])) == [1, 2, 3]

    def test_what_a_task_raises_reaches_its_caller(self, balancer):
        with pytest.raises(ValueError, match="invalid literal"):
            balancer.submit(int, "x").result(PATIENT_S)

    def test_an_awaited_task_gives_its_value_or_error(self, balancer):
        async def both():
            return await asyncio.gather(
                balancer.run(math.sqrt, 16), balancer.run(int, "x"), return_exceptions=True
            )

        value, error = asyncio.run(both())
        assert value == 4
        assert isinstance(error, ValueError)

    def test_an_async_function_is_run_to_its_end(self, balancer):
        assert balancer.submit(asyncio.sleep, 0, "slept").result(PATIENT_S) == "slept"

    def test_arguments_and_results_that_cannot_travel_fail_their_own_task_only(self, balancer):
        future = balancer.submit(str, threading.Lock())
        if future.exception(PATIENT_S) is not None:
            assert "pickle" in str(future.exception())
        assert balancer.submit(math.sqrt, 4).result(PATIENT_S) == 2

    def test_history_is_learned_by_kind_and_worker(self, balancer):
        balancer.submit_with(TaskOptions(kind="root"), math.sqrt, 4).result(PATIENT_S)
        known = [record for record in balancer.snapshot().history if record.kind == "root"]
        assert [(record.observations, record.success_rate) for record in known] == [(1, 1.0)]


def test_tasks_with_needs_run_where_these_are():
    workers = [Worker("plain"), Worker("gpu", frozenset({"gpu"}))]
    with LoadBalancer(ThreadEngine(), workers) as balancer:
        options = TaskOptions(needs={"gpu"})
        names = {
            balancer.submit_with(options, lambda: threading.current_thread().name).result(
                PATIENT_S
            )
            for _ in range(10)
        }
    assert {name.rpartition("_")[0] for name in names} == {"whet-gpu"}


def test_waiting_tasks_queue_and_all_run(balancer, gate):
    held = occupy(balancer, gate, 2)
    futures = [balancer.submit(math.sqrt, number) for number in range(20)]
    seen = balancer.snapshot()
    assert (seen.running, seen.waiting, seen.submitted) == (2, 20, 22)
    gate.set()
    assert [future.result(PATIENT_S) for future in held] == [True, True]
    assert [future.result(PATIENT_S) for future in futures] == [math.sqrt(n) for n in range(20)]
    assert balancer.snapshot().done == 22


def test_a_task_that_nobody_can_do_fails_at_once_when_nobody_listens(balancer):
    with pytest.raises(NoWorkerError, match=r"no worker has what it needs \(gpu\)"):
        balancer.submit_with(TaskOptions(needs={"gpu"}), math.sqrt, 4).result(PATIENT_S)
    assert balancer.snapshot().shortages == 1


def test_a_balancer_without_workers_says_so():
    with LoadBalancer(ThreadEngine()) as balancer, pytest.raises(NoWorkerError, match="no worker"):
        balancer.submit(math.sqrt, 4).result(PATIENT_S)


def test_a_listener_that_adds_the_missing_worker_lets_the_task_run(balancer):
    asked = []

    def provide(shortage):
        asked.append(shortage)
        balancer.add_worker(Worker("c", shortage.needs))

    balancer.on_shortage(provide)
    future = balancer.submit_with(TaskOptions(needs={"gpu"}), math.sqrt, 4)
    assert future.result(PATIENT_S) == 2
    assert [shortage.needs for shortage in asked] == [frozenset({"gpu"})]


def test_a_listener_that_fails_is_logged_and_harms_nothing(balancer, caplog):
    balancer.on_shortage(lambda _: 1 / 0)
    with caplog.at_level(logging.ERROR, "whet_runtime"):
        future = balancer.submit_with(TaskOptions(needs={"gpu"}), math.sqrt, 4)
    assert "a listener for capacity failed" in caplog.text
    assert future.cancel()
    assert balancer.submit(math.sqrt, 4).result(PATIENT_S) == 2


def test_a_cancelled_task_that_waits_never_starts(balancer, gate):
    occupy(balancer, gate, 2)
    ran = []
    future = balancer.submit(ran.append, 1)
    assert future.cancel()
    assert future.cancel()
    gate.set()
    balancer.shutdown()
    assert ran == []
    assert balancer.snapshot().cancelled == 1
    with pytest.raises(CancelledError):
        future.result(PATIENT_S)


def test_a_running_task_cannot_be_cancelled(balancer, gate):
    (running, _) = occupy(balancer, gate, 2)
    assert not running.cancel()
    gate.set()
    assert running.result(PATIENT_S)


def test_cancelling_an_awaiting_task_takes_its_work_out_of_the_queue(balancer, gate):
    occupy(balancer, gate, 2)

    async def storm():
        tasks = [asyncio.create_task(balancer.run(math.sqrt, 4)) for _ in range(200)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        return {type(answer) for answer in answers}

    assert asyncio.run(storm()) == {asyncio.CancelledError}
    assert balancer.snapshot().waiting == 0
    gate.set()
    assert balancer.submit(math.sqrt, 4).result(PATIENT_S) == 2


def test_a_storm_of_cancellations_leaves_no_task_behind(balancer):
    def churn(seed):
        futures = [balancer.submit(math.sqrt, number) for number in range(100)]
        for future in futures[seed % 2 :: 2]:
            future.cancel()
        return futures

    with ThreadPoolExecutor(4) as callers:
        futures = [future for batch in callers.map(churn, range(8)) for future in batch]
    assert not wait(futures, PATIENT_S).not_done
    balancer.shutdown()
    seen = balancer.snapshot()
    assert (seen.waiting, seen.running) == (0, 0)
    assert seen.done + seen.cancelled == seen.submitted == 800


def test_a_task_that_waits_too_long_fails_and_leaves_the_queue(balancer, gate):
    occupy(balancer, gate, 2)
    future = balancer.submit_with(TaskOptions(kind="late", timeout_s=0.01), math.sqrt, 4)
    with pytest.raises(TaskTimeoutError, match=r"task 'late': it did not end within 0\.01 s"):
        future.result(PATIENT_S)
    assert isinstance(future.exception(), TimeoutError)
    gate.set()
    balancer.shutdown()
    assert balancer.snapshot().timed_out == 1


def test_a_running_thread_that_is_timed_out_keeps_its_slot_until_it_ends(balancer, gate):
    options = TaskOptions(timeout_s=0.01)
    future = balancer.submit_with(options, gate.wait, PATIENT_S)
    with pytest.raises(TaskTimeoutError):
        future.result(PATIENT_S)
    assert balancer.snapshot().running == 1
    gate.set()
    balancer.shutdown()
    assert (balancer.snapshot().running, balancer.snapshot().done) == (0, 0)


def test_a_task_that_ends_in_time_leaves_no_deadline(balancer):
    options = TaskOptions(timeout_s=3600)
    for _ in range(300):
        balancer.submit_with(options, math.sqrt, 4).result(PATIENT_S)
    assert len(balancer._runner.timer._heap) < 200


def test_more_waiting_tasks_than_allowed_are_refused(gate):
    settings = BalancerSettings(max_waiting=1)
    with LoadBalancer(ThreadEngine(), PAIR, settings) as balancer:
        occupy(balancer, gate, 2)
        balancer.submit(math.sqrt, 4)
        with pytest.raises(QueueFullError, match="no more than 1 may wait"):
            balancer.submit(math.sqrt, 4)
        gate.set()


def test_a_removed_worker_ends_its_task_and_takes_no_more(balancer, gate):
    held = occupy(balancer, gate, 2)
    balancer.remove_worker("a")
    assert [worker.draining for worker in balancer.snapshot().workers] == [True, False]
    gate.set()
    assert all(future.result(PATIENT_S) for future in held)
    assert balancer.submit(math.sqrt, 4).result(PATIENT_S) == 2
    balancer.shutdown()
    assert [worker.name for worker in balancer.snapshot().workers] == ["b"]


def test_shutdown_ends_what_is_there_and_refuses_the_rest(gate):
    balancer = LoadBalancer(ThreadEngine(), PAIR)
    occupy(balancer, gate, 2)
    waiting = balancer.submit(math.sqrt, 4)
    balancer.shutdown(wait=False)
    with pytest.raises(ClosedError, match="balancer: it was shut down"):
        balancer.submit(math.sqrt, 4)
    with pytest.raises(ClosedError):
        balancer.add_worker(Worker("c"))
    gate.set()
    balancer.shutdown()
    assert waiting.result(0) == 2


def test_shutdown_cancels_what_has_not_started_when_asked(gate):
    balancer = LoadBalancer(ThreadEngine(), PAIR)
    held = occupy(balancer, gate, 2)
    waiting = [balancer.submit(math.sqrt, 4) for _ in range(5)]
    balancer.shutdown(wait=False, cancel_futures=True)
    assert all(future.cancelled() for future in waiting)
    gate.set()
    balancer.shutdown()
    assert [future.result(0) for future in held] == [True, True]


def test_shutdown_fails_tasks_for_which_no_worker_will_come(balancer):
    balancer.on_shortage(lambda _: None)
    future = balancer.submit_with(TaskOptions(needs={"gpu"}), math.sqrt, 4)
    balancer.shutdown()
    with pytest.raises(ClosedError):
        future.result(0)


def test_an_engine_that_cannot_start_a_task_fails_only_that_one(balancer, monkeypatch):
    def refuse(*_):
        raise OSError("no more threads")

    with monkeypatch.context() as patch:
        patch.setattr(balancer._runner.engine, "run", refuse)
        futures = [balancer.submit(math.sqrt, 4) for _ in range(3000)]
        assert {str(future.exception(PATIENT_S)) for future in futures} == {"no more threads"}
    assert balancer.submit(math.sqrt, 4).result(PATIENT_S) == 2


def test_a_task_is_done_before_its_future_says_so(balancer):
    for _ in range(50):
        balancer.submit(math.sqrt, 4).result(PATIENT_S)
        assert balancer.snapshot().running == 0


def test_threads_and_asyncio_use_one_balancer_at_once(balancer):
    def from_thread(base):
        return [balancer.submit(math.sqrt, base + n).result(PATIENT_S) for n in range(50)]

    async def from_loop():
        return await asyncio.gather(*(balancer.run(math.sqrt, n) for n in range(200)))

    with ThreadPoolExecutor(4) as callers:
        threads = [callers.submit(from_thread, 100 * number) for number in range(3)]
        loop = callers.submit(asyncio.run, from_loop())
        for number, future in enumerate(threads):
            expected = [math.sqrt(100 * number + n) for n in range(50)]
            assert future.result(PATIENT_S) == expected
        assert loop.result(PATIENT_S) == [math.sqrt(n) for n in range(200)]


def test_history_outlives_the_balancer(balancer):
    for _ in range(5):
        balancer.submit_with(TaskOptions(kind="root"), math.sqrt, 4).result(PATIENT_S)
    saved = json.loads(json.dumps(balancer.save_history()))
    with LoadBalancer(ThreadEngine(), PAIR) as successor:
        successor.load_history(saved)
        assert successor.snapshot().history == balancer.snapshot().history
        with pytest.raises(MisuseError, match=r"not what save_history gives \(KeyError\)"):
            successor.load_history({"kinds": {}})
        assert successor.snapshot().history == balancer.snapshot().history


def test_nothing_of_a_task_is_held_when_it_has_ended(balancer, gate):
    class Cargo:
        pass

    cargo = [Cargo() for _ in range(3)]
    traces = [weakref.ref(each) for each in cargo]
    balancer.submit(id, cargo[0]).result(PATIENT_S)
    occupy(balancer, gate, 2)
    balancer.submit(id, cargo[1]).cancel()
    options = TaskOptions(timeout_s=0.01)
    with pytest.raises(TaskTimeoutError):
        balancer.submit_with(options, id, cargo[2]).result(PATIENT_S)
    cargo.clear()
    gc.collect()
    assert [trace() for trace in traces] == [None, None, None]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (TaskOptions(needs="gpu"), "needs='gpu': it is a set of names"),
        (TaskOptions(prefers={1}), "prefers={1}"),
        (TaskOptions(size=0), "size=0"),
        (TaskOptions(timeout_s=0), "timeout_s=0"),
        (TaskOptions(retries=-1), "retries=-1"),
    ],
)
def test_options_that_can_never_work_are_refused(balancer, options, said):
    with pytest.raises(MisuseError, match=said):
        balancer.submit_with(options, math.sqrt, 4)


def test_other_misuse_is_refused(balancer):
    with pytest.raises(MisuseError, match="task 3: it cannot be called"):
        balancer.submit(3)
    with pytest.raises(MisuseError, match="worker 'a': there is one"):
        balancer.add_worker(Worker("a"))
    with pytest.raises(MisuseError, match="slots=0"):
        balancer.add_worker(Worker("c", slots=0))
    with pytest.raises(MisuseError, match="worker 'z': there is none"):
        balancer.remove_worker("z")
    with pytest.raises(MisuseError, match="max_waiting"):
        LoadBalancer(ThreadEngine(), (), BalancerSettings(max_waiting=-1))
    with pytest.raises(MisuseError, match="patience_s"):
        LoadBalancer(ThreadEngine(), (), BalancerSettings(patience_s=0))
    with pytest.raises(MisuseError, match="start_method='teleport'"):
        ProcessEngine("teleport")
    balancer.lose_worker("nobody")


def test_any_rule_can_be_chosen():
    for rule in ("round_robin", "power_of_two", WeightedScore(50, 25, 25)):
        with LoadBalancer(ThreadEngine(), PAIR, BalancerSettings(rule=rule)) as balancer:
            assert list(balancer.map(math.sqrt, [4] * 20)) == [2] * 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_is_told_to_make_its_own(balancer):
    read, write = os.pipe()
    child = os.fork()
    if not child:  # pragma: no cover - the child is not measured
        try:
            balancer.submit(math.sqrt, 4)
        except ClosedError as error:
            balancer.shutdown()
            os.write(write, str(error).encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as answer:
        assert answer.read() == (
            "balancer: it belongs to the parent process. Make one after the fork"
        )
    assert balancer.submit(math.sqrt, 4).result(PATIENT_S) == 2


# Processes


@pytest.fixture(scope="module")
def processes():
    with LoadBalancer(ProcessEngine(), PAIR) as balancer:
        yield balancer


def test_a_process_that_dies_fails_its_task_clearly_and_is_replaced(processes):
    before = processes.submit(os.getpid).result(PATIENT_S)
    with pytest.raises(WorkerLostError, match=r"the worker died.*TaskOptions\(retries=1\)"):
        processes.submit(os._exit, 1).result(PATIENT_S)
    after = {processes.submit(os.getpid).result(PATIENT_S) for _ in range(4)}
    assert before
    assert after
    assert sum(worker.deaths for worker in processes.snapshot().workers) >= 1


def test_a_task_with_a_retry_is_begun_again_and_fails_when_it_kills_again(processes):
    before = processes.snapshot()
    with pytest.raises(WorkerLostError):
        processes.submit_with(TaskOptions(retries=1), os._exit, 1).result(PATIENT_S)
    after = processes.snapshot()
    deaths = [sum(worker.deaths for worker in seen.workers) for seen in (before, after)]
    assert deaths[1] - deaths[0] == 2
    assert after.returned - before.returned == 1


def test_a_timed_out_process_is_ended_and_its_slot_is_free_again(processes):
    options = TaskOptions(timeout_s=0.3)
    futures = [processes.submit_with(options, time.sleep, 600) for _ in range(2)]
    for future in futures:
        with pytest.raises(TaskTimeoutError):
            future.result(PATIENT_S)
    assert list(processes.map(math.sqrt, [4] * 4, timeout=PATIENT_S)) == [2] * 4


def test_a_task_that_is_timed_out_on_its_way_to_a_process_is_ended_there(monkeypatch):
    engine = ProcessEngine()
    with LoadBalancer(engine, [Worker("a")]) as balancer:
        late = []

        def slow_start(worker, call, start=engine.run):
            if not late:
                late.append(call)
                (task,) = balancer._runner.core.posts["a"].running
                balancer._runner.time_out(task)
            return start(worker, call)

        monkeypatch.setattr(engine, "run", slow_start)
        future = balancer.submit_with(TaskOptions(timeout_s=600), time.sleep, 600)
        with pytest.raises(TaskTimeoutError):
            future.result(PATIENT_S)
        assert balancer.submit(math.sqrt, 4).result(PATIENT_S) == 2


def test_tasks_survive_processes_that_are_killed_while_idle_or_at_work():
    engine = ProcessEngine()
    with LoadBalancer(engine, [Worker("a"), Worker("b", slots=2)]) as balancer:
        list(balancer.map(math.sqrt, [4] * 6, timeout=PATIENT_S))
        futures = []
        for _ in range(4):
            futures += [
                balancer.submit_with(TaskOptions(retries=20), time.sleep, 0.01) for _ in range(10)
            ]
            for name in "ab":
                for process in engine.processes(name)[:1]:
                    process.kill()
            futures[-1].result(PATIENT_S)
        assert [future.result(PATIENT_S) for future in futures] == [None] * 40
        assert not engine.kill("b")
        assert not engine.kill("nobody")
    assert balancer.snapshot().done == 46


def test_only_living_processes_of_the_worker_itself_are_ever_signaled(monkeypatch):
    signaled = []
    engine = ProcessEngine()
    with LoadBalancer(engine, PAIR) as balancer:
        futures = [balancer.submit(time.sleep, 0.5) for _ in range(2)]
        own = {process.pid for process in engine.processes("a")}
        with monkeypatch.context() as patch:
            patch.setattr(os, "kill", lambda pid, _: signaled.append(pid))
            assert engine.kill("a")
        assert [future.result(PATIENT_S) for future in futures] == [None, None]
        assert engine.kill("a")
        assert engine.processes("nobody") == []
    assert set(signaled) == own
    assert min(signaled) > 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_what_is_shared_with_a_process_is_kept_until_it_has_ended(tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    engine = ProcessEngine()
    with LoadBalancer(engine, [Worker("a")]) as balancer:
        future = balancer.submit_with(TaskOptions(kind="slow"), gate.read_text)
        (slow,) = engine.processes("a")
        engine.stop("a")
        engine.start(Worker("a"))
        assert slow in [process for crew in engine._former for process in crew.processes()]
        gate.write_text("end")  # returns once the task reads
        assert future.result(PATIENT_S) == "end"
        slow.join(PATIENT_S)
        engine.stop("a")
        assert slow not in [process for crew in engine._former for process in crew.processes()]
        engine.start(Worker("a"))


def test_a_process_that_cannot_even_start_is_given_up():
    engine = ProcessEngine()
    with LoadBalancer(engine, [Worker("a")]) as balancer:
        assert [engine.revive("a").alive for _ in range(4)] == [True, True, False, False]
        balancer.lose_worker("a")
        with pytest.raises(NoWorkerError):
            balancer.submit(math.sqrt, 4).result(PATIENT_S)
