"""Tips that are no remedies: what each is worth on this interpreter.

    python benchmarks/not_remedies.py     (under a minute; writes results/not_remedies.*)

Each round starts an interpreter for one tip, which checks that both forms give the same and then
times them in turns. The ratio is that of CPU time before / after: above 1 the tip is quicker. The
figure is the median over the rounds, with the smallest and largest of them.
"""

from __future__ import annotations

import json
import os
import platform
import random
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
ROUNDS = 7


@dataclass(frozen=True, kw_only=True)
class Tip:
    """One piece of advice: `before()` and `after()` do the same work."""

    name: str
    setup: str = ""
    before: str
    after: str


TIPS = [
    Tip(
        name="text grown by += in a local name, joined instead",
        setup="parts = ['word %d ' % n for n in range(2000)]",
        before="text = ''\nfor part in parts:\n    text += part\nreturn text",
        after="kept = []\nfor part in parts:\n    kept.append(part)\nreturn ''.join(kept)",
    ),
    Tip(
        name="a memo whose arguments never come again",
        setup=(
            "from functools import lru_cache\n"
            "def plain(x):\n    return (x * 3 + 1) % 7\n"
            "remembered = lru_cache(maxsize=1024)(plain)\n"
            "from itertools import count\n"
            "fresh = count()"
        ),
        before="start = next(fresh)\nfor n in range(1000):\n    plain(n * 1_000_000 + start)",
        after="start = next(fresh)\nfor n in range(1000):\n    remembered(n * 1_000_000 + start)",
    ),
    Tip(
        name="deepcopy of plain data through JSON",
        setup=(
            "import copy, json\n"
            "data = {'rows': [{'n': n, 'tags': ['a', 'b'], 'at': 0.5} for n in range(50)]}"
        ),
        before="return copy.deepcopy(data)",
        after="return json.loads(json.dumps(data))",
    ),
    Tip(
        name="try that never raises, replaced by a test",
        setup="table = {n: n for n in range(1000)}",
        before=(
            "total = 0\nfor n in range(1000):\n    try:\n        total += table[n]\n"
            "    except KeyError:\n        total += 1\nreturn total"
        ),
        after=(
            "total = 0\nfor n in range(1000):\n    if n in table:\n        total += table[n]\n"
            "    else:\n        total += 1\nreturn total"
        ),
    ),
    Tip(
        name="try moved out of the loop (PERF203)",
        setup="table = {n: n for n in range(1000)}",
        before=(
            "total = 0\nfor n in range(1000):\n    try:\n        total += table[n]\n"
            "    except KeyError:\n        break\nreturn total"
        ),
        after=(
            "total = 0\ntry:\n    for n in range(1000):\n        total += table[n]\n"
            "except KeyError:\n    pass\nreturn total"
        ),
    ),
    Tip(
        name="sum of a list comprehension, of a generator instead",
        setup="numbers = list(range(1000))",
        before="return sum([n * 2 for n in numbers])",
        after="return sum(n * 2 for n in numbers)",
    ),
    Tip(
        name="dict filled in a loop, by a comprehension instead (PERF403)",
        setup="pairs = [(n, str(n)) for n in range(1000)]",
        before="found = {}\nfor key, value in pairs:\n    found[key] = value\nreturn found",
        after="return {key: value for key, value in pairs}",
    ),
    Tip(
        name="list filled in a loop, by a comprehension instead (PERF401)",
        setup="numbers = list(range(1000))",
        before="found = []\nfor n in numbers:\n    found.append(n * 2)\nreturn found",
        after="return [n * 2 for n in numbers]",
    ),
    Tip(
        name="__slots__ for attributes that are read and written",
        setup=(
            "class Plain:\n    def __init__(self, x):\n        self.x = x\n"
            "class Slotted:\n    __slots__ = ('x',)\n"
            "    def __init__(self, x):\n        self.x = x"
        ),
        before=(
            "total = 0\nfor n in range(500):\n    p = Plain(n)\n    p.x += 1\n"
            "    total += p.x\nreturn total"
        ),
        after=(
            "total = 0\nfor n in range(500):\n    p = Slotted(n)\n    p.x += 1\n"
            "    total += p.x\nreturn total"
        ),
    ),
    Tip(
        name="a global function bound to a local name before the loop",
        setup="import math\nnumbers = list(range(1000))",
        before="total = 0.0\nfor n in numbers:\n    total += math.sqrt(n)\nreturn total",
        after=(
            "total = 0.0\nsqrt = math.sqrt\nfor n in numbers:\n    total += sqrt(n)\nreturn total"
        ),
    ),
    Tip(
        name="a method bound to a local name before the loop",
        setup="numbers = list(range(1000))",
        before="found = []\nfor n in numbers:\n    found.append(n)\nreturn found",
        after="found = []\nappend = found.append\nfor n in numbers:\n    append(n)\nreturn found",
    ),
    Tip(
        name="itemgetter as a sort key instead of a lambda",
        setup="from operator import itemgetter\nrows = [(n * 7 % 1000, n) for n in range(1000)]",
        before="return sorted(rows, key=lambda row: row[0])",
        after="return sorted(rows, key=itemgetter(0))",
    ),
    Tip(
        name="two replacements by one translate",
        setup=(
            "text = 'a line; with, some punctuation and more words in it ' * 20\n"
            "table = str.maketrans({';': ' ', ',': ' '})"
        ),
        before="return text.replace(';', ' ').replace(',', ' ')",
        after="return text.translate(table)",
    ),
]

