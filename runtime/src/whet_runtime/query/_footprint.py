"""What a statement touches, as the databases' analyses say it."""

from __future__ import annotations

from typing import NamedTuple


class Footprint(NamedTuple):
    """What one statement reads and writes.

    A statement with a refusal is carried out, but its result is not cached.
    """

    reads: frozenset[str] = frozenset()  # tables, through views and triggers
    writes: frozenset[str] = frozenset()  # tables, through triggers and foreign keys
    writes_anything: bool = False  # a change of the schema, or one that is not understood
    refusal: str = ""  # why the result must not be cached; empty when it may be
    refused_words: tuple[str, ...] = ()  # nor with a parameter that holds one of these

    @property
    def is_write(self) -> bool:
        """Whether the statement may change anything."""
        return self.writes_anything or bool(self.writes)
