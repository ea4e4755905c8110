"""Every setting with its default, bounds, unit and effect."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from whet.records import Record, ServiceSpec

_LATER = " Accepted, not yet used: tuning comes later."
_ENGINE = " Accepted, not yet used: only hot files are parsed so far."


def _about(effect: str, unit: str = "", **bounds: Any) -> Meta:
    return Meta(description=effect, extra_json_schema={"unit": unit or "none"}, **bounds)


Level = Literal["low", "medium", "high"]
Objective = Literal["time", "memory", "io", "both"]


class OptimizationSettings(Record, frozen=True):
    """What is optimized and what counts as an improvement."""

    profiling_enabled: Annotated[
        bool, _about("Off: no profiling run; nothing is diagnosed or fixed.")
    ] = True
    optimization_level: Annotated[
        Level,
        _about(
            "Which fixes are offered: low only safe ones; medium also those whose evidence has to "
            "admit them; high advice too."
        ),
    ] = "medium"
    memory_limit_mb: Annotated[
        int,
        _about(
            "Most peak memory of the optimized program: fixes that lift it above are dropped.",
            "MB of 10^6 bytes",
            ge=1,
            le=10_000_000,
        ),
    ] = 100
    performance_threshold: Annotated[
        float, _about("Least gain that is kept.", "percent", ge=0.0, lt=100.0)
    ] = 1.0
    tuning_frequency: Annotated[
        Literal["hourly", "daily", "weekly", "monthly", "never"],
        _about("How often parameters are tuned again." + _LATER),
    ] = "daily"
    algorithm_optimization: Annotated[
        bool, _about("Off: remedies that are not about containers are left out.")
    ] = True
    data_structure_optimization: Annotated[
        bool, _about("Off: remedies about containers are left out.")
    ] = True


class ProfilingSettings(Record, frozen=True):
    """Which instruments run."""

    cpu_profiling: Annotated[bool, _about("CPU sampling; fixes need it.")] = True
    memory_profiling: Annotated[bool, _about("Memory over time.")] = True
    io_profiling: Annotated[bool, _about("Files, subprocesses and bytes.")] = True
    network_profiling: Annotated[
        bool, _about("Network calls are counted; off: they are unknown in the report.")
    ] = False
    profiling_sample_rate: Annotated[
        float, _about("Share of 1,000 samples a second: 0.1 is 100 Hz.", "kHz", gt=0.0, le=1.0)
    ] = 0.1


class PerformanceGoals(Record, frozen=True):
    """Goals that the report answers one by one."""

    execution_time_improvement: Annotated[
        float, _about("Less execution time.", "percent", ge=0.0, le=100.0)
    ] = 20.0
    memory_usage_reduction: Annotated[
        float, _about("Less peak memory.", "percent", ge=0.0, le=100.0)
    ] = 15.0
    throughput_increase: Annotated[
        float, _about("More runs in the same time.", "percent", ge=0.0, le=100_000.0)
    ] = 25.0


class TuningSettings(Record, frozen=True):
    """Search for better parameters."""

    parameter_tuning: Annotated[bool, _about("Tune declared parameters." + _LATER)] = True
    configuration_optimization: Annotated[bool, _about("Tune configuration values." + _LATER)] = (
        True
    )
    auto_tuning: Annotated[bool, _about("Tune again by schedule." + _LATER)] = True
    tuning_window_hours: Annotated[
        int, _about("Window of a tuning schedule." + _LATER, "hours", ge=1, le=8760)
    ] = 24
    performance_goals: PerformanceGoals = PerformanceGoals()


class PerformanceSettings(Record, frozen=True):
    """whet's own engine."""

    max_workers: Annotated[
        int,
        _about(
            "Most runs of the workload at once while results are validated, and never more than "
            "there are cores; while time is measured it is always one.",
            "processes",
            ge=1,
            le=16,
        ),
    ] = 4
    cache_size: Annotated[
        int,
        _about(
            "Most parsed modules that a session keeps in memory, so far as memory allows.",
            "entries",
            ge=100,
            le=10_000,
        ),
    ] = 1000
    max_memory_mb: Annotated[
        int,
        _about(
            "Memory of whet itself: a session that takes more says so in its report; up to half "
            "of it is for the sources that the session has read and parsed.",
            "MB of 10^6 bytes",
            ge=10,
            le=1000,
        ),
    ] = 100
    parallel_threshold: Annotated[
        int,
        _about(
            "Fewer files than this are parsed one after another." + _ENGINE,
            "files",
            ge=1,
            le=100_000,
        ),
    ] = 10
    enable_progress: Annotated[bool, _about("Off: no progress events.")] = True
    enable_monitoring: Annotated[
        bool, _about("whet's own peak memory is recorded with every stage.")
    ] = True


class WorkloadSettings(Record, frozen=True):
    """What is run and measured."""

    target: Annotated[str, _about("As after -w: path.py, module:callable, pytest, command.")] = ""
    argv: Annotated[tuple[str, ...], _about("More arguments.")] = ()
    env: Annotated[dict[str, str], _about("Environment variables.")] = {}  # noqa: RUF012 - msgspec copies mutable defaults
    cwd: Annotated[str, _about("Working directory, relative to the project.")] = "."
    stdin: Annotated[str | None, _about("File that becomes standard input.")] = None
    timeout_s: Annotated[float, _about("Limit of one run.", "seconds", gt=0.0)] | None = None
    repetitions: Annotated[
        int, _about("How often one measured run repeats it.", "runs", ge=1, le=1_000_000)
    ] = 1
    service: ServiceSpec | None = None


class Settings(Record, frozen=True):
    """All settings, effective."""

    workload: Annotated[
        str | WorkloadSettings | None, _about("What is run: text as after -w, or a table.")
    ] = None
    python: Annotated[str | None, _about("Interpreter that runs the target.")] = None
    exclude: Annotated[tuple[str, ...], _about("Paths left alone.", "patterns")] = ()
    objective: Annotated[Objective, _about("What ranking and acceptance look at, as --for.")] = (
        "time"
    )
    budget_s: Annotated[
        float, _about("Time that a session may take in all.", "seconds", gt=0.0, le=604_800.0)
    ] = 300.0
    tolerance: (
        Annotated[
            float,
            _about(
                "Floating-point difference that counts as equal; none: exact.",
                "relative",
                ge=0.0,
                le=1.0,
            ),
        ]
        | None
    ) = None
    optimization: OptimizationSettings = OptimizationSettings()
    profiling: ProfilingSettings = ProfilingSettings()
    tuning: TuningSettings = TuningSettings()
    performance: PerformanceSettings = PerformanceSettings()


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a settings file: type, bounds, unit and effect of every setting."""
    schema = msgspec.json.schema(Settings)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
