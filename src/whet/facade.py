"""`OptimizationPerformanceTuning`: the whole of whet behind one class."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from whet.clock import SYSTEM_CLOCK, iso_utc
from whet.errors import UsageError
from whet.profiling.callables import cost_of_call, measure_call
from whet.profiling.parts import growth_of_call
from whet.records import (
    Bottleneck,
    CpuProfile,
    Finding,
    FixVerdict,
    Profile,
    Record,
    SessionRecord,
    Validation,
    Verdict,
)
from whet.session.loop import digest_of_inputs, optimize
from whet.session.setup import choose_workload, resolve_project
from whet.session.work import Options
from whet.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_TIMES_THE_MEAN = 2.0


class Result(Record, frozen=True):
    """A record that is read by attribute or by key; `dict(result)` works."""

    def keys(self) -> tuple[str, ...]:
        """The names of the fields."""
        return self.__struct_fields__

    def __getitem__(self, key: str) -> Any:
        """A field by its name."""
        if key not in self.__struct_fields__:
            raise KeyError(key)
        return getattr(self, key)


class PerformanceProfile(Result, frozen=True):
    """What profiling showed."""

    session_id: str
    profile: Profile | None  # None: profiling is switched off


class OptimizationResult(Result, frozen=True):
    """What was found, tried and kept."""

    session_id: str
    findings: tuple[Finding, ...]
    verdicts: tuple[FixVerdict, ...]
    kept: tuple[str, ...]  # ids of fixes


class TuningResult(Result, frozen=True):
    """What tuning did; not measured is None."""

    session_id: str
    parameters_adjusted: int | None
    reason: str  # why nothing was tuned


class BenchmarkResult(Result, frozen=True):
    """The kept set against the original; None where nothing was kept or decided."""

    session_id: str
    baseline_performance: float | None  # seconds
    optimized_performance: float | None  # seconds
    improvement_percentage: float | None
    confidence_level: float | None  # 0 to 1
    verdicts: tuple[Verdict, ...]


class ValidationResult(Result, frozen=True):
    """Whether the fixes give the same results."""

    session_id: str
    validations: dict[str, Validation]  # by fix id
    whole: Validation | None


class OptimizationReport(Result, frozen=True):
    """The report document."""

    session_id: str
    document: dict[str, Any]  # the keys of the report as JSON


class SystemProfile(Result, frozen=True):
    """CPU profile and execution time of the workload."""

    cpu_profile: CpuProfile | None
    execution_time: float | None  # seconds, without any instrument


class AlgorithmProfile(Result, frozen=True):
    """One call of an algorithm."""

    algorithm_name: str
    input_size: int | None  # of data that has a length
    execution_time: float  # seconds
    complexity_estimate: str | None  # such as "O(n)" or "undecided (n or n log n)"
    memory_current_mb: float | None
    memory_peak_mb: float | None
    result: Any


class MemoryUsageProfile(Result, frozen=True):
    """Resident memory around one call, in MB of 10^6 bytes."""

    initial_memory_mb: float
    final_memory_mb: float
    allocated_memory_mb: float
    peak_memory_mb: float
    memory_growth_rate: float  # MB/s


class ProfilingReport(Result, frozen=True):
    """Several profiles side by side."""

    total_profiles: int
    total_time_seconds: float
    average_time_seconds: float | None
    bottlenecks: tuple[Bottleneck, ...]
    optimization_suggestions: tuple[str, ...]
    timestamp: str


class OptimizationPerformanceTuning:
    """The closed loop on one project.

    Every method runs what it needs first and reuses what is still valid: as long as sources,
    workload and settings stay the same, nothing is measured twice.

    Args:
        project_path: The project's folder.
        config_path: A settings file; None looks for the project's own.
        options: Events, hooks and consent.
    """

    def __init__(
        self, project_path: str, config_path: str | None = None, *, options: Options | None = None
    ) -> None:
        self.project = resolve_project(Path(project_path))
        config = Path(config_path) if config_path is not None else None
        self.settings = load_settings(self.project, config).settings
        self.options = options or Options()
        self._known: dict[str, tuple[str, SessionRecord]] = {}

    def profile_performance(self) -> PerformanceProfile:
        """Profile the workload."""
        session = self._session("profile")
        return PerformanceProfile(session_id=session.session_id, profile=session.profile)

    def optimize_algorithms(self) -> OptimizationResult:
        """Find, try and judge fixes; the project is not changed."""
        session = self._session()
        return OptimizationResult(
            session_id=session.session_id,
            findings=session.findings,
            verdicts=session.fix_verdicts,
            kept=tuple(v.fix_id for v in session.fix_verdicts if v.kept),
        )

    def tune_parameters(self) -> TuningResult:
        """Tuning comes later: nothing is adjusted, and the result says why."""
        session = self._session()
        return TuningResult(
            session_id=session.session_id,
            parameters_adjusted=None,
            reason=session.tuning_reason or "tuning comes later",
        )

    def benchmark_performance(self) -> BenchmarkResult:
        """The kept fixes together against the original."""
        from whet.reports.a3 import document

        session = self._session()
        found = document(session).benchmark_results
        return BenchmarkResult(
            session_id=session.session_id,
            baseline_performance=found.baseline_performance,
            optimized_performance=found.optimized_performance,
            improvement_percentage=found.improvement_percentage,
            confidence_level=found.confidence_level,
            verdicts=session.whole,
        )

    def validate_optimizations(self) -> ValidationResult:
        """Whether original and fixes give the same results, and how far that was looked at."""
        session = self._session()
        return ValidationResult(
            session_id=session.session_id,
            validations=session.validations,
            whole=session.whole_validation,
        )

    def generate_optimization_report(self) -> OptimizationReport:
        """The report with its documented keys; what was not measured is None."""
        from whet.reports import a3

        session = self._session()
        document = msgspec.json.decode(a3.render(session), type=dict[str, Any])
        return OptimizationReport(session_id=session.session_id, document=document)

    def profile_system_performance(self) -> SystemProfile:
        """CPU profile and plain execution time of the workload."""
        profile = self._session("profile").profile
        return SystemProfile(
            cpu_profile=profile.cpu if profile else None,
            execution_time=profile.plain_wall_s if profile else None,
        )

    def analyze_algorithm_performance(
        self, algorithm_func: Callable[[Any], Any], test_data: Any
    ) -> AlgorithmProfile:
        """Time and memory of `algorithm_func(test_data)`, called in this process.

        The complexity is estimated from many short calls on copies of parts of the data (or on
        smaller numbers); None: the data has no parts that the function takes.
        """
        growth = growth_of_call(algorithm_func, test_data)
        cost = cost_of_call(algorithm_func, test_data)
        return AlgorithmProfile(
            algorithm_name=getattr(algorithm_func, "__qualname__", repr(algorithm_func)),
            input_size=len(test_data) if hasattr(test_data, "__len__") else None,
            execution_time=cost.elapsed_s,
            complexity_estimate=growth.said if growth is not None else None,
            memory_current_mb=cost.current_mb,
            memory_peak_mb=cost.peak_mb,
            result=cost.result,
        )

    def profile_memory_usage(
        self, func: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> MemoryUsageProfile:
        """Memory around `func(*args, **kwargs)`, called in this process."""
        use = measure_call(func, args, kwargs)
        return MemoryUsageProfile(
            initial_memory_mb=use.initial_mb,
            final_memory_mb=use.final_mb,
            allocated_memory_mb=use.allocated_mb,
            peak_memory_mb=use.peak_mb,
            memory_growth_rate=use.growth_mb_per_s,
        )

    def generate_profiling_report(
        self, profiles: Iterable[AlgorithmProfile | SystemProfile | Mapping[str, Any]]
    ) -> ProfilingReport:
        """Profiles side by side; a bottleneck takes above twice the mean.

        Raises:
            UsageError: One of them has no execution time.
        """
        times = [_named_time(number, each) for number, each in enumerate(profiles, 1)]
        slow = _bottlenecks(times)
        return ProfilingReport(
            total_profiles=len(times),
            total_time_seconds=sum(seconds for _, seconds in times),
            average_time_seconds=_mean(times),
            bottlenecks=slow,
            optimization_suggestions=tuple(each.suggestion for each in slow),
            timestamp=iso_utc(SYSTEM_CLOCK.now()),
        )

    def _session(self, until: str = "") -> SessionRecord:
        """A session that reached a stage: the one known, unless something changed since."""
        workload = choose_workload(self.project, self.settings)
        inputs = digest_of_inputs(self.project, self.settings, workload)
        for stage in (until, ""):
            known, session = self._known.get(stage, ("", None))
            if session is not None and known == inputs:
                return session
        found = optimize(self.project, self.settings, workload, replace(self.options, until=until))
        self._known[until] = inputs, found
        return found


def _named_time(number: int, profile: Any) -> tuple[str, float]:
    keys = profile.keys()
    name = profile["algorithm_name"] if "algorithm_name" in keys else f"profile {number}"
    seconds = profile["execution_time"] if "execution_time" in keys else None
    if not isinstance(seconds, int | float):
        raise UsageError(f"profile {number}", "has no execution_time in seconds")
    return str(name), float(seconds)


def _mean(times: Sequence[tuple[str, float]]) -> float | None:
    return sum(seconds for _, seconds in times) / len(times) if times else None


def _bottlenecks(times: Sequence[tuple[str, float]]) -> tuple[Bottleneck, ...]:
    mean = _mean(times)
    if not mean:
        return ()
    slow = sorted(times, key=lambda item: -item[1])
    return tuple(
        Bottleneck(
            component=name,
            execution_time=seconds,
            relative_slowdown=seconds / mean,
            suggestion=f"{name} takes {seconds / mean:.1f} times the mean: profile it first",
        )
        for name, seconds in slow
        if seconds > _TIMES_THE_MEAN * mean
    )
