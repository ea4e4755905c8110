"""Each reason to refuse is met by a source or by evidence that gives it."""

from __future__ import annotations

import ast
import collections

import msgspec
import pytest

from whet.errors import UsageError, WhetError
from whet.records import CallEvidence, Evidence, ValueEvidence
from whet.remedies import _admission, find_remedy, propose_fix
from whet.remedies._names import Use, is_no_list, makes_new_list, use_of
from whet.remedies._places import import_of
from whet.remedies.calls._purity import Purity


def purity(bench, source, outside=frozenset()):
    module = bench.module(source, outside=outside)
    function = next(f for f in module.functions() if f.name == "f")
    return Purity(module, function)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def f(x):\n    x.y = 1", "it sets attributes"),
        ("def f(x):\n    x[0] = 1", "it changes what it did not make"),
        ("def f(x):\n    x += 1\n    return x", "it changes what it did not make"),
        ("def f(x):\n    return sorted(x, key=lambda y: 1)", "it makes functions"),
        ("def f(x):\n    return [int][0](x)", "it calls what it has worked out"),
        ("def f(x):\n    return x(1)", "it calls x, which it was given"),
        ("def f(x):\n    return x is x", "it compares identities"),
        ("def f(x):\n    return open(x)", "it uses open"),
        ("def f(x):\n    return x.upper", "it reads the attribute upper"),
        ("def f(x):\n    return x.wobble()", "it calls the method wobble"),
        ("def f(x):\n    x.append(1)", "it calls the method append"),
        ("A = 1\nA = 2\ndef f(x):\n    return A", "A is bound more than once"),
        ("A = []\ndef f(x):\n    return A\ndef g():\n    A.append(1)", "A may change"),
        ("A = []\ndef f(x):\n    return len(A)\ng = [A]", "A may change"),
        ("class A: pass\ndef f(x):\n    return A", "it uses A"),
        ("import os\ndef f(x):\n    return os.getcwd()", "it uses os"),
        ("import os.path\ndef f(x):\n    return os.path.exists(x)", "it uses os"),
        (
            "import posixpath\ndef f(x):\n    return posixpath.exists(x)",
            "it uses posixpath.exists",
        ),
        ("from m import thing\ndef f(x):\n    return thing", "it uses thing, imported from"),
        ("def g(x):\n    print(x)\ndef f(x):\n    return g(x)", "it uses print"),
        (
            "def d(g): return g\n@d\ndef g(x):\n    return x\ndef f(x):\n    return g(x)",
            "it uses g",
        ),
        ("def f(x):\n    for n in x:\n        n += 1\n    return 1", "it changes what it did not"),
        ("def f(x):\n    with x:\n        return 1", "it enters a context"),
        ("def f(x):\n    del x", "it deletes names"),
        ("def o(y):\n    def f(x):\n        return y\n    return f", "it reads y of an enclosing"),
    ],
)
def test_what_is_not_pure_is_named(bench, source, reason):
    assert purity(bench, source).reason.startswith(reason)


@pytest.mark.parametrize(
    "source",
    [
        "import math\ndef f(x):\n    return math.sqrt(x)",
        "from math import sqrt\ndef f(x):\n    return sqrt(x)",
        "import functools\n@functools.cache\ndef g(x):\n    return x\ndef f(x):\n    return g(x)",
        "def f(x):\n    a = [0] * x\n    a[0] = 1\n    a.append(2)\n    return len(a)",
        "def f(x):\n    n = 0\n    s = 'a' + 'b'\n    n += 1\n    s += 'c'\n    return s * n",
        "_A = [1, 2]\ndef f(x):\n    return x in _A",
        "_A = {}\ndef g(t, x):\n    return t.get(x)\ndef f(x):\n    return g(_A, x)",
        "def f(x):\n    return x if x is not None else sorted({1: 2})",
    ],
)
def test_what_is_pure_has_no_reason_against_it(bench, source):
    assert purity(bench, source).reason == ""


