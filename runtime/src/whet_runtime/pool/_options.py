"""What a pool of objects can be told, with the defaults, checked before anything is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypedDict, TypeVar

from whet_runtime.clock import SYSTEM_CLOCK
from whet_runtime.errors import MisuseError

if TYPE_CHECKING:
    from collections.abc import Callable

    from whet_runtime.clock import Clock

T = TypeVar("T")
AtBound = Literal["wait", "grow", "fail"]


class PoolOptions(TypedDict, Generic[T], total=False):
    """What a pool of objects can be told.

    In an `AsyncObjectPool` the four callbacks may be coroutine functions.

    Args:
        name: In errors and metrics; "pool" unless given.
        max_size: Objects that may be lent at once; the idle bound, else 10.
        max_idle: Objects kept for reuse: 10, or `max_size` where that is smaller.
        min_idle: Objects that `warm` makes ahead, and that growing old in idleness leaves: 0.
        at_bound: When `max_size` are lent: `wait` in line (the default), `grow` by one object
            more, or `fail` at once.
        timeout_s: Longest wait in line unless the caller says otherwise: 30 s; None: forever.
        validate: Whether an idle object may be lent again; one that raises may not.
        validate_after_s: Idle time from which `validate` is asked: 0, always.
        reset: Makes an object that came back like new; one that raises has it destroyed.
        destroy: Ends an object. What it raises is counted, not passed on.
        max_lifetime_s: Age at which an object is not lent again; None (the default): never.
        lifetime_jitter: Share by which single lifetimes are shorter, at random: 0.1. Without it
            all objects made together end together.
        max_idle_s: Idle time after which an object is destroyed when the pool is next used.
        size_of: Bytes of an object, for the snapshot and byte bounds; `sys.getsizeof` of kinds.
        stack_depth: Lines of the borrower's stack that are remembered: 8; 0 for none.
        clock: What tells the time.
    """

    name: str
    max_size: int
    max_idle: int
    min_idle: int
    at_bound: AtBound
    timeout_s: float | None
    validate: Callable[[T], Any] | None
    validate_after_s: float
    reset: Callable[[T], Any] | None
    destroy: Callable[[T], Any] | None
    max_lifetime_s: float | None
    lifetime_jitter: float
    max_idle_s: float | None
    size_of: Callable[[T], int] | None
    stack_depth: int
    clock: Clock


class Options(NamedTuple):
    """`PoolOptions` with every default filled in."""

    name: str = "pool"
    max_size: int = 10
    max_idle: int = 10
    min_idle: int = 0
    at_bound: AtBound = "wait"
    timeout_s: float | None = 30.0
    validate: Callable[[Any], Any] | None = None
    validate_after_s: float = 0.0
    reset: Callable[[Any], Any] | None = None
    destroy: Callable[[Any], Any] | None = None
    max_lifetime_s: float | None = None
    lifetime_jitter: float = 0.1
    max_idle_s: float | None = None
    size_of: Callable[[Any], int] | None = None
    stack_depth: int = 8
    clock: Clock = SYSTEM_CLOCK


def checked(given: PoolOptions[Any]) -> Options:
    """The options of a pool.

    Raises:
        MisuseError: One that can never work; it is not repaired.
    """
    values: dict[str, Any] = dict(given)
    unknown = sorted(set(values) - set(Options._fields))
    if unknown:
        raise MisuseError(
            f"option {unknown[0]!r}", "a pool has no such option",
            f"Choose from {', '.join(Options._fields)}",
        )  # fmt: skip
    if "max_size" not in values:
        values["max_size"] = values.get("max_idle", 10)
    values.setdefault("max_idle", min(10, values["max_size"]))
    options = Options(**values)
    for what, good, reason, way_out in _rules(options):
        if not good:
            raise MisuseError(f"{options.name}: {what}", reason, way_out)
    return options


def _rules(of: Options) -> list[tuple[str, bool, str, str]]:
    """Each rule: what was given, whether it holds, why it must, what to do."""
    sizes = f"min_idle={of.min_idle}, max_idle={of.max_idle}, max_size={of.max_size}"
    ordered = 0 <= of.min_idle <= of.max_idle <= of.max_size and of.max_size >= 1
    rules = [
        (sizes, ordered, "the bounds must rise, the last from 1",
         "Give 0 ≤ min_idle ≤ max_idle ≤ max_size"),
        (f"at_bound={of.at_bound!r}", of.at_bound in {"wait", "grow", "fail"},
         "a pool does not know this", 'Choose "wait", "grow" or "fail"'),
        (f"lifetime_jitter={of.lifetime_jitter}", 0 <= of.lifetime_jitter < 1,
         "it is a share of the lifetime", "Give a number from 0 to below 1"),
        (f"stack_depth={of.stack_depth}", of.stack_depth >= 0,
         "a stack has no fewer than no lines", "Give 0 or more"),
    ]  # fmt: skip
    for field in ("timeout_s", "validate_after_s", "max_lifetime_s", "max_idle_s"):
        value = getattr(of, field)
        good = value is None or value >= 0
        rules.append((f"{field}={value}", good, "a time cannot be negative", "Give 0 or more"))
    return rules
