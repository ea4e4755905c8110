"""What an import does beside defining its module is seen, and nothing else is taken for it."""

from __future__ import annotations

import sys

import pytest

from whet.proof.evidence import collect_evidence
from whet.records import Match, Span, Workload
from whet.workloads import Launch, find_interpreter

HOST = """
TABLE = {}
class App:
    def __init__(self):
        self.routes = {"kept": []}
    def route(self, function):
        self.routes["kept"].append(function)
        return function
app = App()
class Base:
    pass
"""


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory):
    return find_interpreter(tmp_path_factory.mktemp("nowhere"), sys.executable)


@pytest.fixture
def effects(tmp_path, interpreter):
    """What importing a module of this source did, in a program that holds `host`."""

    def seen(source, main="import host\nimport other\n"):
        (tmp_path / "app.py").write_text(main)
        (tmp_path / "host.py").write_text(HOST)
        (tmp_path / "other.py").write_text(source)
        match = Match(
            match_id="m", remedy="r", file="app.py", function="", message="", safety="gated",
            span=Span(line=1, column=0, end_line=1, end_column=0), imports=("other",),
        )  # fmt: skip

        def launch_of(plan, wrap):
            workload = Workload(kind="script", target="app.py")
            return Launch(
                workload=workload, root=tmp_path, interpreter=interpreter, plan=plan, wrap=wrap
            )

        found = collect_evidence(launch_of, [match]).imports.get("other")
        return None if found is None else found.effects

    return seen


@pytest.mark.parametrize(
    "source",
    [
        "X = 1\ndef f(): pass\n",
        "import json, decimal, logging, asyncio\nlog = logging.getLogger('other')\n",
        "import host\nfrom host import TABLE, Base\nprint(len(TABLE), host.app.routes)\n",
        "import re\nPATTERN = re.compile('a+')\nclass A: pass\nclass B(A): pass\n",
        "import http.client, enum\nclass Color(enum.Enum):\n    RED = 1\n",
    ],
)
def test_a_module_that_defines_itself_has_no_effects(effects, source):
    assert effects(source) == ()


@pytest.mark.parametrize(
    ("source", "effect"),
    [
        ("import host\nhost.TABLE['other'] = 1\n", "registries"),
        ("import host\n@host.app.route\ndef f(): pass\n", "registries"),
        ("import host\nclass Child(host.Base): pass\n", "registries"),
        ("import host\nhost.flag = True\n", "registries"),
        ("import atexit\natexit.register(print)\n", "functions called at exit"),
        ("import warnings\nwarnings.simplefilter('ignore')\n", "warning filters"),
        ("import os\nos.environ['OTHER'] = '1'\n", "environment variables"),
        ("import sys\nsys.meta_path.append(object())\n", "import hooks"),
        ("import sys\nsys.path.insert(0, '/nowhere')\n", "import hooks"),
        ("import sys\nsys.excepthook = lambda *_: None\n", "hooks of the interpreter"),
        ("import sys\nsys.setrecursionlimit(5000)\n", "hooks of the interpreter"),
        ("import logging\nlogging.basicConfig()\n", "logging"),
        ("import os\nos.getcwd = lambda: '/'\n", "patched modules"),
        ("import builtins\nbuiltins.other = 1\n", "patched modules"),
        ("import copyreg\ncopyreg.pickle(slice, abs)\n", "pickling"),
        (
            "import signal\nsignal.signal(signal.SIGUSR1, lambda *_: None)\n",
            "signal handlers",
        ),
        (
            "import threading, time\nthreading.Timer(1, time.sleep, (0,)).start()\n",
            "threads",
        ),
    ],
)
def test_what_others_can_see_of_an_import_is_named(effects, source, effect):
    main = "import copyreg, logging, os, signal, warnings, atexit, threading\n"
    assert effect in effects(source, main + "import host\nimport other\n")


def test_more_than_can_be_looked_at_is_not_called_harmless(effects):
    main = "import host\nhost.TABLE.update({n: [n] for n in range(50_000)})\nimport other\n"
    assert effects("X = 1\n", main) == ("registries",)


def test_a_module_that_was_never_imported_or_failed_is_not_told(effects):
    assert effects("X = 1\n", "import host\n") is None
    assert (
        effects("1 / 0\n", "try:\n    import other\nexcept ArithmeticError:\n    pass\n") is None
    )


def test_the_effects_of_all_processes_are_told_together(effects):
    main = (
        "import host, os\nif os.fork() == 0:\n    host.CHILD = 1\n    import other\n"
        "    raise SystemExit\nos.wait()\nimport other\n"
    )
    source = "import host, os\nif hasattr(host, 'CHILD'):\n    os.environ['CHILD'] = '1'\n"
    assert effects(source, main) == ("environment variables",)
