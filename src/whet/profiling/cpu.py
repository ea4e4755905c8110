"""CPU time by sampling from outside with py-spy; by the probe's own sampler where that fails."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, NamedTuple

from whet.errors import InstrumentError
from whet.profiling._places import Places, RawFrame
from whet.profiling._py_spy import py_spy_version, record, refuse_cut_short
from whet.profiling._rig import cost
from whet.profiling._stacks import RawStack, summarize
from whet.profiling.waiting import Waiting, waits_of
from whet.records import CpuProfile

if TYPE_CHECKING:
    from whet.profiling._py_spy import Recording
    from whet.profiling._rig import Measured, Rig
    from whet.records import InstrumentCost, RunOutcome

LEAST_SAMPLES = 100  # below, shares say little: the workload is sampled again
_WANTED_SAMPLES = 120
_MOST_RUNS = 30
_HIGHEST_RATE_HZ = 1000.0


class CpuMeasured(NamedTuple):
    """A CPU profile, what it cost, and what must be said about how it came about."""

    profile: CpuProfile
    costs: tuple[InstrumentCost, ...]
    notes: tuple[str, ...] = ()
    failure: str | None = None  # why the fallback was used, or why waiting was not measured
    sampled_outcome: RunOutcome | None = None


def measure(
    rig: Rig,
    plain: RunOutcome,
    *,
    rate_hz: float = 100.0,
    budget_s: float = 8.0,
    waiting: bool = True,
) -> CpuMeasured:
    """Where the CPU time of a workload goes.

    Args:
        rig: Runs the workload.
        plain: Its run without instruments.
        rate_hz: Samples a second; raised for short workloads when repeating does not suffice.
        budget_s: Seconds that repeating a short workload may take.
        waiting: Whether a second run shall show what waits.

    Raises:
        InstrumentError: Neither py-spy nor the probe's sampler could measure.
    """
    try:
        return _with_py_spy(rig, plain, rate_hz, budget_s, waiting=waiting)
    except InstrumentError as error:
        reason = f"{error.what} {error.reason}"
    try:
        return _with_probe(rig, plain, rate_hz, budget_s, reason)
    except InstrumentError as error:
        both = f"{reason}; the sampler inside the program: {error.reason}"
        raise InstrumentError("CPU sampling", both) from error


def _with_py_spy(
    rig: Rig, plain: RunOutcome, rate_hz: float, budget_s: float, *, waiting: bool
) -> CpuMeasured:
    rate_hz, recordings = _recordings(rig, rate_hz, budget_s)
    places = Places(rig.root, (rig.probe,))
    stacks = [stack for each in recordings for stack in each.sampled.stacks]
    summary = summarize(stacks, places, runs=len(recordings))
    if not summary.functions:
        raise InstrumentError("py-spy", "saw no running Python code")
    first = recordings[0]
    refuse_cut_short(first.measured.outcome, plain)
    costs = [_cost("cpu", first.measured, plain)]
    waits, failure = Waiting((), None), None
    if waiting:
        try:
            idle = record(rig, rate_hz, idle=True)
            waits = waits_of(idle.sampled.stacks, first.sampled.stacks, places, rate_hz)
            costs.append(_cost("waiting", idle.measured, plain))
        except InstrumentError as error:
            failure = f"waiting was not measured: {error.what} {error.reason}"
    profile = CpuProfile(
        sampler=f"py-spy {py_spy_version()}",
        approximate=False,
        rate_hz=rate_hz,
        samples=sum(each.sampled.samples for each in recordings),
        errors=sum(each.errors for each in recordings),
        total_s=summary.total_s,
        functions=summary.functions,
        frames=summary.frames,
        stacks=summary.stacks,
        waits=waits.waits,
        lock_share=waits.lock_share,
        processes=max(each.sampled.processes for each in recordings),
        threads=max(each.sampled.threads for each in recordings),
    )
    notes = _notes(plain, recordings, rate_hz, profile.samples)
    return CpuMeasured(profile, tuple(costs), notes, failure, first.measured.outcome)


def _recordings(rig: Rig, rate_hz: float, budget_s: float) -> tuple[float, list[Recording]]:
    """One recording, or as many as a short workload needs; all at one rate."""
    first = record(rig, rate_hz)
    seen = first.sampled.samples
    if seen >= LEAST_SAMPLES:
        return rate_hz, [first]
    wanted = math.ceil(_WANTED_SAMPLES / max(seen, 1))
    affordable = min(_MOST_RUNS, int(budget_s / max(first.measured.outcome.wall_s, 0.01)))
    recordings = [first]
    if wanted > affordable:
        faster_hz = min(_HIGHEST_RATE_HZ, rate_hz * math.ceil(wanted / max(affordable, 1)))
        if faster_hz > rate_hz:
            rate_hz, recordings = faster_hz, []
    total = sum(each.sampled.samples for each in recordings)
    while total < _WANTED_SAMPLES and len(recordings) < max(affordable, 1):
        recordings.append(record(rig, rate_hz))
        total += recordings[-1].sampled.samples
    return rate_hz, recordings


def _cost(instrument: str, measured: Measured, plain: RunOutcome) -> InstrumentCost:
    return cost(instrument, measured.outcome, plain, held_s=measured.held_s())


def _notes(
    plain: RunOutcome, recordings: list[Recording], rate_hz: float, samples: int
) -> tuple[str, ...]:
    notes = []
    if len(recordings) > 1:
        notes.append(
            f"CPU: a run takes {plain.wall_s:.3f} s, so {len(recordings)} runs were sampled at "
            f"{rate_hz:g} Hz; times are those of one run"
        )
    if samples < LEAST_SAMPLES:
        notes.append(f"CPU: only {samples} samples; shares are rough")
    seen = recordings[0].measured.status()
    if seen is not None and plain.exit_code is not None and seen != plain.exit_code:
        notes.append(f"CPU: the sampled run exited with {seen}, the plain one {plain.exit_code}")
    return tuple(notes)


def _samples_of(measured: Measured) -> tuple[list[RawStack], int]:
    """The stacks of one run and how often the sampler looked."""
    stacks, processes, samples = [], dict[str, int](), 0
    for line in measured.lines():
        if line["kind"] == "sampler":
            samples += int(line["samples"])
        if line["kind"] != "sample":
            continue
        number = processes.setdefault(line["process_file"], len(processes))
        frames = tuple(RawFrame(str(n), str(f), int(at)) for n, f, at in line["frames"])
        thread = "MainThread" if line["thread"] == "main" else f"Thread {line['thread']}"
        stacks.append(RawStack(number, thread, frames, float(line["seconds"])))
    return stacks, samples


def _with_probe(
    rig: Rig, plain: RunOutcome, rate_hz: float, budget_s: float, reason: str
) -> CpuMeasured:
    """The sampler inside the program: lines may be one too late after calls of C functions."""
    if plain.cpu_s * rate_hz < LEAST_SAMPLES:
        rate_hz = _HIGHEST_RATE_HZ
    stacks: list[RawStack] = []
    runs: list[Measured] = []
    samples = 0
    started_s = time.monotonic()
    while True:
        runs.append(rig.probed({"sampler": {"rate_hz": rate_hz}}))
        found, seen = _samples_of(runs[-1])
        stacks += found
        samples += seen
        over = time.monotonic() - started_s + plain.wall_s > budget_s
        if samples >= LEAST_SAMPLES or over or len(runs) >= _MOST_RUNS:
            break
    summary = summarize(stacks, Places(rig.root, (rig.probe,)), runs=len(runs))
    if not summary.functions:
        raise InstrumentError("the sampler", "saw no running Python code")
    profile = CpuProfile(
        sampler="in-process",
        approximate=True,
        rate_hz=rate_hz,
        samples=samples,
        errors=0,
        total_s=summary.total_s,
        functions=summary.functions,
        frames=summary.frames,
        stacks=summary.stacks,
        processes=len({stack.process for stack in stacks}),
        threads=len({(stack.process, stack.thread) for stack in stacks}),
    )
    note = "CPU: sampled from inside the program; lines may be one too late"
    if len(runs) > 1:
        note += f"; {len(runs)} runs at {rate_hz:g} Hz, times are those of one"
    outcome = runs[0].outcome
    return CpuMeasured(profile, (cost("cpu", outcome, plain),), (note,), reason, outcome)
