"""What drawing a terminal component, or making a text, takes."""

from __future__ import annotations

from typing import Literal

from whet.records._base import Record


class RenderedPart(Record, frozen=True):
    """One kind of component within the drawn one."""

    name: str  # class, with the id of a Textual widget
    count: int  # drawn in one rendering
    self_s: float  # without what it holds; those of a rich component add up to its drawing
    total_s: float  # with what it holds; Textual widgets draw only themselves


class RenderProfile(Record, frozen=True):
    """Time and memory of one component; CPU seconds, medians over the samples."""

    target: str  # module:component
    kind: Literal["rich", "textual", "textual maker", "template", "text"]
    width: int  # cells
    height: int
    make_s: float  # making the component, where a function or a class does
    render_s: float  # drawing all of it once
    wall_s: float  # both; of Textual, from the making until it is first shown
    noise: float  # (median - least) / least
    samples: int
    peak_bytes: int  # allocated at once while it is made and drawn
    characters: int  # written, control sequences included; of Textual, cells
    lines: int
    start_s: float | None = None  # of Textual: from the making until it is first shown
    parts: tuple[RenderedPart, ...] = ()  # costliest first; of one rendering that was watched
