"""A Redis that refuses, hangs, dies, is full, slow or talks nonsense: said aloud, soon over."""

import asyncio
import contextlib
import socket
import threading
import time

import pytest
from whet_runtime._steps import adrive, drive
from whet_runtime.cache._redis import RedisTier
from whet_runtime.cache._tier import Notice
from whet_runtime.errors import MisuseError, TierUnavailable

HUNG_S = 0.5  # the only time-out that a test waits for


@pytest.fixture
def make_tier():
    """Makes tiers that take no load of the machine for a fault, unless told otherwise."""
    made = []

    def make(url, **options):
        made.append(RedisTier(url, **{"timeout_s": 20.0, "slow_s": 20.0} | options))
        return made[-1]

    yield make
    for tier in made:
        drive(tier.close())


@pytest.fixture
def speak():
    """Starts servers that treat each connection as a function says."""
    ended = threading.Event()
    sockets = []

    def serve(talk):
        listening = socket.create_server(("127.0.0.1", 0))
        listening.settimeout(0.05)
        sockets.append(listening)

        def accept():
            while not ended.is_set():
                with contextlib.suppress(OSError):
                    connection, _ = listening.accept()
                    threading.Thread(target=converse, args=(connection,), daemon=True).start()

        def converse(connection):
            with connection, contextlib.suppress(OSError):
                connection.settimeout(5)
                talk(connection, ended)

        threading.Thread(target=accept, daemon=True).start()
        return f"redis://127.0.0.1:{listening.getsockname()[1]}/0"

    yield serve
    ended.set()
    for listening in sockets:
        listening.close()


def fails(steps):
    with pytest.raises(TierUnavailable) as caught:
        drive(steps)
    return str(caught.value)


def asked(tier):
    """How many exchanges got as far as the server."""
    return [tier._link.breaker.openings, tier.statistics().faults]


def test_a_refusing_server_opens_the_circuit_and_a_started_one_closes_it(
    make_server, make_tier, record, until
):
    server = make_server()
    tier = make_tier(server.url)
    drive(tier.write("k", record(), seen=None))
    server.kill()
    assert "ConnectionError" in fails(tier.read(["k"]))
    assert "being probed" in fails(tier.read(["k"]))
    assert tier.statistics().state == "unavailable"
    assert asked(tier) == [1, 2]
    server.start()
    until(lambda: tier.statistics().state == "open")
    assert drive(tier.read(["k"])).sights["k"].record is None


def test_a_hung_server_costs_one_timeout_and_nothing_after(make_server, make_tier, record, until):
    server = make_server()
    tier = make_tier(server.url, timeout_s=HUNG_S)
    drive(tier.write("k", record(), seen=None))
    server.freeze()
    began_s = time.monotonic()
    assert "TimeoutError" in fails(tier.read(["k"]))
    assert time.monotonic() - began_s >= HUNG_S * 0.9
    for _ in range(50):
        assert "being probed" in fails(tier.write("k", record(), seen=None))
    assert asked(tier)[0] == 1
    server.thaw()
    until(lambda: tier.statistics().state == "open")
    assert drive(tier.read(["k"])).sights["k"].record is not None


def test_a_hung_server_costs_one_timeout_in_an_event_loop(make_server, make_tier):
    server = make_server()
    tier = make_tier(server.url, timeout_s=HUNG_S)

    async def ask_twice():
        await adrive(tier.read(["k"]))
        server.freeze()
        with pytest.raises(TierUnavailable, match="Timeout"):
            await adrive(tier.read(["k"]))
        with pytest.raises(TierUnavailable, match="being probed"):
            await adrive(tier.read(["k"]))
        server.thaw()
        await adrive(tier.close())

    asyncio.run(ask_twice())


def test_a_connection_that_the_server_closed_is_opened_again(make_server, make_tier, record):
    server = make_server()
    tier = make_tier(server.url)
    drive(tier.write("k", record(), seen=None))
    server.kill()
    server.start()
    assert drive(tier.read(["k"])).sights["k"].record is None
    assert tier.statistics().faults == 0


def test_a_full_server_still_reads_and_still_invalidates(make_server, make_tier, record):
    server = make_server("--maxmemory", "3mb", "--maxmemory-policy", "noeviction")
    tier = make_tier(server.url)
    generations = dict(drive(tier.generations(["a"])))
    drive(tier.write("k", record(b"k", generations=generations), seen=None))
    drive(tier.write("tagged", record(b"t", generations=generations), seen=None))
    filled = [key for key in map("fill{}".format, range(100)) if _fits(tier, key, record)]
    assert len(filled) < 50
    assert "maxmemory" in fails(tier.write("more", record(b"x" * 100_000), seen=None))
    assert tier.statistics().state == "open"
    assert drive(tier.read(["tagged"])).sights["tagged"].record.body == b"t"
    drive(tier.renew(["a"]))
    assert drive(tier.read(["tagged"])).sights["tagged"].record is None
    drive(tier.remove(filled))
    assert drive(tier.write("k", record(), seen=None))


def _fits(tier, key, record):
    try:
        return drive(tier.write(key, record(b"x" * 100_000), seen=None))
    except TierUnavailable:
        return False


