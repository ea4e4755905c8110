"""State that changes behind a remedy's back: tables, files, classes, transactions."""

from __future__ import annotations

import contextlib
import sqlite3
import textwrap
from pathlib import Path

import pytest

from whet.remedies import find_remedy


def fixed(bench, source, remedy, run, **kinds):
    """The source after the remedy; None where nothing was admitted."""
    return bench.fix(textwrap.dedent(source).lstrip("\n"), remedy, run, **kinds)


def safeties(bench, source, remedy):
    module = bench.module(textwrap.dedent(source).lstrip("\n"))
    return [match.safety for match in bench.matches(module, find_remedy(remedy))]


CHANGING_TABLES = {
    "an element that is changed by its index": """
        _TABLE = {"a": []}
        def add(x):
            _TABLE["a"].append(x)
        def f(k):
            return len(_TABLE[k])
        """,
    "an element that a loop changes": """
        _TABLE = {"a": [1], "b": [2]}
        def add(x):
            for row in _TABLE.values():
                row.append(x)
        def f(k):
            return sum(_TABLE[k])
        """,
    "an element that has another name": """
        _ROWS = [1]
        _TABLE = {"a": _ROWS}
        def add(x):
            _ROWS.append(x)
        def f(k):
            return len(_TABLE[k])
        """,
    "a table of another name": """
        _ROWS = {"a": 1}
        _TABLE = _ROWS
        def add(x):
            _ROWS["a"] = x
        def f(k):
            return str(_TABLE[k])
        """,
    "an element that a helper gives away": """
        _TABLE = {"a": []}
        def rows(k):
            return _TABLE[k]
        def add(x):
            rows("a").append(x)
        def f(k):
            return len(rows(k))
        """,
    "a value that is assigned by a loop": """
        def f(k):
            return k + str(_N)
        for _ in range(2):
            _N = len(globals())
        def add(x):
            return x
        """,
    "a memo that is emptied": """
        import os
        from functools import lru_cache
        @lru_cache
        def setting(name):
            return os.environ.get(name)
        def add(x):
            setting.cache_clear()
        def f(k):
            return str(setting(k))
        """,
    "a name that is bound through the module": """
        _N = "n"
        def add(x):
            globals()["_N"] = x
        def f(k):
            return k + _N
        """,
    "the working directory": """
        import posixpath
        def add(x):
            return x
        def f(k):
            return posixpath.abspath(k)
        """,
}


@pytest.mark.parametrize("what", CHANGING_TABLES)
def test_functions_that_see_changing_state_get_no_memo(bench, what):
    run = lambda module: [module.f("a") for _ in range(99)]  # noqa: E731 -- a run in a word
    assert fixed(bench, CHANGING_TABLES[what], "repeated_pure_call", run) is None


@pytest.mark.parametrize(
    "table",
    [
        '_TABLE = {"a": 1, "b": -2}',
        '_TABLE = {"a": ("x", 1)}\ndef look():\n    return len(_TABLE)',
        '_TABLE = {"a": [1], "b": [2]}\ndef look():\n    return _TABLE["b"][0] + 1',
        '_NAMES = ["a", "b"]\n_TABLE = dict.fromkeys(_NAMES, 0)',
        '_TABLE = {word: len(word) for word in "a b".split()}\nfor _word in _TABLE:\n    pass',
    ],
)
def test_functions_that_look_things_up_in_steady_tables_get_a_memo(bench, table):
    source = f"{table}\ndef f(k):\n    return str(_TABLE[k])\n"
    after = bench.fix(source, "repeated_pure_call", lambda m: [m.f("a") for _ in range(99)])
    assert "lru_cache" in after


def test_a_memo_is_never_safe_by_construction(bench):
    assert safeties(bench, "def f(x):\n    return str(x)\n", "repeated_pure_call") == ["gated"]


MADE_LATER = """
_K = 2

def set_factor(n):
    global _K
    _K = n

def f(ns, change):
    found = []
    k = 2
    def bump(n):
        nonlocal k
        k += n
    rows = [ELEMENT for n in ns]
    for row in rows:
        change(row)
        found.append(row)
    return found
"""


@pytest.mark.parametrize("element", ["n * _K", "n * k"])
def test_elements_made_of_names_that_functions_bind_stay_in_a_list(bench, element):
    source = MADE_LATER.replace("ELEMENT", element)
    assert safeties(bench, source, "list_only_iterated") == []
    tame = MADE_LATER.replace("ELEMENT", "n * 2")
    assert safeties(bench, tame, "list_only_iterated") == ["gated"]


