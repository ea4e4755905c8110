"""Recorded calls made again in fresh processes of A and B."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from whet.proof.calls import difference
from whet.records import Counterexample, Workload
from whet.workloads import Launch, ProbePlan, run

if TYPE_CHECKING:
    from pathlib import Path

LIMIT_S = 60.0
"""Seconds for all recorded calls of one process."""

_START = "import sys; from whet_probe._replay import main; main(__import__('json').loads({!r}))"


@dataclass
class Replayed:
    """What replaying on both sides found."""

    difference: Counterexample | None = None
    compared: int = 0
    notes: list[str] = field(default_factory=list)


def replay(
    a: Launch, b: Launch, pickles: list[Path], scratch: Path, *, tolerance: float | None = None
) -> Replayed:
    """Make recorded calls on A, on A again, and on B, and compare.

    Args:
        a: The launch whose workload was recorded; its root, interpreter and environment count.
        b: The same of the candidate.
        pickles: Files of successive pickles (module, qualified name, args, kwargs).
        scratch: Folder for results.
        tolerance: Relative difference of floats that counts as none.
    """
    if not pickles:
        return Replayed(notes=["no call could be recorded for a replay"])
    tolerant = tolerance is not None
    roots = (a.root, b.root)
    first = results(a, pickles, scratch / "replay-a", tolerant=tolerant, roots=roots)
    again = results(a, pickles, scratch / "replay-a2", tolerant=tolerant, roots=roots)
    other = results(b, pickles, scratch / "replay-b", tolerant=tolerant, roots=roots)
    return compare_replays(first, again, other, tolerance)


def compare_replays(
    first: dict[str, Any], again: dict[str, Any], other: dict[str, Any], tolerance: float | None
) -> Replayed:
    """Compare replays of A, of A again, and of B: pure.

    Each maps a recorded call to the lines of its two executions. A call that does not repeat
    itself on A tells nothing and is left out, with a note.
    """
    found = Replayed()
    skipped: set[str] = set()
    for key, calls in first.items():
        if "skipped" in calls[0]:
            skipped.add(str(calls[0]["skipped"]))
            continue
        if key not in again or _differ(calls, again[key], tolerance) is not None:
            skipped.add(f"{calls[0]['name']} does not repeat itself")
            continue
        if key not in other:
            place = calls[0]["name"]
            found.difference = Counterexample(
                stage="replay", place=place, detail=f"{place}{calls[0]['at']}",
                expected=str(calls[0].get("rt", calls[0].get("xt"))), actual="the process ended",
            )  # fmt: skip
            return found
        if "skipped" in other[key][0]:
            skipped.add(f"in the candidate: {other[key][0]['skipped']}")
            continue
        found.difference = _differ(calls, other[key], tolerance)
        if found.difference is not None:
            return found
        found.compared += 1
    found.notes += [f"not replayed: {reason}" for reason in sorted(skipped)]
    return found


def _differ(
    calls: list[dict[str, Any]], others: list[dict[str, Any]], tolerance: float | None
) -> Counterexample | None:
    for call, other in zip(calls, others, strict=True):
        if "skipped" in other:
            return None
        found = difference(call, other, call["name"], tolerance, "replay")
        if found is not None:
            return found
    return None


def results(
    launch: Launch,
    pickles: list[Path],
    scratch: Path,
    *,
    tolerant: bool,
    guarded_s: float | None = None,
    roots: tuple[Path, ...] = (),
) -> dict[str, list[dict[str, Any]]]:
    """The lines of one process that makes all calls, by recorded call.

    Args:
        launch: Its root, interpreter and environment count.
        pickles: Files of calls.
        scratch: Folder for results.
        tolerant: Floats will be compared with a tolerance.
        guarded_s: The inputs are made up: no effects, and the process is stopped after as long.
        roots: Copies that recorded calls may speak of: this one is put in their place.
    """
    scratch.mkdir(parents=True)
    result = scratch / "result.jsonl"
    specification = {
        "calls": [str(path) for path in pickles],
        "result": str(result),
        "root": str(launch.root.resolve()),
        "roots": [str(root.resolve()) for root in roots],
        "main": _guarded_script(launch),
        "tolerant": tolerant,
        "guarded": guarded_s is not None,
    }
    code = _START.format(json.dumps(specification))
    workload = Workload(
        kind="command",
        argv=(launch.interpreter.path, "-c", code),
        cwd=launch.workload.cwd,
        env=launch.workload.env,
    )
    plan = ProbePlan(instruments={}, out=scratch / "out", root=launch.root)
    again = msgspec.structs.replace(
        launch,
        workload=workload,
        plan=plan,
        wrap=(),
        timeout_s=guarded_s or LIMIT_S,
        scratch=scratch,
    )
    run(again)
    if not result.exists():
        return {}
    lines = [json.loads(line) for line in result.read_bytes().splitlines()]
    return {calls[0]["n"]: calls for calls in lines}


def _guarded_script(launch: Launch) -> str | None:
    """The script of the workload, if it does nothing when it is imported."""
    if launch.workload.kind != "script":
        return None
    path = launch.root / launch.workload.cwd / launch.workload.target
    if not path.is_file():
        path = launch.root / launch.workload.target
    if path.is_file() and b"__name__" in path.read_bytes():
        return str(path)
    return None
