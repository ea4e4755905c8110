"""Validation finds a change of behavior, and says how far it looked."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from whet.proof.validate import Checks, Pair, ValidationCache, validate
from whet.records import Fix, Workload
from whet.workloads import Launch, find_interpreter

ONE_SEED = Checks(seeds=(0,), replay=False, tests=False, workers=1)

MAIN = """
from core import pick
print(pick([3, 1, 2]), pick((5, 4)))
"""

CORE = """
def pick(items):
    return sorted(items)[0]
"""


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory):
    return find_interpreter(tmp_path_factory.mktemp("nowhere"), sys.executable)


@pytest.fixture
def pair(tmp_path, interpreter):
    def make(core_a, core_b, main=MAIN, extra=(), workload=None):
        launches = []
        for name, core in (("a", core_a), ("b", core_b)):
            root = tmp_path / name / "shop"
            root.mkdir(parents=True)
            (root / "core.py").write_text(core)
            (root / "main.py").write_text(main)
            for file, text in extra:
                path = root / file
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
            launches.append(
                Launch(
                    workload=workload or Workload(kind="script", target="main.py"),
                    root=root,
                    interpreter=interpreter,
                )
            )
        return Pair(*launches)

    return make


def fix_of(*functions, keeps_state=False):
    return Fix(
        fix_id="f1",
        title="t",
        remedy="r",
        file="core.py",
        line=1,
        function="",
        functions=functions or ("core.py::pick",),
        claims="cpu_time",
        keeps_state=keeps_state,
        safety="safe",
        attainable_gain=None,
    )


def test_a_change_that_behaves_the_same_is_equal_under_every_seed(pair):
    same = CORE.replace("sorted(items)[0]", "min(items) if items else [][0]")
    found = validate(pair(CORE, same), fix_of())
    assert (found.outcome, found.counterexample) == ("equal", None)
    assert found.seeds == (0, 1, 2)
    assert found.calls_compared == 6
    assert found.calls_replayed == 2
    assert found.inputs_generated > 20
    assert found.outputs_compared == 6
    assert found.not_reached == ()


def test_another_result_is_shown_with_arguments_expected_and_actual(pair):
    changed = CORE.replace("[0]", "[-1]")
    found = validate(pair(CORE, changed), fix_of(), ONE_SEED)
    example = found.counterexample
    assert found.outcome == "different"
    assert (example.stage, example.place) == ("calls", "core.py::pick")
    assert example.detail == "result of pick([3, 1, 2]), call 1"
    assert (example.expected, example.actual) == ("1", "3")


@pytest.mark.parametrize(
    ("before", "after", "expected", "actual"),
    [
        ("return 1", "return True", "1", "True"),
        ("return 1.0", "return 1", "1.0", "1"),
        ("return 0.0", "return -0.0", "0.0", "-0.0"),
        ("return [1]", "return (1,)", "[1]", "(1,)"),
        ("return {1: 2, 3: 4}", "return {3: 4, 1: 2}", "{1: 2, 3: 4}", "{3: 4, 1: 2}"),
        ("return items", "return list(items)", None, None),
    ],
)
def test_values_are_compared_by_exact_type_and_order(pair, before, after, expected, actual):
    main = "from core import pick\npick([1])\n"
    a, b = (f"def pick(items):\n    {body}\n" for body in (before, after))
    found = validate(pair(a, b, main), fix_of(), ONE_SEED)
    if expected is None:
        assert found.outcome == "equal"
    else:
        assert (found.counterexample.expected, found.counterexample.actual) == (expected, actual)


def test_another_exception_is_a_difference(pair):
    main = "from core import pick\ntry:\n    pick([])\nexcept Exception:\n    pass\n"
    changed = CORE.replace("sorted(items)[0]", "min(items)")
    found = validate(pair(CORE, changed, main), fix_of())
    assert found.outcome == "different"
    assert found.counterexample.expected == "raises IndexError('list index out of range')"
    assert found.counterexample.actual.startswith("raises ValueError(")


def test_a_mutated_argument_is_a_difference(pair):
    b = "def pick(items):\n    items.sort()\n    return items[0]\n"
    a = "def pick(items):\n    return sorted(items)[0]\n"
    main = "from core import pick\nprint(pick([3, 1]))\n"
    found = validate(pair(a, b, main), fix_of(), ONE_SEED)
    assert "argument 1 after the call" in found.counterexample.detail
    assert (found.counterexample.expected, found.counterexample.actual) == ("[3, 1]", "[1, 3]")


def test_another_number_of_calls_is_a_difference(pair):
    a = "def pick(items):\n    return 1\ndef twice(items):\n    return pick(items) + pick(items)\n"
    b = a.replace("pick(items) + pick(items)", "2 * pick(items)")
    main = "from core import twice\nprint(twice([1]))\n"
    found = validate(pair(a, b, main), fix_of(), ONE_SEED)
    assert found.counterexample.detail == "number of calls"
    assert (found.counterexample.expected, found.counterexample.actual) == ("2", "1")


MEMO_A = "def pick(n):\n    return n * n\n"
MEMO_B = "import functools\n@functools.lru_cache(maxsize=64)\n" + MEMO_A
MEMO_MAIN = "from core import pick\nprint([pick(n % 3) for n in range(30)])\n"


def test_a_memo_may_make_fewer_calls_with_the_same_outcomes(pair):
    found = validate(pair(MEMO_A, MEMO_B, MEMO_MAIN), fix_of(keeps_state=True))
    assert found.outcome == "equal"
    assert found.calls_compared == 9
    assert found.calls_replayed == 3


FLAG_MAIN = """
import core
core.pick(1)
core.FLAG = True
assert {}
"""
FLAG_A = "FLAG = False\ndef pick(n):\n    return (n, FLAG)\n"


def test_a_setting_may_change_between_calls_that_a_change_makes_all_of(pair):
    changed = FLAG_A.replace("(n, FLAG)", "PARTS(n, FLAG)") + "def PARTS(*each): return each\n"
    found = validate(pair(FLAG_A, changed, FLAG_MAIN.format("core.pick(1)[1]")),
                     fix_of(keeps_state=True), ONE_SEED)  # fmt: skip
    assert found.outcome == "equal"


def test_a_memo_of_what_a_setting_changes_is_caught_where_no_output_shows_it(pair):
    memo = "import functools\n" + FLAG_A.replace("def", "@functools.lru_cache\ndef")
    found = validate(pair(FLAG_A, memo, FLAG_MAIN.format("core.pick(1)")),
                     fix_of(keeps_state=True), ONE_SEED)  # fmt: skip
    shown = found.counterexample
    assert (shown.expected, shown.actual) == ("(1, True)", "no such call")


REGISTRY = """
class Page:
    def __init__(self, width):
        self.filters = {"width": width}

