"""What callers notice when Redis or the disk fails: beside dogpile.cache, cashews and clients.

    python runtime/benchmarks/faults.py --all               # four minutes; needs redis-server
    python runtime/benchmarks/faults.py --only hang         # one fault
    python runtime/benchmarks/faults.py --python PYTHON     # one that has the peers

Each fault befalls a real server (or a real database on a disk of limited size) between two calls
of a process that caches, with each library's own settings. Reported are the time of the first
call and of the slowest of the next twenty (where the server is killed in the middle of a second
of calls, of those of that second, and beside it of those well before the kill: what the machine's
other work costs), what was raised, and whether values are cached again once the fault is over. A
call that takes longer than twelve seconds is cut off. Writes results/faults.json and
results/faults.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _shared_peers import environment, machine, peers_python, versions

if TYPE_CHECKING:
    from collections.abc import Callable

RESULTS = Path(__file__).parent / "results"
REDIS_FAULTS = ("refuse", "hang", "killed", "oom", "garbage", "slow")
AT_START = "disk corrupt at start"
DISK_FAULTS = ("disk full", "disk corrupt", AT_START)
REDIS_SIDES = ("whet", "whet async", "redis-py", "dogpile", "cashews")
DISK_SIDES = ("whet", "diskcache")
LATER_CALLS = 20
LONGEST_S = 12.0
BUSY_S = 1.0
CALM_S = 0.4  # of it, before the server is killed
RECOVERY_S = 8.0
SLOW_S = 0.1
LARGE = "x" * 200_000


class Server:
    """A Redis and, before it, a proxy that can talk nonsense or slowly."""

    def __init__(self) -> None:
        self.port, self.mode = free_port(), ""
        self._process: subprocess.Popen[bytes] | None = None
        self.start()
        listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.proxied = f"redis://127.0.0.1:{listening.getsockname()[1]}/0"
        threading.Thread(target=self._accept, args=(listening,), daemon=True).start()

    def start(self) -> None:
        """Starts the server and waits until it listens."""
        command = ["redis-server", "--port", str(self.port), "--save", "", "--bind", "127.0.0.1"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        for _ in range(1_000):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.01)
            else:
                return
        sys.exit("redis-server does not start")

    def stop(self, how: signal.Signals) -> None:
        """Signals the server."""
        assert self._process is not None
        self._process.send_signal(how)
        if how == signal.SIGKILL:
            self._process.wait()

    def set_memory(self, limit: str) -> None:
        """Limits the server's memory, or lifts the limit."""
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(b"CONFIG SET maxmemory " + limit.encode() + b"\r\n")
            connection.recv(64)

    def _accept(self, listening: socket.socket) -> None:
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=self._relay, args=(connection,), daemon=True).start()

    def _relay(self, connection: socket.socket) -> None:
        try:
            with connection, socket.create_connection(("127.0.0.1", self.port)) as behind:
                while request := connection.recv(1 << 16):
                    if self.mode == "garbage":
                        connection.sendall(b"\xff\xfeHTTP/1.1 400 Bad Request\r\n\r\n" * 3)
                        continue
                    if self.mode == "slow":
                        time.sleep(SLOW_S)
                    behind.sendall(request)
                    connection.sendall(behind.recv(1 << 20))
        except OSError:
            return


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def begin(server: Server, fault: str) -> None:
    """Brings a fault about."""
    if fault in {"refuse", "killed"}:
        server.stop(signal.SIGKILL)
    elif fault == "hang":
        server.stop(signal.SIGSTOP)
    elif fault == "oom":
        server.set_memory("1")
    else:
        server.mode = fault


def end(server: Server, fault: str) -> None:
    """Takes a fault away."""
    if fault in {"refuse", "killed"}:
        server.start()
    elif fault == "hang":
        server.stop(signal.SIGCONT)
    elif fault == "oom":
        server.set_memory("0")
    else:
        server.mode = ""


def side_of(name: str, where: str) -> Callable[[str, str], str]:
    """A function of key and fresh value that answers the cached value, else the fresh one."""
    makers: dict[str, Callable[[str], Callable[[str, str], str]]] = {
        "whet": whet,
        "whet async": whet_async,
        "redis-py": redis_py,
        "dogpile": dogpile,
        "cashews": cashews,
        "diskcache": disk_cache,
    }
    return makers[name](where)


def whet(where: str) -> Callable[[str, str], str]:
    """This library, with its own settings; `where` is a URL or a directory."""
    from whet_runtime import Cache, DiskTier, RedisTier

    tier: Any = RedisTier(where) if where.startswith("redis:") else DiskTier(where)
    cache = Cache(max_size=1, tiers=(tier,))
    return lambda key, fresh: cache.get_or_load(key, lambda: fresh)


def whet_async(where: str) -> Callable[[str, str], str]:
    """This library in an event loop."""
    from whet_runtime import Cache, RedisTier

    cache = Cache(max_size=1, tiers=(RedisTier(where),))
    runner = asyncio.Runner()

    async def loaded(fresh: str) -> str:
        return fresh

    return lambda key, fresh: runner.run(cache.aget_or_load(key, lambda: loaded(fresh)))


