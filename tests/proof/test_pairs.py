"""Functions timed side by side in fresh processes of the target's interpreter."""

import json
import pickle
import random
import subprocess
import sys
from pathlib import Path

import pytest

from whet.proof.paired import Bench
from whet.proof.pairs import CallSide, Pairing, compare_calls
from whet.proof.trial import Rules
from whet.workloads import inspect_interpreter

PYTHON = inspect_interpreter(sys.executable)
BOOT = (
    "import sys; sys.path[0] = sys.argv.pop(1); "
    "from whet_probe._pairs import main; sys.exit(main(sys.argv))"
)
PROBE = Path(__file__).resolve().parents[2] / "src"

MODULE = """
import asyncio

class Point:
    def __init__(self, x):
        self.x = x

class Slotted:
    __slots__ = ("y",)
    def __init__(self, y):
        self.y = y

def little(): return sum(range(2000))
def much(): return sum(range(2000)) + 0 * sum(range(2000))
def other(): return -1
def point(): return Point(1)
def slotted(): return Slotted({1, 2})
def floats(): return [float("nan"), -0.0, {"a": (1, b"x")}]
def raising(): raise ValueError("always")
def raising_other(): raise ValueError("else")
def generating(): yield from range(500)
async def waiting(): return 1
def lazy():
    import late
    return late.NAME
def add(items, more):
    items.append(more)
    return len(items)
def vary():
    import random
    return random.random()
number = 3
"""


@pytest.fixture(name="trees", autouse=True)
def _trees(tmp_path):
    for name in "ab":
        tree = tmp_path / name
        tree.mkdir()
        (tree / "mod.py").write_text(MODULE)
        (tree / "late.py").write_text(f"NAME = 'same'\nFROM = {name!r}\n")
    return tmp_path / "a", tmp_path / "b"


def one_process(tmp_path, a, b, tree_b=None, calls=None, order=("b", "a", "a2"), **plan):
    """What a single process writes."""
    side_a, side_b = CallSide(tmp_path / "a", a), CallSide(tree_b or tmp_path / "b", b)
    document = {
        "sides": {"a": side_a.spec(), "a2": side_a.spec(), "b": side_b.spec()},
        "order": order, "seed": 1, "calls": calls, "compare": True,
        "pairs": 5, "least": 5, "sample_s": 0.0005, "limit_s": 1, **plan,
    }  # fmt: skip
    (tmp_path / "plan.json").write_text(json.dumps(document))
    words = [str(PROBE), str(tmp_path / "plan.json"), str(tmp_path / "result.json")]
    subprocess.run([sys.executable, "-c", BOOT, *words], check=True)
    return json.loads((tmp_path / "result.json").read_text())


@pytest.mark.parametrize(
    "name", ["little", "point", "slotted", "floats", "raising", "generating", "lazy"]
)
def test_equal_functions_are_timed(tmp_path, name):
    found = one_process(tmp_path, f"mod:{name}", f"mod:{name}")
    assert found["status"] == "measured", found
    assert found["pairs"] == 5
    assert abs(found["cpu"]["difference"]) < 1
    assert found["cpu"]["baseline"] > 0


