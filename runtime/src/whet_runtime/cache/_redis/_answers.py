"""Answers of Redis as the tier takes them: generations of tags, records that are still good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whet_runtime.cache._tier import ANY_TAG, Sight

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def any_last(tags: Iterable[str]) -> list[str]:
    """The tags with `ANY_TAG` at the end: it must be read after the others."""
    return sorted(tags, key=ANY_TAG.__eq__)


def numbers(tags: Sequence[str], stored: Sequence[Any]) -> dict[str, int]:
    """The generations that are there and are numbers."""
    return {
        tag: int(number)
        for tag, number in zip(tags, stored, strict=False)
        if isinstance(number, bytes) and number.isdigit()
    }


def still_current(sight: Sight, current: Mapping[str, int]) -> Sight:
    """The sight without a record that an invalidated tag has made stale."""
    record = sight.record
    if record is None or all(current.get(tag) == was for tag, was in record.generations.items()):
        return sight
    return Sight(None, sight.mark)


def escaped(text: str) -> str:
    """The text for a pattern of SCAN, in which nothing of it is special."""
    return "".join(f"\\{letter}" if letter in r"*?[]^\-" else letter for letter in text)
