"""What share of the time a match concerns, and what other files say of a module."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest

from whet.codebase.cache import FileCache
from whet.diagnosis.match import concerned_share
from whet.diagnosis.sources import Uses, names_used_outside, read_hot_modules
from whet.records import HotPlace, Match, Span
from whet.remedies import find_remedy

PLACE = HotPlace(
    file="a.py", name="f", line=1, self_share=0.4, total_share=0.9,
    line_shares={2: 0.1, 3: 0.2}, line_totals={2: 0.5, 3: 0.8}, imports={"json": 0.3},
)  # fmt: skip


def match(*lines, **data):
    span = Span(line=2, column=0, end_line=2, end_column=1)
    return Match(
        match_id="m", remedy="r", file="a.py", span=span, function="f", message="",
        safety="safe", lines=lines, data=data,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("remedy", "found", "share"),
    [
        ("membership_in_list", match(2, 3), 0.3),
        ("membership_in_list", match(9), 0.0),
        ("membership_in_list", match(), 0.4),
        ("pattern_in_function", match(2), 0.5),
        ("pattern_in_function", match(2, 3), 1.0),
        ("repeated_pure_call", match(2), 0.9),
        ("heavy_import_unused", match(2, module="json"), 0.3),
        ("heavy_import_unused", match(2, module="os"), 0.0),
    ],
)
def test_a_match_concerns_the_time_of_its_lines_function_or_import(remedy, found, share):
    assert concerned_share(found, find_remedy(remedy), PLACE) == pytest.approx(share)


def test_files_that_cannot_be_read_or_parsed_are_noted(tmp_path):
    (tmp_path / "broken.py").write_text("def f(:\n")
    hot = [HotPlace(file=f, name="f", line=1, self_share=1.0, total_share=1.0)
           for f in ("gone.py", "broken.py")]  # fmt: skip
    modules, notes = read_hot_modules(FileCache(tmp_path), hot, ["gone.py", "broken.py"])
    assert [module.file for module in modules] == ["broken.py"]
    assert notes[0].startswith("gone.py: not analyzed")
    assert notes[1].startswith("broken.py: ")


def test_a_file_without_a_name_of_its_own_has_no_names_outside():
    assert names_used_outside("__init__.py", [Uses("from . import a")]) == frozenset()


def of_metric(claims, share="lines"):
    return dataclasses.replace(find_remedy("membership_in_list"), claims=claims, share=share)


RICH = msgspec.structs.replace(
    PLACE, memory_shares={2: 0.1, 5: 0.1}, memory_totals={2: 0.1, 3: 0.4, 5: 0.1},
    io_shares={3: 0.6}, wait_shares={3: 0.5},
)  # fmt: skip


@pytest.mark.parametrize(
    ("claims", "share", "found", "expected"),
    [
        ("peak_memory", "lines", match(2, 3), 0.1),
        ("peak_memory", "lines with callees", match(2, 3), 0.5),
        ("peak_memory", "function", match(2), 0.6),
        ("io_operations", "lines", match(3), 0.6),
        ("io_operations", "lines", match(2), 0.0),
        ("wall_time", "lines", match(3), 0.7),
        ("wall_time", "lines", match(2), 0.1),
        ("cpu_time", "lines", match(3), 0.2),
    ],
)
def test_what_a_match_concerns_is_of_the_metric_that_its_remedy_claims(
    claims, share, found, expected
):
    assert concerned_share(found, of_metric(claims, share), RICH) == pytest.approx(expected)


def test_private_names_that_the_program_asks_of_something_are_told_but_not_those_of_tests():
    text = "self._next()\nother . _close\ngetattr(it, '_open')\n_mine = it.shown\n"
    assert {"?._next", "?._close", "?._open"} <= names_used_outside("a.py", [Uses(text)])
    assert not any("?" in name for name in names_used_outside("a.py", [Uses(text, test=True)]))
    assert "?._mine" not in names_used_outside("a.py", [Uses(text)])
