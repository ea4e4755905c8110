"""Inputs that the workload never gave, made from recorded ones and type hints, on A and B.

Only functions that are called with plain values can be asked. What is made up keeps the exact
types of what was recorded (or has those of the hints): empty, single, doubled, reversed and long
containers, numbers at their bounds, NaN and negative zero, unusual strings.
"""

from __future__ import annotations

import ast
import hashlib
import io
import pickle
import random
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pickletools import genops
from typing import TYPE_CHECKING, Any

from whet.proof.calls import difference
from whet.proof.replay import results
from whet.records import Counterexample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from whet.workloads import Launch

LIMIT_S = 1.5
"""Seconds of one process, after which it is stopped; it stops by itself before."""

MAX_INPUTS = 60
"""Made for one function."""

_EXAMPLES = 6
_LONG = 300

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


@dataclass
class Generated:
    """What inputs that were made up found.

    Attributes:
        difference: The first that counts against the change.
        compared: Inputs on which A and B agree.
        notes: What differs on inputs that only the hints allow.
        functions: Qualified names of those that were asked; the others take objects.
    """

    difference: Counterexample | None = None
    compared: int = 0
    notes: list[str] = field(default_factory=list)
    functions: frozenset[str] = frozenset()


def compare_generated(  # noqa: PLR0913 - who is asked what, how it is judged, how many at a time
    a: Launch,
    b: Launch,
    pickles: list[Path],
    hints: dict[str, list[set[str]]],
    scratch: Path,
    *,
    tolerance: float | None = None,
    workers: int = 2,
) -> Generated:
    """Make inputs from recorded calls, and compare A and B on them.

    Args:
        a: The launch whose workload was recorded.
        b: The same of the candidate.
        pickles: Files of recorded calls.
        hints: By qualified name of the function, the plain types in each parameter's annotation.
        scratch: Folder for results.
        tolerance: Relative difference of floats that counts as none.
        workers: Most processes at a time.
    """
    made, hinted = scratch / "inputs.pickle", scratch / "hinted.pickle"
    asked = _write(pickles, hints, made, hinted)
    if not asked:
        return Generated()
    names = ("inputs-a", "inputs-b", "inputs-a2")

    def of(launch: Launch, name: str) -> dict[str, Any]:
        return results(
            launch, [made, hinted], scratch / name,
            tolerant=tolerance is not None, guarded_s=LIMIT_S, roots=(a.root, b.root),
        )  # fmt: skip

    with ThreadPoolExecutor(workers) as pool:
        first, other, again = pool.map(of, (a, b, a), names)
    return replace(judge_generated(first, again, other, tolerance), functions=asked)


def judge_generated(
    first: dict[str, Any], again: dict[str, Any], other: dict[str, Any], tolerance: float | None
) -> Generated:
    """Compare what A, A again and B made of the inputs: pure.

    Where A returns, B must return the same; where A raises, B must raise the same type. An input
    that A does not repeat itself on, or that was not made in time, says nothing.
    """
    found = Generated()
    for key, calls in first.items():
        if key not in again or key not in other:
            continue
        rows = zip(calls, again[key], other[key], strict=False)  # one line where it was stopped
        differing = [_differ(*row, tolerance) for row in rows]
        if None in differing:
            continue
        counts = [each for each in differing if isinstance(each, Counterexample)]
        if not counts:
            found.compared += 1
        elif key.startswith("hinted"):
            where = f"{counts[0].detail}: {counts[0].expected} against {counts[0].actual}"
            found.notes.append(f"differs on an input that only its type hints allow: {where}")
        elif found.difference is None:
            found.difference = counts[0]
    return found


def _differ(
    call: dict[str, Any], again: dict[str, Any], other: dict[str, Any], tolerance: float | None
) -> Counterexample | bool | None:
    """The difference, False where there is none, None where the input says nothing."""
    lines = (call, again, other)
    unsure = ("Forbidden", "MemoryError", "RecursionError")
    if any("skipped" in line or line.get("xk") in unsure for line in lines):
        return None
    name = str(call["name"])
    if "x" in call and "x" in other and "x" in again:
        if call["xk"] == other["xk"]:
            return False
        found = difference(call, other, name, tolerance, "inputs")
        return found or False
    if difference(call, again, name, tolerance, "inputs") is not None:
        return None
    return difference(call, other, name, tolerance, "inputs") or False


def _write(
    pickles: list[Path], hints: dict[str, list[set[str]]], made: Path, hinted: Path
) -> frozenset[str]:
    """Write the inputs as calls; the names of the functions that got any."""
    examples: dict[tuple[str, str], list[Arguments]] = {}
    for path in pickles:
        for module, name, args, keywords in plain_calls(path.read_bytes()):
            examples.setdefault((module, name), []).append((args, keywords))
    asked = set()
    with made.open("wb") as file, hinted.open("wb") as other:
        for (module, name), calls in examples.items():
            for args, keywords in generate(calls):
                pickle.dump((module, name, args, keywords), file, 4)
                asked.add(name)
            for args, keywords in generate_hinted(calls, hints.get(name, [])):
                pickle.dump((module, name, args, keywords), other, 4)
                asked.add(name)
    return frozenset(asked)


