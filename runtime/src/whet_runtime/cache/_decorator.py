"""A function whose answers are kept."""

from __future__ import annotations

from functools import partial, update_wrapper
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar, cast, overload

from whet_runtime._steps import adrive, drive
from whet_runtime.cache._cache import Cache
from whet_runtime.cache._keys import call_key
from whet_runtime.cache._load import Plan
from whet_runtime.cache._memory import MISSING
from whet_runtime.errors import MisuseError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

P = ParamSpec("P")
R = TypeVar("R", covariant=True)  # noqa: PLC0105  (one letter, as everywhere)


class Cached(Protocol[P, R]):
    """A function whose answers are kept, and what else it offers."""

    cache: Cache
    __wrapped__: Callable[..., Any]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """The answer, kept or new."""
        ...

    def __get__(self, instance: object, owner: type | None = None) -> Callable[..., R]:
        """The function bound to an instance, as with any method."""
        ...

    def key(self, *args: P.args, **kwargs: P.kwargs) -> Hashable:
        """The key of a call in `cache`."""
        ...

    def forget(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Removes the answer of one call (`await f.cache.adelete(f.key(...))` in a loop)."""
        ...


@overload
def cached(function: Callable[P, R], /) -> Cached[P, R]: ...
@overload
def cached(
    *,
    cache: Cache | None = None,
    lifetime_s: float | None = None,
    refresh_s: float | None = None,
    kind: str | None = None,
    tags: Iterable[str] | Callable[..., Iterable[str]] = (),
    tags_of: Callable[[Any], Iterable[str]] | None = None,
) -> Callable[[Callable[P, R]], Cached[P, R]]: ...
def cached(  # noqa: PLR0913  (each is a setting of its own, with a default)
    function: Any = None,
    /,
    *,
    cache: Cache | None = None,
    lifetime_s: float | None = None,
    refresh_s: float | None = None,
    kind: str | None = None,
    tags: Iterable[str] | Callable[..., Iterable[str]] = (),
    tags_of: Callable[[Any], Iterable[str]] | None = None,
) -> Any:
    """Keeps the answers of a function or of an `async def`, for threads and tasks alike.

    Calls are told apart by their arguments and the arguments' types; all must be hashable. However
    many callers wait for one answer, the function runs once. What it raises is not kept. The
    object that is returned is the one kept: do not change it.

    Args:
        function: The function, when the decorator stands alone.
        cache: Where answers are kept; `None` for a `Cache()` of the function's own.
        lifetime_s: Seconds that an answer is good; `None` for the cache's own.
        refresh_s: Age from which an answer is loaded anew in the background while it is served.
        kind: A kind of answer instead of a lifetime: "count", "trend", "daily_aggregate"...
        tags: Names for `cache.invalidate`; or what tells them from the arguments.
        tags_of: What tells further names from the answer.

    Raises:
        MisuseError: A generator function, which gives no answer that could be kept.
    """
    own = cache is None
    plan = Plan(lifetime_s, refresh_s, () if callable(tags) else _texts(tags), tags_of, kind)
    told = tags if callable(tags) else None

    def decorate(inner: Callable[..., Any]) -> Any:
        from inspect import isasyncgenfunction, isgeneratorfunction

        if isgeneratorfunction(inner) or isasyncgenfunction(inner):
            raise MisuseError(
                f"cached function {inner.__qualname__}",
                "it is a generator, which can be read only once",
                "Return a list or a tuple.",
            )
        return _wrap(inner, Cache() if own or cache is None else cache, plan, told)

    return decorate if function is None else decorate(function)


def _texts(tags: Iterable[str]) -> tuple[str, ...]:
    return (tags,) if isinstance(tags, str) else tuple(tags)


def _wrap(
    function: Callable[..., Any],
    cache: Cache,
    plan: Plan,
    told: Callable[..., Iterable[str]] | None,
) -> Any:
    from inspect import iscoroutinefunction

    name = f"{function.__module__}.{function.__qualname__}"

    def planned(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Plan:
        return plan if told is None else plan._replace(tags=_texts(told(*args, **kwargs)))

    make = _async_call if iscoroutinefunction(function) else _sync_call
    call: Any = update_wrapper(make(function, cache, name, planned), function)
    call.cache = cache
    call.key = lambda *args, **kwargs: call_key(name, args, kwargs)
    call.forget = lambda *args, **kwargs: cache.delete(call_key(name, args, kwargs)) and None
    return cast("Cached[..., Any]", call)


def _sync_call(
    function: Callable[..., Any],
    cache: Cache,
    name: str,
    planned: Callable[[tuple[Any, ...], dict[str, Any]], Plan],
) -> Callable[..., Any]:
    claim = cache.memory.claim

    def call(*args: Any, **kwargs: Any) -> Any:
        key = call_key(name, args, kwargs)
        value = claim(key, MISSING)
        if value is not MISSING:
            return value
        loader = partial(function, *args, **kwargs)
        return drive(cache.loading(key, loader, planned(args, kwargs)))

    return call


def _async_call(
    function: Callable[..., Any],
    cache: Cache,
    name: str,
    planned: Callable[[tuple[Any, ...], dict[str, Any]], Plan],
) -> Callable[..., Any]:
    claim = cache.memory.claim

    async def call(*args: Any, **kwargs: Any) -> Any:
        key = call_key(name, args, kwargs)
        value = claim(key, MISSING)
        if value is not MISSING:
            return value
        loader = partial(function, *args, **kwargs)
        return await adrive(cache.loading(key, loader, planned(args, kwargs)))

    return call
