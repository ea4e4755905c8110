"""State that changes behind a remedy's back: tables, files, classes, transactions."""

from __future__ import annotations

import textwrap

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
