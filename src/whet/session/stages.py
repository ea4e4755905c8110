"""The stages of the loop, each reading what the ones before it kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from whet.records import GoalResult
from whet.session import diagnosing
from whet.session.setup import differs, watch

if TYPE_CHECKING:
    from whet.records import IoProfile
    from whet.session.work import Run
    from whet.settings import Settings

TUNING_LATER = "tuning comes later; its settings are accepted and not yet used"
_COUNTING_RUNS = 3  # plain runs that counting all calls takes the time of
_COUNTING_SHARE = 0.03  # of the budget
_LIKELY_RUNS = 120  # profiling, evidence, validation and six trials


def workload(run: Run) -> None:
    """The first run, watched; the second says whether it is repeatable."""
    session, bench = run.session, run.bench
    with session.stage("workload"):
        longest_s = bench.workload.timeout_s or bench.limit_s
        session.tell("workload", f"a first run shows how long one takes; {longest_s:g} s at most")
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
    with session.stage("profile"):
        found = take_profile(
            run.bench.launch_of,
            instruments(settings, run.bench.recent_s, is_outside=bool(run.options.candidates)),
            rate_hz=1000 * settings.profiling.profiling_sample_rate,
            budget_s=max(1.0, min(run.left_s, settings.budget_s / 3)),
            on_event=session.on_event,
        )
        if found.io is not None and not settings.profiling.network_profiling:
            found = msgspec.structs.replace(found, io=_without_network(found.io))
        different = session.folder.read("repeatable", list[str])
        repeatable = None if different is None else not different
        session.update(profile=msgspec.structs.replace(found, repeatable=repeatable))


def instruments(settings: Settings, run_s: float, *, is_outside: bool) -> list[str]:
    """The instruments of a session's profile.

    What is costly is taken only where it is asked about. Numbers of calls decide nothing here:
    they are for the reader, and for candidates from outside.

    Args:
        settings: Effective settings.
        run_s: Seconds that one run takes.
        is_outside: A command is asked for candidates.
    """
    wanted = settings.profiling
    counts = is_outside or _COUNTING_RUNS * run_s <= _COUNTING_SHARE * settings.budget_s
    chosen = {
        "cpu": wanted.cpu_profiling,
        "memory": wanted.memory_profiling,
        "io": wanted.io_profiling or wanted.network_profiling,
        "imports": wanted.cpu_profiling,
        "calls": wanted.cpu_profiling and counts,
        "allocations": wanted.memory_profiling and settings.objective in {"memory", "both"},
    }
    return [name for name, is_wanted in chosen.items() if is_wanted]


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
        what = diagnosing.diagnosed(run, session.record.profile)
        session.note(*what.notes)
        count = f"{len(what.matches)} patterns in hot places"
        session.tell("diagnose", count if what.matches else "no known pattern in a hot place")


def evidence(run: Run) -> None:
    """The evidence run, and the findings ranked by attainable gain."""
    session = run.session
    profile = session.record.profile
    if profile is None:
        session.skip("evidence", "there is no profile")
        return
    with session.stage("evidence"):
        what = diagnosing.diagnosed(run, profile)
        seen = session.folder.evidence()
        if seen is None:
            seen = diagnosing.observed(run, what.matches)
            session.folder.keep("evidence", seen)
        session.note(*seen.notes, *diagnosing.withheld(run, what))
        found = diagnosing.ranked(run, what, seen, profile)
        session.update(findings=found)
        for finding in found:
            said = finding.refused or f"could gain up to {finding.attainable_gain:.0%}"
            where = f"{finding.file}:{finding.line}"
            session.tell("evidence", f"{where} {finding.remedy}: {said}", kind="finding")


def fix(run: Run) -> None:
    """Every admitted finding becomes a concrete change."""
    session = run.session
    with session.stage("fix"):
        from whet.session import candidates

        known = diagnosing.proposals(run, session.record.findings)
        session.update(fixes=(*known, *candidates.proposed(run)))


def judge(run: Run) -> None:
    """Every fix validated and brought before the court, the most promising first."""
    session = run.session
    if not session.record.fixes:
        session.skip("validate", "there is nothing to validate")
        session.skip("judge", "there is nothing to judge")
        return
    from whet.session import trials  # which renews what the stages before found

    with session.stage("validate"), session.stage("judge"):
        trials.hold(run)


def combine(run: Run) -> None:
    """The kept set as a whole, on the whole workload, against the original."""
    from whet.session.whole import hold_whole

    session = run.session
    if not any(verdict.kept for verdict in session.record.fix_verdicts):
        session.skip("combine", "no fix was kept")
    else:
        with session.stage("combine"):
            hold_whole(run)
    session.update(goals=goals_of(run))


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


def goals_of(run: Run) -> tuple[GoalResult, ...]:
    """The performance goals of the settings, and how far the kept set reaches them."""
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
