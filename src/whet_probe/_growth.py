"""Times a function over inputs of growing size; a program of its own.

    python -c 'from whet_probe._growth import main; ...' PLAN.json RESULT.jsonl

Each size is one JSON line of the result file, written at once: what hangs or ends the process
loses nothing of the sizes before. Time and memory are taken in different calls, since following
every allocation costs several times the run.

Standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import collections
import copy
import gc
import importlib
import json
import os
import sys
import time

from whet_probe._scaled import NoSize, scaler, size_of

TYPE_CHECKING = False  # typing costs ten milliseconds
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Tuple

    Arguments = Tuple[Tuple[Any, ...], Dict[str, Any]]

GENERATOR = 0x20  # inspect.CO_GENERATOR
COROUTINE = 0x80 | 0x200  # inspect.CO_COROUTINE and CO_ASYNC_GENERATOR
ENOUGH_S = 0.2
"""Of a sample: above it two more must do, above five times as much it stays alone."""

LOOK_FOR_CHANGES = 100_000
"""Size up to which it is looked whether a call changes its arguments."""

FRESH_ELEMENTS = 3_000_000
"""Most that the new arguments of one sample hold together."""


VARIED_ELEMENTS = 20_000
"""Held by the several arguments that a sample takes in turn: the same over and over would teach
the processor every branch."""

PASSES = 3
_PAIR = 2


class Refused(Exception):
    """This function cannot be measured; the text says why."""


class Subject:
    """A function with the maker of its arguments.

    Args:
        function: What is called; generators are run to their end.
        make: New arguments for a size.
    """

    def __init__(self, function: Callable[..., Any], make: Callable[[int], Arguments]) -> None:
        if flags(function) & COROUTINE:
            raise Refused("it is a coroutine function")
        self.function = consuming(function)
        self.make = make
        self.fresh = True  # each call gets arguments of its own

    def measure(self, size: int, sample_s: float, *, memory: bool) -> Dict[str, Any]:
        """Seconds and bytes of one call on inputs of a size."""
        if size <= LOOK_FOR_CHANGES:
            self.fresh = self._changes_arguments(size)
        loops, sample = self._loops(size, sample_s)
        samples = [sample]
        spent = sample[0] * loops
        more = 4 if spent < ENOUGH_S else 2 if spent < 5 * ENOUGH_S else 0
        samples += [self._sample(size, loops) for _ in range(more)]
        cpu = sorted([each[0] for each in samples])
        least = max(cpu[0], 1e-9)
        found = {
            "size": size,
            "cpu_s": least,
            "wall_s": max(min([each[1] for each in samples]), 1e-9),
            "noise": (cpu[len(cpu) // 2] - cpu[0]) / least,
        }
        if memory:
            found["peak_bytes"], found["held_bytes"] = self._memory(size)
        return found

    def _changes_arguments(self, size: int) -> bool:
        """Whether a call changes its arguments, or nobody can tell."""
        args, keywords = self.make(size)
        before = frozen((args, keywords))
        self.function(*args, **keywords)
        return before is None or frozen((args, keywords)) != before

    def _loops(self, size: int, sample_s: float) -> Tuple[int, Tuple[float, float]]:
        """Calls that make a sample long enough, and the first such sample."""
        most = max(1, FRESH_ELEMENTS // max(size, 1000)) if self.fresh else 1 << 24
        loops = 1
        while True:
            cpu, wall = self._sample(size, loops)
            enough = max(cpu * loops / sample_s, wall * loops / sample_s / 4)
            if enough >= 1 or loops >= most:
                return loops, (cpu, wall)
            loops = min(most, max(loops * 2, int(loops / max(enough, 0.05) * 1.1)))

    def _sample(self, size: int, loops: int) -> Tuple[float, float]:
        """CPU and wall seconds of one call, as the mean of some."""
        sets = loops if self.fresh else max(1, min(loops, VARIED_ELEMENTS // max(size, 100)))
        batch = [self.make(size) for _ in range(sets)]
        turns = range(loops // sets)
        loops = sets * len(turns)
        function = self.function
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in turns:
            for args, keywords in batch:
                function(*args, **keywords)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        return cpu / loops, wall / loops

    def _memory(self, size: int) -> Tuple[Any, Any]:
        """Peak beyond the arguments, and what is held once the call is over."""
        import tracemalloc

        if tracemalloc.is_tracing():  # somebody else's measurement: leave it alone
            return None, None
        args, keywords = self.make(size)
        gc.collect()
        tracemalloc.start()
        try:
            held = self.function(*args, **keywords)
            current, peak = tracemalloc.get_traced_memory()
            del held
        finally:
            tracemalloc.stop()
        return peak, current


def flags(function: Any) -> int:
    """The code flags of a function or method; 0 for other callables."""
    function = getattr(function, "__func__", function)
    return int(getattr(getattr(function, "__code__", None), "co_flags", 0))


def consuming(function: Callable[..., Any]) -> Callable[..., Any]:
    """A generator function that is run to its end; other functions as they are."""
    if not flags(function) & GENERATOR:
        return function

    def consume(*args: Any, **keywords: Any) -> None:
        collections.deque(function(*args, **keywords), maxlen=0)

    return consume


def frozen(value: object) -> Any:
    """The value's pickle, to see whether a call changed it; None when it does not pickle."""
    import pickle

    try:
        return pickle.dumps(value, protocol=4)
    except Exception:
        return None


