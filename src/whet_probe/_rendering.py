"""Times the drawing of a terminal component, or the making of a text; a program of its own.

    python -c 'from whet_probe._rendering import main; ...' PLAN.json RESULT.json

What is drawn goes nowhere: a console of a given size that writes into memory, or a Textual
application without a terminal. Time and memory are taken in different renderings.

Standard library only, Python 3.9 or newer; what the component itself needs is the target's.
"""

from __future__ import annotations

import gc
import io
import json
import os
import sys
import time

from whet_probe._growth import find
from whet_probe._medians import median

TYPE_CHECKING = False  # typing costs ten milliseconds
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Tuple

MOST_SAMPLES = 50
LEAST_SAMPLES = 3


class Refused(Exception):
    """This is nothing that can be drawn; the text says why."""


def kind_of(component: Any) -> str:
    """What a component is: "textual", "rich", "template", "text" or "maker" (of one of these)."""
    if isinstance(component, type) and _is_textual(component):
        return "textual"
    if isinstance(component, str):
        return "text"
    kind = component if isinstance(component, type) else type(component)
    if not isinstance(component, type):
        if hasattr(kind, "__rich_console__") or hasattr(kind, "__rich__"):
            return "rich"
        if _is_textual(kind):
            raise Refused("give the class of a Textual component, or a function that makes one")
        if callable(getattr(component, "render", None)):
            return "template"
    if callable(component):
        return "maker"
    raise Refused("%s is neither a rich or Textual component, a template, nor a function"
                  % type(component).__name__)  # fmt: skip


def _is_textual(kind: type) -> bool:
    app, widget = sys.modules.get("textual.app"), sys.modules.get("textual.widget")
    bases = tuple(
        getattr(module, name)
        for module, name in ((app, "App"), (widget, "Widget"))
        if module is not None
    )
    return issubclass(kind, bases)


def measure(plan: Dict[str, Any]) -> Dict[str, Any]:
    """The result, as it is written."""
    component = find(plan["target"])
    context = find(plan["inputs"])() if plan.get("inputs") else None
    kind = kind_of(component)
    make: Callable[[], Any] = lambda: component  # noqa: E731 -- one of two ways
    if kind == "maker":
        make = lambda: component(*_arguments(context))  # noqa: E731 -- same
        made = make()
        kind = "textual maker" if _is_textual(type(made)) else kind_of(made)
        if kind == "maker":
            raise Refused("it makes %s, which cannot be drawn" % type(made).__name__)
        context = None
    if kind.startswith("textual"):
        from whet_probe._textual import measure_textual

        return measure_textual(component, plan, isinstance(component, type))
    if kind == "rich":
        draw = _rich_drawer(plan)
        return _measured(kind, make, draw, plan)
    draw = _template_drawer(context) if kind == "template" else _itself
    return _measured(kind, make, draw, plan)


def _arguments(context: Any) -> Tuple[Any, ...]:
    if context is None:
        return ()
    return context if type(context) is tuple else (context,)


def _itself(text: Any, _parts: Any = None) -> str:
    return str(text)


def _template_drawer(context: Any) -> Callable[..., str]:
    names = context if isinstance(context, dict) else {}

    def draw(template: Any, _parts: Any = None) -> str:
        return str(template.render(**names))

    return draw


def _rich_drawer(plan: Dict[str, Any]) -> Callable[..., str]:
    from rich.console import Console

    def draw(renderable: Any, parts: Any = None) -> str:
        kind = Console if parts is None else _counting(Console, parts)
        written = io.StringIO()
        console = kind(
            file=written, width=plan["width"], height=plan["height"], force_terminal=True,
            color_system="truecolor", legacy_windows=False, _environ={},
        )  # fmt: skip
        console.print(renderable)
        return written.getvalue()

    return draw