def test_elements_made_of_lists_within_tuples_stay_in_a_list(bench):
    source = MADE_LATER.replace("ELEMENT", "n[0]")
    tame = tuple((n,) for n in range(6_000))
    lists = tuple((n, [n]) for n in range(6_000))
    run = lambda module, ns: module.f(ns, str)  # noqa: E731 -- a run in a word
    assert fixed(bench, source, "list_only_iterated", lambda m: run(m, lists)) is None
    assert "rows = (n[0]" in fixed(bench, source, "list_only_iterated", lambda m: run(m, tame))


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("a line\n" * 6_000)
    return str(path)


OPENED = """
def f(path):
    found = []
    with open(path) as file:
        BEFORE
        rows = [line.strip() for line in file]
        for row in rows:
            found.append(row)
            if row != "a line":
                break
        AFTER
    return found
"""


@pytest.mark.parametrize(
    ("before", "after", "admitted"),
    [
        ("next(file)", "pass", True),
        ("file.readline()", "pass", True),
        ("pass", "found.append(file.read())", False),
        ("more = iter(file)", "found.extend(more)", False),
    ],
)
def test_a_file_that_is_read_on_behind_the_loop_is_read_whole(
    bench, lines, before, after, admitted
):
    source = OPENED.replace("BEFORE", before).replace("AFTER", after)
    result = fixed(bench, source, "list_only_iterated", lambda module: module.f(lines))
    assert (result is not None) == admitted


def test_a_file_of_the_caller_is_read_whole(bench, lines):
    source = """
    def f(file):
        found = []
        rows = [line.strip() for line in file]
        for row in rows:
            found.append(row)
    """

    def run(module):
        with Path(lines).open() as file:
            module.f(file)

    assert safeties(bench, source, "list_only_iterated") == ["gated"]
    assert fixed(bench, source, "list_only_iterated", run) is None


@pytest.mark.parametrize(
    ("holder", "found"),
    [
        ("next(file)", ["gated"]),
        ("more = iter(file)", []),
        ("def where(): return file.tell()", []),
        ("where = lambda: file.tell()", []),
    ],
)
def test_lines_of_a_file_that_somebody_else_holds_are_read_at_once(bench, holder, found):
    source = f"""
    def f(path):
        with open(path) as file:
            {holder}
            for line in file.readlines():
                print(line)
    """
    assert safeties(bench, source, "whole_file_lines") == found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("return sum([len(n) for n in ns])", ["gated"]),
        ("return sum([take(n) for n in ns])", []),
        ("return sum([f(n) for n in ns])", []),
        ('return f"{sum([n for n in ns])}"', []),
    ],
)
def test_elements_that_stop_iterations_or_recur_are_made_in_a_list(bench, body, found):
    source = f"def take(n):\n    return next(n)\n\ndef f(ns):\n    {body}\n"
    assert safeties(bench, source, "list_only_consumed") == found


MEMO = """
from functools import cache

@cache
def g(x, y):
    return str(x) + y

def f(xs):
    found = []
    for x in xs:
        found.append(g(x, "a"))
    return found
"""


@pytest.mark.parametrize("odd", [[], [True, False], [0.5, 1.0], [(1, 2)]])
def test_a_memo_of_equal_and_different_arguments_keeps_all_of_them(bench, odd):
    run = lambda module: module.f([*range(9_000), *odd])  # noqa: E731 -- a run in a word
    after = fixed(bench, MEMO, "unbounded_cache", run)
    assert (after is None) == bool(odd)


READ = """
import json
import time

def save(path, data):
    with open(path, "w") as file:
        json.dump(data, file)

def look(data):
    return data["a"]

def f(path, rows, tell):
    found = []
    for row in rows:
        with open(path) as file:
            data = json.load(file)
        USE
    return found
"""


@pytest.mark.parametrize(
    ("use", "safety"),
    [
        ('found.append(data["a"] + row)', ["gated"]),
        ('print(f"{data[row]:>9}", max(row, 1))', ["gated"]),
        ('print(data["a"]); look({"a": row})', ["gated"]),
        ('print(data["a"]); save(path, row)', ["consent"]),
        ('print(data["a"]); tell(row)', ["consent"]),
        ('print(data["a"]); row.save()', ["consent"]),
        ('print(data["a"]); time.sleep(1)', []),
        ('max(data["a"]).append(row)', []),
        ('m = max(data["a"]); m.append(row)', []),
        ('print((data["a"] + [])[0].pop())', []),
    ],
)
def test_what_a_loop_may_do_to_the_file_that_it_reads_decides_who_is_asked(bench, use, safety):
    assert safeties(bench, READ.replace("USE", use), "file_read_in_loop") == safety


