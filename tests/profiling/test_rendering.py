"""What drawing a terminal component takes, measured in the target's interpreter."""

from __future__ import annotations

import json
import sys

import pytest

from whet.cli import main
from whet.errors import EffectsRefused, TargetError
from whet.profiling.rendering import RenderQuestion, measure_rendering
from whet.records import Workload
from whet.reports import render_terminal
from whet.workloads import Launch, find_interpreter
from whet_probe._rendering import Parts

SOURCE = """
import os

from rich.panel import Panel
from rich.table import Table

PANEL = Panel("hello")
NUMBER = 7


def table(rows=30):
    found = Table("a", "b")
    for n in range(rows):
        found.add_row(str(n), "[b]x[/b]")
    return Panel(found)


def text():
    return "\\n".join(str(n) for n in range(100))


def number():
    return 7


"""
TEXTS = """
import socket

import jinja2

PAGE = jinja2.Template("{% for row in rows %}{{ row }}\\n{% endfor %}")


def names():
    return {"rows": range(50)}


def sends():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        try:
            line.sendto(b"x", ("203.0.113.9", 9))
        except OSError:
            pass
    return "x"


"""
WIDGETS = """
from textual.app import App
from textual.widget import Widget
from textual.widgets import Static


class Slow(Widget):
    def render(self):
        return str(sum(range(20_000)))


class Window(App):
    def compose(self):
        yield Static("quick", id="quick")
        yield Slow(id="slow")


def window():
    return Window()
"""


@pytest.fixture
def launch(tmp_path):
    (tmp_path / "views.py").write_text(SOURCE)
    (tmp_path / "texts.py").write_text(TEXTS)
    (tmp_path / "widgets.py").write_text(WIDGETS)
    return Launch(
        workload=Workload(kind="command"),
        root=tmp_path,
        interpreter=find_interpreter(tmp_path, python=sys.executable),
    )


def draw(launch, name, **more):
    target = name if ":" in name else f"views:{name}"
    question = RenderQuestion(target=target, width=60, height=20, budget_s=40.0, **more)
    return measure_rendering(question, launch)


def test_a_rich_component_is_drawn_and_its_parts_add_up(launch):
    found = draw(launch, "table")
    assert found.kind == "rich"
    assert {part.name for part in found.parts} >= {"Panel", "Table", "str"}
    assert {part.name: part.count for part in found.parts}["Panel"] == 1
    assert sum(part.self_s for part in found.parts) == pytest.approx(found.render_s)
    assert all(part.total_s >= part.self_s * 0.999 for part in found.parts)
    assert found.lines >= 33
    assert found.peak_bytes > 1000
    assert found.samples >= 3


def test_more_rows_take_more_time_and_memory(launch):
    (launch.root / "more.py").write_text(
        "import views\ndef table():\n    return views.table(300)\n"
    )
    small = draw(launch, "table")
    large = measure_rendering(RenderQuestion(target="more:table", width=60, height=20), launch)
    assert large.render_s > 2 * small.render_s
    assert large.peak_bytes > 2 * small.peak_bytes
    assert large.lines == small.lines + 270


@pytest.mark.parametrize(("name", "kind"), [("PANEL", "rich"), ("text", "text")])
def test_values_and_makers_are_drawn(launch, name, kind):
    found = draw(launch, name)
    assert found.kind == kind
    assert found.characters > 0


def test_a_template_gets_its_names(launch):
    found = draw(launch, "texts:PAGE", inputs="texts:names")
    assert (found.kind, found.lines) == ("template", 50)
    assert draw(launch, "texts:PAGE").characters == 0


@pytest.mark.parametrize(("name", "kind"), [("Window", "textual"), ("window", "textual maker")])
def test_a_textual_application_is_drawn_widget_by_widget(launch, name, kind):
    found = draw(launch, f"widgets:{name}")
    assert found.kind == kind
    costs = {part.name: part.self_s for part in found.parts}
    assert costs["Slow#slow"] > costs["Static#quick"]
    assert found.start_s > 0


def test_a_textual_widget_is_drawn_alone(launch):
    found = draw(launch, "widgets:Slow")
    assert "Slow" in {part.name for part in found.parts}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("NUMBER", "int is neither"),
        ("number", "int is neither"),
        ("nothing", "AttributeError"),
        ("os", "module is neither"),
    ],
)
def test_what_cannot_be_drawn_is_named(launch, name, reason):
    with pytest.raises(TargetError, match=reason):
        draw(launch, name)


def test_effects_are_refused(launch):
    with pytest.raises(EffectsRefused, match=r"203\.0\.113\.9"):
        draw(launch, "texts:sends")
    assert draw(launch, "texts:sends", allow_effects=True).kind == "text"


def test_parts_of_the_same_kind_inside_each_other_count_once():
    parts = Parts()
    for _ in range(2):
        parts.count("Box")
        parts.enter("Box")
    parts.leave()
    parts.leave()
    (row,) = parts.rows(1.0)
    assert row["count"] == 2
    assert row["total_s"] == pytest.approx(row["self_s"])


def test_the_command_prints_json(tmp_path, capsys):
    (tmp_path / "views.py").write_text(SOURCE)
    words = ["profile", "--project", str(tmp_path), "--render", "views:table", "--size", "60x20",
             "--python", sys.executable]  # fmt: skip
    assert main([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["width"], document["height"]) == (60, 20)
    assert "Table" in {part["name"] for part in document["parts"]}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--render", "views"], "is not MODULE:FUNCTION"),
        (["--render", "a:b", "--complexity", "a:b"], "two questions"),
        (["--render", "a:b", "--size", "12"], "WIDTHxHEIGHT"),
        (["--render", "a:b", "--size", "0x5"], "no size of a terminal"),
        (["--inputs", "a:b"], "without --complexity or --render"),
    ],
)
def test_a_wrong_question_is_refused(tmp_path, capsys, words, reason):
    assert main(["profile", "--project", str(tmp_path), *words]) == 2
    assert reason in capsys.readouterr().err


def test_many_parts_are_cut():
    from whet.records import RenderedPart, RenderProfile

    parts = tuple(RenderedPart(name=f"P{n}", count=1, self_s=0.1, total_s=0.1) for n in range(30))
    profile = RenderProfile(
        target="a:b", kind="rich", width=1, height=1, make_s=0.0, render_s=3.0, wall_s=3.0,
        noise=0.0, samples=3, peak_bytes=10, characters=1, lines=1, parts=parts,
    )  # fmt: skip
    text = render_terminal.render(profile)
    assert "P19" in text
    assert "and 10 more kinds" in text
