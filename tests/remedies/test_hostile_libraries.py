"""Calls of libraries that are replaced do the same for hostile values, or are not replaced."""

from __future__ import annotations

import copy
import logging

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from whet.remedies import find_remedy
from whet.remedies._places import import_of

SETTINGS = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NAN = float("nan")


class Mine(dict):
    """A dict that copies in a way of its own."""

    def __deepcopy__(self, memo):
        return "mine"


class Loud:
    """Tells whoever formats it."""

    told = 0

    def __format__(self, spec):
        Loud.told += 1
        return "loud" + spec

    def __repr__(self):
        Loud.told += 1
        return "loud"


def shape(value, seen=None):
    """Everything that can be seen of a value: types, order, which parts are one object."""
    seen = {} if seen is None else seen
    if isinstance(value, dict | list | tuple):
        if id(value) in seen:
            return seen[id(value)]
        seen[id(value)] = len(seen)
        parts = value.items() if isinstance(value, dict) else value
        return type(value).__name__, [shape(part, seen) for part in list(parts)]
    return type(value).__name__, repr(value)


def outcome(function, *arguments):
    try:
        return shape(function(*arguments))
    except Exception as error:  # noqa: BLE001 -- compared, whatever it is
        return type(error).__name__, str(error)


# --- deep copies

COPY = "import copy\n\n\ndef f(value):\n    return copy.deepcopy(value)\n"
SCALARS = st.one_of(
    st.integers(), st.text(max_size=3), st.sampled_from([None, True, NAN, 1.5, b""])
)
KEYS = st.one_of(st.text(max_size=2), st.tuples(st.integers()))
DATA = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(KEYS, inner, max_size=3),
        st.tuples(inner),
        st.builds(Mine, st.dictionaries(st.text(max_size=1), inner, max_size=1)),
    ),
    max_leaves=12,
)  # fmt: skip
TREE = {"a": [1, {"b": None}], "c": {}}


@given(value=DATA, share=st.booleans())
@example(value=[[], []], share=True)
@SETTINGS
def test_a_copy_by_hand_is_the_deep_copy_of_any_value(bench, value, share):
    fixed = bench.load(bench.fix(COPY, "deepcopy_of_plain_data", lambda m: m.f(TREE)))
    given_value = [value, value] if share else value
    copied = fixed.f(given_value)
    assert shape(copied) == shape(copy.deepcopy(given_value))
    ours = [part for part in (given_value, value) if isinstance(part, dict | list)]
    assert all(copied is not part for part in ours)


def test_a_copy_by_hand_follows_cycles(bench):
    fixed = bench.load(bench.fix(COPY, "deepcopy_of_plain_data", lambda m: m.f(TREE)))
    circle = [1]
    circle.append(circle)
    copied = fixed.f(circle)
    assert copied[1] is copied
    assert copied is not circle


@pytest.mark.parametrize("value", [(1, 2), {1: (2,)}, [Loud()], Mine(), [[]] * 2, 7])
def test_copies_of_what_is_no_plain_tree_stay(bench, value):
    assert bench.fix(COPY, "deepcopy_of_plain_data", lambda m: m.f(value)) is None


def test_a_file_that_hides_built_ins_keeps_its_deep_copies(bench):
    source = COPY + "\n\ndef dict(x):\n    return x\n"
    assert bench.fix(source, "deepcopy_of_plain_data", lambda m: m.f(TREE)) is None


def test_a_second_fix_shares_the_copying_function_of_the_first(bench):
    source = COPY + "\n\ndef g(value):\n    return copy.deepcopy(value)\n"
    once = bench.fix(source, "deepcopy_of_plain_data", lambda m: m.f(TREE))
    assert once.count("copy.deepcopy(value)") == 2
    twice = bench.fix(once, "deepcopy_of_plain_data", lambda m: (m.f(TREE), m.g(TREE)))
    assert twice.count("def _deep_copy") == 1
    assert outcome(bench.load(twice).g, TREE) == shape(TREE)


# --- times

