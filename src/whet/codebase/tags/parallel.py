"""Many files read by several processes, in order, as a stream.

Batches are handed out as processes become free; this process reads batches too, so one worker on
two cores halves the time. What was read comes out by path, with a bounded number of batches ahead.
"""

from __future__ import annotations

import contextlib
from collections import deque
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, NamedTuple

from whet.codebase.tags.plan import available_memory, batches, processes_for, schedule
from whet.codebase.tags.reading import Reading, read_files
from whet.codebase.tags.workers import Duty, Lost, Worker
from whet.records import Event
from whet.records.event import ignore_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from whet.codebase.tags.listing import Source
    from whet.records.event import OnEvent

_AHEAD = 2  # batches that a worker holds: one in work, one waiting
_WINDOW = 6  # batches for each process between the last yielded and the last handed out
_LOOK_EVERY = 8  # batches between two looks at the memory
_SHORT_BYTES = 100_000_000  # available memory below which a worker is let go


class Demand(NamedTuple):
    """What the caller wants.

    Attributes:
        processes: This one included; None: as many as cores.
        threshold_bytes: Below it nothing is started.
        largest_bytes: Files beyond it are not read.
        memory: Tells the available bytes, or None where unknown.
        on_event: Hears what went wrong with workers.
    """

    processes: int | None
    threshold_bytes: int
    largest_bytes: int
    memory: Callable[[], int | None] = available_memory
    on_event: OnEvent = ignore_event


class Reader:
    """Reads files, alone or with workers.

    Attributes:
        processes: How many read, this one included; known once reading began.
    """

    def __init__(self, root: bytes, files: Sequence[Source], demand: Demand) -> None:
        import os

        self._files = [(os.fsencode(file.path), file.language) for file in files]
        self._duty = Duty(root, demand.largest_bytes)
        self._demand = demand
        sizes = [min(file.identity.size, demand.largest_bytes) for file in files]
        available = demand.memory()
        self.processes = processes_for(
            demand.processes, sum(sizes), demand.threshold_bytes, available
        )
        self._planned = batches(sizes, self.processes, available)
        self._todo = deque(schedule(self._planned))
        self._done: dict[int, list[Reading]] = {}
        self._workers: list[Worker] = []
        self._yielded = self._read_here = 0

    def __iter__(self) -> Iterator[Reading]:
        """What came of every file, in their order."""
        if self.processes == 1:
            yield from read_files(self._duty.root, self._files, self._duty.largest_bytes)
            return
        self._start()
        try:
            while self._yielded < len(self._planned):
                self._advance()
                while (ready := self._done.pop(self._yielded, None)) is not None:
                    self._yielded += 1
                    self._feed()
                    yield from ready
        finally:
            for worker in self._workers:
                worker.end(now=bool(worker.jobs))

    def _start(self) -> None:
        for _ in range(self.processes - 1):
            try:
                self._workers.append(Worker(self._duty, self._workers))
            except OSError as error:
                self._say(f"no more processes: {error.strerror or error}")
                self.processes = 1 + len(self._workers)
                break

    def _advance(self) -> None:
        """Take what is ready, hand out anew, and read a batch here while the others work.

        In this order: a worker whose answer was just taken would else wait while a batch is read.
        """
        self._collect(0)
        self._feed()
        number = self._next()
        if number is not None:
            self._done[number] = list(self._here(number))
            self._read_here += 1
            if self._read_here % _LOOK_EVERY == 0:
                self._relieve()
        elif self._yielded not in self._done:
            self._collect(None)

    def _here(self, number: int) -> Iterator[Reading]:
        batch = self._planned[number]
        files = self._files[batch.start : batch.stop]
        return read_files(self._duty.root, files, self._duty.largest_bytes)

    def _next(self) -> int | None:
        """The next batch to hand out, if it is not too far ahead of what was taken."""
        if not self._todo or len(self._done) > _WINDOW * self.processes:
            if self._todo and self._yielded in self._todo:  # nothing else lets the stream go on
                self._todo.remove(self._yielded)
                return self._yielded
            return None
        return self._todo.popleft()

    def _feed(self) -> None:
        for worker in list(self._workers):
            while len(worker.jobs) < _AHEAD and (number := self._next()) is not None:
                batch = self._planned[number]
                try:
                    worker.give(number, self._files[batch.start : batch.stop])
                except Lost:
                    self._recover(worker)
                    break

    def _collect(self, timeout_s: float | None) -> None:
        """Take the answers that are there; with None wait for one."""
        waiting = {worker.connection: worker for worker in self._workers if worker.jobs}
        if not waiting:
            return
        for connection in wait(list(waiting), timeout_s):
            worker = waiting[connection]  # type: ignore[index]  # one of the keys
            try:
                number, readings = worker.take()
                self._done[number] = readings
            except Lost:
                self._recover(worker)

    def _relieve(self) -> None:
        """Where memory became short, let a worker go as soon as it is done."""
        available = self._demand.memory()
        if available is None or available >= _SHORT_BYTES:
            return
        idle = next((worker for worker in self._workers if not worker.jobs), None)
        idle = idle or (self._workers[-1] if self._workers else None)
        if idle is not None:
            while idle.jobs:
                try:
                    number, readings = idle.take()
                except Lost:
                    self._recover(idle)
                    return
                self._done[number] = readings
            self._workers.remove(idle)
            idle.end()
            self._say("memory is short: one process less")

    def _recover(self, worker: Worker) -> None:
        """A worker died: each file of its batch is tried in a process of its own."""
        self._workers.remove(worker)
        code = worker.end(now=True)
        self._say(f"a reading process ended by itself ({_cause(code)}); its files are read again")
        for number in worker.jobs[1:]:
            self._todo.appendleft(number)
        if worker.jobs:
            self._done[worker.jobs[0]] = self._one_by_one(worker.jobs[0])
        with contextlib.suppress(OSError):
            self._workers.append(Worker(self._duty, self._workers))

    def _one_by_one(self, number: int) -> list[Reading]:
        found: list[Reading] = []
        batch = self._planned[number]
        worker: Worker | None = None
        for file in self._files[batch.start : batch.stop]:
            try:
                worker = worker or Worker(self._duty, self._workers)
                worker.give(number, [file])
                found += worker.take()[1]
            except Lost:
                code = worker.end(now=True) if worker else None
                worker = None
                found.append(Reading(None, 0, problem=f"the parser crashed ({_cause(code)})"))
            except OSError as error:
                problem = f"no process to read it: {error.strerror or error}"
                found.append(Reading(None, 0, problem=problem))
        if worker is not None:
            worker.end()
        return found

    def _say(self, message: str) -> None:
        self._demand.on_event(Event(kind="note", stage="tags", message=message))


def _cause(code: int | None) -> str:
    if code is None:
        return "reason unknown"
    return f"signal {-code}" if code < 0 else f"status {code}"
