"""The connection pool: whet's gate, law and deadline before the driver's own pool."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ref

from whet_runtime._steps import adrive, drive
from whet_runtime.clock import SYSTEM_CLOCK
from whet_runtime.errors import MisuseError, PoolExhausted
from whet_runtime.pool._core import Call
from whet_runtime.pool._gate import Gate, admit, renewed_after_fork
from whet_runtime.pool._laws import Sample
from whet_runtime.pool._lease import Held
from whet_runtime.pool._objects import LoopHome
from whet_runtime.pool._snapshot import ConnectionSnapshot, LentObject, leak_report
from whet_runtime.pool._vegas import VegasLaw

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from whet_runtime._steps import Steps
    from whet_runtime.clock import Clock
    from whet_runtime.pool._drivers import Driver
    from whet_runtime.pool._laws import Law

_SMOOTHING = 0.05  # weight of the newest hold time in their mean
_LEAST_CHECKOUT_S = 0.001


class Terms(NamedTuple):
    """What a connection pool is told beside its driver.

    Args:
        law: How many connections may be lent; `VegasLaw` unless given.
        deadline_s: Longest wait for a connection, unless the caller says otherwise.
        name: In errors and metrics; the driver's unless given.
        stack_depth: Lines of the borrower's stack that are remembered.
        clock: What tells the time.
    """

    law: Law | None = None
    deadline_s: float = 5.0
    name: str = ""
    stack_depth: int = 8
    clock: Clock = SYSTEM_CLOCK


class ConnectionCore:
    """The operations of a connection pool; two thin faces drive them."""

    def __init__(self, driver: Driver, terms: Terms) -> None:
        self.driver = driver
        self.law: Law = terms.law or VegasLaw(start=min(10, driver.most), cap=min(50, driver.most),
                                              floor=min(2, driver.most))  # fmt: skip
        self.name = terms.name or driver.name
        if self.law.cap > driver.most:
            raise MisuseError(
                f"{self.name}: cap={self.law.cap}",
                f"the driver's own pool ends at {driver.most} connections",
                "Raise the driver's bound or lower the law's cap",
            )
        if terms.deadline_s < 0 or terms.stack_depth < 0:
            raise MisuseError(
                f"{self.name}: deadline_s={terms.deadline_s}, stack_depth={terms.stack_depth}",
                "neither can be negative", "Give 0 or more",
            )  # fmt: skip
        self.deadline_s, self.stack_depth, self.clock = terms[1], terms.stack_depth, terms.clock
        self.gate = Gate(self.law.limit, terms.clock, self.name)
        self.held_mean_s: float | None = None
        self.served = self.shed = self.failed = self.lost = 0
        self._out: dict[int, ref[Held[Any]]] = {}
        self._lock = Lock()
        renewed_after_fork(self)

    @property
    def epoch(self) -> int:
        """Forks between the pool's birth and this process."""
        return self.gate.epoch

    def now_s(self) -> float:
        """The pool's time."""
        return self.clock.monotonic()

    def take(self, deadline_s: float | None) -> Steps[Held[Any]]:
        """A connection within the deadline, or the refusal at once if that cannot be."""
        if self.epoch and not self.driver.survives_fork:
            raise MisuseError(
                self.name, "the pool was made before a fork and its threads are the parent's",
                "Make the pool in the child process",
            )  # fmt: skip
        deadline_s = self.deadline_s if deadline_s is None else deadline_s
        until_s = self.now_s() + deadline_s
        self._shed_hopeless(deadline_s)
        yield from admit(self.gate, deadline_s)
        try:
            left_s = max(_LEAST_CHECKOUT_S, until_s - self.now_s())
            connection = yield Call(self.driver.checkout, left_s)
        except BaseException:
            with self._lock:
                self.failed += 1
            self.gate.leave()
            raise
        lease: Held[Any] = Held(connection, self, None)
        self._out[id(lease)] = ref(lease)
        return lease

    def give(self, lease: Held[Any], *, discard: bool, failed: bool) -> Steps[None]:  # noqa: ARG002 - the protocol's
        """Ends the transaction and takes the connection back, whatever the ending says."""
        if lease.epoch != self.epoch:
            return  # the parent's: it gives it back itself
        self._out.pop(id(lease), None)
        try:
            try:
                yield Call(_finish, self.driver, lease.value, not failed)
            finally:
                yield Call(self.driver.checkin, lease.value)
        finally:
            self._observe(self.now_s() - lease.since_s)
            self.gate.leave()

    def lose(self, lease: Held[Any]) -> None:
        """Takes the place of a forgotten connection back; called by a finalizer."""
        if lease.epoch == self.epoch and self._out.pop(id(lease), None) is not None:
            self.lost += 1
            self.gate.leave_from_finalizer()

    def close(self) -> Steps[None]:
        """Refuses whoever asks or waits, and closes the driver's pool."""
        self.gate.close()
        yield Call(self.driver.close)

    def lent(self) -> list[LentObject]:
        """The connections that are out, longest first."""
        leases = [lease for held in list(self._out.values()) if (lease := held()) is not None]
        return sorted((each.describe() for each in leases), key=lambda each: -each.held_s)

    def snapshot(self) -> ConnectionSnapshot:
        """The state and the counters now."""
        gate = self.gate
        return ConnectionSnapshot(
            name=self.name,
            law=self.law.name,
            limit=gate.limit,
            cap=self.law.cap,
            lent=gate.in_use,
            peak_lent=gate.peak_in_use,
            waiting=gate.waiting,
            held_mean_s=self.held_mean_s,
            served=self.served,
            waits=gate.waits,
            wait_s=gate.wait_s,
            timeouts=gate.timeouts,
            shed=self.shed,
            failed=self.failed,
            lost=self.lost,
        )

    def after_fork(self) -> None:
        """Starts anew in a child process."""
        self._lock = Lock()
        self._out = {}
        self.driver.after_fork()

    def _shed_hopeless(self, deadline_s: float) -> None:
        """Refuses a caller whose turn would come after the deadline: sooner is kinder."""
        held_s, limit = self.held_mean_s, self.gate.limit
        if held_s is None or self.gate.in_use < limit:
            return
        expected_s = (self.gate.waiting + 1) * held_s / limit
        if expected_s > deadline_s:
            with self._lock:
                self.shed += 1
            raise PoolExhausted(
                self.name,
                f"a connection would be free in about {expected_s:.3g} s, after the deadline of"
                f" {deadline_s:.3g} s: {self.gate.waiting} wait for {limit}",
                "Try again later, or ask for less at a time",
            )

    def _observe(self, held_s: float) -> None:
        with self._lock:
            self.served += 1
            before_s = held_s if self.held_mean_s is None else self.held_mean_s
            self.held_mean_s = before_s + _SMOOTHING * (held_s - before_s)
            gate = self.gate
            self.law.observe(Sample(self.now_s(), held_s, gate.in_use, gate.waiting))
            limit = self.law.limit
        if limit != self.gate.limit:
            self.gate.resize(limit)


