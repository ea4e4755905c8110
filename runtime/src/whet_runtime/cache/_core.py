"""What a cache does, once for both colors: read, load, store, refresh, invalidate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whet_runtime._steps import Pause
from whet_runtime.cache._background import Background, Spawn
from whet_runtime.cache._backoff import Backoff
from whet_runtime.cache._chain import Timing
from whet_runtime.cache._flight import ABANDONED, FAILED, LANDED, Flight, Join
from whet_runtime.cache._flights import Flights
from whet_runtime.cache._keys import key_text
from whet_runtime.cache._load import Load, Plan
from whet_runtime.cache._memory import MISSING, MemoryTier
from whet_runtime.cache._node import FOREVER
from whet_runtime.cache._tier import ANY_TAG

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from whet_runtime._steps import Steps
    from whet_runtime.cache._access import AccessLog
    from whet_runtime.cache._chain import Chain, Found, Glance
    from whet_runtime.cache._lifetimes import Lifetimes
    from whet_runtime.cache._tier import Notice
    from whet_runtime.clock import Clock

_LEASE_POLL_S = 0.02
_AS_GOOD_AS_EVER_S = 365.0 * 86_400  # shared records need an end


class Core:
    """The operations of a cache, as generators of steps.

    Args:
        memory: The near tier.
        chain: The shared tiers, or `None`.
        access: Reads of keys that are not in memory.
        lifetimes: Seconds by kind of answer.
        lifetime_s: Of an entry for which nothing else is said; `None` for no end.
        near_s: Most seconds for which memory serves a value without asking the shared tiers.
        lease_s: How long one process has the load of a key for itself; 0 to load in each.
        clock: What tells the time.
    """

    def __init__(  # noqa: PLR0913  (its parts)
        self,
        memory: MemoryTier,
        chain: Chain | None,
        access: AccessLog,
        *,
        lifetimes: Lifetimes,
        lifetime_s: float | None,
        near_s: float,
        lease_s: float,
        clock: Clock,
    ) -> None:
        self.memory = memory
        self.chain = chain
        self.access = access
        self.lifetimes = lifetimes
        self.flights = Flights()
        self.background = Background()
        self.backoff = Backoff()
        self.loads = self.load_errors = self.refreshes = self.overtaken = 0
        self._lifetime_s = lifetime_s
        self._near_s = near_s
        self._lease_s = lease_s
        self._clock = clock

    # Reads.

    def read(self, key: Hashable, default: Any) -> Steps[Any]:
        """The value at a key that memory did not have, or the default."""
        if self.chain is None:
            return default
        flight = self.flights.alone(key)
        try:
            found, glances = yield from self.chain.look(key_text(key), ())
            if found is None:
                return default
            yield from self._promote(flight, found, glances)
            return found.value
        finally:
            self.flights.end(flight, ABANDONED)

    def fetch(self, key: Hashable, plan: Plan, loader: Callable[[], Any]) -> Steps[Any]:
        """The value at a key that a `claim` of memory did not give: found, awaited or loaded."""
        node = self.memory.node(key)
        if node is not None:  # past its soft lifetime, and this caller is to refresh it
            value = self.memory.get(key, MISSING)
            if value is not MISSING:
                yield Spawn(self.background, self.refresh(key, plan, loader))
                return value
        while True:
            flight, leads = self.flights.join(key, plan.known_tags)
            if not leads:
                cycle = yield Join(flight)
                if not cycle:
                    if flight.state == LANDED:
                        return flight.outcome
                    if flight.state == FAILED:
                        raise flight.outcome
                    continue
                flight = self.flights.alone(key)
            value = yield from self._lead(flight, self._obtain(flight, plan, loader))
            if flight.stale and self.backoff.due(key, self._clock.monotonic()):
                yield Spawn(self.background, self.refresh(key, plan, loader))
            return value

    def refresh(self, key: Hashable, plan: Plan, loader: Callable[[], Any]) -> Steps[bool]:
        """Loads a key anew while the old value is served; whether that went well. Never raises."""
        flight, leads = self.flights.join(key, plan.known_tags)
        if not leads:
            return False
        try:
            yield from self._lead(flight, self._reload(flight, plan, loader))
        except Exception:  # noqa: BLE001  (counted; the old value is served until it ends)
            self.memory.postpone(key, self.backoff.failed(key, self._clock.monotonic()))
            return False
        self.backoff.succeeded(key)
        self.refreshes += 1
        return True

    def _reload(self, flight: Flight, plan: Plan, loader: Callable[[], Any]) -> Steps[Any]:
        glances: Sequence[Glance] = ()
        if self.chain is not None:
            glances = yield from self.chain.glances(key_text(flight.key), _asked(plan))
        return (yield from self._load(flight, plan, loader, glances))

    def _lead(self, flight: Flight, steps: Steps[Any]) -> Steps[Any]:
        """Runs a load and tells those who wait how it ended."""
        try:
            value = yield from steps
        except Exception as error:
            self.flights.end(flight, FAILED, error)
            raise
        except BaseException:  # cancelled or interrupted: no answer for the others
            self.flights.end(flight, ABANDONED)
            raise
        self.flights.end(flight, LANDED, value)
        return value

    def _obtain(self, flight: Flight, plan: Plan, loader: Callable[[], Any]) -> Steps[Any]:
        """The value of a key for which this caller leads."""
        if self.memory.node(flight.key) is not None:  # it landed between look and lead
            value = self.memory.get(flight.key, MISSING)
            if value is not MISSING:
                return value
        if self.chain is None:
            return (yield from self._load(flight, plan, loader, ()))
        text = key_text(flight.key)
        found, glances = yield from self.chain.look(text, _asked(plan))
        lease = None
        if found is None and self._lease_s > 0:
            found, glances, lease = yield from self._await_lease(text, plan, glances)
        if found is not None:
            flight.stale = found.fresh_s <= 0
            yield from self._promote(flight, found, glances)
            return found.value
        try:
            return (yield from self._load(flight, plan, loader, glances))
        finally:
            if lease is not None:
                yield from self.chain.release(text, lease)

    def _await_lease(
        self, text: str, plan: Plan, glances: list[Glance]
    ) -> Steps[tuple[Found | None, list[Glance], int | None]]:
        """Waits while another process loads the key: its value, or the lease to load it here."""
        assert self.chain is not None  # noqa: S101  (the caller asked)
        until = self._clock.monotonic() + self._lease_s
        while True:
            free, lease = yield from self.chain.lease(text, self._lease_s)
            if free or self._clock.monotonic() >= until:
                return None, glances, lease
            yield Pause(_LEASE_POLL_S)
            found, glances = yield from self.chain.look(text, _asked(plan))
            if found is not None:
                return found, glances, None

    def _load(
        self, flight: Flight, plan: Plan, loader: Callable[[], Any], glances: Sequence[Glance]
    ) -> Steps[Any]:
        """Calls the loader and stores what it returned, unless it was overtaken meanwhile."""
        began = self._clock.monotonic()
        self.loads += 1
        value, error = yield Load(loader)
        if error is not None:
            self.load_errors += 1
            raise error
        load_s = self._clock.monotonic() - began
        life = self._life(plan, load_s)
        if life is None:
            return value
        tags = plan.tags if plan.tags_of is None else (*plan.tags, *plan.tags_of(value))
        if not self._keep(flight, value, life, plan.refresh_s, tags):
            return value
        if self.chain is not None and glances:
            lasting = life if life != FOREVER else _AS_GOOD_AS_EVER_S
            yield from self.chain.store(
                key_text(flight.key), value, Timing(lasting, plan.refresh_s, load_s), tags, glances
            )
            yield from self._withdraw(flight, tags)
        return value

    def _withdraw(self, flight: Flight, tags: Sequence[str]) -> Steps[None]:
        """Takes back from the tiers what a `clear` overtook while it was being written.

        Removed keys and ended tags leave marks that refuse such a write; a clear leaves none.
        """
        assert self.chain is not None  # noqa: S101 - there was something to write to
        with self.flights.lock:
            overtaken = self.flights.overtaken(flight, tags)
        if overtaken:
            yield from self.chain.tell(keys=[key_text(flight.key)])

    def _life(self, plan: Plan, load_s: float) -> float | None:
        """Seconds that a value lives, or `None` when it is not to be kept."""
        if plan.kind is not None:
            return self.lifetimes.of(plan.kind, load_s)
        life = self._lifetime_s if plan.lifetime_s is None else plan.lifetime_s
        return FOREVER if life is None else life

    def _keep(
        self,
        flight: Flight,
        value: Any,
        life: float,
        refresh_s: float | None,
        tags: Sequence[str],
    ) -> bool:
        """Stores a value in memory unless it was invalidated since the load began."""
        near = life if self.chain is None else min(life, self._near_s)
        with self.flights.lock:
            if self.flights.overtaken(flight, tags):
                self.overtaken += 1
                return False
            self.memory.set(
                flight.key,
                value,
                lifetime_s=None if near == self.memory.default_life_s else near,
                soft_s=refresh_s if refresh_s is not None and refresh_s < near else None,
                tags=tags,
            )
        return True

    def _promote(self, flight: Flight, found: Found, glances: Sequence[Glance]) -> Steps[None]:
        """Moves a value found below into the tiers above, once it is read often enough."""
        if not self.access.note(flight.key, self._clock.monotonic()):
            return
        record = found.record
        tags = tuple(record.generations)
        refreshed = found.fresh_s if found.fresh_s < found.left_s else None
        if self._keep(flight, found.value, found.left_s, refreshed, tags) and glances:
            assert self.chain is not None  # noqa: S101  (it was found there)
            yield from self.chain.copy(key_text(flight.key), record, tags, glances)
            yield from self._withdraw(flight, tags)

    # Writes.

    def write(self, key: Hashable, value: Any, plan: Plan) -> Steps[None]:
        """Stores a value that the caller has; loads in progress will not overwrite it."""
        self.flights.note([key])
        life = self._life(plan, 0.0)
        if life is None:
            yield from self.delete([key])
            return
        flight = self.flights.alone(key)
        try:
            glances: Sequence[Glance] = ()
            if self.chain is not None:
                glances = yield from self.chain.glances(key_text(key), _asked(plan))
            tags = plan.tags if plan.tags_of is None else (*plan.tags, *plan.tags_of(value))
            with self.flights.lock:
                kept = self._keep(flight, value, life, plan.refresh_s, tags)
                self.flights.note([key])  # for those who read the tiers since the first note
            if kept and self.chain is not None:
                lasting = life if life != FOREVER else _AS_GOOD_AS_EVER_S
                timing = Timing(lasting, plan.refresh_s, 0.0)
                yield from self.chain.store(key_text(key), value, timing, tags, glances)
        finally:
            self.flights.end(flight, ABANDONED)

    # What is invalid is dropped from memory twice. Who read a tier before it was told, too late to
    # be overtaken by the first, may have brought the old value back.

    def delete(self, keys: Iterable[Hashable]) -> Steps[int]:
        """Removes keys everywhere; how many were in memory."""
        named = list(keys)
        count = self._forget(named)
        if self.chain is not None:
            try:
                yield from self.chain.tell(keys=[key_text(key) for key in named])
            finally:
                self._forget(named)
        return count

    def _forget(self, keys: Sequence[Hashable]) -> int:
        self.flights.note(keys)
        return sum([self.memory.delete(key) for key in keys])

    def invalidate(self, tags: Sequence[str]) -> Steps[None]:
        """Invalidates tags everywhere."""
        self._end(tags)
        if self.chain is not None:
            try:
                yield from self.chain.tell(tags=tags)
            finally:
                self._end(tags)

    def _end(self, tags: Sequence[str]) -> None:
        self.flights.note(tags=tags)
        self.memory.invalidate(*tags)

    def clear(self) -> Steps[None]:
        """Removes everything everywhere."""
        self._empty()
        if self.chain is not None:
            try:
                yield from self.chain.tell(everything=True)
            finally:
                self._empty()

    def _empty(self) -> None:
        self.flights.note_all()
        self.memory.clear()

    def covered(self, tag: str, limit: int) -> Steps[list[Hashable]]:
        """Keys that carry a tag: those in memory as given, those of shared tiers as text."""
        keys: dict[Hashable, None] = dict.fromkeys(self.memory.covered(tag)[:limit])
        if self.chain is not None:
            known = {key_text(key) for key in keys}
            for text in (yield from self.chain.covered(tag, limit)):
                if text not in known and len(keys) < limit:
                    keys[text] = None
        return list(keys)

    def hear(self, notice: Notice) -> None:
        """Takes over an invalidation that another process made."""
        if notice.everything:
            self._empty()
            return
        self._end(notice.tags)
        if notice.keys:
            self._forget(self.memory.keys_by_text(frozenset(notice.keys)))


def _asked(plan: Plan) -> tuple[str, ...]:
    """The tags whose generations have to be known before a load."""
    return plan.tags if plan.tags_of is None else (*plan.tags, ANY_TAG)
