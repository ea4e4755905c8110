"""One query for many items: the same rows and exceptions as one for each, or it stays advice."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import textwrap
from collections import Counter
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from whet.diagnosis import findings
from whet.errors import WhetError
from whet.records import Evidence, ValueEvidence
from whet.remedies import find_remedy, propose_fix
from whet.remedies.calls._queries import select_for_many

SETTINGS = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NAME = "query_per_item"

ASKING = """
import sqlite3

def one(connection, items):
    cursor = connection.cursor()
    found = []
    for item in items:
        try:
            row = cursor.execute("SELECT id, k FROM t WHERE k = ?", (item,)).fetchone()
        except Exception as error:
            row = repr(error)
        found.append(row)
    return found, cursor.description, cursor.fetchall()

def two(cursor, items):
    found = []
    for item in items:
        cursor.execute("SELECT * FROM t WHERE k = ? AND id = ?", [item, 3])
        found.append(cursor.fetchone())
    return found, cursor.description, cursor.fetchall()

def every(connection, items):
    return [connection.execute("SELECT t.rowid, k FROM t WHERE k = ?", (item,)).fetchall()
            for item in items]

def first(connection, pairs):
    total = 0
    for item, size in pairs:
        total += connection.execute("SELECT id FROM t WHERE k = ?", (item,)).fetchone()[0] * size
    return total
"""


@contextlib.contextmanager
def database(kind="INTEGER", rows=(), index=""):
    """A connection whose table `t` holds values of any kind, as far as the column takes them."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE TABLE t (id INTEGER, k {kind})")
        for number, value in enumerate(rows):
            with contextlib.suppress(sqlite3.IntegrityError):
                connection.execute("INSERT OR IGNORE INTO t VALUES (?, ?)", (number, value))
        if index:
            connection.execute(f"CREATE INDEX i ON t (k{index})")
        yield connection


def outcome(work, *arguments):
    """A result with its exact types, or an exception with its text."""
    try:
        return repr(work(*arguments))
    except Exception as error:  # noqa: BLE001 -- compared, whatever it is
        return type(error).__name__, str(error)


def run_all(module, rows=60):
    """Every function of ASKING, in a small database; what the fix is made for."""
    with database(rows=range(rows)) as connection:
        items = list(range(rows))
        return [
            module.one(connection, items),
            module.two(connection.cursor(), items),
            module.every(connection, items),
            module.first(connection, [(item, 2) for item in items]),
        ]


_KEPT = {}


def sides(bench, source=ASKING, run=run_all):
    """The module as it is, and fixed."""
    if source not in _KEPT:
        after = bench.fix(source, NAME, run)
        assert after is not None
        _KEPT[source] = bench.load(source), bench.load(after)
    return _KEPT[source]


def test_every_loop_of_the_example_is_rewritten_and_asks_far_less(bench):
    before, after = sides(bench)
    asked = []
    for module in (before, after):
        with database(rows=range(1_000)) as connection:
            statements = []
            connection.set_trace_callback(statements.append)
            items = list(range(1_000))
            found = [
                module.one(connection, items),
                module.two(connection.cursor(), items),
                module.every(connection, items),
                module.first(connection, [(item, 2) for item in items]),
            ]
            asked.append((found, len(statements)))
    assert asked[0] == (asked[1][0], 4_000)
    assert asked[1][1] == 4 * 3 * 3  # is it a table; 400, 400 and 200 items; the last of each


VALUES = [
    None, True, False, 0, 1, -1, 10, 2**53 + 1, 2**63 - 1, -(2**63), 0.0, -0.0, 1.0, 1.5, 1e300,
    float("inf"), float("nan"), "", "1", " 1", "1 ", "1.0", "01", "1e0", "a", "A", "a ", "é", "É",
    "x\0y", "0x1", b"", b"1", b"a", b"A", b"\0", "9223372036854775807", "9223372036854775808",
]  # fmt: skip


class Mine(int):
    """A number that the driver might adapt."""


