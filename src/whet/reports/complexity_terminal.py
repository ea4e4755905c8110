"""How the cost of a function grows, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whet.records import ComplexityProfile, GrowthEstimate

_MILLI, _MICRO = 1e-3, 1e-6


def render(profile: ComplexityProfile) -> str:
    """The classes first, then a line for each size."""
    lines = [f"{profile.target}, inputs from {profile.inputs}", ""]
    lines += _class_of("time", profile.time)
    lines += _class_of("memory", profile.memory)
    lines += [
        "",
        f"{'size':>10}  {'time of a call':>14}  {'noise':>6}  {'peak':>10}  {'held':>10}",
    ]
    for point in profile.points:
        seconds = point.wall_s if _waits(profile) else point.cpu_s
        peak, held = _size(point.peak_bytes), _size(point.held_bytes)
        noise = f"{100 * point.noise:.1f} %"
        lines.append(f"{point.size:>10}  {_time(seconds):>14}  {noise:>6}  {peak:>10}  {held:>10}")
    lines += ["", *(f"Note: {note}" for note in profile.notes)] if profile.notes else []
    return "\n".join(lines) + "\n"


def _waits(profile: ComplexityProfile) -> bool:
    return profile.time is not None and profile.time.metric == "wall_time"


def _class_of(name: str, growth: GrowthEstimate | None) -> list[str]:
    if growth is None:
        return [f"{name:<8}not measured"]
    parts = []
    if growth.error is not None:
        parts.append(f"fits within {100 * growth.error:.1f} %")
    if growth.explained is not None:
        parts.append(f"explains {100 * growth.explained:.1f} % of the growth")
    if growth.exponent is not None:
        parts.append(f"exponent {growth.exponent:.2f}")
    if growth.reason:
        parts.append(growth.reason)
    return [f"{name:<8}{growth.said}", *(f"        {part}" for part in parts)]


def _time(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.2f} s"
    if seconds >= _MILLI:
        return f"{seconds / _MILLI:.2f} ms"
    return f"{seconds / _MICRO:.2f} µs"


def _size(count: int | None) -> str:
    if count is None:
        return "-"
    return f"{count / 1e6:.2f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"  # noqa: PLR2004 -- where MB read better
