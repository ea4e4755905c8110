"""The session as the report document that other programs read: fixed keys, plain figures.

Counts are integers, percents 0-100, the confidence level 0-1, MB = 10^6 bytes, growth in MB/s,
performances in seconds. What was not measured is null, never 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

from whet.errors import WhetError
from whet.records import to_json

if TYPE_CHECKING:
    from whet.records import CpuProfile, Metric, SessionRecord, Verdict

TOP_FUNCTIONS = 10
DECIDED = frozenset({"faster", "slower", "smaller", "larger", "same"})
MOMENT = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$"


def _unit(unit: str, description: str, **bounds: Any) -> Meta:
    return Meta(description=description, extra_json_schema={"unit": unit}, **bounds)


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of the document."""


class OptimizationSession(_Part, frozen=True):
    """Which session this is and when it ran."""

    session_id: Annotated[
        str,
        Meta(
            description="opt-YYYYMMDD-HHMMSS-NNN, of the UTC start",
            pattern=r"^opt-\d{8}-\d{6}-\d{3}$",
        ),
    ]
    start_time: Annotated[str, Meta(description="UTC, ISO 8601 with Z", pattern=MOMENT)]
    end_time: (
        Annotated[
            str, Meta(description="UTC, ISO 8601 with Z; null while it runs", pattern=MOMENT)
        ]
        | None
    )
    duration_seconds: Annotated[float, _unit("s", "Wall time of the session", ge=0)] | None


class TopFunction(_Part, frozen=True):
    """A function among the hottest."""

    name: Annotated[str, Meta(description="Qualified name as the profiler gave it")]
    time: Annotated[float, _unit("s", "Self time in the CPU-sampling run", ge=0)]
    calls: (
        Annotated[int, _unit("calls", "Counted in a run of its own; null: not counted", ge=0)]
        | None
    )


class CpuProfiling(_Part, frozen=True):
    """Where CPU time went in one run of the original workload."""

    function_calls: (
        Annotated[
            int,
            _unit("calls", "All function calls, from one counting-only run; null: no such run",
                  ge=0),
        ]
        | None
    )  # fmt: skip
    total_time_seconds: (
        Annotated[float, _unit("s", "Sampled running time of all threads and processes", ge=0)]
        | None
    )
    top_functions: (
        Annotated[list[TopFunction], Meta(description="Up to ten, by self time, hottest first")]
        | None
    )


class MemoryProfiling(_Part, frozen=True):
    """Resident size of the process tree throughout one run of the original workload."""

    peak_memory_mb: Annotated[float, _unit("MB", "Largest resident size", ge=0)] | None
    average_memory_mb: Annotated[float, _unit("MB", "Mean resident size", ge=0)] | None
    memory_growth_rate: (
        Annotated[float, _unit("MB/s", "Slope after start-up; null for runs too short")] | None
    )


class IoProfiling(_Part, frozen=True):
    """What one run of the original workload did outside itself."""

    file_reads: Annotated[int, _unit("files", "Opened for reading, no imports", ge=0)] | None
    file_writes: Annotated[int, _unit("files", "Opened for writing", ge=0)] | None
    network_calls: Annotated[int, _unit("calls", "Connections made or looked up", ge=0)] | None


class PerformanceProfile(_Part, frozen=True):
    """What profiling the original workload showed."""

    cpu_profiling: CpuProfiling
    memory_profiling: MemoryProfiling
    io_profiling: IoProfiling


class EfficiencyGains(_Part, frozen=True):
    """All kept fixes together against the original; null: not decided or not measured."""

    execution_time_reduction_percent: (
        Annotated[float, _unit("%", "1 - candidate/baseline time; negative: slower", le=100)]
        | None
    )
    memory_usage_reduction_percent: (
        Annotated[float, _unit("%", "1 - candidate/baseline peak memory", le=100)] | None
    )
    io_operations_reduction_percent: (
        Annotated[float, _unit("%", "1 - candidate/baseline read and write calls", le=100)] | None
    )


class OptimizationResults(_Part, frozen=True):
    """The fixes that were proven and kept."""

    algorithms_optimized: (
        Annotated[
            int,
            _unit("fixes", "Kept fixes outside the containers family; null: never judged", ge=0),
        ]
        | None
    )
    data_structures_improved: (
        Annotated[
            int,
            _unit("fixes", "Kept fixes of the containers family; null: never judged", ge=0),
        ]
        | None
    )
    efficiency_gains: EfficiencyGains


class PerformanceGains(_Part, frozen=True):
    """Gains of tuned parameters."""

    response_time_improvement: Annotated[float, _unit("%", "Null: tuning did not run")] | None
    throughput_increase: Annotated[float, _unit("%", "Null: tuning did not run")] | None


class ParameterTuning(_Part, frozen=True):
    """Tuned parameters; all null where tuning did not run."""

    parameters_adjusted: Annotated[int, _unit("parameters", "Changed for the better", ge=0)] | None
    configuration_optimized: Annotated[bool, Meta(description="Any value was replaced")] | None
    performance_gains: PerformanceGains


class BenchmarkResults(_Part, frozen=True):
    """The whole workload before and after, as the court found it."""

    baseline_performance: (
        Annotated[
            float,
            _unit("s", "Median of a run of the original, on the clock that was judged", ge=0),
        ]
        | None
    )
    optimized_performance: (
        Annotated[float, _unit("s", "The same with all kept fixes", ge=0)] | None
    )
    improvement_percentage: (
        Annotated[float, _unit("%", "1 - effect of the paired verdict; null: not decided", le=100)]
        | None
    )
    confidence_level: (
        Annotated[float, _unit("0-1", "Confidence of the verdict's interval", ge=0, le=1)] | None
    )


