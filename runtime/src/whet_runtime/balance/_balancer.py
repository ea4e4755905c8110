"""The balancer: callers, clock and engine around the dispatcher."""

from __future__ import annotations

import os
import random as random_module
from concurrent.futures import Executor
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from whet_runtime.balance._core import Dispatcher
from whet_runtime.balance._engine import Call
from whet_runtime.balance._jobs import Job, TaskFuture, job_of
from whet_runtime.balance._ledger import Ledger
from whet_runtime.balance._records import BalancerSnapshot, TaskOptions, WorkerSnapshot
from whet_runtime.balance._rules import rule_named
from whet_runtime.balance._runner import Runner
from whet_runtime.balance._state import Post, Task, Worker
from whet_runtime.clock import SYSTEM_CLOCK, Clock
from whet_runtime.errors import ClosedError, MisuseError, QueueFullError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future

    from whet_runtime.balance._core import Shortage
    from whet_runtime.balance._engine import Engine
    from whet_runtime.balance._rules import Rule

_PLAIN = TaskOptions()


class BalancerSettings(NamedTuple):
    """How a balancer works.

    Args:
        rule: Name of a rule, or one with settings of its own such as `WeightedScore(40, 30, 30)`.
        max_waiting: Waiting tasks above which new ones are refused; None has no bound.
        patience_s: Expected wait above which listeners are asked for capacity; None asks only when
            no worker has what a task needs.
        seed: Of the rule's chance; None differs from run to run.
    """

    rule: str | Rule = "least_expected_work"
    max_waiting: int | None = None
    patience_s: float | None = None
    seed: int | None = None