@pytest.mark.parametrize(
    ("b", "status", "detail"),
    [
        ("mod:other", "different", "1999000 against -1"),
        ("mod:floats", "different", "int against list"),
        ("mod:raising", "different", "'result' against 'exception'"),
        ("mod:missing", "failed", "AttributeError"),
        ("absent:f", "failed", "ModuleNotFoundError"),
        ("mod:waiting", "unfit", "coroutine"),
        ("mod:number", "unfit", "cannot be called"),
        ("json:loads", "wrong code", "not from the measured copy"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_reason(tmp_path, b, status, detail):
    found = one_process(tmp_path, "mod:little", b)
    assert found["status"] == status
    assert detail in found["detail"]


def test_other_exceptions_are_other_results(tmp_path):
    found = one_process(tmp_path, "mod:raising", "mod:raising_other")
    assert (found["status"], "'always' against 'else'" in found["detail"]) == ("different", True)


def test_code_whose_own_results_vary_is_unrepeatable(tmp_path):
    assert one_process(tmp_path, "mod:vary", "mod:vary")["status"] == "unrepeatable"
    found = one_process(tmp_path, "mod:vary", "mod:vary", compare=False)
    assert found["status"] == "measured"


def test_imports_inside_functions_find_their_own_version(tmp_path):
    (tmp_path / "b" / "late.py").write_text("NAME = 'changed'\n")
    found = one_process(tmp_path, "mod:lazy", "mod:lazy")
    assert (found["status"], "'same' against 'changed'" in found["detail"]) == ("different", True)


def test_a_noisy_process_takes_more_pairs_than_a_precise_one():
    from whet_probe import _medians

    def side(*factors):
        return [((1.0, 1.0), (factor, factor)) for factor in factors]

    assert _medians.precise({"b": side(*[2.0, 2.001, 1.999] * 3)})
    assert not _medians.precise({"b": side(*[2.0, 1.8, 2.2] * 3)})


class Timed:
    """A side of which every pass takes a millisecond; notes who was sampled, and how long."""

    def __init__(self, name, log):
        self.name, self.log, self.calls = name, log, self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def sample(self, loops):
        self.log.append((self.name, loops))
        return 0.001, 0.001


def test_every_side_is_warmed_by_a_whole_sample_and_lots_decide_who_is_first():
    from whet_probe import _pairs

    orders = set()
    for seed in range(20):
        log = []
        sides = {name: Timed(name, log) for name in ("a", "a2", "b")}
        loops = _pairs.warm(sides, 0.005, random.Random(seed))
        assert loops == {"a": 5, "b": 5, "a2": 5}
        whole = [name for name, count in log if count == 5]
        assert sorted(whole) == ["a", "a2", "b"]
        orders.add(tuple(whole))
    assert orders == {("a", "b", "a2"), ("b", "a", "a2")}


def record(path, *calls):
    with path.open("wb") as file:
        for call in calls:
            pickle.dump(call, file)
    return str(path)


def test_recorded_calls_are_made_with_fresh_arguments_where_they_change_them(tmp_path):
    calls = record(tmp_path / "calls", ("mod", "add", ([1], 2), {}), ("mod", "little", (), {}))
    found = one_process(tmp_path, None, None, calls=calls)
    assert (found["status"], found["calls"]) == ("measured", 2)


def test_a_change_of_an_argument_that_differs_is_found(tmp_path):
    changed = MODULE.replace("items.append(more)", "items.insert(0, more)")
    (tmp_path / "b" / "mod.py").write_text(changed)
    calls = record(tmp_path / "calls", ("mod", "add", ([1], 2), {}))
    found = one_process(tmp_path, None, None, calls=calls)
    assert found["status"] == "different"


def test_an_empty_recording_is_refused(tmp_path):
    found = one_process(tmp_path, None, None, calls=record(tmp_path / "calls"))
    assert (found["status"], found["detail"]) == ("unfit", "no call was recorded")


def quick(a, b, trees, **rules):
    pairing = Pairing(PYTHON, pairs=6, sample_s=0.001)
    bench = Bench(random=random.Random(4))
    sides = (CallSide(trees[0], a), CallSide(trees[1], b))
    return compare_calls(*sides, pairing, rules=Rules(**rules), bench=bench)


def test_a_function_that_does_twice_the_work_is_slower(trees):
    cpu, wall = quick("mod:little", "mod:much", trees, claimed=("cpu_time",))
    assert (cpu.metric, cpu.outcome, cpu.design) == ("cpu_time", "slower", "in-process pairs")
    assert cpu.low > 1.2
    assert cpu.pairs == 6 * cpu.processes
    assert wall.metric == "wall_time"


def test_the_time_that_decides_is_chosen_when_none_is_claimed(trees):
    (trees[0] / "nap.py").write_text("import time\ndef f(): time.sleep(0.012)\n")
    (trees[1] / "nap.py").write_text("import time\ndef f(): time.sleep(0.024)\n")
    first = quick("nap:f", "nap:f", trees)[0]
    assert (first.metric, first.outcome) == ("wall_time", "slower")


def test_different_results_refute_the_candidate(trees):
    verdicts = quick("mod:little", "mod:other", trees)
    assert {verdict.outcome for verdict in verdicts} == {"refuted"}
    assert "the results differ" in verdicts[0].reason


def test_a_process_that_dies_makes_the_verdict_void(trees):
    (trees[1] / "mod.py").write_text("import os\nos._exit(7)\n")
    verdict = quick("mod:little", "mod:little", trees, claimed=("cpu_time",))[0]
    assert verdict.outcome == "void"
    assert "exit status 7" in verdict.reason


def test_slots_of_loading_are_exchanged_between_a_and_b_from_process_to_process(trees):
    orders = []

    def run(launch):
        plan = json.loads(Path(launch.workload.argv[-2]).read_text())
        orders.append("".join(name[0] if name != "a2" else "c" for name in plan["order"]))
        result = {
            "status": "measured", "waiting": 0, "pairs": 6,
            "cpu": {"difference": 0.1 * len(orders), "control": 0.0},
            "wall": {"difference": 0.1, "control": 0.0},
        }  # fmt: skip
        Path(launch.workload.argv[-1]).write_text(json.dumps(result))

    bench = Bench(run=run, random=random.Random(3))
    sides = (CallSide(trees[0], "mod:little"), CallSide(trees[1], "mod:little"))
    rules = Rules(claimed=("wall_time",))
    compare_calls(*sides, Pairing(PYTHON), rules=rules, bench=bench)
    assert len(orders) == 24
    swapped = str.maketrans("ab", "ba")
    assert all(orders[i].translate(swapped) == orders[i + 1] for i in range(0, 24, 2))
    assert len(set(orders)) == 6