ODD = [
    2**63,
    "\ud800",
    Decimal(1),
    (1,),
    [1],
    {"a": 1},
    bytearray(b"a"),
    Mine(1),
]
KINDS = [
    "", "TEXT", "INTEGER", "REAL", "NUMERIC", "BLOB", "TEXT COLLATE NOCASE", "TEXT COLLATE RTRIM",
    "INTEGER COLLATE NOCASE", "INTEGER PRIMARY KEY", "TEXT PRIMARY KEY COLLATE NOCASE",
    "REAL UNIQUE",
]  # fmt: skip
INDEXES = ["", " COLLATE BINARY", " COLLATE NOCASE", " DESC"]
items_of = st.lists(st.sampled_from(VALUES), min_size=31, max_size=60)
odd_ones = st.lists(st.sampled_from(ODD), max_size=2)


def tables():
    rows = st.lists(st.sampled_from(VALUES), max_size=60) | st.just([*VALUES, *range(2, 300)])
    return st.tuples(
        st.sampled_from(
            [kind for kind in KINDS if "PRIMARY" not in kind or "INTEGER" not in kind]
        ),
        rows,
        st.sampled_from(["", *INDEXES]),
    )


@SETTINGS
@given(tables(), items_of, odd_ones, st.randoms(use_true_random=False))
@example(("TEXT", ["1", "1.0", 1], ""), [1, 1.0, "1", b"1", True] * 7, [], None)
@example(("TEXT COLLATE NOCASE", ["a", "A", "b"], ""), ["a", "A", "B", "b"] * 9, [], None)
@example(("", [1, 2, 3], ""), list(range(40)), [2**63, "\ud800"], None)
def test_rows_and_exceptions_are_those_of_one_query_each(bench, table, items, odd, order):
    before, after = sides(bench)
    items = [*items, *odd]
    if order is not None:
        order.shuffle(items)
    kind, rows, index = table
    with database(kind, [*rows], index) as connection:
        for name in ("one", "every"):
            was, is_now = getattr(before, name), getattr(after, name)
            assert outcome(is_now, connection, items) == outcome(was, connection, items), name
        cursors = [connection.cursor(), connection.cursor()]
        were = outcome(before.two, cursors[0], items)
        assert outcome(after.two, cursors[1], tuple(items)) == were
        pairs = [(item, 2) for item in items]
        assert outcome(after.first, connection, pairs) == outcome(before.first, connection, pairs)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("index", ["none", *INDEXES])
def test_every_kind_of_column_finds_what_it_found(bench, kind, index):
    before, after = sides(bench)
    for rows in (VALUES, VALUES[::-1], [*VALUES, *range(1_000)]):
        with database(kind, rows, "" if index == "none" else index or " ASC") as connection:
            want = before.every(connection, VALUES)
            assert repr(after.every(connection, VALUES)) == repr(want)
            assert any(want)


def test_an_index_is_used_and_items_are_gone_through_first():
    select = select_for_many("SELECT id FROM t WHERE k = ?").text
    query = f"EXPLAIN QUERY PLAN WITH asked (place, item_1) AS (VALUES (0, 1), (1, 2)) {select}"
    for column, index in (("TEXT", " ASC"), ("INTEGER", " ASC"), ("TEXT", " DESC")):
        with database(column, range(500), index) as connection:
            connection.execute("ANALYZE")
            plan = [row[3] for row in connection.execute(query)]
            assert plan[-1] == "SEARCH t USING INDEX i (k=?)"
            assert plan[-2] == "SCAN asked"


MANY = list(range(50))


def twice(bench, prepare, name="one", items=MANY, rows=MANY):
    """What both sides make of a connection that was prepared."""
    found = []
    for module in sides(bench):
        with database(rows=rows) as connection:
            asker = prepare(connection)
            given = items() if callable(items) else items
            found.append(outcome(getattr(module, name), asker or connection, given))
    return found


class Shouting(sqlite3.Cursor):
    def fetchone(self):
        return ("own", super().fetchone())


def as_it_is(connection):
    """Nothing is prepared."""


def closed(connection):
    cursor = connection.cursor()
    cursor.close()
    return cursor


def with_row_factory(connection):
    connection.row_factory = lambda cursor, row: (len(cursor.description), row)


def with_own_factory(connection):
    cursor = connection.cursor()
    cursor.row_factory = lambda cursor, row: (len(cursor.description), row)
    return cursor


def with_text_of_bytes(connection):
    connection.text_factory = bytes


def without_table(connection):
    connection.execute("DROP TABLE t")


def with_few_variables(connection):
    if hasattr(connection, "setlimit"):  # Python 3.11
        connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 10)