def test_names_that_are_taken_for_constants_are_told(bench):
    source = "from m import LIMIT\nTABLE = [1]\ndef f(x):\n    return x in TABLE and x < LIMIT"
    assert purity(bench, source, frozenset({"TABLE"})).trusted == {"TABLE", "LIMIT"}
    assert purity(bench, source).trusted == {"LIMIT"}
    assert purity(bench, "def f(x):\n    return f(x - 1) if x else 0").recursive


def value(**fields):
    plain = {
        "site": "s", "observations": 9, "described": 9, "types": {"list": 9},
        "element_types": {"int": 9}, "elements_complete": True, "hashable": True,
        "plain_equality": True, "total_order": True, "size_median": 100.0, "size_max": 100,
    }  # fmt: skip
    return ValueEvidence(**{**plain, **fields})


@pytest.mark.parametrize(
    ("question", "fields", "reason"),
    [
        ("plain_members", {}, None),
        ("plain_members", {"described": 0}, "never seen"),
        ("plain_members", {"elements_complete": False}, "too large"),
        ("plain_members", {"hashable": None}, "cannot be hashed"),
        ("plain_members", {"plain_equality": False}, "way of their own"),
        ("plain_probe", {"types": {"int": 9}}, None),
        ("plain_probe", {"types": {"tuple": 9}}, None),
        ("plain_probe", {"types": {"tuple": 9}, "hashable": False}, "of type tuple"),
        ("plain_probe", {"types": {"app.Odd": 9}}, "of type app.Odd"),
        ("plain_probe", {"observations": 0}, "never seen"),
        ("ordered_elements", {}, None),
        ("ordered_elements", {"described": 0}, "never seen"),
        ("ordered_elements", {"elements_complete": False}, "too large"),
        ("ordered_elements", {"element_types": {"tuple": 1}}, None),
        ("ordered_elements", {"element_types": {"int": 1, "float": 1}, "total_order": None}, None),
        ("ordered_elements", {"element_types": {"set": 1}, "total_order": False}, "type set"),
        ("ordered_values", {"types": {"str": 9}}, None),
        ("ordered_values", {"types": {"int": 8, "float": 1}}, None),
        ("ordered_values", {"types": {"str": 8, "int": 1}}, "of type int, str"),
        ("ordered_values", {"types": {"float": 9}, "plain_equality": False}, "of type float"),
        ("ordered_values", {"observations": 0}, "never seen"),
    ],
)
def test_evidence_answers_what_remedies_ask(question, fields, reason):
    answer = getattr(_admission, question)(value(**fields))
    assert (answer is None) if reason is None else (reason in answer)


MEMO = "def f(x):\n    return str(x) * 3\n"


@pytest.fixture
def memo(bench):
    """The admission of a memo for a function with the given evidence."""
    remedy = find_remedy("repeated-pure-call")
    (match,) = bench.matches(bench.module(MEMO), remedy)

    def admit(**fields):
        plain = {
            "site": match.calls[0].site, "calls": 100, "described": 100, "raised": 0,
            "distinct_arguments": 5, "hit_rate": 0.95, "arguments_immutable": True,
            "argument_types": {"int": 100}, "results_immutable": True,
        }  # fmt: skip
        evidence = CallEvidence(**{**plain, **fields})
        return remedy.admit(match, Evidence(calls={evidence.site: evidence}))

    return admit


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, None),
        ({"calls": 0}, "the run never called it"),
        ({"io_events": 1}, "it does I/O"),
        ({"arguments_mutated": 1}, "it changes its arguments or yields"),
        ({"generator": True}, "it changes its arguments or yields"),
        ({"argument_types": {"float": 1}}, "arguments of float are no safe keys"),
        ({"arguments_immutable": None}, "arguments of unknown kinds are no safe keys"),
        ({"results_immutable": None}, "its results can be changed by whoever gets them"),
        ({"hit_rate": None}, "how often arguments come again is not known"),
        ({"distinct_arguments": 10**6}, "more than 4096 different arguments"),
        ({"calls": 9}, "too few calls repeat their arguments"),
        ({"hit_rate": 0.1}, "too few calls repeat their arguments"),
    ],
)
def test_a_memo_is_refused_with_its_reason(memo, fields, reason):
    assert memo(**fields).reason == reason


