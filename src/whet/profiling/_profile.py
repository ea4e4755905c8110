"""Profiling a workload: a plain run first, then one run or more an instrument."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whet.clock import SYSTEM_CLOCK, Clock
from whet.errors import UsageError, WhetError, WorkloadFailed
from whet.profiling import allocations, counting, cpu, imports, io, memory
from whet.profiling._rig import LaunchOf, Rig
from whet.profiling.bottlenecks import bottlenecks
from whet.records import (
    CpuProfile,
    Event,
    InstrumentCost,
    InstrumentFailure,
    IoProfile,
    MemoryProfile,
    ModuleImport,
    OnEvent,
    Profile,
    RunOutcome,
    ignore_event,
)
from whet.store.scratch import scratch_folder
from whet.workloads import describe_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

INSTRUMENTS = ("cpu", "memory", "io", "imports", "calls")
_ALL = (*INSTRUMENTS, "allocations")
_RUNS = {"cpu": 2.2, "memory": 1.1, "io": 1.3, "imports": 1.2, "calls": 3.0, "allocations": 6.0}
_TAIL_CHARACTERS = 400
_LONG_S = 10.0
_LOADED = 1.3  # sampled time / CPU time


def profile(
    launch_of: LaunchOf,
    instruments: Sequence[str] = INSTRUMENTS,
    *,
    rate_hz: float = 100.0,
    budget_s: float | None = None,
    on_event: OnEvent = ignore_event,
    clock: Clock = SYSTEM_CLOCK,
) -> Profile:
    """Everything that the instruments show about one workload.

    Each instrument measures in runs of its own; one that fails is named in `failures` and the
    others go on.

    Args:
        launch_of: Makes the launch of the workload with an instrument's plan and wrap.
        instruments: Any of `cpu`, `memory`, `io`, `imports`, `calls`, `allocations`.
        rate_hz: Samples a second.
        budget_s: Seconds for all runs; instruments that no longer fit are left out and named.
            None: no limit, except that short workloads are repeated for at most eight seconds.
        on_event: Hears the progress.
        clock: Tells the time.

    Raises:
        UsageError: An unknown instrument.
        WorkloadFailed: The workload cannot be started, or hits its time-out.
    """
    unknown = [name for name in instruments if name not in _ALL]
    if unknown:
        reason = "is unknown"
        raise UsageError(f"instrument {unknown[0]!r}", reason, f"Choose from {', '.join(_ALL)}")
    with scratch_folder("profile") as folder:
        rig = Rig(launch_of, Path(folder).resolve())
        chosen = [name for name in _ALL if name in instruments]
        stage = _Stage(rig, chosen, rate_hz, budget_s, on_event, clock)
        return stage.run()


@dataclass
class _Stage:
    """The profile as it comes together; each instrument fills its part."""

    rig: Rig
    chosen: list[str]
    rate_hz: float
    budget_s: float | None
    on_event: OnEvent
    clock: Clock
    cpu: CpuProfile | None = None
    memory: MemoryProfile | None = None
    io: IoProfile | None = None
    imports: tuple[ModuleImport, ...] | None = None
    costs: list[InstrumentCost] = field(default_factory=list)
    failures: list[InstrumentFailure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def run(self) -> Profile:
        """The plain runs, then every instrument."""
        self.started_s = self.clock.monotonic_s()
        self._tell(0, "plain run", None)
        self.plain = self._plain()
        for number, name in enumerate(self.chosen, start=1):
            left = sum(_RUNS[each] for each in self.chosen[number - 1 :]) * self.plain.wall_s
            self._tell(number, name, left)
            self._try(name)
        self._tell(len(self.chosen) + 1, "profiled", 0.0, done=True)
        ratio = next((one.cpu_ratio for one in self.costs if one.instrument == "cpu"), None)
        return Profile(
            workload=self.rig.bare.workload,
            environment=describe_environment(self.rig.bare.interpreter),
            plain_wall_s=self.plain.wall_s,
            plain_cpu_s=self.plain.cpu_s,
            cpu=self.cpu,
            memory=self.memory,
            io=self.io,
            imports=self.imports,
            overhead_ratio=ratio,
            overheads=tuple(self.costs),
            bottlenecks=bottlenecks(self.cpu, self.imports),
            failures=tuple(self.failures),
            notes=tuple(self.notes),
        )

    def _plain(self) -> RunOutcome:
        """The run to compare with: the second, since the first fills caches of files and code."""
        self.rig.plain()
        outcome = self.rig.plain()
        spelled = self.rig.bare.workload.spelled
        if outcome.timed_out:
            limit = self.rig.bare.limit_s
            reason = f"did not end within {limit:g} s" if limit else "hit its time-out"
            raise WorkloadFailed(f"workload {spelled!r}", reason, "Raise --timeout")
        if outcome.exit_code != 0:
            end = outcome.signal or f"exit status {outcome.exit_code}"
            said = outcome.stderr.tail.strip()[-_TAIL_CHARACTERS:]
            self.notes.append(f"the workload ends with {end}" + (f": {said}" if said else ""))
        return outcome

    def _left_s(self) -> float | None:
        if self.budget_s is None:
            return None
        return self.budget_s - (self.clock.monotonic_s() - self.started_s)

    def _try(self, name: str) -> None:
        left_s = self._left_s()
        if left_s is not None and left_s < _RUNS[name] * self.plain.wall_s:
            reason = f"left out: {max(left_s, 0):.0f} s of the budget are left"
            self.failures.append(InstrumentFailure(instrument=name, reason=reason))
            return
        if name == "calls" and left_s is None and self.plain.wall_s > _LONG_S:
            reason = "left out: counting every call of a long run takes long; give a budget"
            self.failures.append(InstrumentFailure(instrument=name, reason=reason))
            return
        steps: dict[str, Callable[[], None]] = {
            "cpu": self._cpu,
            "memory": self._memory,
            "io": self._io,
            "imports": self._imports,
            "calls": self._calls,
            "allocations": self._allocations,
        }
        try:
            steps[name]()
        except WhetError as error:
            self._failed(name, f"{error.what}: {error.reason}")

    def _failed(self, name: str, reason: str) -> None:
        self.failures.append(InstrumentFailure(instrument=name, reason=reason))
        message = f"{name}: {reason}"
        self.on_event(Event(kind="warning", stage="profile", message=message, status="failed"))

    def _spare_s(self) -> float:
        """Seconds that one instrument may spend on repeating."""
        left = self._left_s()
        return 8.0 if left is None else max(0.0, min(8.0, left / 3))

    def _cpu(self) -> None:
        found = cpu.measure(self.rig, self.plain, rate_hz=self.rate_hz, budget_s=self._spare_s())
        self.cpu = found.profile
        self.costs += found.costs
        self.notes += found.notes
        if found.profile.total_s > _LOADED * self.plain.cpu_s + 0.1:
            self.notes.append(
                f"CPU: {found.profile.total_s:.2f} s were sampled, {self.plain.cpu_s:.2f} s of "
                "CPU time used: the host is loaded and threads wait for a core; shares hold"
            )
        if found.failure is not None:
            self._failed("cpu", found.failure)

    def _memory(self) -> None:
        found = memory.measure(self.rig, self.plain, budget_s=self._spare_s())
        self.memory = found.profile
        self.costs.append(found.cost)

    def _io(self) -> None:
        found = io.measure(self.rig, self.plain)
        self.io = found.profile
        self.costs.append(found.cost)

    def _imports(self) -> None:
        found = imports.measure(self.rig, self.plain)
        self.imports = found.modules
        self.costs.append(found.cost)

    def _calls(self) -> None:
        if self.cpu is None:
            return
        counted = counting.measure(self.rig, self.plain)
        self.cpu = counting.with_calls(self.cpu, counted)
        self.costs.append(counted.cost)
        self.notes += counted.notes

    def _allocations(self) -> None:
        found = allocations.measure(self.rig, self.plain)
        self.costs.append(found.cost)
        self.notes += found.notes
        self.memory = allocations.with_allocations(self.memory, found)

    def _tell(
        self, count: int, message: str, remaining_s: float | None, *, done: bool = False
    ) -> None:
        event: dict[str, Any] = {"count": count, "total": len(self.chosen) + 1}
        elapsed = self.clock.monotonic_s() - self.started_s
        status = "done" if done else "running"
        self.on_event(
            Event(
                kind="progress",
                stage="profile",
                message=message,
                status=status,  # type: ignore[arg-type]  # one of the two literals above
                elapsed_s=elapsed,
                remaining_s=remaining_s,
                **event,
            )
        )
