"""What a caller gives with a task, and what the balancer tells of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from whet_runtime.errors import MisuseError

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from whet_runtime.balance._ledger import Record


class TaskOptions(NamedTuple):
    """What a task is and what it needs.

    Args:
        kind: Tasks of one kind take similar times; None takes the function's name.
        needs: Capabilities without which a worker cannot do it.
        prefers: Capabilities with which a worker does it better.
        size: How large it is beside others of its kind, above 0, such as bytes to treat; expected
            times are learned for a unit of size.
        timeout_s: Seconds from submission after which it fails; None waits forever.
        retries: How often it may be begun again when its worker dies. Only for tasks that do no
            harm when they run twice: the worker may have died at the very end.
    """

    kind: str | None = None
    needs: AbstractSet[str] = frozenset()
    prefers: AbstractSet[str] = frozenset()
    size: float = 1.0
    timeout_s: float | None = None
    retries: int = 0

    def checked(self) -> TaskOptions:
        """The same with sets of names made frozen.

        Raises:
            MisuseError: A value that can never work.
        """
        for field, names in (("needs", self.needs), ("prefers", self.prefers)):
            if not isinstance(names, set | frozenset) or not all(
                isinstance(name, str) for name in names
            ):
                raise MisuseError(f"{field}={names!r}", "it is a set of names", "Give {'gpu'}")
        if not self.size > 0:
            raise MisuseError(f"size={self.size!r}", "a task has a size above 0", "Leave it at 1")
        if self.timeout_s is not None and not self.timeout_s > 0:
            raise MisuseError(
                f"timeout_s={self.timeout_s!r}", "no task ends in no time", "Give seconds or None"
            )
        if self.retries < 0:
            raise MisuseError(f"retries={self.retries!r}", "it is a number of times", "Give 0")
        return self._replace(needs=frozenset(self.needs), prefers=frozenset(self.prefers))


class WorkerSnapshot(NamedTuple):
    """One worker at one moment."""

    name: str
    capabilities: frozenset[str]
    slots: int
    running: int
    waiting: int
    draining: bool
    deaths: int


class BalancerSnapshot(NamedTuple):
    """The balancer at one moment; numbers of tasks count from its beginning.

    Args:
        rule: Name of the rule that chooses workers.
        waiting: Tasks that have not started.
        unplaced: Those of them that no present worker can do.
        running: Tasks that run.
        submitted: Tasks taken in.
        done: Tasks that gave a value.
        failed: Tasks that raised.
        cancelled: Tasks taken back by their callers before they started.
        timed_out: Tasks that did not end in time.
        lost: Tasks that failed because their worker died.
        returned: Times that a task of a dead worker was planned again.
        rebound: Times that a free worker took a task that waited for another.
        shortages: Calls for capacity.
        worked_s: Sum of the seconds that ended tasks held their slots.
        backlog_s: Expected seconds of all tasks that wait for a worker, were one to do them all.
        workers: Each worker.
        history: Expected time and success by kind of task and worker.
    """

    rule: str
    waiting: int
    unplaced: int
    running: int
    submitted: int
    done: int
    failed: int
    cancelled: int
    timed_out: int
    lost: int
    returned: int
    rebound: int
    shortages: int
    worked_s: float
    backlog_s: float
    workers: tuple[WorkerSnapshot, ...]
    history: tuple[Record, ...]
