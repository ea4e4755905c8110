"""Evidence that speaks against a remedy for reading, databases, processes or memory is named."""

from __future__ import annotations

import msgspec
import pytest

from whet.records import CallEvidence, Evidence, ValueEvidence
from whet.remedies import find_remedy
from whet.remedies.calls._loops import stored_in

VALUE = ValueEvidence(site="", observations=60, described=60, types={"str": 60})
ONCE = ValueEvidence(site="", observations=1, described=1, types={"list": 1})
CALL = CallEvidence(
    site="", calls=60, described=60, raised=0, distinct_arguments=1, hit_rate=0.98,
    arguments_immutable=True, argument_types={"str": 60}, result_types={"dict": 60},
    results_immutable=False, files_read=60, files_distinct=1, files_changed=0,
    files_most_in_one_call=60, results_kept=1, results_changed=0, wall_s=6.0, cpu_s=0.1,
)  # fmt: skip

READER = "import json\ndef f(p):\n    with open(p) as g:\n        return json.load(g)\n"
LOOP = (
    "import json\ndef f(rows, p):\n    for row in rows:\n        with open(p) as g:\n"
    "            d = json.load(g)\n        print(d[row])\n"
)
COMMIT = "def f(c, rows):\n    for row in rows:\n        c.execute('x', row)\n        c.commit()\n"
ROWS = (
    "def f(c, rows):\n    for row in rows:\n        c.execute('INSERT INTO t VALUES (?)', row)\n"
)
OPENED = (
    "def f(p, rows):\n    for r in rows:\n        with open(p, 'a') as o:\n"
    "            o.write(r)\n"
)
FLUSH = (
    "def f(p, rows):\n    with open(p, 'w') as o:\n        for r in rows:\n"
    "            print(r, file=o)\n            o.flush()\n"
)
START = (
    "import subprocess\ndef f(ps):\n    for p in ps:\n        subprocess.call(['gzip', '-k', p])\n"
)
WAITS = "def g(x):\n    return x\ndef f(xs):\n    return [g(x) for x in xs]\n"
LINES = "def f(p):\n    return {x for x in open(p).readlines()}\n"
SUMMED = "def f(xs):\n    return sum([x for x in xs])\n"
ITERATED = "def f(xs):\n    for y in [x for x in xs]:\n        print(y)\n"
SMALL = "def f(p):\n    with open(p, 'rb', 0) as g:\n        return g.read(1)\n"
POINT = "class P:\n    def __init__(self, x):\n        self.x = x\ndef f():\n    return P(1)\n"
MEMO = (
    "import functools\n@functools.cache\ndef f(x):\n    return x + 1\ndef g(x):\n    return f(x)\n"
)
PART = "class P:\n    def __init__(self):\n        self.x = make()\ndef make():\n    return 1\n"
GROWN = "A = {}\ndef f(x):\n    A[x] = 1\n"
MADE = "class P:\n    def __init__(self, x):\n        self.x = x\ndef f(y):\n    return P(y)\n"
QUERY = "def f(c, x):\n    return c.execute('SELECT a FROM t WHERE b = ?', (x,))\n"


def admission(bench, remedy, text, /, calls=CALL, **values):
    """What a remedy says to its first match, with evidence by role; None leaves a site out."""
    found = find_remedy(remedy)
    match = bench.matches(bench.module(text), found)[0]
    seen = {site.site: values[site.role] for site in match.values if values.get(site.role)}
    asked = {site.site: calls for site in match.calls if calls is not None}
    return found.admit(match, Evidence(values=seen, calls=asked))


def with_(record, **changes):
    return msgspec.structs.replace(record, **changes)


SQLITE = with_(VALUE, types={"sqlite3.Connection": 60})
MANY = with_(VALUE, size_max=20_000, element_types={"int": 20_000})
POINTS = with_(VALUE, observations=9_000, types={"m.P": 9_000}, attributes=("x",))