class _Plain(pickle.Unpickler):
    """Reads values of the language itself and nothing that would run code."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        raise pickle.UnpicklingError(f"{module_name}.{global_name} is no plain value")


def plain_calls(data: bytes) -> Iterator[tuple[str, str, tuple[Any, ...], dict[str, Any]]]:
    """The recorded calls whose arguments are plain values, from successive pickles."""
    stream = io.BytesIO(data)
    while stream.tell() < len(data):
        start = stream.tell()
        try:
            for _ in genops(stream):
                pass
        except Exception:  # noqa: BLE001 - torn by a killed process: pickletools raises anything
            return
        try:
            yield _Plain(io.BytesIO(data[start : stream.tell()])).load()
        except pickle.UnpicklingError:
            continue


def generate(calls: list[Arguments], seed: int = 0) -> list[Arguments]:
    """Inputs of the types of recorded ones, each differing from one in one argument or two."""
    rng = random.Random(seed)  # noqa: S311 - choice, not secrecy
    chosen = calls[:2] + rng.sample(calls[2:], min(_EXAMPLES - 2, len(calls[2:])))
    made: dict[bytes, Arguments] = {}
    for args, keywords in chosen:
        for position, value in enumerate(args):
            for new in variants(value):
                call = (*args[:position], new, *args[position + 1 :])
                made.setdefault(_digest((call, keywords)), (call, keywords))
        for name, value in keywords.items():
            for new in variants(value):
                call_keywords = {**keywords, name: new}
                made.setdefault(_digest((args, call_keywords)), (args, call_keywords))
    for call in calls:
        made.pop(_digest(call), None)
    found = list(made.values())
    return found if len(found) <= MAX_INPUTS else rng.sample(found, MAX_INPUTS)


def _digest(call: object) -> bytes:
    """Stands for a call among others; its arguments may be large."""
    return hashlib.sha256(pickle.dumps(call, 4)).digest()


def variants(value: Any) -> list[Any]:
    """Other values of exactly the same types, the telling ones first."""
    make = _VARIANTS.get(type(value))
    return make(value) if make is not None else []


def _ints(value: int) -> list[int]:
    return [0, 1, -1, value + 1, value - 1, -value, 255, 2**31, 2**63]


def _floats(value: float) -> list[float]:
    extremes = [float("inf"), float("-inf"), 1e308, 5e-324]
    return [float("nan"), -0.0, 0.0, 1.0, -value, value + 1, *extremes]


def _strings(value: str) -> list[str]:
    odd = [" ", "\x00", "e\u0301\u00df\u0130", "\U0001d518", "0", "\n"]
    return ["", value[:1], value[::-1], value + value, value.swapcase(), *odd, value * _LONG]


def _octets(value: bytes) -> list[bytes]:
    return [b"", value[:1], value[::-1], value + value, b"\x00\xff", value * _LONG]


def _lists(value: list[Any]) -> list[list[Any]]:
    found: list[list[Any]] = [[]]
    if value:
        twice = [*deepcopy(value), *deepcopy(value)]
        found += [value[:1], value[::-1], twice, [value[0], *deepcopy(value)], value[1:]]
        for new in variants(value[0]):
            found += [[new, *value[1:]], [*value, new]]
            found += [[value[0], new, value[-1], deepcopy(new)]]
        found.append([item for _ in range(_LONG) for item in deepcopy(value[:4])])
    return found


def _tuples(value: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Of the same length: the place of an element in a tuple has a meaning."""
    return [
        (*value[:place], new, *value[place + 1 :])
        for place, item in enumerate(value)
        for new in variants(item)
    ]


def _dicts(value: dict[Any, Any]) -> list[dict[Any, Any]]:
    found: list[dict[Any, Any]] = [{}]
    if value:
        pairs = list(value.items())
        found += [dict(pairs[:1]), dict(pairs[::-1])]
        found += [{**value, pairs[0][0]: new} for new in variants(pairs[0][1])]
        found += [{**value, new: deepcopy(pairs[0][1])} for new in variants(pairs[0][0])]
    return found


def _sets(value: Any) -> list[Any]:
    kind = type(value)
    items = list(value)
    if not items:
        return [kind()]
    return [kind(), kind(items[:1]), *(kind([*items, new]) for new in variants(items[0]))]


_VARIANTS: dict[type, Any] = {
    bool: lambda value: [not value],
    int: _ints,
    float: _floats,
    str: _strings,
    bytes: _octets,
    list: _lists,
    tuple: _tuples,
    dict: _dicts,
    set: _sets,
    frozenset: _sets,
}

_SAMPLES: dict[str, list[Any]] = {
    "int": [3, 0], "float": [1.5, float("nan")], "str": ["a", ""], "bytes": [b"a"], "bool": [True],
}  # fmt: skip


def generate_hinted(calls: list[Arguments], hints: list[set[str]]) -> list[Arguments]:
    """Inputs of types that the annotations name and the run never gave."""
    args, keywords = calls[0]
    made = []
    for position, names in enumerate(hints[: len(args)]):
        value = args[position]
        inside = type(value) is list
        seen = {type(item).__name__ for item in value} if inside else {type(value).__name__}
        for name in sorted(names - seen):
            for sample in _SAMPLES.get(name, ()):
                new = [*value[:1], sample, *value[1:], sample] if inside else sample
                made.append(((*args[:position], new, *args[position + 1 :]), keywords))
    return made[:MAX_INPUTS]


def hints_of(source: bytes, name: str) -> list[set[str]]:
    """The plain types in the annotation of each positional parameter of a function."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == name.rpartition(".")[2]:
            return [_names(each.annotation) for each in node.args.posonlyargs + node.args.args]
    return []


def _names(annotation: ast.expr | None) -> set[str]:
    if annotation is None:
        return set()
    words = {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)}
    return words & set(_SAMPLES)
