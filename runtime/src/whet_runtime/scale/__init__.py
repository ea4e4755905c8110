"""An autoscaler: a reactive floor, and forecasts that may only add to it while they pay."""

from whet_runtime.scale._autoscaler import Autoscaler, ScalerSnapshot
from whet_runtime.scale._payoff import Payoff
from whet_runtime.scale._planner import Planner
from whet_runtime.scale._records import Decision, Forecast, Sample
from whet_runtime.scale._settings import (
    DEFAULT_THRESHOLDS,
    ForecastSettings,
    ScalerSettings,
    Threshold,
)
from whet_runtime.scale._targets import BalancerTarget, DaskTarget, Reading, Target

__all__ = [
    "DEFAULT_THRESHOLDS",
    "Autoscaler",
    "BalancerTarget",
    "DaskTarget",
    "Decision",
    "Forecast",
    "ForecastSettings",
    "Payoff",
    "Planner",
    "Reading",
    "Sample",
    "ScalerSettings",
    "ScalerSnapshot",
    "Target",
    "Threshold",
]