class A3Document(_Part, frozen=True):
    """The report of one optimization session."""

    optimization_session: OptimizationSession
    performance_profile: PerformanceProfile
    optimization_results: OptimizationResults
    parameter_tuning: ParameterTuning
    benchmark_results: BenchmarkResults


def render(session: SessionRecord) -> bytes:
    """The document as UTF-8 JSON, checked against its schema.

    Raises:
        WhetError: The session holds a figure that the schema forbids.
    """
    raw = to_json(document(session))
    try:
        msgspec.json.decode(raw, type=A3Document)
    except msgspec.ValidationError as error:
        raise WhetError(
            f"report of session {session.session_id!r}",
            f"a figure does not fit the schema: {error}",
            "Run `whet run` again; if it comes back, please report it",
        ) from error
    return msgspec.json.format(raw, indent=2)


def document(session: SessionRecord) -> A3Document:
    """The document as records."""
    return A3Document(
        optimization_session=OptimizationSession(
            session_id=session.session_id,
            start_time=session.start_time,
            end_time=session.end_time,
            duration_seconds=session.duration_s,
        ),
        performance_profile=_profile(session),
        optimization_results=_results(session),
        parameter_tuning=ParameterTuning(
            parameters_adjusted=None,
            configuration_optimized=None,
            performance_gains=PerformanceGains(
                response_time_improvement=None, throughput_increase=None
            ),
        ),
        benchmark_results=_benchmark(session),
    )


def whole_verdict(session: SessionRecord, *metrics: Metric) -> Verdict | None:
    """The court's verdict on the whole kept set for the first metric that has a decided one."""
    judged = [
        verdict for metric in metrics for verdict in session.whole if verdict.metric == metric
    ]
    decided = [verdict for verdict in judged if verdict.outcome in DECIDED]
    return next(iter(decided + judged), None)


def reduction_percent(verdict: Verdict | None) -> float | None:
    """How much less the candidate takes, in percent; None unless the court decided."""
    if verdict is None or verdict.effect is None or verdict.outcome not in DECIDED:
        return None
    return 100 * (1 - verdict.effect)


def _profile(session: SessionRecord) -> PerformanceProfile:
    profile = session.profile
    memory = profile.memory if profile else None
    io = profile.io if profile else None
    return PerformanceProfile(
        cpu_profiling=_cpu(profile.cpu if profile else None),
        memory_profiling=MemoryProfiling(
            peak_memory_mb=_mb(memory.peak_bytes if memory else None),
            average_memory_mb=_mb(memory.average_bytes if memory else None),
            memory_growth_rate=_mb(memory.growth_bytes_per_s if memory else None),
        ),
        io_profiling=IoProfiling(
            file_reads=io.file_reads if io else None,
            file_writes=io.file_writes if io else None,
            network_calls=io.network_calls if io else None,
        ),
    )


def _cpu(cpu: CpuProfile | None) -> CpuProfiling:
    if cpu is None:
        return CpuProfiling(function_calls=None, total_time_seconds=None, top_functions=None)
    return CpuProfiling(
        function_calls=cpu.function_calls,
        total_time_seconds=cpu.total_s,
        top_functions=[
            TopFunction(name=function.name, time=function.self_s, calls=function.calls)
            for function in cpu.functions[:TOP_FUNCTIONS]
        ],
    )


def _results(session: SessionRecord) -> OptimizationResults:
    families = _kept_families(session)
    return OptimizationResults(
        algorithms_optimized=_count(families, containers=False),
        data_structures_improved=_count(families, containers=True),
        efficiency_gains=EfficiencyGains(
            execution_time_reduction_percent=reduction_percent(
                whole_verdict(session, "cpu_time", "wall_time")
            ),
            memory_usage_reduction_percent=reduction_percent(
                whole_verdict(session, "peak_memory")
            ),
            io_operations_reduction_percent=reduction_percent(
                whole_verdict(session, "io_operations")
            ),
        ),
    )


def _kept_families(session: SessionRecord) -> list[str] | None:
    """The family of every kept fix; None where nothing was judged or a family is not known."""
    judged = any(stage.name == "judge" and stage.status == "done" for stage in session.stages)
    if not judged and not session.fix_verdicts:
        return None
    families = {fix.fix_id: fix.family for fix in session.fixes}
    kept = [families.get(fix.fix_id, "") for fix in session.fix_verdicts if fix.kept]
    return kept if all(kept) else None


def _count(families: list[str] | None, *, containers: bool) -> int | None:
    if families is None:
        return None
    return sum((family == "containers") == containers for family in families)


def _benchmark(session: SessionRecord) -> BenchmarkResults:
    verdict = whole_verdict(session, "cpu_time", "wall_time")
    plain_s = session.profile.plain_cpu_s if session.profile else None
    if verdict is None:
        return BenchmarkResults(
            baseline_performance=plain_s,
            optimized_performance=None,
            improvement_percentage=None,
            confidence_level=None,
        )
    return BenchmarkResults(
        baseline_performance=verdict.baseline,
        optimized_performance=verdict.candidate,
        improvement_percentage=reduction_percent(verdict),
        confidence_level=verdict.confidence,
    )


def _mb(size: float | None) -> float | None:
    return None if size is None else size / 1e6