def test_a_parameter_that_hides_an_import_stays(bench):
    source = """
    import os

    def load(path, os):
        with open(path) as file:
            return file.read()
    """
    assert safeties(bench, source, "file_read_again") == []
    assert len(safeties(bench, source.replace("path, os", "path, o"), "file_read_again")) == 1


ROWS = """
import math
from math import floor

def note(connection, a):
    connection.commit()
    return a

def clean(a):
    return str(a).strip()

def f(connection, rows):
    cursor = connection.cursor()
    for a, b in rows:
        cursor.execute("INSERT INTO item VALUES (?, ?)", ROW)
"""


@pytest.mark.parametrize(
    ("row", "admitted"),
    [
        ("(a, str(b).upper())", True),
        ("(clean(a), math.floor(b) + floor(b))", True),
        ("(a, note(connection, b))", False),
        ('(a, cursor.execute("SELECT 1").fetchone()[0])', False),
        ('(a, connection.execute("SELECT 1").fetchone()[0])', False),
        ('(a, locals()["b"])', False),
        ("(a, next(iter([b])))", False),
    ],
)
def test_rows_that_may_do_more_than_hold_values_are_written_one_by_one(bench, row, admitted):
    source = ROWS.replace("ROW", row)

    def written(module, rows):
        with contextlib.closing(sqlite3.connect(":memory:")) as connection:
            connection.execute("CREATE TABLE item (a, b)")
            module.f(connection, rows)
            table = connection.execute("SELECT * FROM item").fetchall()
            return table, connection.in_transaction

    rows = [(n, n / 2) for n in range(100)]
    after = fixed(bench, source, "statement_per_row", lambda module: written(module, rows))
    assert (after is not None) == admitted
    for some in [rows, rows[:1], []] if admitted else []:
        assert written(bench.load(after), some) == written(bench.load(source), some)


@pytest.mark.parametrize(("indent", "found"), [("    ", ["consent"]), ("  ", []), ("\t", [])])
def test_blocks_that_are_indented_otherwise_stay_where_they_are(bench, indent, found):
    source = (
        "def f(p, xs):\n    for x in xs:\n        y = x\n"
        f'        with open(p, "a") as out:\n        {indent}out.write(y)\n'
    )
    assert safeties(bench, source, "file_opened_per_item") == found


@pytest.mark.parametrize(("head", "found"), [("", ["consent"]), ("import multiprocessing\n", [])])
def test_a_buffer_that_a_child_could_write_again_is_flushed(bench, head, found):
    source = (
        f'{head}def f(p, xs):\n    with open(p, "w") as out:\n        for x in xs:\n'
        "            out.write(x)\n            out.flush()\n"
    )
    assert safeties(bench, source, "flush_per_line") == found


def test_a_file_that_is_read_while_it_is_written_is_flushed(bench, tmp_path):
    source = """
    def f(p, look):
        found = []
        with open(p, "w") as out:
            for n in range(99):
                print(n, file=out)
                out.flush()
                found.append(look(p))
        return found
    """

    def run(look):
        return fixed(bench, source, "flush_per_line", lambda m: m.f(str(tmp_path / "out"), look))

    assert "flush" not in run(len)
    assert run(lambda path: Path(path).read_text()) is None


POINT = """
class Point:
    def __init__(self, x):
        self.x = x
    METHOD

def make(size):
    return [Point(n) for n in range(size)]
"""


@pytest.mark.parametrize(
    ("method", "found"),
    [
        ("@classmethod\n    def new(cls): return cls(1)", ["gated"]),
        ("@classmethod\n    def count(cls): return cls.counted", ["gated"]),
        ("@classmethod\n    def reset(cls): cls.x = 0", []),
        ("@classmethod\n    def default(cls): return getattr(cls, 'x', 0)", []),
        ("def reset(self): type(self).x = 0", []),
        ("def default(self): return getattr(type(self), 'x', 0)", []),
    ],
)
def test_a_class_that_is_asked_for_what_its_instances_hold_gets_no_slots(bench, method, found):
    assert safeties(bench, POINT.replace("METHOD", method), "instances_with_dict") == found


@pytest.mark.parametrize(
    ("body", "safety"),
    [
        ("print(line)", "gated"),
        ("out.write(line)", "gated"),
        ('open(path, "a").write(line)', "consent"),
        ("keep(path, line)", "consent"),
        ("subprocess.run(line)", "consent"),
    ],
)
def test_lines_of_a_file_that_the_loop_could_write_are_read_at_once(bench, body, safety):
    source = f"""
    import subprocess

    def keep(path, line):
        with open(path, "a") as out:
            out.write(line)

    def f(path, out):
        for line in open(path).readlines():
            {body}
    """
    assert safeties(bench, source, "whole_file_lines") == [safety]
