"""The caches under everything at once, for a long time: is any answer wrong, does anything grow?

    python runtime/benchmarks/soak.py                      # ten minutes; needs redis-server, redis
    python runtime/benchmarks/soak.py --seconds 60 --out FOLDER

One process keeps answers in memory, in a Redis of its own and on disk. Threads and tasks read,
load, write and invalidate (by key, tag, all) at a modest rate; the process forks every fifteen
seconds; Redis is killed, hung, filled up, slowed and made to talk nonsense in turn, and the disk
tier's database is overwritten. Asserted at the end:

*   no answer was older than the last invalidation that had returned before it was asked for,
    or belonged to another key; no caller saw an exception but its own loader's;
*   every forked child came to its end with right answers;
*   no call waited longer than ten seconds;
*   the bounds of memory and disk held in every sample, and from the second quarter to the last
    the process grew by at most a tenth plus four megabytes, with no more threads and open files.

Writes soak.json and soak.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from _shared_peers import machine
from faults import Server, begin, end
from whet_runtime import Cache, DiskTier, Plan, RedisTier

RESULTS = Path(__file__).parent / "results"
KEYS = 4_000
MOST = 1_000
MOST_MB = 2.0
MOST_DISK = 4_000_000
THREADS, TASKS = 4, 8
PAUSE_S = 0.008  # of a thread between calls; tasks pause four times as long
CHILD_S = 1.0
LONGEST_S = 10.0
CALLS = {"load": 0.8, "get": 0.1, "delete": 0.05, "invalidate": 0.0495, "clear": 0.0005}
DOWN = 0.01  # of the loads
FAULTS = ("killed", "hang", "oom", "garbage", "slow", "disk")


class SourceDownError(Exception):
    """What the loader itself raises, now and then: the only thing a caller may see."""


def tag_of(key: int) -> str:
    """The tag that a key shares with seven others."""
    return f"tag {key % 500}"


class Soak:
    """One run.

    Args:
        folder: Of the disk tier.
        seconds: How long.
    """

    def __init__(self, folder: Path, seconds: float) -> None:
        self.server = Server()
        self.folder = folder
        self.until = time.monotonic() + seconds
        self.versions = [0] * KEYS  # what a load would find
        self.floors = [0] * KEYS  # what an answer must at least be
        self.locks = [threading.Lock() for _ in range(KEYS)]
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.waits: Counter[int] = Counter()  # by tenths of milliseconds: it must not grow
        self.samples: list[dict[str, float]] = []
        self.disk = DiskTier(folder / "disk", max_bytes=MOST_DISK)
        self.redis = RedisTier(self.server.proxied, namespace="soak")
        self.cache = Cache(MOST, MOST_MB, 30.0, tiers=(self.redis, self.disk), near_s=5.0)

    # What callers do.

    def load(self, key: int, random: Random) -> dict[str, Any]:
        """The answer of the source."""
        if random.random() < DOWN:
            raise SourceDownError
        version = self.versions[key]
        time.sleep(0.001 * random.random())  # time for an invalidation to come between
        return {"key": key, "version": version, "filler": "x" * random.randrange(2_000)}

    def plan(self, key: int) -> Plan:
        """How an answer is kept: a third is refreshed ahead, all carry a tag of eight keys."""
        return Plan(refresh_s=1.0 if key % 3 == 0 else None, tags=(tag_of(key),))

    def judge(self, key: int, floor: int, answer: Any) -> None:
        """Notes an answer that cannot be."""
        if answer is None:
            return
        if answer["key"] != key or not floor <= answer["version"] <= self.versions[key]:
            self.wrong.append(f"key {key}: {answer['key']}, {answer['version']}, not {floor}")

    def change(self, key: int) -> int:
        """Changes the source; the new version."""
        with self.locks[key]:
            self.versions[key] += 1
            return self.versions[key]

    def changed(self, key: int, version: int) -> None:
        """Notes that an invalidation after that change has returned."""
        with self.locks[key]:
            self.floors[key] = max(self.floors[key], version)

    def call(self, random: Random) -> None:
        """One operation of a thread."""
        cache, key = self.cache, self.key(random)
        (what,) = random.choices(list(CALLS), list(CALLS.values()))
        floor = self.floors[key]
        if what == "load":
            answer = cache.get_or_load(key, lambda: self.load(key, random), self.plan(key))
            self.judge(key, floor, answer)
        elif what == "get":
            self.judge(key, floor, cache.get(key))
        else:
            version = self.change(key)
            if what == "delete":
                cache.delete(key)
            elif what == "invalidate":
                cache.invalidate(tag_of(key))
            else:
                cache.clear()
            self.changed(key, version)

    async def acall(self, random: Random) -> None:
        """One operation of a task."""
        cache, key = self.cache, self.key(random)
        (what,) = random.choices(list(CALLS), list(CALLS.values()))
        floor = self.floors[key]
        if what == "load":
            answer = await cache.aget_or_load(key, lambda: self.load(key, random), self.plan(key))
            self.judge(key, floor, answer)
        elif what == "get":
            self.judge(key, floor, await cache.aget(key))
        else:
            version = self.change(key)
            if what == "delete":
                await cache.adelete(key)
            elif what == "invalidate":
                await cache.ainvalidate(tag_of(key))
            else:
                await cache.aclear()
            self.changed(key, version)

    def key(self, random: Random) -> int:
        """A few keys are asked for often."""
        return int(KEYS * random.random() ** 3)

    def noted(self, name: str, began: float, error: Exception | None) -> None:
        """Counts a call and how it ended."""
        self.counts[name] += 1
        self.waits[round(1e4 * (time.monotonic() - began))] += 1
        if isinstance(error, SourceDownError):
            self.counts["errors of the loader"] += 1
        elif error is not None:
            self.wrong.append(f"raised {error!r}")

    def in_thread(self, seed: int) -> None:
        """A thread's calls."""
        random = Random(seed)
        while time.monotonic() < self.until:
            began, raised = time.monotonic(), None
            try:
                self.call(random)
            except Exception as error:  # noqa: BLE001 - judged by `noted`
                raised = error
            self.noted("calls of threads", began, raised)
            time.sleep(PAUSE_S)

    async def in_task(self, seed: int) -> None:
        """A task's calls."""
        random = Random(seed)
        while time.monotonic() < self.until:
            began, raised = time.monotonic(), None
            try:
                await self.acall(random)
            except Exception as error:  # noqa: BLE001 - judged by `noted`
                raised = error
            self.noted("calls of tasks", began, raised)
            await asyncio.sleep(4 * PAUSE_S)

    async def in_loop(self) -> None:
        """All tasks."""
        await asyncio.gather(*[self.in_task(100 + number) for number in range(TASKS)])

    # What befalls them.

    def befall(self) -> None:
        """Faults in turn: five seconds without one, three with it."""
        turn = 0
        while time.monotonic() < self.until - 8:
            time.sleep(5)
            fault = FAULTS[turn % len(FAULTS)]
            turn += 1
            if fault == "disk":
                for database in (self.folder / "disk").glob("*.db"):
                    with database.open("r+b") as file:
                        file.write(b"nonsense" * 64)
            else:
                begin(self.server, fault)
            time.sleep(3)
            if fault != "disk":
                end(self.server, fault)
            self.counts[f"fault: {fault}"] += 1

    def fork(self) -> None:
        """A child that uses the inherited cache, with keys of its own, and ends."""
        child = os.fork()
        if child == 0:
            os._exit(self.in_child())
        until = time.monotonic() + 30
        while os.waitpid(child, os.WNOHANG) == (0, 0):
            if time.monotonic() > until:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                self.wrong.append("a child did not end")
                return
            time.sleep(0.05)
        self.counts["children"] += 1

    def in_child(self) -> int:
        """What a child does: 0 if all was right."""
        try:
            until, number = time.monotonic() + CHILD_S, 0
            while time.monotonic() < until:
                number += 1
                key = ("child", os.getpid(), number % 50)
                if self.cache.get_or_load(key, lambda one=key: list(one)) != list(key):
                    return 1
                if number % 10 == 0:
                    self.cache.delete(key)
        except BaseException:  # noqa: BLE001 - told to the parent
            return 2
        return 0

    # What is looked at.

    def sample(self) -> None:
        """Notes what the process holds, and whether the bounds hold."""
        near = self.cache.memory.statistics()
        held = self.disk.statistics().memory_bytes
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
        self.samples.append(
            {
                "resident_mb": resident / 1e6,
                "threads": threading.active_count(),
                "files": len(list(Path("/proc/self/fd").iterdir())),
                "entries": near.size,
                "memory_mb": near.memory_bytes / 1e6,
                "disk_mb": 0.0 if held is None else held / 1e6,
            }
        )
        in_flight = THREADS + TASKS  # what is put in is counted a moment before room is made
        if near.size > MOST + in_flight or near.memory_bytes > MOST_MB * 1e6 + in_flight * 4_000:
            self.wrong.append(f"bounds of memory: {near.size}, {near.memory_bytes}")
        if held is not None and held > MOST_DISK * 1.05:
            self.wrong.append(f"bound of the disk: {held}")

    def run(self) -> dict[str, Any]:
        """Everything, and what came of it."""
        began = time.monotonic()
        workers = [
            threading.Thread(target=self.in_thread, args=(seed,)) for seed in range(THREADS)
        ]
        workers.append(threading.Thread(target=lambda: asyncio.run(self.in_loop())))
        workers.append(threading.Thread(target=self.befall))
        for worker in workers:
            worker.start()
        beat = 0
        while time.monotonic() < self.until:
            time.sleep(1)
            beat += 1
            self.sample()
            if beat % 15 == 0:
                self.fork()
        for worker in workers:
            worker.join()
        figures = self.figures(time.monotonic() - began)
        self.cache.close()
        return figures

    def waited(self, share: float) -> float:
        """Milliseconds that a share of the calls did not exceed."""
        left = share * sum(self.waits.values())
        for tenths, count in sorted(self.waits.items()):
            left -= count
            if left <= 0:
                return tenths / 10
        return max(self.waits) / 10

    def figures(self, took_s: float) -> dict[str, Any]:
        """The result."""
        quarter = len(self.samples) // 4
        second, last = self.samples[quarter : 2 * quarter], self.samples[-quarter:]
        grown = {
            name: [round(median(one[name] for one in part), 1) for part in (second, last)]
            for name in self.samples[0]
        }
        statistics = self.cache.get_stats()
        tiers = {
            name: {what: tier[what] for what in ("hits", "misses", "writes", "faults", "corrupt")}
            for name, tier in statistics["tiers"].items()
        }
        near = statistics["memory"]
        return {
            "seconds": round(took_s),
            "wrong answers and exceptions": len(self.wrong),
            "the first of them": self.wrong[:5],
            "counts": dict(sorted(self.counts.items())),
            "median of the second and of the last quarter": grown,
            "wait, ms": {
                "median": self.waited(0.5),
                "p99": self.waited(0.99),
                "longest": self.waited(1.0),
            },
            "memory": {
                what: near[what]
                for what in ("hits", "misses", "insertions", "evictions", "expirations")
            },
            "tiers": tiers,
            "loads": statistics["loads"],
            "loads overtaken": statistics["loads_overtaken"],
            "refreshes": statistics["refreshes"],
        }


