"""Diagnosis within a session: patterns, evidence, findings, and the fixes written for them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from whet.codebase import project_files
from whet.diagnosis import (
    find_matches,
    findings,
    function_finder,
    hot_places,
    module_of,
    read_hot_modules,
)
from whet.diagnosis.rank import LEAST_GAIN, OFFERED
from whet.errors import WhetError
from whet.proof.evidence import collect_evidence
from whet.records import Evidence
from whet.remedies import load_remedies, propose_fix
from whet.session.changes import digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whet.records import Finding, Fix, HotPlace, Match, Profile
    from whet.remedies import Remedy
    from whet.session.work import Run


def _remedies(run: Run) -> list[Remedy]:
    wanted = run.settings.optimization
    return [
        remedy
        for remedy in load_remedies()
        if (
            wanted.data_structure_optimization
            if remedy.family == "containers"
            else wanted.algorithm_optimization
        )
    ]


class Diagnosis(NamedTuple):
    """Patterns in the places that a profile shows as hot."""

    matches: tuple[Match, ...]
    hot: tuple[HotPlace, ...]
    notes: tuple[str, ...]


def diagnosed(run: Run, found: Profile) -> Diagnosis:
    """The patterns in hot places, in the lines of the original."""
    files = project_files(run.project, run.settings.exclude)
    hot = hot_places(
        found, files, excludes=run.settings.exclude, function_at=function_finder(run.sources)
    )
    modules, notes = read_hot_modules(run.sources, hot, files)
    return Diagnosis(find_matches(modules, hot, _remedies(run)), hot, tuple(notes))


def ranked(
    run: Run,
    what: Diagnosis,
    seen: Evidence,
    found: Profile,
    least_gain: float = LEAST_GAIN,
) -> tuple[Finding, ...]:
    """The findings that the evidence leaves of matches, by attainable gain."""
    return findings(
        what.matches,
        seen,
        found,
        what.hot,
        run.settings.objective,
        remedies=_remedies(run),
        level=run.settings.optimization.optimization_level,
        declined=[fix.finding_id for fix in run.store.declined()],
        least_gain=least_gain,
    )


def withheld(run: Run, what: Diagnosis) -> tuple[str, ...]:
    """A note on patterns that the level does not offer."""
    level = run.settings.optimization.optimization_level
    kinds = Counter[str](
        match.safety for match in what.matches if match.safety not in OFFERED[level]
    )
    if not kinds:
        return ()
    names = {"gated": "gated by evidence", "consent": "with your consent", "advice": "as advice"}
    told = ", ".join(f"{kinds[kind]} {name}" for kind, name in names.items() if kinds[kind])
    more = "medium" if set(kinds) == {"gated"} else "high"
    return (f"--level {more} looks at more patterns in hot places: {told}",)


def observed(run: Run, matches: Sequence[Match]) -> Evidence:
    """The evidence run on the original, which copy A must hold."""
    profile = run.session.record.profile
    run.asked |= sites_of(matches)
    if not matches or profile is None:
        return Evidence()
    return collect_evidence(
        run.bench.launch_of,
        matches,
        plain_cpu_s=profile.plain_cpu_s,
        on_event=run.session.on_event,
    )


def proposals(run: Run, found: Sequence[Finding]) -> tuple[Fix, ...]:
    """The fixes of the admitted findings; what cannot be written is noted."""
    fixes: list[Fix] = []
    for finding in found:
        if finding.refused is not None or finding.declined or finding.safety == "advice":
            continue
        try:
            fixes.append(_proposed(run, finding))
        except WhetError as error:
            where = f"{finding.file}:{finding.line} {finding.remedy}"
            run.session.note(f"{where}: {error.reason}")
    return tuple(fixes)


def _proposed(run: Run, finding: Finding) -> Fix:
    module = module_of(run.sources, finding.file)
    proposed = propose_fix(module, finding)
    return msgspec.structs.replace(proposed, sources={finding.file: digest(module.source)})


def sites_of(matches: Sequence[Match]) -> set[str]:
    """The sites whose evidence matches need."""
    values = {site.site for match in matches for site in match.values}
    return values | {site.site for match in matches for site in match.calls}
