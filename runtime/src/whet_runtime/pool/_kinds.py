"""Pools by kind: one for each key, together within a bound of bytes."""

from __future__ import annotations

import sys
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from whet_runtime._steps import adrive, drive
from whet_runtime.errors import MisuseError
from whet_runtime.pool._core import PoolCore
from whet_runtime.pool._gate import Gate, renewed_after_fork
from whet_runtime.pool._lease import AsyncLease, Lease
from whet_runtime.pool._objects import AS_OPTION, AsyncLoan, Loan, LoopHome, leased
from whet_runtime.pool._options import PoolOptions, checked
from whet_runtime.pool._snapshot import PoolSnapshot, total

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable
    from typing import Unpack

    from whet_runtime._steps import Steps
    from whet_runtime.pool._snapshot import LentObject

T = TypeVar("T")
K = TypeVar("K", bound="Hashable")
PER_KIND = 16
AHEAD = 2
MAX_BYTES = 64_000_000
_KINDS_KEPT = 256  # kinds without an object cost little; beyond this they are looked for
_DEFAULTS: PoolOptions[Any] = {"max_size": PER_KIND, "max_idle": PER_KIND, "at_bound": "grow"}


class KindsSnapshot(NamedTuple):
    """The state of pools by kind at one moment.

    Args:
        kinds: Kinds that have an object.
        all: The sums over all kinds, also over those that are gone.
        by_kind: The pool of each kind, those used last at the end.
    """

    kinds: int
    all: PoolSnapshot
    by_kind: dict[Any, PoolSnapshot]


class KindsCore:
    """The pools, least recently used first, and the bytes that lie idle in them."""

    def __init__(
        self, make: Callable[[Any], Any], ahead: int, max_bytes: int, given: PoolOptions[Any]
    ) -> None:
        if ahead < 0 or max_bytes < 0:
            raise MisuseError(
                f"ahead={ahead}, max_bytes={max_bytes}", "neither can be negative",
                "Give 0 or more",
            )  # fmt: skip
        given = {**_DEFAULTS, **given}
        given.setdefault("name", "pools")
        given.setdefault("size_of", sys.getsizeof)
        self.options = checked(given)
        self.make, self.ahead, self.max_bytes = make, ahead, max_bytes
        self._pools: OrderedDict[Any, PoolCore] = OrderedDict()
        self._pins: dict[Any, int] = {}  # callers on their way into a pool, which must stay
        self._gone: list[PoolSnapshot] = []
        self._lock = Lock()
        self.gate = Gate(1, self.options.clock, self.options.name)  # for its epoch and its errors
        renewed_after_fork(self)

    def take(self, kind: Any, timeout_s: float | None) -> Steps[tuple[PoolCore, Any]]:
        """An object of a kind; the first of a kind has some more made ahead."""
        pool, is_new = self._pinned(kind)
        try:
            if is_new and self.ahead:
                yield from pool.warm(self.ahead)
                yield from self._evict()
            return pool, (yield from pool.take(timeout_s))
        finally:
            with self._lock:
                self._pins[kind] -= 1

    def close(self) -> Steps[None]:
        """Closes the pool of each kind."""
        self.gate.close()
        with self._lock:
            pools = list(self._pools.values())
        for pool in pools:
            yield from pool.close()

    def lent(self) -> list[LentObject]:
        """The objects of all kinds that are out, longest first."""
        with self._lock:
            pools = list(self._pools.values())
        lent = [each for pool in pools for each in pool.lent()]
        return sorted(lent, key=lambda each: -each.held_s)

    def snapshot(self) -> KindsSnapshot:
        """The state and the counters now."""
        with self._lock:
            by_kind = {kind: pool.snapshot() for kind, pool in self._pools.items()}
            everything = [*self._gone, *by_kind.values()]
        return KindsSnapshot(len(by_kind), total(self.options.name, everything), by_kind)

    def after_fork(self) -> None:
        """Starts anew in a child process; the pools do so themselves."""
        self._lock = Lock()
        self._pins = {}
        self._pools = OrderedDict()

    def _pinned(self, kind: Any) -> tuple[PoolCore, bool]:
        self.gate.check_open()
        try:
            hash(kind)
        except TypeError:
            raise MisuseError(
                f"kind={kind!r}", "it has no hash, so that no pool can be found for it",
                "Use a number, a text or a tuple of these",
            ) from None  # fmt: skip
        with self._lock:
            self._pins[kind] = self._pins.get(kind, 0) + 1
            pool = self._pools.get(kind)
            if pool is not None:
                self._pools.move_to_end(kind)
                return pool, False
            options = self.options._replace(name=f"{self.options.name}[{kind!r}]")
            pool = PoolCore(lambda: self.make(kind), options, shelved=self._evict)
            self._pools[kind] = pool
            return pool, True

    def _evict(self) -> Steps[None]:
        """Ends idle objects of the kinds that were not asked for, until the rest fit."""
        evicted = False
        while (pool := self._too_much()) is not None:
            yield from pool.evict()
            evicted = True
        if not evicted and len(self._pools) <= _KINDS_KEPT:
            return
        with self._lock:
            for kind in [kind for kind, pool in self._pools.items() if self._is_empty(kind, pool)]:
                self._forget(kind)

    def _too_much(self) -> PoolCore | None:
        with self._lock:
            if sum(pool.idle_bytes for pool in self._pools.values()) <= self.max_bytes:
                return None
            least = self.options.min_idle
            return next((pool for pool in self._pools.values() if pool.idle > least), None)

    def _is_empty(self, kind: Any, pool: PoolCore) -> bool:
        return not (pool.idle or pool.gate.in_use or self._pins.get(kind))

    def _forget(self, kind: Any) -> None:
        self._gone = [total(self.options.name, [*self._gone, self._pools.pop(kind).snapshot()])]
        self._pins.pop(kind, None)


