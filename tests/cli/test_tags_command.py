"""`whet tags` on the command line."""

import json
import subprocess
import sys
import time

import pytest

from whet.cli import main


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    (root / "lib").mkdir(parents=True)
    (root / "lib/store.py").write_text("LIMIT = 3\nclass Shop:\n    def open(self): pass\n")
    (root / "app.py").write_text("def main():\n    Shop().open()\nmain()\n")
    (root / "tool.js").write_text("function cut() { }\n")
    time.sleep(0.03)  # the cache keeps no status of a file written in the same tick of the clock
    return root


@pytest.fixture
def whet(capfdbinary):
    def run(*words):
        code = main([str(word) for word in words])
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return run


def rows(out):
    return [json.loads(line) for line in out.splitlines()]


def test_json_lines_hold_exactly_what_others_rely_on(project, whet):
    code, out, err = whet("tags", project, "--jsonl")
    assert (code, err) == (0, "")
    assert rows(out) == [
        {"file": "app.py", "line": 1, "name": "main", "kind": "def", "symbol": "function"},
        {"file": "app.py", "line": 2, "name": "Shop", "kind": "ref", "symbol": "call"},
        {"file": "app.py", "line": 2, "name": "open", "kind": "ref", "symbol": "call"},
        {"file": "app.py", "line": 3, "name": "main", "kind": "ref", "symbol": "call"},
        {"file": "lib/store.py", "line": 1, "name": "LIMIT", "kind": "def", "symbol": "variable"},
        {"file": "lib/store.py", "line": 2, "name": "Shop", "kind": "def", "symbol": "class"},
        {"file": "lib/store.py", "line": 3, "name": "open", "kind": "def", "symbol": "method"},
        {"file": "tool.js", "line": 1, "name": "cut", "kind": "def", "symbol": "function"},
    ]


def test_the_second_time_nothing_is_parsed_and_the_answer_is_the_same(project, whet):
    _, first, _ = whet("tags", project, "--jsonl", "--json")
    _, second, _ = whet("tags", project, "--jsonl", "--json")
    assert first == second
    _, out, _ = whet("tags", project, "--cache-stats", "--json")
    found = json.loads(out)
    assert (found["files"], found["contents"], found["hits"] + found["content_hits"]) == (3, 3, 3)
    assert found["hit_rate"] == 1
    assert found["path"] == str(project / ".whet/cache/tags.sqlite")


def test_without_options_lines_are_for_people(project, whet):
    _, out, _ = whet("tags", project / "tool.js")
    assert out == "tool.js:1: def function cut\n"


def test_one_document(project, whet):
    (project / "bad.py").write_bytes(b"\0")
    _, out, err = whet("tags", project, "--json", "--language", "python")
    document = json.loads(out)
    assert [tag["name"] for tag in document["tags"]][:2] == ["main", "Shop"]
    assert document["problems"] == [{"file": "bad.py", "reason": "binary", "read": False}]
    assert (document["version"], document["files"]) == (1, 3)
    assert err == "note: bad.py: binary\n"


def test_files_read_in_part_are_named_but_not_each_on_a_line(project, whet):
    for number in range(5):
        (project / f"broken{number}.py").write_text("def a(:\n")
    _, _, err = whet("tags", project, "--jsonl")
    assert err == (
        "note: read in part, or in another encoding: broken0.py, broken1.py, broken2.py "
        "and 2 more\n"
    )
    _, _, err = whet("tags", project, "--jsonl", "--quiet")
    assert err == ""


def test_the_format_of_ctags_is_read_by_its_own_reader(project, whet):
    _, out, _ = whet("tags", project, "--ctags")
    lines = [line for line in out.splitlines() if not line.startswith("!")]
    assert lines == [
        'LIMIT\tlib/store.py\t1;"\tkind:variable\tline:1',
        'Shop\tlib/store.py\t2;"\tkind:class\tline:2',
        'cut\ttool.js\t1;"\tkind:function\tline:1',
        'main\tapp.py\t1;"\tkind:function\tline:1',
        'open\tlib/store.py\t3;"\tkind:method\tline:3',
    ]
    assert out.startswith("!_TAG_FILE_FORMAT\t2\t")