def not_held(figures: dict[str, Any]) -> list[str]:
    """What does not hold."""
    grown = figures["median of the second and of the last quarter"]
    found = [f"wrong: {one}" for one in figures["the first of them"]]
    if grown["resident_mb"][1] > grown["resident_mb"][0] * 1.1 + 4:
        found.append(f"memory grew: {grown['resident_mb']}")
    found += [
        f"{name} grew: {grown[name]}"
        for name in ("threads", "files")
        if grown[name][1] > grown[name][0] + 3
    ]
    if figures["wait, ms"]["longest"] > 1e3 * LONGEST_S:
        found.append(f"a call waited {figures['wait, ms']['longest']} ms")
    return found


def as_markdown(results: dict[str, Any]) -> str:
    """The result as a list."""
    lines = [
        "# Everything at once, for ten minutes",
        "",
        "`python runtime/benchmarks/soak.py`",
        "",
    ]
    for name, value in results.items():
        if isinstance(value, dict):
            lines.append(f"- **{name}**: " + ", ".join(f"{k} {v}" for k, v in value.items()))
        else:
            lines.append(f"- **{name}**: {value}")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Runs, writes, and fails if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        soak = Soak(Path(folder), given.seconds)
        try:
            figures = soak.run()
        finally:
            soak.server.stop(signal.SIGKILL)
    failures = not_held(figures)
    results = {"machine": machine(), "what does not hold": failures or "nothing"} | figures
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "soak.json").write_text(json.dumps(results, indent=1) + "\n")
    (given.out / "soak.md").write_text(as_markdown(results))
    print(as_markdown(results))
    if failures:
        sys.exit("\n".join(failures))


if __name__ == "__main__":
    main()
