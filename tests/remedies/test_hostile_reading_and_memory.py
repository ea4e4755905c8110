"""Hostile files, rows, lists and classes: fixed code does what the original did, or is refused."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import textwrap
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from whet.remedies import find_remedy

SETTINGS = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def fixed(bench, source, remedy, run, **kinds):
    """The source after the remedy; None where nothing was admitted."""
    return bench.fix(textwrap.dedent(source).lstrip("\n"), remedy, run, **kinds)


def outcome(work):
    """A result with its exact types, or an exception with its text."""
    try:
        return repr(work())
    except Exception as error:  # noqa: BLE001 -- compared, whatever it is
        return type(error).__name__, str(error)


def found(bench, source, remedy):
    module = bench.module(textwrap.dedent(source).lstrip("\n"))
    return [match.safety for match in bench.matches(module, find_remedy(remedy))]


_KEPT = {}


def once(name, make):
    """What was made under a name: hypothesis asks for it again and again."""
    if name not in _KEPT:
        _KEPT[name] = make()
    return _KEPT[name]


LOAD = """
import json

def load(path):
    with open(path) as file:
        return json.load(file)

def look(path, name):
    return load(path)[name] == 1
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.json"
    path.write_text('{"a": 1, "b": [2]}')
    return str(path)


def test_a_file_that_changes_is_read_again_by_the_fixed_function(bench, config):
    run = lambda m: [m.look(config, "a") for _ in range(9)]  # noqa: E731 -- a run in a word
    source = fixed(bench, LOAD, "file_read_again", run)
    module = bench.load(source)
    assert module.load(config) is module.load(config)
    Path(config).write_text('{"a": 2, "b": [2]}')
    assert module.load(config) == {"a": 2, "b": [2]}
    Path(config).unlink()
    with pytest.raises(FileNotFoundError) as raised:
        module.load(config)
    with pytest.raises(FileNotFoundError) as expected:
        bench.load(textwrap.dedent(LOAD)).load(config)
    assert str(raised.value) == str(expected.value)


def run_changing(module, path):
    for number in range(9):
        Path(path).write_text(json.dumps({"a": number}))
        module.look(path, "a")


def run_mutating(module, path):
    for _ in range(9):
        module.load(path)["b"].append(1)


def run_with_handles(module, path):
    for _ in range(9):
        descriptor = os.open(path, os.O_RDONLY)
        module.look(descriptor, "a")


@pytest.mark.parametrize("run", [run_changing, run_mutating, run_with_handles])
def test_changing_files_changed_results_and_descriptors_are_refused(bench, config, run):
    assert fixed(bench, LOAD, "file_read_again", lambda module: run(module, config)) is None


@pytest.mark.parametrize(
    ("callers", "safety"),
    [
        ("def f(p):\n    return load(p)['a'] + 1", "gated"),
        ("def f(p):\n    data = load(p)\n    return data.get('a') in data['b']", "gated"),
        ("def f(p):\n    return load(p)", "consent"),
        ("def f(p):\n    data = load(p)\n    data['x'] = 1", "consent"),
        ("def f(p, keep):\n    keep.append(load(p))", "consent"),
        ("def f(p):\n    return [row.pop() for row in load(p)]", "consent"),
        ("def f(p):\n    return load(p)['b'].pop()", "consent"),
    ],
)
def test_sharing_a_result_needs_consent_unless_the_source_shows_that_it_is_only_read(
    bench, callers, safety
):
    source = LOAD.partition("def look")[0] + callers + "\n"
    assert found(bench, source, "file_read_again") == [safety]


def test_functions_that_others_use_need_consent(bench):
    module = bench.module(textwrap.dedent(LOAD).lstrip("\n"), outside=frozenset({"load"}))
    (match,) = bench.matches(module, find_remedy("file_read_again"))
    assert match.safety == "consent"


