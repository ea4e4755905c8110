"""Components that take more than twice the mean, with what profiling showed about them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.records import Bottleneck

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whet.records import CpuProfile, FunctionTime, ModuleImport, Wait

TIMES_THE_MEAN = 2.0
_LEAST_SHARE = 0.02  # of all time: below it a component is no bottleneck, whatever the mean is
_MANY_CALLS = 1000
_MOSTLY_ONE_LINE = 0.5
_MOSTLY_BELOW = 0.5


def bottlenecks(
    cpu: CpuProfile | None, imports: Sequence[ModuleImport] | None = None
) -> tuple[Bottleneck, ...]:
    """Functions, imports and waits above twice the mean of their kind, slowest first.

    Functions count by self time; the mean is over all functions that were seen on a stack.

    Args:
        cpu: Where the time went.
        imports: What was imported.
    """
    found: list[Bottleneck] = []
    if cpu is not None:
        found += _functions(cpu)
        found += _waits(cpu.waits, cpu.total_s)
    if imports:
        found += _imports(imports)
    return tuple(sorted(found, key=lambda each: -each.execution_time))


def _functions(cpu: CpuProfile) -> list[Bottleneck]:
    if not cpu.functions:
        return []
    mean = sum(each.self_s for each in cpu.functions) / len(cpu.functions)
    return [
        Bottleneck(
            component=f"{each.name} ({each.file}:{each.line})",
            execution_time=each.self_s,
            relative_slowdown=each.self_s / mean,
            suggestion=_suggestion(each),
        )
        for each in cpu.functions
        if each.self_s > TIMES_THE_MEAN * mean and each.self_share >= _LEAST_SHARE
    ]


def _suggestion(function: FunctionTime) -> str:
    parts = [f"{function.self_share:.0%} of the time is spent in it"]
    if function.name == "<import>":
        return f"{parts[0]}: modules are being loaded; the imports show which"
    first_line = function.in_project and function.lines
    if first_line and function.lines[0].self_s > _MOSTLY_ONE_LINE * function.self_s:
        share = function.lines[0].self_s / function.self_s
        parts.append(f"{share:.0%} of that on line {function.lines[0].line}: begin there")
    if function.calls is not None and function.calls >= _MANY_CALLS:
        each_us = 1e6 * function.self_s / function.calls
        parts.append(
            f"{function.calls:,} calls of {each_us:.3g} µs each: call it less or make it faster"
        )
    if not function.in_project:
        parts.append("it is not the project's own code: look at who calls it and how often")
    return "; ".join(parts)


def _waits(waits: Sequence[Wait], total_s: float) -> list[Bottleneck]:
    advice = {
        "lock": "a thread waits here for another: shorten what is done under the lock",
        "io": "a thread waits here for data: batch, overlap or avoid the transfers",
        "sleep": "the program sleeps here",
        "other": "a thread does not run here",
    }
    if not waits:
        return []
    mean = sum(wait.seconds for wait in waits) / len(waits)
    return [
        Bottleneck(
            component=f"waiting at {wait.place} ({wait.thread})",
            execution_time=wait.seconds,
            relative_slowdown=wait.seconds / mean,
            suggestion=f"{wait.seconds:.2f} s; {advice[wait.kind]}",
        )
        for wait in waits
        if wait.seconds > TIMES_THE_MEAN * mean and wait.seconds >= _LEAST_SHARE * total_s
    ]


def _imports(imports: Sequence[ModuleImport]) -> list[Bottleneck]:
    total = sum(each.self_s for each in imports)
    mean = total / len(imports)
    found = []
    for each in imports:
        if each.self_s <= TIMES_THE_MEAN * mean or each.self_s < _LEAST_SHARE * total:
            continue
        by = f", imported by {each.imported_by}" if each.imported_by else ""
        found.append(
            Bottleneck(
                component=f"import {each.module}",
                execution_time=each.self_s,
                relative_slowdown=each.self_s / mean,
                suggestion=f"{each.self_s / total:.0%} of import time{by}",
            )
        )
    return found
