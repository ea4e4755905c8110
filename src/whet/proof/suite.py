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

_QUICK_S = 10.0
"""Seconds of all tests, observed, up to which those of all functions are run together."""

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


@dataclass
class KnownTests:
    """What the validations of one session share about the project's tests.

    Attributes:
        reaching: By number of a function, the tests that reach it; None: not looked at yet.
        notes: What was not run when that was looked at, and why.
        quick: All tests take so little that those of every function are run at once, so that
            one run of them serves all fixes.
        outcomes: By content of the project and tests that were run, each test's outcome.
    """

    reaching: dict[int, list[str]] | None = None
    notes: tuple[str, ...] = ()
    quick: bool = False
    outcomes: dict[tuple[str, tuple[str, ...]], dict[str, str]] = field(default_factory=dict)


def covering_tests(  # noqa: PLR0913 - who is asked about what, how long, and what is known
    a: Launch,
    b: Launch,
    functions: list[dict[str, Any]],
    scratch: Path,
    *,
    limit_s: float = LIMIT_S,
    chosen: set[int] | None = None,
    known: KnownTests | None = None,
    contents: tuple[str, str] = ("", ""),
) -> Covered:
    """Find the tests that reach the functions on A, and run them on A and B.

    Args:
        a: A launch of the original; its root, interpreter and environment count.
        b: The same of the candidate.
        functions: Entries of the instrument `observe`, numbered from 0.
        scratch: Folder for records.
        limit_s: Seconds that one run of tests may take.
        chosen: Numbers of the functions that are asked about; None: all.
        known: Keeps what was learned, for the next time.
        contents: What the projects of A and B hold, as digests: no state is tested twice. Empty
            where that is not known.
    """
    a = msgspec.structs.replace(a, timeout_s=limit_s)
    b = msgspec.structs.replace(b, timeout_s=_PATIENCE * limit_s)
    if "pytest" not in a.interpreter.modules:
        return Covered(notes=["pytest is not installed for the target: no covering tests"])
    known = known or KnownTests()
    if known.reaching is None:
        _reaching(a, functions, scratch, known)
    found = Covered(notes=list(known.notes))
    reaching = known.reaching or {}
    wanted = {number for number in reaching if chosen is None or number in chosen}
    found.reached |= wanted
    tests = _tests_of(reaching, wanted)
    if not tests:
        if not found.notes:
            found.notes.append("no test of the project reaches the changed functions")
        return found
    if len(tests) > MAX_TESTS:
        found.notes.append(f"{MAX_TESTS} of {len(tests)} covering tests were run")
        tests = tests[:MAX_TESTS]
    run_together = _tests_of(reaching, set(reaching)) if known.quick else tests
    together = run_together if len(run_together) <= MAX_TESTS else tests
    ours = _outcomes_of(a, contents[0], together, scratch / "tests-a", known)
    theirs = _outcomes_of(b, contents[1], together, scratch / "tests-b", known)
    reported = {_reported_as(test) for test in tests}
    ours = {test: how for test, how in ours.items() if test in reported} or ours
    compare_tests(ours, theirs, found)
    return found


def _tests_of(reaching: dict[int, list[str]], numbers: set[int]) -> list[str]:
    return sorted({test for number in numbers for test in reaching[number]})


def _reported_as(test: str) -> str:
    """A test's node id as the report of pytest names it: class and name."""
    file, *names = test.split("::")
    module = file.removesuffix(".py").replace("/", ".")
    return f"{'.'.join([module, *names[:-1]])}::{names[-1] if names else ''}"


def _outcomes_of(
    launch: Launch, content: str, tests: list[str], scratch: Path, known: KnownTests
) -> dict[str, str]:
    key = (content, tuple(tests))
    if not content or key not in known.outcomes:
        known.outcomes[key] = _outcomes(launch, tests, scratch)
    return known.outcomes[key]


def _reaching(
    launch: Launch, functions: list[dict[str, Any]], scratch: Path, known: KnownTests
) -> None:
    """Look which tests reach each function, for those that some test reaches."""
    observe = {"functions": functions, "values": [], "tests": True}
    plan = ProbePlan(
        instruments={"observe": observe, "effects": {}}, out=scratch / "tests", root=launch.root
    )
    outcome = run(_pytest(launch, (), plan))
    known.reaching = {}
    known.quick = outcome.wall_s <= _QUICK_S
    if outcome.timed_out:
        limit = launch.timeout_s or LIMIT_S
        known.notes = (f"the project's tests take longer than {limit:g} s: not run",)
        return
    if outcome.effects:
        targets = ", ".join(sorted({effect.target for effect in outcome.effects})[:5])
        known.notes = (f"the project's tests reach outside ({targets}): not run again",)
        return
    streams = enumerate(streams_of(read_lines(plan.out), len(functions)))
    named = {number: sorted(test for test in stream.tests if test) for number, stream in streams}
    known.reaching = {number: tests for number, tests in named.items() if tests}


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