def width(text):
    return len(text)

def pick(page, text):
    return page.filters["width"](text)
"""
USE_OF_REGISTRY = """
from core import Page, pick, width
page = Page(width)
print(pick(page, "a"), pick(page, "ab"), pick(page, "a"))
"""


def test_a_memo_that_a_recorded_call_can_reach_is_no_difference(pair):
    memo = REGISTRY.replace("def width", "@__import__('functools').lru_cache(8)\ndef width")
    fix = fix_of("core.py::width", "core.py::pick", keeps_state=True)
    found = validate(pair(REGISTRY, memo, USE_OF_REGISTRY), fix, ONE_SEED)
    assert (found.outcome, found.counterexample) == ("equal", None)
    assert found.calls_compared == 5


def test_another_function_that_a_recorded_call_can_reach_is_a_difference(pair):
    longer = "def longer(text):\n    return len(text)\n\ndef pick"
    other = REGISTRY.replace("def pick", longer).replace('"width": width', '"width": longer')
    fix = fix_of("core.py::width", "core.py::pick", keeps_state=True)
    found = validate(pair(REGISTRY, other, USE_OF_REGISTRY), fix, ONE_SEED)
    assert found.outcome == "different"


def test_a_memo_whose_result_is_mutated_by_its_caller_is_caught(pair):
    a = "def pick(n):\n    return [n]\n"
    b = "import functools\n@functools.lru_cache\n" + a
    main = "from core import pick\nfor n in (1, 1):\n    x = pick(n); x.append(2); print(x)\n"
    found = validate(pair(a, b, main), fix_of(keeps_state=True), ONE_SEED)
    assert found.counterexample.stage == "output"
    assert (found.counterexample.expected, found.counterexample.actual) == ("[1, 2]", "[1, 2, 2]")


def test_a_memo_that_mixes_equal_arguments_of_two_types_is_caught_by_the_replay(pair):
    a = "def pick(n):\n    return str(n)\n"
    b = "import functools\n@functools.lru_cache\n" + a
    main = "from core import pick\nx = [pick(1), pick(True), pick(1.0)]\n"
    found = validate(pair(a, b, main), fix_of(keeps_state=True))
    assert (found.counterexample.stage, found.counterexample.actual) == ("replay", "'True'")


def test_two_runs_of_the_original_that_differ_are_not_comparable_and_named(pair):
    main = MAIN + "import os\nprint(os.getpid())\n"
    found = validate(pair(CORE, CORE, main), fix_of(), ONE_SEED)
    assert (found.outcome, found.masked) == ("not comparable", ("stdout, line 2",))


def test_what_differs_is_left_out_when_masking_is_allowed(pair):
    main = MAIN + "import os\nprint(os.getpid())\n"
    checks = Checks(seeds=(0,), mask=True, replay=False, tests=False)
    launches = pair(CORE, CORE, main)
    found = validate(launches, fix_of(), checks)
    assert (found.outcome, found.masked) == ("equal", ("stdout, line 2",))
    path = launches.b.root / "main.py"
    path.write_text(main.replace("pick((5, 4))", "7"))
    assert validate(launches, fix_of(), checks).outcome == "different"


def test_calls_that_do_not_repeat_themselves_are_named(pair):
    core = "import time\ndef pick(items):\n    return time.perf_counter_ns()\n"
    found = validate(pair(core, core, "from core import pick\npick(1)\n"), fix_of(), ONE_SEED)
    assert found.masked == ("calls of core.py::pick",)


def test_written_files_and_exit_status_are_compared(pair):
    main = "from core import pick\nopen('out.txt', 'w').write(str(pick([1, 2])))\n"
    checks = Checks(seeds=(0,), replay=False, tests=False)
    a = "def other():\n    pass\ndef pick(items):\n    return items[0]\n"
    found = validate(pair(a, a.replace("[0]", "[1]"), main), fix_of("core.py::other"), checks)
    assert (found.counterexample.stage, found.counterexample.place) == ("files", "out.txt")
    assert found.not_reached == ("core.py::other",)


def test_paths_of_the_copies_are_no_difference(pair):
    core = "import os\ndef pick(items):\n    return os.path.abspath(__file__)\n"
    main = "from core import pick\nprint(pick(1))\nopen('o', 'w').write(pick(2))\n"
    assert validate(pair(core, core, main), fix_of(), ONE_SEED).outcome == "equal"


def test_another_exit_status_is_a_difference(pair):
    a = "def other():\n    pass\ndef pick(items):\n    raise SystemExit(items)\n"
    b = a.replace("SystemExit(items)", "SystemExit(3)")
    main = "from core import pick\npick(2)\n"
    found = validate(pair(a, b, main), fix_of("core.py::other"), ONE_SEED)
    assert (found.counterexample.expected, found.counterexample.actual) == (
        "exit status 2",
        "exit status 3",
    )


def test_a_tolerance_admits_other_last_digits_and_no_more(pair):
    a = "def pick(items):\n    return [0.1 + 0.2 + 0.3, 1]\n"
    b = "def pick(items):\n    return [0.1 + (0.2 + 0.3), 1]\n"
    main = "from core import pick\npick(1)\n"
    launches = pair(a, b, main)
    assert validate(launches, fix_of(), ONE_SEED).outcome == "different"
    loose = Checks(seeds=(0,), tolerance=1e-9, tests=False)
    assert validate(launches, fix_of(), loose).outcome == "equal"
    tight = Checks(seeds=(0,), tolerance=1e-18, tests=False)
    assert validate(launches, fix_of(), tight).outcome == "different"


def test_covering_tests_are_found_and_run_on_both(pair):
    tests = """
