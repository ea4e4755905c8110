"""Duties that several modules share, and names that are promised and nowhere."""

import textwrap

import pytest

from whet.codebase.structure import Limits, analyze, promises_in, sources_of
from whet.codebase.structure.promises import is_document, promises_of
from whet.codebase.syntax import SourceModule

FETCH = """
def {name}(address, timeout):
    session = open_session(address)
    answer = session.request(address, timeout)
    check_status(answer)
    return decode_body(answer)
"""
OTHERS = "".join(f"def f{n}():\n    g{n}()\n    h{n}()\n    k{n}()\n\n\n" for n in range(30))


def report(promises=(), **sources):
    modules = [
        SourceModule(textwrap.dedent(text).encode(), name.replace("__", "/") + ".py")
        for name, text in sources.items()
    ]
    return analyze("project", modules, only=["mece"], limits=Limits(promises=tuple(promises)))


def found(rule, promises=(), **sources):
    findings = report(promises, **sources).findings
    return [finding for finding in findings if finding.rule == f"mece-{rule}"]


def test_two_modules_that_do_the_same_in_like_words_share_a_duty():
    two = FETCH.format(name="page_of").replace("check_status(answer)", "check_status(answer, 2)")
    (finding,) = found("shared-duty", a=FETCH.format(name="fetch_page"), b=two, c=OTHERS)
    assert finding.message == (
        "2 modules share a duty: fetch_page and page_of (all call check_status, decode_body, "
        "open_session, request)"
    )
    assert [(p.file, p.symbol) for p in (finding.place, *finding.related)] == [
        ("a.py", "fetch_page"), ("b.py", "page_of"),
    ]  # fmt: skip
    assert finding.measures == {
        "modules": 2, "duties": 1, "functions": 2, "least_same_calls": 1.0
    }  # fmt: skip
    assert finding.level == "note"


def test_all_that_two_modules_share_is_one_finding():
    save = "def save_page(page, path):\n    x = pack(page)\n    y = sign(x)\n    store(y, path)\n"
    (finding,) = found(
        "shared-duty", a=FETCH.format(name="page") + save, b=FETCH.format(name="page") + save
    )
    assert finding.measures["duties"] == 2


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("examples__shop", FETCH.format(name="fetch_page")),  # a program of its own
        ("tests__b", FETCH.format(name="fetch_page")),
        ("b", "from a import fetch_page\n" + FETCH.format(name="fetch_all_pages").replace(
            "return decode_body(answer)", "return decode_body(fetch_page(answer))")),
        ("b", FETCH.format(name="fetch_page").replace("answer", "x").replace("address", "y")
         .replace("timeout", "z").replace("session", "s").replace("fetch_page", "load_page")
         .replace("open_s", "open_session")),
        ("b", FETCH.format(name="paint")),  # not a word of its name is the same
        ("b", "def fetch_page(address, timeout):\n    return list(sorted(set(address)))\n"),
    ],
)  # fmt: skip
def test_examples_tests_delegates_and_things_spoken_of_otherwise_share_none(name, other):
    assert not found("shared-duty", a=FETCH.format(name="fetch_page"), c=OTHERS, **{name: other})


def test_a_name_that_four_files_define_is_an_interface_they_agree_on():
    same = {f"m{number}": FETCH.format(name="fetch_page") for number in range(4)}
    assert not found("shared-duty", **same)
    assert found("shared-duty", m0=same["m0"], m1=same["m1"], m2=same["m2"])


def test_what_many_functions_call_is_no_evidence_unless_it_is_nearly_all():
    names = [f"read_{n}" for n in range(12)]
    common = "def {}(a, b):\n    one(a)\n    two(b)\n    three(a)\n    {}\n"
    sources = {n: common.format(n, f"only_{n}()\n    more_{n}()\n    most_{n}()") for n in names}
    assert not found("shared-duty", **sources)


@pytest.mark.parametrize(
    "exports",
    [
        '__all__ = ["here", "gone"]',
        '__all__ = ("here",)\n__all__ += ["gone"]',
        '__all__: list[str] = ["here", "gone"]',
        '__all__ = ["here"]\n__all__.extend(["gone"])\n',
        '__all__ = ["here"]\n__all__.append("gone")\n',
    ],
)
def test_an_export_that_is_not_defined_is_missing(exports):
    (finding,) = found("missing-name", a=f"{exports}\ndef here(): pass\n")
    assert finding.message == "__all__ promises gone, which a does not define"
    assert finding.level == "warning"


@pytest.mark.parametrize(
    "source",
    [
        "def gone(): pass",
        "class gone: pass",
        "gone = 1",
        "gone: int = 1",
        "import os as gone",
        "from os import path as gone",
        "try:\n    from fast import gone\nexcept ImportError:\n    gone = None",
        "for gone in (): pass",
        "with open(0) as (x, gone): pass",
        "def set_it():\n    global gone\n    gone = 1",
        "if (gone := 1): pass",
        "globals()['gone'] = 1",
        "def __getattr__(name): pass",
        "import sys\nsys.modules[__name__] = object()",
        "from os import *",
        "new = recreate_module(__name__, by={})",
        "match 1:\n    case gone: pass",
    ],
)
def test_whatever_binds_a_name_defines_it(source):
    assert not found("missing-name", a=f"{source}\n__all__ = ['gone']\n", b="from a import gone")


