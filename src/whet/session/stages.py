"""The stages of the loop, each reading what the ones before it kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from whet.codebase import project_files
from whet.diagnosis import (
    find_matches,
    findings,
    function_finder,
    hot_places,
    read_hot_modules,
)
from whet.errors import WhetError
from whet.proof.evidence import collect_evidence
from whet.records import Evidence, GoalResult
from whet.remedies import load_remedies, propose_fix
from whet.session import trials
from whet.session.changes import digest
from whet.session.setup import differs, watch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whet.codebase.syntax import SourceModule
    from whet.records import Finding, Fix, HotPlace, IoProfile, Match
    from whet.remedies import Remedy
    from whet.session.work import Run

TUNING_LATER = "tuning comes later; its settings are accepted and not yet used"
_LIKELY_RUNS = 120  # profiling, evidence, validation and six trials


def workload(run: Run) -> None:
    """The first run, watched; the second says whether it is repeatable."""
    session, bench = run.session, run.bench
    with session.stage("workload"):
        first = watch(bench, allow_effects=run.options.allow_effects)
        each_s = max(first.wall_s, 0.001)
        limit = int(min(_LIKELY_RUNS, run.settings.budget_s / each_s))
        session.tell(
            "workload",
            f"one run takes {first.wall_s:.2f} s; up to {max(limit, 2)} runs will follow, within "
            f"{run.settings.budget_s:.0f} s in all",
            kind="plan",
            data={"runs": max(limit, 2), "seconds": run.settings.budget_s},
        )
        again = bench.run(bench.launch("a", bench.plan({"effects": {}}), hash_seed=0))
        texts = bench.workload.kind != "pytest"  # its output holds times
        different = differs(first, again, texts=texts)
        session.folder.keep("repeatable", list(different))
        if first.unprobed_processes:
            session.note(f"{first.unprobed_processes} child processes could not be looked into")
        if different:
            session.note(f"two runs of the same code differ in: {', '.join(different)}")
            session.tell("workload", f"not repeatable: {', '.join(different)}", kind="warning")


def profile(run: Run) -> None:
    """One run an instrument."""
    from whet.profiling import profile as take_profile

    session, settings = run.session, run.settings
    if not settings.optimization.profiling_enabled:
        session.skip("profile", "optimization.profiling_enabled is off")
        return
    chosen = {
        "cpu": settings.profiling.cpu_profiling,
        "memory": settings.profiling.memory_profiling,
        "io": settings.profiling.io_profiling or settings.profiling.network_profiling,
        "imports": settings.profiling.cpu_profiling,
        "calls": settings.profiling.cpu_profiling,
        "allocations": settings.profiling.memory_profiling
        and settings.objective in {"memory", "both"},  # costly, so only where it is asked about
    }
    with session.stage("profile"):
        found = take_profile(
            run.bench.launch_of,
            [name for name, wanted in chosen.items() if wanted],
            rate_hz=1000 * settings.profiling.profiling_sample_rate,
            budget_s=max(1.0, min(run.left_s, settings.budget_s / 3)),
            on_event=session.on_event,
        )
        if found.io is not None and not settings.profiling.network_profiling:
            found = msgspec.structs.replace(found, io=_without_network(found.io))
        different = session.folder.read("repeatable", list[str])
        repeatable = None if different is None else not different
        session.update(profile=msgspec.structs.replace(found, repeatable=repeatable))


def _without_network(io: IoProfile) -> IoProfile:
    sites = tuple(site for site in io.sites if site.kind != "network")
    return msgspec.structs.replace(io, network_calls=None, sites=sites)


def diagnose(run: Run) -> None:
    """Hot places and the patterns found there."""
    session = run.session
    if session.record.profile is None:
        session.skip("diagnose", "there is no profile")
        return
    with session.stage("diagnose"):
        matches, _, notes = _matches(run)
        session.note(*notes)
        count = f"{len(matches)} patterns in hot places"
        session.tell("diagnose", count if matches else "no known pattern in a hot place")


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


def _matches(run: Run) -> tuple[Sequence[Match], Sequence[HotPlace], Sequence[str]]:
    profile = run.session.record.profile
    if profile is None:
        return (), (), ()
    files = project_files(run.project, run.settings.exclude)
    root = run.bench.copies["a"]
    hot = hot_places(
        profile, files, excludes=run.settings.exclude, function_at=function_finder(root)
    )
    modules, notes = read_hot_modules(root, hot, files)
    return find_matches(modules, hot, _remedies(run)), hot, notes


def evidence(run: Run) -> None:
    """The evidence run, and the findings ranked by attainable gain."""
    session = run.session
    profile = session.record.profile
    if profile is None:
        session.skip("evidence", "there is no profile")
        return
    with session.stage("evidence"):
        matches, hot, _ = _matches(run)
        seen = session.folder.evidence()
        if seen is None:
            seen = Evidence()
            if matches:
                plain = profile.plain_cpu_s
                seen = collect_evidence(
                    run.bench.launch_of, matches, plain_cpu_s=plain, on_event=session.on_event
                )
            session.folder.keep("evidence", seen)
        session.note(*seen.notes)
        found = findings(
            matches,
            seen,
            profile,
            hot,
            run.settings.objective,
            remedies=_remedies(run),
            level=run.settings.optimization.optimization_level,
            declined=[fix.finding_id for fix in run.store.declined()],
        )
        session.update(findings=found)
        for finding in found:
            said = finding.refused or f"could gain up to {finding.attainable_gain:.0%}"
            where = f"{finding.file}:{finding.line}"
            session.tell("evidence", f"{where} {finding.remedy}: {said}", kind="finding")


def fix(run: Run) -> None:
    """Every admitted finding becomes a concrete change."""
    session = run.session
    wanted = [
        finding
        for finding in session.record.findings
        if finding.refused is None and not finding.declined and finding.safety != "advice"
    ]
    with session.stage("fix"):
        fixes: list[Fix] = []
        for finding in wanted:
            try:
                fixes.append(_proposed(run, finding))
            except WhetError as error:
                session.note(f"{finding.file}:{finding.line} {finding.remedy}: {error.reason}")
        session.update(fixes=tuple(fixes))


def _proposed(run: Run, finding: Finding) -> Fix:
    module = _module(run, finding.file)
    proposed = propose_fix(module, finding)
    return msgspec.structs.replace(proposed, sources={finding.file: digest(module.source)})


def _module(run: Run, file: str) -> SourceModule:
    from whet.codebase.syntax import SourceModule

    return SourceModule.parse(run.project / file, root=run.project)


def judge(run: Run) -> None:
    """Every fix validated and brought before the court, the most promising first."""
    session = run.session
    if not session.record.fixes:
        session.skip("validate", "there is nothing to validate")
        session.skip("judge", "there is nothing to judge")
        return
    with session.stage("validate"), session.stage("judge"):
        trials.hold(run)


def combine(run: Run) -> None:
    """The kept set as a whole, on the whole workload, against the original."""
    session = run.session
    if not any(verdict.kept for verdict in session.record.fix_verdicts):
        session.skip("combine", "no fix was kept")
    else:
        with session.stage("combine"):
            trials.hold_whole(run)
    session.update(goals=_goals(run))


def tune(run: Run) -> None:
    """Left out, and said so."""
    run.session.skip("tune", TUNING_LATER)
    run.session.update(tuning_reason=TUNING_LATER)


def report(run: Run) -> None:
    """The report document, checked against its schema and kept beside the session."""
    from whet.reports import a3

    session = run.session
    with session.stage("report"):
        session.folder.write("report.json", a3.render(session.record))
    if not any(verdict.kept for verdict in session.record.fix_verdicts):
        session.skip("deploy", "nothing was kept")


def _goals(run: Run) -> tuple[GoalResult, ...]:
    wanted = run.settings.tuning.performance_goals
    effects = {
        verdict.metric: verdict.effect
        for verdict in run.session.record.whole
        if verdict.outcome in {"faster", "slower", "smaller", "larger", "same"}
    }
    time = effects.get("cpu_time") or effects.get("wall_time")
    memory = effects.get("peak_memory")
    return (
        _goal("execution_time_improvement", wanted.execution_time_improvement, _less(time)),
        _goal("memory_usage_reduction", wanted.memory_usage_reduction, _less(memory)),
        _goal("throughput_increase", wanted.throughput_increase, _more(time)),
    )


def _goal(name: str, wanted: float, reached: float | None) -> GoalResult:
    return GoalResult(
        goal=name,
        wanted_percent=wanted,
        reached_percent=reached,
        reached=None if reached is None else reached >= wanted,
    )


def _less(effect: float | None) -> float | None:
    return None if effect is None else 100 * (1 - effect)


def _more(effect: float | None) -> float | None:
    return 100 * (1 / effect - 1) if effect else None
