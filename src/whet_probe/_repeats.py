"""Whether a method that is called on the same object again gives the same result again."""

from __future__ import annotations

from whet_probe._traits import frozen_parts, key_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_OWNERS = 20_000
MAX_PARTS = 1_000
"""Parts of one result that are compared; larger results count as changed."""


class Repeats:
    """Of the calls of one method, by the object that it was called on.

    Objects are known by their identity alone, so that nothing lives longer. One that takes the
    place of another counts as the same: its other result then speaks against the method.
    """

    def __init__(self) -> None:
        self.again = self.changed = 0
        self._results: dict[int, Any] = {}

    def see(self, owner: object, result: object) -> None:
        """One call that ended with a result."""
        parts = frozen_parts(result)
        known = 0 < parts <= MAX_PARTS
        found = (type(result), key_of(result)) if known else None
        place = id(owner)
        if place in self._results:
            self.again += 1
            if found is None or self._results[place] != found:
                self.changed += 1
        elif len(self._results) < MAX_OWNERS:
            self._results[place] = found
