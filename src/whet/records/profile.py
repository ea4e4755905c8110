"""What one run of a workload showed."""

from __future__ import annotations

from typing import Literal

from whet.records._base import Record
from whet.records.environment import Environment
from whet.records.workload import Workload


class LineTime(Record, frozen=True):
    """Time spent with one line on top of the stack."""

    line: int
    self_s: float


class FunctionTime(Record, frozen=True):
    """One function in the CPU profile; `file` is relative to the project where it lies inside."""

    name: str
    file: str
    line: int  # of the definition
    self_s: float
    total_s: float  # cumulative, recursion counted once
    self_share: float  # 0-1 of all sampled time
    total_share: float
    calls: int | None = None  # counted in a run of its own; None: not counted
    lines: tuple[LineTime, ...] = ()  # hottest first
    in_project: bool = True


class Stack(Record, frozen=True):
    """A distinct call stack and its sampled time."""

    frames: tuple[int, ...]  # indices into CpuProfile.frames, outermost first
    seconds: float
    process: int = 0
    thread: str = ""


class Frame(Record, frozen=True):
    """A place on a call stack."""

    name: str
    file: str
    line: int


class Wait(Record, frozen=True):
    """Time spent not running: on locks, I/O or sleep, with the place that waits."""

    kind: Literal["lock", "io", "sleep", "other"]
    thread: str
    place: str  # file:line function
    seconds: float


class CpuProfile(Record, frozen=True):
    """Where the time went. Ranked by sampling; calls counted separately."""

    sampler: str  # "py-spy 0.4.3" or "in-process"
    approximate: bool  # lines named by an in-process sampler may be one too late
    rate_hz: float
    samples: int
    errors: int
    total_s: float  # sampled running time over all threads and processes
    functions: tuple[FunctionTime, ...]  # by self time, hottest first
    frames: tuple[Frame, ...] = ()
    stacks: tuple[Stack, ...] = ()
    waits: tuple[Wait, ...] = ()
    lock_share: float | None = None  # share of thread time spent waiting for locks
    function_calls: int | None = None  # from one counting-only run, else None
    processes: int = 1
    threads: int = 1


class Allocation(Record, frozen=True):
    """A line that allocates."""

    file: str
    line: int
    name: str
    bytes: int
    count: int


class MemoryProfile(Record, frozen=True):
    """Memory throughout a run: resident size of the process tree."""

    peak_bytes: int
    average_bytes: int
    growth_bytes_per_s: float | None  # robust slope after start-up; None for too short runs
    start_bytes: int
    end_bytes: int
    interval_s: float
    series: tuple[tuple[float, int], ...] = ()  # (seconds since start, bytes), thinned
    allocations: tuple[Allocation, ...] = ()  # largest first, from a run of its own
    allocator: str | None = None  # "memray 1.20" or "tracemalloc"
    leak_bytes_per_repetition: float | None = None


class IoSite(Record, frozen=True):
    """I/O of one kind from one call site."""

    kind: Literal["read", "write", "network", "subprocess", "sql"]
    target: str
    call_site: str
    count: int


class IoProfile(Record, frozen=True):
    """Counts from audit events (opens outside imports, connections, children), bytes from OS."""

    file_reads: int
    file_writes: int
    network_calls: int | None  # None: network profiling was off
    subprocesses: int
    sql_statements: int | None = None
    read_bytes: int | None = None
    written_bytes: int | None = None
    sites: tuple[IoSite, ...] = ()


class ModuleImport(Record, frozen=True):
    """One imported module."""

    module: str
    self_s: float  # CPU seconds without what it imports itself
    cumulative_s: float
    imported_by: str | None
    memory_bytes: int | None = None  # growth of resident size while importing
    file: str | None = None
    warm: bool | None = None  # bytecode was cached
    order: int = 0


class InstrumentCost(Record, frozen=True):
    """What an instrument itself cost: instrumented run / plain run."""

    instrument: str
    wall_ratio: float | None
    cpu_ratio: float | None


class InstrumentFailure(Record, frozen=True):
    """An instrument that could not measure, and why; the session goes on with the others."""

    instrument: str
    reason: str


class Bottleneck(Record, frozen=True):
    """A component whose time is above twice the mean."""

    component: str
    execution_time: float  # s
    relative_slowdown: float  # times the mean
    suggestion: str


class Profile(Record, frozen=True):
    """Everything that profiling a workload showed. A part that was not measured is None."""

    workload: Workload
    environment: Environment
    plain_wall_s: float  # the same run without any instrument
    plain_cpu_s: float
    cpu: CpuProfile | None = None
    memory: MemoryProfile | None = None
    io: IoProfile | None = None
    imports: tuple[ModuleImport, ...] | None = None
    overhead_ratio: float | None = None  # CPU-sampling run / plain run, CPU time of the whole tree
    overheads: tuple[InstrumentCost, ...] = ()
    bottlenecks: tuple[Bottleneck, ...] = ()
    failures: tuple[InstrumentFailure, ...] = ()
    repeatable: bool | None = None
    notes: tuple[str, ...] = ()
