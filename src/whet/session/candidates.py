"""Candidates from outside: a command of the user's is asked about each hot place.

One JSON request a place goes to the command's standard input, unified diffs come back on its
standard output. What comes back is a fix like any other: validated, judged, kept if it is proven.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whet.codebase.syntax import first_line
from whet.diagnosis import module_of
from whet.errors import UsageError, WhetError
from whet.records import to_json
from whet.session import diagnosing
from whet.session.answers import candidates_of, fix_of
from whet.session.asking import answer
from whet.session.outside import CLAIMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.syntax import FunctionNode, SourceModule
    from whet.records import Finding, Fix, HotPlace
    from whet.session.work import Run

MOST_PLACES = 5
MOST_CANDIDATES = 3
LIMIT_S = 120.0
_SHARE = 0.25  # of the budget, for all answers together
_LARGEST_SOURCE = 500_000

RULES = (
    "Change only lines of source.file; no other file.",
    "Keep the behavior: equal results with exact types, and equal exceptions.",
    "Keep side effects on arguments, files and output, and their order.",
    "Keep names and signatures; other files call them.",
    "Use the standard library, and what the file imports already.",
    "The whole workload must get faster, smaller or lighter by the claimed metric.",
)
ANSWER = (
    "One unified diff against source.text, paths a/FILE and b/FILE; or several for the same "
    "place, each behind a line '=== candidate: TITLE'; or nothing."
)


def proposed(run: Run) -> tuple[Fix, ...]:
    """The fixes that the command proposes; why others were refused is noted in the session."""
    profile = run.session.record.profile
    words = run.options.candidates
    if not words or profile is None:
        return ()
    found: dict[str, Fix] = {}
    end_s = run.session.elapsed_s + _SHARE * max(0.0, run.left_s)
    for number, place in enumerate(_places(run), 1):
        limit_s = min(LIMIT_S, end_s - run.session.elapsed_s)
        if limit_s <= 0:
            run.session.note(f"candidates: a quarter of the budget is used, {place.name} and "
                             "colder places were not asked about")  # fmt: skip
            break
        run.session.tell("fix", f"asks about {place.file}:{place.line} {place.name}", count=number)
        for fix in _asked(run, place, limit_s):
            found.setdefault(fix.fix_id, fix)
    run.session.tell("fix", f"{len(found)} candidates came from outside")
    return tuple(found.values())


def _places(run: Run) -> tuple[HotPlace, ...]:
    profile = run.session.record.profile
    if profile is None:
        return ()
    hot = diagnosing.diagnosed(run, profile).hot
    return tuple(place for place in hot if place.name != "<module>")[:MOST_PLACES]


def _asked(run: Run, place: HotPlace, limit_s: float) -> Iterator[Fix]:
    where = f"{place.file}:{place.line} {place.name}"
    module = module_of(run.sources, place.file)
    function = module.function_at(place.line) if module.tree is not None else None
    if function is None or len(module.source) > _LARGEST_SOURCE:
        run.session.note(f"candidates: {where} is not asked about: too large, or not readable")
        return
    document = request_of(run, place, module, function, limit_s)
    try:
        text = answer(run.options.candidates, to_json(document) + b"\n", limit_s)
        _require_untouched(run, module)
        proposals = candidates_of(text)
    except UsageError:
        raise  # there is no such command: it would not be there for the next place either
    except WhetError as error:
        run.session.note(f"candidates for {where}: {error.reason}")
        return
    if len(proposals) > MOST_CANDIDATES:
        left = len(proposals) - MOST_CANDIDATES
        run.session.note(f"candidates for {where}: {left} beyond {MOST_CANDIDATES} are left out")
    careful = run.settings.optimization.optimization_level == "low"
    claims = CLAIMS[run.settings.objective]
    for proposal in proposals[:MOST_CANDIDATES]:
        try:
            yield fix_of(proposal, module, place, claims, "consent" if careful else "gated")
        except WhetError as error:
            run.session.note(f"candidate {proposal.title!r} for {where} refused: {error.reason}")


def _require_untouched(run: Run, module: SourceModule) -> None:
    if (run.project / module.file).read_bytes() != module.source:
        raise WhetError("the command", "changed the file itself instead of proposing a patch")


def request_of(
    run: Run, place: HotPlace, module: SourceModule, function: FunctionNode, limit_s: float
) -> dict[str, Any]:
    """One request, as the command gets it."""
    first, last = first_line(function), function.end_lineno or function.lineno
    return {
        "version": 1,
        "kind": "whet candidates request",
        "place": {
            "file": place.file,
            "function": place.name,
            "first_line": first,
            "last_line": last,
            "self_share": place.self_share,
            "total_share": place.total_share,
            "line_shares": place.line_shares,
            "calls": place.calls,
        },
        "source": {
            "file": module.file,
            "text": module.text,
            "function": b"".join(module.lines[first - 1 : last]).decode(),
        },
        "profile": _profile(run),
        "evidence": [
            _evidence(finding)
            for finding in run.session.record.findings
            if finding.file == place.file and first <= finding.line <= last
        ],
        "constraints": {
            "python": ".".join(map(str, run.bench.interpreter.version[:2])),
            "claims": CLAIMS[run.settings.objective],
            "editable_files": [module.file],
            "most_candidates": MOST_CANDIDATES,
            "limit_s": limit_s,
            "rules": RULES,
            "answer": ANSWER,
        },
    }


def _profile(run: Run) -> dict[str, Any]:
    profile = run.session.record.profile
    if profile is None:
        return {}
    return {
        "workload": profile.workload.spelled,
        "wall_s": profile.plain_wall_s,
        "cpu_s": profile.plain_cpu_s,
        "peak_bytes": profile.memory.peak_bytes if profile.memory else None,
    }


def _evidence(finding: Finding) -> dict[str, Any]:
    return {
        "remedy": finding.remedy,
        "line": finding.line,
        "message": finding.message,
        "refused": finding.refused,
        "attainable_gain": finding.attainable_gain,
        "evidence": finding.evidence,
    }
