"""Python's tags are exactly those of its own syntax tree; definitions are those of ctags."""

import ast
import json
import shutil
import subprocess
import sysconfig
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.codebase.tags.extraction import as_utf8, extract
from whet.codebase.tags.python_ast import tags_by_ast
from whet.codebase.tags.symbols import SYMBOLS, unpack

LIBRARY = Path(sysconfig.get_path("stdlib"))
SAMPLE = sorted(path for path in LIBRARY.glob("*.py") if path.stat().st_size < 60_000)[::9]
# Each is read wrongly by the grammar, or was.
ODD = {
    "splat of a call in a list": "a = [*f(1)]\nb = {*g.h(1)}\nc[*f(x)]\nprint('x', *y.split())\n",
    "an attribute of type()": "type(a).b = 1\ntype(a).b.c = 2\ntype(a)[0] = 3\ntype(a).b[0] = 4\n",
    "a parenthesized target": "(a): int = 1\n",
    "a chain of targets": "a = b = c = d = e = f = None\na = b.c = d = (e, f) = g = 1\n",
    "a chain that is not at the top": "if a:\n  b = c = 1\ndef f():\n  d = e = 2\n",
    "a parenthesized callee": "(f)(1)\n(a.b)(2)\n",
    "an attribute on its own line": "a = (b\n  .c(1)\n  .d(2))\n",
    "soft keywords": "match = case = type = 1\nmatch(a)\ntype(b)\ncase(c)\nprint(d)\n",
    "names that are normalized": "def \ufb01nd(): return \ufb01nd()\n",
    "calls in f-strings": "f'{a(1)} {b.c(2)!r:>{d(3)}}'\n",
    "decorators": "@a\n@b.c(1)\nclass D:\n    @e(2)\n    async def f(self): await g(3)\n",
    "tabs, form feeds and continued lines": "if a:\n\tb(1)\n\x0cdef c(): \\\n  d(2)\n",
    "old line ends": "a(1)\rb(2)\r\nc(3)\n",
    "a byte-order mark": "\ufeffa(1)\n",
    "lambda, comprehension, walrus": "a = lambda: b(1)\n[c(x) for x in d(y) if (e := f(z))]\n",
    "nothing": "",
}


def by_ast(source):
    tree = ast.parse(source)
    found = set()
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        found |= {(t.id, t.lineno, "def") for t in targets if isinstance(t, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add((node.name, node.lineno, "def"))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found.add((node.func.id, node.func.lineno, "ref"))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            found.add((node.func.attr, node.func.end_lineno, "ref"))
    return found


def by_whet(source):
    facts = extract(source, "Python")
    return {(name, line, SYMBOLS[code][0]) for line, name, code in unpack(facts.tags)}


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.stem)
def test_a_module_of_the_standard_library_has_the_tags_of_its_syntax_tree(path):
    source = path.read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert by_whet(source) == by_ast(source)


@pytest.mark.parametrize("case", ODD)
def test_odd_python_has_the_tags_of_its_syntax_tree(case):
    source = ODD[case].encode()
    assert by_whet(source) == by_ast(source)


NAMES = st.sampled_from(["a", "b", "run", "É", "_x"])
CALLS = st.recursive(
    NAMES,
    lambda inner: (
        st.builds("{}({})".format, NAMES, inner)
        | st.builds("{}.{}({})".format, inner, NAMES, inner)
        | st.builds("[*{}, {}]".format, inner, inner)
        | st.builds("(lambda: {})({})".format, inner, inner)
    ),
    max_leaves=6,
)
STATEMENTS = st.builds("{} = {}\n".format, NAMES, CALLS) | st.builds(
    "class {}:\n  @{}\n  def {}(self): return {}\n".format, NAMES, CALLS, NAMES, CALLS
)


@given(st.lists(STATEMENTS, max_size=6).map("".join))
def test_any_program_has_the_tags_of_its_syntax_tree(source):
    assert by_whet(source.encode()) == by_ast(source.encode())


def test_valid_python_that_the_grammar_cannot_read_is_read_all_the_same():
    source = (
        b"class A:\n    def f(self):\n        (bar.\n    baz)\n        g(1)\nclass B: pass\nh(2)\n"
    )
    facts = extract(source, "Python")
    assert by_whet(source) == by_ast(source)
    assert not facts.broken
    assert unpack(facts.tags) == tags_by_ast(source)


@pytest.mark.parametrize("case", ODD)
def test_the_syntax_tree_gives_the_same_tags_in_the_same_order(case):
    source, _ = as_utf8(ODD[case].encode(), "Python")
    assert unpack(extract(source, "Python").tags) == tags_by_ast(source)


@pytest.mark.skipif(
    "Universal" not in subprocess.run(
        ["ctags", "--version"], capture_output=True, text=True, check=False
    ).stdout if shutil.which("ctags") else True,
    reason="universal-ctags is not installed",
)  # fmt: skip
def test_classes_and_functions_are_those_of_ctags():
    files = SAMPLE[:12]
    done = subprocess.run(
        ["ctags", "--output-format=json", "--fields=+n", "--kinds-Python=cfm", "-f", "-",
         *map(str, files)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    rows = map(json.loads, done.stdout.splitlines())
    theirs = {  # to ctags a name that is bound to a lambda is a function
        (row["path"], row["name"], row["line"]) for row in rows if "lambda" not in row["pattern"]
    }
    ours = {
        (str(path), name, line)
        for path in files
        for line, name, code in unpack(extract(path.read_bytes(), "Python").tags)
        if SYMBOLS[code][1] in {"class", "function", "method"} and SYMBOLS[code][0] == "def"
    }
    assert ours == theirs
    assert len(ours) > 100
