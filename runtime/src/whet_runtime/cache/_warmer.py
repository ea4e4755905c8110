"""Predictive warming: loads what is likely to be asked for next, as long as that pays."""

from __future__ import annotations

from threading import Event, Lock, Thread, get_ident
from typing import TYPE_CHECKING, Any

from whet_runtime._steps import adrive, drive
from whet_runtime.cache._background import Spawn
from whet_runtime.cache._gate import Gate, GateStatistics
from whet_runtime.cache._load import DEFAULT_PLAN, Plan
from whet_runtime.cache._memory import MISSING
from whet_runtime.cache._models import Rhythm, Sequence
from whet_runtime.clock import SYSTEM_CLOCK, Clock
from whet_runtime.errors import MisuseError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from whet_runtime._steps import Steps
    from whet_runtime.cache._cache import Cache

_MOST_SOURCES = 1_000
_EVERY_S = 30.0  # how often the time of day is looked at


class Warmer:
    """Reads a cache, learns from it, and loads ahead.

    Two models predict: which key follows which, by source, and at what time of day or interval a
    key is asked for. Sure and less sure guesses of the first and those of the second have a gate
    each, which measures how many come true and closes while too few do.

    Args:
        cache: What is read and warmed.
        loader: What loads a key; for `aget` it may return an awaitable.
        plan: How loaded values are kept.
        least_accesses: A key with no more recorded accesses than this is not predicted by time.
        ahead_s: How long before the predicted time a key is loaded.
        allowed: Whether loading ahead is all right now: no memory pressure, loaders not busy.
        clock: What tells the time.

    Raises:
        MisuseError: A number that is not above 0.
    """

    def __init__(  # noqa: PLR0913  (each is a setting of its own, with a default)
        self,
        cache: Cache,
        loader: Callable[[Any], Any],
        plan: Plan = DEFAULT_PLAN,
        *,
        least_accesses: int = 10,
        ahead_s: float = 300.0,
        allowed: Callable[[], bool] = lambda: True,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        for name, value in (("least_accesses", least_accesses), ("ahead_s", ahead_s)):
            if not value > 0:
                raise MisuseError(f"{name}={value!r}", "it must be above 0", "Correct it.")
        room = cache.memory.max_size or 10_000
        self.gate = Gate(horizon=room)
        self.keen_gate = Gate(horizon=room)
        self.rhythm_gate = Gate(horizon=20 * room)
        self.failures = 0
        self._cache = cache
        self._loader = loader
        self._plan = plan
        self._ahead_s = ahead_s
        self._allowed = allowed
        self._clock = clock
        self._sequence = Sequence(20 * room)
        self._rhythm = Rhythm(20 * room, least_accesses)
        self._previous: dict[Hashable, Hashable] = {}
        self._lock = Lock()
        self._ended = Event()
        self._thread: Thread | None = None

    def get(self, key: Hashable, source: Hashable = None) -> Any:
        """The value at a key, loaded if need be.

        Args:
            key: Of the cache.
            source: Whose accesses follow each other: a session, a user. `None` for this thread.
        """
        value = self._cache.memory.claim(key, MISSING)
        loaded = value is MISSING
        if loaded:
            value = drive(self._loading(key))
        predicted = self.observe(key, loaded=loaded, source=source)
        if predicted is not MISSING:
            drive(self._start(predicted))
        return value

    async def aget(self, key: Hashable, source: Hashable = None) -> Any:
        """As `get`."""
        value = self._cache.memory.claim(key, MISSING)
        loaded = value is MISSING
        if loaded:
            value = await adrive(self._loading(key))
        predicted = self.observe(key, loaded=loaded, source=source)
        if predicted is not MISSING:
            await adrive(self._start(predicted))
        return value

    def observe(self, key: Hashable, *, loaded: bool, source: Hashable = None) -> Any:
        """Learns an access; the key to load ahead, or `MISSING`."""
        stream = get_ident() if source is None else source
        with self._lock:
            for gate in (self.gate, self.keen_gate, self.rhythm_gate):
                gate.access(key, loaded=loaded)
            self._rhythm.note(key, self._clock.time())
            previous = self._previous.pop(stream, MISSING)
            self._previous[stream] = key
            if len(self._previous) > _MOST_SOURCES:
                del self._previous[next(iter(self._previous))]
            if previous is not MISSING:
                self._sequence.note(previous, key)
            guess = self._sequence.predict(key)
            if guess is None or guess.key == key or guess.key in self._cache.memory:
                return MISSING
            gate = self.gate if guess.sure else self.keen_gate
            return guess.key if gate.admit(guess.key, free=self._allowed()) else MISSING

    def _loading(self, key: Hashable) -> Steps[Any]:
        return self._cache.loading(key, lambda: self._loader(key), self._plan)

    def _start(self, key: Hashable) -> Steps[None]:
        yield Spawn(self._cache.background, self._ahead(key))

    def _ahead(self, key: Hashable) -> Steps[None]:
        """Loads a predicted key. What its loader raises is counted: nobody asked for it yet."""
        try:
            yield from self._loading(key)
        except Exception:  # noqa: BLE001  (see above)
            self.failures += 1

    # By the time of day.

    def due(self) -> list[Hashable]:
        """The keys to load now because they will be asked for soon."""
        now = self._clock.time()
        with self._lock:
            return [
                key
                for key in self._rhythm.due(now, self._ahead_s)
                if key not in self._cache.memory
                and self.rhythm_gate.admit(key, free=self._allowed())
            ]

    def warm_due(self) -> int:
        """Loads what is due, in this thread; how many keys."""
        keys = self.due()
        for key in keys:
            drive(self._ahead(key))
        return len(keys)

    async def awarm_due(self) -> int:
        """As `warm_due`."""
        keys = self.due()
        for key in keys:
            await adrive(self._ahead(key))
        return len(keys)

    def start(self) -> None:
        """Calls `warm_due` every half minute from a thread of its own, until `stop`."""
        if self._thread is None or not self._thread.is_alive():
            self._ended.clear()
            self._thread = Thread(target=self._run, name="whet-warming", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._ended.wait(_EVERY_S):
            self.warm_due()

    def stop(self) -> None:
        """Ends the thread."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def statistics(self) -> dict[str, GateStatistics]:
        """What came of the predictions of each model."""
        return {
            "sequence": self.gate.statistics(),
            "keen_sequence": self.keen_gate.statistics(),
            "rhythm": self.rhythm_gate.statistics(),
        }
