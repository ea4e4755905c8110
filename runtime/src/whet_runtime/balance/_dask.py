"""Workers of a Dask cluster."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

from whet_runtime.balance._engine import Call, Returned, Revival, Staff, timed_call
from whet_runtime.balance._state import Worker
from whet_runtime.errors import ClosedError, MisuseError

if TYPE_CHECKING:
    from distributed import Client


class DaskEngine:
    """Runs tasks on the workers of a Dask cluster, each on the one that the balancer chose.

    The workers are those of the cluster: they come and go with it and need not be declared. The
    names of a worker's Dask resources are its capabilities, its threads are its slots. A task
    costs milliseconds of overhead: give it at least 50 ms of work. The package must be installed
    on the workers.

    Args:
        client: A connected synchronous client; it stays the caller's to close.
        ahead: Tasks that a worker is sent beyond its slots, to hide the way to it.
        look_s: Seconds between looks at which workers are there.
    """

    def __init__(self, client: Client, *, ahead: int = 1, look_s: float = 1.0) -> None:
        if getattr(client, "asynchronous", True):
            raise MisuseError(
                f"client={client!r}",
                "it is no synchronous client of a Dask cluster",
                "Give distributed.Client(...) without asynchronous=True; the balancer itself can "
                "be awaited",
            )
        if ahead < 0 or look_s <= 0:
            raise MisuseError(
                f"ahead={ahead!r}, look_s={look_s!r}", "too small", "Give ahead >= 0, look_s > 0"
            )
        self.ahead = ahead
        self._client = client
        self._look_s = look_s
        # Since 2025 the scheduler tells of five workers unless asked for all.
        limited = "n_workers" in client.scheduler_info.__code__.co_varnames
        self._all = {"n_workers": -1} if limited else {}
        self._known: set[str] = set()
        self._running: dict[str, dict[Any, Future[Returned]]] = {}
        self._lock = Lock()
        self._looking = Lock()
        self._closed = Event()
        self._watch: Thread | None = None

    def open(self, staff: Staff) -> None:
        """Start looking at which workers are there; the present ones are told at once."""
        self.look(staff)
        self._watch = Thread(
            target=self._look_on, args=(staff,), name="whet-dask-workers", daemon=True
        )
        self._watch.start()

    def look(self, staff: Staff) -> None:
        """Tell which workers came and which are gone since the last look."""
        with self._looking:
            present = self._present()
            for address in self._known - present.keys():
                self._known.discard(address)
                staff.lose_worker(address)
            for address in present.keys() - self._known:
                try:
                    staff.add_worker(_described(address, present[address]))
                except ClosedError:  # a balancer that is ending its last tasks takes no more
                    continue
                self._known.add(address)

    def _present(self) -> dict[str, Any]:
        # The scheduler is asked itself: what the client keeps of it is renewed beside this by the
        # client's own timer, which leaves out all workers but the first five.
        client: Any = self._client
        identity = client.sync(client.scheduler.identity, **self._all)
        present: dict[str, Any] = identity["workers"]
        return present

    def start(self, worker: Worker) -> None:
        """Workers of a cluster are ready when they are seen."""
        with self._lock:
            self._running[worker.name] = {}

    def run(self, worker: str, call: Call) -> Future[Returned]:
        """Start a call on a worker and nowhere else; Dask itself does not repeat it."""
        remote: Any = self._client.submit(
            timed_call,
            call.function,
            call.arguments,
            call.keywords,
            workers=[worker],
            allow_other_workers=False,
            pure=False,
            retries=0,
        )
        local: Future[Returned] = Future()
        with self._lock:
            self._running[worker][remote] = local
        remote.add_done_callback(lambda ended: self._pass_on(worker, ended))
        return local

    def died(self, error: BaseException) -> bool:
        """Whether Dask gave the task up because its worker died."""
        from distributed import CancelledError, KilledWorker

        return isinstance(error, KilledWorker | CancelledError)

    def revive(self, worker: str) -> Revival:
        """A cluster replaces its workers by itself, under new names."""
        with self._lock:
            orphans = self._running.get(worker, {})
            self._running[worker] = {}
        for remote in orphans:
            remote.cancel(reason="whet: its worker died")
        return Revival(alive=worker in self._known, begun=None)

    def kill(self, worker: str) -> bool:
        """Impossible: Dask does not interrupt a running task."""
        del worker
        return False

    def stop(self, worker: str) -> None:
        """Forget a worker; the cluster ends it."""
        with self._lock:
            self._running.pop(worker, None)

    def close(self) -> None:
        """Stop looking; client and cluster stay the caller's."""
        self._closed.set()

    def _look_on(self, staff: Staff) -> None:
        while not self._closed.wait(self._look_s):
            if self._client.status == "running":
                try:
                    self.look(staff)
                except (OSError, RuntimeError):  # scheduler away or client closing: look again
                    continue

    def _pass_on(self, worker: str, remote: Any) -> None:
        with self._lock:
            local = self._running.get(worker, {}).pop(remote, None)
        if local is None:
            return  # its worker is gone, and the task was dealt with then
        try:
            local.set_result(remote.result())
        except BaseException as error:  # noqa: BLE001 - whatever the task raised is its answer
            local.set_exception(error)


def _described(address: str, facts: dict[str, Any]) -> Worker:
    return Worker(
        address,
        capabilities=frozenset(facts.get("resources", ())),
        slots=max(int(facts.get("nthreads", 1)), 1),
    )
