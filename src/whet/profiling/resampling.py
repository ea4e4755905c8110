"""A CPU profile of a state that differs little from one that was profiled: cheap, two runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from whet.profiling import cpu
from whet.profiling._rig import Rig
from whet.store.scratch import scratch_folder

if TYPE_CHECKING:
    from whet.profiling._rig import LaunchOf
    from whet.records import CpuProfile, RunOutcome

_WANTED_SAMPLES = 500  # a share of 1 % is five of them
_LOWEST_RATE_HZ = 100.0
_HIGHEST_RATE_HZ = 1000.0
_LEAST_CPU_S = 0.05


class Resampled(NamedTuple):
    """One plain run and one sampled run."""

    plain: RunOutcome
    cpu: CpuProfile


def resample(launch_of: LaunchOf) -> Resampled:
    """Run the workload plain, then sampled as often as the time it takes allows.

    Args:
        launch_of: Makes the launch of the workload with an instrument's plan and wrap.

    Raises:
        InstrumentError: It could not be sampled.
    """
    with scratch_folder("resampling") as folder:
        rig = Rig(launch_of, Path(folder).resolve())
        plain = rig.plain()
        rate_hz = _WANTED_SAMPLES / max(plain.cpu_s, _LEAST_CPU_S)
        rate_hz = min(max(rate_hz, _LOWEST_RATE_HZ), _HIGHEST_RATE_HZ)
        found = cpu.measure(rig, plain, rate_hz=rate_hz, budget_s=0.0, waiting=False)
        return Resampled(plain, found.profile)
