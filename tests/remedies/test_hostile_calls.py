"""Calls that are written in odd places are replaced rightly, or are not replaced."""

from __future__ import annotations

import dataclasses
import inspect
import logging

import pytest

from whet.remedies import find_remedy


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:  # noqa: BLE001 -- compared, whatever it is
        return type(error), str(error), type(error.__context__)


# --- what stands in for a call is defined in a good place


PATTERNS = {
    "one function of `re` is imported": (
        "from re import match\ndef f(x):\n    return match('a', x)\n"
    ),
    "an argument is bound on the way": (
        "import re\ndef f(x):\n    return re.match('a', string=(y := x)) and y\n"
    ),
    "a text above ends on a line with a hash": (
        "import re\nTEXT = '''\n#'''\ndef f(x):\n    return re.match(TEXT + 'a', x), "
        "re.match('a', x), len(TEXT)\n"
    ),
    "f-strings": (
        "import re\ndef f(x):\n    return f\"ü{re.sub('a', 'b', x)}\" f'''\n"
        "{ re.sub('c', 'b', x) !r:>{len(re.sub('a', 'bb', x))}}'''\n"
    ),
    "the head shares a line with an import": (
        "'''Doc.'''; import re as regex\ndef f(x):\n    return regex.sub('a', __doc__, x)\n"
    ),
}


@pytest.mark.parametrize("source", PATTERNS.values(), ids=PATTERNS)
def test_patterns_are_compiled_where_the_file_stays_as_it_is(bench, source):
    fixed = bench.fix(source, "pattern_in_function", lambda m: m.f("abc"))
    assert "_F_PATTERN = " in fixed
    for text in ("abc", "", "ccaa"):
        assert repr(bench.load(fixed).f(text)) == repr(bench.load(source).f(text))


def test_patterns_of_a_library_that_the_file_changes_stay(bench):
    source = "import re as r\nr.match = print\ndef f(x):\n    return r.match('a', x)\n"
    assert bench.matches(bench.module(source), find_remedy("pattern_in_function")) == []


def test_a_definition_goes_below_the_lines_that_name_the_encoding(bench):
    source = (
        "# -*- coding: latin-1 -*-\ndef f(x):\n    return copy.deepcopy(x), 'ü'\nimport copy\n"
    )
    raw = source.encode("latin-1")
    module = bench.module(raw)
    (match,) = bench.matches(module, find_remedy("deepcopy_of_plain_data"))
    fixed = module.apply(find_remedy("deepcopy_of_plain_data").rewrite(module, match))
    assert bench.load(fixed).f([1]) == ([1], "ü")


def test_a_new_import_goes_below_a_head_that_shares_its_line(bench):
    source = (
        "from __future__ import annotations; import inspect\n"
        "def f(h):\n    return inspect.signature(h)\n"
    )
    fixed = bench.fix(source, "signature_at_every_call", lambda m: [m.f(m.f) for _ in range(9)])
    assert str(bench.load(fixed).f(outcome)) == str(inspect.signature(outcome))


LATE = {
    "deepcopy_of_plain_data": (
        "def g():\n    return 1\nimport copy\ndef f(x):\n    return copy.deepcopy(x)\n",
        [[1], [(2, [3])], {4}],
    ),
    "signature_at_every_call": (
        "def g(): pass\nimport inspect\ndef f(h):\n    return inspect.signature(h)\n",
        [outcome, print, int, 5],
    ),
    "asdict_of_flat_dataclass": (
        (
            "def g(): pass\nfrom dataclasses import dataclass, asdict\n@dataclass\nclass P:\n"
            "    x: int\ndef f(p):\n    return asdict(P(p))\n"
        ),
        [1, [2], None],
    ),
}


@pytest.mark.parametrize("name", LATE)
def test_an_import_below_a_definition_serves_what_the_evidence_did_not_show(bench, name):
    source, values = LATE[name]
    fixed = bench.fix(source, name, lambda m: [m.f(values[0]) for _ in range(9)])
    assert fixed is not None
    for value in values:
        assert outcome(bench.load(fixed).f, value) == outcome(bench.load(source).f, value)


# --- copies, dicts, signatures


def test_an_error_of_a_deep_copy_comes_without_one_of_ours_before_it(bench):
    source = "import copy\ndef f(x):\n    return copy.deepcopy(x)\n"
    fixed = bench.load(bench.fix(source, "deepcopy_of_plain_data", lambda m: m.f([1])))
    locked = [inspect.currentframe()]
    assert outcome(fixed.f, locked) == outcome(bench.load(source).f, locked)
    assert outcome(fixed.f, locked)[2] is type(None)


FIELDS = [
    ("y: Shared[int] = 3", False),
    ("y: 't.ClassVar[int]' = 3", False),
    ("y: t.ClassVar[int] = 3", False),
    ("y: Mine = 3", False),
    ("_: Only", False),
    ("y: Once[int] = 3", False),
    ("vars().update(y=3)", False),
    ("y: int = 3", True),
    ("y: 't.Optional[int]' = 3", True),
    ("y: int | None = 3", True),
    ("y: None = None", True),
    ("y: Other = 3", True),
    ("y: t.Dict[str, Other] = 3", True),
]