def with_view_of_two_kinds(connection):
    connection.execute("ALTER TABLE t RENAME TO u")
    connection.execute("CREATE TABLE w (id INTEGER, k TEXT)")
    connection.execute("INSERT INTO w SELECT id, k || '' FROM u WHERE k % 2")
    connection.execute("DELETE FROM u WHERE k % 2")
    connection.execute("CREATE VIEW t AS SELECT id, k FROM w UNION ALL SELECT id, k FROM u")


def with_temporary_view(connection):
    connection.execute("CREATE TEMP VIEW T AS SELECT id, k + 0 AS k FROM main.t")


def with_search_table(connection):
    connection.execute("DROP TABLE t")
    connection.execute("CREATE VIRTUAL TABLE t USING fts4(id, k)")
    connection.executemany("INSERT INTO t VALUES (?, ?)", [(n, n) for n in MANY])


def with_view(connection):
    connection.execute("ALTER TABLE t RENAME TO asked")
    connection.execute("CREATE VIEW t AS SELECT id, k + 0 AS k FROM asked")


@pytest.mark.parametrize(
    ("prepare", "name"),
    [
        (lambda connection: connection.close(), "one"),
        (lambda connection: connection.cursor(Shouting), "two"),
        (closed, "two"),
        (with_row_factory, "one"),
        (with_row_factory, "every"),
        (with_own_factory, "two"),
        (with_text_of_bytes, "one"),
        (without_table, "one"),
        (with_few_variables, "every"),
        (with_view, "one"),
        (with_view_of_two_kinds, "one"),
        (with_view_of_two_kinds, "two"),
        (with_temporary_view, "one"),
        (with_search_table, "one"),
        (with_view, "two"),
        (as_it_is, "one"),
    ],
)
def test_unusual_cursors_and_databases_give_what_they_gave(bench, prepare, name):
    was, is_now = twice(bench, prepare, name)
    assert is_now == was


