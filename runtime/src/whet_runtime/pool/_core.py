"""The object pool as operations that wait for nothing themselves; two thin faces drive them."""

from __future__ import annotations

from collections import deque
from random import Random
from threading import Lock
from types import CoroutineType
from typing import TYPE_CHECKING, Any
from weakref import ref

from whet_runtime.errors import MisuseError, PoolExhausted
from whet_runtime.pool._gate import Gate, admit, renewed_after_fork
from whet_runtime.pool._snapshot import LentObject, PoolSnapshot, leak_report

if TYPE_CHECKING:
    from collections.abc import Callable

    from whet_runtime._steps import Steps
    from whet_runtime.pool._lease import Held
    from whet_runtime.pool._options import Options

_LOST_KEPT = 20  # reports of forgotten leases
_FAILED = object()
# Objects of the parent process: closing them in the child could end the parent's sessions, and so
# could their finalizers. They are kept until the child ends.
_INHERITED: list[Any] = []
_COUNTS = ("created", "destroyed", "hits", "misses", "refused", "grown", "invalid", "expired",
           "evicted", "callback_errors")  # fmt: skip


class Entry:
    """An object and what the pool knows of it."""

    __slots__ = ("bytes", "expires_s", "idle_since_s", "value")

    def __init__(self, value: Any, expires_s: float | None) -> None:
        self.value = value
        self.expires_s = expires_s
        self.idle_since_s = 0.0
        self.bytes = 0


class Call:
    """The step of calling one of the user's functions, plain or a coroutine function."""

    __slots__ = ("arguments", "function")

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.function = function
        self.arguments = arguments

    def run(self) -> Any:
        """Calls it.

        Raises:
            MisuseError: It is a coroutine function.
        """
        answer = self.function(*self.arguments)
        if isinstance(answer, CoroutineType):
            answer.close()
            raise MisuseError(
                f"{self.function!r}", "a pool for threads cannot run a coroutine function",
                "Use the asynchronous pool",
            )  # fmt: skip
        return answer

    async def arun(self) -> Any:
        """Calls it and waits for its answer, if it has to be waited for."""
        answer = self.function(*self.arguments)
        return await answer if hasattr(type(answer), "__await__") else answer


