"""Times two versions of a function side by side in one process; a program of its own.

    python -c 'from whet_probe._pairs import main; ...' PLAN.json RESULT.json

The project's modules are loaded three times (A, a second copy of A, B) and exchanged in
`sys.modules` before each sample, so that imports inside functions find their own version. Only
changes that keep no state between calls may be judged like this: a loop in one process measures
warm caches.

Standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import collections
import gc
import importlib
import json
import os
import random
import sys
import time

from whet_probe._alike import MAX_NODES, difference
from whet_probe._medians import precise, summary

TYPE_CHECKING = False  # typing costs ten milliseconds in every process of a trial
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Tuple

    Call = Tuple[Callable[..., Any], Tuple[Any, ...], Dict[str, Any]]
    Batch = List[Call]
    Times = Tuple[float, float]
    Pairs = Dict[str, List[Tuple[Times, Times]]]

MOMENT_S = 0.001
"""Waits up to this are scheduling, not waiting."""

GENERATOR = 0x20  # inspect.CO_GENERATOR
COROUTINE = 0x80 | 0x200  # inspect.CO_COROUTINE and CO_ASYNC_GENERATOR


class Refused(Exception):
    """This pair cannot be timed; the reason is for the user."""

    def __init__(self, status: str, detail: str) -> None:
        """Args: status, a word of the result file; detail, a sentence."""
        super().__init__(status, detail)
        self.status = status
        self.detail = detail


class Side:
    """One loaded version of the project.

    Args:
        name: "a", "a2" or "b".
        tree: Folder whose modules belong to this version.
        roots: Import roots inside it, most important first.
        target: "module:qualified.name", or None when calls name their functions.
    """

    def __init__(self, name: str, tree: str, roots: list[str], target: str | None) -> None:
        self.name = name
        self.tree = os.path.realpath(tree) + os.sep
        self.roots = list(roots)
        self.target = target
        self.modules: dict[str, Any] = {}
        self.calls: Calls
        self._known = -1

    def __enter__(self) -> Side:  # noqa: PYI034 - typing has no Self in 3.9
        """Make this version the one that imports find."""
        sys.path[:0] = self.roots
        sys.modules.update(self.modules)
        self._known = len(sys.modules)
        return self

    def __exit__(self, *_error: object) -> None:
        """Take this version out again; what it imported meanwhile stays its own."""
        if len(sys.modules) != self._known:
            for name, module in list(sys.modules.items()):
                if name not in self.modules and self.owns(module):
                    self.modules[name] = module
        for name in self.modules:
            sys.modules.pop(name, None)
        del sys.path[: len(self.roots)]

    def owns(self, module: Any) -> bool:
        """Whether a module was loaded from this version's tree."""
        file = getattr(module, "__file__", None)
        places = [file] if isinstance(file, str) else []
        if not places:
            try:
                places = [str(place) for place in getattr(module, "__path__", ())]
            except Exception:
                places = []
        return any(os.path.realpath(place).startswith(self.tree) for place in places)

    def function(self, module_name: str, qualname: str) -> Callable[..., Any]:
        """A function of this version."""
        module = importlib.import_module(module_name)
        if not self.owns(module):
            raise Refused(
                "wrong code",
                "module %s was loaded from %s, not from the measured copy"
                % (module_name, getattr(module, "__file__", None)),
            )
        value: Any = module
        for part in qualname.split("."):
            value = getattr(value, part)
        if flags(value) & COROUTINE:
            raise Refused("unfit", "%s is a coroutine function: judge whole runs" % qualname)
        if not callable(value):
            raise Refused("unfit", "%s:%s cannot be called" % (module_name, qualname))
        function: Callable[..., Any] = value
        return function