CASES = [
    ("file_read_again", READER, {"calls": with_(CALL, calls=0)}, "never called"),
    ("file_read_again", READER, {"calls": with_(CALL, files_changed=None)}, "not known"),
    ("file_read_again", READER, {"calls": with_(CALL, files_changed=1)}, "were written"),
    ("file_read_again", READER, {"calls": with_(CALL, argument_types={"int": 1})}, "no safe keys"),
    ("file_read_again", READER, {"calls": with_(CALL, result_types={"m.C": 1})}, "may hold state"),
    ("file_read_again", READER, {"calls": with_(CALL, results_kept=0)}, "not known whether"),
    ("file_read_again", READER, {"calls": with_(CALL, results_changed=1)}, "callers change"),
    ("file_read_again", READER, {"calls": with_(CALL, files_distinct=65)}, "more than 64"),
    ("file_read_again", READER, {"calls": with_(CALL, files_distinct=58)}, "few files"),
    ("file_read_in_loop", LOOP, {}, "never came"),
    ("file_read_in_loop", LOOP, {"calls": with_(CALL, files_changed=None), "path": VALUE},
     "not known"),
    ("file_read_in_loop", LOOP, {"calls": with_(CALL, files_changed=1), "path": VALUE}, "written"),
    ("file_read_in_loop", LOOP, {"calls": with_(CALL, files_most_in_one_call=1), "path": VALUE},
     "no file is read again"),
    ("file_read_in_loop", LOOP, {"path": VALUE}, "no file is read again"),
    ("commit_per_row", COMMIT, {"connection": SQLITE}, "never came"),
    ("commit_per_row", COMMIT, {"connection": VALUE, "rows": ONCE}, "no connection"),
    ("commit_per_row", COMMIT, {"connection": SQLITE, "rows": SQLITE}, "few rows"),
    ("statement_per_row", ROWS, {}, "never came"),
    ("statement_per_row", ROWS, {"cursor": VALUE, "row": VALUE, "rows": ONCE}, "do it otherwise"),
    ("statement_per_row", ROWS, {"cursor": SQLITE, "row": VALUE, "rows": ONCE}, "rows are of"),
    ("statement_per_row", ROWS,
     {"cursor": SQLITE, "row": with_(VALUE, types={"tuple": 9}), "rows": VALUE}, "is empty"),
    ("statement_per_row", ROWS,
     {"cursor": with_(SQLITE, observations=9), "row": with_(VALUE, types={"tuple": 9}),
      "rows": ONCE}, "few rows"),
    ("file_opened_per_item", OPENED, {"path": VALUE}, "never came"),
    ("file_opened_per_item", OPENED, {"path": VALUE, "items": ONCE}, "read meanwhile"),
    ("file_opened_per_item", OPENED,
     {"calls": with_(CALL, files_read=0), "path": VALUE, "items": VALUE}, "few items"),
    ("flush_per_line", FLUSH, {}, "never came"),
    ("flush_per_line", FLUSH, {"file": VALUE}, "it is of type str"),
    ("flush_per_line", FLUSH,
     {"file": with_(VALUE, observations=3, types={"_io.TextIOWrapper": 3})}, "seldom"),
    ("process_per_item", START, {}, "never came"),
    ("process_per_item", START, {"item": VALUE, "items": VALUE}, "the items came from str"),
    ("process_per_item", START, {"item": SQLITE, "items": ONCE}, "items are of type sqlite3"),
    ("process_per_item", START, {"item": with_(VALUE, observations=4), "items": ONCE}, "few"),
    ("waits_in_a_row", WAITS, {"items": None}, "never came"),
    ("waits_in_a_row", WAITS, {"calls": with_(CALL, wall_s=None), "items": ONCE}, "not known"),
    ("waits_in_a_row", WAITS, {"calls": with_(CALL, threads=2), "items": ONCE}, "in threads"),
    ("waits_in_a_row", WAITS, {"calls": with_(CALL, argument_types={"m.C": 1}), "items": ONCE},
     "may be shared"),
    ("waits_in_a_row", WAITS, {"items": VALUE}, "few calls"),
    ("waits_in_a_row", WAITS, {"calls": with_(CALL, cpu_s=5.0), "items": ONCE}, "hardly wait"),
    ("whole_file_lines", LINES, {}, "never came"),
    ("whole_file_lines", LINES, {"lines": MANY, "file": VALUE}, "file is of type str"),
    ("list_only_consumed", SUMMED, {}, "never came"),
    ("list_only_consumed", SUMMED, {"calls": with_(CALL, raised=1), "list": MANY}, "raised"),
    ("list_only_consumed", SUMMED, {"list": with_(MANY, size_max=9)}, "short"),
    ("list_only_consumed", SUMMED.replace("sum", "dict"), {"list": MANY}, "pairs are not plain"),
    ("small_unbuffered_reads", SMALL, {}, "never came"),
    ("small_unbuffered_reads", SMALL, {"read": VALUE}, "of type str"),
    ("small_unbuffered_reads", SMALL, {"read": with_(VALUE, types={"bytes": 9})}, "few reads"),
    (
        "small_unbuffered_reads",
        SMALL,
        {"read": with_(VALUE, types={"bytes": 9}, size_median=9e9)},
        "reads are large",
    ),
    ("list_only_iterated", ITERATED, {}, "never came"),
    ("list_only_iterated", ITERATED, {"list": MANY, "source": ONCE}, "not everything"),
    ("list_only_iterated", ITERATED, {"list": MANY, "source": ONCE, "input": SQLITE}, "made of"),
    ("list_only_iterated", ITERATED, {"list": MANY, "source": ONCE, "input": VALUE}, "may hold"),
    (
        "list_only_iterated",
        ITERATED,
        {"calls": with_(CALL, raised=1), "list": MANY, "source": VALUE, "input": VALUE},
        "raised",
    ),
    (
        "list_only_iterated",
        ITERATED,
        {"calls": with_(CALL, files_changed=1), "list": MANY, "source": VALUE, "input": VALUE},
        "was written",
    ),
    ("list_only_iterated", ITERATED, {"list": VALUE, "source": VALUE, "input": VALUE}, "short"),
    ("instances_with_dict", POINT, {}, "never made one"),
    ("instances_with_dict", POINT, {"made": VALUE}, "instances were of type str"),
    ("instances_with_dict", POINT, {"made": with_(POINTS, attributes=None)}, "not known"),
    ("instances_with_dict", POINT, {"made": with_(POINTS, attributes=("x", "z"))}, "other attr"),
    ("instances_with_dict", POINT, {"made": with_(POINTS, observations=60)}, "few instances"),
    ("unbounded_cache", MEMO, {"calls": with_(CALL, calls=0), "call": VALUE}, "never called"),
    ("unbounded_cache", MEMO, {"call": VALUE}, "can be changed"),
    ("unbounded_cache", MEMO,
     {"calls": with_(CALL, results_immutable=True, io_events=1), "call": VALUE}, "it does I/O"),
    ("unbounded_cache", MEMO, {"calls": with_(CALL, results_immutable=True), "call": VALUE},
     "few results"),
    ("unbounded_cache", MEMO,
     {"calls": with_(CALL, results_immutable=True, calls=9_000),
      "call": with_(VALUE, observations=20_000)}, "asked for again"),
    ("attribute_seldom_used", PART, {}, "never came"),
    ("attribute_seldom_used", PART, {"made": ONCE}, "few are made"),
    ("attribute_seldom_used", PART + "def g(p):\n    return p.x\n",
     {"made": VALUE, "read": VALUE}, "they are used"),
    ("container_only_grows", GROWN, {}, "never came"),
    ("container_only_grows", GROWN, {"container": with_(VALUE, size_max=9)}, "stays small"),
    ("object_made_again", MADE, {}, "never came"),
    ("object_made_again", MADE, {"made": VALUE}, "not every argument"),
    ("object_made_again", MADE, {"made": VALUE, "argument": with_(VALUE, distinct_values=2)},
     "differ"),
    ("object_made_again", MADE, {"made": VALUE, "argument": with_(VALUE, distinct_values=1)},
     "seldom"),
    ("query_per_item", QUERY, {}, "never came"),
    ("query_per_item", QUERY, {"object": VALUE, "parameters": VALUE}, "it is of type str"),
    ("query_per_item", QUERY, {"object": with_(SQLITE, observations=3), "parameters": VALUE},
     "seldom"),
]  # fmt: skip


@pytest.mark.parametrize(("remedy", "source", "seen", "reason"), CASES)
def test_evidence_against_a_remedy_is_named(bench, remedy, source, seen, reason):
    found = admission(bench, remedy, source, **seen)
    assert not found.admitted
    assert reason in found.reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"files_changed": 1}, "was written"), ({"raised": 1}, "raised"), ({}, "short")],
)
def test_files_that_change_fail_or_are_short_keep_their_lists(bench, change, reason):
    file = with_(VALUE, types={"_io.TextIOWrapper": 60})
    found = admission(
        bench, "whole_file_lines", LINES, with_(CALL, **change), lines=VALUE, file=file
    )
    assert reason in found.reason


def test_every_way_to_bind_a_name_is_known(bench):
    source = """
for a in b:
    try:
        import c.d, e as f
    except E as g:
        pass
    match a:
        case [h, *i]:
            pass
        case {**j}:
            pass
        case k:
            pass
    def l(): pass
    async def m(): pass
    class n: pass
    del o
    (p := 1)
"""
    tree = bench.module(source).tree
    assert stored_in(tree) == set("acfghijklmnop")
