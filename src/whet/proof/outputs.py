"""What a run left behind (exit status, output, files), compared between two runs."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from whet.records import Counterexample, RunOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whet.records import OutputDigest

_SHOWN = 200  # characters of a line in a counterexample
_LARGE_FILE_BYTES = 64_000_000  # larger files are compared as they are, paths of the copy included


@dataclass(frozen=True)
class Traces:
    """What one run left behind, with the path of its copy masked.

    Attributes:
        exit: How it ended, in words.
        stdout: Lines.
        stderr: Lines.
        files: Digest of each file written inside the copy; "" for a deleted one.
    """

    exit: str
    stdout: tuple[bytes, ...] = ()
    stderr: tuple[bytes, ...] = ()
    files: dict[str, str] = field(default_factory=dict)


@dataclass
class Ground:
    """What differs between two runs of the same code: it proves nothing about a change.

    Attributes:
        exit: The exit status does.
        lines: Numbers of lines, by stream; None: not even their number is the same.
        files: Files.
        functions: Numbers of observed functions whose calls do.
    """

    exit: bool = False
    lines: dict[str, set[int] | None] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    functions: dict[int, str] = field(default_factory=dict)

    @property
    def named(self) -> tuple[str, ...]:
        """All of it, in words."""
        found = ["the exit status"] if self.exit else []
        for stream, numbers in self.lines.items():
            if numbers is None:
                found.append(f"{stream} (another number of lines)")
            elif numbers:
                shown = ", ".join(str(number + 1) for number in sorted(numbers)[:5])
                found.append(f"{stream}, line {shown}")
        found += [f"file {name}" for name in sorted(self.files)]
        found += [f"calls of {name}" for name in self.functions.values()]
        return tuple(found)


def traces_of(outcome: RunOutcome, root: Path, *, is_pytest: bool = False) -> Traces:
    """Read what a run left behind.

    Args:
        outcome: The run; its output must still lie in files.
        root: The copy that it ran in.
        is_pytest: Output holds times and is left out; the exit status tells of failures.
    """
    masks = {os.fsencode(path) for path in (root, root.resolve())}
    return Traces(
        exit=_ending(outcome),
        stdout=() if is_pytest else _lines(outcome.stdout, masks),
        stderr=() if is_pytest else _lines(outcome.stderr, masks),
        files={
            name: _masked_digest(root / name, sha256, masks)
            for name, sha256 in sorted(outcome.files.items())
        },
    )


def _ending(outcome: RunOutcome) -> str:
    if outcome.timed_out:
        return "stopped by the time-out"
    if outcome.signal is not None:
        return f"killed by {outcome.signal}"
    return f"exit status {outcome.exit_code}"


def _lines(digest: OutputDigest, masks: Iterable[bytes]) -> tuple[bytes, ...]:
    if digest.path is None:
        return tuple(_masked(digest.head.encode(), masks).splitlines())
    return tuple(_masked(Path(digest.path).read_bytes(), masks).splitlines())


def _masked(data: bytes, masks: Iterable[bytes]) -> bytes:
    for mask in masks:
        data = data.replace(mask, b"<project>")
    return data


def _masked_digest(path: Path, sha256: str, masks: Iterable[bytes]) -> str:
    if not sha256 or not path.is_file() or path.stat().st_size > _LARGE_FILE_BYTES:
        return sha256
    return hashlib.sha256(_masked(path.read_bytes(), masks)).hexdigest()


def ground_of(one: Traces, again: Traces) -> Ground:
    """What differs between two runs of the same code."""
    return Ground(
        exit=one.exit != again.exit,
        lines={
            "stdout": _differing(one.stdout, again.stdout),
            "stderr": _differing(one.stderr, again.stderr),
        },
        files={
            name
            for name in {**one.files, **again.files}
            if one.files.get(name) != again.files.get(name)
        },
    )


def _differing(one: tuple[bytes, ...], again: tuple[bytes, ...]) -> set[int] | None:
    if len(one) != len(again):
        return None
    return {number for number, line in enumerate(one) if line != again[number]}


def compare_traces(ours: Traces, theirs: Traces, ground: Ground) -> Counterexample | None:
    """The first difference between A and B that is not the ground's; None when there is none."""
    if ours.exit != theirs.exit and not ground.exit:
        last = b"\n".join(theirs.stderr[-3:]).decode("utf-8", "backslashreplace")
        return _difference("exit", "exit status", last[:_SHOWN], ours.exit, theirs.exit)
    for stream, one, other in (
        ("stdout", ours.stdout, theirs.stdout),
        ("stderr", ours.stderr, theirs.stderr),
    ):
        found = _compare_lines(stream, one, other, ground.lines.get(stream, set()))
        if found is not None:
            return found
    for name in sorted({**ours.files, **theirs.files}):
        if name not in ground.files and ours.files.get(name) != theirs.files.get(name):
            return _difference(
                "files", name, "what the run wrote",
                _file(ours.files.get(name)), _file(theirs.files.get(name)),
            )  # fmt: skip
    return None


def _compare_lines(
    stream: str, ours: tuple[bytes, ...], theirs: tuple[bytes, ...], masked: set[int] | None
) -> Counterexample | None:
    if masked is None:
        return None
    for number in range(max(len(ours), len(theirs))):
        if number in masked:
            continue
        one = _line(ours, number)
        other = _line(theirs, number)
        if one != other:
            return _difference("output", stream, f"line {number + 1}", one, other)
    return None


def _line(lines: tuple[bytes, ...], number: int) -> str:
    if number >= len(lines):
        return "(end of output)"
    return lines[number].decode("utf-8", "backslashreplace")


def _file(sha256: str | None) -> str:
    if sha256 is None:
        return "not written"
    return f"sha256 {sha256}" if sha256 else "deleted"


def _difference(
    stage: Literal["output", "files", "exit"], place: str, detail: str, expected: str, actual: str
) -> Counterexample:
    return Counterexample(
        stage=stage,
        place=place,
        detail=detail,
        expected=expected[:_SHOWN],
        actual=actual[:_SHOWN],
    )
