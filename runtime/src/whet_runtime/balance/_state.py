"""What the dispatcher keeps of each task and each worker."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, NamedTuple

_OVERRUN = 0.5  # a task beyond its expected time is expected to take half as long again


class Worker(NamedTuple):
    """A worker as its owner declares it.

    Args:
        name: Unique in a balancer.
        capabilities: What it can do; a task goes only where all of its needs are.
        slots: Tasks at once, at least 1.
        speed: Relative to the other workers, above 0; a first guess that history overrules.
    """

    name: str
    capabilities: frozenset[str] = frozenset()
    slots: int = 1
    speed: float = 1.0


class Task:
    """One task between its submission and its end."""

    __slots__ = (
        "attempt", "cancelled", "expected_s", "kind", "needs", "number", "payload", "place",
        "prefers", "retries", "running", "sent_s", "size", "submitted_s",
    )  # fmt: skip

    def __init__(
        self,
        kind: str = "",
        *,
        needs: frozenset[str] = frozenset(),
        prefers: frozenset[str] = frozenset(),
        size: float = 1.0,
        retries: int = 0,
        payload: Any = None,
    ) -> None:
        self.kind = kind
        self.needs = needs
        self.prefers = prefers
        self.size = size
        self.retries = retries
        self.payload = payload
        self.number = -1
        self.attempt = 0  # counts losses: news of an earlier attempt is stale
        self.submitted_s = 0.0
        self.place: Post | None = None  # where it waits or runs; None while nothing fits
        self.running = False
        self.cancelled = False
        self.expected_s = 0.0  # seconds on that worker, as planned
        self.sent_s = 0.0


class Post:
    """A worker at work: its declared form, its queue and what it runs."""

    __slots__ = ("draining", "planned_s", "queue", "room", "running", "worker")

    def __init__(self, worker: Worker, ahead: int = 0) -> None:
        self.worker = worker
        self.room = worker.slots + ahead
        self.queue: OrderedDict[Task, None] = OrderedDict()
        self.planned_s = 0.0  # sum of `expected_s` over the queue
        self.running: dict[Task, None] = {}
        self.draining = False

    @property
    def load(self) -> int:
        """Tasks that run here or wait for this worker."""
        return len(self.queue) + len(self.running)

    @property
    def free(self) -> bool:
        """Whether a task that comes now would start at once."""
        return len(self.running) < self.room and not self.queue

    def match(self, task: Task) -> float:
        """Share of the capabilities that the task would like and this worker has, 0 to 1."""
        wished = task.prefers
        return len(wished & self.worker.capabilities) / len(wished) if wished else 1.0

    def put(self, task: Task, expected_s: float, *, first: bool = False) -> None:
        """Let a task wait here."""
        task.place = self
        task.expected_s = expected_s
        self.queue[task] = None
        self.planned_s += task.expected_s
        if first:
            self.queue.move_to_end(task, last=False)

    def take(self, task: Task) -> None:
        """Take a waiting task out of the queue."""
        del self.queue[task]
        self.planned_s = self.planned_s - task.expected_s if self.queue else 0.0
        task.place = None

    def backlog_s(self, now_s: float) -> float:
        """Expected seconds until a task that comes now would start here."""
        if self.free:
            return 0.0
        expected = self.planned_s
        for task in self.running:
            expected += remaining_s(task.expected_s, now_s - task.sent_s)
        return expected / self.worker.slots


def remaining_s(expected_s: float, elapsed_s: float) -> float:
    """Seconds that a running task still needs.

    Times of tasks are skewed to the right: one that has outlasted its expectation is more likely a
    long one than nearly done, so what remains grows with what has passed.
    """
    return max(expected_s - elapsed_s, _OVERRUN * elapsed_s)
