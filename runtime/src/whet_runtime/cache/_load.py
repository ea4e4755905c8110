"""The caller's loader as a step, and what a load is asked to store."""

from __future__ import annotations

from collections.abc import Awaitable  # `inspect` would be a fifth of the import
from types import GeneratorType
from typing import TYPE_CHECKING, Any, NamedTuple

from whet_runtime.errors import MisuseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_ITERABLE_COROUTINE = 0x100  # `inspect.CO_ITERABLE_COROUTINE`


class Plan(NamedTuple):
    """How a loaded value is kept."""

    lifetime_s: float | None = None  # None: the cache's own
    refresh_s: float | None = None  # age from which it is refreshed while it is still served
    tags: tuple[str, ...] = ()
    tags_of: Callable[[Any], Iterable[str]] | None = None  # further tags, told by the value
    kind: str | None = None  # a preset lifetime, instead of `lifetime_s`

    @property
    def known_tags(self) -> tuple[str, ...] | None:
        """The tags, or `None` while only the value will tell them."""
        return self.tags if self.tags_of is None else None


DEFAULT_PLAN = Plan()


def _is_awaitable(value: object) -> bool:
    if isinstance(value, GeneratorType):  # of `types.coroutine`
        return bool(value.gi_code.co_flags & _ITERABLE_COROUTINE)
    return isinstance(value, Awaitable)


class Outcome(NamedTuple):
    """What a loader did. Errors are carried, not raised: `StopIteration` would end a generator."""

    value: Any
    error: Exception | None


class Load:
    """A step: calls the loader. In an event loop what it returns may be awaitable."""

    __slots__ = ("loader",)

    def __init__(self, loader: Callable[[], Any]) -> None:
        self.loader = loader

    def run(self) -> Outcome:
        """Calls the loader in this thread."""
        try:
            value = self.loader()
        except Exception as error:  # noqa: BLE001  (handed to all who wait)
            return Outcome(None, error)
        if _is_awaitable(value):
            close = getattr(value, "close", None)
            if close is not None:
                close()
            what = "an asynchronous loader"
            way_out = "Await `aget_or_load`, or decorate the `async def` itself with `cached`."
            return Outcome(None, MisuseError(what, "a synchronous call cannot await it", way_out))
        return Outcome(value, None)

    async def arun(self) -> Outcome:
        """Calls the loader in the event loop and awaits what it returns."""
        try:
            value = self.loader()
            if _is_awaitable(value):
                value = await value
        except Exception as error:  # noqa: BLE001  (handed to all who wait)
            return Outcome(None, error)
        return Outcome(value, None)