import pytest
from core import pick, other

def test_pick():
    assert pick([2, 1]) == 1

def test_empty():
    with pytest.raises(IndexError):
        pick([])

def test_elsewhere():
    assert other() is None

def test_broken():
    assert pick([1]) == 2
"""
    a = CORE + "\ndef other():\n    return None\n"
    b = a.replace("sorted(items)[0]", "min(items)")
    checks = Checks(seeds=(0,), replay=False)
    found = validate(pair(a, b, extra=[("tests/test_core.py", tests)]), fix_of(), checks)
    assert found.outcome == "different"
    assert found.counterexample.stage == "tests"
    assert found.counterexample.place == "tests.test_core::test_empty"
    assert any("fail on the original too" in note for note in found.notes)


def test_covering_tests_that_agree_are_counted_and_others_are_not_run(pair):
    tests = "from core import pick\ndef test_pick():\n    assert pick([2, 1]) == 1\n"
    tests += "def test_other():\n    pass\n"
    checks = Checks(seeds=(0,), replay=False)
    found = validate(pair(CORE, CORE, extra=[("tests/test_core.py", tests)]), fix_of(), checks)
    assert (found.outcome, found.tests_run) == ("equal", 1)


def test_tests_that_take_longer_than_there_is_time_are_left_out_and_said(pair):
    tests = "import time\nfrom core import pick\ndef test_pick():\n    time.sleep(60)\n"
    checks = Checks(seeds=(0,), replay=False, tests_limit_s=0.3)
    found = validate(pair(CORE, CORE, extra=[("tests/test_core.py", tests)]), fix_of(), checks)
    assert (found.outcome, found.tests_run) == ("equal", 0)
    assert "the project's tests take longer than 0.3 s: not run" in found.notes


def test_a_function_that_nothing_reaches_is_named(pair):
    core = CORE + "def other():\n    pass\n"
    found = validate(pair(core, core), fix_of("core.py::pick", "core.py::other"))
    assert found.not_reached == ("core.py::other",)
    assert any("no test of the project reaches" in note for note in found.notes)


def test_recorded_calls_are_kept_for_the_court(pair, tmp_path):
    import pickle

    kept = tmp_path / "calls.pickle"
    checks = Checks(seeds=(0,), tests=False, keep_calls=kept)
    validate(pair(CORE, CORE), fix_of(), checks)
    with kept.open("rb") as file:
        calls = [pickle.load(file), pickle.load(file)]
    assert calls == [("core", "pick", ([3, 1, 2],), {}), ("core", "pick", ((5, 4),), {})]
    assert kept.stat().st_mode & 0o777 == 0o600


def test_threads_and_children_are_compared_in_any_order(pair):
    main = """
