"""A profile as one CSV table: one row a function, line, wait, import, I/O site or allocation."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.records import Profile

COLUMNS = (
    "kind", "name", "file", "line", "self_s", "total_s", "self_share", "calls", "bytes", "count",
)  # fmt: skip
_FORMULA_STARTS = ("=", "+", "-", "@")

_Row = dict[str, object]


def render(profile: Profile) -> bytes:
    """UTF-8 CSV with a header; cells that a spreadsheet would run as formulas are quoted."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for row in _rows(profile):
        writer.writerow({key: _cell(value) for key, value in row.items()})
    return text.getvalue().encode("utf-8", "backslashreplace")


def _cell(value: object) -> object:
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    # A lone carriage return would end the row for many readers.
    shown = "".join(each if each.isprintable() else repr(each)[1:-1] for each in value)
    return f"'{shown}" if shown.startswith(_FORMULA_STARTS) else shown


def _rows(profile: Profile) -> Iterator[_Row]:
    yield from _cpu_rows(profile)
    if profile.memory is not None:
        for each in profile.memory.allocations:
            yield {
                "kind": "allocation", "name": each.name, "file": each.file, "line": each.line,
                "bytes": each.bytes, "count": each.count,
            }  # fmt: skip
        for at, size in profile.memory.series:
            yield {"kind": "memory", "name": "resident", "total_s": at, "bytes": size}
    for site in profile.io.sites if profile.io is not None else ():
        file, _, line = site.call_site.rpartition(":")
        yield {
            "kind": f"io {site.kind}", "name": site.target, "file": file, "line": line,
            "count": site.count,
        }  # fmt: skip
    for module in profile.imports or ():
        yield {
            "kind": "import", "name": module.module, "file": module.file,
            "self_s": module.self_s, "total_s": module.cumulative_s, "bytes": module.memory_bytes,
        }  # fmt: skip


def _cpu_rows(profile: Profile) -> Iterator[_Row]:
    if profile.cpu is None:
        return
    for function in profile.cpu.functions:
        base: _Row = {"name": function.name, "file": function.file}
        yield {
            **base, "kind": "function", "line": function.line, "self_s": function.self_s,
            "total_s": function.total_s, "self_share": function.self_share,
            "calls": function.calls,
        }  # fmt: skip
        for line in function.lines:
            yield {**base, "kind": "line", "line": line.line, "self_s": line.self_s}
    for wait in profile.cpu.waits:
        yield {"kind": f"wait {wait.kind}", "name": wait.place, "total_s": wait.seconds}