def grow(subject: Subject, plan: Dict[str, Any], tell: Callable[[Dict[str, Any]], None]) -> None:
    """Measure size after size, as far as the time allows, then all of them again.

    A size is left out when the costs so far say that it would not end in time. Memory is not
    followed where that would take more than a quarter of the time. Going through all sizes several
    times tells the function from a machine that is slower for a while.
    """
    end = time.perf_counter() + plan["limit_s"]
    known: List[Tuple[int, float]] = []
    for size in plan["sizes"]:
        left = end - time.perf_counter()
        if left <= 0 or _expected(known, size) > left:
            tell({"size": size, "skipped": "it would take too long"})
            break
        started = time.perf_counter()
        quick = _expected(known, size) < plan["limit_s"] / 4
        try:
            found = subject.measure(size, plan["sample_s"], memory=plan["memory"] and quick)
        except NoSize as error:
            tell({"size": size, "skipped": str(error)})
            break
        except Exception as error:
            tell({"size": size, "skipped": "%s: %s" % (type(error).__name__, error)})
            break
        known.append((size, time.perf_counter() - started))
        tell(found)
    for _ in range(PASSES - 1):
        for size, took in known:
            if time.perf_counter() + took < end:
                tell(subject.measure(size, plan["sample_s"], memory=False))


def merged(lines: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """One line a size: the least of all passes, and how far the passes lie apart as its noise."""
    found: Dict[int, Dict[str, Any]] = {}
    passes: Dict[int, List[float]] = {}
    for line in lines:
        size = line["size"]
        passes.setdefault(size, []).append(line["cpu_s"])
        first = found.setdefault(size, dict(line))
        for name in ("cpu_s", "wall_s", "noise"):
            first[name] = min(first[name], line[name])
    for size, line in found.items():
        ordered = sorted(passes[size])
        apart = (ordered[len(ordered) // 2] - ordered[0]) / ordered[0]
        line["noise"] = max(line["noise"], apart)
    return [found[size] for size in sorted(found)]


def _expected(known: List[Tuple[int, float]], size: int) -> float:
    """Seconds that a size will take, if the costs go on as between the last two."""
    if len(known) < _PAIR:
        return 0.0
    (small, before), (large, after) = known[-2:]
    times = max(1.0, after / max(before, 1e-9))
    steps = (size - large) / max(1, large - small)
    return after * (times if steps > 1 else times**steps)


def find(name: str) -> Any:
    """What "module:qualified.name" names."""
    module, _, attributes = name.partition(":")
    found = importlib.import_module(module)
    for attribute in attributes.split("."):
        found = getattr(found, attribute)
    return found


def _callable(name: str) -> Callable[..., Any]:
    function: Callable[..., Any] = find(name)
    if not callable(function):
        raise Refused("it cannot be called")
    return function


def maker(plan: Dict[str, Any]) -> Callable[[int], Arguments]:
    """What makes the arguments: the user's generator, or recorded calls scaled."""
    if plan.get("inputs"):
        generate = find(plan["inputs"])

        def make(size: int) -> Arguments:
            made = generate(size)
            return (made if type(made) is tuple else (made,)), {}

        return make
    args, keywords = _largest(plan["calls"])
    scaled = scaler(args, keywords)
    return lambda size: copy.deepcopy(scaled(size))


def _largest(paths: List[str]) -> Arguments:
    """The recorded call with the largest argument."""
    import pickle

    from whet_probe._replay import _pickles

    calls = []
    for path in paths:
        for raw in _pickles(path):
            try:
                _, _, args, keywords = pickle.loads(raw)  # noqa: S301 -- recorded by whet itself
            except Exception:  # noqa: S112 -- a class that is found no more; others may be
                continue
            calls.append((args, keywords))
    if not calls:
        raise Refused("no call of it could be recorded: give inputs of your own")
    return max(calls, key=lambda call: size_of(*call))


def main(argv: List[str]) -> int:
    """Read the plan, measure, write a line a size."""
    with open(argv[1], encoding="utf-8") as file:
        plan = json.load(file)
    sys.path[0] = os.getcwd()
    for root in reversed(plan["roots"]):
        if root not in sys.path:
            sys.path.insert(1, root)
    result = open(argv[2], "a", encoding="utf-8")  # noqa: SIM115 -- until the process ends
    sys.argv[:] = [plan["target"]]
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 -- same

    def tell(line: Dict[str, Any]) -> None:
        result.write(json.dumps(line) + "\n")
        result.flush()

    try:
        function = _callable(plan["target"])
        tell({"file": getattr(sys.modules[plan["target"].partition(":")[0]], "__file__", None)})
        grow(Subject(function, maker(plan)), plan, tell)
    except (Refused, NoSize) as refused:
        tell({"refused": str(refused)})
    except Exception as error:
        tell({"refused": "%s: %s" % (type(error).__name__, error)})
    return 0