@pytest.mark.parametrize(
    "taking",
    [
        "from p.a import gone",
        "from p import a\nx = a.gone",
        "import p.a\nfrom p import a as b\nb.gone()",
        "from . import a\ndef f(): return a.gone()",
        "from p.stars import gone",
    ],
)
def test_a_name_taken_from_a_module_that_lacks_it_is_missing(taking):
    stars = "from p.a import *"
    (finding,) = found(
        "missing-name", p____init__="", p__a="import logging\nlog = logging.getLogger(__name__)",
        p__stars=stars, p__user=taking,
    )  # fmt: skip
    assert finding.message.startswith("gone is taken from p.")
    assert finding.place.file == "p/user.py"


@pytest.mark.parametrize(
    "taking",
    [
        "try:\n    from p.a import gone\nexcept ImportError:\n    gone = None",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from p.a import gone",
        "from elsewhere.a import gone",
        "from p import a\ndef f(a): return a.gone",
        "from p import a\ndef f():\n    a = object()\n    def g(): return a.gone\n",
        "from p import a\nclass C:\n    a = property(1)\n    @a.setter\n    def b(self): pass",
        "from p import a\na.gone = 1",
        "from p import a\na.__name__",
        "from p import sub",
        "from p import _speedups",
        "from p.loops import gone",
    ],
)
def test_what_may_be_there_is_not_missing(taking):
    assert not found(
        "missing-name", p____init__="", p__a="", p__sub__deep="", p__user=taking,
        p__loops="from p.loops2 import *", p__loops2="from p.loops import *\ngone = 1",
    )  # fmt: skip


BASE = """
class Store:
    def load(self):
        "What is there."
        raise NotImplementedError
    def both(self):
        return self.load()
"""


def test_a_method_that_is_called_and_that_no_subclass_has_is_held_by_nobody():
    (finding,) = found("unheld-duty", a=BASE, b="from a import Store\nclass Disk(Store): pass\n")
    assert finding.message == (
        "Store.load is left to subclasses and called, and none of 1 has it"
    )  # fmt: skip
    assert finding.place.symbol == "Store.load"


@pytest.mark.parametrize(
    "heir",
    [
        "class Disk(Store):\n    def load(self): pass\n",
        "class Disk(Store):\n    load = print\n",
        "class Disk(Store): pass\nclass Fast(Disk):\n    def load(self): pass\n",
        "class Disk(Other, Store): pass\n",
        "",
    ],
)
def test_a_method_that_somebody_has_or_may_have_is_held(heir):
    assert not found("unheld-duty", a=BASE, b=f"from a import Store\n{heir}")
    assert not found("unheld-duty", a=BASE.replace("self.load()", "1"), b="class Disk(Store): x=1")


def test_documents_that_tell_of_names_that_are_gone_are_found(tmp_path):
    (tmp_path / "shop.py").write_text("class Cart: pass\n")
    (tmp_path / "guide.md").write_text("# Use\n\n```python\nfrom shop import Cart, Till as T\n")
    (tmp_path / "api.rst").write_text(
        ".. module:: shop\n\n.. autoclass:: Cart\n.. autofunction:: pay\n\nOr :func:`shop.pay`\n"
    )
    (tmp_path / "CHANGES.rst").write_text("Removed :func:`shop.old`.\n")
    sources = sources_of(tmp_path)
    assert sources == (["shop.py"], ["api.rst", "guide.md"])
    promises = list(promises_in(tmp_path, [*sources.documents, "gone.md"]))
    findings = found("missing-in-documents", promises, shop="class Cart: pass\n")
    assert [(f.message, f.place.file, f.place.line, len(f.related)) for f in findings] == [
        ("documents tell of pay in shop, which does not define it", "api.rst", 4, 1),
        ("documents tell of Till in shop, which does not define it", "guide.md", 4, 0),
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (".. currentmodule:: a.b\n\n.. autodata:: c\n", ["a.b", "a.b.c"]),
        (".. module:: a.b\n\n.. autoclass:: a.d\n", ["a.b", "a.d"]),
        (":py:class:`text <a.B>` :mod:`!a.c` :func:`a.f()`", ["a.B", "a.f"]),
        (":func:`a.f` was removed", []),
        (":meth:`a.B.c` :attr:`a.B.d` :class:`B`", []),
        ("::: a.b\n>>> from a import (x)\n>>> from a import y  # why\n", ["a.b", "a.y"]),
        (".. code-block:: rst\n\n   .. autoclass:: a.B\n\n   from a import b\nafter :func:`a.c`",
         ["a.b", "a.c"]),
        ("Like so::\n\n   :func:`a.f`\n\nNot so :func:`a.g`", ["a.g"]),
    ],
)  # fmt: skip
def test_what_a_document_promises(text, names):
    assert [promise.name for promise in promises_of(text, "x.rst")] == names


@pytest.mark.parametrize(
    ("file", "expected"),
    [("README.md", True), ("docs/api.rst", True), ("docs/changelog.md", False), ("a.py", False),
     ("HISTORY.rst", False), ("docs/whatsnew/3.rst", False)],
)  # fmt: skip
def test_documents_are_known_by_their_names(file, expected):
    assert is_document(file) == expected