@pytest.mark.parametrize(("field", "plain"), FIELDS)
def test_only_fields_that_cannot_be_markers_are_named(bench, field, plain):
    source = (
        "import typing as t\n"
        "from typing import ClassVar as Shared\n"
        "from dataclasses import InitVar as Once, KW_ONLY as Only, asdict, dataclass\n"
        "Mine = Shared[int]\n"
        "class Other: pass\n"
        f"@dataclass\nclass P:\n    x: int\n    {field}\n"
        "def f(x):\n    return asdict(P(x))\n"
    )
    fixed = bench.fix(source, "asdict_of_flat_dataclass", lambda m: m.f(1))
    assert (fixed is not None) is plain
    if fixed:
        assert bench.load(fixed).f(2) == bench.load(source).f(2)


def test_a_signature_follows_what_others_set_on_the_function(bench):
    source = "import inspect\ndef f(h):\n    return inspect.signature(h)\n"
    fixed = bench.fix(source, "signature_at_every_call", lambda m: [m.f(m.f) for _ in range(9)])
    loaded = bench.load(fixed)

    def handler(value):
        return value

    assert str(loaded.f(handler)) == "(value)"
    handler.__wrapped__ = outcome
    assert str(loaded.f(handler)) == "(function, *arguments)"
    handler.__signature__ = inspect.signature(dataclasses.asdict)
    assert loaded.f(handler) is handler.__signature__


# --- messages


HEAD = "import logging\nlog = logging.getLogger('hostile.calls')\n"


@pytest.fixture
def quiet():
    logger = logging.getLogger("hostile.calls")
    logger.setLevel(logging.ERROR)
    yield logger
    logger.setLevel(logging.NOTSET)


@pytest.mark.parametrize(
    ("call", "fixes"),
    [
        ("return log.debug((f'a {x}'\n        f'b {x}'))", False),
        ("return log.debug((f'a {x}'))", False),
        ("return log.debug( \\\n        f'a {x}')", True),
        ("return log.debug(\n        f'a {x}'\n        'b',\n    )", True),
        ("if x:\n\t    log.debug(f'a {x}')", True),
    ],
)
def test_messages_in_brackets_of_their_own_and_odd_indents(bench, quiet, caplog, call, fixes):
    source = f"{HEAD}def f(x):\n    {call}\n".replace("\n    if", "\n\tif")
    fixed = bench.fix(source, "log_text_never_shown", lambda m: m.f(1))
    assert (fixed is not None) is fixes
    texts = []
    for text in filter(None, [source, fixed]):
        quiet.setLevel(logging.DEBUG)
        caplog.clear()
        bench.load(text).f(2)
        texts.append([record.getMessage() for record in caplog.records])
        quiet.setLevel(logging.ERROR)
    assert len(texts[0]) == 1
    assert texts == texts[:1] * len(texts)


def test_a_file_keeps_its_encoding_whatever_letters_a_message_has(bench, quiet, caplog):
    source = (
        f"# -*- coding: latin-1 -*-\n{HEAD}def f(x):\n    return log.debug(f'\\u20ac {{x}}')\n"
    )
    module = bench.module(source.encode("latin-1"))
    remedy = find_remedy("log_text_never_shown")
    (match,) = bench.matches(module, remedy)
    fixed = bench.load(module.apply(remedy.rewrite(module, match)))
    quiet.setLevel(logging.DEBUG)
    fixed.f(5)
    assert caplog.messages == ["\u20ac 5"]


def test_times_that_are_remembered_already_are_left_alone(bench):
    name = "strptime_at_every_call"
    source = (
        "from datetime import datetime\ndef f(x):\n    return datetime.strptime(x, '%d/%m/%Y')\n"
    )
    fixed = bench.fix(source, name, lambda m: [m.f("01/02/2026") for _ in range(9)])
    assert "lru_cache" in fixed
    assert bench.matches(bench.module(fixed), find_remedy(name)) == []
    assert outcome(bench.load(fixed).f, "1/x") == outcome(bench.load(source).f, "1/x")


def test_new_imports_hide_no_builtin_and_are_not_handed_on(bench):
    source = "from re import match\ndef f(x):\n    return match('a', x)\n"
    fixed = bench.load(bench.fix(source, "pattern_in_function", lambda m: m.f("a")))
    assert "compile" not in vars(fixed)
    source = "import inspect\ndef f(h):\n    return inspect.signature(h)\n"
    fixed = bench.fix(
        source,
        "signature_at_every_call",
        lambda m: [m.f(m.f) for _ in range(9)],
        outside=frozenset("*"),
    )
    names = [name for name in vars(bench.load(fixed)) if not name.startswith("_")]
    assert names == ["inspect", "f"]
