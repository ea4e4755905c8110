"""The rules by which a worker is chosen among those that can do a task; a class a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from whet_runtime.errors import MisuseError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from whet_runtime.balance._ledger import Ledger
    from whet_runtime.balance._state import Post, Task

_LIKED = 0.5  # expected share of the usual time where a wish is met and nothing is known yet


class Rule(Protocol):
    """Chooses one of the workers that can do a task.

    `rebinds` tells whether waiting tasks may be given to another worker that is free and expected
    to end them sooner; the classic rules bind at submission.
    """

    @property
    def name(self) -> str:
        """What statistics and settings call the rule."""
        ...

    @property
    def rebinds(self) -> bool:
        """Whether a free worker may take tasks that wait for another."""
        ...

    def choose(
        self, task: Task, posts: Sequence[Post], ledger: Ledger, now_s: float, random: Random
    ) -> Post:
        """The worker for a task, out of at least one."""
        ...


class LeastExpectedWork:
    """The worker that is expected to end the task first, from the dispatcher's own ledger.

    Nothing is asked of the workers: what was sent there and has not ended is known here, and never
    stale. A small share of the tasks goes to a free worker of which least is known, so that one
    that was slow once is found again when it has recovered.

    Args:
        exploration: Share of tasks, 0 to 1.
    """

    name = "least_expected_work"
    rebinds = True

    def __init__(self, exploration: float = 0.01) -> None:
        if not 0.0 <= exploration <= 1.0:
            raise MisuseError(
                f"exploration {exploration!r}", "it is a share of the tasks", "Give 0 to 1"
            )
        self.exploration = exploration

    def choose(
        self, task: Task, posts: Sequence[Post], ledger: Ledger, now_s: float, random: Random
    ) -> Post:
        """The worker for a task, out of at least one."""
        if self.exploration and random.random() < self.exploration:
            free = [post for post in posts if post.free]
            if free:
                return min(free, key=lambda post: ledger.observations(task.kind, post.worker.name))
        best, best_s = posts[0], float("inf")
        for post in posts:
            ends_s = post.backlog_s(now_s) + expected_s(task, post, ledger)
            if ends_s < best_s:
                best, best_s = post, ends_s
        return best


class WeightedScore:
    """The worker with the highest weighted sum of load, match and history, each from 0 to 1.

    Load is 1 for a worker without tasks and 1/2 for one with as many as it has slots; match is the
    share of the wished capabilities that it has; history is the best expected time of this kind of
    task over the worker's own, times the share of tasks that did not fail.

    Args:
        load: Weight, at least 0.
        match: Same.
        history: Same; one of the three must be above 0.
    """

    name = "weighted_score"
    rebinds = False

    def __init__(self, load: float = 40, match: float = 30, history: float = 30) -> None:
        weights = (load, match, history)
        if min(weights) < 0 or sum(weights) <= 0:
            raise MisuseError(
                f"weights load={load!r}, match={match!r}, history={history!r}",
                "none may be negative and one must be above 0",
                "Give weights such as 40, 30, 30",
            )
        total = sum(weights)
        self.load, self.match, self.history = (weight / total for weight in weights)

    def choose(
        self, task: Task, posts: Sequence[Post], ledger: Ledger, now_s: float, random: Random
    ) -> Post:
        """The worker for a task, out of at least one."""
        del now_s, random
        usual_s = [ledger.usual_s(task.kind, post.worker.name) for post in posts]
        shortest_s = min(usual_s)
        scores = [
            self.load / (1.0 + post.load / post.worker.slots)
            + self.match * post.match(task)
            + self.history * shortest_s / own_s
            for post, own_s in zip(posts, usual_s, strict=True)
        ]
        return posts[scores.index(max(scores))]


class RoundRobin:
    """Each worker in turn: the baseline that knows nothing."""

    name = "round_robin"
    rebinds = False

    def __init__(self) -> None:
        self._turn = -1

    def choose(
        self, task: Task, posts: Sequence[Post], ledger: Ledger, now_s: float, random: Random
    ) -> Post:
        """The worker for a task, out of at least one."""
        del task, ledger, now_s, random
        self._turn += 1
        return posts[self._turn % len(posts)]


class PowerOfTwo:
    """The worker with fewer tasks a slot of two drawn at random.

    Source: Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, 2001.
    """

    name = "power_of_two"
    rebinds = False

    def choose(
        self, task: Task, posts: Sequence[Post], ledger: Ledger, now_s: float, random: Random
    ) -> Post:
        """The worker for a task, out of at least one."""
        del task, ledger, now_s
        pair = random.sample(posts, 2) if len(posts) > 1 else posts
        return min(pair, key=tasks_a_slot)


class ShortestQueue:
    """The worker with the fewest tasks a slot, running ones included."""

    name = "shortest_queue"
    rebinds = False

    def choose(
        self, task: Task, posts: Sequence[Post], ledger: Ledger, now_s: float, random: Random
    ) -> Post:
        """The worker for a task, out of at least one."""
        del task, ledger, now_s
        fewest = min(map(tasks_a_slot, posts))
        return random.choice([post for post in posts if tasks_a_slot(post) == fewest])


def tasks_a_slot(post: Post) -> float:
    """Tasks that run or wait at a worker for each of its slots."""
    return post.load / post.worker.slots


def expected_s(task: Task, post: Post, ledger: Ledger) -> float:
    """Seconds that a task would run on a worker; its wishes count until history tells."""
    name = post.worker.name
    seconds = ledger.usual_s(task.kind, name) * task.size
    if task.prefers and not ledger.observations(task.kind, name):
        seconds *= 1.0 - (1.0 - _LIKED) * post.match(task)
    return seconds


RULES: dict[str, type[Rule]] = {
    rule.name: rule
    for rule in (LeastExpectedWork, WeightedScore, RoundRobin, PowerOfTwo, ShortestQueue)
}


def rule_named(name: str) -> Rule:
    """The rule of a name with its default settings.

    Raises:
        MisuseError: There is no such rule.
    """
    if name not in RULES:
        raise MisuseError(
            f"rule {name!r}", "there is none of this name", f"Choose one of {', '.join(RULES)}"
        )
    return RULES[name]()
