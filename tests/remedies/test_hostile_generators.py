"""A set stands in for a list that a generator asks only if nobody changes the list in between."""

from __future__ import annotations

import sys
import types

import pytest

RETURNED = """
def wanted(rows, names):
    return (row for row in rows if row in names)
"""
BEHIND_A_METHOD = """
class Frame:
    def max(self, rows):
        return rows


def wanted(rows, names):
    return Frame().max(row for row in rows if row in names)
"""
BEHIND_A_NAME = """
def list(rows):
    return rows


def wanted(rows, names):
    return list(row for row in rows if row in names)
"""
NAMED = """
def wanted(rows, table):
    names = table["names"]
    return (row for row in rows if row in names)
"""


def numbers(module, names=None):
    names = names if names is not None else list(range(200))
    return [*module.wanted(list(range(300)), names)]


@pytest.mark.parametrize("source", [RETURNED, BEHIND_A_METHOD, BEHIND_A_NAME])
def test_a_generator_that_runs_later_sees_what_the_list_has_become(bench, source):
    assert bench.fix(source, "membership_in_list", numbers) is None
    names = [1]
    rows = bench.load(source).wanted([1, 2], names)
    names.append(2)  # the generator has not begun
    assert [*rows] == [1, 2]


def test_a_list_out_of_somebodys_table_stays_too(bench):
    def run(module):
        return numbers(module, {"names": list(range(200))})

    assert bench.fix(NAMED, "membership_in_list", run) is None


def test_a_generator_that_is_used_up_at_once_asks_a_set(bench):
    source = RETURNED.replace("return (", "return list(")
    fixed = bench.fix(source, "membership_in_list", numbers)
    assert "in names_set)" in fixed
    assert numbers(bench.load(fixed)) == numbers(bench.load(source))


def test_a_text_is_joined_at_once(bench):
    source = RETURNED.replace("(row for", "','.join(str(row) for")
    fixed = bench.fix(source, "membership_in_list", numbers)
    assert "in names_set)" in fixed
    assert numbers(bench.load(fixed)) == numbers(bench.load(source))


PRIVATE = """
import itertools
from itertools import islice

import more_itertools

LOG = []
STREAM = map(LOG.append, [])
_STEPS = [lambda path: iter(path)][0]


def _log(path):
    LOG.append(path)
    return path


def _parents(path):
    return itertools.islice(_steps(path), 1, None)


def _steps(path):
    path = path.rstrip("/")
    while path:
        yield path
        path, _, _ = path.rpartition("/")


def _all(rows):
    return islice(itertools.chain.from_iterable([rows]), None)


class Names:
    @staticmethod
    def _implied(names):
        return more_itertools.unique_everseen(
            parent for name in names for parent in _parents(name) if parent not in names
        )

    @classmethod
    def complete(cls, names):
        return names + list(cls._implied(names))
"""
PATHS = [f"a{n % 7}/b{n % 11}/c{n}" for n in range(80)]


def complete(module):
    return [*module.Names.complete(list(PATHS))]


def unique(iterable):
    seen = set()
    for row in iterable:
        if row not in seen:
            seen.add(row)
            yield row


@pytest.fixture(autouse=True)
def library(monkeypatch):
    """A library of iterators under the name of the well-known one."""
    made = types.ModuleType("more_itertools")
    made.unique_everseen = unique
    monkeypatch.setitem(sys.modules, "more_itertools", made)


def fixed_private(bench, source=PRIVATE, outside=frozenset()):
    return bench.fix(source, "membership_in_list", complete, outside=outside)


def test_a_private_generator_that_its_only_callers_use_up_asks_a_set(bench):
    fixed = fixed_private(bench)
    assert "names_set = set(names)\n        return more_itertools" in fixed
    assert complete(bench.load(fixed)) == complete(bench.load(PRIVATE))


@pytest.mark.parametrize(
    "outside", [None, frozenset({"_implied"}), frozenset({"?._implied"})], ids=repr
)
def test_not_if_other_files_may_call_it(bench, outside):
    assert fixed_private(bench, outside=outside) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("names + list(cls._implied(names))", "cls._implied(names)"),
        ("names + list(cls._implied(names))", "names + list(map(str, cls._implied(names)))"),
        ("names + list(cls._implied(names))", "(cls._implied, list(cls._implied(names)))[1]"),
        ("names + list(cls._implied(names))", 'list(getattr(cls, "_implied")(names))'),
        ("_implied(", "implied("),
        ("@staticmethod\n", "@staticmethod\n    @(lambda f: f)\n"),
        (
            "everseen(\n            parent for",
            "everseen(\n            parent.title() + _log(parent) for",
        ),
        ("yield path\n", "LOG.append(path)\n        yield path\n"),
        ("yield path\n", "got = yield path\n"),
        ("yield path\n", "yield path\n        path = _log(path)\n"),
        ("in _parents(name)", "in itertools.chain(STREAM, _parents(name))"),
        ("islice(_steps(path), 1, None)", "chain(STREAM, _steps(path))"),
        ("islice(_steps(path), 1, None)", "islice(STREAM and _steps(path), 1, None)"),
        ("in _parents(name)", "in islice(_STEPS(name), 1, None)"),
        ("parent not in names", "parent not in names and not LOG.append(parent)"),
        ("parent not in names", "parent not in names and not [_log][0](None)"),
        ("in _parents(name)", "in itertools.starmap(_log, [(name,)])"),
    ],
)
def test_not_if_something_may_come_in_between(bench, old, new):
    source = PRIVATE.replace(old, new)
    assert source != PRIVATE
    assert complete(bench.load(source))
    assert fixed_private(bench, source) is None


def test_a_name_that_no_callers_mention_is_left_alone(bench):
    source = PRIVATE.replace("list(cls._implied(names))", "[]")
    assert fixed_private(bench, source) is None