LAYOUTS = {
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "tabs": lambda text: text.replace("    ", "\t"),
    "no last line end": lambda text: text.rstrip("\n"),
    "form feed": lambda text: text.replace("\ndef ", "\n\x0cdef "),
    "other letters": lambda text: text.replace("rates", "größen"),
}
IN_LOOP = '''
import json

def f(rows, path):
    """Doc."""
    total = []
    for row in rows:
        # all rates
        with open(path) as file:
            rates = json.load(file)

        total.append(rates["a"] * row)  # one
    return total
'''


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_stays_around_a_file_that_is_read_once(bench, config, layout):
    source = LAYOUTS[layout](IN_LOOP.lstrip("\n"))
    after = bench.fix(source, "file_read_in_loop", lambda m: m.f(range(9), config))
    assert bench.load(after).f([1, 2], config) == bench.load(source).f([1, 2], config) == [1, 2]
    assert bench.load(after).f([], "no such file") == []
    kept = [line.strip() for line in after.splitlines()]
    assert [line for line in kept if line in [s.strip() for s in source.splitlines()]] == [
        line.strip() for line in source.splitlines()
    ]
    assert ("\r\n" in after) == ("\r\n" in source)


def test_a_loop_that_writes_what_it_reads_is_refused(bench, config):
    source = """
    from pathlib import Path

    def f(rows, path):
        for row in rows:
            text = Path(path).read_text()
            Path(path).write_text(row)
            print(len(text))
    """
    assert found(bench, source, "file_read_in_loop") == ["consent"]
    run = lambda m: m.f("abcdefgh", config)  # noqa: E731 -- a run in a word
    assert fixed(bench, source, "file_read_in_loop", run) is None


ROWS = """
def fill(connection, rows):
    for row in rows:
        connection.execute("INSERT INTO item VALUES (?, ?)", row)

def run(rows, make):
    with make() as connection:
        fill(connection, rows)
"""
HOSTILE_ROW = st.one_of(
    st.tuples(st.integers(0, 50), st.text(max_size=3)),
    st.tuples(st.integers(0, 3), st.none()),
    st.sampled_from([(1,), (1, 2, 3), (1, [2]), (object, 1), [4, "x"]]),
)


def filled(module, rows):
    """What a table holds after rows were written, one of which may have failed."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE item (a UNIQUE, b)")
        error = outcome(lambda: module.fill(connection, rows))
        written = connection.execute("SELECT * FROM item").fetchall()
        return error, written, connection.in_transaction, connection.total_changes


@given(rows=st.lists(HOSTILE_ROW, max_size=20))
@example(rows=[])
@example(rows=[(1, "a"), (1, "b"), (2, "c")])
@SETTINGS
def test_rows_written_by_one_statement_leave_what_rows_one_by_one_left(bench, rows):
    after = once("rows", lambda: _after_rows(bench, [(n, str(n)) for n in range(100)]))
    before = filled(bench.load(ROWS), rows)
    assert filled(bench.load(after), rows) == before


def _after_rows(bench, rows):
    after = fixed(bench, ROWS, "statement_per_row", lambda module: filled(module, rows))
    assert after is not None
    assert "executemany" in after
    return after


def test_a_cursor_of_somebody_else_keeps_its_last_row(bench):
    source = ROWS.replace("connection.execute", "cursor.execute").replace(
        "def fill(connection", "def fill(cursor"
    )

    def run(module):
        with contextlib.closing(sqlite3.connect(":memory:")) as connection:
            cursor = connection.cursor()
            cursor.execute("CREATE TABLE item (a, b)")
            module.fill(cursor, [(n, n) for n in range(100)])

    assert fixed(bench, source, "statement_per_row", run) is None


class Cursor(sqlite3.Cursor):
    """A cursor of the user's."""


