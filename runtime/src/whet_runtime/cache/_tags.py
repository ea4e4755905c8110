"""Tags in memory: an entry points at the generations of its tags, invalidation ends a generation.

O(1) in the number of entries: ending a generation makes everything that points at it dead at its
next read or eviction. A generation is an object, never a number, so that none can come back: a tag
that was forgotten gets a new one, and what pointed at the old one stays dead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from collections.abc import Iterable


class Generation:
    """One life of one tag."""

    __slots__ = ("__weakref__", "live", "tag")

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.live = True


class TagTable:
    """The living generation of each tag that an entry carries; others take no room."""

    def __init__(self) -> None:
        self._living: WeakValueDictionary[str, Generation] = WeakValueDictionary()

    def of(self, tags: Iterable[str]) -> tuple[Generation, ...]:
        """The present generations of tags, made when missing. The caller holds the tier's lock."""
        return tuple(self._one(tag) for tag in tags)

    def _one(self, tag: str) -> Generation:
        found = self._living.get(tag)
        if found is None:
            found = self._living[tag] = Generation(tag)
        return found

    def end(self, tag: str) -> bool:
        """Ends the generation of a tag; whether any entry may have carried it."""
        found = self._living.pop(tag, None)
        if found is None:
            return False
        found.live = False
        return True

    def clear(self) -> None:
        """Ends every generation."""
        for generation in list(self._living.values()):
            generation.live = False
        self._living.clear()

    def __len__(self) -> int:
        """How many tags have a living generation."""
        return len(self._living)