SET = """
KNOWN = ["a", "b"]


def f(names, given):
    return [name for name in names if name in given]
"""


@pytest.fixture
def asked(bench):
    """The admission of a set in the place of a list, with evidence by role."""
    remedy = find_remedy("membership_in_list")
    (match,) = bench.matches(bench.module(SET), remedy)

    def admit(calls=1, **roles):
        values = {site.site: roles[site.role] for site in match.values if roles.get(site.role)}
        call = CallEvidence(
            site=match.calls[0].site, calls=calls, described=1, raised=0, distinct_arguments=None,
            hit_rate=None, arguments_immutable=None, results_immutable=None,
        )  # fmt: skip
        found = Evidence(values=values, calls={call.site: call})
        return remedy.admit(match, found)

    return admit


@pytest.mark.parametrize(
    ("roles", "reason"),
    [
        ({"container": value(), "probe": value(types={"int": 9})}, None),
        ({}, "the run never came here"),
        ({"container": value()}, "the run never came here"),
        ({"container": value(types={"tuple": 9}), "probe": value(types={"int": 9})},
         "the container was of type tuple"),
        ({"container": value(hashable=False), "probe": value(types={"int": 9})},
         "some elements cannot be hashed"),
        ({"container": value(), "probe": value(types={"app.Odd": 9})},
         "what is looked for is of type app.Odd"),
        ({"container": value(size_median=3.0), "probe": value(types={"int": 9})},
         "the list is short (3 elements)"),
        ({"container": value(), "probe": value(types={"int": 9}), "calls": 9},
         "building the set would cost as much as it saves"),
        ({"container": value(), "probe": value(types={"int": 9}), "calls": 0},
         "it is not known how often the set would be built"),
    ],
)  # fmt: skip
def test_a_set_is_refused_with_its_reason(asked, roles, reason):
    assert asked(**roles).reason == reason


@pytest.mark.parametrize(
    ("before", "line", "after", "expression"),
    [
        ("", "", "from collections import deque as d\n", "d"),
        ("", "", "import collections as c\n", "c.deque"),
        ("", "from collections import deque\n", "import os\n", "deque"),
        ("", "import collections\n", "def deque(): pass\n", "collections.deque"),
        (
            "", "import collections as _collections\n",
            "def deque(): pass\ncollections = 1\n", "_collections.deque",
        ),
        (
            '#!/usr/bin/python\n# -*- coding: utf-8 -*-\n"""Doc."""\n',
            "\nfrom collections import deque\n", "x = 1\n", "deque",
        ),
        (
            "from __future__ import annotations\n",
            "from collections import deque\n", "x = 1\n", "deque",
        ),
    ],
)  # fmt: skip
def test_an_import_is_written_once_and_shadows_nothing(bench, before, line, after, expression):
    module = bench.module(before + after)
    written, edits = import_of(module, "collections", "deque")
    assert written == expression
    assert module.apply(edits).decode() == before + line + after
    assert eval(expression, vars(bench.load(before + line + after))) is collections.deque


def test_an_unknown_remedy_is_named_with_the_nearest():
    with pytest.raises(UsageError, match="queue_in_list"):
        find_remedy("queue-in-lists")
    with pytest.raises(UsageError, match="lists them"):
        find_remedy("zzz")


@pytest.mark.parametrize("folder_name", ["queue_in_list", "membership_in_list", "sorted_for_few",
                                         "pattern_in_function", "repeated_pure_call"])  # fmt: skip
