"""Traces to replay, and the best that any cache could do on them."""

from __future__ import annotations

import lzma
from array import array
from heapq import heappop, heappush
from random import Random
from sys import byteorder
from typing import TYPE_CHECKING, Any

from whet_runtime.cache._gate import Gate
from whet_runtime.cache._models import Sequence

if TYPE_CHECKING:
    from pathlib import Path

REQUESTS = 200_000
_MISSING = object()


def recorded(folder: Path | None) -> dict[str, list[int]]:
    """The first requests of each `*.trace.xz` in a folder: 32-bit keys, big-endian."""
    if folder is None:
        print("no folder of recorded traces given (--data or WHET_CACHE_TRACES): left out")
        return {}
    traces = {}
    for path in sorted(folder.glob("*.trace.xz")):
        keys = array("I")
        with lzma.open(path) as file:
            keys.frombytes(file.read(4 * REQUESTS))
        if byteorder == "little":
            keys.byteswap()
        traces[path.name.removesuffix(".trace.xz")] = keys.tolist()
    return traces


def generated(requests: int = 60_000) -> dict[str, list[int]]:
    """Traces made here: skewed, looping, scanned, shifting, random."""
    random = Random(11)
    weights = [1 / (rank + 1) for rank in range(20_000)]
    zipf = random.choices(range(20_000), weights, k=requests)
    scanned = [key if turn % 4 else 100_000 + turn for turn, key in enumerate(zipf)]
    shifting = [key + (turn // 10_000) * 5_000 for turn, key in enumerate(zipf)]
    return {
        "zipf": zipf,
        "zipf and scan": scanned,
        "zipf shifting": shifting,
        "loop": [turn % 5_000 for turn in range(requests)],
        "random": [random.randrange(5_000) for _ in range(requests)],
    }


def belady(trace: list[int], size: int) -> float:
    """The hit ratio of the optimum, which knows the future.

    Source: Belady: "A study of replacement algorithms for virtual-storage computers", IBM Systems
        Journal 5(2), 1966.
    """
    never = len(trace)
    following = [never] * never
    last: dict[int, int] = {}
    for turn in range(never - 1, -1, -1):
        following[turn] = last.get(trace[turn], never)
        last[trace[turn]] = turn
    held: dict[int, int] = {}
    farthest: list[tuple[int, int]] = []
    hits = 0
    for turn, key in enumerate(trace):
        if key in held:
            hits += 1
        elif len(held) >= size:
            while True:
                when, other = heappop(farthest)
                if held.get(other) == -when:
                    del held[other]
                    break
        held[key] = following[turn]
        heappush(farthest, (-following[turn], key))
    return hits / never


def hit_ratio(trace: list[int], cache: Any) -> float:
    """The share of requests that a cache answers."""
    hits = 0
    for key in trace:
        if cache.get(key, _MISSING) is _MISSING:
            cache.set(key, 1)
        else:
            hits += 1
    return hits / len(trace)


def warmed(trace: list[int], cache: Any, size: int) -> tuple[float, int]:
    """Hit ratio and loads with predictive warming by sequence, as `Warmer` does it."""
    sure, keen, model = Gate(horizon=size), Gate(horizon=size), Sequence(20 * size)
    previous, hits, loads = None, 0, 0
    for key in trace:
        hit = cache.get(key, _MISSING) is not _MISSING
        hits += hit
        if not hit:
            loads += 1
            cache.set(key, 1)
        sure.access(key, loaded=not hit)
        keen.access(key, loaded=not hit)
        if previous is not None:
            model.note(previous, key)
        previous = key
        guess = model.predict(key)
        if guess is None or guess.key == key or guess.key in cache:
            continue
        if (sure if guess.sure else keen).admit(guess.key):
            loads += 1
            cache.set(guess.key, 1)
    return hits / len(trace), loads
