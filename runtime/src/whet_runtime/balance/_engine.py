"""What runs tasks: the interface that threads, processes and clusters share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from concurrent.futures import Future

    from whet_runtime.balance._state import Worker


class Call(NamedTuple):
    """A function to be called on a worker."""

    number: int
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]


class Returned(NamedTuple):
    """What a call gave, and the seconds that it took where it ran."""

    value: Any
    seconds: float


class Revival(NamedTuple):
    """What became of a worker that died.

    Args:
        alive: It was replaced and takes tasks again.
        begun: Numbers of the tasks that had begun on it; None where that is unknown.
    """

    alive: bool
    begun: Container[int] | None


class Staff(Protocol):
    """Whom an engine tells that workers come and go by themselves."""

    def add_worker(self, worker: Worker) -> None:
        """A worker came."""
        ...

    def lose_worker(self, name: str) -> None:
        """A worker is gone and does not come back."""
        ...


class Engine(Protocol):
    """Runs calls on named workers.

    The future of a call gives `Returned`, or what the function raised. `died` tells whether what a
    future raised means that the worker died; then `revive` is called, once a death.
    """

    @property
    def ahead(self) -> int:
        """Tasks that a worker is sent beyond its slots, to hide the way to it."""
        ...

    def open(self, staff: Staff) -> None:
        """Start; workers that are there already are told at once."""
        ...

    def start(self, worker: Worker) -> None:
        """Make a worker ready."""
        ...

    def run(self, worker: str, call: Call) -> Future[Returned]:
        """Start a call on a worker."""
        ...

    def died(self, error: BaseException) -> bool:
        """Whether this is the death of a worker, and not an error of the call."""
        ...

    def revive(self, worker: str) -> Revival:
        """Replace a worker that died, if that is possible."""
        ...

    def kill(self, worker: str) -> bool:
        """End by force what a worker runs; False where that is impossible or would hit others."""
        ...

    def stop(self, worker: str) -> None:
        """Let go of a worker that runs nothing."""
        ...

    def close(self) -> None:
        """Let go of everything; calls that still run are not waited for."""
        ...


def timed_call(function: Callable[..., Any], arguments: Any, keywords: Any) -> Returned:
    """Call a function where the worker is; what an async function gives is run to its end."""
    from time import perf_counter

    begin_s = perf_counter()
    value = function(*arguments, **keywords)
    if hasattr(value, "__await__"):
        value = _awaited(value)
    return Returned(value, perf_counter() - begin_s)


def _awaited(awaitable: Any) -> Any:
    import asyncio

    async def whole() -> Any:
        return await awaitable

    return asyncio.run(whole())
