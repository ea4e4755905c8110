"""Looks at a program that is already running, for a while, from outside."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from whet.errors import InstrumentError, TargetError
from whet.profiling._places import Places
from whet.profiling._py_spy import explained, py_spy_path, py_spy_version, sampling_errors
from whet.profiling._speedscope import read_speedscope
from whet.profiling._stacks import summarize
from whet.profiling.bottlenecks import bottlenecks
from whet.profiling.memory import profile_of
from whet.records import CpuProfile, Profile, Workload
from whet.store.scratch import scratch_folder
from whet.workloads import Meter, describe_environment

if TYPE_CHECKING:
    from collections.abc import Sequence

_INTERVAL_S = 0.05
_START_UP_S = 30.0  # py-spy reads the symbols of large programs first


def attach(pid: int, duration_s: float, rate_hz: float, project: Path) -> Profile:
    """Samples the stacks and the memory of a running program and its children.

    `plain_wall_s` and `plain_cpu_s` are those of the time looked at: a running program has no
    second run to compare with, so `overhead_ratio` is None.

    Args:
        pid: Of a Python program.
        duration_s: How long; less if the program ends.
        rate_hz: Samples a second.
        project: Files inside get paths relative to it.

    Raises:
        TargetError: There is no such process.
        InstrumentError: py-spy may not look, or it is no Python that it knows.
    """
    import psutil

    try:
        process = psutil.Process(pid)
        argv, before = tuple(process.cmdline()), process.cpu_times()
    except psutil.NoSuchProcess as error:
        raise TargetError(f"process {pid}", "is not running") from error
    except psutil.AccessDenied as error:
        way_out = "Run whet as the user who owns it"
        raise InstrumentError(f"process {pid}", "may not be looked at", way_out) from error
    meter = Meter(_INTERVAL_S)
    meter.start(pid)
    try:
        cpu = _sample(pid, duration_s, rate_hz, project)
    finally:
        meter.stop()
    try:
        after = process.cpu_times()
        used_s = after.user + after.system - before.user - before.system
    except psutil.NoSuchProcess:
        used_s = cpu.total_s
    return Profile(
        workload=Workload(kind="command", argv=argv, chosen_by=f"--pid {pid}"),
        environment=describe_environment(None),
        plain_wall_s=duration_s,
        plain_cpu_s=used_s,
        cpu=cpu,
        memory=profile_of(meter.series, _INTERVAL_S) if meter.series else None,
        bottlenecks=bottlenecks(cpu),
        notes=(f"looked at for {duration_s:g} s while it ran; times are those of this while",),
    )


def _sample(pid: int, duration_s: float, rate_hz: float, project: Path) -> CpuProfile:
    with scratch_folder("attach") as folder:
        output = Path(folder, "py-spy.json")
        words: Sequence[str] = (
            py_spy_path(), "record", "--pid", str(pid), "--duration", f"{max(1, duration_s):.0f}",
            "--rate", f"{rate_hz:.0f}", "--format", "speedscope", "--full-filenames",
            "--subprocesses", "--output", str(output),
        )  # fmt: skip
        try:
            done = subprocess.run(
                words,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=duration_s + _START_UP_S,
            )
        except subprocess.TimeoutExpired as error:
            raise InstrumentError("py-spy", "did not finish in time") from error
        said = done.stdout + done.stderr
        if not output.exists():
            reason = explained(said) or f"wrote no recording (exit status {done.returncode})"
            raise InstrumentError(f"py-spy on process {pid}", reason)
        sampled = read_speedscope(output)
    summary = summarize(sampled.stacks, Places(project))
    if not summary.functions:
        reason = "no Python code was running"
        raise InstrumentError(f"process {pid}", reason, "Look longer with --duration")
    return CpuProfile(
        sampler=f"py-spy {py_spy_version()}",
        approximate=False,
        rate_hz=rate_hz,
        samples=sampled.samples,
        errors=sampling_errors(said),
        total_s=summary.total_s,
        functions=summary.functions,
        frames=summary.frames,
        stacks=summary.stacks,
        processes=sampled.processes,
        threads=sampled.threads,
    )
