"""Calls of a run kept small: written as they are read, a few hundred at a time, compressed.

As plain dictionaries the calls of one run took 20 MB of whet's own memory, and two runs are read
side by side.
"""

from __future__ import annotations

import pickle
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from whet.proof.calls import Call, Stream, gather

if TYPE_CHECKING:
    from collections.abc import Iterable

_BATCH = 64  # calls


@dataclass
class PackedStream:
    """The calls of one function in one run, compressed.

    Attributes:
        bare: All but the calls.
        main: Batches of those of the first process.
        elsewhere: Batches of those of its children.
    """

    bare: Stream = field(default_factory=Stream)
    main: list[bytes] = field(default_factory=list)
    elsewhere: list[bytes] = field(default_factory=list)

    def unpack(self) -> Stream:
        """The stream with its calls."""
        calls = sorted(_unpacked(self.main), key=lambda call: int(call["i"]))
        return Stream(**{**vars(self.bare), "main": calls, "elsewhere": _unpacked(self.elsewhere)})


class _Batches:
    """Gathers calls and packs them whenever there are enough."""

    def __init__(self) -> None:
        self.packed: list[bytes] = []
        self._open: list[Call] = []

    def add(self, call: Call) -> None:
        self._open.append(call)
        if len(self._open) >= _BATCH:
            self.close()

    def close(self) -> list[bytes]:
        if self._open:
            self.packed.append(zlib.compress(pickle.dumps(self._open, 5), 1))
            self._open = []
        return self.packed


def packed_streams(lines: Iterable[dict[str, Any]], functions: int) -> tuple[PackedStream, ...]:
    """The streams of the functions numbered from 0, from the lines of one run."""
    found = [(_Batches(), _Batches()) for _ in range(functions)]

    def keep(number: int, call: Call, *, elsewhere: bool) -> None:
        found[number][elsewhere].add(call)

    streams = gather(lines, functions, keep)
    return tuple(
        PackedStream(stream, main.close(), elsewhere.close())
        for stream, (main, elsewhere) in zip(streams, found, strict=True)
    )


def _unpacked(batches: Iterable[bytes]) -> list[Call]:
    return [call for batch in batches for call in pickle.loads(zlib.decompress(batch))]  # noqa: S301 - our own
