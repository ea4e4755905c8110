"""A moved import changes nothing that can be seen, or it is not moved."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from whet.diagnosis.sources import Uses, names_used_outside
from whet.records import CallEvidence, Evidence, HotPlace, ImportEvidence
from whet.remedies import find_remedy

REMEDY = find_remedy("heavy_import_unused")
SLOW = dict.fromkeys(
    ["colorsys", "graphlib", "xml.dom", "xml.dom.minidom", "json", "logging", "codecs", "atexit",
     "pytest", "readline", "encodings.idna", "__future__"],
    0.5,
)  # fmt: skip
SETTINGS = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

IMPORTS = [
    "import colorsys",
    "import colorsys as c",
    "from colorsys import rgb_to_hsv",
    "from colorsys import *",
    "import xml.dom",
    "import xml.dom.minidom as c",
    "import colorsys, graphlib",
    "if 1:\n    import colorsys",
    "try:\n    import colorsys\nexcept ImportError:\n    colorsys = None",
    "import typing\nif typing.TYPE_CHECKING:\n    import colorsys",
    "from typing import TYPE_CHECKING\nimport colorsys",
    "import colorsys; c = 1",
]
USES = [
    "def f(x):\n    return colorsys.ONE_THIRD if x > 5 else x",
    "def f(x):\n    return c.ONE_THIRD if x > 5 else x",
    "def f(x):\n    return rgb_to_hsv(1, 0, 0) if x > 5 else x",
    "def f(x):\n    global colorsys\n    colorsys = x\n    return colorsys",
    "def f(x, y=colorsys):\n    return x",
    "def f(x):\n    if x > 5:\n        import colorsys\n        return colorsys.ONE_THIRD",
    "def f(x):\n    return [colorsys for _ in range(x - 5)]",
    "def f(x):\n    '''Doc.'''\n    g = lambda: colorsys\n    return x and x > 5 and g()",
    "class K:\n    a = colorsys\ndef f(x):\n    return x",
    "class K:\n    def m(self):\n        return colorsys\ndef f(x):\n    return x",
    "def f(x):\n    return sorted(globals()) and x > 5 and colorsys",
    "def f(x: colorsys.ONE_THIRD):\n    return x",
    "def f(x):\n    nonsense: colorsys.ONE_THIRD = x\n    return nonsense",
    "def f(x):\n    return xml.dom if x > 5 else x",
    "__all__ = ['colorsys']\ndef f(x):\n    return x > 5 and colorsys",
    "def f(x): return x > 5 and colorsys",
    "@(lambda f: colorsys and f)\ndef f(x):\n    return x",
    "def g():\n    return colorsys\ndef f(x):\n    return x > 5 and g()",
    "def f(x):\n    del x\n    return eval('colorsys')",
]


def outcome(loaded, x):
    try:
        return repr(loaded.f(x))
    except Exception as error:  # noqa: BLE001 -- compared, whatever it is
        return f"{type(error).__name__}: {error}"


@given(st.sampled_from(IMPORTS), st.lists(st.sampled_from(USES), min_size=1, max_size=3),
       st.integers(0, 9))  # fmt: skip
@SETTINGS
def test_functions_work_alike_whether_or_not_the_run_came_to_the_import(bench, imported, uses, x):
    source = "\n".join([imported, *uses, ""])
    try:
        original = bench.load(source)
    except Exception:  # noqa: BLE001 -- it never worked
        return
    module = bench.module(source)
    matches = bench.matches(module, REMEDY, SLOW)
    evidence = bench.observe(module, matches, lambda loaded: outcome(loaded, x))
    edits = [
        edit
        for match in matches
        if REMEDY.admit(match, evidence).admitted
        for edit in REMEDY.rewrite(module, match)
    ]
    fixed = bench.load(module.apply(edits))
    for value in (x, 0, 9):  # also what the run did not show
        assert outcome(fixed, value) == outcome(original, value)


@pytest.fixture
def moved(bench):
    """The source after its admitted imports have moved, beside other files; None: none moved."""

    def make(source, others=()):
        module = bench.module(source, outside=names_used_outside("module.py", map(Uses, others)))
        matches = bench.matches(module, REMEDY, SLOW)
        evidence = bench.observe(module, matches, lambda _: None)
        edits = [
            edit
            for match in matches
            if REMEDY.admit(match, evidence).admitted
            for edit in REMEDY.rewrite(module, match)
        ]
        return module.apply(edits).decode() if edits else None

    return make


PLAIN = "import colorsys\n\n\ndef f():\n    return colorsys.ONE_THIRD\n"


def test_an_import_that_the_run_did_not_need_is_moved(moved):
    assert moved(PLAIN) == "\n\ndef f():\n    import colorsys\n    return colorsys.ONE_THIRD\n"


@pytest.mark.parametrize(
    "other",
    [
        "from module import colorsys",
        "from package.module import f, colorsys",
        "from .module import (\n    f,\n    colorsys,\n)",
        "import module\nmodule.colorsys.ONE_THIRD",
        "import package.module as m\nm.colorsys",
        "monkeypatch.setattr('package.module.colorsys', fake)",
        "monkeypatch.setattr(module.colorsys, 'ONE_THIRD', 1)",
        "with mock.patch('module.colorsys.ONE_THIRD', 1): pass",
        "from module import *",
    ],
)
def test_a_name_that_another_file_reexports_replaces_or_uses_stays(moved, other):
    assert moved(PLAIN, [other]) is None


@pytest.mark.parametrize(
    "other",
    [
        "monkeypatch.setattr(module, 'colorsys', fake)",
        'mock.patch.object(module, "colorsys")',
        "setattr(m, 'colorsys', 1)\nimport module as m",
        "getattr(module, 'colorsys')",
    ],
)
def test_a_name_that_another_file_spells_as_a_string_stays(moved, other):
    assert moved(PLAIN, [other]) is None


@pytest.mark.parametrize("other", ["import colorsys", "from elsewhere import f", "x.module"])
def test_other_files_that_do_not_mention_the_name_do_not_matter(moved, other):
    assert moved(PLAIN, [other]) is not None


@pytest.mark.parametrize("name", ["logging", "codecs", "readline", "pytest", "encodings.idna"])
def test_imports_that_register_something_stay(moved, name):
    assert moved(f"import {name} as heavy\n\n\ndef f():\n    return heavy.x\n") is None


@pytest.mark.parametrize(
    "source",
    [
        "import xml.dom.minidom\ndef f():\n    return xml.dom\n",
        "from xml import dom\nimport xml.dom.minidom\ndef f():\n    return dom\n",
        "from colorsys import *\nimport graphlib\ndef f():\n    return graphlib\n",
        "from __future__ import annotations\ndef f():\n    return annotations\n",
    ],
)
def test_imports_that_bind_more_than_they_say_stay(moved, source):
    assert moved(source) is None


HEAVY_PART = "import xml.dom.minidom as dom\n\n\ndef f():\n    return dom\n"


@pytest.mark.parametrize("other", ["import xml\n", "import os, xml as x\n", "  import xml.sax\n"])
def test_a_submodule_stays_where_another_file_holds_its_package(moved, other):
    assert moved(HEAVY_PART, [other]) is None


@pytest.mark.parametrize(
    "other", ["import xmlrpc\n", "import xml.dom as d\n", "from xml import sax\n"]
)
def test_a_submodule_moves_where_other_files_import_what_they_use(moved, other):
    assert moved(HEAVY_PART, [other]) is not None


def test_a_submodule_that_others_may_have_found_loaded_by_this_import_is_not_moved(
    moved, tmp_path
):
    """`import xml` elsewhere in the file may live on the submodule that this import loads."""
    source = (
        "import xml\nimport xml.dom.minidom as dom\n\n\ndef f():\n    return dom\n\n\n"
        "def g():\n    return xml.dom.minidom.__name__\n"
    )
    text = moved(source) or source
    program = tmp_path / "module.py"
    program.write_text(text + "\n\nprint(g())\n")
    done = subprocess.run(
        [sys.executable, str(program)], capture_output=True, text=True, check=False
    )
    assert done.stdout == "xml.dom.minidom\n"


@pytest.mark.parametrize(
    "function",
    [
        "def f(rgb_to_hsv):\n    return hls_to_rgb(rgb_to_hsv)\n",
        "def f():\n    rgb_to_hsv = 1\n    return hls_to_rgb(rgb_to_hsv)\n",
        "def f():\n    global hls_to_rgb\n    return hls_to_rgb\n",
        "def f():\n    class K:\n        global hls_to_rgb\n        a = hls_to_rgb\n",
        "def f():\n    return hls_to_rgb, locals()\n",
        "def f():\n    return hls_to_rgb, (lambda: (hls_to_rgb, locals()))()\n",
    ],
)
def test_an_import_stays_where_a_function_means_something_else_by_its_names(moved, function):
    source = "from colorsys import rgb_to_hsv, hls_to_rgb\n" + function
    assert moved(source) is None
    assert moved(source.replace(function, "def f():\n    return hls_to_rgb\n")) is not None


@pytest.mark.parametrize(
    ("around", "moves"),
    [
        ("sys.path.pop(0)", False),
        ("sys.path = []", False),
        ("del sys.path[0]", False),
        ("del sys.modules['colorsys']", False),
        ("sys.modules['colorsys'] = None", False),
        ("sys.meta_path.insert(0, None)", False),
        ("sys.path.insert(0, 'lib')", True),
        ("here = 'json' in sys.modules, sys.modules.get('json'), sys.path[0]", True),
    ],
)
def test_files_that_change_what_imports_find_import_at_once(moved, around, moves):
    source = f"import sys\n{PLAIN}\n\ndef later():\n    {around}\n"
    assert (moved(source) is not None) is moves


@pytest.mark.parametrize("decorator", ["numba.njit", "numba.njit(cache=True)", "triton.jit"])
def test_functions_that_a_compiler_translates_take_no_import(bench, decorator):
    source = f"import numba, triton\nimport colorsys\n@{decorator}\ndef f():\n    colorsys\n"
    assert bench.matches(bench.module(source), REMEDY, SLOW) == []
    assert bench.matches(bench.module(source.replace(decorator, "print")), REMEDY, SLOW)


def test_constants_from_elsewhere_are_read_when_they_were(bench):
    for names, stays in (("LIMIT", True), ("limit", False), ("Limit, LEVEL", True)):
        used = names.rpartition(" ")[2]
        source = f"from pytest import {names}\n\ndef f():\n    return {used}\n"
        module = bench.module(source)
        assert (bench.matches(module, REMEDY, SLOW) == []) is stays


def test_pickles_and_pages_that_look_the_name_up_find_it_in_a_string(moved):
    assert moved(PLAIN + "\n\nLAZY = ('colorsys',)\n") is None


# --- imports for annotations only

FOR_ANNOTATIONS = find_remedy("import_for_annotations_only")
HEAD = "from __future__ import annotations\n"
ANNOTATED = [
    "def f(x: colorsys.Color):\n    return x",
    "def f(x) -> colorsys.Color:\n    return x",
    "def f(x, *y: colorsys.Color, **z: 'colorsys.Color'):\n    return x",
    "def f(x):\n    y: colorsys.Color = x\n    return y",
    "class K:\n    def m(self, x: colorsys.C):\n        return x\ndef f(x):\n    return K().m(x)",
    "class K:\n    x: colorsys.Color = 1\ndef f(x):\n    return K.x",
    "class K:\n    x: colorsys.Color = 1\ndef f(x):\n    return sorted(K.__annotations__)",
    "import inspect\ndef f(x: colorsys.X):\n    return inspect.signature(f, eval_str=True)",
    "import typing\ndef f(x: colorsys.ONE_THIRD):\n    return typing.get_type_hints(f)",
    "from functools import singledispatch as s\n@s\ndef f(x: colorsys.X): pass",
    "def f(x: colorsys.Color = colorsys.ONE_THIRD):\n    return x",
    "def f(x: (lambda: colorsys)):\n    return x",
    "T = colorsys.ONE_THIRD\ndef f(x: T):\n    return x",
    "def f(x: colorsys.Color):\n    return eval('colorsys')",
    "def f(x: colorsys.Color):\n    global colorsys\n    colorsys = x\n    return colorsys",
    "def f(x: colorsys.Color):\n    return 'colorsys' in globals()",
]


@given(st.sampled_from(["import colorsys", "import colorsys  # why", "import colorsys; c = 1"]),
       st.lists(st.sampled_from(ANNOTATED), min_size=1, max_size=2), st.booleans())  # fmt: skip
@SETTINGS
def test_functions_work_alike_without_what_only_annotations_name(bench, imported, uses, texts):
    source = "\n".join([HEAD if texts else "", imported, *uses, ""])
    try:
        original = bench.load(source)
    except Exception:  # noqa: BLE001 -- it never worked
        return
    module = bench.module(source)
    matches = bench.matches(module, FOR_ANNOTATIONS, SLOW)
    evidence = bench.observe(module, matches, lambda loaded: outcome(loaded, 1))
    edits = [
        edit
        for match in matches
        if FOR_ANNOTATIONS.admit(match, evidence).admitted
        for edit in FOR_ANNOTATIONS.rewrite(module, match)
    ]
    fixed = bench.load(module.apply(edits))
    assert outcome(fixed, 1) == outcome(original, 1)


@pytest.mark.parametrize("use", ANNOTATED[:5])
def test_imports_that_only_annotations_name_are_left_to_type_checkers(bench, use):
    module = bench.module(f"{HEAD}import colorsys\r\n{use}\n")
    (match,) = bench.matches(module, FOR_ANNOTATIONS, SLOW)
    text = module.apply(FOR_ANNOTATIONS.rewrite(module, match)).decode()
    assert "    import colorsys" in text
    assert "colorsys" not in vars(bench.load(text))


@pytest.mark.parametrize(
    ("other", "left"),
    [
        ("import module\nimport typing\ntyping.get_type_hints(module.f)\n", False),
        ("from fastapi import Depends\nfrom module import f\nDepends(f)\n", False),
        ("import module\nprint(module.f.__annotations__)\n", False),
        ("import module\nprint(module.f(1))\n", True),
    ],
)
def test_annotations_that_another_file_evaluates_keep_their_imports(bench, other, left):
    source = (
        "from __future__ import annotations\nfrom colorsys import rgb_to_hsv as Color\n"
        "def f(x: Color):\n    return x\n"
    )
    outside = names_used_outside("module.py", [Uses(other)])
    module = bench.module(source, outside=outside)
    found = bench.matches(module, find_remedy("import_for_annotations_only"), SLOW)
    assert bool(found) is left


@pytest.mark.parametrize("name", ["TYPE_CHECKING", "typing", "t"])
def test_the_file_keeps_its_own_way_to_ask_for_type_checkers(bench, name):
    own = {
        "TYPE_CHECKING": "from typing import TYPE_CHECKING",
        "typing": "import typing",
        "t": "import typing as t",
    }[name]
    wanted = name if name == "TYPE_CHECKING" else f"{name}.TYPE_CHECKING"
    for source in (f"{HEAD}{own}\nimport colorsys\n", f"{HEAD}import colorsys\n{own}\n"):
        module = bench.module(source + ANNOTATED[0] + "\n")
        (match,) = bench.matches(module, FOR_ANNOTATIONS, SLOW)
        fixed = module.apply(FOR_ANNOTATIONS.rewrite(module, match)).decode()
        bench.load(fixed)
        if source.index("typing") < source.index("colorsys"):
            assert f"if {wanted}:\n    import colorsys\n" in fixed
            assert fixed.count("import") == source.count("import")


# --- modules beyond the standard library

ELSEWHERE = "import heavy\n\n\ndef f():\n    return heavy.x\n"


def admission(bench, seen, others=(), source=ELSEWHERE):
    module = bench.module(source, outside=names_used_outside("module.py", map(Uses, others)))
    (match,) = bench.matches(module, REMEDY, {"heavy": 0.5})
    unused = {
        site.site: CallEvidence(
            site=site.site, calls=0, described=0, raised=0, distinct_arguments=None,
            hit_rate=None, arguments_immutable=None,
        )
        for site in match.calls
    }  # fmt: skip
    imports = {} if seen is None else {"heavy": ImportEvidence(module="heavy", imports=1, **seen)}
    return REMEDY.admit(match, Evidence(calls=unused, imports=imports))


def test_a_module_from_elsewhere_is_moved_only_if_the_run_saw_it_do_nothing(bench):
    assert admission(bench, {"effects": ()}).admitted
    assert admission(bench, None).reason == "importing heavy may have effects: it was not watched"
    seen = {"effects": ("logging", "registries")}
    assert admission(bench, seen).reason == "importing heavy has effects: logging, registries"


def test_a_module_whose_import_loads_what_others_may_live_on_stays(bench):
    seen = {"effects": (), "extras": ("scipy.stats",)}
    assert admission(bench, seen).admitted
    assert not admission(bench, seen, ["import scipy\nscipy.stats\n"]).admitted
    assert admission(bench, seen, ["import scipy.stats as st\n"]).admitted
    assert not admission(bench, seen, source="import scipy\n" + ELSEWHERE).admitted


# --- the interpreter's own way, from Python 3.15 on

BEFORE_USE = find_remedy("import_before_use")


@pytest.mark.parametrize("python", [None, (3, 9, 0), (3, 14, 9)])
def test_interpreters_that_cannot_put_imports_off_are_not_offered_it(bench, python):
    module = bench.module(PLAIN)
    place = HotPlace(
        file="module.py", name="<module>", line=1, self_share=0.0, total_share=0.0,
        imports=SLOW, python=python,
    )  # fmt: skip
    assert BEFORE_USE.detect(module, place) == []


def test_the_list_stands_above_all_imports_and_older_interpreters_ignore_it(bench):
    source = "#!/usr/bin/env python\n'Doc.'\nfrom __future__ import annotations\n" + PLAIN
    module = bench.module(source)
    (match,) = bench.matches(module, BEFORE_USE, SLOW)
    fixed = module.apply(BEFORE_USE.rewrite(module, match)).decode()
    assert '\nfrom __future__ import annotations\n__lazy_modules__ = ["colorsys"]\n' in fixed
    assert bench.load(fixed).f() == bench.load(source).f()
    assert bench.matches(bench.module(fixed), BEFORE_USE, SLOW) == []


@pytest.mark.parametrize(
    "source",
    [
        PLAIN + "\n\ndef g():\n    return globals()\n",
        PLAIN.replace("import colorsys", "from colorsys import *"),
        PLAIN.replace("import colorsys", "from .colorsys import rgb"),
        PLAIN.replace("import colorsys", "try:\n    import colorsys\nexcept ImportError: pass"),
        "__lazy_modules__ = []\n" + PLAIN,
        PLAIN + "\n\nimport sys\nsys.path.pop()\n",
        "'Doc.'; " + PLAIN,
    ],
)
def test_imports_that_must_not_be_put_off_are_not_listed(bench, source):
    assert bench.matches(bench.module(source), BEFORE_USE, SLOW) == []


def test_a_module_with_effects_is_not_listed(bench):
    (match,) = bench.matches(bench.module("import readline\n"), BEFORE_USE, SLOW)
    assert not BEFORE_USE.admit(match, Evidence()).admitted
    seen = ImportEvidence(module="readline", imports=1, effects=())
    reason = BEFORE_USE.admit(match, Evidence(imports={"readline": seen})).reason
    assert reason == "importing readline has effects of its own"
