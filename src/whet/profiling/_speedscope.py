"""What py-spy writes with `-f speedscope`, read into raw stacks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from whet.errors import InstrumentError
from whet.profiling._places import RawFrame
from whet.profiling._stacks import RawStack

if TYPE_CHECKING:
    from pathlib import Path

_PROFILE_NAME = re.compile(r"(?:Process (\d+) )?Thread (\S+) \"(.*)\"", re.DOTALL)
_MARKER = re.compile(r"process \d+:|thread \(")


class _Frame(msgspec.Struct):
    name: str
    file: str | None = None
    line: int | None = None


class _Shared(msgspec.Struct):
    frames: list[_Frame]


class _Sampled(msgspec.Struct):
    name: str
    samples: list[list[int]]
    weights: list[float]


class _Document(msgspec.Struct):
    profiles: list[_Sampled]
    shared: _Shared


class Sampled(NamedTuple):
    """The stacks of one recording."""

    stacks: tuple[RawStack, ...]
    samples: int
    processes: int
    threads: int


def read_speedscope(path: Path) -> Sampled:
    """Reads a recording of py-spy.

    Processes are numbered in the order in which they appear; threads keep their names, the main
    thread of a process that has none is "MainThread".

    Raises:
        InstrumentError: The file is missing or is not what py-spy writes.
    """
    try:
        document = msgspec.json.decode(path.read_bytes(), type=_Document)
    except FileNotFoundError as error:
        raise InstrumentError("py-spy", "wrote no recording") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        reason = f"wrote a recording that cannot be read: {error}"
        raise InstrumentError("py-spy", reason) from error
    frames = document.shared.frames
    raw = [RawFrame(each.name, each.file or "", each.line or 0) for each in frames]
    kept = [bool(each.file) or not _MARKER.match(each.name) for each in frames]
    stacks: list[RawStack] = []
    numbers: dict[str, int] = {}
    for profile in document.profiles:
        process, thread = _process_and_thread(profile.name)
        number = numbers.setdefault(process, len(numbers))
        for sample, weight in zip(profile.samples, profile.weights, strict=True):
            path_of = tuple(raw[index] for index in sample if kept[index])
            if path_of:
                stacks.append(RawStack(number, thread, path_of, weight))
    samples = sum(len(profile.samples) for profile in document.profiles)
    return Sampled(tuple(stacks), samples, max(len(numbers), 1), max(len(document.profiles), 1))


def _process_and_thread(name: str) -> tuple[str, str]:
    match = _PROFILE_NAME.match(name)
    if match is None:
        return "", name
    process, number, thread = match.groups()
    if not thread:
        main = process is None or process == number
        thread = "MainThread" if main else f"Thread {number}"
    return process or "", thread