import threading, multiprocessing
from core import pick
threads = [threading.Thread(target=pick, args=([n, 1],)) for n in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(pick, [[4, 3], [6, 5]], 1))
    pool.close(); pool.join()
"""
    launches = pair(CORE, CORE.replace("[0]", "[0] + (items[0] == 6)"), main)
    found = validate(launches, fix_of(), ONE_SEED)
    assert found.counterexample.expected == "pick([6, 5]): 5"
    (launches.b.root / "core.py").write_text(CORE)
    assert validate(launches, fix_of(), ONE_SEED).outcome == "equal"


def test_a_workload_that_runs_out_of_time_is_not_comparable(pair):
    import msgspec

    launches = pair(CORE, CORE, "import time\ntime.sleep(60)\n")
    short = Pair(*(msgspec.structs.replace(x, timeout_s=0.3) for x in (launches.a, launches.b)))
    found = validate(short, fix_of(), ONE_SEED)
    assert found.outcome == "not comparable"
    assert any("time-out" in note for note in found.notes)


def test_the_project_in_place_of_its_copy_is_not_comparable(tmp_path, interpreter):
    from whet.workloads import make_copies

    project = tmp_path / "shop"
    project.mkdir()
    (project / "core.py").write_text(CORE)
    main = f"import sys\nsys.path.insert(0, {str(project)!r})\n" + MAIN
    (project / "main.py").write_text(main)
    with make_copies(project) as copies:
        launches = [
            Launch(
                workload=Workload(kind="script", target="main.py"),
                root=Path(copies[name]),
                interpreter=interpreter,
            )
            for name in ("a", "b")
        ]
        found = validate(Pair(*launches), fix_of(), ONE_SEED)
    assert found.outcome == "not comparable"
    assert found.notes[0] == "core.py was loaded from the project, not from the copy"


def test_validations_of_one_session_share_runs_and_recorded_calls(pair, monkeypatch):
    from whet.proof import _watched

    runs = []
    real = _watched.run
    monkeypatch.setattr(_watched, "run", lambda launch: runs.append(launch.root) or real(launch))
    core = CORE + "def other(items):\n    return list(items)\n"
    main = MAIN + "from core import other\nother([1])\n"
    launches = pair(core, core.replace("list(items)", "[*items]"), main)
    cache = ValidationCache(("core.py::pick", "core.py::other"))
    checks = Checks(seeds=(0, 1), tests=False)
    assert validate(launches, fix_of("core.py::other"), checks, cache=cache).outcome == "equal"
    assert len(runs) == 5  # the original twice under the first seed, and each under each

    runs.clear()  # the candidate becomes the original; the next candidate is another
    first = (launches.b.root / "core.py").read_text()
    (launches.a.root / "core.py").write_text(first)
    (launches.b.root / "core.py").write_text(first.replace("sorted(items)", "sorted([*items])"))
    found = validate(launches, fix_of("core.py::pick"), checks, cache=cache)
    assert (found.outcome, found.calls_compared, found.calls_replayed) == ("equal", 4, 2)
    assert sorted(runs) == sorted([launches.a.root, launches.b.root, launches.b.root])

    wrong = first.replace("[0]", "[-1]")
    (launches.b.root / "core.py").write_text(wrong)
    found = validate(launches, fix_of("core.py::pick"), checks, cache=cache)
    assert (found.outcome, found.counterexample.stage) == ("different", "calls")
    cache.close()
    assert not cache.folder.exists()


def test_a_difference_seen_side_by_side_is_confirmed_by_runs_of_their_own(pair, monkeypatch):
    from whet.proof import _watched

    fetched = []
    real = _watched.Watch.prefetch
    monkeypatch.setattr(
        _watched.Watch, "prefetch", lambda *words: fetched.append(1) or real(*words)
    )
    checks = Checks(seeds=(0,), replay=False, tests=False)
    found = validate(pair(CORE, CORE.replace("[0]", "[-1]")), fix_of(), checks)
    assert found.outcome == "different"
    assert fetched == [1]


def test_the_content_of_a_project_is_its_files_and_not_its_caches(tmp_path):
    from whet.proof._watched import content_of

    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "link").symlink_to("a.py")
    before = content_of(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_bytes(b"1")
    assert content_of(tmp_path) == before
    (tmp_path / "a.py").write_text("x = 2\n")
    assert content_of(tmp_path) != before


def test_a_project_too_large_to_be_told_by_its_content_shares_no_runs(pair, monkeypatch):
    from whet.proof import _watched

    monkeypatch.setattr(_watched, "_MOST_FILES", 1)
    cache = ValidationCache(("core.py::pick",))
    sides = pair(CORE, CORE)
    assert validate(sides, fix_of("core.py::pick"), ONE_SEED, cache=cache).outcome == "equal"
    (sides.b.root / "core.py").write_text(CORE.replace("[0]", "[-1]"))
    assert validate(sides, fix_of("core.py::pick"), ONE_SEED, cache=cache).outcome == "different"
    cache.close()


def test_no_state_of_the_project_is_tested_twice_in_a_session(pair, monkeypatch):
    from whet.proof import suite

    runs = []
    real = suite._outcomes
    monkeypatch.setattr(suite, "_outcomes", lambda *words: runs.append(words[0]) or real(*words))
    tests = """
