"""The dispatcher as a state machine: events in, effects out; no thread, no clock, no input."""

from __future__ import annotations

from collections import OrderedDict
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from whet_runtime.balance._rules import expected_s
from whet_runtime.balance._state import Post, Task, Worker, remaining_s
from whet_runtime.errors import MisuseError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator
    from random import Random

    from whet_runtime.balance._ledger import Ledger
    from whet_runtime.balance._rules import Rule

# Waiting tasks looked at in each queue when a worker falls free: the oldest ones, which wait
# longest. More gained nothing in simulation, and the search is in every task's path.
_SEARCH_DEPTH = 4


class Shortage(NamedTuple):
    """A call for capacity: what is waiting and why.

    Args:
        needs: Capabilities that the worker must have.
        waiting: Tasks with these needs that fit nowhere; where some worker fits, all that wait.
        expected_wait_s: Of the newest task where workers fit but are busy; None where none fits.
    """

    needs: frozenset[str]
    waiting: int
    expected_wait_s: float | None


class Send(NamedTuple):
    """Start a task on a worker."""

    task: Task
    worker: str


class Fail(NamedTuple):
    """End a task that cannot be done: its worker died and no retry is left."""

    task: Task
    worker: str


class Stop(NamedTuple):
    """Stop a worker that was drained and runs nothing any more."""

    worker: str


Effect = Send | Fail | Stop | Shortage


