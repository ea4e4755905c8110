"""What a tag can stand for, and how the tags of a file are packed.

A packed tag is (line, name, code), where the code is a position in `SYMBOLS`; the order says who
wins where two patterns of a query match one name: the later.
"""

from __future__ import annotations

from typing import Literal

import msgspec

FORMAT = 1  # of the packed form: part of the cache's key
Kind = Literal["def", "ref"]
SYMBOLS: tuple[tuple[Kind, str], ...] = (
    ("ref", "type"),
    ("ref", "class"),
    ("ref", "call"),
    ("def", "variable"),
    ("def", "field"),
    ("def", "constant"),
    ("def", "macro"),
    ("def", "module"),
    ("def", "type"),
    ("def", "enum"),
    ("def", "union"),
    ("def", "struct"),
    ("def", "interface"),
    ("def", "class"),
    ("def", "function"),
    ("def", "method"),
)
CODES = {f"{kind}.{symbol}": code for code, (kind, symbol) in enumerate(SYMBOLS)}
NAMELESS = "def.unknown"  # a definition without a name is counted, but is no tag
CHAINED = "chained"  # a later target of `a = b = value`: a variable if that is at the top level
FIRST_DEFINITION = CODES["def.variable"]
GROUPS = {
    "constants": {"constant"},
    "classes": {"class", "interface", "struct", "union", "enum"},
    "functions": {"function", "method"},
    "variables": {"variable", "field"},
    "other": {"macro", "module", "type"},
}
GROUP_OF = {
    code: next(n for n, group in enumerate(GROUPS.values()) if symbol in group)
    for code, (kind, symbol) in enumerate(SYMBOLS)
    if kind == "def"
}
PackedTag = tuple[int, str, int]


class Facts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one file holds, as it is sent between processes and kept in the cache.

    Attributes:
        language: The name of its language.
        lines: How many lines it has.
        counts: Definitions by the kinds of `GROUPS`, then nameless ones, then references.
        tags: The packed tags, by place in the file.
        broken: Whether the parser found syntax errors: some tags may be missing.
        encoding: What the file is written in where that is not UTF-8; else "".
    """

    language: str
    lines: int
    counts: tuple[int, int, int, int, int, int, int]
    tags: bytes
    broken: bool = False
    encoding: str = ""


_unpacker = msgspec.msgpack.Decoder(list[PackedTag])
pack = msgspec.msgpack.Encoder().encode


def unpack(packed: bytes) -> list[PackedTag]:
    """The tags of a file.

    Raises:
        msgspec.DecodeError: These bytes are no packed tags.
    """
    return _unpacker.decode(packed)
