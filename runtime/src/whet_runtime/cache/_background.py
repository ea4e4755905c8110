"""Work that a read starts and does not wait for: in worker threads or as tasks, bounded."""

from __future__ import annotations

import os
from queue import Empty, Full, Queue
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from whet_runtime._steps import Steps, adrive, drive

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

_WORKERS = 2
_WAITING = 256
_IDLE_S = 5.0  # after which a worker thread ends


class Background:
    """Runs operations beside their callers. What finds no room is not run, and counted."""

    def __init__(self) -> None:
        self.refused = 0
        self._lock = Lock()
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._work: Queue[Callable[[], object]] = Queue(_WAITING)
        self._threads = 0
        self._tasks: set[asyncio.Task[Any]] = set()

    def submit(self, call: Callable[[], object]) -> bool:
        """Runs a call in a worker thread; whether there was room. It must not raise."""
        if self._process != os.getpid():  # a child: the threads stayed with the parent
            self._lock = Lock()
            self._begin()
        with self._lock:
            try:
                self._work.put_nowait(call)
            except Full:
                self.refused += 1
                return False
            if self._threads < _WORKERS:
                self._threads += 1
                Thread(target=self._run, name="whet-cache", daemon=True).start()
        return True

    def _run(self) -> None:
        while True:
            try:
                call = self._work.get(timeout=_IDLE_S)
            except Empty:
                with self._lock:
                    if self._work.empty():
                        self._threads -= 1
                        return
                continue
            call()

    def task(self, steps: Steps[Any]) -> bool:
        """Runs an operation as a task of the running loop; whether there was room."""
        import asyncio

        if len(self._tasks) >= _WAITING:
            self.refused += 1
            return False
        task = asyncio.get_running_loop().create_task(adrive(steps))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True


class Spawn:
    """A step: starts an operation and does not wait for it. Answers whether it was started."""

    __slots__ = ("background", "steps")

    def __init__(self, background: Background, steps: Steps[Any]) -> None:
        self.background = background
        self.steps = steps

    def run(self) -> bool:
        """Starts it in a worker thread."""
        return self.background.submit(lambda: drive(self.steps))

    async def arun(self) -> bool:
        """Starts it as a task of this loop."""
        return self.background.task(self.steps)