def _finish(driver: Driver, connection: Any, commit: bool) -> Any:  # noqa: FBT001  (a step's call)
    return driver.finish(connection, commit=commit)


class _Face:
    """What both faces show of the core."""

    _core: ConnectionCore

    def lent(self) -> list[LentObject]:
        """The connections that are out, longest first, with who has them since where."""
        return self._core.lent()

    def leak_report(self, after_s: float = 60.0) -> str:
        """Who has had a connection for longer, with stacks, for a person to read.

        Args:
            after_s: Times below are no leak.
        """
        lent = [each for each in self._core.lent() if each.held_s >= after_s]
        return leak_report(self._core.name, lent, [])

    def snapshot(self) -> ConnectionSnapshot:
        """The state and the counters now."""
        return self._core.snapshot()


class ConnectionPool(_Face):
    """Connections of a database, as many at once as the database can use.

        pool = ConnectionPool(PsycopgDriver("dbname=shop"))
        with pool.connection() as connection:     # committed at the end, rolled back on an error
            connection.execute("SELECT 1")

    The driver's own pool opens and keeps the connections; this one bounds how many are lent by a
    law (see `VegasLaw`), lets callers in first come first served, within a deadline, and refuses
    at once those whose turn would come too late.

    Args:
        driver: The way to the driver's pool.
        law: How many connections may be lent; `VegasLaw` from 10, at most 50, unless given.
        deadline_s: Longest wait for a connection, unless the caller says otherwise.
        name: In errors and metrics; the driver's unless given.
        stack_depth: Lines of the borrower's stack that are remembered; 0 for none.
        clock: What tells the time.

    Raises:
        MisuseError: The law may lend more connections than the driver's pool gives.
    """

    def __init__(
        self,
        driver: Driver,
        *,
        law: Law | None = None,
        deadline_s: float = 5.0,
        name: str = "",
        stack_depth: int = 8,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._core = ConnectionCore(driver, Terms(law, deadline_s, name, stack_depth, clock))

    def connection(self, deadline_s: float | None = None) -> ConnectionLoan:
        """A connection for a `with` block, which is one transaction.

        Args:
            deadline_s: Longest wait; the pool's unless given.

        Raises:
            ClosedError: On entering: the pool was closed.
            PoolTimeout: On entering: no connection became free in time.
            PoolExhausted: On entering: none could become free in time.
        """
        return ConnectionLoan(self._core, deadline_s)

    def close(self) -> None:
        """Refuses everybody from now on and closes the connections."""
        drive(self._core.close())

    def __enter__(self) -> Self:
        """The pool."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        """Closes the pool."""
        self.close()


class AsyncConnectionPool(_Face):
    """`ConnectionPool` for the tasks of one event loop.

    pool = AsyncConnectionPool(AsyncPsycopgDriver("dbname=shop"))
    async with pool.connection() as connection:
        await connection.execute("SELECT 1")
    """

    def __init__(
        self,
        driver: Driver,
        *,
        law: Law | None = None,
        deadline_s: float = 5.0,
        name: str = "",
        stack_depth: int = 8,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._core = ConnectionCore(driver, Terms(law, deadline_s, name, stack_depth, clock))
        self._home = LoopHome(self._core.gate)

    def connection(self, deadline_s: float | None = None) -> AsyncConnectionLoan:
        """A connection for an `async with` block, which is one transaction.

        Args:
            deadline_s: Longest wait; the pool's unless given.

        Raises:
            ClosedError: On entering: the pool was closed.
            PoolTimeout: On entering: no connection became free in time.
            PoolExhausted: On entering: none could become free in time.
            WrongLoopError: On entering: the connections belong to another event loop.
        """
        return AsyncConnectionLoan(self._core, self._home, deadline_s)

    async def close(self) -> None:
        """Refuses everybody from now on and closes the connections."""
        await adrive(self._core.close())

    async def __aenter__(self) -> Self:
        """The pool."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        """Closes the pool."""
        await self.close()


class ConnectionLoan:
    """A block with a connection."""

    __slots__ = ("_core", "_deadline_s", "_lease")

    def __init__(self, core: ConnectionCore, deadline_s: float | None) -> None:
        self._core = core
        self._deadline_s = deadline_s
        self._lease: Held[Any] | None = None

    def __enter__(self) -> Any:
        """Borrows a connection."""
        self._lease = drive(self._core.take(self._deadline_s))
        return self._lease.value

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        """Commits, or rolls back after an error, and gives the connection back."""
        if self._lease is not None:
            drive(self._lease.giving(failed=kind is not None))


class AsyncConnectionLoan:
    """A block with a connection, in an event loop."""

    __slots__ = ("_core", "_deadline_s", "_home", "_lease")

    def __init__(self, core: ConnectionCore, home: LoopHome, deadline_s: float | None) -> None:
        self._core = core
        self._home = home
        self._deadline_s = deadline_s
        self._lease: Held[Any] | None = None

    async def __aenter__(self) -> Any:
        """Borrows a connection."""
        self._home.check()
        self._lease = await adrive(self._core.take(self._deadline_s))
        return self._lease.value

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        """Commits, or rolls back after an error, and gives the connection back."""
        if self._lease is not None:
            await adrive(self._lease.giving(failed=kind is not None))