def _counting(console: Any, parts: Parts) -> Any:
    """A console that notes what each kind of renderable takes, with and without what it holds."""

    class Counting(console):  # type: ignore[misc] # the base is the target's own class
        def render(self, renderable: Any, options: Any = None) -> Any:
            segments = iter(super().render(renderable, options))
            name = type(renderable).__name__
            parts.count(name)
            while True:
                parts.enter(name)
                try:
                    segment = next(segments)
                except StopIteration:
                    return
                finally:
                    parts.leave()
                yield segment

    return Counting


class Parts:
    """CPU time by kind of component: of itself, and with what it holds."""

    def __init__(self) -> None:
        self.found: Dict[str, List[float]] = {}  # name -> count, self, total
        self._stack: List[Tuple[str, float, List[float]]] = []

    def count(self, name: str) -> None:
        """One more of a kind is drawn."""
        self.found.setdefault(name, [0, 0.0, 0.0])[0] += 1

    def enter(self, name: str) -> None:
        """A component begins to work."""
        self._stack.append((name, time.process_time(), [0.0]))

    def leave(self) -> None:
        """It hands over, or ends."""
        name, began, inner = self._stack.pop()
        taken = time.process_time() - began
        row = self.found[name]
        row[1] += taken - inner[0]
        if all(
            other != name for other, _, _ in self._stack
        ):  # what holds its own kind counts once
            row[2] += taken
        if self._stack:
            self._stack[-1][2][0] += taken

    def rows(self, whole_s: float) -> List[Dict[str, Any]]:
        """Costliest first, as parts of what drawing takes when nobody counts: counting costs."""
        scale = whole_s / max(1e-9, sum(row[1] for row in self.found.values()))
        rows = [
            {"name": name, "count": int(count), "self_s": own * scale, "total_s": total * scale}
            for name, (count, own, total) in self.found.items()
        ]
        return sorted(rows, key=lambda row: -row["self_s"])


def _measured(
    kind: str, make: Callable[[], Any], draw: Callable[..., str], plan: Dict[str, Any]
) -> Dict[str, Any]:
    text = draw(make())  # the first one loads what is loaded on use
    first = len(text)
    samples: List[Tuple[float, float, float]] = []
    end = time.perf_counter() + plan["limit_s"]
    while len(samples) < MOST_SAMPLES:
        begun = time.process_time(), time.perf_counter()
        held = make()
        made = time.process_time()
        draw(held)
        done = time.process_time(), time.perf_counter()
        samples.append((made - begun[0], done[0] - made, done[1] - begun[1]))
        if len(samples) >= LEAST_SAMPLES and time.perf_counter() > end:
            break
    parts = Parts()
    draw(make(), parts)
    render_s = median([row[1] for row in samples])
    totals = sorted(row[0] + row[1] for row in samples)
    return {
        "kind": kind,
        "make_s": median([row[0] for row in samples]),
        "render_s": render_s,
        "wall_s": median([row[2] for row in samples]),
        "noise": (median(totals) - totals[0]) / max(totals[0], 1e-9),
        "samples": len(samples),
        "peak_bytes": _peak(lambda: draw(make())),
        "characters": first,
        "lines": text.count("\n") + (not text.endswith("\n")),
        "parts": parts.rows(render_s),
    }


def _peak(work: Callable[[], Any]) -> int:
    import tracemalloc

    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def main(argv: List[str]) -> int:
    """Read the plan, measure, write the result."""
    _, plan_path, result_path = argv
    with open(plan_path, encoding="utf-8") as file:
        plan = json.load(file)
    sys.path[0] = os.getcwd()
    for root in reversed(plan["roots"]):
        if root not in sys.path:
            sys.path.insert(1, root)
    sys.argv[:] = [plan["target"]]
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 -- until the process ends
    try:
        result = measure(plan)
    except Refused as refused:
        result = {"refused": str(refused)}
    except Exception as error:
        result = {"refused": "%s: %s" % (type(error).__name__, error)}
    with open(result_path, "w", encoding="utf-8") as file:
        json.dump(result, file)
    return 0