FORMATS = ["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f"]
GOOD = ["2024-02-29", "2024-02-29 23:59", "2024-02-29T23:59:58", "2024-02-29 01:02:03.000400"]
ARABIC = "\u0662\u0660\u0662\u0664-\u0660\u0661-\u0660\u0661"
TIMES = st.one_of(
    st.from_regex(
        r"\A[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ Tt ][0-9]{2}(:?[0-9]{2}){0,2}(\.[0-9]{1,6})?)?"
        r"(Z|[+-][0-9]{2}:[0-9]{2})?\Z"
    ),
    st.datetimes().map(str),
    st.datetimes().map(lambda moment: moment.isoformat("T", "seconds")),
    st.text(max_size=19),
    st.sampled_from(
        ["2024-W01-1", "20240105", "2024-02-30", "0000-01-01", "2024-01-01T24:00:00",
         "2024-01-01T23:59:60", "2024-01-01t10:00:00", ARABIC, "2024-01-01  10:00",
         "2024-01-01 10+01", "2024-1-1", " 2024-01-01", None, 5, b"2024-01-01", ["2024-01-01"]]
    ),
)  # fmt: skip


@pytest.mark.parametrize(("written", "good"), list(zip(FORMATS, GOOD, strict=True)))
@given(text=TIMES)
@SETTINGS
def test_any_text_is_read_as_strptime_reads_it(bench, written, good, text):
    source = (
        "from datetime import datetime\n\n\n"
        f"def f(text):\n    return datetime.strptime(text, {written!r})\n"
    )
    fixed = bench.fix(source, "strptime_at_every_call", lambda m: m.f(good))
    assert "fromisoformat" in fixed
    assert outcome(bench.load(fixed).f, text) == outcome(bench.load(source).f, text)


def test_other_formats_are_remembered_only_where_texts_come_again(bench):
    source = (
        "from datetime import datetime\n\n\ndef f(text):\n"
        "    return datetime.strptime(text, '%d.%m.%Y')\n"
    )
    name = "strptime_at_every_call"
    once = bench.fix(source, name, lambda m: [m.f(f"{n}.1.2024") for n in range(1, 30)])
    assert once is None
    again = bench.fix(source, name, lambda m: [m.f(f"{1 + n % 5}.1.2024") for n in range(30)])
    for text in ("1.2.2024", "30.2.2024", "", None):
        assert outcome(bench.load(again).f, text) == outcome(bench.load(source).f, text)


# --- patterns

BUILT = "import re\n\n\ndef f(pattern, text):\n    return re.findall(pattern, text)\n"
NAME = "pattern_built_at_run_time"


def many(module, count=600, rounds=3):
    return [module.f(f"a{n}", "a1 a2") for _ in range(rounds) for n in range(count)]


@given(
    pattern=st.one_of(
        st.text(alphabet=r"ab\d[]()+*?|^$.{}1,-", max_size=8),
        st.sampled_from([b"a", None, 3, ["a"], "(", bytearray(b"a")]),
    ),
    text=st.one_of(st.text(alphabet="ab1-", max_size=6), st.sampled_from([b"ab", None, 7])),
)
@SETTINGS
def test_any_pattern_finds_or_fails_alike(fixed_pattern, pattern, text):
    original, fixed = fixed_pattern
    assert outcome(fixed.f, pattern, text) == outcome(original.f, pattern, text)


_FIXED = []  # observing 1,800 compilations takes a second


@pytest.fixture
def fixed_pattern(bench):
    _FIXED[:] = _FIXED or [bench.fix(BUILT, NAME, many)]
    return bench.load(BUILT), bench.load(_FIXED[0])


@pytest.mark.parametrize(("count", "rounds"), [(500, 3), (600, 1), (4100, 3)])
def test_few_patterns_new_patterns_and_patterns_without_end_stay(bench, count, rounds):
    assert bench.fix(BUILT, NAME, lambda m: many(m, count, rounds)) is None


# --- log messages

LOG = """
import logging

log = logging.getLogger("whet.test.hostile")


def f(value):
    log.debug(f"{value} {value!r}")
    return value


def g(value):
    log.debug(f"{value.real} 100%")
    return value
"""


