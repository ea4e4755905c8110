"""Figures as people read them: the same words in every format."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whet.records import Finding, FixVerdict, GoalResult, Metric, SessionRecord, Verdict

UNKNOWN = "not measured"
METRICS: dict[Metric, str] = {
    "cpu_time": "CPU time",
    "wall_time": "wall time",
    "peak_memory": "peak memory",
    "io_operations": "I/O operations",
}
_NEVER_A_GAIN = frozenset({"undecided", "refuted", "void"})


def seconds(value: float | None) -> str:
    """A duration with three significant digits."""
    if value is None:
        return UNKNOWN
    if value < 1e-3:  # noqa: PLR2004 - microseconds below a millisecond
        return f"{value * 1e6:.3g} \u00b5s"
    if value < 1:
        return f"{value * 1e3:.3g} ms"
    return f"{value:.3g} s" if value < 100 else f"{value:.0f} s"  # noqa: PLR2004 - 3 digits


def megabytes(value: float | None) -> str:
    """A size in MB (10^6 bytes)."""
    return UNKNOWN if value is None else f"{value / 1e6:.1f} MB"


def amount(metric: Metric, value: float | None) -> str:
    """A figure of one metric with its unit."""
    if value is None:
        return UNKNOWN
    if metric in {"cpu_time", "wall_time"}:
        return seconds(value)
    return megabytes(value) if metric == "peak_memory" else f"{value:,.0f} calls"


def percent(share: float | None) -> str:
    """A share (0-1) in percent."""
    return UNKNOWN if share is None else f"{100 * share:.1f} %"


def effect(verdict: Verdict) -> str:
    """How far apart the two are, with the interval: `2.41x faster (2.32x-2.50x, 99 %)`."""
    if verdict.effect is None or verdict.effect <= 0:
        return ""
    bounds = [bound for bound in (verdict.low, verdict.high) if bound is not None and bound > 0]
    confidence = f"{100 * verdict.confidence:g} % interval"
    if verdict.outcome in {"faster", "smaller"}:
        shown = [f"{1 / bound:.2f}\u00d7" for bound in reversed(bounds)]
        text = f"{1 / verdict.effect:.2f}\u00d7 {_word(verdict)}"
    else:
        shown = [f"{bound:.3f}" for bound in bounds]
        text = f"{verdict.effect:.3f} of the original"
    both = 2
    return f"{text} ({shown[0]} to {shown[1]}, {confidence})" if len(shown) == both else text


def _word(verdict: Verdict) -> str:
    if verdict.metric == "io_operations":
        return "fewer"
    return "less" if verdict.metric == "peak_memory" else "faster"


def sentence(verdict: Verdict) -> str:
    """One verdict as a line: outcome, effect, what it rests on."""
    parts = [f"{METRICS[verdict.metric]}: {verdict.outcome}"]
    measured = effect(verdict)
    if measured:
        parts.append(measured)
    if verdict.reason:
        parts.append(verdict.reason)
    return ", ".join(parts)


def basis(verdict: Verdict) -> str:
    """What the verdict rests on."""
    return (
        f"{verdict.processes} processes, {verdict.pairs} pairs, {verdict.design}, "
        f"{verdict.clock} clock, {seconds(verdict.elapsed_s)} of measuring"
    )


def main_verdict(session: SessionRecord) -> Verdict | None:
    """The verdict a reader asks for first: the whole kept set, on the session's objective."""
    wanted: dict[str, tuple[Metric, ...]] = {
        "time": ("cpu_time", "wall_time"),
        "memory": ("peak_memory",),
        "io": ("io_operations",),
        "both": ("cpu_time", "wall_time", "peak_memory"),
    }
    found = [
        verdict
        for metric in wanted[session.objective]
        for verdict in session.whole
        if verdict.metric == metric
    ]
    decided = [verdict for verdict in found if verdict.outcome not in _NEVER_A_GAIN]
    return next(iter(decided + found), None)


def headline(session: SessionRecord) -> str:
    """The session in one sentence; claims nothing that was not judged."""
    verdict = main_verdict(session)
    kept = sum(fix.kept for fix in session.fix_verdicts)
    if session.status in {"failed", "interrupted", "running"} and verdict is None:
        return f"The session is {session.status}: nothing has been proven yet."
    if session.status == "partial":
        count = len([f for f in session.findings if not f.refused and f.safety != "advice"])
        return f"{count} possible fixes were found; nothing was tried yet."
    if not kept:
        return _nothing_kept(session)
    fixes = f"{kept} proven fix{'es' if kept != 1 else ''}"
    if verdict is None:
        return f"{fixes}; all of them together were not measured against the original."
    if verdict.outcome in {"faster", "smaller"}:
        return f"{METRICS[verdict.metric].capitalize()} {effect(verdict)} with {fixes}.".replace(
            "Cpu", "CPU"
        )
    return f"{fixes}; together: {sentence(verdict)}."