def test_a_match_that_is_gone_is_not_rewritten(bench, folder_name):
    sources = {
        "queue_in_list": "def f(x):\n    q = [x]\n    while q:\n        q.pop(0)\n",
        "membership_in_list": SET,
        "sorted_for_few": "def f(x):\n    return sorted(x)[0]\n",
        "pattern_in_function": "import re\ndef f(x):\n    return re.match('a', x)\n",
        "repeated_pure_call": MEMO,
    }
    remedy = find_remedy(folder_name)
    match = bench.matches(bench.module(sources[folder_name]), remedy)[0]
    for other in ("x = 1\n", "def g():\n    return 1\n\n\ndef h():\n    return 2\n"):
        with pytest.raises(WhetError, match="another by now"):
            remedy.rewrite(bench.module(other), match)


def test_a_refused_finding_is_no_fix(bench):
    from whet.records import Finding

    finding = Finding(
        finding_id="x", remedy="queue_in_list", file="a.py", line=1, function="f", message="m",
        safety="safe", claims="cpu_time", attainable_gain=0.0,
        evidence={},
    )  # fmt: skip
    with pytest.raises(WhetError, match="nothing to rewrite"):
        propose_fix(bench.module("x = 1\n"), finding)
    refused = msgspec.structs.replace(finding, refused="too short")
    with pytest.raises(WhetError, match="too short"):
        propose_fix(bench.module("x = 1\n"), refused)


@pytest.mark.parametrize(
    ("statement", "use"),
    [
        ("xs = []", Use.BOUND),
        ("xs: list = []", Use.BOUND),
        ("xs: list", Use.CHANGED),
        ("xs += [1]", Use.CHANGED),
        ("xs[0] = 1", Use.CHANGED),
        ("del xs[0]", Use.CHANGED),
        ("y = xs[0]", Use.INDEXED),
        ("y = 1 in xs", Use.PROBED),
        ("y = 1 in xs in [[]]", Use.ESCAPES),
        ("y = xs == [1]", Use.READ),
        ("y = xs is None", Use.READ),
        ("xs.append(1)", Use.APPENDED),
        ("y = xs.append(1)", Use.CALLED),
        ("xs.append(*y)", Use.CALLED),
        ("y = xs.append", Use.ESCAPES),
        ("y = len(xs)", Use.READ),
        ("y = id(xs)", Use.ESCAPES),
        ("for y in map(str, xs): pass", Use.READ),
        ("y = map(str, xs)", Use.ESCAPES),
        ("for y in xs: pass", Use.READ),
        ("while xs: pass", Use.READ),
        ("if y or xs: pass", Use.READ),
        ("y = y or xs", Use.ESCAPES),
        ("y = not xs", Use.READ),
        ("y = [*xs]", Use.READ),
        ("y = f'{xs}'", Use.READ),
        ("y = xs + [1]", Use.READ),
        ("y = xs - [1]", Use.ESCAPES),
        ("y = [n for n in xs]", Use.READ),
        ("return xs", Use.RETURNED),
        ("yield xs", Use.ESCAPES),
        ("keep(xs)", Use.ESCAPES),
        ("y = {1: xs}", Use.ESCAPES),
    ],
)
def test_every_mention_of_a_list_is_told_by_what_it_does(bench, statement, use):
    module = bench.module(f"def f(xs, y):\n    {statement}\n")
    names = [n for n in ast.walk(module.tree) if isinstance(n, ast.Name) and n.id == "xs"]
    assert [use_of(module, name) for name in names] == [use]


@pytest.mark.parametrize(
    ("expression", "new", "other"),
    [
        ("[]", True, False),
        ("[n for n in x]", True, False),
        ("list(x)", True, False),
        ("x.split()", True, False),
        ("[1] + x", True, False),
        ("x * 2", False, False),
        ("x", False, False),
        ("{}", False, True),
        ("()", False, True),
        ("(n for n in x)", False, True),
        ("'text'", False, True),
        ("x.strip()", False, True),
        ("set(x)", False, True),
        ("collections.deque(x)", False, True),
        ("f(x)", False, False),
        ("x if x else []", False, False),
    ],
)
def test_what_an_expression_makes_is_told_by_its_form(bench, expression, new, other):
    module = bench.module(expression)
    value = module.tree.body[0].value
    assert (makes_new_list(module, value), is_no_list(value)) == (new, other)


