"""What drawing a component takes, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whet.records import RenderProfile

_MOST_PARTS = 20


def render(profile: RenderProfile) -> str:
    """The whole first, then its parts, costliest first."""
    noise = f"{100 * profile.noise:.1f} %"
    size = f"{profile.width}x{profile.height}"
    lines = [
        f"{profile.target} ({profile.kind}) on {size} cells",
        "",
        f"make    {_ms(profile.make_s)}",
    ]
    if profile.start_s is not None:
        lines.append(f"start   {_ms(profile.start_s)}  until it is first shown")
    lines += [
        f"draw    {_ms(profile.render_s)}  {profile.samples} samples, {noise} noise",
        f"memory  {profile.peak_bytes / 1e6:>9.2f} MB at its peak",
        f"output  {profile.characters:>9} characters in {profile.lines} lines",
    ]
    if profile.parts:
        lines += ["", f"{'itself':>12}  {'with parts':>12}  {'count':>7}  part"]
    for part in profile.parts[:_MOST_PARTS]:
        own, whole = _ms(part.self_s), _ms(part.total_s)
        lines.append(f"{own:>12}  {whole:>12}  {part.count:>7}  {part.name}")
    if len(profile.parts) > _MOST_PARTS:
        lines.append(f"and {len(profile.parts) - _MOST_PARTS} more kinds")
    return "\n".join(lines) + "\n"


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:>9.3f} ms"
