"""The session as one offline page: no scripts, nothing fetched, under 300 KB, fit for print."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whet.reports import _figures as figures
from whet.reports._charts import Bar, Interval, bars, intervals, memory_line
from whet.reports._inert import shortened, visible
from whet.reports._next_steps import next_commands
from whet.reports.flamegraph import STYLE, flamegraph_svg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Environment

    from whet.records import FixVerdict, SessionRecord, Verdict

LIMIT_BYTES = 300_000
_FLAME_WIDTH = 920
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


@dataclass(frozen=True)
class Detail:
    """How much of a long session one page shows; what is left out is counted on the page."""

    rows: int
    patch: int  # characters
    text: int  # characters
    flame_graph: bool


# From generous to what fits under any circumstances.
DETAILS = (
    Detail(rows=60, patch=12_000, text=4_000, flame_graph=True),
    Detail(rows=25, patch=3_000, text=1_000, flame_graph=True),
    Detail(rows=12, patch=1_200, text=400, flame_graph=False),
    Detail(rows=4, patch=300, text=120, flame_graph=False),
)


def render(session: SessionRecord) -> str:
    """The page; the most detailed one that stays under the limit."""
    page = ""
    for detail in DETAILS:
        page = _page(session, detail)
        if len(page.encode()) < LIMIT_BYTES:
            break
    return page


def _page(session: SessionRecord, detail: Detail) -> str:
    environment = _environment(detail)
    template = environment.get_template("session.html.j2")
    page = template.render(
        session=session,
        figures=figures,
        detail=detail,
        headline=figures.headline(session),
        before_after=_before_after(session),
        interval_chart=_interval_chart(session, detail),
        memory_chart=_memory_chart(session),
        flame_graph=_flame_graph(session) if detail.flame_graph else "",
        flame_style=STYLE,
        groups=_groups(session),
        refused=[entry for entry in session.findings if entry.refused or entry.declined],
        fixes={fix.fix_id: fix for fix in session.fixes},
        environment_rows=figures.environment_rows(session),
        next_commands=next_commands(session)[:-1] or next_commands(session),
    )
    return page.replace("@POLICY@", _policy(page))


def _environment(detail: Detail) -> Environment:
    import jinja2
    from markupsafe import Markup

    def finalize(value: Any) -> Any:
        if value is None:
            return ""
        if isinstance(value, str) and not isinstance(value, Markup):
            return visible(shortened(value, detail.text), keep="\n")
        return value

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("whet.reports"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=finalize,
    )
    environment.filters["drawn"] = Markup  # our own SVG, escaped where it was made
    environment.filters["first"] = lambda rows: rows[: detail.rows]
    environment.filters["diff"] = lambda patch: _diff_lines(patch, detail.patch)
    environment.filters["pairs"] = _evidence_pairs
    return environment


def _policy(page: str) -> str:
    """A content policy that allows this page's own styles and nothing else."""
    hashes = [
        "'sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() + "'"
        for style in _STYLE.findall(page)
    ]
    return f"default-src 'none'; style-src {' '.join(hashes)}"


def _groups(session: SessionRecord) -> list[tuple[str, str, list[FixVerdict]]]:
    groups = [
        ("Kept", "Equal results, and a gain the court confirmed.", figures.kept(session)),
        (
            "Needs your consent",
            "Proven like the kept ones, but something beside the cost changes: you decide.",
            figures.proposals(session),
        ),
        ("Tried and dropped", "Nothing of these is in the result.", figures.dropped(session)),
        ("Not tried", "Proposed, but neither validated nor judged.", figures.untried(session)),
    ]
    return [group for group in groups if group[2]]


def _before_after(session: SessionRecord) -> str:
    verdict = figures.main_verdict(session)
    if verdict is None or verdict.baseline is None or verdict.candidate is None:
        return ""
    return bars(
        [
            Bar("original", verdict.baseline,
                figures.amount(verdict.metric, verdict.baseline), "before"),
            Bar("fixed", verdict.candidate,
                figures.amount(verdict.metric, verdict.candidate), "after"),
        ]
    )  # fmt: skip


def _interval_chart(session: SessionRecord, detail: Detail) -> str:
    rows = [_interval(figures.METRICS[verdict.metric], verdict) for verdict in session.whole]
    fixes = session.fix_verdicts[: detail.rows]
    rows += [
        _interval(f"{figures.fix_title(session, fix)}", fix.verdicts[0])
        for fix in fixes
        if fix.verdicts
    ]
    return intervals([row for row in rows if row is not None])


def _interval(label: str, verdict: Verdict) -> Interval | None:
    if verdict.effect is None:
        return None
    text = figures.effect(verdict).partition(" (")[0]
    shown = text if verdict.outcome in {"faster", "smaller"} else verdict.outcome
    return Interval(label, verdict.effect, verdict.low, verdict.high, shown, verdict.outcome)


def _memory_chart(session: SessionRecord) -> str:
    memory = session.profile.memory if session.profile else None
    return memory_line(memory.series[:2000]) if memory else ""


def _flame_graph(session: SessionRecord) -> str:
    profile = session.profile
    if profile is None or profile.cpu is None or not profile.cpu.stacks:
        return ""
    return flamegraph_svg(profile, _FLAME_WIDTH)


def _diff_lines(patch: str, limit: int) -> list[tuple[str, str]]:
    """The lines of a patch with the class that colors them."""
    lines = shortened(patch, limit).splitlines()
    return [(_diff_style(line), line or " ") for line in lines]


def _diff_style(line: str) -> str:
    for prefix, style in (("+++", "file"), ("---", "file"), ("@@", "hunk")):
        if line.startswith(prefix):
            return style
    return {"+": "added", "-": "removed"}.get(line[:1], "context")


def _evidence_pairs(evidence: dict[str, object]) -> Sequence[tuple[str, str]]:
    """Evidence as words; nested figures in one line."""
    return [(key.replace("_", " "), _words(value)) for key, value in evidence.items()]


def _words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_words(entry)}" for key, entry in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_words, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    return figures.UNKNOWN if value is None else str(value)
