"""Definitions in the format of ctags, as editors read it: one sorted line each.

Source: the tags file format, extended (ctags.sourceforge.net/FORMAT); the address of a tag is its
line number, so no pattern has to be escaped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whet.records import Tag

_HEADER = (
    "!_TAG_FILE_FORMAT\t2\t/extended format/",
    "!_TAG_FILE_SORTED\t1\t/0=unsorted, 1=sorted/",
    "!_TAG_PROGRAM_NAME\twhet\t//",
    f"!_TAG_PROGRAM_VERSION\t{__version__}\t//",
)
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def ctags_lines(tags: Iterable[Tag]) -> list[str]:
    """The lines of a tags file, without their ends; references have no place in it."""
    rows = {
        f'{tag.name.translate(_ESCAPED)}\t{tag.file.translate(_ESCAPED)}\t{tag.line};"\t'
        f"kind:{tag.symbol}\tline:{tag.line}"
        for tag in tags
        if tag.kind == "def"
    }
    # Editors search by bytes, so bytes are what is sorted.
    return [*_HEADER, *sorted(rows, key=lambda row: row.encode("utf-8", "surrogateescape"))]