def _nothing_kept(session: SessionRecord) -> str:
    if asked := proposals(session):
        what = "1 proven change needs" if len(asked) == 1 else f"{len(asked)} proven changes need"
        return f"{what} your consent; without it the project is as it was."
    left = len(untried(session))
    rest = f" {left} possible fix{'es were' if left != 1 else ' was'} not tried." if left else ""
    return f"No change was proven to be an improvement; the project is as it was.{rest}"


def kept(session: SessionRecord) -> list[FixVerdict]:
    """The fixes that were kept, in the order they were judged."""
    return [fix for fix in session.fix_verdicts if fix.kept]


def dropped(session: SessionRecord) -> list[FixVerdict]:
    """The fixes that were validated or judged, and found wanting."""
    return [
        fix
        for fix in session.fix_verdicts
        if not fix.kept and not fix.proposal and _tried(session, fix)
    ]


def proposals(session: SessionRecord) -> list[FixVerdict]:
    """The fixes that were proven, and are kept only if the user agrees to what differs."""
    return [fix for fix in session.fix_verdicts if fix.proposal and not fix.kept]


def consent_name(session: SessionRecord, fix: FixVerdict) -> str:
    """By what consent is given: the finding, or the fix itself where somebody else brought it."""
    known = {entry.fix_id: entry.finding_id for entry in session.fixes}
    return known.get(fix.fix_id) or fix.fix_id


def differs(session: SessionRecord, fix: FixVerdict) -> str:
    """What a proposal changes beside what it gains."""
    known = {entry.fix_id: entry.evidence.get("differs", "") for entry in session.fixes}
    return str(known.get(fix.fix_id, ""))


def advice(session: SessionRecord) -> list[Finding]:
    """What the evidence speaks for and no remedy rewrites, the most promising first."""
    return [
        finding
        for finding in session.findings
        if finding.safety == "advice" and not finding.refused and not finding.declined
    ]


def evidence(finding: Finding) -> str:
    """What the run showed about a finding, in a line."""
    return ", ".join(
        f"{name.replace('_', ' ')} {_word_of(value)}" for name, value in finding.evidence.items()
    )


def _word_of(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def untried(session: SessionRecord) -> list[FixVerdict]:
    """The fixes that came to neither validation nor judgment, such as for want of time."""
    return [fix for fix in session.fix_verdicts if not fix.kept and not _tried(session, fix)]


def _tried(session: SessionRecord, fix: FixVerdict) -> bool:
    return bool(fix.verdicts) or fix.fix_id in session.validations


def fix_title(session: SessionRecord, fix: FixVerdict) -> str:
    """What the fix does, in its own words where they are known."""
    titles: dict[str, str] = {entry.fix_id: entry.title for entry in session.fixes}
    return titles.get(fix.fix_id) or fix.remedy


def goal_text(goal: GoalResult) -> str:
    """Whether a goal was reached."""
    if goal.reached is None:
        return UNKNOWN
    reached = "" if goal.reached_percent is None else f" ({goal.reached_percent:.1f} %)"
    return ("reached" if goal.reached else "not reached") + reached


def environment_rows(session: SessionRecord) -> list[tuple[str, str]]:
    """The machine's condition, figure by figure."""
    machine = session.environment
    if machine is None:
        return []
    python = machine.interpreter or session.interpreter
    version = ".".join(map(str, python.version)) if python else UNKNOWN
    rows: Iterable[tuple[str, str | float | None]] = (
        ("whet", machine.whet_version),
        ("Python of the project", f"{version}, {python.chosen_by}" if python else None),
        ("operating system", f"{machine.os}, {machine.machine}"),
        ("processor", machine.cpu_model),
        ("cores", machine.cores),
        ("load (1 min)", machine.load_1m),
        ("governor", machine.governor),
        ("CPU quota of the container", machine.cpu_quota),
        ("memory", megabytes(machine.memory_bytes)),
        ("bytecode not written", "yes" if machine.dont_write_bytecode else "no"),
    )
    return [(name, "unknown" if value is None else str(value)) for name, value in rows]
