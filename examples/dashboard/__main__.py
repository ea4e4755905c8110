"""A web dashboard behind the tiers of a cache, under its own load. Run: python examples/dashboard

Three times the same visitors: without a cache, with an empty one, and after a restart, when memory
is empty and the disk is not. Prints the p95 of the requests and the hit rate of each tier, and
ends.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from math import ceil
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from server import Dashboard
from shop import PRODUCTS, Shop, create

VISITORS = 4
REQUESTS = 1000  # of each visitor
ORDER_EVERY = 400  # requests to one order


class Run(NamedTuple):
    """What the visitors of one run saw."""

    requests: int
    p50_ms: float
    p95_ms: float
    stats: dict[str, Any] | None
    metrics: str


def visit(port: int, seed: int, requests: int) -> list[float]:
    """One visitor: popular products more often than others, an order now and then. Seconds."""
    random = Random(seed)
    popular = [1 / (rank + 1) ** 1.2 for rank in range(PRODUCTS)]
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    spent = []
    for number, product in enumerate(random.choices(range(PRODUCTS), popular, k=requests), 1):
        method, path = ("GET", f"/sales/{product}")
        if number % ORDER_EVERY == 0:
            method, path = ("POST", f"/orders/{product}")
        start_s = time.perf_counter()
        connection.request(method, path)
        response = connection.getresponse()
        response.read()
        spent.append(time.perf_counter() - start_s)
        if response.status != 200:
            message = f"{method} {path} answered {response.status}"
            raise SystemExit(message)
    connection.close()
    return spent


def run(database: Path, cache_folder: Path | None, requests: int) -> Run:
    """Visitors in parallel against a fresh server process's state."""
    shop = Shop(database, cache_folder)
    with Dashboard(shop) as dashboard, ThreadPoolExecutor(VISITORS) as visitors:
        jobs = [visitors.submit(visit, dashboard.port, seed, requests) for seed in range(VISITORS)]
        spent = sorted(each for job in jobs for each in job.result())
        connection = HTTPConnection("127.0.0.1", dashboard.port, timeout=30)
        connection.request("GET", "/metrics")
        metrics = connection.getresponse().read().decode()
        connection.close()
        stats = shop.cache.get_stats() if shop.cache is not None else None
    shop.close()
    return Run(len(spent), _ms(spent, 0.50), _ms(spent, 0.95), stats, metrics)


def _ms(ordered: list[float], share: float) -> float:
    return 1000 * ordered[ceil(share * len(ordered)) - 1]


def report(name: str, seen: Run) -> None:
    """One line for the run, one for each tier."""
    print(f"{name:24} {seen.requests:6} requests   p50 {seen.p50_ms:7.2f} ms   "
          f"p95 {seen.p95_ms:7.2f} ms")  # fmt: skip
    if seen.stats is None:
        return
    near, disk = seen.stats["memory"], seen.stats["tiers"]["disk"]
    for tier, hits, misses in (("memory", near["hits"], near["misses"]),
                               ("disk", disk["hits"], disk["misses"])):  # fmt: skip
        asked = hits + misses
        rate = f"{100 * hits / asked:5.1f} %" if asked else "not asked"
        print(f"    {tier:8} hit rate {rate} of {asked}")
    print(f"    all tiers hit rate {100 * seen.stats['hit_rate']:4.1f} %, "
          f"{seen.stats['loads']} questions to the database")  # fmt: skip


def main() -> None:
    """Three runs and what they show."""
    with TemporaryDirectory() as folder:
        database, cache_folder = Path(folder) / "shop.db", Path(folder) / "cache"
        create(database)
        bare = run(database, None, REQUESTS // 10)
        report("without a cache", bare)
        report("with an empty cache", run(database, cache_folder, REQUESTS))
        restarted = run(database, cache_folder, REQUESTS)
        report("after a restart", restarted)
        print(f"p95 without a cache / after a restart: {bare.p95_ms / restarted.p95_ms:.1f}")
        lines = [line for line in restarted.metrics.splitlines() if "hits_total" in line]
        print("from /metrics:", *lines, sep="\n    ")


if __name__ == "__main__":
    main()