@pytest.mark.parametrize(
    "items",
    [
        lambda: iter(MANY), lambda: (n for n in MANY), lambda: dict.fromkeys(MANY),
        lambda: range(50), lambda: "0123456789abcdef", lambda: None, lambda: 7, list,
        lambda: [3], lambda: type("Mine", (list,), {})(MANY), lambda: [[n] for n in MANY],
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["one", "first"])
def test_items_of_other_kinds_are_asked_one_by_one(bench, items, name):
    was, is_now = twice(bench, as_it_is, name, items)
    assert is_now == was


def test_a_pair_that_is_none_ends_the_loop_where_it_did(bench):
    pairs = [*[(n, 1) for n in MANY], (1, 2, 3), (4,)]
    was, is_now = twice(bench, as_it_is, "first", pairs)
    assert is_now == was == ("ValueError", "too many values to unpack (expected 2)")


def test_a_table_of_duplicates_is_not_read_as_a_whole(bench):
    was, is_now = twice(bench, as_it_is, "one", rows=MANY * 40)
    assert is_now == was


def test_items_that_are_exchanged_under_way_are_asked_anew(bench):
    _, after = sides(bench)
    with database(rows=MANY) as connection:
        items = list(MANY)
        keys = lambda some: [(n,) for n in some]  # noqa: E731 -- as the fix has it
        select = select_for_many("SELECT k FROM t WHERE k = ?").text
        found = []
        for item, known, row in after._row_of_each(items, connection, keys, "t", select):
            found.append((item, known, row))
            items[20] = 1_000
            del items[30:]
    assert found[:2] == [(0, True, (0,)), (1, True, (1,))]
    assert found[20] == (1_000, False, (20,))
    assert len(found) == 30


@pytest.mark.parametrize(
    ("items", "rows", "unknown"),
    [
        ([(n,) for n in range(40)], range(40), [39]),
        ([(n,) for n in range(40)], [*range(40), 4, 7, 7], [4, 7, 39]),
        ([(n,) for n in [*range(39), Mine(39), 40]], range(40), range(41)),
        ([[n] for n in range(40)], range(40), range(40)),
        ([(n,) for n in range(30)], range(40), range(30)),
        ([(n,) for n in range(31)], range(40), [30]),
        ([(n,) for n in range(402)], range(500), [399, 400, 401]),
        ([(2**63,), *[(n,) for n in range(440)]], range(500), [*range(400), 440]),
    ],
)
def test_items_that_need_a_query_of_their_own_are_not_known(bench, items, rows, unknown):
    _, after = sides(bench)
    keys = lambda some: [(n,) for (n,) in some]  # noqa: E731 -- as the fix has it
    select = select_for_many("SELECT k FROM t WHERE k = ?").text
    with database(rows=rows) as connection:
        found = list(after._rows_of_each(items, connection, keys, "t", select))
    assert [n for n, (_, known, _) in enumerate(found) if not known] == [*unknown]
    assert all(rows == [item] for item, known, rows in found if known)


@pytest.mark.parametrize(
    ("prepare", "known"),
    [
        (as_it_is, True),
        (with_view, False),
        (with_temporary_view, False),
        (with_search_table, False),
        (lambda connection: connection.execute("CREATE TEMP TABLE T AS SELECT * FROM t"), True),
        (lambda connection: connection.execute("CREATE INDEX i ON t (k)"), True),
    ],
)
def test_only_tables_that_are_stored_are_asked_for_many(bench, prepare, known):
    _, after = sides(bench)
    keys = lambda some: [(n,) for n in some]  # noqa: E731 -- as the fix has it
    select = select_for_many("SELECT k FROM t WHERE k = ?").text
    with database(rows=MANY) as connection:
        prepare(connection)
        found = list(after._row_of_each(MANY, connection, keys, "t", select))
    assert {was_known for _, was_known, _ in found[:-1]} == {known}


LOOP = """
SQL = "SELECT size FROM part WHERE name = ?"
OTHER = "SELECT size FROM part WHERE name = ?"
OTHER = OTHER.lower()

def f(cursor, items, kind, others, give):
    found = []
    total = 0
    for item in items:
{body}
    return found, total
"""
ONE = "cursor.execute('SELECT size FROM part WHERE name = ?', (item,))"


def safeties(bench, source, **kinds):
    module = bench.module(source, **kinds)
    assert module.tree is not None, module.reason
    return [match.safety for match in bench.matches(module, find_remedy(NAME))]


def in_loop(body):
    return LOOP.format(body=textwrap.indent(textwrap.dedent(body).strip("\n"), " " * 8))


@pytest.mark.parametrize(
    "body",
    [
        f"total += {ONE}.fetchone()[0]",
        f"row = {ONE}.fetchone()\nfound.append(row)",
        f"{ONE}\nsize, = cursor.fetchone()\nfound.append(size)",
        f"if {ONE}.fetchone() is None:\n    found.append(item)",
        f"if kind:\n    total += 1\nx = {ONE}.fetchall()",
        f"rows = {ONE}.fetchall()\nfor row in rows:\n    total += row[0]",
        "total += cursor.execute(SQL, [item]).fetchone()[0]",
        "x = cursor.execute('SELECT * FROM p WHERE a = ? AND b = ?', (item, kind)).fetchone()",
        f"if not item:\n    raise ValueError\ntotal += {ONE}.fetchone()[0]",
    ],
)  # fmt: skip
def test_plain_loops_can_be_rewritten(bench, body):
    assert safeties(bench, in_loop(body)) == ["consent"]


@pytest.mark.parametrize(
    "body",
    [
        # other queries
        "x = cursor.execute('SELECT count(*) FROM p WHERE a = ?', (item,)).fetchone()",
        "x = cursor.execute('SELECT DISTINCT a FROM p WHERE a = ?', (item,)).fetchone()",
        "x = cursor.execute('SELECT a FROM p WHERE a = ? LIMIT 1', (item,)).fetchone()",
        "x = cursor.execute('SELECT a FROM p WHERE a = ? ORDER BY b', (item,)).fetchone()",
        "x = cursor.execute('SELECT a FROM p, q WHERE a = ?', (item,)).fetchone()",
        "x = cursor.execute('SELECT a FROM p WHERE a > ?', (item,)).fetchone()",
        "x = cursor.execute('SELECT a FROM p WHERE a = ? OR b = 1', (item,)).fetchone()",
        "x = cursor.execute('SELECT a FROM p WHERE a IN (?)', (item,)).fetchone()",
        "x = cursor.execute('SELECT \"a\" FROM p WHERE a = ?', (item,)).fetchone()",
        "x = cursor.execute('SELECT true FROM p WHERE a = ?', (item,)).fetchone()",
        "x = cursor.execute('SELECT q.a FROM p WHERE a = ?', (item,)).fetchone()",
        "x = cursor.execute('SELECT p.a FROM p AS q WHERE a = ?', (item,)).fetchone()",
        "x = cursor.execute('SELECT a FROM asked WHERE a = ?', (item,)).fetchone()",
        "x = cursor.execute('SELECT a FROM p WHERE a = :a', {'a': item}).fetchone()",
        "x = cursor.execute('SELECT a FROM p WHERE a = %s', (item,)).fetchone()",
        "x = cursor.execute('SELECT a FROM p WHERE a=? AND b=? AND c=?', (item, 1, 2)).fetchone()",
        "x = cursor.execute(OTHER, (item,)).fetchone()",
        # parameters
        f"x = {ONE}.fetchone()".replace("(item,)", "item"),
        f"x = {ONE}.fetchone()".replace("(item,)", "(item.name,)"),
        f"x = {ONE}.fetchone()".replace("(item,)", "(give(item),)"),
        f"x = {ONE}.fetchone()".replace("(item,)", "(total,)") + "\ntotal += 1",
        f"x = {ONE}.fetchone()".replace("(item,)", "(item, 1)"),
        f"x = {ONE}.fetchone()".replace("(item,)", "(*item,)"),
        f"item = str(item)\nx = {ONE}.fetchone()",
        # the loop
        f"x = {ONE}.fetchone()\nif x:\n    break",
        f"x = {ONE}.fetchone()\nif x:\n    return x",
        f"if item:\n    continue\nx = {ONE}.fetchone()",
        f"if item:\n    x = {ONE}.fetchone()",
        f"x = item and {ONE}.fetchone()",
        f"x = {ONE}.fetchone() if item else None",
        f"while total < 3:\n    x = {ONE}.fetchone()\n    total += 1",
        f"x = [{ONE}.fetchone() for _ in others]",
        f"x = lambda: {ONE}.fetchone()",
        f"x = f'{{{ONE}.fetchone()}}'".replace("'SELECT", '"SELECT').replace("?'", '?"'),
        f"x = map(str, {ONE}.fetchone())",
        # the cursor
        f"x = {ONE}.fetchmany()",
        f"x = {ONE}",
        f"x = {ONE}.fetchone()\nx = cursor.description",
        f"x = {ONE}.fetchone()\ngive(cursor)",
        f"{ONE}\nx = cursor.fetchone()\ny = cursor.fetchone()",
        f"x = cursor.fetchone()\n{ONE}",
        f"{ONE}; x = cursor.fetchone()",
        f"{ONE}\nfor row in cursor:\n    total += 1",
        f"x = {ONE}.fetchone()\ncursor = give",
        # what could change the table
        f"x = {ONE}.fetchone()\ngive(x)",
        f"x = {ONE}.fetchone()\nothers.execute('DELETE FROM part')",
        f"x = {ONE}.fetchone()\nothers.commit()",
        f"x = {ONE}.fetchone()\nothers[item] = x",
        f"x = {ONE}.fetchone()\nothers.size = x",
        f"x = {ONE}.fetchone()\nfor y in others:\n    total += 1",
        f"x = {ONE}.fetchone()\nwith others:\n    total += 1",
        f"give({ONE}.fetchone())",
    ],
)  # fmt: skip
def test_other_loops_stay_advice(bench, body):
    source = in_loop(body)
    known = not {"lambda", "OTHER"} & set(re.findall(r"\w+", body))
    assert set(safeties(bench, source)) == ({"advice"} if known else set())


@pytest.mark.parametrize(
    ("head", "found"),
    [
        ("for item in items:", "consent"),
        ("for item, in items:", "consent"),
        ("for item in others[1:]:", "consent"),
        ("for item in give(others):", "consent"),
        ("for item in [*items, 3]:", "consent"),
        ("for item in 3, 4:", "advice"),
        ("for item in items or others:", "advice"),
        ("for item in (give := items):", "advice"),
        ("for item in give(kind := items):", "advice"),
        ("for item in give(  # some\n            others):", "advice"),
        ("for others.item, item in items:", "advice"),
        ("for (item, kind), give in items:", "advice"),
        ("for item, item in items:", "advice"),
        ("for item, cursor in items:", "advice"),
    ],
)
def test_what_the_loop_goes_through_can_stand_in_a_call(bench, head, found):
    source = in_loop(f"total += {ONE}.fetchone()[0]")
    assert safeties(bench, source.replace("for item in items:", head)) == [found]


WHOLE = """
import sqlite3

{above}

def f({given}):
    {first}
    for item in items:
        total = cursor.execute("SELECT a FROM p WHERE b = ?", (item,)).fetchone()
"""


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, True),
        ({"given": "items", "first": "cursor = sqlite3.connect('a').cursor()"}, True),
        ({"given": "items", "first": "if items:\n        cursor = sqlite3.connect('a')"}, False),
        ({"given": "items", "above": "cursor = sqlite3.connect('a')"}, True),
        ({"given": "items", "above": "if f:\n    cursor = sqlite3.connect('a')"}, False),
        ({"given": "items", "above": "cursor = 1\ncursor = sqlite3.connect('a')"}, False),
        ({"given": "items"}, False),
        ({"first": "global total"}, False),
        ({"first": "yield"}, False),
        ({"first": "locals()"}, False),
        ({"above": "from os import *"}, None),
        ({"above": "type = len"}, False),
        ({"given": "cursor, enumerate, items"}, True),
    ],
)
def test_a_cursor_that_may_be_missing_or_exchanged_is_asked_as_before(bench, change, found):
    source = WHOLE.format(**{"above": "", "given": "cursor, items", "first": "pass", **change})
    expected = {True: ["consent"], False: ["advice"], None: []}[found]
    assert safeties(bench, source) == expected


