"""What the shared tiers cost: disk beside diskcache, tags beside cashews, reads beside plain GET.

    python runtime/benchmarks/shared_tiers.py --all             # two minutes; needs redis-server
    python runtime/benchmarks/shared_tiers.py --only disk       # or: tags, redis, callers
    python runtime/benchmarks/shared_tiers.py --python PYTHON   # one that has the peers

The peers are installed into a temporary environment. Each ratio comes from rounds in which both
sides take turns; the median of the rounds' ratios is reported. Processor time is that of the whole
process: the disk tier may write in a thread of its own. Writes results/shared_tiers.json and
results/shared_tiers.md; parts that were not measured stay, with the machine as it was then.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from _shared_peers import environment, machine, peers_python, versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RESULTS = Path(__file__).parent / "results"
PARTS = ("disk", "tags", "redis", "callers")
VALUE = {
    "id": 1,
    "name": "x" * 50,
    "tags": ["a", "b", "c"],
    "price": 1.5,
    "options": {"k": None},
    "text": "y" * 120,
}
KEYS = 2_000
SIZES = (3_000, 20_000, 100_000)
KEYS_OF_A_SIZE = 200
MANY_KEYS = 20_000  # more than a process remembers
TAGGED = 5_000
CALLERS = 40


CLOCKS = (("cpu", time.process_time), ("wall", time.perf_counter))


def take_turns(
    sides: dict[str, Callable[[str], Any]],
    keys: list[str],
    rounds: int,
    clock: Callable[[], float],
    finish: Callable[[], object] = list,
) -> dict[str, list[float]]:
    """Microseconds per call of each side, a figure a round, in changing order.

    Before the clock is read `finish` is called, to write down what waits.
    """
    spent: dict[str, list[float]] = {name: [] for name in sides}
    order = list(sides)
    for _ in range(rounds):
        random.shuffle(order)
        random.shuffle(keys)
        for name in order:
            call = sides[name]
            began = clock()
            for key in keys:
                call(key)
            finish()
            spent[name].append((clock() - began) / len(keys) * 1e6)
    return spent


def ratio(over: list[float], under: list[float]) -> float:
    """The median of the rounds' ratios."""
    return round(median(a / b for a, b in zip(over, under, strict=True)), 2)


def measure_disk(rounds: int) -> dict[str, Any]:
    """Get and set of a mapping of 270 bytes, from value to value, in one thread.

    By the tier and its codec, and through a whole cache whose memory holds one entry. What waited
    to be written is written before the clock is stopped. Both sides commit alike: log ahead,
    `synchronous=NORMAL`.
    """
    import diskcache
    from whet_runtime import Cache
    from whet_runtime._steps import drive
    from whet_runtime.cache._codec import ValueCodec
    from whet_runtime.cache._disk import DiskTier

    with tempfile.TemporaryDirectory() as folder:
        tier, codec = DiskTier(Path(folder) / "whet", timeout_s=5), ValueCodec()
        at_once = DiskTier(Path(folder) / "at once", timeout_s=5, delay_s=0)
        peer = diskcache.Cache(str(Path(folder) / "diskcache"))
        cache = Cache(max_size=1, tiers=(DiskTier(Path(folder) / "cache", timeout_s=5),))
        put, get, flush = calls_of(tier, codec, VALUE)
        put_at_once, _, _ = calls_of(at_once, codec, VALUE)

        def peer_put(key: str) -> None:
            peer.set(key, VALUE, expire=999)

        keys = [f"user:{at}" for at in range(KEYS)]
        for key in keys:
            put(key)
            put_at_once(key)
            peer_put(key)
            cache.set(key, VALUE)
            assert get(key) == peer.get(key) == cache.get(key) == VALUE
        sides = {"get": get, "diskcache get": peer.get, "set": put, "diskcache set": peer_put}
        sides |= {"cache get": cache.get, "cache set": lambda key: cache.set(key, VALUE)}
        sides["set at once"] = put_at_once
        found: dict[str, Any] = {}
        for name, clock in CLOCKS:
            spent = take_turns(sides, keys, rounds, clock, flush)
            found[name] = {
                "us": {side: round(median(each), 1) for side, each in spent.items()},
                "least_us": {side: round(min(each), 1) for side, each in spent.items()},
                "get_ratio": ratio(spent["diskcache get"], spent["get"]),
                "set_ratio": ratio(spent["diskcache set"], spent["set"]),
                "set_at_once_ratio": ratio(spent["diskcache set"], spent["set at once"]),
                "cache_get_ratio": ratio(spent["diskcache get"], spent["cache get"]),
                "cache_set_ratio": ratio(spent["diskcache set"], spent["cache set"]),
            }
        found["several_keys"] = read_several(tier, peer, keys, rounds)
        found["sizes"] = [at_size(tier, peer, size, rounds) for size in SIZES]
        found["many_keys"] = many_keys(tier, peer, rounds)
        peer.close()
        cache.close()
        drive(at_once.close())
        drive(tier.close())
    return found


