"""Times the widgets of a Textual application that runs without a terminal."""

from __future__ import annotations

import time

from whet_probe._medians import median

TYPE_CHECKING = False  # typing costs ten milliseconds
if TYPE_CHECKING:
    from typing import Any, Dict, List

SAMPLES = 20
LEAST_SAMPLES = 3


def measure_textual(component: Any, plan: Dict[str, Any], is_class: bool) -> Dict[str, Any]:  # noqa: FBT001 -- read as a word
    """Start the application (or one that holds the widget), then draw each widget anew."""
    import asyncio

    from textual.app import App

    def application() -> Any:
        made = component()
        if isinstance(made, App):
            return made

        class Host(App[None]):
            def compose(self) -> Any:
                yield made

        return Host()

    result = asyncio.run(_drawn(application, plan))
    result["kind"] = "textual" if is_class else "textual maker"
    result["peak_bytes"] = _peak(application, plan)
    return result


async def _drawn(application: Any, plan: Dict[str, Any]) -> Dict[str, Any]:
    cpu, wall = time.process_time(), time.perf_counter()
    app = application()
    made = time.process_time()
    async with app.run_test(size=(plan["width"], plan["height"])) as pilot:
        await pilot.pause()
        shown = time.process_time(), time.perf_counter()
        widgets = [each for each in app.screen.walk_children(with_self=True) if each.size]
        end = time.perf_counter() + plan["limit_s"]
        frames: List[List[float]] = []
        characters = 0
        while len(frames) < SAMPLES:
            frame = []
            for widget in widgets:
                widget.refresh()  # what was drawn before is forgotten
                began = time.process_time()
                strips = widget.render_lines(widget.size.region)
                frame.append(time.process_time() - began)
                if not frames:
                    characters += sum(strip.cell_length for strip in strips)
            frames.append(frame)
            if len(frames) >= LEAST_SAMPLES and time.perf_counter() > end:
                break
    totals = sorted(sum(frame) for frame in frames)
    return {
        "make_s": made - cpu,
        "start_s": shown[0] - made,
        "render_s": median(totals),
        "wall_s": shown[1] - wall,
        "noise": (median(totals) - totals[0]) / max(totals[0], 1e-9),
        "samples": len(frames),
        "characters": characters,
        "lines": plan["height"],
        "parts": _rows(widgets, frames),
    }


def _rows(widgets: List[Any], frames: List[List[float]]) -> List[Dict[str, Any]]:
    """By kind and name of widget, costliest first. A widget draws itself, not what it holds."""
    found: Dict[str, Dict[str, Any]] = {}
    for place, widget in enumerate(widgets):
        name = type(widget).__name__ + ("#" + widget.id if widget.id else "")
        row = found.setdefault(name, {"name": name, "count": 0, "self_s": 0.0, "total_s": 0.0})
        taken = median([frame[place] for frame in frames])
        row["count"] += 1
        row["self_s"] += taken
        row["total_s"] += taken
    return sorted(found.values(), key=lambda row: -row["self_s"])


def _peak(application: Any, plan: Dict[str, Any]) -> int:
    """Peak of allocations from the making of the application until it is first shown."""
    import asyncio
    import gc
    import tracemalloc

    async def shown() -> None:
        async with application().run_test(size=(plan["width"], plan["height"])) as pilot:
            await pilot.pause()

    gc.collect()
    tracemalloc.start()
    try:
        asyncio.run(shown())
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