def redis_py(where: str) -> Callable[[str, str], str]:
    """The client alone, as a cache is often written by hand."""
    import redis

    client = redis.Redis.from_url(where, decode_responses=True)

    def call(key: str, fresh: str) -> str:
        found = client.get(key)
        if found is None:
            client.set(key, fresh, ex=600)
            return fresh
        return str(found)

    return call


def dogpile(where: str) -> Callable[[str, str], str]:
    """dogpile.cache with its Redis backend."""
    from dogpile.cache import make_region

    region = make_region().configure("dogpile.cache.redis", arguments={"url": where})
    return lambda key, fresh: str(region.get_or_create(key, lambda: fresh))


def cashews(where: str) -> Callable[[str, str], str]:
    """Cashews with its Redis backend."""
    from cashews import Cache

    cache, runner = Cache(), asyncio.Runner()
    cache.setup(where)

    async def call(key: str, fresh: str) -> str:
        return str(await cache.get_or_set(key, default=fresh, expire=600))

    return lambda key, fresh: runner.run(call(key, fresh))


def disk_cache(where: str) -> Callable[[str, str], str]:
    """Diskcache."""
    import diskcache

    cache = diskcache.Cache(where)

    def call(key: str, fresh: str) -> str:
        found = cache.get(key)
        if found is None:
            cache.set(key, fresh, expire=600)
            return fresh
        return str(found)

    return call


def timed(call: Callable[[str, str], str], key: str, fresh: str) -> tuple[float, str]:
    """Milliseconds of one call, and what it raised."""
    began = time.perf_counter()
    try:
        answer = call(key, fresh)
        raised = "" if answer == fresh else "WRONG VALUE"
    except Exception as error:  # noqa: BLE001 - what the library under test lets through
        raised = type(error).__name__
    return round((time.perf_counter() - began) * 1e3, 1), raised


def report(stage: str, figures: object) -> None:
    """Says one stage to the parent at once: a hung process loses the later ones only."""
    print(json.dumps([stage, figures]), flush=True)


def watch(call: Callable[[str, str], str], size: str) -> None:
    """The calls under a fault."""
    report("first", timed(call, "first", size))
    later = [timed(call, f"later{at}", size) for at in range(LATER_CALLS)]
    report_later(later)


def watch_busy(call: Callable[[str, str], str]) -> None:
    """Calls without a pause, into which the server's death falls."""
    report("first", timed(call, "first", "value"))
    until = time.perf_counter() + BUSY_S
    later: list[tuple[float, str]] = []
    calm = 0
    while time.perf_counter() < until:
        later.append(timed(call, f"later{len(later)}", "value"))
        if time.perf_counter() < until - BUSY_S + CALM_S:
            calm = len(later)
    report("calm", max((each[0] for each in later[:calm]), default=None))
    report_later(later)


def report_later(later: list[tuple[float, str]]) -> None:
    """The slowest of some calls, and what they raised."""
    raised = sorted({each[1] for each in later if each[1]})
    report("later", [max(each[0] for each in later), ", ".join(raised)])


def recover(call: Callable[[str, str], str]) -> None:
    """Seconds until a value stays cached again: an old value comes back for a new one."""
    began = time.perf_counter()
    at = 0
    while time.perf_counter() - began < RECOVERY_S:
        at += 1
        try:
            call(f"again{at}", "old")
            call("other", "other")
            if call(f"again{at}", "new") == "old":
                report("recovered", round(time.perf_counter() - began, 2))
                return
        except Exception:  # noqa: BLE001 - not yet recovered
            pass
        time.sleep(0.05)


def work(side: str, fault: str, where: str) -> None:
    """The process under test; the parent brings the fault about between the lines."""
    if fault == AT_START:  # a process before this one has filled and damaged the cache
        with tempfile.TemporaryDirectory() as other:
            side_of(side, other)("warm", "value")  # imports what there is to import
        report("warm", None)
        sys.stdin.readline()
        call = partial(_opening, side, where, [])
    else:
        call = side_of(side, where)
        for at in range(3):
            call(f"warm{at}", "value")
        report("warm", None)
        sys.stdin.readline()
    if fault in DISK_FAULTS[:2]:
        damage(fault, Path(where))
    if fault == "killed":
        watch_busy(call)
    else:
        watch(call, LARGE if fault == "disk full" else "value")
    if fault in DISK_FAULTS:
        repair()
    sys.stdin.readline()
    recover(call)


def _opening(
    side: str, where: str, opened: list[Callable[[str, str], str]], key: str, fresh: str
) -> str:
    """A call that opens the cache first, if no call before has."""
    if not opened:
        opened.append(side_of(side, where))
    return opened[0](key, fresh)