class LoadBalancer(Executor):
    """Gives each task to the worker that is expected to end it first; an `Executor`.

    From threads: `submit`, `map`, `submit_with`. From asyncio: `run`, `run_with`. Every method may
    be called from any thread. What a task raises reaches its caller.

    Args:
        engine: Runs the tasks: `ThreadEngine()`, `ProcessEngine()` or `DaskEngine(client)`.
        workers: The workers; a cluster brings its own.
        settings: Rule and bounds.
        clock: What tells the time.
    """

    def __init__(
        self,
        engine: Engine,
        workers: Iterable[Worker] = (),
        settings: BalancerSettings | None = None,
        *,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        chosen = settings or BalancerSettings()
        _check_settings(chosen)
        rule = rule_named(chosen.rule) if isinstance(chosen.rule, str) else chosen.rule
        chance = random_module.Random(chosen.seed)  # noqa: S311 - chance of a rule, no secret
        self.settings = chosen
        core = Dispatcher(rule, Ledger(), chance, patience_s=chosen.patience_s)
        self._runner = Runner(core, engine, clock)
        self._pid = os.getpid()
        for worker in workers:
            self.add_worker(worker)
        engine.open(self)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Start a function on a worker; the future gives what it returns.

        Raises:
            ClosedError: The balancer was shut down, or belongs to the parent of a forked process.
            QueueFullError: More tasks wait than were allowed.
        """
        return self.submit_with(_PLAIN, fn, *args, **kwargs)

    def submit_with(
        self, options: TaskOptions, fn: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> Future[Any]:
        """The same for a task with options.

        Raises:
            ClosedError, QueueFullError: As in `submit`.
            MisuseError: An option that can never work.
        """
        if not callable(fn):
            raise MisuseError(f"task {fn!r}", "it cannot be called", "Give a function")
        if options is not _PLAIN:
            options = options.checked()
        self._check_open()
        task = _task(options, fn)
        runner = self._runner
        future = TaskFuture(partial(runner.take_back, task))
        with runner.lock:
            self._check_room()
            effects = runner.core.submit(task, runner.now_s())
            task.payload = job = Job(
                Call(task.number, fn, args, kwargs), future, options.timeout_s
            )
            if options.timeout_s is not None:
                due_s = task.submitted_s + options.timeout_s
                job.deadline = runner.timer.at(due_s, partial(runner.time_out, task))
            runner.count["submitted"] += 1
            runner.defer(effects)
        runner.carry_out()
        return future

    async def run(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Await a function that runs on a worker; cancelled while it waits, it does not start.

        Raises:
            ClosedError, QueueFullError: As in `submit`.
        """
        return await self.run_with(_PLAIN, fn, *args, **kwargs)

    async def run_with(
        self, options: TaskOptions, fn: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> Any:
        """The same for a task with options.

        Raises:
            ClosedError, QueueFullError, MisuseError: As in `submit_with`.
        """
        import asyncio

        return await asyncio.wrap_future(self.submit_with(options, fn, *args, **kwargs))

    def add_worker(self, worker: Worker) -> None:
        """Take on a worker; tasks that waited for one like it start.

        Raises:
            MisuseError: Its name is taken, or it has no slot or no speed.
            ClosedError: The balancer was shut down.
        """
        _check_worker(worker)
        self._check_open()
        runner = self._runner
        with runner.lock:
            runner.core.check_new(worker.name)
            runner.engine.start(worker)
            runner.deaths[worker.name] = 0
            runner.defer(runner.core.join(worker, runner.now_s(), ahead=runner.engine.ahead))
        runner.carry_out()

    def remove_worker(self, name: str) -> None:
        """Let a worker go when it has ended what it runs; what waits for it goes to others.

        Raises:
            MisuseError: There is none of this name.
        """
        runner = self._runner
        with runner.lock:
            runner.defer(runner.core.drain(name, runner.now_s()))
        runner.carry_out()

    def lose_worker(self, name: str) -> None:
        """Take note that a worker is gone; what it ran begins again or fails, as the task says."""
        self._runner.bury(name, gone=True)
        self._runner.carry_out()

    def on_shortage(self, listener: Callable[[Shortage], None]) -> None:
        """Tell a listener, such as an autoscaler, whenever capacity is missing.

        With a listener, tasks that no worker can do wait for one; without, they fail at once.
        """
        self._runner.listeners.append(listener)

    def snapshot(self) -> BalancerSnapshot:
        """The state at this moment."""
        runner, core = self._runner, self._runner.core
        with runner.lock:
            workers = tuple(_seen(post, runner.deaths[name]) for name, post in core.posts.items())
            return BalancerSnapshot(
                rule=core.rule.name,
                waiting=core.waiting,
                unplaced=len(core.unplaced),
                running=sum(worker.running for worker in workers),
                returned=core.returned,
                rebound=core.rebound,
                worked_s=core.worked_s,
                backlog_s=sum(post.planned_s for post in core.posts.values()),
                workers=workers,
                history=tuple(core.ledger.records()),
                **runner.count,
            )

    def save_history(self) -> dict[str, Any]:
        """What was learned of kinds of tasks and workers, as plain values for JSON."""
        with self._runner.lock:
            return self._runner.core.ledger.state()

    def load_history(self, state: dict[str, Any]) -> None:
        """Take over what `save_history` gave; workers are known again by their names.

        Raises:
            MisuseError: It is something else; everything stays as it was.
        """
        try:
            with self._runner.lock:
                self._runner.core.ledger.restore(state)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise MisuseError(
                "history of a balancer",
                f"this is not what save_history gives ({type(error).__name__})",
                "Begin without it: what was learned is learned again",
            ) from error

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - the interface of Executor
        """Take no more tasks; end the ones that are there, or cancel those that have not started.

        Tasks that no present worker can do fail, since none will come.
        """
        if os.getpid() != self._pid:
            return  # the parent's threads and processes are not this process's to end
        runner = self._runner
        with runner.lock:
            runner.closed = True
            held = runner.core.tasks()
            stranded = [task for task in held if task in runner.core.unplaced]
        for task in held if cancel_futures else ():
            job_of(task).future.cancel()
        for task in stranded:
            runner.settle("failed", task, _closed_error())
        with runner.lock:
            for task in stranded:
                runner.core.withdraw(task)
            runner.end_if_idle()
            if wait:
                runner.idle.wait_for(lambda: not runner.busy())

    def _check_open(self) -> None:
        if os.getpid() != self._pid:
            raise ClosedError(
                "balancer", "it belongs to the parent process", "Make one after the fork"
            )
        if self._runner.closed:
            raise _closed_error()

    def _check_room(self) -> None:
        core, bound = self._runner.core, self.settings.max_waiting
        if self._runner.closed:
            raise _closed_error()
        if bound is None or core.waiting < bound:
            return
        if not any(post.free for post in core.posts.values() if not post.draining):
            raise QueueFullError(
                f"{core.waiting} waiting tasks",
                f"no more than {bound} may wait",
                "Submit later, add workers or raise max_waiting",
            )


def _task(options: TaskOptions, function: Callable[..., Any]) -> Task:
    named = options.kind or getattr(function, "__qualname__", type(function).__qualname__)
    return Task(
        str(named),
        needs=frozenset(options.needs),
        prefers=frozenset(options.prefers),
        size=options.size,
        retries=options.retries,
    )


def _seen(post: Post, deaths: int) -> WorkerSnapshot:
    return WorkerSnapshot(
        name=post.worker.name,
        capabilities=post.worker.capabilities,
        slots=post.worker.slots,
        running=len(post.running),
        waiting=len(post.queue),
        draining=post.draining,
        deaths=deaths,
    )


def _check_settings(settings: BalancerSettings) -> None:
    if settings.max_waiting is not None and settings.max_waiting < 0:
        raise MisuseError(
            f"max_waiting={settings.max_waiting!r}", "it is a number of tasks", "Give 0 or more"
        )
    if settings.patience_s is not None and not settings.patience_s > 0:
        raise MisuseError(
            f"patience_s={settings.patience_s!r}", "it is a time", "Give seconds or None"
        )


def _check_worker(worker: Worker) -> None:
    if worker.slots < 1 or not worker.speed > 0:
        raise MisuseError(
            f"worker {worker.name!r} with slots={worker.slots!r}, speed={worker.speed!r}",
            "it can do nothing",
            "Give it at least one slot and a speed above 0",
        )


def _closed_error() -> ClosedError:
    return ClosedError("balancer", "it was shut down", "Make a new one")
