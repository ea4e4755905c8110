"""One validated, frozen Settings: from files and the command line, refused where wrong."""

from whet.settings._loading import Loaded, flat, load_settings
from whet.settings._model import (
    OptimizationSettings,
    PerformanceGoals,
    PerformanceSettings,
    ProfilingSettings,
    Settings,
    TuningSettings,
    WorkloadSettings,
    json_schema,
)

__all__ = [
    "Loaded",
    "OptimizationSettings",
    "PerformanceGoals",
    "PerformanceSettings",
    "ProfilingSettings",
    "Settings",
    "TuningSettings",
    "WorkloadSettings",
    "flat",
    "json_schema",
    "load_settings",
]
