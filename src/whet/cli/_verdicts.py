"""How verdicts are shown: a sentence for people, a document for programs, an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whet.records import Metric, Verdict

_NAMES: dict[Metric, str] = {
    "cpu_time": "CPU time",
    "wall_time": "wall time",
    "peak_memory": "peak memory",
    "io_operations": "I/O operations",
}
_PRIMARY = (
    "metric", "outcome", "effect", "low", "high", "confidence", "margin", "processes", "pairs",
    "clock", "design", "elapsed_s", "reason", "claim",
)  # fmt: skip


def as_document(verdicts: Sequence[Verdict]) -> bytes:
    """A JSON document: the first verdict's fields at the top, all verdicts below."""
    from whet.records import to_json

    first = verdicts[0]
    document: dict[str, Any] = {"version": 1, "kind": "compare"}
    document |= {name: getattr(first, name) for name in _PRIMARY}
    document["verdicts"] = list(verdicts)
    return to_json(document, indent=2)


def exit_code(verdicts: Sequence[Verdict]) -> int:
    """1 for slower, larger or refuted (also a claim); 3 for void; else 0."""
    outcomes = {verdict.outcome for verdict in verdicts}
    if "void" in outcomes:
        return 3
    refuted_claim = any(one.claim and one.claim.answer == "refuted" for one in verdicts)
    return int(refuted_claim or not outcomes.isdisjoint({"slower", "larger", "refuted"}))


def as_text(verdicts: Sequence[Verdict]) -> str:
    """The first verdict as a sentence, the others below it."""
    first, *others = verdicts
    lines = [sentence(first)]
    if first.outcome in {"refuted", "void"}:
        return lines[0]
    if first.claim is not None:
        lines.append(f"The claim {first.claim.text!r} is {first.claim.answer}.")
    rows = [f"  {_NAMES[one.metric] + ':':<16}{_short(one)}" for one in others]
    return "\n".join([*lines, *rows])


def sentence(verdict: Verdict) -> str:
    """One verdict in words, with everything that it rests on."""
    if verdict.outcome in {"refuted", "void"}:
        name = "Refuted" if verdict.outcome == "refuted" else "Void, nothing was judged"
        return f"{name}: {verdict.reason}."
    name = _NAMES[verdict.metric]
    basis = f"{verdict.processes} {_units(verdict)}; {name}; {verdict.elapsed_s:.0f} s"
    if verdict.effect is None or verdict.low is None or verdict.high is None:
        return f"Undecided: {verdict.reason} ({basis})."
    interval = (
        f"effect {verdict.effect:.3f}, {100 * verdict.confidence:g} % interval "
        f"{verdict.low:.3f}–{verdict.high:.3f}"  # noqa: RUF001 - a range
    )
    if verdict.outcome == "undecided":
        return f"Undecided: {verdict.reason} ({interval}; {basis})."
    return f"{_statement(verdict, verdict.effect)} ({interval}; {basis})."


def _statement(verdict: Verdict, effect: float) -> str:
    if verdict.outcome == "same":
        return f"B is the same as A within {100 * verdict.margin:g} %"
    if verdict.outcome == "faster":
        return f"B is {_times(1 / effect)} faster than A"
    if verdict.outcome == "slower":
        return f"B is {_times(effect)} slower than A"
    thing = "memory" if verdict.metric == "peak_memory" else "I/O operations"
    return f"B needs {100 * abs(effect - 1):.1f} % {_more(verdict)} {thing} than A"


def _more(verdict: Verdict) -> str:
    if verdict.metric == "peak_memory":
        return "less" if verdict.outcome == "smaller" else "more"
    return "fewer" if verdict.outcome == "smaller" else "more"


def _times(factor: float) -> str:
    if factor < 1.1:  # noqa: PLR2004 - "1.03 times" reads worse than "3 %"
        return f"{100 * (factor - 1):.1f} %"
    return f"{factor:.2f}×"  # noqa: RUF001 - times


def _units(verdict: Verdict) -> str:
    return "processes" if verdict.design == "in-process pairs" else "blocks of four runs"


def _short(verdict: Verdict) -> str:
    if verdict.effect is None:
        return f"{verdict.outcome} ({verdict.reason})"
    if verdict.low is None or verdict.high is None or verdict.low == verdict.high:
        return f"{verdict.outcome} (effect {verdict.effect:.3f}, {verdict.reason})"
    bounds = f"{verdict.low:.3f}–{verdict.high:.3f}"  # noqa: RUF001 - a range
    return f"{verdict.outcome} (effect {verdict.effect:.3f}, {bounds})"