def calls_of(
    tier: Any, codec: Any, value: Any
) -> tuple[Callable[[str], None], Callable[[str], Any], Callable[[], None]]:
    """What stores a value at a key, what reads it, and what writes down all that waits."""
    from whet_runtime._steps import drive
    from whet_runtime.cache._tier import Record

    def put(key: str) -> None:
        body, number = codec.encode(value)
        now_s = time.time()
        record = Record(body, number, now_s, now_s + 999, now_s + 999, {}, 0.0, 0)
        drive(tier.write(key, record, seen=None))

    def get(key: str) -> Any:
        record = drive(tier.read((key,))).sights[key].record
        return codec.decode(record.body, record.fingerprint)

    return put, get, tier._entries.flush  # noqa: SLF001 - to be counted as theirs


def many_keys(tier: Any, peer: Any, rounds: int) -> dict[str, Any]:
    """Keys in random order, more than a process remembers: most reads ask SQLite."""
    from whet_runtime.cache._codec import ValueCodec

    put, get, flush = calls_of(tier, ValueCodec(), VALUE)
    sides = {"get": get, "diskcache get": peer.get, "set": put}
    sides["diskcache set"] = lambda key: peer.set(key, VALUE, expire=999)
    keys = [f"many:{at}" for at in range(MANY_KEYS)]
    for key in keys:
        put(key)
        sides["diskcache set"](key)
    spent = take_turns(sides, keys, max(1, rounds // 3), time.process_time, flush)
    return {
        "keys": MANY_KEYS,
        "us": {side: round(median(each), 1) for side, each in spent.items()},
        "get_ratio": ratio(spent["diskcache get"], spent["get"]),
        "set_ratio": ratio(spent["diskcache set"], spent["set"]),
    }


def at_size(tier: Any, peer: Any, size: int, rounds: int) -> dict[str, float]:
    """Get and set of a text of some bytes in a mapping, in processor time."""
    from whet_runtime.cache._codec import ValueCodec

    value = {"text": "x" * size}
    put, get, flush = calls_of(tier, ValueCodec(), value)
    sides = {"set": put, "get": get, "diskcache get": peer.get}
    sides["diskcache set"] = lambda key: peer.set(key, value, expire=999)
    keys = [f"{size}:{at}" for at in range(KEYS_OF_A_SIZE)]
    for key in keys:
        put(key)
        sides["diskcache set"](key)
    spent = take_turns(sides, keys, rounds, time.process_time, flush)
    return {
        "bytes": size,
        "get_ratio": ratio(spent["diskcache get"], spent["get"]),
        "set_ratio": ratio(spent["diskcache set"], spent["set"]),
    }


def read_several(tier: Any, peer: Any, keys: list[str], rounds: int) -> dict[str, Any]:
    """Fifty keys at once, without decoding on either side of ours; diskcache has no bulk read."""
    from whet_runtime._steps import drive

    batches = [" ".join(keys[at : at + 50]) for at in range(0, len(keys), 50)]
    spent = take_turns(
        {
            "whet": lambda batch: drive(tier.read(batch.split())),
            "diskcache": lambda batch: [peer.get(key) for key in batch.split()],
        },
        batches,
        rounds,
        time.process_time,
    )
    per_key = {side: round(median(each) / 50, 1) for side, each in spent.items()}
    return {"us_per_key": per_key, "ratio": ratio(spent["diskcache"], spent["whet"])}


def measure_tags(rounds: int) -> dict[str, Any]:
    """Invalidation of one tag that 5,000 keys carry."""
    from whet_runtime._steps import drive
    from whet_runtime.cache import Cache, Plan
    from whet_runtime.cache._disk import DiskTier
    from whet_runtime.cache._redis import RedisTier

    found: dict[str, Any] = {}
    memory = Cache(max_size=TAGGED * 2)
    plan = Plan(tags=("tag",))
    spent: list[float] = []
    for _ in range(rounds):
        for at in range(TAGGED):
            memory.set(f"k{at}", at, plan)
        began = time.perf_counter()
        memory.invalidate("tag")
        spent.append((time.perf_counter() - began) * 1e6)
        assert memory.get("k1") is None
    found["memory_us"] = round(median(spent), 1)
    with tempfile.TemporaryDirectory() as folder, redis_server() as url:
        for tier in (DiskTier(folder, timeout_s=5), RedisTier(url, timeout_s=5, slow_s=5)):
            found[f"{tier.name}_us"] = renewal_us(tier, rounds)
            drive(tier.close())
        found["redis_round_trips"] = round_trips(url)
        found["cashews_ms"] = asyncio.run(cashews_invalidation(url, max(1, rounds // 3)))
    return found


def renewal_us(tier: Any, rounds: int) -> float:
    """Microseconds of one renewal of a tag that 5,000 records carry."""
    from whet_runtime._steps import drive
    from whet_runtime.cache._tier import Record

    now_s = time.time()
    spent = []
    for _ in range(rounds):
        tags = dict(drive(tier.generations(["tag"])))
        record = Record(b"{}", 1, now_s, now_s + 999, now_s + 999, tags, 0.0, 0)
        drive(tier.write_many({f"k{at}": record for at in range(TAGGED)}))
        began = time.perf_counter()
        drive(tier.renew(["tag"]))
        spent.append((time.perf_counter() - began) * 1e6)
        assert drive(tier.read(["k1"])).sights["k1"].record is None
    return round(median(spent), 1)


def round_trips(url: str) -> int:
    """How often an invalidation of three tags waits for the server."""
    from whet_runtime._steps import drive
    from whet_runtime.cache._redis import RedisTier

    tier = RedisTier(url)
    steps, waits = tier.renew(["a", "b", "c"]), 0
    try:
        step = next(steps)
        while True:
            waits += 1
            step = steps.send(step.run())
    except StopIteration:
        drive(tier.close())
    return waits


async def cashews_invalidation(url: str, rounds: int) -> dict[str, float]:
    """Milliseconds of `delete_tags` of cashews for 5,000 keys."""
    from cashews import Cache

    found = {}
    for name, where in (("memory", f"mem://?size={TAGGED * 3}"), ("redis", url)):
        spent = []
        for _ in range(rounds):
            cache = Cache()
            cache.setup(where)
            cache.register_tag("tag", "k{at}")
            for at in range(TAGGED):
                await cache.set(f"k{at}", 1, expire=100, tags=["tag"])
            began = time.perf_counter()
            await cache.delete_tags("tag")
            spent.append((time.perf_counter() - began) * 1e3)
            await cache.close()
        found[name] = round(median(spent), 1)
    return found


def measure_redis(rounds: int) -> dict[str, Any]:
    """A read with three tags beside a plain GET of the same bytes, and fifty keys at once."""
    import redis
    from whet_runtime._steps import drive
    from whet_runtime.cache._redis import RedisTier
    from whet_runtime.cache._tier import Record

    with redis_server() as url:
        tier, client = RedisTier(url, slow_s=5.0), redis.Redis.from_url(url)
        tags = ["t1", "t2", "t3"]
        generations = dict(drive(tier.generations(tags)))
        now_s = time.time()
        keys = [f"k{at}" for at in range(500)]
        tagged = Record(b"x" * 270, 1, now_s, now_s + 999, now_s + 999, generations, 0.0, 0)
        drive(tier.write_many(dict.fromkeys(keys, tagged)))
        drive(tier.write_many({f"plain{key}": tagged._replace(generations={}) for key in keys}))
        names = {key: tier._key(key) for key in keys}  # noqa: SLF001 - the same bytes
        sides: dict[str, Callable[[str], Any]] = {
            "three tags": lambda key: drive(tier.read((key,), tags)),
            "no tags": lambda key: drive(tier.read((f"plain{key}",))),
            "plain GET": lambda key: client.get(names[key]),
        }
        found: dict[str, Any] = {}
        for name, clock in CLOCKS:
            spent = take_turns(sides, keys, rounds, clock)
            found[name] = {
                "us": {side: round(median(each), 1) for side, each in spent.items()},
                "three_tags_over_get": ratio(spent["three tags"], spent["plain GET"]),
                "no_tags_over_get": ratio(spent["no tags"], spent["plain GET"]),
            }
        drive(tier.close())
        client.close()
    return found


CALLER = """
import sys, threading, time
from pathlib import Path
from whet_runtime.cache import Cache
from whet_runtime.cache._disk import DiskTier
from whet_runtime.cache._redis import RedisTier
kind, where, folder, threads = sys.argv[1:]
tier = RedisTier(where, timeout_s=5, slow_s=5) if kind == "redis" else DiskTier(where, timeout_s=5)
cache = Cache(tiers=(tier,), lease_s=20.0)
cache.get("warm")
def load():
    with (Path(folder) / "loads").open("a") as file:
        file.write("1")
    time.sleep(0.3)
    return "value"
print("ready", flush=True)
sys.stdin.readline()
def ask():
    assert cache.get_or_load("key", load) == "value"
asking = [threading.Thread(target=ask) for _ in range(int(threads))]
for each in asking: each.start()
for each in asking: each.join()
cache.close()
"""


def measure_callers(_rounds: int) -> dict[str, int]:
    """Loads that 40 callers of a cold key cause: threads of one and of eight processes, tasks."""
    with tempfile.TemporaryDirectory() as folder, redis_server() as url:
        return {
            "threads": loads_of_threads(),
            "tasks": asyncio.run(loads_of_tasks()),
            "processes over Redis": loads_of_processes("redis", url, Path(folder) / "a"),
            "processes over disk": loads_of_processes(
                "disk", f"{folder}/tier", Path(folder) / "b"
            ),
        }


def loads_of_threads() -> int:
    """Loads of 40 threads."""
    from whet_runtime.cache import Cache

    cache, loads = Cache(), []

    def load() -> str:
        loads.append(1)
        time.sleep(0.1)
        return "value"

    asking = [
        threading.Thread(target=cache.get_or_load, args=("key", load)) for _ in range(CALLERS)
    ]
    for each in asking:
        each.start()
    for each in asking:
        each.join()
    return len(loads)


async def loads_of_tasks() -> int:
    """Loads of 40 tasks."""
    from whet_runtime.cache import Cache

    cache, loads = Cache(), []

    async def load() -> str:
        loads.append(1)
        await asyncio.sleep(0.1)
        return "value"

    await asyncio.gather(*(cache.aget_or_load("key", load) for _ in range(CALLERS)))
    return len(loads)


def loads_of_processes(kind: str, where: str, folder: Path, processes: int = 8) -> int:
    """Loads of 40 threads in eight processes that share a tier."""
    folder.mkdir()
    command = [sys.executable, "-c", CALLER, kind, where, str(folder), str(CALLERS // processes)]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    for process in started:
        assert process.stdout is not None
        process.stdout.readline()
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in started:
        if process.wait(60):
            raise RuntimeError(f"a caller over {kind} failed")
    return len((folder / "loads").read_text())


@contextmanager
def redis_server(*options: str) -> Iterator[str]:
    """A Redis of this benchmark's own."""
    if shutil.which("redis-server") is None:
        sys.exit("redis-server is not on the path; run --only disk, or install Redis")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--save", "", "--bind", "127.0.0.1", *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.kill()
        process.wait()


def wait_for(port: int) -> None:
    """Waits until something listens."""
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    sys.exit(f"nothing listens on port {port}")


def table(found: dict[str, Any]) -> str:
    """The figures as a page."""
    lines = ["# Shared tiers", ""]
    for condition in dict.fromkeys(json.dumps(found["machines"][part]) for part in found["parts"]):
        parts = [part for part in PARTS if json.dumps(found["machines"].get(part)) == condition]
        lines += [f"Machine of {', '.join(parts)}: `{condition}`.", ""]
    lines += [f"Versions: `{json.dumps(found['versions'])}`.", ""]
    lines += ["| what | measured | target |", "| --- | --- | --- |"]
    if disk := found.get("disk"):
        for clock in ("cpu", "wall"):
            lines.append(
                f"| disk get over diskcache, {clock} | {disk[clock]['get_ratio']} x | 1.5 x |"
            )
            lines.append(
                f"| disk set over diskcache, {clock} | {disk[clock]['set_ratio']} x | 4 x |"
            )
            alone = disk[clock]["set_at_once_ratio"]
            lines.append(f"| the same with `delay_s=0`, {clock} | {alone} x | |")
            for name in ("get", "set"):
                whole = disk[clock][f"cache_{name}_ratio"]
                lines.append(f"| `Cache.{name}` over diskcache, {clock} | {whole} x | |")
        for each in disk["sizes"]:
            both = f"{each['get_ratio']} x, {each['set_ratio']} x"
            lines.append(f"| disk get, set of {each['bytes']:,} bytes over diskcache | {both} | |")
        many = disk["many_keys"]
        both = f"{many['get_ratio']} x, {many['set_ratio']} x"
        lines.append(f"| disk get, set of {many['keys']:,} keys over diskcache, cpu | {both} | |")
        several = disk["several_keys"]
        lines.append(f"| disk, 50 keys at once, over diskcache | {several['ratio']} x | |")
    if tags := found.get("tags"):
        lines.append(f"| 5,000 keys of a tag, memory | {tags['memory_us']} µs | 100 µs |")
        lines.append(f"| 5,000 keys of a tag, disk | {tags['disk_us']} µs | |")
        trips = tags["redis_round_trips"]
        lines.append(
            f"| 5,000 keys of a tag, Redis | {tags['redis_us']} µs, {trips} trip | 1 trip |"
        )
        lines.append(f"| the same, cashews in memory, Redis | {tags['cashews_ms']} ms | |")
    for clock, each in found.get("redis", {}).items():
        tagged, plain = each["three_tags_over_get"], each["no_tags_over_get"]
        lines.append(f"| read with three tags over GET, {clock} time | {tagged} x | 1.6 x |")
        lines.append(f"| read without tags over GET, {clock} time | {plain} x | |")
    for name, loads in found.get("callers", {}).items():
        lines.append(f"| loads of {CALLERS} callers, {name} | {loads} | 1 |")
    return "\n".join(lines) + "\n"


def earlier(path: Path) -> dict[str, Any]:
    """The results that are there, to be measured anew in part."""
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    if "machines" not in found:  # of all parts at once
        machine_then = found.pop("machine", None)
        found["machines"] = {part: machine_then for part in PARTS if part in found}
    return found


def main() -> None:
    """Measures inside the environment of the peers and writes the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="measure every part")
    parser.add_argument("--only", choices=PARTS, help="measure one part")
    parser.add_argument("--python", help="an interpreter that has the peers")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    parts = [arguments.only] if arguments.only else PARTS
    if arguments.inside:
        measures = {"disk": measure_disk, "tags": measure_tags, "redis": measure_redis}
        measures["callers"] = measure_callers
        print(json.dumps({part: measures[part](arguments.rounds) for part in parts}))
        return
    if not (arguments.all or arguments.only):
        parser.error("give --all or --only PART")
    with peers_python(arguments.python) as python:
        found = earlier(RESULTS / "shared_tiers.json")
        found["versions"] = versions(python)
        for part in parts:
            found["machines"][part] = machine()
            command = [python, __file__, "--inside", "--only", part]
            command += ["--rounds", str(arguments.rounds)]
            done = subprocess.run(command, env=environment(), stdout=subprocess.PIPE, check=True)
            found |= json.loads(done.stdout)
    found["parts"] = [part for part in PARTS if part in found]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "shared_tiers.json").write_text(json.dumps(found, indent=1) + "\n")
    (RESULTS / "shared_tiers.md").write_text(table(found))
    print(table(found))


if __name__ == "__main__":
    main()
