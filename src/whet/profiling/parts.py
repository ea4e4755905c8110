"""How the cost of a call grows, from calls on parts of its data in this very process."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from whet.profiling.complexity import growth_of_time, points_of
from whet_probe._growth import Refused, Subject, grow
from whet_probe._scaled import parts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from whet.records import GrowthEstimate

_LIMIT_S = 2.0
_SAMPLE_S = 0.002
_HALVINGS = 7
_SMALL = 64  # whole numbers up to this are looked at one by one: what they cost may double
_LEAST = 4


def growth_of_call(
    func: Callable[[Any], Any], data: Any, *, limit_s: float = _LIMIT_S
) -> GrowthEstimate | None:
    """The class of `func(data)`, from calls on copies of ever larger parts of the data.

    Args:
        func: Called many times.
        data: A built-in container, of which parts up to the half are taken, or a whole number, in
            the place of which smaller ones are given. It stays as it is.
        limit_s: Time for all calls together.

    Returns:
        None where the data has no parts, cannot be copied, or no part of it can be measured.
    """
    if type(data) is int:
        cut: Callable[[int], Any] | None = _itself
        largest = data
    else:
        cut, largest = parts_of(data), len(data) // 2 if hasattr(data, "__len__") else 0
    if cut is None or largest < _LEAST:
        return None
    chosen = cut

    def make(size: int) -> tuple[tuple[Any], dict[str, Any]]:
        return (copy.deepcopy(chosen(size)),), {}

    found: list[dict[str, Any]] = []
    plan = {"sizes": _sizes(largest), "limit_s": limit_s, "sample_s": _SAMPLE_S, "memory": False}
    try:
        grow(Subject(func, make), plan, found.append)
    except Refused:
        return None
    points = points_of(found)
    return growth_of_time(points) if points else None


def _itself(size: int) -> int:
    return size


def _sizes(largest: int) -> list[int]:
    if largest <= _SMALL:
        return list(range(max(1, largest // 3), largest + 1))
    return sorted({largest >> halvings for halvings in range(_HALVINGS + 1)} - {0})