class Dispatcher:
    """Which task runs where and which waits; every method gives the effects to carry out.

    A task goes to one of the workers that have all it needs; the rule chooses. It waits in this
    dispatcher, not at the worker, until a slot is free, so that a rebinding rule can give it to
    another worker, and a worker that dies takes along only what it was running. A task that nobody
    can do waits until a worker joins that can.

    Args:
        rule: Chooses the worker.
        ledger: Learns from the tasks that end.
        random: Source of chance of the rule.
        patience_s: Expected wait above which capacity is asked for; None never asks for that.
    """

    def __init__(
        self, rule: Rule, ledger: Ledger, random: Random, *, patience_s: float | None = None
    ) -> None:
        self.rule = rule
        self.ledger = ledger
        self.patience_s = patience_s
        self.posts: dict[str, Post] = {}
        self.unplaced: OrderedDict[Task, None] = OrderedDict()
        self.waiting = 0
        self.rebound = 0
        self.returned = 0
        self.worked_s = 0.0  # sum of the seconds that ended tasks held their slots
        self._random = random
        self._numbers = 0
        self._staff: list[Post] = []  # those that take new tasks

    def join(self, worker: Worker, now_s: float, *, ahead: int = 0) -> Iterator[Effect]:
        """A worker comes; it may take `ahead` tasks more than it has slots."""
        self.check_new(worker.name)
        self.ledger.declare(worker.name, worker.speed)
        post = self.posts[worker.name] = Post(worker, ahead)
        self._staff.append(post)
        fitting = [task for task in self.unplaced if task.needs <= worker.capabilities]
        for task in fitting:
            del self.unplaced[task]
            self.waiting -= 1
            yield from self._plan(task, now_s)
        yield from self._fill(post, now_s)

    def check_new(self, name: str) -> None:
        """Refuse a name that a worker has.

        Raises:
            MisuseError: There is one of this name.
        """
        if name in self.posts:
            raise MisuseError(f"worker {name!r}", "there is one of this name", "Give another name")

    def submit(self, task: Task, now_s: float) -> Iterator[Effect]:
        """A new task."""
        task.number = self._numbers
        self._numbers += 1
        task.submitted_s = now_s
        return self._plan(task, now_s)

    def finished(
        self, task: Task, now_s: float, seconds: float, *, failed: bool
    ) -> Iterator[Effect]:
        """A running task ended on its worker after `seconds`; its slot is free.

        A task that its worker's loss took out of the books already is passed over.
        """
        post = task.place
        if post is None or task not in post.running:
            return
        if failed:
            self.ledger.blame(task.kind, post.worker.name)
        else:
            self.ledger.learn(task.kind, post.worker.name, seconds / task.size)
        yield from self._vacate(task, post, now_s)

    def interrupted(self, task: Task, now_s: float) -> Iterator[Effect]:
        """A running task was stopped and tells nothing of the worker."""
        post = task.place
        if post is not None and task in post.running:
            yield from self._vacate(task, post, now_s)

    def _vacate(self, task: Task, post: Post, now_s: float) -> Iterator[Effect]:
        del post.running[task]
        self.worked_s += now_s - task.sent_s
        task.place = None
        task.running = False
        if post.draining:
            yield from self._dismiss(post)
        else:
            yield from self._fill(post, now_s)

    def withdraw(self, task: Task) -> bool:
        """Take back a task that waits; False when it runs or has ended."""
        if task.running or task.cancelled:
            return False
        if task in self.unplaced:
            del self.unplaced[task]
        elif task.place is not None:
            task.place.take(task)
        else:
            return False
        self.waiting -= 1
        task.cancelled = True
        return True

    def drain(self, name: str, now_s: float) -> Iterator[Effect]:
        """Give a worker no more tasks; it stops when the running ones have ended."""
        post = self._post(name)
        if not post.draining:
            post.draining = True
            self._staff.remove(post)
            yield from self._scatter(post, now_s)
            yield from self._dismiss(post)

    def lost(
        self, name: str, now_s: float, *, gone: bool, begun: Container[int] | None = None
    ) -> Iterator[Effect]:
        """A worker died; what it ran fails, or is planned again where a retry is left.

        Args:
            name: The worker.
            now_s: The time.
            gone: It does not come back; otherwise its engine has replaced it already.
            begun: Numbers of the tasks that had begun there; the others are planned again without
                taking a retry. None where that is unknown: then all count as begun.
        """
        post = self.posts.get(name)
        if post is None:
            return
        gone = gone or post.draining
        if gone:
            self._strike(post)
        victims = list(post.running)
        post.running.clear()
        for task in victims:
            task.place = None
            task.running = False
            task.attempt += 1
        for task in victims:
            yield from self._bereave(task, name, now_s, begun)
        if gone:
            yield from self._scatter(post, now_s)
            self.ledger.forget(name)
        else:
            yield from self._fill(post, now_s)

    def _bereave(
        self, task: Task, name: str, now_s: float, begun: Container[int] | None
    ) -> Iterator[Effect]:
        if begun is None or task.number in begun:
            self.ledger.blame(task.kind, name)
            if not task.retries:
                yield Fail(task, name)
                return
            task.retries -= 1
        self.returned += 1
        yield from self._plan(task, now_s, first=True)

    def tasks(self) -> list[Task]:
        """Every task that waits or runs, oldest first."""
        held = list(self.unplaced)
        for post in self.posts.values():
            held += [*post.running, *post.queue]
        return sorted(held, key=attrgetter("number"))

    def expected_wait_s(self, needs: Iterable[str], now_s: float) -> float | None:
        """Seconds until a task with these needs would start; None where no worker fits."""
        wanted = frozenset(needs)
        waits = [
            post.backlog_s(now_s) for post in self._staff if wanted <= post.worker.capabilities
        ]
        return min(waits, default=None)

    def _post(self, name: str) -> Post:
        if name not in self.posts:
            near = ", ".join(self.posts) or "none"
            raise MisuseError(
                f"worker {name!r}", "there is none of this name", f"There are: {near}"
            )
        return self.posts[name]

    def _plan(self, task: Task, now_s: float, *, first: bool = False) -> Iterator[Effect]:
        needs = task.needs
        fitting = (
            [post for post in self._staff if needs <= post.worker.capabilities]
            if needs
            else self._staff
        )
        self.waiting += 1
        if not fitting:
            self.unplaced[task] = None
            yield Shortage(needs, self._unplaced_like(needs), None)
            return
        post = self.rule.choose(task, fitting, self.ledger, now_s, self._random)
        wait_s = post.backlog_s(now_s)
        post.put(task, expected_s(task, post, self.ledger), first=first)
        if len(post.running) < post.room:
            yield from self._fill(post, now_s)
        elif self.patience_s is not None and wait_s > self.patience_s:
            yield Shortage(needs, self.waiting, wait_s)

    def _unplaced_like(self, needs: frozenset[str]) -> int:
        return sum(needs == task.needs for task in self.unplaced)

    def _fill(self, post: Post, now_s: float) -> Iterator[Effect]:
        while len(post.running) < post.room:
            task = next(iter(post.queue), None)
            if task is not None:
                post.take(task)
            else:
                task = self._rebind(post, now_s) if self.rule.rebinds and self.waiting else None
            if task is None:
                return
            self.waiting -= 1
            task.place = post
            task.running = True
            task.sent_s = now_s
            task.expected_s = expected_s(task, post, self.ledger)
            post.running[task] = None
            yield Send(task, post.worker.name)

    def _rebind(self, idle: Post, now_s: float) -> Task | None:
        """The waiting task of another worker that gains most by running here, out of its place."""
        best, best_gain = None, 0.0
        for post in self._staff:
            if not post.queue or post is idle:
                continue
            starts_s = _next_start_s(post, now_s)
            for _, task in zip(range(_SEARCH_DEPTH), post.queue, strict=False):
                there_s = expected_s(task, post, self.ledger)
                if task.needs <= idle.worker.capabilities:
                    here_s = expected_s(task, idle, self.ledger)
                    gain = starts_s + there_s - here_s
                    if gain > best_gain:
                        best, best_gain = task, gain
                starts_s += there_s / post.worker.slots
        if best is not None and best.place is not None:
            best.place.take(best)
            self.rebound += 1
        return best

    def _scatter(self, post: Post, now_s: float) -> Iterator[Effect]:
        for task in list(post.queue):
            post.take(task)
            self.waiting -= 1
            yield from self._plan(task, now_s)

    def _dismiss(self, post: Post) -> Iterator[Effect]:
        if not post.running:
            self._strike(post)
            self.ledger.forget(post.worker.name)
            yield Stop(post.worker.name)

    def _strike(self, post: Post) -> None:
        self.posts.pop(post.worker.name, None)
        if post in self._staff:
            self._staff.remove(post)


def _next_start_s(post: Post, now_s: float) -> float:
    if len(post.running) < post.room:
        return 0.0
    return min(remaining_s(task.expected_s, now_s - task.sent_s) for task in post.running)
