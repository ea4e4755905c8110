"""Hand-made SVG: numbers in, markup out. Colors come from the page's style by class."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

from whet.reports._inert import visible

_WIDTH = 860
_LABEL = 250
_RIGHT = 200
_ROW = 30
_TICK_ROOM = 42  # a label such as "1000 %"
_TICKS = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0,
    5.0, 10.0, 20.0, 50.0, 100.0, 1000.0,
)  # fmt: skip


@dataclass(frozen=True)
class Interval:
    """One row of the interval chart; figures are candidate / original."""

    label: str
    effect: float
    low: float | None
    high: float | None
    text: str
    outcome: str


@dataclass(frozen=True)
class Bar:
    """One bar: a figure with its own text."""

    label: str
    value: float
    text: str
    style: str


def bars(rows: list[Bar]) -> str:
    """Horizontal bars from zero, to one scale; empty without a positive figure."""
    largest = max((row.value for row in rows), default=0)
    if largest <= 0:
        return ""
    room = _WIDTH - 110 - 130
    parts = []
    for position, row in enumerate(rows):
        y = 4 + position * 38
        width = max(2.0, room * row.value / largest)
        parts.append(
            f'<text x="100" y="{y + 19}" class="label" text-anchor="end">'
            f"{_text(row.label)}</text>"
            f'<rect x="110" y="{y}" width="{width:.1f}" height="28" rx="3" '
            f'class="bar {row.style}"/>'
            f'<text x="{120 + width:.1f}" y="{y + 19}" class="figure">{_text(row.text)}</text>'
        )
    return _svg("".join(parts), 8 + 38 * len(rows), "Original and fixed, to one scale")


def intervals(rows: list[Interval]) -> str:
    """Effects with their intervals on a logarithmic axis; the dashed line is "no change"."""
    rows = [row for row in rows if row.effect > 0 and math.isfinite(row.effect)]
    if not rows:
        return ""
    ticks = _axis([bound for row in rows for bound in _bounds(row)])
    height = 34 + _ROW * len(rows)
    parts = [_tick(tick, ticks, height) for tick in ticks]
    parts += [_interval(row, ticks, 20 + _ROW * position) for position, row in enumerate(rows)]
    return _svg("".join(parts), height + 4, "Effect of each change with its interval")


def memory_line(series: tuple[tuple[float, int], ...]) -> str:
    """Resident size over time as a line from zero; empty for fewer than two points."""
    few = 2
    if len(series) < few:
        return ""
    start, end = series[0][0], series[-1][0]
    peak = max(size for _, size in series)
    if end <= start or peak <= 0:
        return ""
    width, height = _WIDTH - 100, 110
    points = " ".join(
        f"{50 + width * (at - start) / (end - start):.1f},{16 + height * (1 - size / peak):.1f}"
        for at, size in series
    )
    base = height + 16
    body = (
        f'<polygon class="area" points="50,{base} {points} {50 + width},{base}"/>'
        f'<polyline class="line" points="{points}"/>'
        f'<text x="50" y="11" class="tick">{peak / 1e6:.1f} MB</text>'
        f'<text x="50" y="{base + 14}" class="tick">0 s</text>'
        f'<text x="{50 + width}" y="{base + 14}" class="tick" text-anchor="end">'
        f"{end - start:.2f} s</text>"
    )
    return _svg(body, base + 20, "Resident size of the process tree over time")


def _bounds(row: Interval) -> list[float]:
    found = (row.low, row.effect, row.high)
    return [bound for bound in found if bound is not None and 0 < bound < math.inf]


def _axis(values: list[float]) -> list[float]:
    """The ticks that span the values and 1."""
    low, high = min(*values, 0.98), max(*values, 1.02)
    below = max((tick for tick in _TICKS if tick <= low), default=_TICKS[0])
    above = min((tick for tick in _TICKS if tick >= high), default=_TICKS[-1])
    ticks = [tick for tick in _TICKS if below <= tick <= above]
    shown = [ticks[0], ticks[-1]]
    for tick in sorted(ticks[1:-1], key=lambda tick: abs(math.log(tick))):  # 100 % comes first
        if all(abs(_x(tick, ticks) - _x(other, ticks)) >= _TICK_ROOM for other in shown):
            shown.append(tick)
    return sorted(shown)


def _x(value: float, ticks: list[float]) -> float:
    low, high = math.log(ticks[0]), math.log(ticks[-1])
    share = (math.log(value) - low) / (high - low)
    return _LABEL + (_WIDTH - _LABEL - _RIGHT) * min(1.0, max(0.0, share))


def _tick(tick: float, ticks: list[float], height: int) -> str:
    x = _x(tick, ticks)
    style = "zero" if tick == 1 else "grid"
    return (
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="14" y2="{height - 16}" class="{style}"/>'
        f'<text x="{x:.1f}" y="{height}" class="tick" text-anchor="middle">{100 * tick:g} %</text>'
    )


def _interval(row: Interval, ticks: list[float], y: int) -> str:
    bounds = _bounds(row)
    left, right, point = (_x(value, ticks) for value in (min(bounds), max(bounds), row.effect))
    return (
        f'<text x="{_LABEL - 12}" y="{y + 5}" class="label" text-anchor="end">'
        f"{_text(row.label)}</text>"
        f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{y}" y2="{y}" '
        f'class="range {escape(row.outcome)}"/>'
        f'<circle cx="{point:.1f}" cy="{y}" r="4.5" class="point {escape(row.outcome)}"/>'
        f'<text x="{_WIDTH - _RIGHT + 14}" y="{y + 5}" class="figure">{_text(row.text)}</text>'
    )


def _svg(body: str, height: int, title: str) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(title)}" '
        f'xmlns="http://www.w3.org/2000/svg">{body}</svg>'
    )


def _text(text: str) -> str:
    shown = visible(text)
    return escape(shown if len(shown) <= 34 else shown[:32] + "\u2026")  # noqa: PLR2004 - fits
