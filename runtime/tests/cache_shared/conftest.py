"""Real Redis servers, own namespaces, and records to store."""

import asyncio
import os
import random
import shutil
import signal
import socket
import subprocess
import time
import uuid

import pytest
from whet_runtime._steps import adrive, drive
from whet_runtime.cache._disk import DiskTier
from whet_runtime.cache._redis import RedisTier
from whet_runtime.cache._tier import Record


class ShiftedClock:
    """The machine's time, moved by hand."""

    def __init__(self):
        self.ahead_s = 0.0

    def time(self):
        return time.time() + self.ahead_s

    def monotonic(self):
        return time.monotonic()


class RedisServer:
    """A server of this test's own, to be stopped, frozen and killed."""

    def __init__(self, folder, *options):
        self._folder = folder
        self._options = options
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process = None
        self.start()

    def start(self):
        command = ["redis-server", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(
            [*command, "--dir", str(self._folder), "--bind", "127.0.0.1", *self._options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._answers)

    def freeze(self):
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    def kill(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(7) == b"+PONG\r\n"
        except OSError:
            return False


def free_port():
    """One below those that the system gives to connections, which would come in between."""
    while True:
        port = random.randrange(10_000, 20_000)
        with socket.socket() as found:
            try:
                found.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def wait_until(holds, seconds=60.0):
    """Waits for something that must come about, however loaded the machine is."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, f"{holds} does not come about"
        time.sleep(0.005)


def make_record(body=b"[1]", *, life_s=100.0, generations=None, now_s=None):
    now_s = time.time() if now_s is None else now_s
    return Record(body, 1, now_s, now_s + life_s, now_s + life_s, generations or {}, 0.0, 0)


@pytest.fixture
def record():
    return make_record


@pytest.fixture
def until():
    return wait_until


@pytest.fixture
def clock():
    return ShiftedClock()


@pytest.fixture
def run_disk(tmp_path, clock):
    """Makes tiers over one directory that write each value at once, and closes them.

    They wait so long for each other that no load of the machine is taken for a fault.
    """
    made = []

    def make(**options):
        options = {"timeout_s": 20.0, "delay_s": 0.0} | options
        made.append(DiskTier(tmp_path / "cache", clock=clock, poll_s=0.01, **options))
        return made[-1]

    yield make
    for tier in made:
        drive(tier.close())


@pytest.fixture
def run_late(run_disk):
    """Makes tiers that write several small values together."""

    def make(**options):
        return run_disk(**({"delay_s": 0.01} | options))

    return make


@pytest.fixture
def make_server(tmp_path_factory):
    if shutil.which("redis-server") is None:
        pytest.fail("these tests need redis-server on the path")
    servers = []

    def make(*options):
        servers.append(RedisServer(tmp_path_factory.mktemp("redis"), *options))
        return servers[-1]

    yield make
    for server in servers:
        server.kill()


@pytest.fixture
def run_redis(clock):
    """Makes tiers over one namespace of the shared server, and removes it afterwards."""
    made = []
    namespace = f"whet-test-{uuid.uuid4().hex}"

    def make(**options):
        options = {"namespace": namespace, "timeout_s": 5.0, "slow_s": 5.0} | options
        url = os.environ.get("WHET_TEST_REDIS", "redis://127.0.0.1:6379/0")
        made.append(RedisTier(options.pop("url", url), clock=clock, **options))
        return made[-1]

    yield make
    cleaner = make()
    drive(cleaner.clear())
    for tier in made:
        drive(tier.close())


@pytest.fixture(params=["disk", "late", "redis"])
def make_tier(request):
    """Makes tiers of each kind over the same data, as several processes have them."""
    return request.getfixturevalue(f"run_{request.param}")


@pytest.fixture(params=["thread", "loop"])
def run(request):
    """Carries out an operation in this thread, or in an event loop."""
    if request.param == "thread":
        yield drive
        return
    with asyncio.Runner() as runner:
        tiers = set()

        def in_loop(steps):
            tier = steps.gi_frame.f_locals.get("self")
            if isinstance(tier, RedisTier):
                tiers.add(tier)
            return runner.run(adrive(steps))

        yield in_loop
        for tier in tiers:
            runner.run(tier._link.aclose())
