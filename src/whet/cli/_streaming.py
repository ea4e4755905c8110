"""Records on stdout as they appear: lines of JSON, or one document whose last key is a list."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whet.records import Record


def print_lines(records: Iterable[Record]) -> None:
    """A JSON object a line."""
    from whet.records import to_json

    out = sys.stdout.buffer
    for record in records:
        out.write(to_json(record) + b"\n")
    out.flush()


def print_document(key: str, records: Iterable[Record]) -> None:
    """One JSON document with the records under a key, a line each, in bounded memory.

    An error on the way leaves the document without its end, so nobody takes a part for the whole.
    """
    from whet.records import to_json

    out = sys.stdout.buffer
    out.write(b'{"version":1,"%s":[' % key.encode("ascii"))
    separator = b"\n"
    for record in records:
        out.write(separator + to_json(record))
        separator = b",\n"
    out.write(b"\n]}\n")
    out.flush()