class PoolCore:
    """Idle objects on a shelf behind a gate. The last to come back is the first to go out.

    Args:
        make: Makes an object.
        options: All the rest.
        shelved: Run after an object came to rest, for bounds over several pools.
    """

    def __init__(
        self,
        make: Callable[[], Any],
        options: Options,
        shelved: Callable[[], Steps[None]] | None = None,
    ) -> None:
        self.make = make
        self.options = options
        self.stack_depth = options.stack_depth
        self.gate = Gate(options.max_size, options.clock, options.name)
        self.idle_bytes = 0
        self.lost: deque[LentObject] = deque(maxlen=_LOST_KEPT)
        self.lost_count = 0
        self._shelved = shelved
        self._idle: deque[Entry] = deque()
        self._out: dict[int, ref[Held[Any]]] = {}
        self._counts = dict.fromkeys(_COUNTS, 0)
        self._random = Random()  # noqa: S311  (jitter, no secret)
        self._lock = Lock()
        renewed_after_fork(self)

    @property
    def epoch(self) -> int:
        """Forks between the pool's birth and this process."""
        return self.gate.epoch

    @property
    def idle(self) -> int:
        """Objects waiting for reuse."""
        return len(self._idle)

    def now_s(self) -> float:
        """The pool's time."""
        return self.options.clock.monotonic()

    def take(self, timeout_s: float | None) -> Steps[Entry]:
        """Enters the gate and finds or makes an object. Cancelled, it leaves nothing behind."""
        yield from self._enter(timeout_s)
        try:
            entry = self._pop()
            while entry is not None and not (yield from self._is_fit(entry)):
                yield from self._destroy(entry)
                entry = self._pop()
            if entry is not None:
                self.count("hits")
                return entry
            self.count("misses")
            return (yield from self._make())
        except BaseException:
            self.gate.leave()
            raise

    def lend(self, lease: Held[Any]) -> None:
        """Takes note of a lease."""
        self._out[id(lease)] = ref(lease)

    def give(self, lease: Held[Any], *, discard: bool, failed: bool) -> Steps[None]:
        """Takes the object of a lease back: onto the shelf, or to its end."""
        entry = lease.entry
        if lease.epoch != self.epoch:
            _INHERITED.append(entry.value)
            return
        self._out.pop(id(lease), None)
        keep = not discard and not (failed and self.options.reset is None)
        try:
            keep = keep and (yield from self._ask(self.options.reset, entry)) is not _FAILED
        except BaseException:
            self.gate.leave()
            raise
        keep = keep and self._push(entry)
        self.gate.leave()  # before destroying: who waits need not wait for that
        if keep:
            yield from self.tidy()
        else:
            yield from self._destroy(entry)

    def lose(self, lease: Held[Any]) -> None:
        """Takes the place of a forgotten lease back; its object is left to its own finalizer.

        It is not destroyed here: the value may still be in use by those who took it from the
        lease. A finalizer calls this at any line, so no lock may be waited for.
        """
        if lease.epoch == self.epoch and self._out.pop(id(lease), None) is not None:
            self.lost_count += 1
            self.lost.append(lease.describe(lost=True))
            self.gate.leave_from_finalizer()
        elif lease.epoch != self.epoch:
            _INHERITED.append(lease.value)

    def warm(self, count: int) -> Steps[None]:
        """Makes objects until so many are idle, within the bounds."""
        wanted = min(count, self.options.max_idle)
        while self.idle < wanted and self.idle + self.gate.in_use < self.gate.limit:
            entry = yield from self._make()
            if not self._push(entry):
                yield from self._destroy(entry)
                return

    def tidy(self) -> Steps[None]:
        """Destroys what was idle for too long, and what is beyond a bound over several pools."""
        limit_s = self.options.max_idle_s
        if limit_s is not None:
            while (entry := self._pop_stale(self.now_s() - limit_s)) is not None:
                self.count("expired")
                yield from self._destroy(entry)
        if self._shelved is not None:
            yield from self._shelved()

    def evict(self) -> Steps[None]:
        """Destroys the object that has been idle for longest, if there is one."""
        entry = self._pop_stale(self.now_s())
        if entry is not None:
            self.count("evicted")
            yield from self._destroy(entry)

    def close(self) -> Steps[None]:
        """Refuses whoever asks or waits; destroys what is idle, and what is out once back."""
        self.gate.close()
        while (entry := self._pop()) is not None:
            yield from self._destroy(entry)

    def count(self, what: str) -> None:
        """Adds one to a counter."""
        with self._lock:
            self._counts[what] += 1

    def lent(self) -> list[LentObject]:
        """The objects that are out, longest first."""
        leases = [lease for held in list(self._out.values()) if (lease := held()) is not None]
        return sorted((each.describe() for each in leases), key=lambda each: -each.held_s)

    def leak_report(self, after_s: float) -> str:
        """Who has had an object for so long, and who lost one, for a person to read."""
        lent = [each for each in self.lent() if each.held_s >= after_s]
        return leak_report(self.options.name, lent, list(self.lost))

    def snapshot(self) -> PoolSnapshot:
        """The state and the counters now."""
        gate = self.gate
        with self._lock:
            return PoolSnapshot(
                name=self.options.name,
                limit=gate.limit,
                lent=gate.in_use,
                peak_lent=gate.peak_in_use,
                idle=len(self._idle),
                idle_bytes=self.idle_bytes,
                waiting=gate.waiting,
                waits=gate.waits,
                wait_s=gate.wait_s,
                timeouts=gate.timeouts,
                lost=self.lost_count,
                **self._counts,
            )

    def after_fork(self) -> None:
        """Starts anew in a child process: nothing of the parent's is used or closed."""
        _INHERITED.extend(entry.value for entry in self._idle)
        self._idle = deque()
        self._out = {}
        self.idle_bytes = 0
        self._lock = Lock()

    def _enter(self, timeout_s: float | None) -> Steps[None]:
        options = self.options
        if options.at_bound == "wait":
            yield from admit(self.gate, timeout_s)
        elif not self.gate.try_enter():
            if options.at_bound == "fail":
                self.count("refused")
                raise PoolExhausted(
                    options.name, f"all {self.gate.limit} objects are lent",
                    "Give objects back sooner or raise max_size; lent() shows who has them",
                )  # fmt: skip
            self.gate.enter_over()
            self.count("grown")

    def _make(self) -> Steps[Entry]:
        value = yield Call(self.make)
        self.count("created")
        lifetime_s = self.options.max_lifetime_s
        if lifetime_s is None:
            return Entry(value, None)
        shorter = 1 - self.options.lifetime_jitter * self._random.random()
        return Entry(value, self.now_s() + lifetime_s * shorter)

    def _is_fit(self, entry: Entry) -> Steps[bool]:
        """Whether an idle object may go out once more."""
        options = self.options
        now_s = self.now_s()
        idle_s = now_s - entry.idle_since_s
        too_idle = options.max_idle_s is not None and idle_s > options.max_idle_s
        if too_idle or _is_old(entry, now_s):
            self.count("expired")
            return False
        if options.validate is None or idle_s < options.validate_after_s:
            return True
        answer = yield from self._ask(options.validate, entry)
        if answer is _FAILED or not answer:
            self.count("invalid")
            return False
        return True

    def _ask(self, callback: Callable[[Any], Any] | None, entry: Entry) -> Steps[Any]:
        """What a callback answers about an object; `_FAILED` where it raises.

        Interrupted or cancelled, nobody knows what state the object is in: it is destroyed.
        """
        if callback is None:
            return None
        try:
            return (yield Call(callback, entry.value))
        except MisuseError:
            raise
        except Exception:  # noqa: BLE001  (the user's callback; counted, and the object replaced)
            self.count("callback_errors")
            return _FAILED
        except GeneratorExit:  # the event loop is gone: nothing can be waited for
            raise
        except BaseException:
            yield from self._destroy(entry)
            raise

    def _destroy(self, entry: Entry) -> Steps[None]:
        self.count("destroyed")
        if self.options.destroy is not None:
            try:
                yield Call(self.options.destroy, entry.value)
            except Exception:  # noqa: BLE001  (the user's callback; counted, the object is gone)
                self.count("callback_errors")

    def _push(self, entry: Entry) -> bool:
        """Puts an object on the shelf; False where it may not stay."""
        if self.options.size_of is not None:
            entry.bytes = self.options.size_of(entry.value)
        with self._lock:
            entry.idle_since_s = self.now_s()
            if self.gate.closed or len(self._idle) >= self.options.max_idle:
                return False
            if _is_old(entry, entry.idle_since_s):
                self._counts["expired"] += 1
                return False
            self._idle.append(entry)
            self.idle_bytes += entry.bytes
            return True

    def _pop(self) -> Entry | None:
        with self._lock:
            if not self._idle:
                return None
            entry = self._idle.pop()
            self.idle_bytes -= entry.bytes
            return entry

    def _pop_stale(self, before_s: float) -> Entry | None:
        """The object that has been idle for longest, if since a moment and not needed ahead."""
        with self._lock:
            if len(self._idle) <= self.options.min_idle or self._idle[0].idle_since_s > before_s:
                return None
            entry = self._idle.popleft()
            self.idle_bytes -= entry.bytes
            return entry


def _is_old(entry: Entry, now_s: float) -> bool:
    return entry.expires_s is not None and now_s >= entry.expires_s
