"""How often `whet profile --complexity` names the right class: functions whose class is known.

    python benchmarks/complexity.py      (about three minutes; writes results/complexity.*)

Each function is measured once over doubling sizes, as the command does it. Then every stretch of
at least four neighboring sizes is judged by itself, as if the user had named these: right,
undecided, or wrong. It is wrong too where caches bend the curve: counted, not excused.
"""

from __future__ import annotations

import bisect
import json
import os
import platform
import random
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whet.profiling.complexity import growth_of_time, points_of
from whet_probe._growth import Subject, grow

if TYPE_CHECKING:
    from whet.records import ComplexityPoint

RESULTS = Path(__file__).parent / "results"
LEAST = 4


def numbers(size: int) -> list[int]:
    """Rising whole numbers."""
    return list(range(size))


def shuffled(size: int) -> list[float]:
    """Other random numbers at each call."""
    return [random.random() for _ in range(size)]


def total(data: list[int]) -> int:
    """Linear."""
    return sum(x * 2 for x in data)


def table(data: list[int]) -> dict[int, int]:
    """Linear."""
    return dict.fromkeys(data, 1)


def texts(data: list[int]) -> str:
    """Linear."""
    return "".join(str(x) for x in data)


def merge_sort(data: list[float]) -> list[float]:
    """Of order n log n."""
    if len(data) <= 1:
        return data
    left, right = merge_sort(data[: len(data) // 2]), merge_sort(data[len(data) // 2 :])
    found, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        if left[i] <= right[j]:
            found.append(left[i])
            i += 1
        else:
            found.append(right[j])
            j += 1
    return found + left[i:] + right[j:]


def look_up(data: list[int]) -> int:
    """Logarithmic."""
    return sum(bisect.bisect(data, n * len(data) // 64) for n in range(64))


def search(data: list[int]) -> int:
    """Logarithmic."""
    found = 0
    for n in range(64):
        wanted, low, high = n * len(data) // 64, 0, len(data)
        while low < high:
            middle = (low + high) // 2
            if data[middle] < wanted:
                low = middle + 1
            else:
                high = middle
        found += low
    return found


def in_list(data: list[int]) -> int:
    """Quadratic."""
    return sum(1 for x in data if x in data[::-1])


def pairs(data: list[int]) -> int:
    """Quadratic."""
    return sum(1 for a in data for b in data if a < b)


def triples(data: list[int]) -> int:
    """Cubic."""
    return sum(1 for a in data for b in data for c in data if a < c)


def subsets(n: int) -> int:
    """Exponential, base 2."""
    return 1 if n == 0 else subsets(n - 1) + subsets(n - 1)


def fibonacci(n: int) -> int:
    """Exponential, base 1.62."""
    return n if n <= 1 else fibonacci(n - 1) + fibonacci(n - 2)


WIDE = [2**step for step in range(4, 16)]
CASES: list[tuple[str, Any, Any, list[int]]] = [
    ("1", len, numbers, WIDE),
    ("1", list.copy, lambda _: list(range(50)), WIDE),
    ("log n", look_up, numbers, WIDE),
    ("log n", search, numbers, WIDE),
    ("n", total, numbers, WIDE),
    ("n", table, numbers, WIDE),
    ("n", texts, numbers, WIDE),
    ("n", set, shuffled, WIDE),
    ("n", max, shuffled, WIDE),
    ("n log n", sorted, shuffled, WIDE),
    ("n log n", merge_sort, shuffled, WIDE[:-1]),
    ("n^2", in_list, numbers, WIDE[:8]),
    ("n^2", pairs, numbers, WIDE[:8]),
    ("n^3", triples, numbers, [4, 8, 16, 32, 64, 128, 256]),
    ("2^n", subsets, lambda n: n, list(range(6, 18))),
    ("2^n", fibonacci, lambda n: n, list(range(10, 24))),
]


def measured(function: Any, make: Any, sizes: list[int]) -> list[ComplexityPoint]:
    """The points of one function."""
    lines: list[dict[str, Any]] = []
    plan = {"sizes": sizes, "limit_s": 60.0, "sample_s": 0.005, "memory": False}
    grow(Subject(function, lambda size: ((make(size),), {})), plan, lines.append)
    return points_of(lines)


def judged(truth: str, points: list[ComplexityPoint]) -> tuple[str, str]:
    """What is said of these points, and whether that is right."""
    growth = growth_of_time(points)
    if growth.decided is None:
        return growth.said, "undecided"
    return growth.said, "right" if growth.decided == truth else "wrong"


def main() -> None:
    """Measure, judge, write."""
    rows, sums = [], Counter[str]()
    for truth, function, make, sizes in CASES:
        points = measured(function, make, sizes)
        said, verdict = judged(truth, points)
        stretches = Counter(
            judged(truth, points[first : first + count])[1]
            for count in range(LEAST, len(points) + 1)
            for first in range(len(points) - count + 1)
        )
        sums += stretches
        row = {"function": function.__name__, "class": truth, "said": said, "verdict": verdict,
               "sizes": f"{sizes[0]}-{sizes[-1]}", **stretches}  # fmt: skip
        rows.append(row)
        print(row, flush=True)
    load = round(os.getloadavg()[0], 2)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    document = {"python": python, "load_1m": load, "rows": rows, "stretches": dict(sums)}
    (RESULTS / "complexity.json").write_text(json.dumps(document, indent=1) + "\n")
    lines = ["# Classes of growth against functions whose class is known", "",
             f"`python benchmarks/complexity.py`; {python}, load {load}.", "",
             "| function | class | said over all | sizes | stretches right | undecided | wrong |",
             "| --- | --- | --- | --- | --- | --- | --- |"]  # fmt: skip
    lines += [
        f"| {row['function']} | {row['class']} | {row['said']} | {row['sizes']} | "
        f"{row.get('right', 0)} | {row.get('undecided', 0)} | {row.get('wrong', 0)} |"
        for row in rows
    ]
    told = ", ".join(f"{sums[verdict]} {verdict}" for verdict in ("right", "undecided", "wrong"))
    lines += ["", f"All {sum(sums.values())} stretches of four sizes and more: {told}."]
    (RESULTS / "complexity.md").write_text("\n".join(lines) + "\n")
    sys.stdout.write(lines[-1] + "\n")


if __name__ == "__main__":
    main()
