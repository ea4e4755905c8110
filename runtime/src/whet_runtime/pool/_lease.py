"""An object that is out: who has it, since when, and how it comes back."""

from __future__ import annotations

import sys
from os.path import dirname
from threading import current_thread
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from whet_runtime._steps import adrive, drive
from whet_runtime.errors import MisuseError
from whet_runtime.pool._snapshot import LentObject

if TYPE_CHECKING:
    from types import FrameType, TracebackType

    from whet_runtime._steps import Steps

T = TypeVar("T")
_HOME = dirname(dirname(__file__))  # noqa: PTH120  (a comparison of texts, once for each frame)


class Lender(Protocol):
    """What a lease needs of the pool that its object is from."""

    stack_depth: int

    @property
    def epoch(self) -> int:
        """Forks between the pool's birth and this process."""
        ...

    def now_s(self) -> float:
        """The pool's time."""
        ...

    def give(self, lease: Held[Any], *, discard: bool, failed: bool) -> Steps[None]:
        """Takes the object of a lease back."""
        ...

    def lose(self, lease: Held[Any]) -> None:
        """Takes the place of a forgotten lease back. A finalizer calls it: at any line."""
        ...


class Held(Generic[T]):
    """An object that is out. It comes back once; forgotten, its place does.

    Args:
        value: The object.
        lender: The pool.
        entry: What the pool knows of the object.
    """

    __slots__ = ("__weakref__", "_lender", "_stack", "borrower", "entry", "epoch", "since_s",
                 "value")  # fmt: skip

    def __init__(self, value: T, lender: Lender, entry: Any) -> None:
        self.value = value
        self.entry = entry
        self.epoch = lender.epoch
        self.since_s = lender.now_s()
        self._lender: Lender | None = lender
        self.borrower = ""
        self._stack: tuple[tuple[str, int, str], ...] = ()
        if lender.stack_depth:
            self.borrower = _borrower()
            self._stack = _stack(lender.stack_depth)

    def describe(self, *, lost: bool = False) -> LentObject:
        """Who has the object, for people and reports."""
        lender = self._lender
        held_s = lender.now_s() - self.since_s if lender is not None else 0.0
        lines = tuple(f"{file}:{line} in {name}" for file, line, name in self._stack)
        return LentObject(None if lost else self.value, held_s, self.borrower, lines)

    def giving(self, *, discard: bool = False, failed: bool = False) -> Steps[None]:
        """The one way back.

        Raises:
            MisuseError: The object was given back before.
        """
        lender, self._lender = self._lender, None
        if lender is None:
            raise MisuseError(
                f"{type(self).__name__} of {self.value!r}", "it was given back before",
                "Use the object within the `with` block only",
            )  # fmt: skip
        return lender.give(self, discard=discard, failed=failed)

    def __del__(self) -> None:
        """Forgotten: nobody can give the object back any more."""
        lender = getattr(self, "_lender", None)
        if lender is not None:
            lender.lose(self)


class Lease(Held[T]):
    """An object that is out of a pool with plain functions."""

    __slots__ = ()

    def release(self) -> None:
        """Gives the object back.

        Raises:
            MisuseError: It was given back before.
        """
        drive(self.giving())

    def discard(self) -> None:
        """Gives the place back and has the object destroyed, since it is spoiled.

        Raises:
            MisuseError: It was given back before.
        """
        drive(self.giving(discard=True))

    def __enter__(self) -> T:
        """The object."""
        return self.value

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        """Gives the object back, also after an error."""
        drive(self.giving(failed=kind is not None))


class AsyncLease(Held[T]):
    """An object that is out of a pool with coroutine functions."""

    __slots__ = ()

    async def release(self) -> None:
        """Gives the object back.

        Raises:
            MisuseError: It was given back before.
        """
        await adrive(self.giving())

    async def discard(self) -> None:
        """Gives the place back and has the object destroyed, since it is spoiled.

        Raises:
            MisuseError: It was given back before.
        """
        await adrive(self.giving(discard=True))

    async def __aenter__(self) -> T:
        """The object."""
        return self.value

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        """Gives the object back, also after an error or a cancellation."""
        await adrive(self.giving(failed=kind is not None))


def _borrower() -> str:
    """The thread that runs, and the task where one does."""
    thread = current_thread().name
    asyncio = sys.modules.get("asyncio")  # not loaded: no task can be running
    if asyncio is None or asyncio._get_running_loop() is None:  # noqa: SLF001  (one of its exports)
        return thread
    task = asyncio.current_task()
    return f"{thread}, {task.get_name()}" if task is not None else thread


def _stack(depth: int) -> tuple[tuple[str, int, str], ...]:
    """The innermost lines that run outside of this library, as texts: no frame is kept alive."""
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001  (public in all but its name)
    lines: list[tuple[str, int, str]] = []
    while frame is not None and len(lines) < depth:
        code = frame.f_code
        if not code.co_filename.startswith(_HOME):
            lines.append((code.co_filename, frame.f_lineno, code.co_name))
        frame = frame.f_back
    return tuple(lines)
