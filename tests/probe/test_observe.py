"""Observation sees every call and changes nothing that the program can see."""

from __future__ import annotations

import ast
import pickle
import sys

import pytest

from whet.records import Workload
from whet.workloads import Launch, ProbePlan, find_interpreter, read_lines, run
from whet_probe import _sites
from whet_probe._replay import _pickles

TRAPS = '''
"""Docstring."""
from __future__ import annotations
import asyncio, contextlib, functools, inspect, pickle, sys, threading, warnings, weakref

class Meta(type):
    def __call__(cls, *a):
        return super().__call__(*a)

class Base:
    def hello(self, *, k=1, **kw):
        """hi"""
        return (k, kw)

class Child(Base, metaclass=Meta):
    __slots__ = ("q",)
    def __init__(self, q, /):
        self.q = q
    def hello(self, *a, __k=2, **kw):
        return super().hello(k=__k, **kw)
    @classmethod
    def make(cls, n): return cls([n])
    @staticmethod
    def stat(a, b=3): return a + b
    @property
    def prop(self): return len(self.q)

class Hostile:
    def __getattr__(self, name): raise SystemExit("getattr " + name)
    def __eq__(self, other): raise SystemExit("eq")
    def __hash__(self): raise SystemExit("hash")
    def __repr__(self): raise SystemExit("repr")
    def __len__(self): raise SystemExit("len")
    def __iter__(self): raise SystemExit("iter")
    def __bool__(self): raise SystemExit("bool")
    @property
    def __class__(self): raise SystemExit("class")

def take(x, y=float("nan")):
    return x

def mutate(x):
    x.append(1)
    x = None
    return x

def gen(n):
    try:
        for i in range(n):
            got = yield i
            if got: return got
    finally:
        LOG.append("closed")

LOG = []

@functools.lru_cache(None)
def fib(n):
    return n if n < 2 else fib(n-1) + fib(n-2)

def consume(it):
    return sum(it)

def fails(x):
    try:
        int(x)
    except ValueError as e:
        raise KeyError(x) from e

def swallow(x):
    for _ in [1]:
        try:
            return x
        finally:
            break

async def co(x):
    await asyncio.sleep(0)
    return x * 2

async def agen():
    yield 1
    return

@contextlib.contextmanager
def ctx():
    yield 5

def outer(y):
    def inner(z):
        return z + y
    return inner(4) + (lambda: y)()

def deep(n):
    return deep(n + 1)

def sees_locals():
    a = 1
    return sorted(locals())

class O: pass

def life(o):
    r = weakref.ref(o)
    del o
    return r() is None

def warns():
    warnings.warn("careful", stacklevel=2)

def leaves():
    sys.exit("bye")

class Pt:
    def __init__(self, x): self.x = x
'''

MAIN = (
    TRAPS
    + """
def main():
    c = Child([1])
    print(c.hello(), Child.make(4).q, c.stat(1), c.prop, isinstance(c, Child))
    h = Hostile()
    print(take(h) is h, take({1: [h]}) is None)
    print(mutate([1, 2]), fib(20), consume(x for x in range(4)), swallow(3), outer(1))
    g = gen(5); print(next(g), next(g), [*gen(3)]); g.close()
    g = gen(3); next(g)
    try: g.send("done")
    except StopIteration as e: print(e.value)
    g = gen(3); next(g)
    try: g.throw(ValueError("thrown"))
    except ValueError as e: print(repr(e), LOG)
    try: fails("z")
    except KeyError as e: print(repr(e), repr(e.__cause__), e.__traceback__.tb_next.tb_lineno)
    print(asyncio.run(co(4)))
    async def listed(): return [x async for x in agen()]
    print(asyncio.run(listed()))
    with ctx() as v: print(v)
    print(sees_locals(), inspect.signature(take), take.__doc__, Base.hello.__doc__)
    print(life(O()), pickle.loads(pickle.dumps(Pt(3))).x, pickle.loads(pickle.dumps(take)) is take)
    try: deep(0)
    except RecursionError: print("deep")
    print(__name__, __spec__, __package__, __file__, type(__loader__).__name__, sys.argv)
    print(sys.path[0], sorted(n for n in globals() if "whet" in n), __doc__, __annotations__)
    f = open(__file__); take(f); print(f.tell()); f.close()
    warnings.simplefilter("always")
    warns()
    leaves()

if __name__ == "__main__":
    main()
"""
)


