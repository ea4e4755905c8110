"""Effects of the dispatcher carried out on an engine, and what comes back; for any thread."""

from __future__ import annotations

from functools import partial
from threading import Condition, RLock, local
from typing import TYPE_CHECKING, Any

from whet_runtime.balance._core import Fail, Send, Shortage, Stop
from whet_runtime.balance._jobs import job_of
from whet_runtime.balance._timer import Timer
from whet_runtime.errors import NoWorkerError, TaskTimeoutError, WorkerLostError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future

    from whet_runtime.balance._core import Dispatcher, Effect
    from whet_runtime.balance._engine import Engine, Returned
    from whet_runtime.balance._state import Task
    from whet_runtime.clock import Clock


class Runner:
    """The dispatcher, its engine and the lock around them.

    Effects are carried out after the lock is released: futures run their callers' callbacks, and
    engines may block. Each thread keeps a list of its own, so that an effect whose end comes at
    once is put behind the others instead of deepening the stack.
    """

    def __init__(self, core: Dispatcher, engine: Engine, clock: Clock) -> None:
        self.core = core
        self.engine = engine
        self.lock = RLock()
        self.idle = Condition(self.lock)
        self.timer = Timer(clock)
        self.listeners: list[Callable[[Shortage], None]] = []
        self.deaths: dict[str, int] = {}
        self.closed = False
        self.count = dict.fromkeys(
            ("submitted", "done", "failed", "cancelled", "timed_out", "lost", "shortages"), 0
        )
        self._clock = clock
        self._pending = local()

    def now_s(self) -> float:
        """The present moment of the monotonic clock."""
        return self._clock.monotonic()

    def defer(self, effects: Iterable[Effect]) -> None:
        """Take in effects; called with the lock held, since asking for them changes the state."""
        if not hasattr(self._pending, "effects"):
            self._pending.effects = []
        self._pending.effects.extend(effects)

    def carry_out(self) -> None:
        """Do what this thread has deferred; called without the lock."""
        pending = getattr(self._pending, "effects", None)
        if not pending or getattr(self._pending, "busy", False):
            return
        self._pending.busy = True
        try:
            while self._pending.effects:
                effects, self._pending.effects = self._pending.effects, []
                for effect in effects:
                    self._do(effect)
        finally:
            self._pending.busy = False

    def bury(self, name: str, *, gone: bool) -> None:
        """A worker died."""
        with self.lock:
            if name not in self.core.posts:
                return
            self.deaths[name] += 1
            revival = self.engine.revive(name)
            lost = gone or not revival.alive
            self.defer(self.core.lost(name, self.now_s(), gone=lost, begun=revival.begun))
            if name not in self.core.posts:
                self.engine.stop(name)

    def take_back(self, task: Task) -> None:
        """The caller cancelled a task before it started."""
        with self.lock:
            job_of(task).cancel()
            self._call_off(task)
            self.count["cancelled"] += 1
            if self.core.withdraw(task):
                self.end_if_idle()

    def time_out(self, task: Task) -> None:
        """The deadline of a task has passed; what it runs in is ended where the engine can."""
        error = TaskTimeoutError(
            f"task {task.kind!r}",
            f"it did not end within {job_of(task).timeout_s} s",
            "Allow it more time",
        )
        self.settle("timed_out", task, error)
        with self.lock:
            if not self.core.withdraw(task):
                self._end_by_force(task)
            self.end_if_idle()

    def settle(
        self, outcome: str, task: Task, error: BaseException | None, value: Any = None
    ) -> None:
        """Give the caller the answer, unless there was one already."""
        job = job_of(task)
        with self.lock:
            first = not job.ended
            job.ended = True
            self._call_off(task)
            self.count[outcome] += first
        if first:
            job.answer(value, error)
        with self.lock:
            self.end_if_idle()

    def busy(self) -> bool:
        """Whether any task waits or runs."""
        return bool(self.core.waiting) or any(p.running for p in self.core.posts.values())

    def end_if_idle(self) -> None:
        """Let go of engine and timer after the last task of a closed balancer."""
        if self.closed and not self.busy():
            self.engine.close()
            self.timer.close()
            self.idle.notify_all()

    def _do(self, effect: Effect) -> None:
        match effect:
            case Send(task, worker):
                self._send(task, worker)
            case Fail(task, worker):
                self.settle("lost", task, _lost_error(task, worker))
            case Stop(worker):
                self.engine.stop(worker)
            case Shortage():
                self._ask(effect)

    def _send(self, task: Task, worker: str) -> None:
        attempt = task.attempt
        job = job_of(task)
        with self.lock:
            if not job.begin():
                self.defer(self.core.interrupted(task, self.now_s()))
                self.end_if_idle()
                return
        try:
            running = self.engine.run(worker, job.call)
        except Exception as error:  # noqa: BLE001 - whatever keeps it from starting is its answer
            self._ended(task, worker, attempt, error)
            return
        running.add_done_callback(partial(self._hear, task, worker, attempt))
        if job.ended:  # timed out on its way to the engine, where there was nothing to end yet
            with self.lock:
                self._end_by_force(task)

    def _end_by_force(self, task: Task) -> None:
        if task.running and task.place is not None:
            # With the lock held no other task can take its slot: the right one is hit.
            task.retries = 0
            self.engine.kill(task.place.worker.name)

    def _hear(self, task: Task, worker: str, attempt: int, running: Future[Returned]) -> None:
        error = _lost_error(task, worker) if running.cancelled() else running.exception()
        self._ended(task, worker, attempt, error or running.result())

    def _ended(
        self, task: Task, worker: str, attempt: int, answer: BaseException | Returned
    ) -> None:
        error = answer if isinstance(answer, BaseException) else None
        with self.lock:
            if task.attempt != attempt:
                return  # its worker's loss took it out of the books
            if died := error is not None and self.engine.died(error):
                self.bury(worker, gone=False)
            else:
                seconds = 0.0 if isinstance(answer, BaseException) else answer.seconds
                failed = error is not None
                self.defer(self.core.finished(task, self.now_s(), seconds, failed=failed))
        if not died:
            value = None if isinstance(answer, BaseException) else answer.value
            self.settle("failed" if error else "done", task, error, value)
        self.carry_out()

    def _ask(self, shortage: Shortage) -> None:
        with self.lock:
            self.count["shortages"] += 1
            listeners = [] if self.closed else list(self.listeners)
            unplaced = [] if listeners else list(self.core.unplaced)
            stranded = [
                task
                for task in unplaced
                if task.needs == shortage.needs and self.core.withdraw(task)
            ]
        for task in stranded:
            self.settle("failed", task, _no_worker_error(task))
        for listener in listeners:
            try:
                listener(shortage)
            except Exception:
                import logging

                logging.getLogger("whet_runtime").exception("a listener for capacity failed")

    def _call_off(self, task: Task) -> None:
        deadline = job_of(task).deadline
        if deadline is not None:
            self.timer.call_off(deadline)


def _lost_error(task: Task, worker: str) -> WorkerLostError:
    return WorkerLostError(
        f"task {task.kind!r} on worker {worker!r}",
        "the worker died while it ran the task",
        "If it does no harm when it runs twice, give it TaskOptions(retries=1)",
    )


def _no_worker_error(task: Task) -> NoWorkerError:
    needs = ", ".join(sorted(task.needs)) or "nothing special, but there is no worker at all"
    return NoWorkerError(
        f"task {task.kind!r}",
        f"no worker has what it needs ({needs})",
        "Add such a worker, or let an autoscaler listen with on_shortage",
    )