def test_identifiers_are_counted_by_kind_and_file(project, whet):
    _, out, _ = whet("tags", project, "--stats", "--json")
    found = json.loads(out)
    store = next(file for file in found["files"] if file["file"] == "lib/store.py")
    assert store.pop("modified").endswith("Z")
    assert store == {
        "file": "lib/store.py", "language": "Python", "size_bytes": 47, "lines": 3,
        "constants": 1, "classes": 1, "functions": 1, "variables": 0, "other": 0, "unknown": 0,
        "references": 0,
    }  # fmt: skip
    assert found["totals"]["functions"] == 3
    assert found["languages"] == {"JavaScript": 1, "Python": 2}
    assert (found["files_read"], found["processes"]) == (3, 1)
    _, out, _ = whet("tags", project, "--stats")
    assert "lib/store.py" in out
    assert out.splitlines()[-1].endswith("3 from the cache")


def test_the_map_shows_what_others_refer_to_within_the_budget(project, whet):
    store = (project / "lib/store.py").read_text()
    (project / "lib/store.py").write_text(store.replace("open", "enter"))
    (project / "app.py").write_text("def main():\n    Shop().enter()\nmain()\n")
    _, out, _ = whet("tags", project, "--map", 3)
    assert out.splitlines()[0] == "lib/store.py:"
    assert len(out.splitlines()) == 3
    assert "class Shop:" in out
    _, out, _ = whet("tags", project, "--map", 60, "--tokens", 12, "--json")
    found = json.loads(out)
    assert found["tokens"] <= 12
    assert [symbol["name"] for file in found["files"] for symbol in file["symbols"]] == ["Shop"]


def test_what_the_cache_holds_is_shown_for_people(project, whet):
    _, out, _ = whet("tags", project, "--cache-stats")
    assert "3 files, 3 contents" in out
    assert "this run: 0 unchanged, 0 known by content, 3 read; hit rate 0.0 %" in out
    _, out, _ = whet("tags", project, "--cache-stats", "--no-cache")
    assert out.startswith("no cache: switched off\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "path 'nowhere': there is no such file or folder. Name another"),
        (["{}/lib/notes.txt"], "is in no language that tags are read from"),
        (["{}", "--language", "cobol"], "--language cobol: is not known. Known are C, C++, Go"),
        (["{}", "--tokens", "5"], "--tokens: bounds a map, and none was asked for. Add --map N"),
        (["{}", "--map", "0"], "is no whole number above 0"),
        (["{}", "--workers", "none"], "is no whole number above 0"),
        (["{}", "--jsonl", "--stats"], "not allowed with argument --jsonl"),
    ],
)
def test_bad_input_gets_one_clear_line(project, whet, words, said):
    (project / "lib/notes.txt").write_text("x")
    code, out, err = whet("tags", *(word.format(project) for word in words))
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1


def test_a_link_that_is_named_is_followed(project, whet):
    (project / "link.js").symlink_to("tool.js")
    (project / "folder").symlink_to("lib")
    assert whet("tags", project / "link.js")[1] == "tool.js:1: def function cut\n"
    assert whet("tags", project / "folder")[1].startswith("store.py:1: def variable LIMIT\n")


def test_a_bare_repository_has_no_tags(tmp_path, whet):
    subprocess.run(["git", "init", "-q", "--bare", tmp_path / "bare"], check=True)
    code, _, err = whet("tags", tmp_path / "bare")
    assert code == 2
    assert "is a bare repository" in err


def test_a_reader_that_goes_away_is_no_error(project):
    for number in range(300):
        (project / f"m{number}.py").write_text("".join(f"def f{n}(): g()\n" for n in range(99)))
    command = f"'{sys.executable}' -m whet tags '{project}' --jsonl --quiet | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


def test_workers_give_what_one_process_gives(project, whet):
    for number in range(40):
        (project / f"m{number}.py").write_text("".join(f"def f{n}(): g()\n" for n in range(99)))
    _, alone, _ = whet("tags", project, "--jsonl", "--no-cache", "--workers", 1)
    words = ("--no-cache", "--workers", 2, "--threshold", 1)
    code, together, err = whet("tags", project, "--jsonl", *words)
    assert (code, together, err) == (0, alone, "")
