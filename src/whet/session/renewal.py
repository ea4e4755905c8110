"""After a fix was kept: one sampled run of the new state says what the others could gain now."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from whet.diagnosis.rank import LEAST_GAIN
from whet.errors import WhetError
from whet.profiling import resample
from whet.records import Evidence
from whet.session import diagnosing
from whet.session.changes import files_after
from whet.session.lines import in_original_lines, line_map
from whet.session.order import TIMES, cold, prospect_of, renewed
from whet.session.placing import place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from whet.records import Finding, Fix, Match, Profile
    from whet.session.work import Run


def first_prospects(run: Run) -> None:
    """What the fixes could gain by the first profile."""
    profile = run.session.record.profile
    by_id = {finding.finding_id: finding for finding in run.session.record.findings}
    for fix in run.session.record.fixes:
        finding = by_id.get(fix.finding_id or "")
        if finding is not None and profile is not None:
            run.prospects[fix.fix_id] = prospect_of(finding, profile)


def renew(run: Run, kept: Sequence[Fix]) -> None:
    """Sample the state with these fixes; renew prospects, and find what became hot only now.

    Copy A must hold that state. Where it cannot be sampled, prospects stay as they were,
    and a note says so.
    """
    profile = run.session.record.profile
    if profile is None or profile.cpu is None:
        return
    try:
        now = _sampled(run, profile, kept)
    except WhetError as error:
        run.session.note(f"the state with {kept[-1].remedy} was not profiled: {error}")
        return
    known = _by_match(run.session.record.findings)
    what = diagnosing.diagnosed(run, now)
    new = [match for match in what.matches if match.match_id not in known]
    seen = _with_more(run, new, kept)
    found = _by_match(diagnosing.ranked(run, what, seen, now, least_gain=0.0))
    _set_prospects(run, known, found, now)
    new_findings = {each.finding_id: each for each in found.values() if not _is_known(each, known)}
    worth = [each for each in new_findings.values() if each.attainable_gain >= LEAST_GAIN]
    _add(run, worth, now)


def _by_match(findings: Sequence[Finding]) -> dict[str, Finding]:
    """Findings by the id of each of their matches."""
    return {
        match.match_id: finding
        for finding in findings
        for match in (finding.match, *finding.parts)
        if match is not None
    }


def _is_known(finding: Finding, known: Mapping[str, Finding]) -> bool:
    return not known.keys().isdisjoint(_by_match([finding]))


def _sampled(run: Run, profile: Profile, kept: Sequence[Fix]) -> Profile:
    """The profile of the present state, told in lines of the original."""
    now = resample(run.bench.launch_of)
    after = files_after(run.project, kept)
    maps = {file: line_map((run.project / file).read_bytes(), raw) for file, raw in after.items()}
    # What waits was not looked at again.
    waits = profile.cpu.waits if profile.cpu else ()
    return msgspec.structs.replace(
        profile,
        cpu=in_original_lines(msgspec.structs.replace(now.cpu, waits=waits), maps),
        plain_wall_s=now.plain.wall_s,
        plain_cpu_s=now.plain.cpu_s,
    )


def _with_more(run: Run, matches: Sequence[Match], kept: Sequence[Fix]) -> Evidence:
    """The evidence so far, with that of new matches: one run of the original where it is owed."""
    seen = run.session.folder.evidence() or Evidence()
    sites = diagnosing.sites_of(matches)
    if not sites - run.asked:
        return seen
    place(run, (), "a")
    more = diagnosing.observed(run, matches)
    place(run, kept, "a")
    seen = msgspec.structs.replace(
        seen,
        values={**more.values, **seen.values},
        calls={**more.calls, **seen.calls},
        notes=tuple(dict.fromkeys((*seen.notes, *more.notes))),
    )
    run.session.folder.keep("evidence", seen)
    return seen


def _set_prospects(
    run: Run, known: Mapping[str, Finding], now: Mapping[str, Finding], profile: Profile
) -> None:
    """Renew what the known findings' fixes could gain."""
    by_id = {each.finding_id: each for each in known.values()}
    for fix in run.session.record.fixes:
        before = by_id.get(fix.finding_id or "")
        if before is None or fix.claims not in TIMES:
            continue
        earlier = run.seen_by.get(before.finding_id, run.session.record.profile) or profile
        found = next((now[match_id] for match_id in _by_match([before]) if match_id in now), None)
        if found is not None:
            run.prospects[fix.fix_id] = renewed(found, profile, before, earlier)
        else:
            run.prospects[fix.fix_id] = cold(profile, before, earlier)


def _add(run: Run, found: Sequence[Finding], profile: Profile) -> None:
    """Findings at places that became hot only now, and their fixes."""
    record = run.session.record
    taken = {finding.finding_id for finding in record.findings}
    new = []
    for finding in found:
        finding_id = finding.finding_id
        while finding_id in taken:  # the same text at another place of the function
            finding_id = hashlib.sha256(finding_id.encode()).hexdigest()[:12]
        taken.add(finding_id)
        new.append(msgspec.structs.replace(finding, finding_id=finding_id))
    fixes = diagnosing.proposals(run, new)
    run.session.update(findings=(*record.findings, *new), fixes=(*record.fixes, *fixes))
    run.seen_by.update(dict.fromkeys((finding.finding_id for finding in new), profile))
    by_id = {finding.finding_id: finding for finding in new}
    for fix in fixes:
        run.prospects[fix.fix_id] = prospect_of(by_id[fix.finding_id or ""], profile)
    for finding in new:
        said = finding.refused or f"could gain up to {finding.attainable_gain:.0%} now"
        where = f"{finding.file}:{finding.line} {finding.remedy}"
        run.session.tell("judge", f"{where}: {said}", kind="finding")