def test_cursors_of_the_users_own_are_refused(bench):
    source = """
    def fill(connection, rows):
        cursor = connection.cursor()
        for row in rows:
            cursor.execute("INSERT INTO item VALUES (?, ?)", row)
    """

    def run(module):
        with contextlib.closing(sqlite3.connect(":memory:")) as connection:
            connection.execute("CREATE TABLE item (a, b)")

            class Connection:
                def cursor(self):
                    return connection.cursor(Cursor)

            module.fill(Connection(), [(n, n) for n in range(100)])

    assert fixed(bench, source, "statement_per_row", run) is None


LINES = """
def f(path):
    found = []
    with open(path{options}) as file:
        for line in file.readlines():
            found.append(line)
    return found
"""


@pytest.mark.parametrize("options", ["", ', "rb"', ', newline=""', ', encoding="latin-1"'])
@given(content=st.binary(max_size=40))
@example(content=b"a\r\nb\rc\n\x0b\x0cd\x85e\xe2\x80\xa8f")
@SETTINGS
def test_lines_are_the_same_whatever_ends_them(bench, tmp_path, options, content):
    path = tmp_path / "lines.txt"
    path.write_bytes(b"a line\n" * 1_200)
    source = LINES.format(options=options)
    after = once(source, lambda: fixed(bench, source, "whole_file_lines", lambda m: m.f(path)))
    assert "in file:" in after
    path.write_bytes(content)
    before = outcome(lambda: bench.load(source).f(path))
    assert outcome(lambda: bench.load(after).f(path)) == before


def test_a_file_object_of_the_users_own_keeps_its_lines(bench):
    source = "def open(path):\n    return File(path)\n" + LINES.format(options="")
    assert found(bench, source, "whole_file_lines") == []


class Odd(int):
    """A number that adds in a way of its own."""

    def __radd__(self, other):
        return Odd(other * 2 + 1)


CONSUMED = [
    ("sum", "n * 2"), ("max", "n"), ("min", "n"), ("set", "n"), ("frozenset", "n"),
    ("dict", "(n, n)"),
]  # fmt: skip


@pytest.mark.parametrize(("consumer", "element"), CONSUMED)
@given(hostile=st.lists(st.one_of(st.integers(), st.floats(), st.text(max_size=2), st.none())))
@example(hostile=[])
@example(hostile=[1, "a"])
@example(hostile=[float("nan"), 1.0, float("nan")])
@SETTINGS
def test_elements_made_one_by_one_give_the_same(bench, consumer, element, hostile):
    source = f"def f(ns):\n    return {consumer}([{element} for n in ns])\n"
    run = lambda module: module.f(range(10_000))  # noqa: E731 -- a run in a word
    after = once(consumer, lambda: bench.fix(source, "list_only_consumed", run))
    assert f"{consumer}({element} for" in after or f"{consumer}(({element}) for" in after
    before = outcome(lambda: bench.load(source).f(hostile))
    result = outcome(lambda: bench.load(after).f(hostile))
    if isinstance(before, tuple) and consumer == "sum":  # of two errors another may come first
        assert result[0] == before[0] == "TypeError"
    else:
        assert result == before


ITERATED = """
def doubled(n):
    return n * 2

def f(ns):
    found = []
    rows = [doubled(n) for n in ns if n != 3]
    for row in rows:
        if row == 8:
            break
        found.append(row)
    return found
"""


@given(hostile=st.lists(st.one_of(st.integers(0, 9), st.text(max_size=2), st.none())).map(tuple))
@example(hostile=(1, None, 2))
@SETTINGS
def test_elements_made_for_a_loop_give_the_same(bench, hostile):
    run = lambda module: module.f(tuple(range(20, 9_000)))  # noqa: E731 -- a run in a word
    after = once("iterated", lambda: fixed(bench, ITERATED, "list_only_iterated", run))
    assert "rows = (doubled(n) for n in ns if n != 3)" in after
    before = outcome(lambda: bench.load(ITERATED).f(hostile))
    result = outcome(lambda: bench.load(after).f(hostile))
    behind = 4 in hostile and None in hostile and hostile.index(4) < hostile.index(None)
    assert result == before or behind  # what lies behind the `break` is not made


