"""One file an instrument; each measures in a run of its own."""

from whet.profiling._profile import INSTRUMENTS, profile
from whet.profiling._rig import LaunchOf
from whet.profiling.attaching import attach
from whet.profiling.bottlenecks import bottlenecks
from whet.profiling.callables import CallCost, MemoryUse, cost_of_call, measure_call
from whet.profiling.foreign import read_profile
from whet.profiling.resampling import Resampled, resample

__all__ = [
    "INSTRUMENTS",
    "CallCost",
    "LaunchOf",
    "MemoryUse",
    "Resampled",
    "attach",
    "bottlenecks",
    "cost_of_call",
    "measure_call",
    "profile",
    "read_profile",
    "resample",
]