@pytest.fixture
def quiet():
    logger = logging.getLogger("whet.test.hostile")
    logger.setLevel(logging.INFO)
    yield logger
    logger.setLevel(logging.NOTSET)


def texts(caplog, function, value):
    caplog.clear()
    with caplog.at_level(logging.DEBUG, "whet.test.hostile"):
        result = outcome(function, value)
    return result, [(r.getMessage(), r.levelname, r.funcName) for r in caplog.records]


PLAIN = [st.text(max_size=4), st.integers(), st.floats(), st.none(), st.booleans()]
LISTS = st.lists(st.integers(), max_size=2)
VALUES = st.one_of(*PLAIN, LISTS, st.sampled_from(["%", "%s", "{x}", 5]))


@pytest.mark.usefixtures("quiet")
@given(value=VALUES)
@SETTINGS
def test_messages_that_are_let_through_later_read_the_same(bench, caplog, value):
    fixed = bench.fix(LOG, "log_text_never_shown", lambda m: (m.f(value), outcome(m.g, value)))
    assert fixed is not None
    before, after = bench.load(LOG), bench.load(fixed)
    for function in ("f", "g"):
        seen = [texts(caplog, getattr(module, function), value) for module in (before, after)]
        assert seen[0] == seen[1]


@pytest.mark.usefixtures("quiet")
def test_plain_values_get_a_guard_or_a_pattern(bench):
    fixed = bench.fix(LOG, "log_text_never_shown", lambda m: (m.f("x"), m.g(1)))
    assert "if log.isEnabledFor(logging.DEBUG):" in fixed
    assert 'log.debug("%s 100%%", value.real)' in fixed


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("value", [Loud(), [Loud()], {"a": Loud()}, Mine(), NotImplemented])
def test_values_whose_formatting_could_have_effects_are_formatted(bench, value):
    assert bench.fix(LOG, "log_text_never_shown", lambda m: m.f(value)) is None


def test_levels_that_are_let_through_stay(bench, quiet):
    quiet.setLevel(logging.DEBUG)
    assert bench.fix(LOG, "log_text_never_shown", lambda m: m.f("x")) is None


IN_A_TRY = """
    try:
        text = value + 1
    except TypeError:
        pass
    log.debug(f'{text}')
"""
REBOUND = """
    text = 1
    try:
        1 / 0
    except Exception as text:
        pass
    log.debug(f'{text}')
"""


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(
    "body",
    [
        "    if value:\n        text = value\n    log.debug(f'{text}')\n",
        "    for text in value:\n        pass\n    log.debug(f'{text}')\n",
        "    for _ in value:\n        text = 1\n    else:\n        log.debug(f'{text}')\n",
        "    text = value\n    del text\n    log.debug(f'{text}')\n",
        IN_A_TRY,
        REBOUND,
    ],
)
def test_a_name_that_may_be_missing_is_asked_for_as_before(bench, body):
    source = f"import logging\nlog = logging.getLogger('whet.test.hostile')\ndef f(value):\n{body}"
    fixed = bench.fix(source, "log_text_never_shown", lambda m: m.f("ab"))
    for value in ("ab", "", [], 3):
        function = bench.load(fixed or source).f
        assert outcome(function, value) == outcome(bench.load(source).f, value)


# --- signatures and dataclasses

SIGNATURE = "import inspect\n\n\ndef f(function):\n    return inspect.signature(function)\n"


class Callable:
    def __call__(self, a, b=1):
        return a, b

    def method(self, c):
        return self, c

    __hash__ = None


def changing(x, y=1, *, z=2):
    return x, y, z


def test_signatures_of_anything_are_those_of_inspect_and_follow_changes(bench):
    fixed = bench.load(
        bench.fix(
            SIGNATURE, "signature_at_every_call", lambda m: [m.f(changing) for _ in range(9)]
        )
    )
    original = bench.load(SIGNATURE)
    for value in (changing, Callable(), Callable().method, Callable, len, int, 3, None, print):
        assert outcome(fixed.f, value) == outcome(original.f, value)
    before = changing.__defaults__
    changing.__defaults__ = (7,)
    changed = fixed.f(changing)
    changing.__defaults__ = before
    assert str(changed) == "(x, y=7, *, z=2)"
    assert str(fixed.f(changing)) == "(x, y=1, *, z=2)"