def test_elements_that_the_loop_may_change_are_refused(bench):
    shared = [n for n in range(9_000)]  # noqa: C416 -- a list that somebody else holds
    assert fixed(bench, ITERATED, "list_only_iterated", lambda m: m.f(shared)) is None
    lists = tuple([n] for n in range(9_000))
    assert fixed(bench, ITERATED, "list_only_iterated", lambda m: m.f(lists)) is None
    assert found(bench, ITERATED + "\nE = StopIteration\n", "list_only_iterated") == []


def test_elements_that_add_or_compare_by_themselves_are_refused(bench):
    source = "def f(ns):\n    return sum([n for n in ns])\n"
    odd = [Odd(n) for n in range(10_000)]
    assert bench.fix(source, "list_only_consumed", lambda module: module.f(odd)) is None


POINT = """
class Point:
    def __init__(self, x):
        self.x = x

def make(size):
    return [Point(n) for n in range(size)]
"""


def test_instances_that_are_given_more_attributes_are_refused(bench):
    source = (
        POINT.replace("    return [Point(n)", "    Point.__init__ = more\n    return [Point(n)")
        + "\ndef more(self, x):\n    self.x = self.y = x\n"
    )
    assert found(bench, source, "instances_with_dict") == []
    tame = fixed(bench, POINT, "instances_with_dict", lambda module: module.make(6_000))
    assert '__slots__ = ("x",)' in tame
    grown = POINT + "\ndef grow(point):\n    point.y = 1\n    return point.z\n"
    source = grown.replace("self.x = x", "self.x = x\n        grow(self)").replace(
        "return point.z", "return point"
    )
    assert fixed(bench, source, "instances_with_dict", lambda m: m.make(6_000)) is None


@pytest.mark.parametrize(
    "more",
    [
        "class Derived(Point):\n    pass\n",
        "def shown(point):\n    return vars(point)\n",
        "import pickle\n",
        "import weakref\n",
        "KINDS = [Point]\n",
        "Point.z = 3\n",
        "def f(point):\n    setattr(point, 'y', 1)\n",
        "def f(point):\n    point.y = 1\n",
        "def f(points):\n    for points[0].y in points:\n        del points[0].z\n",
        "from elsewhere import *\n",
        "del Point\n",
    ],
)
def test_classes_that_may_need_their_dictionary_are_left_alone(bench, more):
    assert found(bench, POINT, "instances_with_dict") == ["gated"]
    assert found(bench, POINT + "\n" + more, "instances_with_dict") == []


def test_a_class_that_other_modules_use_needs_consent(bench):
    source = textwrap.dedent(POINT).lstrip("\n")
    remedy = find_remedy("instances_with_dict")
    (match,) = bench.matches(bench.module(source, outside=frozenset({"Point"})), remedy)
    assert match.safety == "consent"
    assert bench.matches(bench.module(source, outside=frozenset({"__dict__"})), remedy) == []
    (match,) = bench.matches(bench.module(source, outside=frozenset({".x", ".color"})), remedy)
    assert match.safety == "consent"
    (match,) = bench.matches(bench.module(source, outside=frozenset({".x"})), remedy)
    assert match.safety == "gated"


OPENED = """
from sqlite3 import connect


def f(p, rows):
    for row in rows:
        # one
        x = (row,
             1)
        with open(p, "a") as out:  # here
            out.write(str(x))
"""
COMMITTED = """
from sqlite3 import connect


def f(p, rows):
    c = connect(p)
    for row in rows:
        c.execute("INSERT INTO item VALUES (?)", (row,))
        c.commit()  # safe
    c.close()
"""
REARRANGED = {"file_opened_per_item": OPENED, "commit_per_row": COMMITTED}


