"""A Redis Cluster: keys and tags lie on different nodes, and everything works as on one."""

import shutil
import socket
import subprocess
import time

import pytest
from whet_runtime._steps import adrive, drive
from whet_runtime.cache._redis import RedisTier
from whet_runtime.cache._tier import ANY_TAG
from whet_runtime.errors import TierUnavailable

NODES = 3
SLOTS = 16_384


def free_ports(count):
    """Ports whose bus ports, 10,000 above, are free too."""
    found = []
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        start = 20_000 + probe.getsockname()[1] % 20_000
    for port in range(start, start + 2_000):
        if all(_is_free(each) for each in (port, port + 10_000)):
            found.append(port)
        if len(found) == count:
            break
    return found


def _is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def ask(port, *words):
    """One command and its answer as text."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(" ".join(words).encode() + b"\r\n")
        return connection.recv(65_536).decode()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    if shutil.which("redis-server") is None:
        pytest.fail("these tests need redis-server on the path")
    ports = free_ports(NODES)
    nodes = []
    for port in ports:
        command = ["redis-server", "--port", str(port), "--save", "", "--cluster-enabled", "yes"]
        command += ["--dir", str(tmp_path_factory.mktemp("node")), "--bind", "127.0.0.1"]
        nodes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
    try:
        settle(ports)
        yield f"redis://127.0.0.1:{ports[0]}"
    finally:
        for node in nodes:
            node.kill()
            node.wait()


def settle(ports):
    """Makes one cluster of the nodes and waits until it serves."""
    until(lambda: all(answers(port) for port in ports))
    for at, port in enumerate(ports):
        first, last = SLOTS * at // NODES, SLOTS * (at + 1) // NODES - 1
        ask(port, "CLUSTER", "ADDSLOTSRANGE", str(first), str(last))
        ask(port, "CLUSTER", "SET-CONFIG-EPOCH", str(at + 1))
        ask(ports[0], "CLUSTER", "MEET", "127.0.0.1", str(port))
    until(lambda: all("cluster_state:ok" in ask(port, "CLUSTER", "INFO") for port in ports))
    until(lambda: all(ask(port, "CLUSTER", "NODES").count("connected") >= NODES for port in ports))


def answers(port):
    try:
        return "PONG" in ask(port, "PING")
    except OSError:
        return False


def until(holds):
    limit = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < limit, "the cluster does not come up"
        time.sleep(0.02)


@pytest.fixture
def tier(cluster):
    tier = RedisTier(cluster, cluster=True, timeout_s=5, slow_s=5)
    drive(tier.clear())
    yield tier
    drive(tier.close())


def test_keys_and_tags_of_any_slot_are_read_and_renewed(tier, record):
    generations = dict(drive(tier.generations(["a", "b", ANY_TAG])))
    only = {tag: generations[tag] for tag in ("a", "b")}
    keys = [f"k{at}" for at in range(30)]
    assert drive(tier.write_many({key: record(generations=only) for key in keys})) == 30
    seen = drive(tier.read(keys, ["a", "b"]))
    assert all(sight.record for sight in seen.sights.values())
    assert sorted(drive(tier.covered("a", 100))) == sorted(keys)
    drive(tier.renew(["b", ANY_TAG]))
    assert not any(sight.record for sight in drive(tier.read(keys)).sights.values())


def test_marks_and_leases_hold(tier, record):
    mark = drive(tier.read(["k"])).sights["k"].mark
    drive(tier.remove(["k", "other"]))
    assert not drive(tier.write("k", record(), seen=mark))
    fresh = drive(tier.read(["k"])).sights["k"].mark
    assert drive(tier.write("k", record(), seen=fresh))
    token = drive(tier.lease("k", 30))
    assert drive(tier.lease("k", 30)) is None
    drive(tier.release("k", token))
    assert drive(tier.lease("k", 30))
    drive(tier.clear())
    assert drive(tier.read(["k"])).sights["k"].record is None


def test_an_event_loop_works_with_a_cluster(cluster, record):
    import asyncio

    async def work():
        tier = RedisTier(cluster, cluster=True, timeout_s=5, slow_s=5)
        tags = dict(await adrive(tier.generations(["x", "y"])))
        await adrive(tier.write("async", record(generations=tags), seen=None))
        before = (await adrive(tier.read(["async"], ["x"]))).sights["async"].record
        await adrive(tier.renew(["y"]))
        after = (await adrive(tier.read(["async"], ["x"]))).sights["async"].record
        await adrive(tier.close())
        return before is not None, after

    assert asyncio.run(work()) == (True, None)


def test_a_cluster_that_is_not_there_is_a_fault():
    tier = RedisTier("redis://127.0.0.1:1", cluster=True)
    with pytest.raises(TierUnavailable):
        drive(tier.read(["k"]))
    drive(tier.close())
