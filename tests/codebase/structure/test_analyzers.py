"""What analyzers find, and what they leave alone."""

import ast
import io
import textwrap
import tokenize
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whet.codebase.structure import ANALYZERS, Limits, analyze, modules_of, sources_of
from whet.codebase.structure.cohesion import (
    foreign_data,
    groups_of_methods,
    tight_cohesion,
    weighted_methods,
)
from whet.codebase.structure.collecting import facts_of, is_test
from whet.codebase.structure.connascence import NOT_DECIDABLE
from whet.codebase.structure.duplication import clones
from whet.codebase.structure.lexing import HashedLine, logical_lines
from whet.codebase.syntax import SourceModule


def module(source, file="app.py"):
    return SourceModule(textwrap.dedent(source).encode(), file)


def report(only, *, limits=None, **sources):
    files = {name.replace("__", "/") + ".py": text for name, text in sources.items()}
    modules = (module(text, file) for file, text in files.items())
    return analyze("project", modules, only=[only], limits=limits)


def found(only, rule=None, **sources):
    return [f for f in report(only, **sources).findings if rule in {None, f.rule}]


def class_of(source):
    (kind,) = facts_of(module(source), "app").classes
    return kind


# Lexing


def tokens_of_python(text):
    """What Python's tokenizer says, in the terms of `logical_lines`."""
    kept, lines = [], []
    silent = (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NEWLINE:
            lines.append(kept)
            kept = []
        elif token.type not in silent:
            kept.append(token)
    return [line for line in lines if line and not is_left_out(line)]


def is_left_out(line):
    docstring = len(line) == 1 and line[0].type == tokenize.STRING
    return docstring or line[0].string in {"import", "from"}


SOURCES = [
    'x = 1 + \\\n    2  # why\n"""text\nover lines"""\ny = f(a,\n  b)\n',
    "s = r'''a\\'''b''' ; t = \"\\\"\" 'x' b'\\x00'\nn = 1_000.5e-3j + .5 + 0xFFe1 + 1.e+4\n",
    "import os\nfrom a import (b,\n  c)\ndef f(*, a: int = 1) -> None:\n    return {**a}\n",
    "@a.b\nclass C(D):\n    '''doc'''\n\n    x: int = [1,\n\n    # note\n    2]\n",
    "if x:\r\n    y = '''a\r\nb'''\r\nelse: z = f'{y!r:>{n}}'\r\n",
    "x = 'tab\\\nbed'\nwhile (a := f()) != b'#': pass\n\u00e9t\u00e9 = lambda: ...\n",
]


@pytest.mark.parametrize("text", SOURCES)
def test_logical_lines_are_those_of_pythons_tokenizer(text):
    plain = text.replace("\r\n", "\n")
    expected = [
        (line[0].start[0], line[-1].end[0], "".join(t.string for t in line))
        for line in tokens_of_python(plain)
    ]
    lines = logical_lines(text)
    assert [(line.start, line.end, "".join(line.tokens)) for line in lines] == expected


def test_the_standard_library_is_cut_as_pythons_tokenizer_cuts_it():
    for name in (argparse_source, dataclasses_source, textwrap_source):
        text = name()
        expected = [(line[0].start[0], line[-1].end[0]) for line in tokens_of_python(text)]
        assert [(line.start, line.end) for line in logical_lines(text)] == expected


def source_of(name):
    import importlib
    import inspect

    return inspect.getsource(importlib.import_module(name))


def argparse_source():
    return source_of("argparse")


def dataclasses_source():
    return source_of("dataclasses")


def textwrap_source():
    return source_of("textwrap")


# Duplication

BODY = "".join(f"    total += weigh(item_{n}, factor={n})\n" for n in range(9))


def test_a_copy_is_found_with_all_its_places():
    one = f"def one():\n    a = 1\n{BODY}    return a\n"
    two = f"# a comment\n\ndef two():\n    b = 2\n{BODY}"
    three = f"class C:\n  def m(self):\n{BODY.replace('    ', '      ')}"
    (finding,) = found("duplication", a=one, b=two, c=three)
    places = [finding.place, *finding.related]
    assert [(p.file, p.line, p.end_line) for p in places] == [
        ("a.py", 3, 11), ("b.py", 5, 13), ("c.py", 3, 11)
    ]  # fmt: skip
    assert finding.measures == {"tokens": 99.0, "places": 3.0}
    assert "9 lines (99 tokens) stand in 3 places" in finding.message


def test_layout_comments_and_docstrings_make_no_difference():
    wide = BODY.replace("(", "(  # why\n        ").replace(", ", ",\n        ")
    assert len(found("duplication", a=f"def f():\n{BODY}", b=f"def g():\n    'doc'\n{wide}")) == 1


def test_other_names_or_too_few_tokens_are_no_copy():
    assert not found("duplication", a=f"def f():\n{BODY}",
                     b=f"def g():\n{BODY.replace('factor', 'scale')}")  # fmt: skip
    short = "".join(BODY.splitlines(keepends=True)[:6])
    assert not found("duplication", a=f"def f():\n{short}", b=f"def g():\n{short}")


def test_imports_are_no_copies():
    lines = "".join(f"from package.module_{n} import a, b, c, d, e\n" for n in range(30))
    assert not found("duplication", a=lines, b=lines)


def test_a_copy_in_tests_is_a_note_and_code_comes_first():
    body = BODY * 2
    (finding,) = found("duplication", a_test=f"def f():\n{body}", b=f"def g():\n{body}")
    assert (finding.place.file, finding.level) == ("b.py", "note")
    (finding,) = found("duplication", a=f"def f():\n{body}", b=f"def g():\n{body}")
    assert finding.level == "warning"


def facts_with(*files):
    """Files as sequences of small numbers: a line each, ten tokens long."""
    result = []
    for number, digests in enumerate(files):
        facts = facts_of(module(""), f"m{number}")
        facts.file = f"f{number}"
        facts.lines = [HashedLine(at, at, digest, 10) for at, digest in enumerate(digests, 1)]
        result.append(facts)
    return result


sequences = st.lists(st.integers(0, 3), max_size=25)


@settings(max_examples=80, deadline=None)
@given(st.lists(sequences, min_size=1, max_size=3))
def test_all_places_of_a_clone_are_equal_and_no_copy_is_missed(files):
    found_clones = clones(facts_with(*files), tokens=40, lines=1)
    covered = set()
    for clone in found_clones:
        runs = {tuple(files[int(p.file[1:])][p.line - 1 : p.end_line]) for p in clone.places}
        assert len(runs) == 1
        assert clone.tokens == 10 * len(next(iter(runs))) >= 40
        assert len(clone.places) == len(set(clone.places)) > 1
        for place in clone.places:
            covered.update((place.file, n) for n in range(place.line, place.end_line + 1))
    windows = {}
    for number, lines in enumerate(files):
        for at in range(len(lines) - 3):
            windows.setdefault(tuple(lines[at : at + 4]), []).append((f"f{number}", at + 1))
    for places in windows.values():
        if len(places) > 1 and not overlap(places):
            assert covered >= set(places)


def overlap(places):
    return any(f == g and abs(a - b) < 4 for (f, a), (g, b) in combinations(places, 2))


def test_clones_inside_longer_ones_are_not_told_again():
    (clone,) = clones(facts_with([1, 2, 3, 4, 5, 6, 9], [7, 1, 2, 3, 4, 5, 6]), tokens=40, lines=1)
    assert [(p.file, p.line, p.end_line) for p in clone.places] == [("f0", 1, 6), ("f1", 2, 7)]


def test_a_copy_does_not_overlap_itself():
    assert clones(facts_with([1] * 20), tokens=40, lines=1) == []
    (clone,) = clones(facts_with([1, 2, 3, 4, 5] * 3), tokens=40, lines=1)
    assert [(p.line, p.end_line) for p in clone.places] == [(1, 5), (6, 10), (11, 15)]


# Classes

GOD = """
    class Everything:
        def __init__(self):
            self.a = self.b = self.c = 0
        def one(self, order):
            self.a += order.price + order.tax + order.count
            {branches}
        def two(self, user):
            self.b += user.age + user.height + user.weight
            {branches}
        def three(self):
            return self.c
    """


def god(branches):
    lines = "\n            ".join(["if order_: pass"] * branches)
    return GOD.format(branches=lines)


def test_a_god_object_is_complex_uses_the_data_of_others_and_does_not_hang_together():
    (finding,) = found("god-object", a=god(25))
    assert finding.place.symbol == "Everything"
    assert finding.measures == {
        "weighted_methods": 54.0, "foreign_data": 6.0, "tight_cohesion": 0.0, "methods": 4.0
    }  # fmt: skip


@pytest.mark.parametrize(
    "source",
    [
        god(20),  # not complex enough
        god(25).replace("user.age + user.height + ", ""),  # the data of few others
        god(25).replace("return self.c", "return self.a + self.b"),  # hangs together
    ],
)
def test_a_class_that_lacks_one_of_the_three_is_none(source):
    assert not found("god-object", a=source)


def test_a_god_object_in_tests_is_nobodys_affair():
    assert not found("god-object", tests__a=god(25))


def test_attributes_of_its_own_kind_of_modules_and_of_classes_are_no_foreign_data():
    kind = class_of("""
        import math
        class Point:
            def near(self, other):
                return self.x - other.x < math.pi and Color.red and other.label() and other.z
        """)
    assert foreign_data(kind) == 1  # z


def test_complexity_counts_decisions_of_all_methods_and_of_setters():
    kind = class_of("""
        class A:
            def m(self, a):
                if a and a > 1: return [x for x in a if x]
            @property
            def p(self): return self._p
            @p.setter
            def p(self, value):
                while value: self._p = value
        """)
    assert weighted_methods(kind) == 5 + 1 + 2
    assert kind.methods["p"].writes == {"_p"}


def test_tight_cohesion_is_the_share_of_pairs_that_use_a_common_attribute():
    kind = class_of("""
        class A:
            def a(self): return self.x
            def b(self): return self._helper()
            def _helper(self): return self.x
            def c(self): return self.y
            def d(self): return self.y
        """)
    assert tight_cohesion(kind) == pytest.approx(2 / 6)
    assert tight_cohesion(class_of("class A:\n    def a(self): return 1\n")) is None


def test_methods_that_share_nothing_are_groups():
    kind = class_of("""
        class A:
            def __init__(self): self.x = self.y = 0
            def a(self): return self.x
            def b(self): self.x = 1
            def c(self): return self.d()
            def d(self): return self.y
            def free(self): return 1
            @staticmethod
            def s(x): return x.y
            @classmethod
            def k(cls): return cls.z
        """)
    assert groups_of_methods(kind) == [("a", "b"), ("c", "d")]


def test_a_method_that_hands_on_the_instance_may_touch_anything():
    kind = class_of("""
        class A:
            def a(self): return self.x
            def b(self): return self.y
            def c(self): return store(self)
        """)
    assert len(groups_of_methods(kind)) == 1


SPLIT = """
    class Both{bases}:
        def a(self): return self.x
        def b(self): self.x = 1
        def c(self): return self.x + 1
        def d(self): return self.y
        def e(self): self.y = 2
        def f(self): return self.y + 1
    """


def test_a_class_that_falls_apart_is_a_finding():
    (finding,) = found("cohesion", a=SPLIT.format(bases=""))
    assert finding.measures == {"lcom4": 2.0, "large_groups": 2.0}
    assert "a, b, c; d, e, f" in finding.message


@pytest.mark.parametrize("source", [
    SPLIT.format(bases="(Base)"),  # its methods may connect them
    SPLIT.format(bases="").replace("Both", "BothMixin"),
    SPLIT.format(bases="").replace("return self.y + 1", "return self.y + self.x"),
    SPLIT.format(bases="").replace("        def f(self): return self.y + 1\n", ""),
])  # fmt: skip
def test_a_class_whose_parts_may_be_connected_is_none(source):
    assert not found("cohesion", a=source)


# Cycles


def test_an_import_cycle_names_the_cheapest_import():
    (finding,) = found("cycle", pkg____init__="", pkg__a="from pkg.b import x, y\n",
                       pkg__b="\nfrom pkg.a import z\n")  # fmt: skip
    assert (finding.place.file, finding.place.line) == ("pkg/b.py", 2)
    assert [p.file for p in finding.related] == ["pkg/a.py"]


# The report


def test_a_report_says_what_it_read_and_what_it_did_not():
    modules = [module("x = 1\n", "a.py"), module("def (:\n", "b.py")]
    document = analyze("project", modules)
    assert (document.files, document.code_lines) == (1, 1)
    assert document.notes[0].startswith("b.py: not analyzed")
    assert [run.analyzer for run in document.runs] == list(ANALYZERS)
    assert set(document.not_decidable) == {"timing", "value", "identity"} == set(NOT_DECIDABLE)


def test_a_file_that_is_nested_too_deeply_stops_no_other():
    deep = "".join(f"{'el' * (n > 0)}if x == {n}:\n    pass\n" for n in range(1500))
    document = analyze("project", [module(deep, "deep.py"), module("x = 1\n", "b.py")])
    assert document.files == 1
    assert document.notes == ("deep.py: not analyzed: nested too deeply",)
    assert analyze("project", []).files == 0


def test_a_finding_keeps_its_identity_when_lines_above_it_move():
    ids = {found("god-object", a=text)[0].finding_id for text in (god(25), "\n\n\n" + god(25))}
    assert len(ids) == 1


def test_limits_decide():
    assert report("god-object", limits=Limits(god_complexity=1000), a=god(25)).findings == ()
    tiny = "def f():\n    return g(1, 2)\n"
    assert report("duplication", limits=Limits(clone_tokens=5, clone_lines=1), a=tiny,
                  b=tiny).findings  # fmt: skip


def test_progress_is_told():
    events = []
    modules = (module("x = 1\n", f"m{n}.py") for n in range(400))
    analyze("project", modules, total=400, on_event=events.append)
    assert [(e.count, e.total, e.status) for e in events] == [
        (200, 400, "running"), (400, 400, "running"), (400, 400, "done")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "expected"),
    [("a/test_x.py", True), ("a/x_test.py", True), ("tests/x.py", True), ("conftest.py", True),
     ("a/tests.py", True), ("attest.py", False), ("a/latest/x.py", False)],
)  # fmt: skip
def test_what_holds_tests_is_known_by_its_name(file, expected):
    assert is_test(file) is expected


def test_files_that_are_gone_or_unreadable_are_noted_and_links_left_out(tmp_path):
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "b.txt").write_text("")
    (tmp_path / "c.py").symlink_to("a.py")
    files = sources_of(tmp_path).python
    assert files == ["a.py"]
    one, other = modules_of(tmp_path, [*files, "gone.py"])
    assert one.tree is not None
    assert (other.tree, other.reason) == (None, "not analyzed: No such file or directory")


@given(st.text("ab()[]{}'\"#\\\n =:,.0", max_size=60))
def test_the_lexer_reads_anything_and_loses_no_line(text):
    lines = logical_lines(text)
    assert all(1 <= line.start <= line.end <= text.count("\n") + 1 for line in lines)
    assert [line.start for line in lines] == sorted(line.start for line in lines)


def test_every_statement_of_whets_own_lexer_is_walked():
    source = source_of("whet.codebase.structure.lexing")
    facts = facts_of(module(source), "lexing")
    functions = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)]
    assert {f.short for f in facts.functions} == {f.name for f in functions}
    for node in functions:
        fact = next(f for f in facts.functions if f.short == node.name)
        inside = [n for n in ast.walk(node) if isinstance(n, ast.stmt) and n is not node]
        assert fact.statements == len(inside)
