"""A CPU profile for `go tool pprof` and its many viewers: a gzipped protocol buffer.

Source: https://github.com/google/pprof/blob/main/proto/profile.proto. The message is small and
stable, so it is written here and needs no library.
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from whet.reports.speedscope import cpu_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whet.records import CpuProfile, Profile

_NANOSECONDS = 1_000_000_000


def render(profile: Profile) -> bytes:
    """The gzipped message; sample values are samples and nanoseconds of CPU time.

    Raises:
        UsageError: The profile has no CPU part.
    """
    return gzip.compress(message(cpu_of(profile)), mtime=0)


def message(cpu: CpuProfile) -> bytes:
    """The `Profile` message. Samples carry labels `thread` and `process`."""
    strings = _Strings()
    functions: dict[tuple[str, str], int] = {}
    lines = {(each.name, each.file): each.line for each in cpu.functions}
    parts: list[bytes] = []
    for kind, unit in (("samples", "count"), ("cpu", "nanoseconds")):
        parts.append(_field(1, _value_type(strings, kind, unit)))
    for stack in cpu.stacks:
        innermost_first = [number + 1 for number in reversed(stack.frames)]
        seen = max(1, round(stack.seconds * cpu.rate_hz))
        body = _packed(1, innermost_first)
        body += _packed(2, (seen, round(stack.seconds * _NANOSECONDS)))
        body += _field(3, _number(1, strings["thread"]) + _number(2, strings[stack.thread]))
        body += _field(3, _number(1, strings["process"]) + _number(3, stack.process))
        parts.append(_field(2, body))
    for number, frame in enumerate(cpu.frames, start=1):
        function = functions.setdefault((frame.name, frame.file), len(functions) + 1)
        line = _number(1, function) + _number(2, frame.line)
        parts.append(_field(4, _number(1, number) + _field(4, line)))
    for (name, file), number in functions.items():
        body = _number(1, number) + _number(2, strings[name]) + _number(3, strings[name])
        body += _number(4, strings[file]) + _number(5, lines.get((name, file), 0))
        parts.append(_field(5, body))
    period = _field(11, _value_type(strings, "cpu", "nanoseconds"))
    period += _number(12, round(_NANOSECONDS / cpu.rate_hz))
    parts.append(_number(10, round(cpu.total_s * _NANOSECONDS)) + period)
    texts = (_field(6, each.encode("utf-8", "backslashreplace")) for each in strings)
    return b"".join([*parts, *texts])


class _Strings(dict[str, int]):
    """The string table: a text's index, given on first use; the empty text is 0."""

    def __init__(self) -> None:
        super().__init__({"": 0})

    def __missing__(self, text: str) -> int:
        self[text] = number = len(self)
        return number


def _value_type(strings: _Strings, kind: str, unit: str) -> bytes:
    return _number(1, strings[kind]) + _number(2, strings[unit])


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits a byte
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _field(field: int, body: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(body)) + body


def _packed(field: int, values: Iterable[int]) -> bytes:
    return _field(field, b"".join(_varint(value) for value in values))
