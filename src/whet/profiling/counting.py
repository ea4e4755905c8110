"""How often functions are called, from one run that does nothing but count."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from whet.profiling._places import Places, RawFrame, is_comprehension
from whet.profiling._rig import cost

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whet.profiling._rig import Rig
    from whet.records import CpuProfile, InstrumentCost, RunOutcome


_FUNCTIONS_WRITTEN = 5000  # lines a process

_Key = tuple[str, str, int]  # name, file, line of the `def`


class Counted(NamedTuple):
    """Calls in all and by function, and what counting cost."""

    function_calls: int
    by_function: dict[_Key, int]
    cost: InstrumentCost
    notes: tuple[str, ...] = ()


def measure(rig: Rig, plain: RunOutcome) -> Counted:
    """Counts the calls of Python functions in one run.

    Raises:
        InstrumentError: The probe could not be carried into the program.
    """
    measured = rig.probed({"counter": {"top": _FUNCTIONS_WRITTEN}})
    total, by_function = counts(measured.lines(), Places(rig.root, (rig.probe,)))
    silent = _silent_processes(measured.lines())
    note = f"calls: {silent} process(es) were killed before they could say what they counted"
    notes = (note,) if silent else ()
    return Counted(total, by_function, cost("calls", measured.outcome, plain), notes)


def _silent_processes(lines: Iterable[dict[str, Any]]) -> int:
    started, counted = set(), set()
    for line in lines:
        if line["kind"] == "process":
            started.add(line["process_file"])
        elif line["kind"] == "calls":
            counted.add(line["process_file"])
    return len(started - counted)


def counts(lines: Iterable[dict[str, Any]], places: Places) -> tuple[int, dict[_Key, int]]:
    """Calls in all, and by function, over all processes."""
    total = 0
    by_function: Counter[_Key] = Counter()
    for line in lines:
        if line["kind"] == "calls":
            total += int(line["total"])
        elif line["kind"] == "function_calls" and not is_comprehension(str(line["name"])):
            place = places.place(RawFrame(str(line["name"]), str(line["file"]), int(line["line"])))
            if place.file.startswith("<"):
                continue  # many unrelated pieces of code share such a name
            by_function[place.name, place.file, place.line] += int(line["calls"])
    return total, dict(by_function)


def with_calls(cpu: CpuProfile, counted: Counted) -> CpuProfile:
    """A CPU profile with the counted calls beside the sampled times."""
    functions = tuple(
        msgspec.structs.replace(
            each, calls=counted.by_function.get((each.name, each.file, each.line))
        )
        for each in cpu.functions
    )
    return msgspec.structs.replace(cpu, functions=functions, function_calls=counted.function_calls)
