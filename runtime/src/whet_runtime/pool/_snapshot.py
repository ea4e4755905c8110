"""What a pool shows of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class LentObject(NamedTuple):
    """An object that is out.

    Args:
        value: The object; None where it was lost.
        held_s: How long it has been out.
        borrower: The thread, and the task where there is one.
        stack: Where it was borrowed, innermost line first: `file:line in function`.
    """

    value: Any
    held_s: float
    borrower: str
    stack: tuple[str, ...]


class PoolSnapshot(NamedTuple):
    """The state and the counters of a pool of objects at one moment.

    Args:
        name: The pool's.
        limit: Objects that may be lent at once.
        lent: Objects out now.
        peak_lent: The most that were out at once.
        idle: Objects waiting for reuse.
        idle_bytes: Their bytes; 0 where the pool was not told how to measure one.
        waiting: Callers in line.
        created: Objects made, also ahead.
        destroyed: Objects ended by the pool.
        hits: Callers who got an object that was there.
        misses: Callers for whom one was made.
        waits: Callers who had to stand in line.
        wait_s: Seconds that they waited, in all.
        timeouts: Callers whose time was up.
        refused: Callers refused at the bound.
        grown: Objects lent beyond the bound.
        invalid: Idle objects that `validate` refused.
        expired: Idle objects that were too old or idle for too long.
        evicted: Idle objects that gave way to other kinds.
        lost: Objects whose borrower forgot them; their places were taken back.
        callback_errors: Exceptions of `validate`, `reset` and `destroy`.
    """

    name: str
    limit: int
    lent: int
    peak_lent: int
    idle: int
    idle_bytes: int
    waiting: int
    created: int
    destroyed: int
    hits: int
    misses: int
    waits: int
    wait_s: float
    timeouts: int
    refused: int
    grown: int
    invalid: int
    expired: int
    evicted: int
    lost: int
    callback_errors: int

    @property
    def hit_rate(self) -> float | None:
        """Share of the callers, 0 to 1, who got an object that was there; None: no caller yet."""
        asked = self.hits + self.misses
        return self.hits / asked if asked else None


# Which numbers of any pool's snapshot only ever grow.
COUNTERS = frozenset({
    "callback_errors", "created", "destroyed", "evicted", "expired", "failed", "grown", "hits",
    "invalid", "lost", "misses", "refused", "served", "shed", "timeouts", "wait_s", "waits",
})  # fmt: skip


def total(name: str, pools: Iterable[PoolSnapshot]) -> PoolSnapshot:
    """The sums over pools; a peak of the whole is not known, so that it is the highest of one."""
    every = list(pools)
    sums = [sum(column) for column in list(zip(*every, strict=True))[1:]] or [0] * _NUMBERS
    peak = max((each.peak_lent for each in every), default=0)
    return PoolSnapshot(name, *sums)._replace(peak_lent=peak)


_NUMBERS = len(PoolSnapshot._fields) - 1


def leak_report(name: str, lent: list[LentObject], lost: list[LentObject]) -> str:
    """Who has had objects for too long, and who lost one, for a person to read."""
    lines = [f"{name}: {len(lent)} lent, {len(lost)} lost"]
    for verb, entries in (("held", lent), ("lost", lost)):
        for entry in sorted(entries, key=lambda each: -each.held_s):
            lines.append(f"  {verb} {entry.held_s:.3f} s by {entry.borrower}")
            lines += [f"    {line}" for line in entry.stack]
    return "\n".join(lines)


class ConnectionSnapshot(NamedTuple):
    """The state and the counters of a connection pool at one moment.

    Args:
        name: The pool's.
        law: The name of the law that sets the limit.
        limit: Connections that may be lent at once, now.
        cap: The most that the law may allow.
        lent: Connections out now.
        peak_lent: The most that were out at once.
        waiting: Callers in line.
        held_mean_s: How long a connection is held, of late; None: none came back yet.
        served: Connections that came back.
        waits: Callers who had to stand in line.
        wait_s: Seconds that they waited, in all.
        timeouts: Callers whose time was up.
        shed: Callers refused at once, since their turn would have come too late.
        failed: Connections that the driver could not give.
        lost: Connections whose borrower forgot them.
    """

    name: str
    law: str
    limit: int
    cap: int
    lent: int
    peak_lent: int
    waiting: int
    held_mean_s: float | None
    served: int
    waits: int
    wait_s: float
    timeouts: int
    shed: int
    failed: int
    lost: int
