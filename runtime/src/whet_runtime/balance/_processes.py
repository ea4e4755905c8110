"""Workers that are processes of this machine."""

from __future__ import annotations

import signal
import sys
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, Any

from whet_runtime.balance._engine import Call, Returned, Revival, Staff, timed_call
from whet_runtime.errors import MisuseError

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext
    from multiprocessing.process import BaseProcess

    from whet_runtime.balance._state import Worker

_ABSENT, _IDLE = -2, -1  # what a process's cell holds before it has started, and between tasks
# Pools in a row that broke before one of their processes had started, after which a worker is
# given up: its processes cannot be started at all.
_HOPELESS = 3

_own_cell: Any = None  # in a worker process: (cells, index) of what it runs


class ProcessEngine:
    """Runs each worker's tasks in processes of its own, as many as it has slots.

    A process that dies takes down only its own worker, which is replaced; one with a single slot
    can be ended by force. Which tasks had begun is known from shared memory, so that the others
    are simply run elsewhere. Processes are not forked from this one, which may have threads.

    Args:
        start_method: "forkserver", "spawn" or "fork"; forkserver by default, spawn where it is
            missing. As always with these, the main module must be importable without effects.
    """

    ahead = 0

    def __init__(self, start_method: str | None = None) -> None:
        import multiprocessing

        methods = multiprocessing.get_all_start_methods()
        default = "forkserver" if "forkserver" in methods and sys.platform != "darwin" else "spawn"
        chosen = default if start_method is None else start_method
        if chosen not in methods:
            raise MisuseError(
                f"start_method={start_method!r}",
                "this platform has no such way of starting processes",
                f"Choose one of {', '.join(methods)}",
            )
        self._context: BaseContext = multiprocessing.get_context(chosen)
        self._crews: dict[str, _Crew] = {}
        # Dismissed crews are kept until their processes have ended: what is shared with them must
        # not be given to others while they may still write to it.
        self._former: list[_Crew] = []
        self._lock = Lock()

    def open(self, staff: Staff) -> None:
        """Nothing to start; processes come with their workers."""

    def start(self, worker: Worker) -> None:
        """Make a worker ready; its processes start with the first tasks."""
        self._crews[worker.name] = _Crew(self._context, worker.slots)

    def run(self, worker: str, call: Call) -> Future[Returned]:
        """Start a call on a worker."""
        return self._crews[worker].run(call)

    def died(self, error: BaseException) -> bool:
        """Whether a process died: the pool says so, and not a nested pool inside the task."""
        remote = type(error.__cause__).__name__ == "_RemoteTraceback"
        return isinstance(error, BrokenExecutor) and not remote

    def revive(self, worker: str) -> Revival:
        """Replace the processes of a worker, unless they cannot even start."""
        with self._lock:
            crew = self._crews.pop(worker, None)
            if crew is None:
                return Revival(alive=False, begun=None)
            self._dismiss(crew)
            stillborn = 0 if crew.started() else crew.stillborn + 1
            if stillborn < _HOPELESS:
                self._crews[worker] = _Crew(self._context, crew.slots, stillborn)
            return Revival(alive=stillborn < _HOPELESS, begun=crew.begun())

    def kill(self, worker: str) -> bool:
        """End by force what a worker with a single slot runs; its death is then seen as any."""
        crew = self._crews.get(worker)
        if crew is None or crew.slots > 1:
            return False
        for process in crew.processes():
            if process.is_alive():
                process.kill()
        return True

    def processes(self, worker: str) -> list[BaseProcess]:
        """The processes of a worker that have started."""
        crew = self._crews.get(worker)
        return [] if crew is None else crew.processes()

    def pids(self) -> list[int]:
        """The ids of all processes of all workers."""
        crews = list(self._crews.values())
        return [p.pid for crew in crews for p in crew.processes() if p.pid is not None]

    def stop(self, worker: str) -> None:
        """Let the processes of a worker end."""
        with self._lock:
            crew = self._crews.pop(worker, None)
            if crew is not None:
                self._dismiss(crew)

    def close(self) -> None:
        """Let all processes end as soon as their functions return."""
        for name in list(self._crews):
            self.stop(name)

    def _dismiss(self, crew: _Crew) -> None:
        crew.dismiss()
        self._former = [crew, *(former for former in self._former if former.alive())]


class _Crew:
    """The processes of one worker, until one of them dies or all are dismissed."""

    def __init__(self, context: BaseContext, slots: int, stillborn: int = 0) -> None:
        self.slots = slots
        self.stillborn = stillborn  # crews before it, in a row, of which no process had started
        self._cells = context.Array("q", [_ABSENT] * slots, lock=False)
        self._taken = context.Value("i", 0)
        self._known: list[BaseProcess] | None = None  # once dismissed
        self._pool = ProcessPoolExecutor(
            slots,
            mp_context=context,
            initializer=_take_cell,
            initargs=(self._cells, self._taken),
        )

    def run(self, call: Call) -> Future[Returned]:
        """Start a call."""
        return self._pool.submit(
            _run_noted, call.number, call.function, call.arguments, call.keywords
        )

    def begun(self) -> set[int]:
        """Numbers of the tasks that run, or ran when a process died."""
        return {number for number in self._cells if number >= 0}

    def started(self) -> bool:
        """Whether any process has come to take tasks."""
        return any(number != _ABSENT for number in self._cells)

    def processes(self) -> list[BaseProcess]:
        """The processes, as their pool knows them.

        Signals go to these objects only: a process id that was read from elsewhere may mean
        another process by now, or all of them.
        """
        if self._known is not None:
            return self._known
        own: Any = self._pool._processes  # noqa: SLF001 - no public way before Python 3.14
        return list(own.values()) if own else []

    def dismiss(self) -> None:
        """Let the processes end."""
        self._known = self.processes()
        self._pool.shutdown(wait=False)

    def alive(self) -> bool:
        """Whether any process may still write to what it shares."""
        return any(process.is_alive() for process in self.processes())


def _take_cell(cells: Any, taken: Any) -> None:
    """Runs first in a worker process."""
    global _own_cell  # noqa: PLW0603 - a worker process has one place for what it runs
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    with taken:
        index = taken.value
        taken.value += 1
    cells[index] = _IDLE
    _own_cell = (cells, index)


def _run_noted(number: int, function: Any, arguments: Any, keywords: Any) -> Returned:
    """Runs a call in a worker process; what it runs is noted where the parent can read it."""
    cells, index = _own_cell
    cells[index] = number
    try:
        return timed_call(function, arguments, keywords)
    finally:
        cells[index] = _IDLE
