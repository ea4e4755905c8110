"""The two faces of the object pool: for plain functions and for coroutine functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from whet_runtime._steps import adrive, drive
from whet_runtime.errors import WrongLoopError
from whet_runtime.pool._core import PoolCore
from whet_runtime.pool._lease import AsyncLease, Lease
from whet_runtime.pool._options import checked

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Awaitable, Callable
    from types import TracebackType
    from typing import Self, Unpack

    from whet_runtime.pool._gate import Gate
    from whet_runtime.pool._options import PoolOptions
    from whet_runtime.pool._snapshot import LentObject, PoolSnapshot

T = TypeVar("T")
AS_OPTION = -1.0  # the time-out that the pool was made with


class _Face:
    """What both faces show of the core."""

    _core: PoolCore

    def lent(self) -> list[LentObject]:
        """The objects that are out, longest first, with who has them since where."""
        return self._core.lent()

    def leak_report(self, after_s: float = 60.0) -> str:
        """Who has had an object for longer, and who lost one, with stacks, to be read.

        Args:
            after_s: Times below are no leak.
        """
        return self._core.leak_report(after_s)

    def snapshot(self) -> PoolSnapshot:
        """The state and the counters now."""
        return self._core.snapshot()

    def _wait_s(self, timeout_s: float | None) -> float | None:
        return self._core.options.timeout_s if timeout_s == AS_OPTION else timeout_s


class ObjectPool(_Face, Generic[T]):
    """Objects that are costly to make, used again, for threads and tasks at once.

        buffers = ObjectPool(lambda: bytearray(1_000_000), max_size=20)
        with buffers.lend() as buffer:          # in a thread
            ...
        async with buffers.lend() as buffer:    # in a task: waits without blocking the loop
            ...

    Whoever waited longest is next, thread or task. A block that fails gives its object back only
    if the pool has a `reset` for it; else the object is destroyed, since nobody knows its state.
    The callbacks run where the object is borrowed or given back, in a task too: quick ones only.

    Args:
        make: Makes an object.
        options: See `PoolOptions`.

    Raises:
        MisuseError: An option that can never work.
    """

    def __init__(self, make: Callable[[], T], **options: Unpack[PoolOptions[T]]) -> None:
        self._core = PoolCore(make, checked(options))

    def lend(self, timeout_s: float | None = AS_OPTION) -> Loan[T]:
        """An object for a `with` or an `async with` block.

        Args:
            timeout_s: Longest wait; the pool's option unless given; None: forever.
        """
        return Loan(self, timeout_s)

    def acquire(self, timeout_s: float | None = AS_OPTION) -> Lease[T]:
        """An object that the caller gives back with `release`, from a thread.

        Raises:
            ClosedError: The pool was closed.
            PoolTimeout: Nothing became free in time.
            PoolExhausted: The pool is at its bound and was told to fail there.
        """
        entry = drive(self._core.take(self._wait_s(timeout_s)))
        return leased(Lease, self._core, entry)

    async def acquire_async(self, timeout_s: float | None = AS_OPTION) -> Lease[T]:
        """`acquire` from a task: waiting does not block the event loop."""
        entry = await adrive(self._core.take(self._wait_s(timeout_s)))
        return leased(Lease, self._core, entry)

    def warm(self, count: int | None = None) -> None:
        """Makes objects until so many are idle; `min_idle` unless given."""
        drive(self._core.warm(self._core.options.min_idle if count is None else count))

    def close(self) -> None:
        """Refuses everybody from now on; destroys the objects, those out when they are back."""
        drive(self._core.close())

    def __enter__(self) -> Self:
        """The pool, warm."""
        self.warm()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        """Closes the pool."""
        self.close()


class AsyncObjectPool(_Face, Generic[T]):
    """`ObjectPool` for objects of one event loop, with coroutine functions as callbacks.

        pool = AsyncObjectPool(connect, destroy=lambda connection: connection.close())
        async with pool.lend() as connection:
            ...

    Args:
        make: Makes an object; a coroutine function or a plain one, as are the other callbacks.
        options: See `PoolOptions`.

    Raises:
        MisuseError: An option that can never work.
    """

    def __init__(
        self, make: Callable[[], Awaitable[T] | T], **options: Unpack[PoolOptions[T]]
    ) -> None:
        self._core = PoolCore(make, checked(options))
        self._home = LoopHome(self._core.gate)

    def lend(self, timeout_s: float | None = AS_OPTION) -> AsyncLoan[T]:
        """An object for an `async with` block.

        Args:
            timeout_s: Longest wait; the pool's option unless given; None: forever.
        """
        return AsyncLoan(self, timeout_s)

    async def acquire(self, timeout_s: float | None = AS_OPTION) -> AsyncLease[T]:
        """An object that the caller gives back with `await lease.release()`.

        Raises:
            ClosedError: The pool was closed.
            PoolTimeout: Nothing became free in time.
            PoolExhausted: The pool is at its bound and was told to fail there.
            WrongLoopError: The objects belong to another event loop.
        """
        self._home.check()
        entry = await adrive(self._core.take(self._wait_s(timeout_s)))
        return leased(AsyncLease, self._core, entry)

    async def warm(self, count: int | None = None) -> None:
        """Makes objects until so many are idle; `min_idle` unless given."""
        self._home.check()
        await adrive(self._core.warm(self._core.options.min_idle if count is None else count))

    async def close(self) -> None:
        """Refuses everybody from now on; destroys the objects, those out when they are back."""
        await adrive(self._core.close())

    async def __aenter__(self) -> Self:
        """The pool, warm."""
        await self.warm()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        """Closes the pool."""
        await self.close()


class LoopHome:
    """The event loop that the objects of a pool belong to: the first in which it is used."""

    __slots__ = ("_epoch", "_gate", "_loop")

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._epoch = -1
        self._loop: AbstractEventLoop | None = None

    def check(self) -> None:
        """Passes in that loop.

        Raises:
            WrongLoopError: Another loop runs.
        """
        import asyncio

        loop = asyncio.get_running_loop()
        if self._epoch != self._gate.epoch:  # new, or in a child process
            self._loop, self._epoch = loop, self._gate.epoch
        if loop is not self._loop:
            raise WrongLoopError(
                self._gate.what, "its objects belong to another event loop",
                "Make a pool in each event loop",
            )  # fmt: skip


class Source(Protocol[T]):
    """Where the objects of a loan come from."""

    def acquire(self, timeout_s: float | None) -> Lease[T]:
        """Borrows an object in a thread."""
        ...

    async def acquire_async(self, timeout_s: float | None) -> Lease[T]:
        """Borrows an object in a task."""
        ...


class AsyncSource(Protocol[T]):
    """Where the objects of an asynchronous loan come from."""

    async def acquire(self, timeout_s: float | None) -> AsyncLease[T]:
        """Borrows an object."""
        ...


class Loan(Generic[T]):
    """A block with an object of an `ObjectPool`."""

    __slots__ = ("_lease", "_pool", "_timeout_s")

    def __init__(self, pool: Source[T], timeout_s: float | None) -> None:
        self._pool = pool
        self._timeout_s = timeout_s
        self._lease: Lease[T] | None = None

    def __enter__(self) -> T:
        """Borrows an object."""
        self._lease = self._pool.acquire(self._timeout_s)
        return self._lease.value

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        """Gives it back."""
        if self._lease is not None:
            self._lease.__exit__(kind, error, trace)

    async def __aenter__(self) -> T:
        """Borrows an object without blocking the event loop."""
        self._lease = await self._pool.acquire_async(self._timeout_s)
        return self._lease.value

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        """Gives it back."""
        self.__exit__(kind, error, trace)


class AsyncLoan(Generic[T]):
    """A block with an object of an `AsyncObjectPool`."""

    __slots__ = ("_lease", "_pool", "_timeout_s")

    def __init__(self, pool: AsyncSource[T], timeout_s: float | None) -> None:
        self._pool = pool
        self._timeout_s = timeout_s
        self._lease: AsyncLease[T] | None = None

    async def __aenter__(self) -> T:
        """Borrows an object."""
        self._lease = await self._pool.acquire(self._timeout_s)
        return self._lease.value

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        """Gives it back."""
        if self._lease is not None:
            await self._lease.__aexit__(kind, error, trace)


L = TypeVar("L", Lease[Any], AsyncLease[Any])


def leased(kind: type[L], core: PoolCore, entry: Any) -> L:
    """A lease on an object that was taken."""
    lease = kind(entry.value, core, entry)
    core.lend(lease)
    return lease
