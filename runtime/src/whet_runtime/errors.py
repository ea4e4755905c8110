"""The one error tree of whet_runtime.

    WhetRuntimeError              something the library cannot do, with the way out
    ├── MisuseError               an argument or a call that can never work
    │   ├── KeyRefused            a key that has no hash, or no stable text for a shared tier
    │   ├── ClosedError           the cache, pool or tier was closed
    │   └── WrongLoopError        something bound to one event loop is used from another
    ├── LoadCycleError            a loader waits for the very key it is loading
    ├── PoolTimeout               nothing became free within the deadline
    ├── PoolExhausted             refused at once: at the bound, or the wait would be too long
    ├── TierUnavailable           a shared tier cannot answer; the cache catches it
    ├── CodecError                bytes or values a codec cannot treat; caught by the cache
    ├── TaskError                 a task that the balancer could not bring to its end
    │   ├── NoWorkerError         no worker has what the task needs, and nobody was asked for one
    │   ├── QueueFullError        more tasks wait than were allowed
    │   ├── WorkerLostError       its worker died and no retry was left
    │   └── TaskTimeoutError      it did not end in time
    ├── ScaleError                the autoscaler's target or saved state cannot be used
    └── MissingDependency         an optional package is needed, with the line to install it

A fault of a tier is a miss and a counter: `TierUnavailable` and `CodecError` travel from a tier to
the cache, which never passes them on.
"""

from __future__ import annotations


class WhetRuntimeError(Exception):
    """Something that the library cannot do, said so that the user can act on it.

    Args:
        what: The thing given and where, such as "entries=-1".
        reason: Why it cannot be used or done.
        way_out: What to do next; one imperative sentence.
    """

    def __init__(self, what: str, reason: str, way_out: str = "") -> None:
        super().__init__(what, reason, way_out)
        self.what = what
        self.reason = reason
        self.way_out = way_out

    def __str__(self) -> str:
        """The message in one line: thing, reason, way out."""
        text = f"{self.what}: {self.reason}"
        return f"{text}. {self.way_out}" if self.way_out else text


class MisuseError(WhetRuntimeError, ValueError):
    """An argument or a call that can never work."""


class KeyRefused(MisuseError, TypeError):
    """A key that cannot be hashed, or that has no stable text for a shared tier."""


class ClosedError(MisuseError):
    """The cache, pool or tier was closed."""


class WrongLoopError(MisuseError):
    """Something bound to one event loop is used from another."""


class LoadCycleError(WhetRuntimeError, RuntimeError):
    """A loader waits for the very key it is loading."""


class PoolTimeout(WhetRuntimeError, TimeoutError):
    """Nothing in the pool became free within the deadline."""


class PoolExhausted(WhetRuntimeError, RuntimeError):
    """Refused at once: the pool is at its bound, or the expected wait is beyond the deadline."""


class TierUnavailable(WhetRuntimeError):
    """A shared tier cannot answer now: refused, too slow, circuit open, disk full."""


class CodecError(WhetRuntimeError):
    """Bytes that are no record of this format and type, or a value that the codec cannot write."""


class TaskError(WhetRuntimeError):
    """A task that the balancer could not bring to its end."""


class NoWorkerError(TaskError):
    """No worker has what the task needs, and nobody listens who could bring one."""


class QueueFullError(TaskError):
    """More tasks wait than were allowed."""


class WorkerLostError(TaskError):
    """The worker died while it ran the task, and no retry was left."""


class TaskTimeoutError(TaskError, TimeoutError):
    """The task did not end in time."""


class ScaleError(WhetRuntimeError):
    """The autoscaler's target or its saved state cannot be used."""


class MissingDependency(WhetRuntimeError, ImportError):
    """An optional package is needed; the way out names the line that installs it."""
