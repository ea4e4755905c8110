"""What `whet remedy` shows, and remedies that other packages bring."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from whet.cli import main
from whet.codebase.syntax import SourceModule
from whet.errors import UsageError
from whet.records import HotPlace
from whet.remedies import find_remedy, load_remedies, measured_gains, sections_of
from whet.remedies._load import plugin_remedies

ROOT = Path(__file__).resolve().parent.parent.parent


def test_every_figure_belongs_to_a_remedy_and_lies_within_its_spread():
    gains = measured_gains()
    assert set(gains) <= {remedy.name for remedy in load_remedies()}
    assert len(gains) >= 6
    for gain in gains.values():
        assert 0 < gain.low <= gain.ratio <= gain.high
        assert gain.rounds >= 5


@pytest.mark.parametrize("remedy", load_remedies(), ids=lambda remedy: remedy.name)
def test_the_sections_of_a_page_lose_nothing(remedy):
    sections = sections_of(remedy.page)
    words = " ".join(f"{heading} {body}" for heading, body in sections.items()).split()
    assert words == remedy.page.split()


def test_a_page_without_headings_is_its_own_summary():
    assert sections_of("One line.\n\nMore.") == {"": "One line.\n\nMore."}


def test_the_page_shows_gain_and_how_to_measure_it_again(capsys):
    assert main(["remedy", "queue_in_list"]) == 0
    out = capsys.readouterr().out
    assert measured_gains()["queue_in_list"].said in out
    assert "python benchmarks/remedies.py queue_in_list" in out
    assert "Evidence needed\n    " in out


def test_the_list_as_json_holds_gain_and_sections(capsys):
    assert main(["remedy", "--list", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["remedies"]}
    row = rows["queue_in_list"]
    assert row["measured_gain"]["ratio"] == measured_gains()["queue_in_list"].ratio
    assert "deque" in row["sections"]["after"]
    assert row["rewrites"] is True


def test_a_remedy_without_a_figure_says_not_measured(capsys, monkeypatch):
    import whet.remedies

    monkeypatch.setattr(whet.remedies, "measured_gains", dict)
    assert main(["remedy", "queue_in_list"]) == 0
    assert "not measured" in capsys.readouterr().out
    assert main(["remedy", "--list"]) == 0
    assert "not measured" in capsys.readouterr().out


def test_a_name_and_list_together_are_refused(capsys):
    assert main(["remedy", "queue_in_list", "--list"]) == 2
    assert "--list" in capsys.readouterr().err


def test_one_remedy_is_measured_again_alone():
    code = (
        "import sys; sys.path.insert(0, 'benchmarks'); import remedies;"
        "folder = remedies.FOLDERS / 'containers' / 'queue_in_list';"
        "found = remedies.measured(folder, 1); assert found.ratio > 1.5, found;"
        "assert remedies.takes_part(folder);"
        "assert not remedies.takes_part(folder.parent)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.stderr, done.returncode) == ("", 0)


GOOD = replace(find_remedy("queue_in_list"), name="my_own")
ADVICE = replace(GOOD, name="some_advice", rewrite=None, safety="advice")
TAKEN = find_remedy("queue_in_list")
CONFUSED = replace(GOOD, rewrite=None)
NO_REMEDY = "text"


def detect(_module, _hot):
    return 1 / 0


BROKEN = replace(GOOD, name="broken", detect=detect)


def entry(monkeypatch, attribute, module="whet_plugin_of_a_test"):
    monkeypatch.setitem(sys.modules, "whet_plugin_of_a_test", sys.modules[__name__])
    return EntryPoint(attribute.lower(), f"{module}:{attribute}", "whet.remedies")


def test_packages_bring_remedies_of_their_own(monkeypatch):
    entries = [entry(monkeypatch, "GOOD"), entry(monkeypatch, "ADVICE")]
    advice, good = plugin_remedies(entries, {"queue_in_list"})
    assert (advice.name, advice.rewrite) == ("some_advice", None)
    assert (good.name, good.page) == ("my_own", GOOD.page)
    module = SourceModule(b"def f(x):\n    q = [x]\n    while q:\n        q.pop(0)\n", "a.py")
    place = HotPlace(file="a.py", name="f", line=1, self_share=1.0, total_share=1.0)
    (match,) = good.detect(module, place)
    assert good.rewrite(module, match) == GOOD.rewrite(module, match)


def test_a_plugin_that_fails_at_work_is_named(monkeypatch):
    (broken,) = plugin_remedies([entry(monkeypatch, "BROKEN")], ())
    with pytest.raises(UsageError, match=r"(?s)'broken'.*detect failed: ZeroDivisionError"):
        broken.detect(None, None)


@pytest.mark.parametrize(
    ("attribute", "module", "reason"),
    [
        ("TAKEN", "whet_plugin_of_a_test", "exists already"),
        ("NO_REMEDY", "whet_plugin_of_a_test", "not a Remedy"),
        ("CONFUSED", "whet_plugin_of_a_test", "is advice"),
        ("ABSENT", "whet_plugin_of_a_test", "AttributeError"),
        ("GOOD", "no_such_module_anywhere", "ModuleNotFoundError"),
    ],
)
def test_a_plugin_that_cannot_be_used_is_named(monkeypatch, attribute, module, reason):
    with pytest.raises(UsageError, match=reason) as refused:
        plugin_remedies([entry(monkeypatch, attribute, module)], {"queue_in_list"})
    assert attribute in str(refused.value)


def test_two_plugins_of_one_name_are_refused(monkeypatch):
    entries = [entry(monkeypatch, "GOOD"), entry(monkeypatch, "GOOD")]
    with pytest.raises(UsageError, match="exists already"):
        plugin_remedies(entries, ())
