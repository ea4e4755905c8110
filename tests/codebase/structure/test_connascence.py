"""What must change together is found; what may be chance is left alone."""

import textwrap

import pytest

from whet.codebase.structure import analyze
from whet.codebase.syntax import SourceModule


def found(kind, **sources):
    modules = [
        SourceModule(textwrap.dedent(text).encode(), name.replace("__", "/") + ".py")
        for name, text in sources.items()
    ]
    report = analyze("project", modules, only=["connascence"])
    return [f for f in report.findings if f.rule == f"connascence-of-{kind}"]


def places(finding):
    return [(p.file, p.line) for p in (finding.place, *finding.related)]


# Name


def test_private_names_of_another_package_are_found_by_import_and_by_attribute():
    (finding,) = found(
        "name",
        a__x="from b.y import _hidden, shown\nimport b.y as y\nfrom b import y as z\n"
        "y._other()\nz._third = 1\n",
        b__y="_hidden = _other = shown = _third = 1\n",
    )
    assert finding.message == "uses what b.y keeps to itself: _hidden, _other, _third"
    assert places(finding) == [("a/x.py", 1), ("a/x.py", 4), ("a/x.py", 5)]
    assert finding.measures == {"names": 3.0, "uses": 3.0}


@pytest.mark.parametrize(
    "sources",
    [
        {"a__x": "from a.y import _hidden\n", "a__y": "_hidden = 1\n"},  # the same package
        {"a__b__x": "from a.y import _hidden\n", "a__y": "_hidden = 1\n"},  # around it
        {"a__x": "from b import _module\n", "b__": "", "b___module": ""},  # a module
        {"a__x": "from os import _exit\n"},  # nothing of the project
        {"a__x": "from b.y import __version__\n", "b__y": "__version__ = 1\n"},
        {"tests__x": "from b.y import _hidden\n", "b__y": "_hidden = 1\n"},  # a test
        {"a__x": "class A:\n    def m(self, y): return self._z, y._z\n"},
    ],
)
def test_names_within_a_package_of_others_and_in_tests_are_left_alone(sources):
    assert not found("name", **sources)


# Type

TELLS = """
def {name}(x):
    if isinstance(x, A): return 1
    if isinstance(x, (B, c.C)): return 2
"""
CLASSES = "class A: pass\nclass B: pass\nclass C: pass\n"


def test_functions_that_tell_the_same_classes_apart_are_found():
    match = "def g(x):\n    match x:\n        case A() | B(): pass\n        case C(): pass\n"
    (finding,) = found("type", a=CLASSES, b=TELLS.format(name="f"), c=match)
    assert places(finding) == [("b.py", 2), ("c.py", 1)]
    assert finding.message == "2 functions tell the same classes apart by asking: A, B, C"


def test_one_function_other_sets_and_classes_of_others_are_left_alone():
    assert not found("type", a=CLASSES, b=TELLS.format(name="f"))
    assert not found("type", b=TELLS.format(name="f"), c=TELLS.format(name="g"))
    two = TELLS.format(name="g").replace("(B, c.C)", "B")
    assert not found("type", a=CLASSES, b=TELLS.format(name="f"), c=two)
    union = TELLS.format(name="g").replace("(B, c.C)", "B | c.C")
    assert len(found("type", a=CLASSES, b=TELLS.format(name="f"), c=union)) == 1


# Meaning


def test_the_same_literals_of_the_same_name_in_several_files_are_found():
    (finding,) = found(
        "meaning",
        a="def f(job):\n    return job.state == 'done' or 'done' != job.state\n",
        b="def g(state, d):\n    return state == 'done' and d['state'] == 'open'\n",
        c="if state == 'open': x = state == 'open'\n",
    )
    assert finding.message.startswith("6 places in 3 files compare state with 'done', 'open'")
    assert finding.measures == {"values": 2.0, "places": 6.0, "files": 3.0}


@pytest.mark.parametrize(
    "literal", ["1", "0", "-1", "True", "None", "''", "'x'", "'two words'", "name", "f'{x}'"]
)
def test_literals_that_mean_what_they_are_are_left_alone(literal):
    source = f"x = a.kind == {literal}\n"
    assert not found("meaning", a=source, b=source, c=source)


def test_one_file_two_places_and_facts_of_other_modules_are_left_alone():
    three = "x = kind == 'abc'\n" * 3
    assert not found("meaning", a=three)
    assert not found("meaning", a="x = kind == 'abc'\n", b="x = kind == 'abc'\n")
    platform = "import sys\nx = sys.platform == 'win32'\n"
    assert not found("meaning", a=platform, b=platform, c=platform)
    order = "x = size > 404\n"
    assert not found("meaning", a=order, b=order, c=order)


# Position

SIX = "def wide(a, b, c, d, e, f=1): pass\n"


def test_many_parameters_that_callers_give_by_position_are_found():
    (finding,) = found("position", a=SIX, b="wide(1, 2, 3, 4, 5)\n\nx.wide(1, 2, 3, 4, 5, 6)\n")
    assert places(finding) == [("a.py", 1), ("b.py", 1), ("b.py", 3)]
    assert "takes 6 parameters by position, and 2 calls give it up to 6 so" in finding.message


