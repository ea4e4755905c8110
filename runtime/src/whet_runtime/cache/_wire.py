"""Records as the shared tiers write them: a mark, then what the record says, with a checksum.

    mark 8 | magic, version | checksum 4 | created, soft, hard, load 8 each | fingerprint 8 |
    tags' length 4 | tags as JSON {tag: id} | body

The mark stands first so that a script at the server can compare it without reading the rest; what
a removal leaves is the mark alone. Times are seconds since 1970, everything is big-endian.
"""

from __future__ import annotations

import json
import struct
import zlib
from typing import TYPE_CHECKING

from whet_runtime.cache._tier import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

MARK = struct.Struct(">Q")
WIRE_VERSION = 1
_MAGIC = 0xCA
_HEAD = struct.Struct(">QBBIddddQI")
_FRONT = struct.Struct(">QBBI")  # of it, up to the checksum
_REST = struct.Struct(">ddddQI")
_CHECKED_FROM = _FRONT.size
_CHECKSUM_BITS = 0xFFFFFFFF
_made = tuple.__new__  # a named tuple in half the time of its own call
_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


class Torn(ValueError):
    """Bytes that are no record of this version: cut, changed, foreign or of another format."""


def packed(record: Record, mark: int) -> bytes:
    """The record as bytes under its mark."""
    tags = _encode(dict(record.generations)).encode() if record.generations else b""
    body, fingerprint, created, soft, hard, _, load, _ = record
    rest = _REST.pack(created, soft, hard, load, fingerprint, len(tags)) + tags + body
    checksum = zlib.crc32(rest, mark & _CHECKSUM_BITS)
    return _FRONT.pack(mark, _MAGIC, WIRE_VERSION, checksum) + rest


def tombstone(mark: int) -> bytes:
    """What a removal leaves at a key."""
    return MARK.pack(mark)


def unpacked(stored: bytes) -> tuple[Record | None, int]:
    """The record and its mark; no record where a removal left its mark.

    Raises:
        Torn: The bytes are not what `packed` or `tombstone` made.
    """
    try:
        mark, magic, version, checksum, created, soft, hard, load, fingerprint, tags_bytes = (
            _HEAD.unpack_from(stored)
        )
    except struct.error:
        if len(stored) == MARK.size:
            return None, MARK.unpack(stored)[0]
        raise Torn from None
    if magic != _MAGIC or version != WIRE_VERSION:
        raise Torn
    if checksum != zlib.crc32(stored[_CHECKED_FROM:], mark & _CHECKSUM_BITS):
        raise Torn
    body_at = _HEAD.size + tags_bytes
    tags: Mapping[str, int] = json.loads(stored[_HEAD.size : body_at]) if tags_bytes else {}
    fields = (stored[body_at:], fingerprint, created, soft, hard, tags, load, len(stored))
    return _made(Record, fields), mark