def test_a_tag_that_cannot_be_made_gets_a_number_that_no_record_matches(
    make_server, make_tier, record
):
    server = make_server("--maxmemory", "1mb", "--maxmemory-policy", "noeviction")
    tier = make_tier(server.url)
    client = tier._link.client()
    client.config_set("maxmemory", 1)
    first, second = drive(tier.generations(["a"])), drive(tier.generations(["a"]))
    assert first != second
    with pytest.raises(TierUnavailable):
        drive(tier.remove(["k"]))
    client.config_set("maxmemory", 0)
    drive(tier.write("k", record(generations=dict(first)), seen=None))
    assert drive(tier.read(["k"], ["a"])).sights["k"].record is None


NONSENSE = [
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"\xff\xfe\x00 no protocol\r\n" * 3,
    b"*1000000\r\n$-7\r\n",
    b":12\r\n",
    b"*3\r\n:1\r\n:2\r\n:3\r\n",
    b"$5\r\nab",
    b"",
]


@pytest.mark.parametrize("answer", NONSENSE)
def test_nonsense_is_a_fault_and_never_another_error(speak, make_tier, record, answer):
    def talk(connection, _ended):
        while connection.recv(4_096):
            connection.sendall(answer)

    tier = make_tier(speak(talk), timeout_s=HUNG_S)
    fails(tier.read(["k"], ["a"]))
    fails(tier.write("k", record(), seen=None))
    assert tier.statistics().faults == 2


def test_what_is_no_record_is_a_counted_miss(make_server, make_tier):
    server = make_server()
    tier = make_tier(server.url)
    client = tier._link.client()
    client.set(tier._key("text"), "hello")
    client.set(tier._tag("tag"), "no number")
    client.rpush(tier._key("list"), "a")
    seen = drive(tier.read(["text", "list"], ["tag"]))
    assert {sight.record for sight in seen.sights.values()} == {None}
    assert tier.statistics().corrupt == 1
    assert tier.statistics().faults == 0


def test_a_slow_server_is_left_alone_until_it_is_fast(make_server, make_tier, speak, until):
    server = make_server()
    delay = {"s": 0.06}

    def talk(connection, ended):
        with socket.create_connection(("127.0.0.1", server.port)) as behind:
            while not ended.is_set() and (request := connection.recv(65_536)):
                time.sleep(delay["s"])
                behind.sendall(request)
                connection.sendall(behind.recv(65_536))

    tier = make_tier(speak(talk), slow_s=0.02)
    until(lambda: _opened(tier))
    assert "being probed" in fails(tier.read(["k"]))
    delay["s"] = 0
    until(lambda: tier.statistics().state == "open")
    drive(tier.read(["k"]))


def _opened(tier):
    drive(tier.read(["k"]))
    return tier.statistics().state == "unavailable"


def test_a_subscription_that_was_lost_drops_what_is_held_near(make_server, make_tier, until):
    server = make_server()
    here, there = make_tier(server.url), make_tier(server.url)
    heard = []
    there.listen(heard.append)
    everything = Notice(everything=True)
    until(lambda: heard == [everything])
    server.kill()
    until(lambda: heard == [everything] * 2)
    server.start()
    until(lambda: heard == [everything] * 3)
    until(lambda: here.statistics().state == "open")
    drive(here.remove(["k"]))
    until(lambda: heard[3:] == [Notice(keys=("k",))])


def test_a_subscription_to_a_hung_server_counts_as_lost(make_server, make_tier, until):
    server = make_server()
    tier = make_tier(server.url, timeout_s=HUNG_S)
    heard = []
    tier.listen(heard.append)
    until(lambda: len(heard) >= 1)
    server.freeze()
    until(lambda: len(heard) >= 2)
    server.thaw()
    until(lambda: len(heard) >= 3)
    assert set(heard) == {Notice(everything=True)}


def test_an_unreachable_address_is_a_fault(make_tier):
    assert "ConnectionError" in fails(make_tier("redis://127.0.0.1:1/0").read(["k"]))


def test_a_wrong_password_is_a_fault(make_server, make_tier):
    server = make_server("--protected-mode", "no")
    tier = make_tier(server.url.replace("redis://", "redis://user:wrong@"))
    assert "AuthenticationError" in fails(tier.read(["k"]))


def test_an_empty_namespace_is_refused():
    with pytest.raises(MisuseError, match="namespace"):
        RedisTier(namespace="")


def test_a_record_that_has_expired_is_not_written(make_server, make_tier, record):
    tier = make_tier(make_server().url)
    assert not drive(tier.write("k", record(life_s=-1), seen=None))
    assert drive(tier.write_many({"k": record(life_s=-1)})) == 0


def test_many_keys_at_once_may_take_longer(make_server, make_tier):
    tier = make_tier(make_server().url, slow_s=1.0)
    link = tier._link
    many, few = [("MGET", *["k"] * 400)], [("GET", "k")]
    for _ in range(3):
        link.answered(time.monotonic() - 10, many)
    assert not link.breaker.open
    for _ in range(2):
        link.answered(time.monotonic() - 10, few)
    assert link.breaker.open
