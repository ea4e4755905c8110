"""A package that loads its parts later hands on what it handed on before."""

from __future__ import annotations

import subprocess
import sys

import pytest

from whet.codebase.syntax import SourceModule
from whet.diagnosis.sources import Uses, names_used_outside
from whet.records import Evidence, HotPlace, ImportEvidence
from whet.remedies import find_remedy

REMEDY = find_remedy("package_loads_all")
FILE = "src/shop/__init__.py"
PACKAGE = '''"""A shop."""

from .prices import price
from .report import Report, render as draw
from .basis import core

__all__ = ["Report", "core", "draw", "price"]
__version__ = "1"
'''
PARTS = {
    "report.py": "from shop import price\n\nclass Report:\n    cost = price(1)\n\ndef render():\n"
    "    from shop import draw\n    return draw\n",
    "prices.py": "def price(n):\n    return n * 3\n",
    "basis.py": "import shop\ncore = 5\n\ndef later():\n    return shop.core\n",
}
SLOW = {"shop.report": 0.5, "shop.basis": 0.2, "shop.prices": 0.0}


def matches(source, others=(), slow=SLOW):
    outside = names_used_outside(FILE, map(Uses, others))
    module = SourceModule(source.encode(), FILE, outside=outside)
    place = HotPlace(
        file=FILE, name="<module>", line=1, self_share=0.0, total_share=0.0, imports=slow
    )
    return module, REMEDY.detect(module, place)


def seen(**changes):
    return Evidence(
        imports={
            name: ImportEvidence(module=name, imports=1, **{"effects": (), **changes.get(key, {})})
            for key, name in (("report", "shop.report"), ("basis", "shop.basis"))
        }
    )


def fixed():
    module, (match,) = matches(PACKAGE)
    assert REMEDY.admit(match, seen()).admitted
    return module.apply(REMEDY.rewrite(module, match)).decode()


PATCHED = """
from unittest import mock
import shop
with mock.patch("shop.core", 1):
    print(shop.core, shop.basis.later())
print(shop.core)
"""
USES = [
    "from shop import *\nprint(sorted(n for n in globals() if n[0] != '_'))",
    "import shop\nprint(shop.Report.cost, shop.draw() is shop.draw, shop.report.Report)",
    "import shop\nprint(shop.basis.core, shop.core, shop.basis.later())",
    "import shop.report\nprint(shop.Report is shop.report.Report, shop.price(2))",
    "from shop.report import render\nimport shop\nprint(shop.draw is render, shop.report)",
    "import shop\ntry:\n    shop.nothing\nexcept AttributeError as error:\n    print(error)",
    "try:\n    from shop import nothing\nexcept ImportError as error:\n    print(error.name)",
    "import shop\nprint(sorted({*shop.__all__, '__version__'} - set(dir(shop))))",
    "import pickle, shop\nprint(pickle.loads(pickle.dumps(shop.Report)), hasattr(shop, 'report'))",
    PATCHED,
    "import shop, importlib\nprint(importlib.reload(shop).Report.__name__)",
]


@pytest.fixture
def run(tmp_path):
    def in_package(text, program):
        folder = tmp_path / "shop"
        for name, source in {"__init__.py": text, **PARTS}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(source)
        command = [sys.executable, "-B", "-c", program]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)

    return in_package


@pytest.mark.parametrize("program", USES)
def test_whoever_asks_for_a_name_finds_it(run, program):
    before, after = (run(text, program).stdout.replace("-B", "") for text in (PACKAGE, fixed()))
    assert before == after
    assert before.strip()


def test_what_is_not_asked_for_is_not_loaded(run):
    program = "import shop, sys\nprint(shop.price(1), 'shop.report' in sys.modules)"
    assert run(PACKAGE, program).stdout.split() == ["3", "True"]
    assert run(fixed(), program).stdout.split() == ["3", "False"]


@pytest.mark.parametrize(
    "source",
    [
        PACKAGE.replace('"draw", ', ""),  # a star import would find less
        PACKAGE.replace("__all__ =", "__all__: list[str] = [] or"),
        PACKAGE + "def f():\n    return Report, core\n",
        PACKAGE + "def __getattr__(name):\n    raise AttributeError(name)\n",
        PACKAGE + "from .other import *\n",
        PACKAGE + "NAMES = dir()\n",
        PACKAGE.replace(
            "from .report import Report, render as draw", "from .report import report"
        ),
        PACKAGE.replace("from .report", "if 1:\n    from .report"),
        PACKAGE.replace("from .report import", "from ..report import"),
        PACKAGE.replace("from .report import", "from shop.report import"),
        PACKAGE.replace("from .report import", "from .report.deep import"),
    ],
)
def test_what_could_not_be_found_again_is_loaded_as_before(source):
    assert all("shop.report" not in match.data["modules"] for match in matches(source)[1])


def test_a_part_that_does_something_when_imported_is_loaded_as_before():
    _, (match,) = matches(PACKAGE)
    reason = REMEDY.admit(match, seen(report={"effects": ("registries",)})).reason
    assert reason == "importing shop.report has effects: registries"
    assert not REMEDY.admit(match, Evidence()).admitted


def test_a_part_that_loads_another_one_that_others_may_live_on_is_loaded_as_before():
    beside = seen(report={"extras": ("shop.secret",)})
    known = seen(report={"extras": ("shop.basis",)})
    _, (held,) = matches(PACKAGE, ["import shop\nshop.secret\n"])
    assert not REMEDY.admit(held, beside).admitted
    assert REMEDY.admit(held, known).admitted
    _, (free,) = matches(PACKAGE, ["from shop import price\n"])
    assert REMEDY.admit(free, beside).admitted


def test_quick_parts_stay_where_they_are():
    text = fixed()
    assert "\nfrom .prices import price\n" in text
    assert '"price"' not in text.partition("__all__")[0]
    assert matches(text)[1] == []
    assert matches(PACKAGE, slow={})[1] == []


def test_a_package_that_changes_what_imports_find_loads_its_parts_at_once():
    assert matches("import sys\nsys.path.insert(0, 'x')\n" + PACKAGE)[1]
    assert not matches("import sys\n" + PACKAGE + "sys.path.pop(0)\n")[1]
