from __future__ import annotations

import ast

import pytest

from whet.codebase.syntax import SourceModule, apply_edits, span_of
from whet.errors import WhetError
from whet.records import Edit, Span


def edit(line, column, end_line, end_column, text):
    span = Span(line=line, column=column, end_line=end_line, end_column=end_column)
    return Edit(file="m.py", span=span, text=text)


def test_a_file_with_a_syntax_error_is_not_analyzed_and_no_error():
    module = SourceModule(b"def f(:\n", "m.py")
    assert module.tree is None
    assert module.reason.startswith("not analyzed")
    with pytest.raises(ValueError, match="not analyzed"):
        _ = module.scopes


@pytest.mark.parametrize(
    "source", [b"x = '\xff'\n", b"# coding: nonsense\n", b"x\0", b"(" * 3000 + b")" * 3000]
)
def test_what_cannot_be_read_is_not_analyzed(source):
    assert SourceModule(source, "m.py").reason.startswith("not analyzed")


def test_a_huge_file_is_not_analyzed():
    assert "larger than" in SourceModule(b"#" * 2_000_001, "m.py").reason


def test_a_missing_file_is_one_clear_error(tmp_path):
    with pytest.raises(WhetError, match="source file"):
        SourceModule.parse(tmp_path / "gone.py")


def test_parse_names_the_file_relative_to_the_root(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.py").write_bytes(b"x = 1\n")
    assert SourceModule.parse(tmp_path / "a" / "b.py", root=tmp_path).file == "a/b.py"


def test_edits_keep_encoding_mark_and_line_endings():
    source = "\ufeffé = 'ü' + y\r\nz = 1\r\n".encode()
    module = SourceModule(source, "m.py")
    node = module.tree.body[0].value.right
    edits = [module.replace(node, "x"), module.insert_before_line(2, "a\nb\n")]
    assert module.apply(edits) == "\ufeffé = 'ü' + x\r\na\r\nb\r\nz = 1\r\n".encode()
    assert module.encoding == "utf-8-sig"
    assert module.newline == "\r\n"


def test_edits_of_a_latin_1_file_use_its_encoding():
    source = "# coding: latin-1\né = ü\n".encode("latin-1")
    module = SourceModule(source, "m.py")
    changed = module.apply([module.replace(module.tree.body[0].value, "ö")])
    assert changed == "# coding: latin-1\né = ö\n".encode("latin-1")
    with pytest.raises(WhetError, match="does not fit the encoding"):
        module.apply([module.replace(module.tree.body[0].value, "\u4e2d")])


def test_form_feeds_and_unicode_separators_end_no_line():
    module = SourceModule("a = 1\x0c\nb = '\u2028'\nc = 2\n".encode(), "m.py")
    assert [module.text_of(node) for node in module.tree.body][2] == "c = 2"


def test_equal_edits_count_once_and_insertions_keep_their_order():
    edits = [edit(1, 0, 1, 0, "x\n"), edit(1, 0, 1, 0, "x\n"), edit(1, 0, 1, 0, "y\n")]
    assert apply_edits(b"z\n", edits) == b"x\ny\nz\n"


def test_overlapping_edits_are_refused():
    with pytest.raises(WhetError, match="overlap"):
        apply_edits(b"abcdef\n", [edit(1, 0, 1, 4, "x"), edit(1, 2, 1, 5, "y")])


@pytest.mark.parametrize("place", [(9, 0), (1, 99), (0, 0)])
def test_edits_outside_of_the_file_are_refused(place):
    with pytest.raises(WhetError, match="outside of the file"):
        apply_edits(b"abc\n", [edit(*place, *place, "x")])


def test_a_line_can_follow_a_last_line_without_an_ending():
    module = SourceModule(b"x = 1", "m.py")
    assert module.apply([module.insert_after(module.tree.body[0], "y = 2\n")]) == b"x = 1\ny = 2"


SCOPES = """
import os.path, re as regex
from collections import deque as d
total = 0

def outer(a, b=total, *, c: total = 1):
    global total
    total = a
    def inner():
        nonlocal b
        b = [a for a in b if (found := a)]
        return found
    return lambda a: a

class K:
    total = 2
    def get(self):
        try:
            return total
        except ValueError as error:
            return error
        match self:
            case {"x": y, **rest}: return y, rest
            case [z, *more] as whole: return z, more, whole
"""


@pytest.fixture
def scopes():
    return SourceModule(SCOPES.encode(), "m.py").scopes


def test_names_belong_to_scopes_as_the_language_says(scopes):
    lines = [use.lineno for use in scopes.uses(scopes.module, "total")]
    assert lines == [4, 6, 6, 8, 19]
    assert len(scopes.bindings(scopes.module, "total")) == 2
    outer, inner, get = scopes.functions
    assert scopes.qualified_name(inner) == "outer.<locals>.inner"
    assert scopes.qualified_name(get) == "K.get"
    assert [u.lineno for u in scopes.uses(scopes.inner(outer), "b")] == [11, 11]
    assert [u.lineno for u in scopes.uses(scopes.inner(inner), "found")] == [11, 12]
    for name in ("error", "y", "rest", "z", "more", "whole"):
        assert name in scopes.inner(get).bindings


def test_imports_are_followed_to_their_origin(scopes):
    assert scopes.import_origin("os") == "os"
    assert scopes.import_origin("regex") == "re"
    assert scopes.import_origin("d") == "collections.deque"
    assert scopes.import_origin("total") is None


def test_a_shadowed_builtin_is_none():
    module = SourceModule(b"def f(len, x):\n    return len(x), sum(x)\n", "m.py")
    calls = [n for n in ast.walk(module.tree) if isinstance(n, ast.Call)]
    assert {c.func.id: module.scopes.is_builtin(c.func) for c in calls} == {
        "len": False,
        "sum": True,
    }


def test_a_function_is_found_by_any_of_its_lines_and_its_decorators():
    module = SourceModule(b"@d\ndef f():\n    def g():\n        pass\nx = 1\n", "m.py")
    found = [module.function_at(line) for line in (1, 2, 4, 5)]
    assert [f.name if f else None for f in found] == ["f", "f", "g", None]


def test_text_between_is_the_source_as_written():
    module = SourceModule("x = (é,\n  2)  # c\n".encode(), "m.py")
    assert module.text_of(module.tree.body[0].value) == "(é,\n  2)"
    assert span_of(module.tree.body[0]).end_line == 2
