"""Light workloads of the court's benchmark: every function does a known number of equal chunks.

The ratio of two functions of one kind is therefore known by construction. As a program it does
one of them: `python court_workloads.py words 100`; with `--vary` behind, it also takes memory and
reads a file, each time as much and as often as the dice say.
"""

from __future__ import annotations

import json
import sys

_TEXT = ["the", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog", "again"]
_TREE = {str(i): [i, i * 0.5, "x" * (i % 7), {"on": bool(i % 2)}] for i in range(4)}
_KEYS = [f"key-{i * 7919 % 4001}" for i in range(4001)]
_TABLE = dict.fromkeys(_KEYS, 1)

CHUNKS = 100
"""Chunks that the baseline does, about half a millisecond of work: a sample holds several."""


class _Point:
    def __init__(self, x: int, y: int) -> None:
        self.x = x
        self.y = y

    def moved(self, by: int) -> _Point:
        return _Point(self.x + by, self.y - by)


def _words() -> int:
    counts: dict[str, int] = {}
    for word in _TEXT * 5:
        counts[word] = counts.get(word, 0) + len(word)
    return len(counts)


def _json() -> int:
    return len(json.loads(json.dumps(_TREE)))


def _objects() -> int:
    point = _Point(0, 0)
    for by in range(25):
        point = point.moved(by)
    return point.x


def _lookups() -> int:
    return sum(_TABLE[key] for key in _KEYS[:160])


KINDS = {"words": _words, "json": _json, "objects": _objects, "lookups": _lookups}


def work(kind: str, chunks: int) -> int:
    """Do `chunks` equal pieces of work of one kind."""
    chunk = KINDS[kind]
    result = 0
    for _ in range(chunks):
        result = chunk()
    return result


def _define(kind: str, percent: int) -> None:
    def version() -> int:
        return work(kind, CHUNKS + percent)

    globals()[f"{kind}_{percent}"] = version


for _kind in KINDS:
    for _percent in (0, 2, 5, 10):
        _define(_kind, _percent)


def vary() -> None:
    """Take 1 MB of memory and read 30 times, each times a skewed random factor."""
    import random  # here, since the other runs shall start quickly
    from pathlib import Path

    draw = random.Random()
    taken = bytearray(int(1e6 * draw.lognormvariate(0, 0.7)))
    taken[::4096] = b"x" * len(taken[::4096])  # untouched pages would not count
    with Path(__file__).open("rb", buffering=0) as file:
        for _ in range(int(30 * draw.lognormvariate(0, 0.5))):
            file.read(1)


if __name__ == "__main__":
    if "--vary" in sys.argv:
        vary()
    print(work(sys.argv[1], int(sys.argv[2])))