@pytest.fixture
def launched(tmp_path):
    """Runs a project of some files, plain or observed, and gives outcome and lines."""
    root = tmp_path / "project"
    root.mkdir()

    def launch(files, configuration=None, python=sys.executable, target="main.py", argv=()):
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        out = tmp_path / f"out-{len(list(tmp_path.iterdir()))}"
        plan = None
        if configuration is not None:
            plan = ProbePlan(instruments={"observe": configuration}, out=out, root=root)
        outcome = run(
            Launch(
                workload=Workload(kind="script", target=target, argv=argv),
                root=root,
                interpreter=find_interpreter(root, python),
                plan=plan,
                hash_seed=0,
            )
        )
        return outcome, [] if plan is None else list(read_lines(out))

    return launch


def all_functions(file, source):
    found: dict[str, list] = {}
    _sites._collect(ast.parse(source), "", "module", found)
    return [{"id": n, "file": file, "name": name} for n, name in enumerate(found)]


def calls_of(lines, functions, name):
    number = next(entry["id"] for entry in functions if entry["name"] == name)
    return [line for line in lines if line["kind"] == "call" and line["f"] == number]


def test_a_script_full_of_traps_does_the_same_with_and_without_observation(
    launched, python, request
):
    if request.node.callspec.params["python"] == "3.8":
        pytest.skip("Python 3.8 itself aborts where a handler runs too close to the stack's end")
    functions = all_functions("main.py", MAIN)
    plain, _ = launched({"main.py": MAIN}, python=python)
    observed, lines = launched({}, {"functions": functions}, python=python)
    assert (observed.exit_code, observed.stdout.tail) == (plain.exit_code, plain.stdout.tail)
    assert observed.stderr.tail == plain.stderr.tail
    assert plain.exit_code == 1
    assert plain.stderr.tail.endswith("bye\n")
    names = {entry["id"]: entry["name"] for entry in functions}
    uncalled = {
        names[line["f"]] for line in lines if line["kind"] == "calls" and not line["count"]
    }
    assert {name for name in uncalled if not name.startswith("Hostile.")} == {"sees_locals"}
    assert not any(name.startswith("Hostile.") for name in names.values() if name not in uncalled)
    assert [line["reason"] for line in lines if line["kind"] == "observe" and line["file"]] == [
        "it looks at its own local variables (locals)"
    ]


def test_streams_tell_arguments_results_exceptions_yields_and_mutation(launched):
    functions = all_functions("main.py", MAIN)
    _, lines = launched({"main.py": MAIN}, {"functions": functions})

    def texts(name, *parts):
        calls = sorted(calls_of(lines, functions, name), key=lambda call: call["i"])
        return [tuple(call.get(part) for part in parts) for call in calls]

    assert texts("fails", "at", "rt", "xt") == [("('z',)", None, "KeyError('z')")]
    assert texts("swallow", "at", "rt") == [("(3,)", "None")]
    assert texts("Child.stat", "at", "rt") == [("(1, 3)", "4")]
    assert texts("co", "at", "rt") == [("(4,)", "8")]
    assert texts("leaves", "xt") == [("SystemExit('bye')",)]
    assert texts("outer.inner", "rt") == [("5",)]
    assert [call["m"]["0"][1] for call in calls_of(lines, functions, "mutate")] == ["[1, 2, 1]"]
    assert texts("gen", "y")[0][0][0] == 2
    assert [call[1] for call in texts("gen", "y", "xt")] == [
        "GeneratorExit()", None, None, "ValueError('thrown')"
    ]  # fmt: skip
    assert len(calls_of(lines, functions, "fib")) == 21  # the memo's hits are no calls


CORE = "def f(x):\n    return x\n"


def test_references_captured_before_any_wrapper_could_be_put_are_observed(launched):
    files = {
        "core.py": CORE + "alias = f\ntable = {'f': f}\nclass K:\n    g = f\n",
        "main.py": "from core import f, table, K, alias\nf(1); table['f'](2); alias(3); K().g()\n",
    }
    functions = [{"id": 0, "file": "core.py", "name": "f"}]
    _, lines = launched(files, {"functions": functions})
    assert [line["count"] for line in lines if line["kind"] == "calls"] == [4]


