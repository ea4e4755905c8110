"""The rows of `entries`, the numbers they are found by, and statements that mind what is there."""

from __future__ import annotations

from hashlib import blake2b
from struct import Struct
from typing import NamedTuple

_number_of = Struct(">q").unpack


WHERE_NOTHING = "INSERT OR IGNORE INTO entries VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
WHERE_MARKED = (
    "UPDATE entries SET mark = ?2, hard = ?3, used = ?4, size = ?5, key = ?6, file = ?7, "
    "record = ?8 WHERE id = ?1 AND mark = ?9"
)
# Without a file before or after no trigger has to look: an eighth less.
WHERE_INLINE = (
    "UPDATE entries SET mark = ?2, hard = ?3, used = ?4, size = ?5, key = ?6, record = ?8 "
    "WHERE id = ?1 AND mark = ?9 AND file IS ?7"
)


class Content(NamedTuple):
    """Of a row, what a record makes of it."""

    mark: int
    hard: float
    used: int
    size: int
    record: bytes


class Row(NamedTuple):
    """One row of `entries`, in its order."""

    id: int
    mark: int
    hard: float
    used: int
    size: int
    key: bytes
    file: bytes | None
    record: bytes | None


def as_bytes(text: str) -> bytes:
    """A key or tag as it is stored: any text, halves of surrogate pairs too."""
    return text.encode("utf-8", "surrogatepass")


def key_id(key: bytes) -> int:
    """The number of a key's row."""
    number: int = _number_of(blake2b(key, digest_size=8).digest())[0]
    return number
