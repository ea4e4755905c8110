"""Runs a command of the user's that answers one request: JSON in, text out, within limits."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from whet.errors import UsageError, WhetError

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGEST_BYTES = 1_000_000
"""Of an answer: whoever writes more than that is not writing a patch."""

_TICK_S = 0.1
_SHOWN = 200


class Unanswered(WhetError):
    """The command gave no answer; the reason says why."""


def answer(words: Sequence[str], request: bytes, limit_s: float) -> str:
    """What the command writes to standard output when it gets the request on standard input.

    Args:
        words: The command line; it runs in the folder that whet was started in.
        request: One JSON document.
        limit_s: Seconds after which the command is ended, with all that it started.

    Raises:
        UsageError: There is no such command.
        Unanswered: It took too long, failed, wrote too much, or not in UTF-8.
    """
    what = f"candidates command {words[0]!r}"
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as errors:
        given.write(request)
        given.seek(0)
        try:
            process = subprocess.Popen(
                list(words), stdin=given, stdout=subprocess.PIPE, stderr=errors,
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            reason = f"cannot be started: {error.strerror}"
            raise UsageError(what, reason, "Check --candidates") from error
        try:
            raw = _read(process, limit_s)
        finally:
            _end(process)
        if isinstance(raw, str):
            raise Unanswered(what, raw)
        if process.returncode != 0:
            errors.seek(0)
            said = errors.read(100_000).decode("utf-8", "replace").strip().rpartition("\n")[2]
            reason = f"failed with exit status {process.returncode}"
            raise Unanswered(what, f"{reason}: {said[:_SHOWN]}" if said else reason)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unanswered(what, "its answer is not UTF-8") from error


def _read(process: subprocess.Popen[bytes], limit_s: float) -> bytes | str:
    """All that is written until the end, or why nothing more is read."""
    stream = process.stdout
    assert stream is not None  # noqa: S101 -- it was asked for
    end_s = time.monotonic() + limit_s
    found = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while (left_s := end_s - time.monotonic()) > 0:
            if not selector.select(min(left_s, _TICK_S)):
                continue
            part = os.read(stream.fileno(), 65_536)
            if not part:
                return _awaited(process, end_s, bytes(found), limit_s)
            found += part
            if len(found) > LARGEST_BYTES:
                return f"its answer is longer than {LARGEST_BYTES} bytes"
    return _late(limit_s)


def _awaited(
    process: subprocess.Popen[bytes], end_s: float, found: bytes, limit_s: float
) -> bytes | str:
    try:
        process.wait(max(0.0, end_s - time.monotonic()))
    except subprocess.TimeoutExpired:
        return _late(limit_s)
    return found


def _late(limit_s: float) -> str:
    return f"did not answer within {limit_s:.0f} s"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the command and its children; what it left running would disturb the measurements."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