STORE = """
class Store{bases}:
    def __init__(self, connection, items):
        {init}
        self.items = items

    {more}

    def f(self):
        {first}
        return [self.connection.execute("SELECT k FROM t WHERE k = ?", (n,)).fetchone()
                for n in self.items]
"""


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, True),
        ({"bases": "(Base)"}, False),
        ({"init": "pass"}, False),
        ({"init": "if items: self.connection = connection"}, False),
        ({"init": "if not items: return\n        self.connection = connection"}, False),
        ({"init": "items.connection = connection"}, False),
        ({"first": "self = self.other"}, False),
        ({"more": "connection = property(id)"}, False),
        ({"more": "def connection(self): pass"}, False),
        ({"more": "def g(self): del self.connection"}, False),
        ({"more": "def __getattr__(self, name): return 1"}, False),
        ({"more": "@staticmethod"}, False),
    ],
)
def test_a_connection_of_an_object_is_one_that_its_class_sets(bench, change, found):
    plain = {
        "bases": "",
        "init": "self.connection = connection",
        "more": "",
        "first": "",
        **change,
    }
    assert ("consent" in safeties(bench, STORE.format(**plain))) is found


def test_a_query_that_another_file_may_replace_stays_advice(bench):
    source = in_loop("total += cursor.execute(SQL, [item]).fetchone()[0]")
    assert safeties(bench, source, outside=frozenset({"SQL"})) == ["advice"]
    assert safeties(bench, source, outside=None) == ["advice"]