CHILD = """
import json, sys, time
setup, before, after = json.loads(sys.argv[1])

def function(body):
    lines = "".join(f"    {line}\\n" for line in body.splitlines())
    exec(f"def measured():\\n{lines}", namespace)
    return namespace["measured"]

namespace = {}
exec(setup, namespace)
sides = [function(before), function(after)]
results = [repr(side()) for side in sides]
assert results[0] == results[1], "the forms differ"

def seconds(side, number):
    began = time.process_time()
    for _ in range(number):
        side()
    return time.process_time() - began

number = 1
while seconds(sides[0], number) < 0.005:
    number *= 2
ratios = []
for turn in range(8):
    first, second = sides if turn % 2 else reversed(sides)
    times = {first: seconds(first, number), second: seconds(second, number)}
    ratios.append(times[sides[0]] / times[sides[1]])
print(sorted(ratios)[len(ratios) // 2])
"""


def ratio(tip: Tip) -> float:
    """Of CPU time before / after, in one fresh interpreter."""
    work = json.dumps([tip.setup, tip.before, tip.after])
    done = subprocess.run(
        [sys.executable, "-c", CHILD, work], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def measure() -> dict[str, list[float]]:
    """The ratios of all tips, in random order a round."""
    ratios: dict[str, list[float]] = {tip.name: [] for tip in TIPS}
    for _ in range(ROUNDS):
        for tip in random.sample(TIPS, len(TIPS)):
            ratios[tip.name].append(ratio(tip))
    return ratios


def main() -> None:
    """Measure all tips and write the table."""
    load = os.getloadavg()[0]
    ratios = measure()
    rows = [
        {
            "tip": name,
            "ratio": round(statistics.median(found), 3),
            "least": round(min(found), 3),
            "most": round(max(found), 3),
        }
        for name, found in ratios.items()
    ]
    state = f"CPython {platform.python_version()}, load {load:.1f}"
    found = {"rounds": ROUNDS, "state": state, "tips": rows}
    (RESULTS / "not_remedies.json").write_text(json.dumps(found, indent=1) + "\n")
    lines = [
        "# What tips that are no remedies are worth",
        "",
        f"`python benchmarks/not_remedies.py`; {state}; median of {ROUNDS} fresh interpreters.",
        "",
        "| tip | before / after | least | most |",
        "| --- | ---: | ---: | ---: |",
        *(f"| {r['tip']} | {r['ratio']:.2f} | {r['least']:.2f} | {r['most']:.2f} |" for r in rows),
    ]
    (RESULTS / "not_remedies.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
