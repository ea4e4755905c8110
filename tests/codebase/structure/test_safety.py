"""Rules for code that must not fail: what breaks them, and what only looks so."""

import textwrap

import pytest

from whet.codebase.structure import analyze
from whet.codebase.syntax import SourceModule


def found(rule, **sources):
    modules = [
        SourceModule(textwrap.dedent(text).encode(), name.replace("__", "/") + ".py")
        for name, text in sources.items()
    ]
    report = analyze("project", modules, only=["safety"])
    return [f for f in report.findings if f.rule == f"safety-{rule}"]


@pytest.mark.parametrize(("statements", "expected"), [(60, 0), (61, 1)])
def test_a_function_has_a_page(statements, expected):
    body = "    x = 1\n" * statements
    assert len(found("long-function", a=f"def f():\n{body}")) == expected
    assert not found("long-function", tests__a=f"def f():\n{body}")


def test_a_function_that_calls_itself_is_found():
    (finding,) = found("recursion", a="def f(n):\n    return f(n - 1)\n")
    assert finding.message == "f calls itself: no bound is visible"
    (finding,) = found("recursion", a="class A:\n    def m(self): return self.m()\n")
    assert finding.place.symbol == "A.m"


def test_functions_that_call_each_other_in_a_circle_are_one_finding():
    source = "def a(): b()\ndef b(): c()\ndef c(): a()\ndef d(): a()\n"
    (finding,) = found("recursion", x=source)
    assert finding.message.startswith("a, b, c call each other in a circle")
    assert [p.line for p in (finding.place, *finding.related)] == [1, 2, 3]


@pytest.mark.parametrize(
    "source",
    [
        "def f(x): return x.f()\n",  # a method of something else
        "def f():\n    from other import f\n    return f()\n",
        "class A:\n    def m(self, other): return other.m()\n",
        "class A:\n    def m(self): return m()\ndef m(): pass\n",
        "def a(): b()\ndef b(): pass\n",
    ],
)
def test_calls_of_namesakes_are_no_recursion(source):
    assert not found("recursion", a=source)


@pytest.mark.parametrize(
    "body",
    [
        "work()",
        "for x in y:\n            break",
        "def inner():\n            return 1",
        "x = lambda: (yield)",
        "while x:\n            break",
    ],
)
def test_a_loop_that_nothing_ends_is_found(body):
    source = f"def f():\n    while True:\n        {body}\n"
    (finding,) = found("endless-loop", a=source)
    assert (finding.place.line, finding.place.symbol) == (2, "f")


@pytest.mark.parametrize(
    "body",
    [
        "break", "return 1", "raise x", "yield x", "yield from x", "await x", "sys.exit()",
        "if x:\n            break", "for x in y:\n            return",
    ],
)  # fmt: skip
def test_a_loop_that_something_ends_or_hands_over_is_fine(body):
    source = f"async def f():\n    while True:\n        {body}\n"
    assert not found("endless-loop", a=source)
    assert not found("endless-loop", a="def f():\n    while x:\n        work()\n")


SAVE = "def save(x):\n    if x: return None\n    return x.ok\n"
USES = "a = save(1)\nif save(2): pass\nreturn_ = [save(3)]\nassert save(4)\n"


def test_a_result_that_all_others_use_is_missed():
    (finding,) = found("unchecked-result", a=SAVE, b=USES + "save(5)\n")
    assert finding.message == "the result of save is used in 4 places and dropped here"
    assert (finding.place.file, finding.place.line) == ("b.py", 5)
    awaited = SAVE.replace("def", "async def")
    assert len(found("unchecked-result", a=awaited, b=USES + "await save(5)\n")) == 1


@pytest.mark.parametrize(
    ("definition", "uses"),
    [
        (SAVE, USES),  # nobody drops it
        (SAVE, USES + "save(5)\nsave(6)\n"),  # two of six do
        (SAVE, "a = save(1)\nsave(2)\n"),  # too few to learn from
        (SAVE.replace("return x.ok", "return"), USES + "save(5)\n"),  # there is none
        (SAVE + "class A:\n    def save(self): pass\n", USES + "x.save(5)\n"),  # whose?
        (SAVE.replace("save", "join"), USES.replace("save", "x.join") + "x.join(5)\n"),
    ],
)
def test_results_that_are_rightly_dropped_are_left_alone(definition, uses):
    assert not found("unchecked-result", a=definition, b=uses)