def test_cached_bytecode_is_neither_used_nor_written(launched, tmp_path):
    files = {"core.py": CORE, "other.py": "x = 1\n", "main.py": "import core, other\ncore.f(1)\n"}
    launched(files)
    functions = [{"id": 0, "file": "core.py", "name": "f"}]
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "project").rglob("*.pyc")}
    _, lines = launched({}, {"functions": functions})
    after = {p: p.stat().st_mtime_ns for p in (tmp_path / "project").rglob("*.pyc")}
    assert before == after
    assert [line["count"] for line in lines if line["kind"] == "calls"] == [1]


def test_later_calls_are_sampled_by_their_index_and_counted_in_full(launched):
    files = {"core.py": CORE, "main.py": "from core import f\nfor i in range(5000): f(i)\n"}
    functions = [{"id": 0, "file": "core.py", "name": "f"}]
    _, lines = launched(files, {"functions": functions, "first": 10})
    assert [line["i"] for line in lines if line["kind"] == "call"] == [
        *range(10), 16, 32, 64, 128, 256, 512, 1024, 2048, 4096
    ]  # fmt: skip
    assert [line["count"] for line in lines if line["kind"] == "calls"] == [5000]


def test_calls_by_arguments_are_told_once_for_each(launched):
    files = {"core.py": CORE, "main.py": "from core import f\nfor i in range(90): f(i % 3)\n"}
    functions = [{"id": 0, "file": "core.py", "name": "f"}]
    _, lines = launched(files, {"functions": functions, "by": "arguments"})
    assert [line["at"] for line in lines if line["kind"] == "call"] == ["(0,)", "(1,)", "(2,)"]


RECORDED = """
import pickle
class Plain:
    def __init__(self, x): self.x = x
class Reduces:
    def __reduce__(self): raise SystemExit
class Asks:
    def __getattr__(self, name): raise SystemExit
def f(*args, k=1, **kw):
    return args
class K:
    @classmethod
    def make(cls, x): return x
if __name__ == "__main__":
    f(1, "a", k=[2], z=3); f(Plain((1,))); f(Reduces()); f(Asks()); f(open("main.py")); f(f)
    K.make(5); f(1, "a", k=[2], z=3)
"""


def test_only_calls_that_pickle_without_code_of_the_users_are_recorded(launched, tmp_path):
    calls = tmp_path / "calls"
    calls.mkdir()
    functions = all_functions("main.py", RECORDED)
    configuration = {"functions": functions, "record": str(calls)}
    outcome, _ = launched({"main.py": RECORDED}, configuration)
    assert outcome.exit_code == 0
    paths = sorted(calls.iterdir(), key=lambda path: int(path.stem.partition("-")[2]))
    assert {path.stat().st_mode & 0o777 for path in paths} == {0o600}
    raws = [raw for path in paths for raw in _pickles(str(path))]
    assert sum(b"Plain" in raw for raw in raws) == 2
    plain = [pickle.loads(raw) for raw in raws if b"Plain" not in raw]
    assert sorted(plain, key=lambda call: call[1]) == [
        ("__main__", "K.make", (5,), {}),
        ("__main__", "f", (1, "a"), {"k": [2], "z": 3}),
    ]


def test_a_source_that_cannot_be_instrumented_runs_as_ever_and_is_named(launched):
    deep = "def f():\n" + "".join(" " * (i + 1) + "for a in [1]:\n" for i in range(19))
    source = deep + " " * 20 + "print('in')\nf()\n"
    functions = [{"id": 0, "file": "core.py", "name": "f"}]
    outcome, lines = launched({"core.py": source, "main.py": "import core\n"},
                              {"functions": functions})  # fmt: skip
    assert outcome.stdout.tail == "in\n"
    assert [line["reason"][:11] for line in lines if line["kind"] == "observe"] == ["SyntaxError"]


def test_sources_in_other_encodings_and_packages_run_by_module_are_observed(launched):
    source = "# coding: latin-1\ndef f(x):\n    return 'é' + x\n".encode("latin-1")
    files = {"core.py": source, "main.py": "from core import f\nprint(ascii(f('a')))\n"}
    functions = [{"id": 0, "file": "core.py", "name": "f"}]
    outcome, lines = launched(files, {"functions": functions})
    assert outcome.stdout.tail == "'\\xe9a'\n"
    assert [line["rt"] for line in lines if line["kind"] == "call"] == ["'éa'"]
