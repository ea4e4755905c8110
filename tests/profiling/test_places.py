from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.profiling._places import IMPORT_PLACE, Places, RawFrame


@pytest.mark.parametrize(
    ("name", "line", "expected"),
    [
        ("area", 5, ("Shape.area", 4)),  # Python 3.10 and earlier give bare names
        ("Shape.area", 5, ("Shape.area", 4)),
        ("<listcomp>", 5, ("Shape.area", 4)),
        ("Shape.area.<locals>.<listcomp>", 5, ("Shape.area", 4)),
        ("inner", 8, ("outer.<locals>.inner", 7)),
        ("<lambda>", 9, ("outer.<locals>.<lambda>", 9)),
        ("<module>", 10, ("<module>", 1)),
        ("<genexpr>", 10, ("<module>", 1)),
        ("generated", 3, ("generated", 0)),  # no such function: the name stays
    ],
)
def test_a_frame_becomes_the_function_that_holds_the_line(source_file, name, line, expected):
    place = Places(source_file.parent).place(RawFrame(name, str(source_file), line))
    assert (place.name, place.line) == expected
    assert (place.file, place.hot_line, place.in_project) == ("shapes.py", line, True)


def test_packages_installed_inside_the_project_are_not_the_project(tmp_path):
    places = Places(tmp_path)
    file = tmp_path / "env" / "lib" / "site-packages" / "x.py"
    assert not places.place(RawFrame("f", str(file), 1)).in_project


def test_files_elsewhere_keep_their_whole_path(tmp_path):
    place = Places(tmp_path / "project").place(RawFrame("f", str(tmp_path / "other.py"), 1))
    assert (place.file, place.in_project) == (str(tmp_path / "other.py"), False)


def test_all_of_the_import_machinery_is_one_place(tmp_path):
    frames = [RawFrame("f", f"<frozen importlib.{name}>", 9) for name in ("_bootstrap", "util")]
    found = {Places(tmp_path).place(frame) for frame in frames}
    assert [place.file for place in found] == [IMPORT_PLACE]


def test_frames_of_the_probe_and_of_runpy_are_hidden(tmp_path):
    places = Places(tmp_path, (tmp_path / "probe",))
    assert places.is_hidden(RawFrame("x", str(tmp_path / "probe" / "sitecustomize.py"), 1))
    assert places.is_hidden(RawFrame("_main", "/any/whet_probe/_main.py", 1))
    assert places.is_hidden(RawFrame("_run_code", "<frozen runpy>", 88))
    assert places.is_hidden(RawFrame("_run_code", "/usr/lib/python3.9/runpy.py", 87))
    assert not places.is_hidden(RawFrame("main", str(tmp_path / "app.py"), 1))


@pytest.mark.parametrize("content", [b"def f(:\n", b"\xff\xfe\x00", b"x = (" * 5000, b"\0"])
def test_a_source_that_cannot_be_parsed_leaves_names_as_they_are(tmp_path, content):
    path = tmp_path / "broken.py"
    path.write_bytes(content)
    place = Places(tmp_path).place(RawFrame("f", str(path), 1))
    assert (place.name, place.line) == ("f", 0)
    owned = Places(tmp_path).place(RawFrame("f.<locals>.<genexpr>", str(path), 1))
    assert owned.name == "f"


def test_source_lines_are_given_by_number(source_file):
    places = Places(source_file.parent)
    assert places.source_line(str(source_file), 6) == "def outer():"
    assert places.source_line(str(source_file), 99) == ""
    assert places.source_line("/not/there.py", 1) == ""


@given(st.text(max_size=20), st.text(max_size=20), st.integers(0, 50))
def test_no_name_that_a_sampler_gives_is_an_error(name, file, line):
    Places(Path("/nowhere")).place(RawFrame(name, file, line))
