"""Workers that are threads of this process."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from whet_runtime.balance._engine import Call, Returned, Revival, Staff, timed_call

if TYPE_CHECKING:
    from whet_runtime.balance._state import Worker


class ThreadEngine:
    """Runs each worker's tasks in threads of its own, as many as it has slots.

    For functions that wait or leave the interpreter lock; a running one cannot be ended by force.
    """

    ahead = 0

    def __init__(self) -> None:
        self._pools: dict[str, ThreadPoolExecutor] = {}

    def open(self, staff: Staff) -> None:
        """Nothing to start; threads come with their workers."""

    def start(self, worker: Worker) -> None:
        """Make a worker ready; its threads start with the first tasks."""
        self._pools[worker.name] = ThreadPoolExecutor(
            worker.slots, thread_name_prefix=f"whet-{worker.name}"
        )

    def run(self, worker: str, call: Call) -> Future[Returned]:
        """Start a call on a worker."""
        return self._pools[worker].submit(timed_call, call.function, call.arguments, call.keywords)

    def died(self, error: BaseException) -> bool:
        """Never: a thread ends only with its process."""
        del error
        return False

    def revive(self, worker: str) -> Revival:
        """Nothing to replace."""
        return Revival(alive=worker in self._pools, begun=None)

    def kill(self, worker: str) -> bool:
        """Impossible for threads."""
        del worker
        return False

    def stop(self, worker: str) -> None:
        """Let the threads of a worker end."""
        pool = self._pools.pop(worker, None)
        if pool is not None:
            pool.shutdown(wait=False)

    def close(self) -> None:
        """Let all threads end as soon as their functions return."""
        for pool in self._pools.values():
            pool.shutdown(wait=False)
        self._pools.clear()