@pytest.mark.parametrize(
    "body",
    [
        "def f(y):\n    xs = [1]\n    def g(): return xs\n    for n in y:\n        n in xs",
        "def f(y):\n    global xs\n    xs = [1]\n    for n in y:\n        n in xs",
        "def f(y):\n    xs = {}\n    for n in y:\n        n in xs",
        "def f(y):\n    xs = y.strip()\n    for n in y:\n        n in xs",
        "def f(y):\n    xs = []\n    for n in y:\n        if n not in xs: xs.append(n)",
        "def f(y):\n    xs = []\n    for n in y:\n        n in xs\n        xs.append(n + 1)",
        "def f(y):\n    xs = []\n    k(xs)\n    for n in y:\n        n in xs; xs.append(n)",
        "def f(y):\n    xs = list(y)\n    for n in y:\n        n in xs\n        xs.append(n)",
        "def f(y):\n    xs = []\n    for n in y:\n        xs.append(n)\n    return 1 in xs",
        "def f(y):\n    xs = [1, 2]\n    return y in xs",
        "def f(y):\n    if y: xs = [1, 2]\n    for n in y:\n        n in xs",
        "def f(y):\n    xs = [1]\n    xs = [2]\n    for n in y:\n        n in xs",
        "def f(y):\n    xs = [1]\n    for n in y:\n        n in xs\n        xs.remove(n)",
        "def f(y):\n    for xs in y:\n        1 in xs",
        "def f(y):\n    try:\n        pass\n    except E as xs:\n        [n in xs for n in y]",
        "def f(y, xs=None):\n    for n in y:\n        n in xs",
        "def f(y, *, xs=None):\n    for n in y:\n        n in xs",
        "def f(y, xs):\n    [n in xs for n in y]\n    [n in xs for n in y]",
        "def f(y, xs):\n    for n in y:\n        n in xs\n    xs = [1]",
        "def f(y):\n    return y in [1, 2, 3]",
        "def f(y):\n    return y in [1, 2, 3, 4, 5, 6, 7, z]",
        "def f(y):\n    return y in [1.0, 2, 3, 4, 5, 6, 7, 8, 9]",
        "xs = f(1)\ndef f(y):\n    return y in xs",
        "xs = [1]\nxs.append(2)\ndef f(y):\n    return y in xs",
        "xs = [1]; z = 2\ndef f(y):\n    return y in xs",
        "if 1:\n    xs = [1]\ndef f(y):\n    return y in xs",
        "from m import *\nxs = [1]\ndef f(y):\n    return y in xs",
    ],
)
def test_lists_that_no_set_can_stand_in_for_are_not_found(bench, body):
    module = bench.module(f"{body}\n")
    assert module.tree is not None
    assert bench.matches(module, find_remedy("membership_in_list")) == []


