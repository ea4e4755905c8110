"""State that changes behind a remedy's back: tables, files, classes, transactions."""

from __future__ import annotations

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
