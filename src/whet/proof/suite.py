"""The project's own tests that reach the changed functions, run on A and B."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import msgspec

from whet.proof.calls import streams_of
from whet.records import Counterexample, Workload
from whet.workloads import Launch, ProbePlan, read_lines, run

if TYPE_CHECKING:
    from pathlib import Path

LIMIT_S = 300.0
"""Seconds that a run of the project's tests may take, unless the caller has less."""

_PATIENCE = 3  # the candidate's tests may take so much longer before they count as failed

MAX_TESTS = 500
"""Covering tests that are run; a command line holds no more."""


@dataclass
class Covered:
    """What the covering tests found.

    Attributes:
        difference: A test that passes on A and not on B.
        run: Covering tests that were compared.
        reached: Numbers of the functions that some test reaches.
        notes: What was not run, and why.
    """

    difference: Counterexample | None = None
    run: int = 0
    reached: set[int] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


def covering_tests(  # noqa: PLR0913 - who is asked about what, how long, and what is known
    a: Launch,
    b: Launch,
    functions: list[dict[str, Any]],
    scratch: Path,
    *,
    limit_s: float = LIMIT_S,
    chosen: set[int] | None = None,
    known: dict[str, Any] | None = None,
) -> Covered:
    """Find the tests that reach the functions on A, and run them on A and B.

    Args:
        a: A launch of the original; its root, interpreter and environment count.
        b: The same of the candidate.
        functions: Entries of the instrument `observe`, numbered from 0.
        scratch: Folder for records.
        limit_s: Seconds that one run of tests may take.
        chosen: Numbers of the functions that are asked about; None: all.
        known: Keeps which tests reach which function, for the next time.
    """
    a = msgspec.structs.replace(a, timeout_s=limit_s)
    b = msgspec.structs.replace(b, timeout_s=_PATIENCE * limit_s)
    if "pytest" not in a.interpreter.modules:
        return Covered(notes=["pytest is not installed for the target: no covering tests"])
    found = Covered()
    known = {} if known is None else known
    if "tests" not in known:
        known["tests"] = _reaching(a, functions, scratch, found)
        known["notes"] = tuple(found.notes)
    found.notes = list(known["notes"])
    reaching: dict[int, list[str]] = known["tests"]
    wanted = {number for number in reaching if chosen is None or number in chosen}
    found.reached |= wanted
    tests = sorted({test for number in wanted for test in reaching[number]})
    if not tests:
        if not found.notes:
            found.notes.append("no test of the project reaches the changed functions")
        return found
    if len(tests) > MAX_TESTS:
        found.notes.append(f"{MAX_TESTS} of {len(tests)} covering tests were run")
        tests = tests[:MAX_TESTS]
    ours = _outcomes(a, tests, scratch / "tests-a")
    theirs = _outcomes(b, tests, scratch / "tests-b")
    compare_tests(ours, theirs, found)
    return found


def _reaching(
    launch: Launch, functions: list[dict[str, Any]], scratch: Path, found: Covered
) -> dict[int, list[str]]:
    """The tests that reach each function, for those that some test reaches."""
    observe = {"functions": functions, "values": [], "tests": True}
    plan = ProbePlan(
        instruments={"observe": observe, "effects": {}}, out=scratch / "tests", root=launch.root
    )
    outcome = run(_pytest(launch, (), plan))
    if outcome.timed_out:
        limit = launch.timeout_s or LIMIT_S
        found.notes.append(f"the project's tests take longer than {limit:g} s: not run")
        return {}
    if outcome.effects:
        targets = ", ".join(sorted({effect.target for effect in outcome.effects})[:5])
        found.notes.append(f"the project's tests reach outside ({targets}): not run again")
        return {}
    streams = enumerate(streams_of(read_lines(plan.out), len(functions)))
    named = {number: sorted(test for test in stream.tests if test) for number, stream in streams}
    return {number: tests for number, tests in named.items() if tests}


def _pytest(launch: Launch, argv: tuple[str, ...], plan: ProbePlan | None) -> Launch:
    workload = Workload(kind="pytest", argv=argv, env=launch.workload.env)
    return msgspec.structs.replace(launch, workload=workload, plan=plan, wrap=())


def _outcomes(launch: Launch, tests: list[str], scratch: Path) -> dict[str, str]:
    """Each test's outcome: "passed", "failed", "error" or "skipped"."""
    scratch.mkdir(parents=True)
    report = scratch / "report.xml"
    run(_pytest(launch, (f"--junitxml={report}", *tests), None))
    if not report.exists():
        return {}
    try:
        root = ET.parse(report).getroot()  # noqa: S314 - written by the pytest started above
    except ET.ParseError:
        return {}
    return {
        f"{case.get('classname')}::{case.get('name')}": _outcome(case)
        for case in root.iter("testcase")
    }


def _outcome(case: ET.Element) -> str:
    for tag, word in (("failure", "failed"), ("error", "error"), ("skipped", "skipped")):
        found = case.find(tag)
        if found is not None:
            message = (found.get("message") or "").strip().split("\n")[0]
            return f"{word}: {message}" if message and tag != "skipped" else word
    return "passed"


def compare_tests(ours: dict[str, str], theirs: dict[str, str], found: Covered) -> None:
    """Compare the outcomes on A and B: pure but for `found`, which is filled in.

    A test that fails on A says nothing about the change: it is noted and not counted.
    """
    broken = [test for test, outcome in ours.items() if outcome.startswith(("failed", "error"))]
    if broken:
        found.notes.append(f"{len(broken)} covering tests fail on the original too: {broken[0]}")
    for test, outcome in ours.items():
        if test in broken:
            continue
        other = theirs.get(test, "did not run")
        if other != outcome:
            found.difference = Counterexample(
                stage="tests", place=test, detail="outcome of the test",
                expected=outcome, actual=other,
            )  # fmt: skip
            return
        found.run += outcome == "passed"