@pytest.mark.parametrize(
    ("definition", "call"),
    [
        (SIX, "wide(1, 2, 3, 4, e=5)"),
        (SIX, "wide(*a)"),
        (SIX.replace("c,", "c, *,"), "wide(1, 2, 3, d=1, e=1)"),
        (SIX + "class A:\n    def wide(self): pass\n", "wide(1, 2, 3, 4, 5)"),  # which one?
        (SIX + "class wide: pass\n", "wide(1, 2, 3, 4, 5)"),
        (SIX.replace("f=1", ""), "wide(1, 2, 3, 4, 5)"),  # five are allowed
        (SIX, "wide(1, 2, 3, 4, 5, 6, 7)"),  # somebody else's
    ],
)
def test_named_unpacked_and_unclear_calls_are_left_alone(definition, call):
    assert not found("position", a=definition, b=call + "\n")


def test_methods_do_not_count_the_instance():
    method = "class A:\n    def wide(self, a, b, c, d, e): pass\n"
    assert not found("position", a=method, b="x.wide(1, 2, 3, 4, 5)\n")


FOUR = "def four(x):\n    if x: return 1, 2, 3, 4\n    return (x, x, x, x)\n"


def test_tuples_that_callers_take_apart_are_found():
    (finding,) = found("position", a=FOUR, b="a, b, c, d = four(1)\n")
    assert "returns 4 values by position, and 1 places take them apart" in finding.message


@pytest.mark.parametrize(
    ("definition", "use"),
    [
        (FOUR, "a, b, *c = four(1)"),
        (FOUR, "a = four(1)"),
        (FOUR.replace("1, 2, 3, 4", "1"), "a, b, c, d = four(1)"),
        (FOUR.replace("x, x, x, x", "*x, x, x, x"), "a, b, c, d = four(1)"),
        ("def four(): return 1, 2, 3\n", "a, b, c = four()"),
    ],
)
def test_other_results_and_other_uses_are_left_alone(definition, use):
    assert not found("position", a=definition, b=use + "\n")


# Algorithm

LOOP = """
def {f}({rows}, limit):
    {total} = 0
    for {row} in {rows}:
        if {row}.size > limit:
            {total} += {row}.size * {row}.price(limit=limit)
    {last} = {total} / len({rows})
    store.keep({last}, "{text}", {total})
    return {last}, {total}, limit
"""
ONE = LOOP.format(f="f", rows="rows", total="total", row="row", last="last", text="mean")
OTHER = LOOP.format(f="g", rows="items", total="acc", row="item", last="out", text="mean")


def test_functions_that_do_the_same_under_other_names_are_found():
    (finding,) = found("algorithm", a=ONE, b=OTHER, c=OTHER.replace("def g", "def h"))
    assert places(finding) == [("a.py", 2), ("b.py", 2), ("c.py", 2)]
    assert finding.message == "3 functions do the same under other names: f, g, h"
    assert finding.level == "warning"


@pytest.mark.parametrize(
    "changed",
    [
        ONE,  # the same tokens: duplication tells of it
        OTHER.replace("mean", "median"),
        OTHER.replace(".size *", ".weight *"),
        OTHER.replace("store", "other"),
        OTHER.replace("out, acc, limit", "acc, out, limit"),
    ],
)
def test_functions_that_do_something_else_are_left_alone(changed):
    assert not found("algorithm", a=ONE, b=changed)


def test_small_functions_are_left_alone():
    assert not found("algorithm", a="def f(a): return a + 1\n", b="def g(b): return b + 1\n")


# Execution

LATE = """
class Reader{bases}:
    def __init__(self):
        self.name = ""
    def open(self):
        self.file = connect(self.name)
    def read(self):
        return self.file.take()
"""


def test_what_works_only_after_another_method_is_found():
    (finding,) = found("execution", a=LATE.format(bases=""))
    assert finding.message == (
        "file of Reader is there only after open was called, and read read it"
    )
    assert [p.symbol for p in (finding.place, *finding.related)] == ["Reader.read", "Reader.open"]


def test_all_attributes_of_one_maker_are_one_finding():
    source = LATE.format(bases="").replace("connect(self.name)", "self.a = self.b = self.c = 1")
    source = source.replace("self.file.take()", "self.a, self.b, self.c, self.file")
    (finding,) = found("execution", a=source)
    assert "a, b, c and 1 more of Reader are there only after open" in finding.message


@pytest.mark.parametrize(
    "source",
    [
        LATE.format(bases="(Base)"),
        LATE.format(bases="").replace("Reader", "ReaderMixin"),
        "@define" + LATE.format(bases=""),
        LATE.format(bases="").replace('self.name = ""', "self.open()"),
        LATE.format(bases="").replace('self.name = ""', "self.file = None"),
        LATE.format(bases="").replace("def __init__", "file = None\n    def __init__"),
        LATE.format(bases="").replace("def open", "def __enter__"),
        LATE.format(bases="").replace("return self", "self.open()\n        return self"),
        LATE.format(bases="").replace("return self", "if hasattr(self, 'file'): return self"),
        LATE.format(bases="").replace("def read", "def _read"),
        LATE.format(bases="") + "    def __getattr__(self, name): pass\n",
        LATE.format(bases="").replace(
            "return self.file.take()", "try: self.file\n        except AttributeError: pass"
        ),
        LATE.format(bases="").replace('self.name = ""', "self.file = 1").replace(
            "def open(self)", "@property\n    def file(self): pass\n    @file.setter\n"
            "    def file(self, value)").replace("self.file = connect", "self._f = connect")
        .replace("self.file.take", "self._f.take"),
    ],
)  # fmt: skip
def test_what_may_be_there_at_any_time_is_left_alone(source):
    assert not found("execution", a=source)


def test_nested_functions_belong_to_their_method():
    source = LATE.format(bases="").replace(
        "        self.file = connect(self.name)",
        "        def inner():\n            self.file = 1\n        inner()",
    )
    assert len(found("execution", a=source)) == 1