class Calls:
    """The calls that one sample makes, with arguments of the side's own classes."""

    def __init__(self, side: Side, recorded: list[bytes] | None) -> None:
        self.side = side
        self.recorded = recorded  # pickled (module, qualname, args, kwargs), or None
        self.fresh = False  # arguments change in a call: make new ones for each repetition
        self.guarded = False  # some calls raise
        self.batch = self.make()

    def make(self) -> Batch:
        """New arguments for all calls."""
        if self.recorded is None:
            module, _, qualname = str(self.side.target).partition(":")
            return [(consuming(self.side.function(module, qualname)), (), {})]
        import pickle

        batch = []
        for raw in self.recorded:
            module, qualname, args, kwargs = pickle.loads(raw)  # noqa: S301 - whet recorded it
            batch.append((consuming(self.side.function(module, qualname)), args, kwargs))
        return batch

    def results(self) -> list[Any]:
        """One pass over all calls: results or exceptions, and what the arguments became."""
        answers = []
        for function, args, kwargs in self.make():
            before = frozen((args, kwargs)) if args or kwargs else b""
            try:
                answer: tuple[Any, ...] = ("result", function(*args, **kwargs))
            except Refused:
                raise
            except Exception as error:
                self.guarded = True
                answer = ("exception", (type(error).__name__, [str(x) for x in error.args]))
            if before is None or (before and frozen((args, kwargs)) != before):
                self.fresh = True
            answers.append((answer, args, kwargs))
        return answers

    def sample(self, loops: int) -> Times:
        """Seconds of CPU and of wall time that `loops` passes took, per pass."""
        batches = [self.make() if self.fresh else self.batch for _ in range(loops)]
        run = run_guarded if self.guarded else run_plain
        wall = time.perf_counter_ns()
        cpu = time.process_time_ns()
        run(batches)
        cpu = time.process_time_ns() - cpu
        wall = time.perf_counter_ns() - wall
        return cpu / loops / 1e9, wall / loops / 1e9


def run_plain(batches: list[Batch]) -> None:
    """Make all calls."""
    for batch in batches:
        for function, args, kwargs in batch:
            function(*args, **kwargs)


def run_guarded(batches: list[Batch]) -> None:
    """Make all calls, some of which raise."""
    for batch in batches:
        for function, args, kwargs in batch:
            try:
                function(*args, **kwargs)
            except Exception:  # noqa: S112 - it raised when the results were compared, too
                continue


def consuming(function: Callable[..., Any]) -> Callable[..., Any]:
    """A generator function that is run to its end; other functions as they are."""
    if not flags(function) & GENERATOR:
        return function

    def consume(*args: Any, **kwargs: Any) -> Any:
        return collections.deque(function(*args, **kwargs))

    return consume


def flags(function: Any) -> int:
    """The code flags of a function or method; 0 for other callables."""
    function = getattr(function, "__func__", function)
    return int(getattr(getattr(function, "__code__", None), "co_flags", 0))


def frozen(value: object) -> bytes | None:
    """The value's pickle, to see whether a call changed it; None when it does not pickle."""
    import pickle

    try:
        return pickle.dumps(value, protocol=4)
    except Exception:
        return None


def read_calls(path: str) -> list[bytes]:
    """The recorded calls, each pickled alone so that every side makes its own arguments."""
    import io
    import pickletools

    with open(path, "rb") as file:
        raw = file.read()
    source = io.BytesIO(raw)
    calls = []
    while source.tell() < len(raw):
        start = source.tell()
        for _ in pickletools.genops(source):  # ends behind the opcode STOP
            pass
        calls.append(raw[start : source.tell()])
    if not calls:
        raise Refused("unfit", "no call was recorded")
    return calls


def load(plan: dict[str, Any]) -> dict[str, Side]:
    """The three sides, loaded in the planned order, with their calls and equal results."""
    recorded = read_calls(plan["calls"]) if plan.get("calls") else None
    sides = {}
    for name in plan["order"]:
        spec = plan["sides"][name]
        side = Side(name, spec["tree"], spec["roots"], spec.get("target"))
        with side:
            side.calls = Calls(side, recorded)
        sides[name] = side
    answers = {}
    for name in plan["order"]:
        with sides[name]:
            answers[name] = sides[name].calls.results()
    if plan.get("compare", True):
        _require_equal(answers)
    fresh = any(side.calls.fresh for side in sides.values())
    guarded = any(side.calls.guarded for side in sides.values())
    for side in sides.values():
        side.calls.fresh, side.calls.guarded = fresh, guarded
    return sides


def _require_equal(answers: dict[str, list[Any]]) -> None:
    parts = ("its answer", "its arguments afterwards", "its keyword arguments afterwards")
    for other, status in (("a2", "unrepeatable"), ("b", "different")):
        for index, call in enumerate(answers["a"]):
            for part, left, right in zip(parts, call, answers[other][index]):  # noqa: B905 - 3.9
                found = difference(left, right, [MAX_NODES])
                if found:
                    raise Refused(status, "call %d, %s: %s" % (index, part, found))