@pytest.mark.parametrize(
    ("remedy", "source", "found"),
    [
        ("membership_in_list", "    xs: list", 0),
        ("queue_in_list", "    q = [x]\n    while len(q) >= 1:\n        q.pop(0)", 1),
        ("queue_in_list", "    q = [x]\n    while len(q) != 0 and x:\n        q.pop(0)", 1),
        ("queue_in_list", "    q = [x]\n    while q != []:\n        q.pop(0)", 0),
        ("queue_in_list", "    q = [x]\n    while x or q:\n        q.pop(0)", 0),
        ("queue_in_list", "    q = [x]\n    for _ in range(len(q)):\n        q.pop(0)", 1),
        ("queue_in_list", "    q = [x]\n    for _ in range(len(x)):\n        q.pop(0)", 0),
        ("queue_in_list", "    q = [x]\n    for _ in x:\n        q.pop(0)", 0),
        ("queue_in_list", "    q = [x]\n    while q:\n        [q.pop(0) for _ in x]", 0),
        ("queue_in_list", "    q = [x]\n    while q:\n        q.pop()\n        q.pop(0)", 0),
        ("queue_in_list", "    q = [x]\n    q = [x]\n    while q:\n        q.pop(0)", 0),
        ("queue_in_list", "    q = dict(x)\n    while q:\n        q.pop(0)", 0),
        ("queue_in_list", "    q = [x]\n    g = lambda: q\n    while q:\n        q.pop(0)", 0),
        ("queue_in_list", "    q = [x]\n    while q:\n        q.pop(0)\n    q.sort()", 0),
        ("queue_in_list", "    q = [x]\n    while q:\n        q.pop(0)\n    q.extend(*x)", 0),
        ("queue_in_list", "    q = [x]\n    while q:\n        q.pop(0)\n    print(q)", 0),
        ("queue_in_list", "    q = [x]\n    while q:\n        q.pop(0)\n    return q + x", 0),
        (
            "queue_in_list",
            "    q = [x]\n    while q:\n        y = q[0], q[-1]\n        q.pop(0)",
            1,
        ),
        ("queue_in_list", "    q = [x]\n    while q:\n        y = q[1]\n        q.pop(0)", 0),
        ("pattern_in_function", "    import re\n    return re.match('a', x)", 0),
        ("pattern_in_function", "    return re.match('a', x, flags=0)", 1),
        ("pattern_in_function", "    return re.match('a', x, flags=False)", 0),
        ("pattern_in_function", "    return re.match(b'\\xff', x)", 1),
        ("pattern_in_function", "    return re.match('a', string=x)", 1),
        ("pattern_in_function", "    return re.match('a', x, re.LOCALE)", 0),
        ("pattern_in_function", "    return re.sub('a', 'b', x, 1, re.I)", 1),
        ("sorted_for_few", "    return sorted(x)[:True]", 0),
        ("sorted_for_few", "    return sorted(x)[False]", 0),
        ("sorted_for_few", "    return sorted(*x)[0]", 0),
        ("sorted_for_few", "    return sorted(x, reverse=y)[0]", 0),
        ("sorted_for_few", "    return sorted(x, key=None)[0]", 0),
        ("sorted_for_few", "    return sorted(x)[1:3]", 0),
        ("sorted_for_few", "    return (sorted\n        (x))[0]", 0),
    ],
)
def test_shapes_near_a_pattern_are_found_only_where_a_cure_fits(bench, remedy, source, found):
    module = bench.module(f"import re\n\n\ndef f(x, y):\n{source}\n")
    assert module.tree is not None
    assert len(bench.matches(module, find_remedy(remedy))) == found


@pytest.mark.parametrize(
    ("made", "found"),
    [
        ("    def __init__(self):\n        self.xs: list = []", 1),
        ("    def __init__(self):\n        self.xs: list", 0),
        ("    def __init__(self):\n        self.xs = set()", 0),
        ("    xs = []", 0),
    ],
)
def test_an_attribute_must_be_made_by_the_class(bench, made, found):
    method = "    def f(self, y):\n        for n in y:\n            n in self.xs"
    module = bench.module(f"class K:\n{made}\n\n{method}\n")
    assert len(bench.matches(module, find_remedy("membership_in_list"))) == found


def test_admitted_advice_is_no_fix(bench, monkeypatch):
    from dataclasses import replace

    from whet.records import Finding
    from whet.remedies import _fix

    advice = replace(find_remedy("queue_in_list"), rewrite=None, safety="advice")
    monkeypatch.setattr(_fix, "find_remedy", lambda _: advice)
    module = bench.module("def f(x):\n    q = [x]\n    while q:\n        q.pop(0)\n")
    match = msgspec.structs.replace(bench.matches(module, advice)[0], safety="advice")
    finding = Finding(
        finding_id="x", remedy=advice.name, file="a.py", line=1, function="f", message="m",
        safety="advice", claims="cpu_time", attainable_gain=0.5, evidence={}, match=match,
    )  # fmt: skip
    with pytest.raises(WhetError, match="nothing to rewrite"):
        propose_fix(module, finding)