def damaged_before(python: str, side: str, where: str) -> None:
    """Lets a process fill a cache and end, and damages what it leaves."""
    program = [python, __file__, "--work", side, "none", where]
    subprocess.run(
        program, env=environment(), input="\n\n", text=True, capture_output=True, check=True
    )
    damage("disk corrupt", Path(where))


def damage(fault: str, folder: Path) -> None:
    """Brings a fault of the disk about, for this process or for the files."""
    if fault == "disk full":
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        return
    (database,) = (path for path in folder.glob("*.db") if path.is_file())
    content = database.read_bytes() + b"\0" * 4_096
    if fault == "disk corrupt":
        noise = random.Random(1).randbytes(len(content) - 100)
        for side in ("-wal", "-shm"):
            Path(f"{database}{side}").unlink(missing_ok=True)
        database.write_bytes(content[:100] + noise)


def repair() -> None:
    """Takes the limit of the disk away."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def observe(python: str, side: str, fault: str) -> dict[str, Any]:
    """One library under one fault."""
    found: dict[str, Any] = {"side": side, "fault": fault}
    with tempfile.TemporaryDirectory() as folder:
        server = Server() if fault in REDIS_FAULTS else None
        where = folder
        if server is not None:
            where = server.proxied if fault in {"garbage", "slow"} else server.url
        if fault == AT_START:
            damaged_before(python, side, where)
        command = [python, __file__, "--work", side, fault, where]
        process = subprocess.Popen(
            command,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        lines = Lines(process)
        lines.take(found, "warm", 30.0)
        if fault == "killed":
            lines.go_on()
            time.sleep(BUSY_S / 2)
        if server is not None:
            begin(server, fault)
        if fault != "killed":
            lines.go_on()
        for stage in ("first", "later"):
            lines.take(found, stage, LONGEST_S)
        if server is not None:
            end(server, fault)
        if fault == "killed":
            lines.take(found, "calm", 0.0)
        lines.go_on()
        lines.take(found, "recovered", RECOVERY_S + 12)
        process.kill()
        process.wait()
        if server is not None:
            server.stop(signal.SIGKILL)
    found.pop("warm", None)
    return found


class Lines:
    """What the process under test says, waited for no longer than is bearable."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._said: dict[str, Any] = {}
        self._changed = threading.Condition()
        self._ended = False
        threading.Thread(target=self._read, daemon=True).start()

    def go_on(self) -> None:
        """Lets the process go on."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write("\n")
            self._process.stdin.flush()
        except OSError:
            return

    def take(self, found: dict[str, Any], stage: str, longest_s: float) -> None:
        """Notes what a stage showed; `None` when it took too long or never came."""
        with self._changed:
            self._changed.wait_for(lambda: stage in self._said or self._ended, longest_s)
            found[stage] = self._said.get(stage)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self._said.update([json.loads(line)])
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()


def table(found: dict[str, Any]) -> str:
    """The figures as a page."""
    lines = ["# Faults", "", f"Machine: `{json.dumps(found['machine'])}`.", ""]
    lines += [f"Versions: `{json.dumps(found['versions'])}`.", ""]
    lines += ["| fault | library | first call | slowest of 20 | raised | cached again |"]
    lines += ["| --- | --- | --- | --- | --- | --- |"]
    for row in found["faults"]:
        first, later = row["first"], row["later"]
        raised = {each for each in (first and first[1], later and later[1]) if each}
        calm = f" ({row['calm']} ms before the kill)" if row.get("calm") else ""
        cells = [row["fault"], row["side"], cell(first), cell(later) + calm]
        cells += [", ".join(sorted(raised)) or "-"]
        again = row["recovered"]
        cells += ["no" if again is None else f"after {again} s"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def cell(figures: list[Any] | None) -> str:
    """Milliseconds, or that the call was cut off."""
    return f"> {LONGEST_S:.0f} s" if figures is None else f"{figures[0]} ms"


def main() -> None:
    """Observes every library under every fault and writes the results."""
    if sys.argv[1:2] == ["--work"]:
        work(*sys.argv[2:])
        os._exit(0)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="bring every fault about")
    parser.add_argument("--only", choices=(*REDIS_FAULTS, *DISK_FAULTS))
    parser.add_argument("--python", help="an interpreter that has the peers")
    arguments = parser.parse_args()
    if not (arguments.all or arguments.only):
        parser.error("give --all or --only FAULT")
    faults = [arguments.only] if arguments.only else [*REDIS_FAULTS, *DISK_FAULTS]
    with peers_python(arguments.python) as python:
        found: dict[str, Any] = {"machine": machine(), "versions": versions(python), "faults": []}
        for fault in faults:
            for side in REDIS_SIDES if fault in REDIS_FAULTS else DISK_SIDES:
                found["faults"].append(observe(python, side, fault))
                print(found["faults"][-1], file=sys.stderr)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "faults.json").write_text(json.dumps(found, indent=1) + "\n")
    (RESULTS / "faults.md").write_text(table(found))
    print(table(found))


if __name__ == "__main__":
    main()
