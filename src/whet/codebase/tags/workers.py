"""The processes that read files beside this one, and what they are told over pipes.

Processes, not threads: the binding of tree-sitter keeps the interpreter's lock while it parses.
They are forked where that is safe (Linux, no other thread), which costs a tenth of starting
fresh ones.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from whet.codebase.tags.reading import Reading, read_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

STOP = b""
Job = tuple[int, list[tuple[bytes, str]]]  # number of the batch, its files
Answer = tuple[int, list[Reading]]
_jobs = msgspec.msgpack.Decoder(Job)
_answers = msgspec.msgpack.Decoder(Answer)
_pack = msgspec.msgpack.Encoder().encode
_END_S = 2.0


class Lost(Exception):
    """A worker ended by itself."""


class Duty(NamedTuple):
    """What all jobs of a worker have in common."""

    root: bytes
    largest_bytes: int


class Worker:
    """One process and our end of its pipe.

    Args:
        duty: What it works on.
        others: Workers that are there already: a forked process must not hold their pipes open.

    Raises:
        OSError: The system has no room for a process.
    """

    def __init__(self, duty: Duty, others: Sequence[Worker] = ()) -> None:
        method = start_method()
        context = multiprocessing.get_context(method)
        self.connection, theirs = context.Pipe()
        held = [w.connection for w in others] + [self.connection] if method == "fork" else []
        self.process: BaseProcess = context.Process(  # type: ignore[attr-defined]  # not in typeshed
            target=_work, args=(theirs, duty, held), daemon=True
        )
        self.jobs: list[int] = []  # numbers of batches it was given, oldest first
        try:
            self.process.start()
        except OSError:
            self.connection.close()
            raise
        finally:
            theirs.close()

    def give(self, number: int, files: list[tuple[bytes, str]]) -> None:
        """Hand out a batch.

        Raises:
            Lost: It ended.
        """
        self.jobs.append(number)
        try:
            self.connection.send_bytes(_pack((number, files)))
        except OSError as error:
            raise Lost from error

    def take(self) -> Answer:
        """The next answer, waited for.

        Raises:
            Lost: It ended.
        """
        try:
            number, readings = _answers.decode(self.connection.recv_bytes())
        except (EOFError, OSError, msgspec.DecodeError) as error:
            raise Lost from error
        self.jobs.remove(number)
        return number, readings

    def end(self, *, now: bool = False) -> int | None:
        """Let it end, or end it. Returns its exit code, None while it is unknown."""
        with contextlib.suppress(OSError):
            if not now:
                self.connection.send_bytes(STOP)
        self.connection.close()
        if now:
            self.process.kill()
        self.process.join(_END_S)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
        return self.process.exitcode


def start_method() -> str:
    """How processes are started: forked where nothing but this thread could hold a lock."""
    safe = sys.platform == "linux" and threading.active_count() == 1
    return "fork" if safe else "spawn"


def _work(connection: Connection, duty: Duty, held: list[Connection]) -> None:
    """The life of a worker: until it is told to stop, or nobody is there any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for inherited in held:
        inherited.close()
    gc.disable()
    with contextlib.suppress(EOFError, OSError):
        while (job := connection.recv_bytes()) != STOP:
            number, files = _jobs.decode(job)
            readings = list(read_files(duty.root, files, duty.largest_bytes))
            connection.send_bytes(_pack((number, readings)))
    if sys.platform == "linux" and not _is_measured():
        os._exit(0)  # nothing of the parent's is closed or written again by a forked child


def _is_measured() -> bool:
    """Whether something (coverage) waits for this process's orderly end."""
    return "coverage" in sys.modules
