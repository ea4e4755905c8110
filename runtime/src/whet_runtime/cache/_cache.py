"""The cache that applications use: memory first, shared tiers behind it, for threads and tasks."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

from whet_runtime._steps import adrive, drive
from whet_runtime.cache._access import PROMOTION, AccessLog, Promotion
from whet_runtime.cache._core import Core
from whet_runtime.cache._lifetimes import LIFETIMES, Lifetimes
from whet_runtime.cache._load import DEFAULT_PLAN, Plan
from whet_runtime.cache._memory import MISSING, MemoryTier, Reads
from whet_runtime.cache._schedule import Refresh, Schedule
from whet_runtime.cache._statistics import describe
from whet_runtime.clock import SYSTEM_CLOCK, Clock
from whet_runtime.errors import ClosedError, MisuseError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from whet_runtime._steps import Steps
    from whet_runtime.cache._background import Background
    from whet_runtime.cache._reading import Read
    from whet_runtime.cache._tier import Codec, SharedTier

_REMEMBERED = 8  # reads are recorded for so many times the keys that memory holds
_MOST_COUNTED = 10_000  # tags and keys whose invalidations are counted one by one


class Cache:
    """Values by key, in memory and in shared tiers, loaded once however many callers ask.

    Every operation has two forms: `get` for threads, `aget` for tasks; both may be used on one
    cache at the same time. No fault of a shared tier reaches the caller: it is a miss and a
    counter.

    Args:
        max_size: Most entries in memory; `None` for no bound.
        max_memory_mb: Most megabytes (10^6 bytes) in memory; `None` for no bound.
        lifetime_s: Seconds that a value is good, where nothing else is said; `None` for ever.
        tiers: Shared tiers behind memory, fastest first: `(RedisTier(...), DiskTier(...))`.
        codec: Values to bytes for the tiers; `None` for `ValueCodec()`.
        near_s: Most seconds for which memory serves a value of the tiers without asking them: the
            backstop where an invalidation made by another process does not arrive.
        lease_s: Seconds for which one process has the load of a key for itself while the others
            wait; 0 to load in each process.
        promotion: When a value found in a tier moves up.
        lifetimes: Seconds by kind of answer.
        eviction: "s3fifo" or "lru".
        weigher: Bytes of an entry by key and value.
        cost: What loading an entry costs; see `MemoryTier`.
        clock: What tells the time.

    Raises:
        MisuseError: A setting that cannot be.
    """

    def __init__(  # noqa: PLR0913  (each is a setting of its own, with a default)
        self,
        max_size: int | None = 1_000,
        max_memory_mb: float | None = 50.0,
        lifetime_s: float | None = 3_600.0,
        *,
        tiers: Sequence[SharedTier] = (),
        codec: Codec | None = None,
        near_s: float = 60.0,
        lease_s: float = 0.0,
        promotion: Promotion = PROMOTION,
        lifetimes: Lifetimes = LIFETIMES,
        eviction: str = "s3fifo",
        weigher: Callable[[Any, Any], int] | None = None,
        cost: Callable[[Any, Any], float] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        _check(near_s, lease_s)
        near = lifetime_s
        if tiers:
            near = near_s if lifetime_s is None else min(lifetime_s, near_s)
        self.memory = MemoryTier(
            max_size,
            max_memory_mb,
            near,
            eviction=eviction,
            weigher=weigher,
            cost=cost,
            clock=clock,
        )
        chain = None
        if tiers:
            from whet_runtime.cache._chain import Chain

            if codec is None:
                from whet_runtime.cache._codec import ValueCodec

                codec = ValueCodec()
            chain = Chain(tiers, codec, clock)
        self._core = Core(
            self.memory,
            chain,
            AccessLog(_REMEMBERED * (max_size or 10_000), promotion),
            lifetimes=lifetimes,
            lifetime_s=lifetime_s,
            near_s=near_s,
            lease_s=lease_s,
            clock=clock,
        )
        self._clock = clock
        self._closed = False
        self._refreshes: list[Refresh] = []
        self._schedule: Schedule | None = None
        self._invalidations: Counter[str] = Counter()
        self.get: Read = self._get if chain else self.memory.get
        for tier in tiers:
            tier.listen(self._core.hear)

    # Reads.

    def _get(self, key: Hashable, default: Any = None, /) -> Any:
        value = self.memory.get(key, MISSING)
        return drive(self._core.read(key, default)) if value is MISSING else value

    async def aget(self, key: Hashable, default: Any = None, /) -> Any:
        """The value at a key, or the default."""
        value = self.memory.get(key, MISSING)
        if value is not MISSING:
            return value
        return await adrive(self._core.read(key, default))

    def get_or_load(
        self, key: Hashable, loader: Callable[[], Any], plan: Plan = DEFAULT_PLAN
    ) -> Any:
        """The value at a key; if it is nowhere, what the loader returns, which is then stored.

        However many threads and tasks ask for one key, the loader runs once. What it raises is
        raised in all of them and not kept.

        Args:
            key: Any hashable value; with shared tiers, one that has a text (see `key_text`).
            loader: Called without arguments.
            plan: How the value is kept.

        Raises:
            LoadCycleError: The loader asks for the key that it loads.
        """
        value = self.memory.claim(key, MISSING)
        if value is not MISSING:
            return value
        return drive(self.loading(key, loader, plan))

    async def aget_or_load(
        self,
        key: Hashable,
        loader: Callable[[], Any],
        plan: Plan = DEFAULT_PLAN,
    ) -> Any:
        """As `get_or_load`, in an event loop; what the loader returns may be awaitable.

        A loader that is a plain function runs in the event loop: let one that blocks return
        `asyncio.to_thread(...)`.
        """
        value = self.memory.claim(key, MISSING)
        if value is not MISSING:
            return value
        return await adrive(self.loading(key, loader, plan))

    def _open(self, steps: Steps[Any]) -> Steps[Any]:
        if self._closed:
            raise ClosedError("the cache", "it was closed", "Make a new one.")
        return steps

    # Writes.

    def set(self, key: Hashable, value: Any, plan: Plan = DEFAULT_PLAN) -> None:
        """Stores a value everywhere. Loads of the key in progress will not overwrite it."""
        drive(self._open(self._core.write(key, value, plan)))

    async def aset(self, key: Hashable, value: Any, plan: Plan = DEFAULT_PLAN) -> None:
        """As `set`."""
        await adrive(self._open(self._core.write(key, value, plan)))

    def delete(self, *keys: Hashable) -> int:
        """Removes keys everywhere; how many were in memory."""
        return drive(self._core.delete(self._counted(keys)))

    async def adelete(self, *keys: Hashable) -> int:
        """As `delete`."""
        return await adrive(self._core.delete(self._counted(keys)))

    def invalidate(self, *tags: str) -> None:
        """Makes everything that carries one of the tags unreadable, everywhere, in O(tags)."""
        drive(self._core.invalidate(self._counted(tags)))

    async def ainvalidate(self, *tags: str) -> None:
        """As `invalidate`."""
        await adrive(self._core.invalidate(self._counted(tags)))

    def _counted(self, names: tuple[Any, ...]) -> tuple[Any, ...]:
        for name in names:
            text = str(name)
            if text in self._invalidations or len(self._invalidations) < _MOST_COUNTED:
                self._invalidations[text] += 1
            else:
                self._invalidations["(others)"] += 1
        return names

    def clear(self) -> None:
        """Removes everything everywhere."""
        drive(self._core.clear())

    async def aclear(self) -> None:
        """As `clear`."""
        await adrive(self._core.clear())

    def warm(
        self, entries: Iterable[tuple[Hashable, Callable[[], Any]]], plan: Plan = DEFAULT_PLAN
    ) -> int:
        """Loads what is not there yet, by key and loader; how many were loaded.

        Raises:
            Exception: What a loader raises; what was loaded before it stays.
        """
        return sum([self._warm_one(key, loader, plan) for key, loader in entries])

    def _warm_one(self, key: Hashable, loader: Callable[[], Any], plan: Plan) -> bool:
        before = self._core.loads
        self.get_or_load(key, loader, plan)
        return self._core.loads > before

    def loading(self, key: Hashable, loader: Callable[[], Any], plan: Plan) -> Steps[Any]:
        """What `get_or_load` does after a `claim` gave nothing, for `drive` or `adrive`."""
        return self._open(self._core.fetch(key, plan, loader))

    @property
    def background(self) -> Background:
        """Where refreshes run that nobody waits for."""
        return self._core.background

    def refresh_every(
        self,
        key: Hashable,
        loader: Callable[[], Any],
        interval_s: float,
        plan: Plan = DEFAULT_PLAN,
    ) -> Refresh:
        """Loads a key anew every so often, in worker threads, until the result is cancelled.

        The first refresh comes after one interval. After a failure the wait doubles, each time,
        up to an hour; the value stays as long as it lives.
        """
        refresh = self._new_refresh(key, loader, interval_s, plan)
        if self._schedule is None:
            self._schedule = Schedule(self._core.background.submit, self._clock)
        self._schedule.add(refresh)
        return refresh

    async def arefresh_every(
        self,
        key: Hashable,
        loader: Callable[[], Any],
        interval_s: float,
        plan: Plan = DEFAULT_PLAN,
    ) -> Refresh:
        """As `refresh_every`, as a task of the running loop."""
        refresh = self._new_refresh(key, loader, interval_s, plan)
        refresh.begin()
        return refresh

    def _new_refresh(
        self, key: Hashable, loader: Callable[[], Any], interval_s: float, plan: Plan
    ) -> Refresh:
        def once() -> Steps[bool]:
            return self._core.refresh(key, plan, loader)

        refresh = Refresh(key, interval_s, once, Random())  # noqa: S311  (spreads work)
        self._refreshes = [one for one in self._refreshes if not one.cancelled]
        self._refreshes.append(refresh)
        return refresh

    @property
    def refreshes(self) -> list[Refresh]:
        """The scheduled refreshes that were not cancelled."""
        return [one for one in self._refreshes if not one.cancelled]

    # What it holds.

    def covered(self, tag: str, limit: int = 1_000) -> list[Hashable]:
        """Keys that carry a tag; those only in shared tiers as text. Looks at every entry."""
        return drive(self._core.covered(tag, limit))

    async def acovered(self, tag: str, limit: int = 1_000) -> list[Hashable]:
        """As `covered`."""
        return await adrive(self._core.covered(tag, limit))

    def reads(self, key: Hashable) -> Reads:
        """How often a key was read, in all and within the last hour, as far as is remembered."""
        total, recent = self._core.access.reads(key, self._clock.monotonic())
        near = self.memory.reads(key)
        if near is None:
            return Reads(total, float(recent))
        return Reads(total + near.total, None if near.recent is None else near.recent + recent)

    def hottest(self, count: int) -> list[Hashable]:
        """The keys in memory that are read most, most first: save them to warm the next start."""
        return self.memory.hottest(count)

    @property
    def invalidations(self) -> dict[str, int]:
        """How often each tag and key was invalidated; beyond 10,000 names as "(others)"."""
        return dict(self._invalidations)

    def get_stats(self) -> dict[str, Any]:
        """Figures of the cache and of each tier; see `docs/cache.md` for all keys."""
        return describe(self._core)

    # Its end.

    def close(self) -> None:
        """Closes the tiers; memory is emptied. Loading afterwards is an error."""
        drive(self._close())

    async def aclose(self) -> None:
        """As `close`."""
        await adrive(self._close())

    def _close(self) -> Steps[None]:
        self._closed = True
        for refresh in self._refreshes:
            refresh.cancel()
        self._core.flights.note_all()
        self.memory.clear()
        if self._core.chain is not None:
            yield from self._core.chain.close()


def _check(near_s: float, lease_s: float) -> None:
    if not near_s > 0:
        raise MisuseError(f"near_s={near_s!r}", "it must be above 0", "Give seconds.")
    if not lease_s >= 0:
        raise MisuseError(f"lease_s={lease_s!r}", "it must not be negative", "Give seconds, or 0.")