@pytest.mark.parametrize(
    "make",
    [
        lambda: [Callable()] * 9,
        lambda: [Callable().method] * 9,
        lambda: [len] * 9,
        lambda: [eval(f"lambda a{n}: 0") for n in range(9)],  # nine functions
    ],
)
def test_signatures_of_what_is_no_function_or_ever_new_are_worked_out(bench, make):
    fixed = bench.fix(
        SIGNATURE, "signature_at_every_call", lambda m: [m.f(function) for function in make()]
    )
    assert fixed is None


AS_DICT = """
from dataclasses import asdict, dataclass


@dataclass
class Point:
    x: object
    y: object = 2


class Child(Point):
    pass


def f(point: Point):
    return asdict(point)
"""


@given(x=DATA, y=st.one_of(SCALARS, DATA), child=st.booleans())
@SETTINGS
def test_any_instance_becomes_the_same_dict(bench, x, y, child):
    fixed = bench.load(
        bench.fix(AS_DICT, "asdict_of_flat_dataclass", lambda m: m.f(m.Point(1, "a")))
    )
    original = bench.load(AS_DICT)
    results = []
    for module in (original, fixed):
        point = (module.Child if child else module.Point)(x, y)
        results.append(outcome(module.f, point))
        held = [part for part in (x, y) if isinstance(part, dict | list)]
        assert all(part is not each for part in module.f(point).values() for each in held)
    assert results[0] == results[1]
    assert outcome(fixed.f, x) == outcome(original.f, x)


def test_instances_of_subclasses_and_nested_dataclasses_keep_asdict(bench):
    def child(module):
        return module.f(module.Child(1))

    assert bench.fix(AS_DICT, "asdict_of_flat_dataclass", child) is None
    fixed = bench.load(bench.fix(AS_DICT, "asdict_of_flat_dataclass", lambda m: m.f(m.Point(1))))
    nested = fixed.Point(fixed.Point(1, [fixed.Point(2)]), (1,))
    assert fixed.f(nested) == {"x": {"x": 1, "y": [{"x": 2, "y": 2}]}, "y": (1,)}


# --- layout

READ_TIME = """from datetime import datetime


def fü(text):
    return datetime.strptime(text, '%Y-%m-%d')  # stays


f = fü
"""
LAYOUTS = [
    ("deepcopy_of_plain_data", COPY, lambda m: m.f(TREE)),
    ("strptime_at_every_call", READ_TIME, lambda m: m.f("2024-01-01")),
    (NAME, BUILT, many),
]


@pytest.mark.parametrize(("name", "source", "run"), LAYOUTS)
def test_line_endings_tabs_and_every_other_line_stay(bench, name, source, run):
    written = source.replace("    ", "\t").replace("\n", "\r\n")
    remedy = find_remedy(name)
    module = bench.module(written)
    matches = bench.matches(module, remedy)
    evidence = bench.observe(module, matches, run)
    assert all(remedy.admit(match, evidence).admitted for match in matches)
    fixed = module.apply([e for match in matches for e in remedy.rewrite(module, match)]).decode()
    assert fixed.count("\n") == fixed.count("\r\n")
    old, new = written.split("\r\n"), fixed.split("\r\n")
    assert sum(line not in new for line in old) == 1
    run(bench.load(fixed))


def test_an_import_below_a_definition_is_not_relied_on(bench):
    late = bench.module("def f():\n    return 1\n\n\nfrom functools import cache\n")
    name, edits = import_of(late, "functools", "cache")
    fixed = late.apply(edits).decode()
    assert fixed.index("functools") < fixed.index("def f")
    assert bench.load(fixed.replace("def f", f"@{name}\ndef f")).f() == 1
    early = bench.module("from functools import cache\n\n\ndef f():\n    return 1\n")
    assert import_of(early, "functools", "cache") == ("cache", ())