def admission(bench, source, run):
    """What the only match of a source is admitted as, and why not as more."""
    module = bench.module(source)
    (match,) = bench.matches(module, find_remedy(NAME))
    found = find_remedy(NAME).admit(match, bench.observe(module, [match], run))
    if not found.admitted:
        return "", found.reason
    return found.safety or match.safety, found.evidence.get("not rewritten")


EVERY = """
def f(connection, items):
    found = []
    for item in items:
        found.append(connection.execute("SELECT id FROM t WHERE k = ?", (item,)).fetchFETCH())
    return found
"""


MINE = "an item was of type test_hostile_queries.Mine"
ROW = "a row was of type sqlite3.Row"


@pytest.mark.parametrize(
    ("fetch", "prepare", "items", "found"),
    [
        ("one", None, [*range(60)], ("consent", None)),
        ("all", None, [*range(60)], ("consent", None)),
        ("one", with_row_factory, [*range(60)], ("consent", None)),
        ("one", None, [*map(Mine, range(60))], ("advice", MINE)),
        ("one", None, range(60), ("advice", "what the loop goes through was of type range")),
        ("one", "Row", [*range(60)], ("advice", ROW)),
        ("all", "Row", [*range(60)], ("advice", ROW)),
        ("all", "several", [*range(60)],
         ("advice", "items have several rows, whose order another query may change")),
        ("one", "short", [*range(49)], ("advice", "few items are asked for in a loop")),
        ("one", None, [*range(29)], ("", "it is called seldom")),
        ("one", Shouting, [*range(60)], ("", "it is of type test_hostile_queries.Shouting")),
        ("one", None, [], ("", "the run never came here")),
    ],
)  # fmt: skip
def test_where_the_evidence_speaks_against_the_rewrite_only_it_becomes_advice(
    bench, fetch, prepare, items, found
):
    def run(module):
        with database(rows=[*range(60)] * (2 if prepare == "several" else 1)) as connection:
            asker = connection
            if prepare == "Row":
                connection.row_factory = sqlite3.Row
            elif prepare is Shouting:
                asker = connection.cursor(Shouting)
            elif callable(prepare):
                prepare(connection)
            for _ in range(2 if prepare == "short" else 1):
                module.f(asker, items)

    safety, reason = admission(bench, EVERY.replace("FETCH", fetch), run)
    plain = reason and reason.replace("tests.remedies.", "")
    assert (safety, plain) == found