@pytest.mark.parametrize(
    ("family", "remedy"), [("memory", "unbounded_cache"), ("calls", "statement_per_row")]
)
def test_who_else_uses_a_name_is_asked_when_a_match_is_made_and_not_again(bench, family, remedy):
    source = (Path(__file__).parent / family / remedy / "before.py").read_bytes()
    unknown = bench.module(source, outside=None)
    matches = bench.matches(bench.module(source), find_remedy(remedy))
    for match in matches:
        assert find_remedy(remedy).rewrite(unknown, match)
    assert len(bench.matches(unknown, find_remedy(remedy))) < len(matches)


@pytest.mark.parametrize("layout", ["crlf", "tabs", "no last line end", "form feed"])
@pytest.mark.parametrize("remedy", REARRANGED)
def test_layout_stays_where_loops_are_rearranged(bench, tmp_path, layout, remedy):
    source = LAYOUTS[layout](REARRANGED[remedy].lstrip("\n"))

    def written(module, name):
        path = tmp_path / name
        if remedy == "commit_per_row":
            with contextlib.closing(sqlite3.connect(path)) as connection:
                connection.execute("CREATE TABLE item (a)")
        module.f(str(path), list(range(12)))
        if remedy == "commit_per_row":
            with contextlib.closing(sqlite3.connect(path)) as connection:
                return connection.execute("SELECT * FROM item").fetchall()
        return path.read_text()

    after = bench.fix(source, remedy, lambda module: written(module, "observed"))
    assert written(bench.load(after), "after") == written(bench.load(source), "before")
    words = [line.strip() for line in source.splitlines()]
    assert sorted(line.strip() for line in after.splitlines()) == sorted(words)
    assert ("\r\n" in after) == ("\r\n" in source)


@pytest.mark.parametrize("size", [0, 1, 7, 1001])
def test_batches_start_programs_for_every_item_once_and_in_order(bench, monkeypatch, size):
    source = """
    import subprocess

    def f(paths):
        for path in paths:
            subprocess.run(["touch", "--", path], check=True)
    """
    started = []
    monkeypatch.setattr(subprocess, "run", lambda words, **_: started.append(words))
    after = fixed(bench, source, "process_per_item", lambda m: m.f([str(n) for n in range(9)]))
    started.clear()
    bench.load(after).f([str(n) for n in range(size)])
    assert [word for words in started for word in words[2:]] == [str(n) for n in range(size)]
    assert all(words[:2] == ["touch", "--"] and len(words) <= 502 for words in started)


@pytest.mark.parametrize("items", [lambda: iter("abcdefgh"), lambda: dict.fromkeys("abcdefgh")])
def test_items_that_cannot_be_sliced_are_refused(bench, monkeypatch, items):
    source = """
    import subprocess

    def f(paths):
        for path in paths:
            subprocess.run(["touch", path], check=True)
    """
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: None)
    assert fixed(bench, source, "process_per_item", lambda module: module.f(items())) is None


GIT = """import subprocess
def f(n):
    return subprocess.run(['git', '-C', '.', '--no-pager', 'show', n])
"""


@pytest.mark.parametrize(
    ("remedy", "source"),
    [
        ("http_per_item", "import requests\ndef f(u):\n    return requests.get(u)\n"),
        ("http_per_item", "from httpx import post\ndef f(u):\n    return post(url=u)\n"),
        ("git_per_item", GIT),
    ],
)  # fmt: skip
def test_what_reaches_outside_is_known_by_its_import(bench, remedy, source):
    assert found(bench, source, remedy) == ["advice"]
    shadowed = source.replace("def f(", "requests = post = subprocess = None\ndef f(")
    assert found(bench, shadowed, remedy) == []


def test_threads_are_refused_where_calls_compute_or_share(bench):
    source = """
    def work(n):
        return sum(range(n))

    def f(numbers):
        return [work(n) for n in numbers]
    """
    assert found(bench, source, "waits_in_a_row") == ["consent"]
    run = lambda module: module.f([9_999] * 20)  # noqa: E731 -- a run in a word
    assert fixed(bench, source, "waits_in_a_row", run) is None
