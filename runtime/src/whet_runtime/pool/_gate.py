"""Admission, first come first served: how many may be inside, who waits, who is next.

One gate serves threads and tasks of any event loop at once. It is held for a few bytecodes only,
never while a callback of the user runs.
"""

from __future__ import annotations

import os
from collections import OrderedDict, deque
from threading import Lock
from typing import TYPE_CHECKING, Protocol
from weakref import WeakSet

from whet_runtime.errors import ClosedError, PoolTimeout

if TYPE_CHECKING:
    from collections.abc import Callable

    from whet_runtime._steps import Steps
    from whet_runtime.clock import Clock


class Ticket:
    """A place in the queue. `granted` once its turn has come; `wake` is how to say so."""

    __slots__ = ("granted", "wake")

    def __init__(self) -> None:
        self.granted = False
        self.wake: Callable[[], object] | None = None


class Gate:
    """A bound on how many are inside, with a fair queue before it.

    Args:
        limit: How many may be inside; `resize` changes it at any time.
        clock: What tells the time.
        what: The pool's name, for its errors.
    """

    def __init__(self, limit: int, clock: Clock, what: str) -> None:
        self.limit = limit
        self.clock = clock
        self.what = what
        self.in_use = 0
        self.peak_in_use = 0
        self.closed = False
        self.waits = self.timeouts = 0
        self.wait_s = 0.0
        self.epoch = 0  # the number of forks between the gate's birth and this process
        self._queue: OrderedDict[Ticket, None] = OrderedDict()
        self._lost: deque[None] = deque()
        self._lock = Lock()
        renewed_after_fork(self)

    @property
    def waiting(self) -> int:
        """How many wait now."""
        return len(self._queue)

    def try_enter(self) -> bool:
        """Enters if there is room and nobody waits.

        Raises:
            ClosedError: The pool was closed.
        """
        with self._lock:
            self.check_open()
            entered = self.in_use < self.limit and not self._queue
            if entered:
                self._count_in()
        if self._lost:
            self._settle()
        return entered

    def enter_over(self) -> None:
        """Enters beyond the limit, for a pool that makes one more rather than wait."""
        with self._lock:
            self.check_open()
            self._count_in()

    def enqueue(self) -> Ticket:
        """A place at the end of the queue, granted at once where there is room."""
        ticket = Ticket()
        with self._lock:
            self.check_open()
            self.waits += 1
            self._queue[ticket] = None
            woken = self._grant()
        self._wake(woken)
        return ticket

    def attach(self, ticket: Ticket, wake: Callable[[], object]) -> bool:
        """Whether to wait: `wake` will then be called, from any thread, when the turn has come."""
        with self._lock:
            ticket.wake = wake
            return ticket in self._queue

    def withdraw(self, ticket: Ticket, waited_s: float) -> bool:
        """Ends a wait. True if the turn has come: the caller is inside."""
        with self._lock:
            self.wait_s += waited_s
            self._queue.pop(ticket, None)
            self.timeouts += not (ticket.granted or self.closed)
        if self._lost:
            self._settle()
        return ticket.granted

    def cancel(self, ticket: Ticket) -> bool:
        """Leaves the queue of one's own will. True if the turn has come: the caller is inside."""
        with self._lock:
            self._queue.pop(ticket, None)
        if self._lost:
            self._settle()
        return ticket.granted

    def leave(self) -> None:
        """Gives the place to whoever waits longest."""
        with self._lock:
            self.in_use -= 1
            woken = self._grant()
        self._wake(woken)

    def leave_from_finalizer(self) -> None:
        """`leave` for a finalizer, which may run inside any line, also while the lock is held.

        Who holds the lock looks for such departures after letting it go: none is overlooked.
        """
        self._lost.append(None)
        self._settle()

    def resize(self, limit: int) -> None:
        """Sets the limit. Those inside stay; those who wait enter as far as there is room."""
        with self._lock:
            self.limit = limit
            woken = self._grant()
        self._wake(woken)

    def close(self) -> None:
        """Lets nobody in any more and wakes all who wait; those inside may leave."""
        with self._lock:
            self.closed = True
            woken = list(self._queue)
            self._queue.clear()
        for ticket in woken:
            if ticket.wake is not None:
                _call(ticket.wake)

    def check_open(self) -> None:
        """Passes while the gate is open.

        Raises:
            ClosedError: It was closed.
        """
        if self.closed:
            raise ClosedError(self.what, "the pool was closed", "Make a new one")

    def _count_in(self) -> None:
        self.in_use += 1
        self.peak_in_use = max(self.peak_in_use, self.in_use)

    def _grant(self) -> list[Ticket]:
        woken = []
        while self._queue and self.in_use < self.limit:
            ticket, _ = self._queue.popitem(last=False)
            ticket.granted = True
            self._count_in()
            woken.append(ticket)
        return woken

    def _wake(self, tickets: list[Ticket]) -> None:
        for ticket in tickets:
            if ticket.wake is not None and not _call(ticket.wake):
                self.leave()  # its event loop is closed: nobody will come
        if self._lost:
            self._settle()

    def _settle(self) -> None:
        while self._lost and self._lock.acquire(blocking=False):
            try:
                while self._lost:
                    self._lost.popleft()
                    self.in_use -= 1
                woken = self._grant()
            finally:
                self._lock.release()
            self._wake(woken)

    def after_fork(self) -> None:
        """Starts anew in a child process: its threads and tasks are not the parent's."""
        self._lock = Lock()  # another thread of the parent may have held it
        self._queue = OrderedDict()
        self._lost = deque()
        self.in_use = 0
        self.epoch += 1


