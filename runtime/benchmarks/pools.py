"""What pools do to callers: laws for connections in simulation and on PostgreSQL, objects reused.

    python runtime/benchmarks/pools.py --all                  # everything, about ten minutes
    python runtime/benchmarks/pools.py --only simulation      # or: objects, soak, postgres
    python runtime/benchmarks/pools.py --only postgres --dsn "host=127.0.0.1 dbname=test" --core 1

Without a PostgreSQL server that part is left out and says so. `--core` binds the server's
processes that this benchmark uses to one core, so that what it measures is a small machine.
Writes results/pools.json and results/pools.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import time
from heapq import heappop, heappush
from itertools import count
from math import ceil
from pathlib import Path
from random import Random
from statistics import median
from typing import TYPE_CHECKING, Any

from whet_runtime import MemoryMonitor
from whet_runtime.errors import PoolExhausted, PoolTimeout
from whet_runtime.pool import (
    AsyncConnectionPool,
    AsyncPsycopgDriver,
    FixedLaw,
    ObjectPool,
    ObjectPools,
    StepLaw,
    VegasLaw,
)
from whet_runtime.pool.simulate import Phase, Work, simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

RESULTS = Path(__file__).parent / "results"
SEEDS = range(5)
FORGOTTEN = 0.01  # share of the loans of a soak that nobody gives back
CPU_BOUND = Work(wait_s=0.0, cpu_s=0.010)
HELD = Work(wait_s=0.020, cpu_s=0.0025)
# Work, load, and the fewest fixed connections that are worth a trial. Of the last work no fixed
# size does more than 1,378 a second, which 36 do.
LOADS = {
    "CPU-bound 10 ms, 150 to 370/s": (CPU_BOUND, [Phase(30, 150), Phase(75, 370)], 4),
    "held 20 ms + 2.5 ms CPU, 150 to 700/s": (HELD, [Phase(30, 150), Phase(75, 700)], 4),
    "CPU-bound, 95 % of capacity": (CPU_BOUND, [Phase(60, 380)], 4),
    "held, 95 % of capacity": (HELD, [Phase(10, 700), Phase(20, 1310)], 30),
}
LAWS: dict[str, Callable[[], Any]] = {
    **{f"fixed {size}": lambda size=size: FixedLaw(size) for size in (4, 5, 9, 20, 30, 50)},
    "+5/-2, a sample each return": lambda: StepLaw(every_s=0),
    "+5/-2, a sample each 0.5 s": lambda: StepLaw(every_s=0.5),
    "vegas": VegasLaw,
}


def simulation() -> list[dict[str, Any]]:
    """Each law under each load; p99 of the last phase, median and worst over the seeds."""
    rows = []
    for load, (work, phases, fewest) in LOADS.items():
        best: list[float] = [float("inf")] * len(SEEDS)
        for law, make in LAWS.items():
            if make().limit < fewest and law.startswith("fixed"):
                continue
            last = [simulate(make(), work, phases, seed=seed)[-1] for seed in SEEDS]
            p99s = [each.p99_s or 0.0 for each in last]
            if law.startswith("fixed"):
                best = [min(pair) for pair in zip(best, p99s, strict=True)]
            rows.append({
                "part": "simulation",
                "load": load,
                "law": law,
                "p99_ms": round(1000 * median(p99s)),
                "worst_p99_ms": round(1000 * max(p99s)),
                "timeouts": round(median(each.timeouts for each in last)),
                "limit": median(each.limit for each in last),
                "to_best_fixed": _ratio(p99s, best) if law == "vegas" else None,
            })  # fmt: skip
            print(rows[-1], flush=True)
    return rows


def _ratio(p99s: list[float], best: list[float]) -> float:
    return round(median(each / least for each, least in zip(p99s, best, strict=True)), 2)


def objects() -> list[dict[str, Any]]:
    """How often an object is there, and what one loan costs beside making the object."""
    rates = []
    for max_bytes in (250_000, 1_000_000, 4_000_000):
        pools = ObjectPools(bytearray, size_of=len, max_bytes=max_bytes, stack_depth=0)
        asked = _borrow_buffers(pools, Random(7), requests=100_000)
        what = f"hit rate, {asked} loans of 40 sizes, idle within {max_bytes / 1e6:g} MB"
        value = round(pools.snapshot().all.hit_rate or 0.0, 4)
        rates.append({"part": "objects", "what": what, "value": value})
    plain = ObjectPool(lambda: bytearray(1_000_000), reset=lambda _: None)
    bare = ObjectPool(lambda: bytearray(1_000_000), reset=lambda _: None, stack_depth=0)

    def lend(pool: ObjectPool[bytearray]) -> None:
        with pool.lend():
            pass

    timed = _interleaved({
        "make 1 MB": lambda: bytearray(1_000_000),
        "lend 1 MB": lambda: lend(plain),
        "lend 1 MB, no stack": lambda: lend(bare),
    })  # fmt: skip
    rows = [*rates, *({"part": "objects", "what": f"{name}, us", "value": round(us, 2)}
                    for name, us in timed.items())]  # fmt: skip
    print(*rows, sep="\n", flush=True)
    return rows


def _borrow_buffers(pools: ObjectPools[int, bytearray], random: Random, requests: int) -> int:
    """Requests at random moments, each with a buffer of a size that few or many ask for."""
    sizes = [1024 * (number + 1) * 4 for number in range(40)]
    popular = [1 / (rank + 1) for rank in range(40)]
    ends: list[tuple[float, int, Any]] = []
    order, at_s = count(), 0.0
    for kind in random.choices(sizes, popular, k=requests):
        at_s += random.expovariate(500)
        while ends and ends[0][0] <= at_s:
            heappop(ends)[2].release()
        lease = pools.acquire(kind)
        heappush(ends, (at_s + random.lognormvariate(-3.5, 1.0), next(order), lease))
    for _, _, lease in ends:
        lease.release()
    return requests


def _interleaved(calls: dict[str, Callable[[], object]], rounds: int = 30) -> dict[str, float]:
    """Microseconds a call, the median of rounds in which all take turns."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start_s = time.perf_counter()
            for _ in range(200):
                call()
            times[name].append((time.perf_counter() - start_s) / 200 * 1e6)
    return {name: median(each) for name, each in times.items()}