class _Face:
    """What both faces show of the core."""

    _core: KindsCore

    def lent(self) -> list[LentObject]:
        """The objects of all kinds that are out, longest first."""
        return self._core.lent()

    def snapshot(self) -> KindsSnapshot:
        """The state and the counters now, in all and by kind."""
        return self._core.snapshot()

    def _wait_s(self, timeout_s: float | None) -> float | None:
        return self._core.options.timeout_s if timeout_s == AS_OPTION else timeout_s


class ObjectPools(_Face, Generic[K, T]):
    """A pool of objects for each kind, such as buffers by size, for threads and tasks at once.

        buffers = ObjectPools(bytearray)
        with buffers.lend(65536) as buffer:
            ...

    Idle objects of all kinds share a bound of bytes; beyond it those of the kind that was asked
    for least recently are destroyed.

    Args:
        make: Makes an object of a kind.
        ahead: Objects made when a kind is first asked for, the one asked for included.
        max_bytes: Bound of the idle objects' sizes, as `size_of` gives them.
        options: See `PoolOptions`, for each kind; here `max_size` is 16 and `at_bound` "grow"
            unless given: these pools are for reuse, not for rationing.

    Raises:
        MisuseError: An option that can never work.
    """

    def __init__(
        self,
        make: Callable[[K], T],
        *,
        ahead: int = AHEAD,
        max_bytes: int = MAX_BYTES,
        **options: Unpack[PoolOptions[T]],
    ) -> None:
        self._core = KindsCore(make, ahead, max_bytes, options)

    def lend(self, kind: K, timeout_s: float | None = AS_OPTION) -> Loan[T]:
        """An object of a kind for a `with` or an `async with` block."""
        return Loan(_OfKind(self, kind), timeout_s)

    def acquire(self, kind: K, timeout_s: float | None = AS_OPTION) -> Lease[T]:
        """An object that the caller gives back with `release`, from a thread."""
        return leased(Lease, *drive(self._core.take(kind, self._wait_s(timeout_s))))

    async def acquire_async(self, kind: K, timeout_s: float | None = AS_OPTION) -> Lease[T]:
        """`acquire` from a task: waiting does not block the event loop."""
        return leased(Lease, *await adrive(self._core.take(kind, self._wait_s(timeout_s))))

    def close(self) -> None:
        """Refuses everybody from now on and destroys the objects."""
        drive(self._core.close())


class AsyncObjectPools(_Face, Generic[K, T]):
    """`ObjectPools` for objects of one event loop, with coroutine functions as callbacks."""

    def __init__(
        self,
        make: Callable[[K], Awaitable[T] | T],
        *,
        ahead: int = AHEAD,
        max_bytes: int = MAX_BYTES,
        **options: Unpack[PoolOptions[T]],
    ) -> None:
        self._core = KindsCore(make, ahead, max_bytes, options)
        self._home = LoopHome(self._core.gate)

    def lend(self, kind: K, timeout_s: float | None = AS_OPTION) -> AsyncLoan[T]:
        """An object of a kind for an `async with` block."""
        return AsyncLoan(_OfKindAsync(self, kind), timeout_s)

    async def acquire(self, kind: K, timeout_s: float | None = AS_OPTION) -> AsyncLease[T]:
        """An object that the caller gives back with `await lease.release()`."""
        self._home.check()
        return leased(AsyncLease, *await adrive(self._core.take(kind, self._wait_s(timeout_s))))

    async def close(self) -> None:
        """Refuses everybody from now on and destroys the objects."""
        await adrive(self._core.close())


class _OfKind(Generic[T]):
    """One kind of `ObjectPools`, as a loan sees it."""

    def __init__(self, pools: ObjectPools[Any, T], kind: Any) -> None:
        self._pools = pools
        self._kind = kind

    def acquire(self, timeout_s: float | None) -> Lease[T]:
        return self._pools.acquire(self._kind, timeout_s)

    async def acquire_async(self, timeout_s: float | None) -> Lease[T]:
        return await self._pools.acquire_async(self._kind, timeout_s)


class _OfKindAsync(Generic[T]):
    """One kind of `AsyncObjectPools`, as a loan sees it."""

    def __init__(self, pools: AsyncObjectPools[Any, T], kind: Any) -> None:
        self._pools = pools
        self._kind = kind

    async def acquire(self, timeout_s: float | None) -> AsyncLease[T]:
        return await self._pools.acquire(self._kind, timeout_s)