class Sold:
    """An object whose `get` may do anything."""

    def get(self, name):
        return name


@pytest.mark.parametrize(
    ("prices", "found"),
    [
        ({1: 2}, ("consent", None)),
        (Counter({1: 2}), ("consent", None)),
        (Sold(), ("advice", "the loop calls methods of test_hostile_queries.Sold")),
    ],
)
def test_methods_of_other_objects_could_reach_the_database(bench, prices, found):
    source = EVERY.replace("FETCH", "one").replace("(connection, items)", "(connection, items, p)")
    source = source.replace("    return found", "        x = p.get(item)\n    return found")

    def run(module):
        with database(rows=MANY) as connection:
            module.f(connection, MANY, prices)

    safety, reason = admission(bench, source, run)
    assert (safety, reason and reason.replace("tests.remedies.", "")) == found


def test_a_driver_that_is_not_known_well_enough_gets_advice(bench):
    module = bench.module(EVERY.replace("FETCH", "one"))
    (match,) = bench.matches(module, find_remedy(NAME))
    evidence = Evidence(values={site.site: value(site.role) for site in match.values})
    found = find_remedy(NAME).admit(match, evidence)
    assert (found.reason, found.safety) == (None, "advice")
    assert found.evidence["not rewritten"] == "what was asked was of type psycopg.Connection"
    (listed,) = findings(
        [match],
        evidence,
        SimpleNamespace(cpu=None),
        [],
        remedies=[find_remedy(NAME)],
        level="high",
        least_gain=0,
    )
    assert (listed.safety, "differs" in listed.evidence) == ("advice", False)
    with pytest.raises(WhetError, match="it is advice"):
        propose_fix(module, listed)


def value(role):
    kinds = {"object": "psycopg.Connection", "items": "list", "answer": "tuple"}
    return ValueEvidence(
        site=role, observations=1 if role == "items" else 60, described=1,
        types={kinds.get(role, "tuple"): 60}, element_types={"int": 60},
    )  # fmt: skip


def test_without_evidence_it_is_not_admitted(bench):
    module = bench.module(EVERY.replace("FETCH", "one"))
    (match,) = bench.matches(module, find_remedy(NAME))
    assert find_remedy(NAME).admit(match, Evidence()).reason == "the run never came here"


def test_advice_has_nothing_to_rewrite(bench):
    module = bench.module(in_loop("give(" + ONE + ")"))
    (match,) = bench.matches(module, find_remedy(NAME))
    assert match.safety == "advice"
    with pytest.raises(WhetError, match="nothing to rewrite"):
        find_remedy(NAME).rewrite(module, match)


def test_two_fixes_of_one_file_share_what_they_define(bench):
    before, after = sides(bench)
    names = [name for name in vars(after) if name not in vars(before)]
    assert sorted(names) == ["_row_of_each", "_rows_by_place", "_rows_of_each"]


def test_a_file_without_the_import_gets_it_and_its_own_names_are_left_alone(bench):
    source = "known = found = some = 1\n" + EVERY.replace("FETCH", "one")

    def run(module):
        with database(rows=MANY) as connection:
            return module.f(connection, MANY)

    after = bench.fix(source, NAME, run)
    assert after.startswith("from sqlite3 import Connection\nfrom sqlite3 import Cursor\n")
    module = bench.load(after)
    assert run(module) == [(n,) for n in MANY]
    assert (module.known, module.found, module.some) == (1, 1, 1)
