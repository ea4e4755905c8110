"""One core for sync and async: operations are generators that say what they wait for.

An operation (`Steps[R]`) is a generator. It never waits itself: it yields a `Step`, is resumed
with what the step answered (or with what it raised), and returns its result. Two small drivers
run it: `drive` in a thread, `adrive` in an event loop. Everything that decides (expiry, tags,
promotion, single flight) is therefore written once; only what really waits is written per color,
as the two methods of a step:

    class Ask(Step):                                     # a step of some tier
        def run(self): return self.client.get(self.key)            # blocks this thread
        async def arun(self): return await self.aclient.get(self.key)

    def read(self, key):                                 # an operation, for both colors
        data = yield Ask(...)
        return decode(data)

    drive(tier.read("k"))        await adrive(tier.read("k"))

Operations compose with `yield from`. An operation that need not wait just returns before its first
`yield`: driving it costs under a microsecond.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Protocol, TypeVar

R = TypeVar("R")


class Step(Protocol):
    """One wait, in both colors."""

    def run(self) -> Any:
        """Waits in the calling thread and answers."""
        ...

    async def arun(self) -> Any:
        """Waits in the running event loop and answers the same."""
        ...


Steps = Generator[Step, Any, R]


def drive(steps: Steps[R]) -> R:
    """Runs an operation in the calling thread."""
    try:
        step = next(steps)
        while True:
            try:
                answer = step.run()
            except BaseException as error:  # noqa: BLE001  (handed to the operation, which decides)
                step = steps.throw(error)
            else:
                step = steps.send(answer)
    except StopIteration as done:
        result: R = done.value
        return result


async def adrive(steps: Steps[R]) -> R:
    """Runs an operation in the running event loop. Cancellation is thrown into the operation."""
    try:
        step = next(steps)
        while True:
            try:
                answer = await step.arun()
            except BaseException as error:  # noqa: BLE001  (handed to the operation, which decides)
                step = steps.throw(error)
            else:
                step = steps.send(answer)
    except StopIteration as done:
        result: R = done.value
        return result


class InThread:
    """A step that is one blocking call: made in place, or in a worker thread of the event loop.

    For what blocks for milliseconds (SQLite, files). `asyncio` is imported only when awaited.
    """

    __slots__ = ("call",)

    def __init__(self, call: Callable[[], Any]) -> None:
        self.call = call

    def run(self) -> Any:
        """Makes the call here."""
        return self.call()

    async def arun(self) -> Any:
        """Makes the call in a worker thread."""
        import asyncio

        return await asyncio.to_thread(self.call)


class Pause:
    """A step that only lets time pass."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def run(self) -> None:
        """Sleeps in this thread."""
        import time

        time.sleep(self.seconds)

    async def arun(self) -> None:
        """Sleeps in the event loop."""
        import asyncio

        await asyncio.sleep(self.seconds)
