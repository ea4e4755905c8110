"""What lists, sets, memos and patterns cost here: the constants of the remedies' estimates.

    python benchmarks/remedy_costs.py     (about twenty seconds; writes results/remedy_costs.*)

Each figure is the median over fresh loops of the least CPU time of a few, in nanoseconds. The
estimates only rank findings and spare hopeless trials: what a fix gains, the court measures.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
import timeit
from collections import deque
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
ROUNDS = 9


def nanoseconds(statement: str, number: int, **names: object) -> float:
    """Of one execution: the median over rounds of the least time."""
    timer = timeit.Timer(statement, timer=time.process_time, globals=dict(names))
    rounds = [min(timer.repeat(5, number)) / number for _ in range(ROUNDS)]
    return statistics.median(rounds) * 1e9


def membership(kind: str, make: object) -> dict[str, float]:
    """Cost per compared element, of asking a set, and per element of building one.

    Elements are asked for by equal objects, not the same ones: identity is quicker than a program
    can expect.
    """
    assert callable(make)
    held = [make(n) for n in range(1_000)]
    asked = make(900)
    empty = nanoseconds("x in items", 20_000, x=asked, items=[])
    return {
        f"compare_ns[{kind}]": (nanoseconds("x in items", 500, x=asked, items=held) - empty) / 901,
        f"ask_ns[{kind}]": nanoseconds("x in items", 100_000, x=asked, items=set(held)),
        f"ask_fresh_ns[{kind}]": _fresh(make),
        f"add_ns[{kind}]": nanoseconds("set(items)", 500, items=held) / len(held),
    }


def _fresh(make: object) -> float:
    """Asking a set for an object whose hash nobody has worked out yet."""
    assert callable(make)
    wanted = [make(n) for n in range(1_000)]
    code = "for n in numbers: make(n) in items"
    with_set = nanoseconds(code, 50, make=make, numbers=range(1_000), items=set(wanted))
    without = nanoseconds("for n in numbers: make(n)", 50, make=make, numbers=range(1_000))
    return max(0.0, with_set - without) / 1_000


def queues() -> dict[str, float]:
    """Length at which moving the elements takes as long as the rest of `pop(0)`."""

    def taking(size: int) -> float:
        return nanoseconds("x = q.pop(0); q.append(x)", 20_000, q=list(range(size)))

    short, long = taking(10), taking(20_000)
    plain = nanoseconds("x = q.popleft(); q.append(x)", 100_000, q=deque(range(10)))
    per_element = (long - short) / (20_000 - 10)
    return {
        "pop_ns[10]": short,
        "pop_ns[20000]": long,
        "popleft_ns": plain,
        "break_even_elements": short / per_element,
    }


def patterns() -> dict[str, float]:
    """What looking a pattern up costs, and the share of a short search that it is."""
    import re

    names = {"re": re, "p": re.compile(r"(\d+) (\w+)"), "text": "12 monkeys and a few words more"}
    whole = nanoseconds(r"""re.match(r"(\d+) (\w+)", text)""", 50_000, **names)
    search = nanoseconds("p.match(text)", 50_000, **names)
    found: dict[str, float] = {
        "pattern_look_up_ns": whole - search,
        "pattern_look_up_share": (whole - search) / whole,
    }
    for size in (50, 200, 1_000, 10_000):
        names = {"re": re, "p": re.compile("zq+"), "text": "a few words " * (size // 12)}
        whole = nanoseconds('re.search("zq+", text)', 5_000, **names)
        search = nanoseconds("p.search(text)", 5_000, **names)
        found[f"pattern_look_up_share[{size}]"] = (whole - search) / whole
    return found


def memos() -> dict[str, float]:
    """A hit of a memo beside a call of a function that does nothing."""
    from functools import lru_cache

    def plain(value: int) -> int:
        return value

    memo = lru_cache(maxsize=4096, typed=True)(plain)
    return {
        "memo_hit_ns": nanoseconds("f(7)", 100_000, f=memo),
        "memo_miss_ns": nanoseconds("f(n())", 50_000, f=memo, n=iter(range(10**9)).__next__),
        "plain_call_ns": nanoseconds("f(7)", 100_000, f=plain),
    }


def main() -> None:
    """Measure and write the results."""
    figures: dict[str, float] = {}
    kinds = {
        "int": lambda n: n + 10**6,
        "short str": lambda n: f"name {n}",
        "long str": lambda n: f"{n} " + "of a rather long line of text " * 4,
        "tuple": lambda n: (n, f"{n}"),
    }
    for kind, make in kinds.items():
        figures |= membership(kind, make)
    figures |= queues() | patterns() | memos()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    load = os.getloadavg()[0]
    document = {"python": python, "load_1m": round(load, 2), "figures": figures}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "remedy_costs.json").write_text(json.dumps(document, indent=1) + "\n")
    lines = ["# What the remedies' estimates rest on", "",
             f"`python benchmarks/remedy_costs.py`; {python}, load {load:.1f}.", "",
             "| figure | |", "| --- | --- |"]  # fmt: skip
    lines += [f"| {name} | {value:.4g} |" for name, value in figures.items()]
    (RESULTS / "remedy_costs.md").write_text("\n".join(lines) + "\n")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