def soak(seconds: float) -> list[dict[str, Any]]:
    """Threads and tasks that borrow, fail, forget and are cancelled: is anything left behind?"""
    pool = ObjectPool(lambda: bytearray(10_000), max_size=5, reset=lambda _: None)
    until_s = time.monotonic() + seconds

    def in_thread(seed: int) -> None:
        random = Random(seed)
        while time.monotonic() < until_s:
            lease = pool.acquire()
            if random.random() < FORGOTTEN:
                del lease  # forgotten
            else:
                lease.release()

    async def in_task() -> None:
        async with pool.lend():
            await asyncio.sleep(0)

    async def play() -> None:
        threads = [asyncio.create_task(asyncio.to_thread(in_thread, seed)) for seed in range(3)]
        while time.monotonic() < until_s:
            tasks = [asyncio.create_task(in_task()) for _ in range(30)]
            await asyncio.sleep(0)
            for task in tasks[::4]:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*threads)

    with MemoryMonitor(1.0) as memory:
        asyncio.run(play())
    seen = pool.snapshot()
    row = {"part": "soak", "seconds": seconds, "loans": seen.hits + seen.misses,
           "forgotten": seen.lost, "waits": seen.waits, "left out": seen.lent,
           "left waiting": seen.waiting, "memory": memory.record()}  # fmt: skip
    print(row, flush=True)
    return [row]


QUERY_S = 0.010
QUERIES = {
    # About 10 ms of processor time, and one that is held 20 ms with little of it.
    "CPU-bound": "SELECT count(*) FROM generate_series(1, {size}) AS n WHERE n % 7 = 3",
    "held": "SELECT pg_sleep(0.02)",
}


def postgres(dsn: str, core: int | None) -> list[dict[str, Any]]:
    """Each law on a real server, callers at random moments whether served or not."""
    import psycopg

    try:
        with psycopg.connect(dsn, autocommit=True) as connection:
            size = _calibrate(connection, core)
    except psycopg.OperationalError as error:
        print(f"PostgreSQL: left out, {error}")
        return []
    # The step goes to 85 % of what one core can do; held connections to five at a time.
    loads = {
        "CPU-bound": (
            QUERIES["CPU-bound"].format(size=size),
            [(5, 0.3 / QUERY_S), (20, 0.85 / QUERY_S)],
        ),
        "held": (QUERIES["held"], [(5, 40.0), (15, 250.0)]),
    }  # fmt: skip
    rows = []
    laws = {name: LAWS[name] for name in LAWS if name not in {"fixed 4", "fixed 30"}}
    for load, (query, phases) in loads.items():
        for law, make in {"fixed 2": lambda: FixedLaw(2), **laws}.items():
            row = asyncio.run(_run(dsn, make(), query, phases, core))
            rows.append({"part": "postgres", "load": load, "law": law, **row})
            print(rows[-1], flush=True)
    return rows