def loops_for(side: Side, sample_s: float) -> int:
    """Passes that make a sample `sample_s` of CPU time, or of wall time four times as long."""
    loops = 1
    while True:
        with side:
            cpu, wall = side.calls.sample(loops)
        enough = max(cpu * loops / sample_s, wall * loops / sample_s / 4)
        if enough >= 1:
            return loops
        loops = max(loops * 2, int(loops / max(enough, 0.01) * 1.1))


def warm(sides: dict[str, Side], sample_s: float, coin: random.Random) -> dict[str, int]:
    """The passes of a sample, after each side has taken one, in an order by lot."""
    names = ["a", "b"]
    coin.shuffle(names)
    loops = {name: loops_for(sides[name], sample_s) for name in names}
    if max(loops.values()) < 2 * min(loops.values()):
        loops = dict.fromkeys(loops, max(loops.values()))
    loops["a2"] = loops["a"]
    with sides["a2"]:
        sides["a2"].calls.sample(loops["a2"])
    return loops


def time_pairs(sides: dict[str, Side], plan: dict[str, Any], coin: random.Random) -> Pairs:
    """Samples of A against B, and of A against its second copy (every fourth pair)."""
    loops = warm(sides, plan["sample_s"], coin)
    pairs: Pairs = {"b": [], "a2": []}
    gc.collect()
    end = time.perf_counter() + plan["limit_s"]
    for index in range(plan["pairs"]):
        if time.perf_counter() > end and pairs["b"] and pairs["a2"]:
            break
        if index >= plan["least"] and precise(pairs):
            break
        other = "a2" if index % 4 == 1 else "b"
        names = ["a", other]
        coin.shuffle(names)
        times = {}
        for name in names:
            with sides[name]:
                times[name] = sides[name].calls.sample(loops[name])
        pairs[other].append((times["a"], times[other]))
    return pairs


def waiting_share(sides: dict[str, Side]) -> float:
    """Share of one pass of A that is spent neither running nor ready to run, 0 to 1.

    Where the platform does not tell the run-queue wait, only a pass that waits for more than
    four fifths of its time counts as waiting: a loaded machine looks alike.
    """
    queued = run_queue_s()
    with sides["a"]:
        cpu, wall = sides["a"].calls.sample(1)
    after = run_queue_s()
    if queued is None or after is None:
        return 1 - cpu / wall if cpu < wall / 5 else 0.0
    waiting = max(0.0, wall - cpu - (after - queued))
    return waiting / (cpu + waiting) if waiting > MOMENT_S else 0.0


def run_queue_s() -> float | None:
    """Seconds this thread has waited for a core so far; None where nobody tells."""
    try:
        with open("/proc/self/schedstat", encoding="ascii") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return None


def _inside(entry: str, trees: list[str]) -> bool:
    """Whether an import root belongs to one of the versions; it is on the path in its turn."""
    real = os.path.realpath(entry)
    return any(real == tree or real.startswith(tree + os.sep) for tree in trees)


def measure(plan: dict[str, Any]) -> dict[str, Any]:
    """The result of one process, as it is written."""
    coin = random.Random(plan["seed"])  # noqa: S311 - a coin, no secret
    trees = [os.path.realpath(side["tree"]) for side in plan["sides"].values()]
    sys.path[:] = [entry for entry in sys.path if not _inside(entry, trees)]
    sides = load(plan)
    waiting = waiting_share(sides)
    pairs = time_pairs(sides, plan, coin)
    sign = coin.choice((1, -1))
    return {
        "status": "measured",
        "waiting": waiting,
        "cpu": summary(pairs, sign, 0),
        "wall": summary(pairs, sign, 1),
        "pairs": len(pairs["b"]) + len(pairs["a2"]),
        "calls": len(sides["a"].calls.batch),
        "samples": {
            "a": [a[0] for a, _ in pairs["b"]],
            "b": [b[0] for _, b in pairs["b"]],
        },
    }


def main(argv: list[str]) -> int:
    """Read the plan, measure, write the result."""
    with open(argv[1], encoding="utf-8") as file:
        plan = json.load(file)
    del sys.path[0]  # the probe's folder, put there by the command line
    try:
        result = measure(plan)
    except Refused as refused:
        result = {"status": refused.status, "detail": refused.detail}
    except Exception as error:
        detail = "%s: %s" % (type(error).__name__, error)
        result = {"status": "failed", "detail": detail}
    with open(argv[2], "w", encoding="utf-8") as file:
        json.dump(result, file)
    return 0
