"""Whether two runs ended alike: exit status and standard output."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from whet.records import OutputDigest, RunOutcome

_SHOWN = 80


def failure(outcome: RunOutcome) -> str:
    """How a run failed, in words; "" when it did not."""
    if outcome.timed_out:
        return f"was stopped by the time-out after {outcome.wall_s:.1f} s"
    if outcome.signal is not None:
        return f"was killed by {outcome.signal}"
    if outcome.exit_code != 0:
        last = outcome.stderr.tail.strip().rsplit("\n", 1)[-1][:200]
        return f"failed with exit status {outcome.exit_code}" + (f" ({last})" if last else "")
    return ""


class Check:
    """Compares standard output, with the folder of each copy masked out.

    Args:
        active: Compare at all.
    """

    def __init__(self, *, active: bool) -> None:
        self.masks = active

    def masked(self, outcome: RunOutcome, root: Path) -> RunOutcome:
        """The outcome with a digest that does not depend on where the copy lies."""
        path = outcome.stdout.path
        if path is None:
            return outcome
        data = Path(path).read_bytes().replace(os.fsencode(root), b"<project>")
        digest = msgspec.structs.replace(
            outcome.stdout,
            sha256=hashlib.sha256(data).hexdigest(),
            head=_text(data[:4096]),
            tail=_text(data[-4096:]),
            path=None,
        )
        return msgspec.structs.replace(outcome, stdout=digest)

    def differ(self, one: RunOutcome, other: RunOutcome) -> str:
        """Where two outputs differ, in words; "" when they agree or need not."""
        if not self.masks or one.stdout.sha256 == other.stdout.sha256:
            return ""
        return _first_difference(one.stdout, other.stdout)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _first_difference(one: OutputDigest, other: OutputDigest) -> str:
    """The first line that differs in the kept beginnings, else the lengths."""
    ours, theirs = one.head.splitlines(), other.head.splitlines()
    for number, (left, right) in enumerate(zip(ours, theirs, strict=False), 1):
        if left != right:
            return f"line {number} is {_short(right)} instead of {_short(left)}"
    if one.length != other.length:
        return f"{other.length} bytes instead of {one.length}"
    return "beyond the first 4 kB"


def _short(line: str) -> str:
    return repr(line if len(line) <= _SHOWN else line[:_SHOWN] + "…")
