"""A task with the future that its caller holds."""

from __future__ import annotations

from concurrent.futures import Future, InvalidStateError
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from whet_runtime.balance._engine import Call
    from whet_runtime.balance._state import Task
    from whet_runtime.balance._timer import Deadline


class TaskFuture(Future[Any]):
    """The result to come of one task; cancelled while it waits, it leaves the queue at once."""

    def __init__(self, withdraw: Callable[[], None]) -> None:
        super().__init__()
        self._withdraw = withdraw

    def cancel(self) -> bool:
        """Take the task back; False when it runs or has ended."""
        waited = not self.cancelled()
        done = super().cancel()
        if done and waited:
            self._withdraw()
        return done


class Job:
    """What the balancer keeps of a task beside what its dispatcher knows."""

    __slots__ = ("call", "deadline", "ended", "future", "started", "timeout_s")

    def __init__(self, call: Call, future: TaskFuture, timeout_s: float | None) -> None:
        self.call = call
        self.future = future
        self.timeout_s = timeout_s
        self.deadline: Deadline | None = None
        self.started = False
        self.ended = False

    def begin(self) -> bool:
        """Mark the future as running; False when it was cancelled or has its answer."""
        if self.ended:
            return False
        if self.started:
            return True
        self.started = True
        return self.future.set_running_or_notify_cancel()

    def cancel(self) -> None:
        """Tell those who wait for the future that it was cancelled, once."""
        self.ended = True
        if not self.started:
            self.started = True
            self.future.set_running_or_notify_cancel()

    def answer(self, value: Any, error: BaseException | None) -> None:
        """Give the caller the result; one that was cancelled in this moment keeps that."""
        try:
            if error is None:
                self.future.set_result(value)
            else:
                self.future.set_exception(error)
        except InvalidStateError:
            if not self.future.cancelled():
                raise


def job_of(task: Task) -> Job:
    """The job of a task that this balancer made."""
    job: Job = task.payload
    return job
