"""Which lines hold the memory, from a run of its own: on demand, since it costs much."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from whet.errors import InstrumentError
from whet.profiling._places import Places, RawFrame
from whet.profiling._rig import cost
from whet.records import Allocation, MemoryProfile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whet.profiling._rig import Rig
    from whet.records import InstrumentCost, Interpreter, RunOutcome

_KEPT = 50


class AllocationsMeasured(NamedTuple):
    """Lines that allocate, largest first; by which allocator tracer; and what it cost."""

    allocations: tuple[Allocation, ...]
    allocator: str
    cost: InstrumentCost
    notes: tuple[str, ...] = ()


def measure(rig: Rig, plain: RunOutcome) -> AllocationsMeasured:
    """Follows allocations by line: with memray where its build fits, else with tracemalloc.

    Raises:
        InstrumentError: The probe could not be carried into the program.
    """
    unfit = _unfit(rig.bare.interpreter)
    if unfit is None:
        try:
            return _with_memray(rig, plain)
        except InstrumentError as error:
            unfit = error.reason
    return _with_tracemalloc(rig, plain, unfit)


def _unfit(interpreter: Interpreter) -> str | None:
    """Why whet's own build of memray cannot be carried into an interpreter; None if it can."""
    if memray_folder() is None:
        return "memray is not installed beside whet (it has no build for this platform)"
    own = (sys.implementation.name, *sys.version_info[:2])
    if (interpreter.implementation, *interpreter.version[:2]) != own or interpreter.free_threaded:
        theirs = f"{interpreter.implementation} {interpreter.version[0]}.{interpreter.version[1]}"
        return f"whet's memray is built for {own[0]} {own[1]}.{own[2]}, the target is {theirs}"
    return None


def memray_folder() -> Path | None:
    """Where memray lies beside whet; None where it has no build for the platform."""
    from importlib.util import find_spec

    spec = find_spec("memray")
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


def _with_memray(rig: Rig, plain: RunOutcome) -> AllocationsMeasured:
    out = rig.new_file("memray")
    out.mkdir(mode=0o700)
    measured = rig.probed({"memray": {"package": str(memray_folder()), "out": str(out)}})
    allocations, version = _read_memray(out, Places(rig.root, (rig.probe,)))
    note = "allocations: what each line held at the peak of its process, native ones included"
    return AllocationsMeasured(
        allocations, f"memray {version}", cost("allocations", measured.outcome, plain), (note,)
    )


def _read_memray(out: Path, places: Places) -> tuple[tuple[Allocation, ...], str]:
    """Sums by line over the recordings of all processes; the innermost Python frame counts."""
    from importlib.metadata import version

    import memray

    sums: dict[tuple[str, str, int], list[int]] = defaultdict(lambda: [0, 0])
    for recording in sorted(out.iterdir()):
        try:
            reader = memray.FileReader(recording)
            records = list(reader.get_high_watermark_allocation_records(merge_threads=True))
        except (OSError, ValueError) as error:
            raise InstrumentError("memray", f"a recording cannot be read: {error}") from error
        for record in records:
            name, file, line = next(iter(record.stack_trace(max_stacks=1)), ("", "", 0))
            place = places.place(RawFrame(name, file, line))
            one = sums[place.name, place.file, line]
            one[0] += record.size
            one[1] += record.n_allocations
    largest = sorted(sums.items(), key=lambda item: (-item[1][0], item[0]))[:_KEPT]
    found = tuple(
        Allocation(file=file, line=line, name=name, bytes=size, count=count)
        for (name, file, line), (size, count) in largest
        if file
    )
    return found, version("memray")


def _with_tracemalloc(rig: Rig, plain: RunOutcome, why: str) -> AllocationsMeasured:
    measured = rig.probed({"allocations": {}})
    found = by_line(measured.lines(), Places(rig.root, (rig.probe,)))
    note = (
        f"allocations: by tracemalloc, since {why}; what each line held near the peak, Python's "
        "own allocations only (memory that extensions take is in the resident size)"
    )
    return AllocationsMeasured(
        found, "tracemalloc", cost("allocations", measured.outcome, plain), (note,)
    )


def by_line(lines: Iterable[dict[str, Any]], places: Places) -> tuple[Allocation, ...]:
    """The probe's lines over all processes, largest first, each with the function it is in."""
    sums: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
    for line in lines:
        if line["kind"] == "allocation" and not _of_probe(str(line["file"])):
            one = sums[str(line["file"]), int(line["line"])]
            one[0] += int(line["bytes"])
            one[1] += int(line["count"])
    largest = sorted(sums.items(), key=lambda item: (-item[1][0], item[0]))[:_KEPT]
    return tuple(
        Allocation(
            file=file,
            line=line,
            name=places.place(RawFrame("<genexpr>", file, line)).name,
            bytes=size,
            count=count,
        )
        for (file, line), (size, count) in largest
    )


def _of_probe(file: str) -> bool:
    """Whether a file is the installed probe's; files of the measured project are relative."""
    return Path(file).is_absolute() and Path(file).parent.name == "whet_probe"


def with_allocations(
    memory: MemoryProfile | None, found: AllocationsMeasured
) -> MemoryProfile | None:
    """A memory profile with its allocations; None without one to add them to."""
    if memory is None:
        return None
    return msgspec.structs.replace(
        memory, allocations=found.allocations, allocator=found.allocator
    )