from core import pick

class TestPick:
    def test_least(self):
        assert pick([2, 1]) == 1

def test_other():
    assert pick([3]) == 3
"""
    cache = ValidationCache(("core.py::pick",))
    sides = pair(CORE, CORE + "\n", extra=[("tests/test_core.py", tests)])
    checks = Checks(seeds=(0,), replay=False, workers=1)
    first = validate(sides, fix_of("core.py::pick"), checks, cache=cache)
    assert first.tests_run == 2
    assert len(runs) == 2
    (sides.a.root / "core.py").write_text(CORE + "\n")  # it was kept
    (sides.b.root / "core.py").write_text(CORE + "\nX = 1\n")
    again = validate(sides, fix_of("core.py::pick"), checks, cache=cache)
    assert again.tests_run == 2
    assert len(runs) == 3
    cache.close()


def test_what_has_no_calls_or_no_plain_inputs_is_named(pair):
    core = CORE + "class Shelf:\n    def put(self, thing):\n        return [thing]\n"
    main = MAIN + "from core import Shelf\nShelf().put(1)\n"
    checks = Checks(seeds=(0,), tests=False, workers=1)
    fix = fix_of("core.py::<module>", "core.py::Shelf.put", "core.py::pick")
    found = validate(pair(core, core + "\n", main), fix, checks)
    assert found.outcome == "equal"
    assert found.not_reached == ("core.py::<module>",)
    assert "no inputs were made up for Shelf.put: no call with plain values" in found.notes


def test_calls_with_paths_into_the_project_are_made_again_on_each_copy(pair):
    core = "def pick(path):\n    with open(path) as file:\n        return len(file.read())\n"
    main = "import os\nfrom core import pick\nprint(pick(os.path.abspath(__file__)))\n"
    slower = core.replace("len(file.read())", "sum(1 for _ in file.read())")
    found = validate(pair(core, slower, main), fix_of(), Checks(seeds=(0,), tests=False))
    assert (found.outcome, found.counterexample) == ("equal", None)
    assert found.calls_replayed == 1