def _calibrate(connection: Any, core: int | None) -> int:
    """The size of a query that takes 10 ms of a processor here."""
    _bind(connection, core)
    size = 50_000
    for _ in range(4):
        times = []
        for _ in range(9):
            start_s = time.perf_counter()
            connection.execute(QUERIES["CPU-bound"].format(size=size)).fetchone()
            times.append(time.perf_counter() - start_s)
        size = max(1000, round(size * QUERY_S / min(times)))  # others only add to the least time
    return size


def _bind(connection: Any, core: int | None) -> None:
    if core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(connection.info.backend_pid, {core})


async def _run(
    dsn: str, law: Any, query: str, phases: Iterable[tuple[float, float]], core: int | None
) -> dict[str, Any]:
    """The last phase of a load, as its callers saw it."""

    async def configure(connection: Any) -> None:
        _bind(connection, core)
        await connection.set_autocommit(True)

    driver = AsyncPsycopgDriver(dsn, 50, 50, configure=configure)
    spent: list[float] = []
    failed: list[str] = []
    random = Random(1)
    tasks: list[asyncio.Task[None]] = []

    async def call(pool: AsyncConnectionPool, asked_s: float) -> None:
        try:
            async with pool.connection() as connection:
                await connection.execute(query)
        except (PoolTimeout, PoolExhausted) as error:
            failed.append(type(error).__name__)
        spent.append(time.perf_counter() - asked_s)

    async with AsyncConnectionPool(driver, law=law, stack_depth=0) as pool:
        async with pool.connection():
            pass
        at_s = time.perf_counter()
        for seconds, per_s in phases:
            spent.clear()
            failed.clear()
            end_s = at_s + seconds
            while (at_s := at_s + random.expovariate(per_s)) < end_s:
                await asyncio.sleep(max(0.0, at_s - time.perf_counter()))
                tasks.append(asyncio.create_task(call(pool, at_s)))
        await asyncio.gather(*tasks)
        limit = pool.snapshot().limit
    ordered = sorted(spent)
    return {
        "callers": len(ordered),
        "p50_ms": round(1000 * ordered[ceil(len(ordered) * 0.50) - 1]),
        "p99_ms": round(1000 * ordered[ceil(len(ordered) * 0.99) - 1]),
        "timeouts": len(failed),
        "limit": limit,
    }


def table(rows: list[dict[str, Any]]) -> str:
    """The rows of one part as a table."""
    names = [
        name for name in dict.fromkeys(name for row in rows for name in row) if name != "part"
    ]
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    for row in rows:
        cells = ("" if row.get(name) is None else str(row[name]) for name in names)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def save(parts: dict[str, list[dict[str, Any]]]) -> None:
    """Replaces the results of the parts that ran; the others stay."""
    path = RESULTS / "pools.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    machine = {"python": platform.python_version(), "machine": platform.machine(),
               "cores": os.cpu_count(), "load": [round(each, 2) for each in os.getloadavg()],
               "day": time.strftime("%Y-%m-%d")}  # fmt: skip
    known |= {name: {"machine": machine, "rows": rows} for name, rows in parts.items() if rows}
    RESULTS.mkdir(exist_ok=True)
    path.write_text(json.dumps(known, indent=1) + "\n")
    text = ["# Pools", "", "Written by `python runtime/benchmarks/pools.py --all`."]
    for name, part in known.items():
        text += ["", f"## {name.capitalize()}", "", f"Machine: {part['machine']}", ""]
        text.append(table(part["rows"]))
    (RESULTS / "pools.md").write_text("\n".join(text) + "\n")


def main() -> None:
    """Runs the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="every part")
    parser.add_argument("--only", choices=("simulation", "objects", "soak", "postgres"))
    parser.add_argument("--soak-s", type=float, default=60.0, help="length of the soak")
    parser.add_argument("--dsn", default="host=127.0.0.1 dbname=test user=postgres")
    parser.add_argument("--core", type=int, default=None)
    given = parser.parse_args()
    if not (given.all or given.only):
        parser.error("give --all or --only PART")
    runs = {"simulation": simulation, "objects": objects, "soak": lambda: soak(given.soak_s),
            "postgres": lambda: postgres(given.dsn, given.core)}  # fmt: skip
    save({name: run() for name, run in runs.items() if given.all or given.only == name})


if __name__ == "__main__":
    main()
