"""Findings: matches that the evidence was asked about, ranked by attainable gain."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Literal

import msgspec

from whet.diagnosis.match import concerned_share
from whet.diagnosis.together import join_small
from whet.records import Finding
from whet.remedies import sections_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from whet.records import Evidence, HotPlace, Match, Metric, Profile, Safety
    from whet.remedies import Remedy

Objective = Literal["time", "memory", "io", "both"]
Level = Literal["low", "medium", "high"]

OFFERED: dict[Level, frozenset[Safety]] = {
    "low": frozenset({"safe"}),
    "medium": frozenset({"safe", "gated"}),
    "high": frozenset({"safe", "gated", "consent", "advice"}),
}
CLAIMS: dict[Objective, frozenset[Metric]] = {
    "time": frozenset({"cpu_time", "wall_time"}),
    "memory": frozenset({"peak_memory"}),
    "io": frozenset({"io_operations", "wall_time"}),
    "both": frozenset({"cpu_time", "wall_time", "peak_memory"}),
}
LEAST_GAIN = 0.005


def findings(  # noqa: PLR0913 -- the stage's whole input, by name
    matches: Sequence[Match],
    evidence: Evidence,
    profile: Profile,
    hot: Sequence[HotPlace],
    objective: Objective = "time",
    *,
    remedies: Sequence[Remedy],
    level: Level = "medium",
    declined: Collection[str] = (),
    least_gain: float = LEAST_GAIN,
) -> tuple[Finding, ...]:
    """What was found, the admitted first, by objective and attainable gain.

    The attainable gain is Amdahl's: the share of all time that a match concerns, times the part
    of it that the cure can take away at the most. What is refused gains 0. Small findings of one
    remedy in one function are joined.

    Args:
        matches: From `find_matches`.
        evidence: What the evidence run showed.
        profile: The profile that the hot places come from.
        hot: The hot places.
        objective: What the session is for; findings that claim it come first.
        remedies: Those that the matches come from.
        level: How careful: "low" offers what is safe by construction only, "medium" also what the
            evidence admits, "high" also what needs the user's consent, and advice.
        declined: Ids of findings that the user declined before.
        least_gain: Share of all time (0-1) below which an admitted finding is not worth a trial.
    """
    by_name = {remedy.name: remedy for remedy in remedies}
    approximate = profile.cpu is not None and profile.cpu.approximate
    seen: Counter[str] = Counter()
    found = []
    for match in matches:
        if match.safety not in OFFERED[level]:
            continue
        remedy = by_name[match.remedy]
        shares = [concerned_share(match, remedy, place) for place in hot if _lies_in(match, place)]
        finding = _finding(match, remedy, evidence, max(shares, default=0.0))
        finding_id = _identity(match, seen)
        notes = {"lines": "approximate"} if approximate and remedy.share != "import" else {}
        finding = msgspec.structs.replace(
            finding,
            finding_id=finding_id,
            declined=finding_id in declined,
            evidence={**finding.evidence, **notes},
        )
        found.append(finding)
    worth = [
        finding
        for finding in join_small(found)
        if finding.refused is not None or finding.attainable_gain >= least_gain
    ]
    return tuple(sorted(worth, key=lambda finding: _rank(finding, objective)))


def _finding(match: Match, remedy: Remedy, evidence: Evidence, share: float) -> Finding:
    admission = remedy.admit(match, evidence)
    gain = share * admission.removable if admission.admitted else 0.0
    safety = admission.safety or match.safety
    return Finding(
        finding_id="",
        remedy=match.remedy,
        file=match.file,
        line=match.span.line,
        function=match.function,
        message=match.message,
        safety=safety,
        claims=remedy.claims,
        attainable_gain=round(min(1.0, gain), 6),
        evidence={
            "share": round(share, 6),
            **admission.evidence,
            **(_differs(match, remedy) if safety == "consent" else {}),
        },
        match=match,
        refused=admission.reason,
    )


def _differs(match: Match, remedy: Remedy) -> dict[str, str]:
    """What the user must agree to: what the match says, else the safety section of the page."""
    told = match.data.get("differs") or sections_of(remedy.page).get("Safety", "")
    return {"differs": " ".join(str(told).split())}


def _lies_in(match: Match, place: HotPlace) -> bool:
    """Whether a hot place is the one that a match was found in."""
    return match.file == place.file and match.data.get("place") == place.name


def _identity(match: Match, seen: Counter[str]) -> str:
    """The same for the same source, wherever in the file it stands by now."""
    key = f"{match.remedy}|{match.file}|{match.function}|{match.data.get('source', '')}"
    seen[key] += 1
    return hashlib.sha256(f"{key}|{seen[key]}".encode()).hexdigest()[:12]


def _rank(finding: Finding, objective: Objective) -> tuple[bool, bool, bool, float, str, int]:
    return (
        finding.refused is not None,
        finding.declined,
        finding.claims not in CLAIMS[objective],
        -finding.attainable_gain,
        finding.file,
        finding.line,
    )
