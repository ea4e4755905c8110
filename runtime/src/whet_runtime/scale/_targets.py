"""What an autoscaler drives: a balancer's workers, or a Dask cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from whet_runtime.clock import SYSTEM_CLOCK, Clock
from whet_runtime.errors import MisuseError
from whet_runtime.scale._processes import cpu_s, resident_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from distributed import Client

    from whet_runtime.balance import LoadBalancer, ProcessEngine, Worker


class Reading(NamedTuple):
    """What a target shows at one moment.

    Args:
        workers: Workers that are ready.
        metrics: Values by the names of the thresholds; what is unknown is left out.
        load: Work that is asked for, in the unit of `ScalerSettings.capacity`; None where it is
            unknown.
    """

    workers: int
    metrics: Mapping[str, float]
    load: float | None


class Target(Protocol):
    """Something whose number of workers can be read and set."""

    def read(self) -> Reading:
        """The present state."""
        ...

    def scale(self, workers: int) -> None:
        """Bring the workers to a number; may return before they are ready."""
        ...

    def prepare(self, needs: frozenset[str]) -> None:
        """The next worker that is added should have these capabilities, if that can be."""
        ...


class BalancerTarget:
    """The workers of a balancer on threads or processes of this machine.

    Metrics: "busy" is the share of slot time in use since the last look; "queue" are the waiting
    tasks; with an engine of processes "cpu" is their CPU time over the time of all workers, and
    "memory" their mean size over `memory_bytes`, both on Linux only. Load is in busy slots: set
    `ScalerSettings.capacity` to the slots of a worker.

    Args:
        balancer: Its workers are added and removed.
        make_worker: Gives a new worker for a running number and the capabilities asked for.
        engine: The balancer's engine of processes; CPU and memory are unknown without it.
        memory_bytes: What a worker may use; None does not watch memory.
        clock: What tells the time.
    """

    def __init__(
        self,
        balancer: LoadBalancer,
        make_worker: Callable[[int, frozenset[str]], Worker],
        *,
        engine: ProcessEngine | None = None,
        memory_bytes: int | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        if memory_bytes is not None and memory_bytes <= 0:
            raise MisuseError(f"memory_bytes={memory_bytes!r}", "no worker fits", "Give bytes")
        self._balancer = balancer
        self._make_worker = make_worker
        self._engine = engine
        self._memory_bytes = memory_bytes
        self._clock = clock
        self._needs: list[frozenset[str]] = []
        self._made = 0
        self._seen_s = clock.monotonic()
        self._worked_s = balancer.snapshot().worked_s
        self._cpu_s: dict[int, float] = {}

    def read(self) -> Reading:
        """The present state, as means since the last look."""
        now_s = self._clock.monotonic()
        passed_s = max(now_s - self._seen_s, 1e-9)
        seen = self._balancer.snapshot()
        staff = [worker for worker in seen.workers if not worker.draining]
        slots = sum(worker.slots for worker in staff)
        # Tasks that are still running count from their end on, so what runs now is the least.
        working = max((seen.worked_s - self._worked_s) / passed_s, float(seen.running))
        metrics = {"queue": float(seen.waiting)}
        if slots:
            metrics["busy"] = min(100.0 * working / slots, 100.0)
        metrics |= self._of_processes(passed_s, slots)
        self._seen_s, self._worked_s = now_s, seen.worked_s
        return Reading(len(staff), metrics, working + seen.backlog_s / passed_s)

    def scale(self, workers: int) -> None:
        """Add workers, or let the least loaded go when they have ended what they run."""
        seen = self._balancer.snapshot()
        staff = [worker for worker in seen.workers if not worker.draining]
        for _ in range(workers - len(staff)):
            needs = self._needs.pop(0) if self._needs else frozenset()
            self._balancer.add_worker(self._make_worker(self._made, needs))
            self._made += 1
        staff.sort(key=lambda worker: worker.running + worker.waiting)
        for worker in staff[: max(len(staff) - workers, 0)]:
            self._balancer.remove_worker(worker.name)

    def prepare(self, needs: frozenset[str]) -> None:
        """The next worker is made for these capabilities."""
        if needs not in self._needs:
            self._needs.append(needs)

    def _of_processes(self, passed_s: float, slots: int) -> dict[str, float]:
        if self._engine is None or not slots:
            return {}
        pids = self._engine.pids()
        spent = {pid: seconds for pid in pids if (seconds := cpu_s(pid)) is not None}
        metrics = {}
        if spent:
            used_s = sum(now - self._cpu_s.get(pid, 0.0) for pid, now in spent.items())
            metrics["cpu"] = min(100.0 * used_s / passed_s / slots, 100.0)
        sizes = [size for pid in pids if (size := resident_bytes(pid)) is not None]
        if sizes and self._memory_bytes is not None:
            metrics["memory"] = 100.0 * sum(sizes) / len(sizes) / self._memory_bytes
        self._cpu_s = spent
        return metrics


class DaskTarget:
    """A Dask cluster whose `scale` sets the number of its workers, such as a `LocalCluster`.

    Metrics: "cpu" and "memory" as the workers report them, over their threads and memory limits;
    "busy" is the share of threads with a task; "queue" are the tasks that no thread runs.

    Args:
        client: A connected synchronous client of the cluster; it stays the caller's to close.
        cluster: What is scaled; the client's own cluster if None.
    """

    def __init__(self, client: Client, cluster: Any = None) -> None:
        self._client: Any = client
        self._cluster: Any = client.cluster if cluster is None else cluster
        if not hasattr(self._cluster, "scale"):
            raise MisuseError(
                f"cluster={self._cluster!r}",
                "it cannot be scaled",
                "Give a cluster object with scale(), such as distributed.LocalCluster",
            )

    def read(self) -> Reading:
        """The present state, from the scheduler."""
        seen: dict[str, float] = self._client.run_on_scheduler(_scheduler_reading)
        workers = int(seen.pop("workers"))
        return Reading(workers, seen, None)

    def scale(self, workers: int) -> None:
        """Ask the cluster for a number of workers."""
        self._cluster.scale(workers)

    def prepare(self, needs: frozenset[str]) -> None:
        """Nothing: the cluster's own configuration says what its workers have."""


def _scheduler_reading(dask_scheduler: Any) -> dict[str, float]:
    """Runs in the scheduler: workers and metrics of one moment."""
    states = list(dask_scheduler.workers.values())
    threads = sum(state.nthreads for state in states)
    running = sum(min(len(state.processing), state.nthreads) for state in states)
    assigned = sum(len(state.processing) for state in states)
    queue = assigned - running + len(dask_scheduler.queued) + len(dask_scheduler.unrunnable)
    reading = {"workers": float(len(states)), "queue": float(queue)}
    if threads:
        reading["busy"] = 100.0 * running / threads
        reading["cpu"] = sum(state.metrics.get("cpu", 0.0) for state in states) / threads
    limit = sum(state.memory_limit or 0 for state in states)
    if limit:
        used = sum(state.metrics.get("memory", 0) for state in states)
        reading["memory"] = 100.0 * used / limit
    return reading