class Turn:
    """The step of waiting until a ticket's turn has come, the gate is closed or time is up."""

    __slots__ = ("gate", "ticket", "timeout_s")

    def __init__(self, gate: Gate, ticket: Ticket, timeout_s: float | None) -> None:
        self.gate = gate
        self.ticket = ticket
        self.timeout_s = timeout_s

    def run(self) -> None:
        """Blocks this thread."""
        turn = Lock()  # bare: a finalizer may release it inside any line, unlike an Event
        turn.acquire()
        if self.gate.attach(self.ticket, turn.release):
            turn.acquire(timeout=-1 if self.timeout_s is None else self.timeout_s)

    async def arun(self) -> None:
        """Waits in the running event loop."""
        import asyncio

        loop = asyncio.get_running_loop()
        future = loop.create_future()

        def done() -> None:
            if not future.done():
                future.set_result(None)

        if not self.gate.attach(self.ticket, lambda: loop.call_soon_threadsafe(done)):
            return
        alarm = None if self.timeout_s is None else loop.call_later(self.timeout_s, done)
        try:
            await future
        finally:
            if alarm is not None:
                alarm.cancel()


def admit(gate: Gate, timeout_s: float | None) -> Steps[None]:
    """Enters the gate, after a wait where it must be; the caller has to `leave` it.

    Cancelled while waiting, it leaves the queue, and passes on a turn that had just come.

    Args:
        gate: What to enter.
        timeout_s: Longest wait; None waits as long as it takes, 0 not at all.

    Raises:
        ClosedError: The pool was closed, also while waiting.
        PoolTimeout: Time was up first.
    """
    if gate.try_enter():
        return
    since = gate.clock.monotonic()
    ticket = gate.enqueue()
    try:
        if timeout_s is None or timeout_s > 0:
            yield Turn(gate, ticket, timeout_s)
    except BaseException:
        if gate.cancel(ticket):
            gate.leave()
        raise
    waited_s = gate.clock.monotonic() - since
    if gate.withdraw(ticket, waited_s):
        return
    if gate.closed:
        raise ClosedError(gate.what, "the pool was closed during the wait", "Make a new one")
    raise PoolTimeout(
        gate.what,
        f"nothing became free in {waited_s:.3g} s: {gate.in_use} of {gate.limit} are lent,"
        f" {gate.waiting} more wait",
        "Give objects back sooner, raise the bound or the deadline; lent() shows who has them",
    )


def _call(wake: Callable[[], object]) -> bool:
    """Wakes a waiter; False where its event loop is closed."""
    try:
        wake()
    except RuntimeError:
        return False
    return True


class Renewed(Protocol):
    """What must start anew in a child process."""

    def after_fork(self) -> None:
        """Forgets the parent's threads, locks and objects."""
        ...


_ALL: WeakSet[Renewed] = WeakSet()


def renewed_after_fork(each: Renewed) -> None:
    """Has `after_fork` called in every child process that `os.fork` makes from now on."""
    _ALL.add(each)


def _renew() -> None:
    for each in list(_ALL):
        each.after_fork()


os.register_at_fork(after_in_child=_renew)
