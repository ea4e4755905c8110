"""The memory tier and the cache beside others: speed, hit ratio, single flight, warming.

    python benchmarks/cache.py --all --data FOLDER --out benchmarks/results

Each section can be run alone (`--speed`, `--hits`, `--flight`, `--warming`, `--start`). Peers that
are not installed are left out: `pip install cachetools cachebox theine async-lru` brings them.
All contestants of one section take turns in small pieces within one run, so that a busy machine
slows them alike; figures are medians over the turns, ratios medians of the ratios of each turn.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import platform
import subprocess
import sys
import threading
import time
import tracemalloc
from importlib.util import find_spec
from pathlib import Path
from random import Random
from statistics import mean, median
from typing import TYPE_CHECKING, Any

from _cache_contestants import contestants
from _cache_traces import belady, generated, hit_ratio, recorded, warmed
from whet_runtime import Cache, cached
from whet_runtime.cache import MemoryTier

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = 10_000
PIECE = 4_000  # calls a turn
TURNS = 41
SHARES = (0.01, 0.05, 0.10, 0.25)


def taking_turns(
    calls: dict[str, Callable[[], int]], turns: int = TURNS
) -> dict[str, list[float]]:
    """Nanoseconds of CPU a call, by contestant and turn."""
    spent: dict[str, list[float]] = {name: [] for name in calls}
    gc.collect()
    for _ in range(turns):
        for name, call in calls.items():
            began = time.thread_time_ns()
            count = call()
            spent[name].append((time.thread_time_ns() - began) / count)
    return spent


def table(spent: dict[str, list[float]], base: str) -> dict[str, dict[str, float]]:
    """Median cost and speed relative to one contestant."""
    return {
        name: {
            "ns": round(median(times), 1),
            "speed_ratio": round(
                median(mine / other for other, mine in zip(times, spent[base], strict=True)), 3
            ),
        }
        for name, times in spent.items()
    }


def speed() -> dict[str, Any]:
    """Cost of a hit, of a set and of get-or-set, one thread."""
    random = Random(1)
    keys = [f"key {number}" for number in range(10 * SIZE)]
    weights = [1 / (rank + 1) for rank in range(len(keys))]
    inside = random.choices(keys[:SIZE], weights[:SIZE], k=20 * PIECE)
    spread = random.choices(keys, weights, k=20 * PIECE)
    makers = contestants()
    plain = dict.fromkeys(keys[:SIZE], 1)
    full = {name: make(SIZE) for name, make in makers.items()}
    for cache in full.values():
        for key in keys[:SIZE]:
            cache.set(key, 1)
    getters = {"dict": plain.get}
    getters |= {name: getattr(cache, "raw_get", cache.get) for name, cache in full.items()}
    setters = {"dict": plain.__setitem__} | {name: cache.set for name, cache in full.items()}
    results = {}
    results["get"] = table(
        taking_turns({name: _getting(get, inside) for name, get in getters.items()}),
        "locked OrderedDict",
    )
    results["set of held keys"] = table(
        taking_turns({name: _setting(put, inside) for name, put in setters.items()}),
        "locked OrderedDict",
    )
    del setters["dict"]
    results["set, one in three new"] = table(
        taking_turns({name: _setting(put, spread) for name, put in setters.items()}),
        "locked OrderedDict",
    )
    results["get or set"] = table(
        taking_turns({name: _mixing(cache, spread) for name, cache in full.items()}),
        "locked OrderedDict",
    )
    return results


def _pieces(keys: list[str]) -> Callable[[], list[str]]:
    position = 0

    def piece() -> list[str]:
        nonlocal position
        position = (position + PIECE) % (len(keys) - PIECE)
        return keys[position : position + PIECE]

    return piece


def _getting(get: Callable[[str], Any], keys: list[str]) -> Callable[[], int]:
    piece = _pieces(keys)

    def run() -> int:
        for key in piece():
            get(key)
        return PIECE

    return run


def _setting(put: Callable[[str, int], Any], keys: list[str]) -> Callable[[], int]:
    piece = _pieces(keys)

    def run() -> int:
        for key in piece():
            put(key, 1)
        return PIECE

    return run


def _mixing(cache: Any, keys: list[str]) -> Callable[[], int]:
    piece = _pieces(keys)

    def run() -> int:
        for key in piece():
            if cache.get(key) is None:
                cache.set(key, 1)
        return PIECE

    return run


def threads() -> dict[str, Any]:
    """Get-or-set of the same four streams of keys by four threads and by one, on a full cache.

    `four_threads_to_one` is the number of operations that a second of process CPU does with four
    threads, by that with one: 1 where threads cost nothing. `by_the_clock` is the same by elapsed
    time, which other load on the machine changes.
    """
    random = Random(2)
    names = [f"key {number}" for number in range(2 * SIZE)]
    streams = [random.choices(names, k=10_000) for _ in range(4)]
    joined = [key for stream in streams for key in stream]
    makers = contestants()
    ratios: dict[str, list[tuple[float, float]]] = {name: [] for name in makers}
    for _ in range(9):
        for name, make in makers.items():
            cache = make(SIZE)
            _spent_s(cache, [joined])  # fills it
            alone = _spent_s(cache, [joined])
            together = _spent_s(cache, streams)
            ratios[name].append((alone[0] / together[0], alone[1] / together[1]))
    return {
        name: {
            "four_threads_to_one": round(median(cpu for cpu, _ in found), 3),
            "by_the_clock": round(median(elapsed for _, elapsed in found), 3),
        }
        for name, found in ratios.items()
    }


def _spent_s(cache: Any, streams: list[list[str]]) -> tuple[float, float]:
    """Seconds of CPU and of the clock for one thread a stream."""

    def work(keys: list[str]) -> None:
        for key in keys:
            if cache.get(key) is None:
                cache.set(key, 1)

    workers = [threading.Thread(target=work, args=(keys,)) for keys in streams]
    began, began_cpu = time.perf_counter(), time.process_time()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.process_time() - began_cpu, time.perf_counter() - began


def memory() -> dict[str, Any]:
    """Bytes an entry beyond key and value, the ghosts included, at different sizes.

    `None` for those written in Rust: the interpreter does not see what they allocate.
    """
    results: dict[str, Any] = {}
    for name, make in contestants().items():
        if name.startswith(("cachebox", "theine")):
            results[name] = None
            continue
        for size in (1_000, SIZE):
            keys = [f"key {number}" for number in range(3 * size)]
            gc.collect()
            tracemalloc.start()
            cache = make(size)
            for key in keys:
                cache.set(key, None)
            gc.collect()
            held = tracemalloc.get_traced_memory()[0]
            tracemalloc.stop()
            results.setdefault(name, {})[f"bytes an entry at {size}"] = round(held / size, 1)
            del cache
    return results


def hits(folder: Path | None) -> dict[str, Any]:
    """Hit ratios as shares of the optimum, by trace and capacity."""
    makers = {name: make for name, make in contestants().items() if "TTL" not in name}
    makers = {
        name: make for name, make in makers.items() if name not in {"whet timed", "whet default"}
    }
    makers["whet LRU"] = lambda size: MemoryTier(size, None, eviction="lru")
    cells: list[dict[str, Any]] = []
    for trace_name, trace in (recorded(folder) | generated()).items():
        distinct = len(set(trace))
        for share in SHARES:
            size = max(10, int(distinct * share))
            best = belady(trace, size)
            cell: dict[str, Any] = {"trace": trace_name, "capacity": share, "optimum": best}
            cell |= {name: hit_ratio(trace, make(size)) for name, make in makers.items()}
            cells.append({k: round(v, 4) if isinstance(v, float) else v for k, v in cell.items()})
    shown = [cell for cell in cells if cell["optimum"] > 0]
    means = {
        name: round(mean(cell[name] / cell["optimum"] for cell in shown), 4) for name in makers
    }
    real = [cell for cell in shown if cell["trace"] not in generated(10)]
    if real:
        means |= {
            f"{name}, recorded traces": round(
                mean(cell[name] / cell["optimum"] for cell in real), 4
            )
            for name in makers
        }
    return {"mean share of the optimum": means, "cells": cells}


def flight() -> dict[str, Any]:
    """Loads that 40 callers of a cold key cause, in threads and in tasks; cost of a hit."""
    loads: list[int] = []

    @cached
    def answer(_key: int) -> int:
        loads.append(1)
        time.sleep(0.1)
        return 1

    callers = [threading.Thread(target=answer, args=(1,)) for _ in range(40)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    in_threads = len(loads)
    loads.clear()

    @cached
    async def later(_key: int) -> int:
        loads.append(1)
        await asyncio.sleep(0.1)
        return 1

    async def main() -> dict[str, list[float]]:
        await asyncio.gather(*[later(1) for _ in range(40)])
        return await _hits_in_a_loop(later)

    spent = asyncio.run(main())
    figures = {f"{name} hit, ns": round(median(times)) for name, times in spent.items()}
    sync = taking_turns({"cached": _getting(answer, [1] * 4 * PIECE)})  # type: ignore[list-item]
    figures["cached hit, ns"] = round(median(sync["cached"]))
    return {"loads, 40 threads": in_threads, "loads, 40 tasks": len(loads)} | figures


async def _hits_in_a_loop(ours: Any) -> dict[str, list[float]]:
    called: dict[str, Any] = {"cached async": ours}
    if find_spec("async_lru"):
        from async_lru import alru_cache

        @alru_cache(ttl=3_600)
        async def theirs(_key: int) -> int:
            return 1

        called["async_lru"] = theirs
    spent: dict[str, list[float]] = {name: [] for name in called}
    for _ in range(TURNS):
        for name, call in called.items():
            began = time.thread_time_ns()
            for _ in range(1_000):
                await call(1)
            spent[name].append((time.thread_time_ns() - began) / 1_000)
    return spent


def tags() -> dict[str, Any]:
    """Invalidation of one tag that 5,000 keys carry."""
    spent = []
    for _ in range(21):
        cache = Cache(10_000)
        for number in range(5_000):
            cache.memory.set(number, number, tags=("tag",))
        began = time.thread_time_ns()
        cache.invalidate("tag")
        spent.append((time.thread_time_ns() - began) / 1_000)
        assert cache.get(17) is None
    return {"invalidate 5,000 keys, us": round(median(spent), 1)}


def warming(folder: Path | None) -> dict[str, Any]:
    """What predictive warming gains and costs, at a tenth of the keys."""
    cells = []
    for name, trace in (recorded(folder) | generated()).items():
        size = max(10, len(set(trace)) // 10)
        for eviction in ("s3fifo", "lru"):
            without = hit_ratio(trace, MemoryTier(size, None, eviction=eviction))
            share, loads = warmed(trace, MemoryTier(size, None, eviction=eviction), size)
            needed = round((1 - without) * len(trace))
            cells.append(
                {
                    "trace": name,
                    "eviction": eviction,
                    "without": round(without, 4),
                    "with": round(share, 4),
                    "gain, points": round(100 * (share - without), 2),
                    "loads": round(loads / needed, 3),
                }
            )
    return {"cells": cells}


def start() -> dict[str, Any]:
    """CPU milliseconds of imports beyond a bare interpreter."""
    statements = {
        "bare": "pass",
        "import whet_runtime": "import whet_runtime",
        "from whet_runtime import Cache, cached": "from whet_runtime import Cache, cached",
    }
    spent: dict[str, list[float]] = {name: [] for name in statements}
    for _ in range(15):
        for name, code in statements.items():
            ending = "\nimport time; print(time.process_time())"
            done = subprocess.run(
                [sys.executable, "-I", "-c", code + ending],
                capture_output=True,
                text=True,
                check=True,
            )
            spent[name].append(float(done.stdout) * 1e3)
    floor = spent.pop("bare")
    return {
        f"{name}, ms": round(median(a - b for a, b in zip(times, floor, strict=True)), 1)
        for name, times in spent.items()
    }


def machine() -> dict[str, Any]:
    """The condition of the machine."""
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "load": [round(one, 2) for one in os.getloadavg()],
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }


def as_markdown(results: dict[str, Any]) -> str:
    """All results as tables."""
    lines = ["# The cache beside others", "", "`python benchmarks/cache.py --all`", ""]
    for section, figures in results.items():
        lines += [f"## {section}", ""]
        rows = figures.get("cells") if isinstance(figures, dict) else None
        plain = {name: one for name, one in figures.items() if name != "cells"}
        nested = {name: one for name, one in plain.items() if isinstance(one, dict)}
        lines += [f"- {name}: {one}" for name, one in plain.items() if name not in nested]
        for name, inner in nested.items():
            described = ", ".join(f"{what} {value}" for what, value in inner.items())
            lines.append(f"- **{name}**: {described}")
        if rows:
            lines += ["", "| " + " | ".join(rows[0]) + " |", "| --- " * len(rows[0]) + "|"]
            lines += ["| " + " | ".join(str(one) for one in row.values()) + " |" for row in rows]
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Runs the sections asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    sections = ("speed", "threads", "memory", "hits", "flight", "tags", "warming", "start")
    for name in ("all", *sections):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--data", type=Path, default=os.environ.get("WHET_CACHE_TRACES"))
    parser.add_argument("--out", type=Path, help="folder for cache.json and cache.md")
    given = parser.parse_args()
    folder = None if given.data is None else Path(given.data)
    runs: dict[str, Callable[[], dict[str, Any]]] = {
        "speed": speed,
        "threads": threads,
        "memory": memory,
        "hits": lambda: hits(folder),
        "flight": flight,
        "tags": tags,
        "warming": lambda: warming(folder),
        "start": start,
    }
    results: dict[str, Any] = {"machine": machine()}
    for name, run in runs.items():
        if given.all or getattr(given, name):
            results[name] = run()
            print(json.dumps({name: results[name]}, indent=1), flush=True)
            if given.out is not None:
                write(results, given.out)


def write(results: dict[str, Any], folder: Path) -> None:
    """Writes what is known so far; sections of an earlier run that were not repeated stay."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "cache.json"
    earlier = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(earlier | results, indent=1) + "\n")
    (folder / "cache.md").write_text(as_markdown(earlier | results))


if __name__ == "__main__":
    main()
