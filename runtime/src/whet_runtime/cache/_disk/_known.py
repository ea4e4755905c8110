"""The rows that a process was shown, in a bounded number of bytes."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from whet_runtime.cache._tier import Sight

_MOST_BYTES = 4_000_000
ENTRY_BYTES = 600  # of objects, beside key and content


class Known(NamedTuple):
    """What was shown at one key."""

    sight: Sight
    hard_s: float  # never served from here on
    used_s: float
    identity: int  # of its row
    held_bytes: int
    servable: bool  # tags are asked for at each read


class KnownRows:
    """Rows by key. Reads of `rows` need no lock; all else is called under that of the owner."""

    def __init__(self) -> None:
        self.rows: dict[str, Known] = {}
        self.held_bytes = 0

    def keep(self, key: str, known: Known) -> None:
        """Keeps what was shown, in place of what was before."""
        before = self.rows.get(key)
        if before is not None:
            self.held_bytes -= before.held_bytes
        self.rows[key] = known
        self.held_bytes += known.held_bytes
        if self.held_bytes > _MOST_BYTES:  # the older half at once: one by one is quadratic
            for old in list(islice(self.rows, (len(self.rows) + 1) // 2)):
                self.held_bytes -= self.rows.pop(old).held_bytes

    def clear(self) -> None:
        """Forgets all."""
        self.rows.clear()
        self.held_bytes = 0
