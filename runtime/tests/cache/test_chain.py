"""A cache over shared tiers: promotion, other processes, faults, leases, records that lie."""

import asyncio
import threading
import time

import pytest
from whet_runtime import Cache, DiskTier, Plan, Promotion, ValueCodec
from whet_runtime._steps import drive
from whet_runtime.cache._chain import Chain
from whet_runtime.cache._tier import Notice, Record
from whet_runtime.errors import CodecError, TierUnavailable


class Breakable:
    """A tier in front of another that can be made to fail."""

    def __init__(self, tier):
        self._tier = tier
        self.name = tier.name
        self.broken = False
        self.receive = None

    def __getattr__(self, operation):
        def steps(*arguments, **options):
            if self.broken:
                raise TierUnavailable(self.name, "it is down")
            return (yield from getattr(self._tier, operation)(*arguments, **options))

        return steps

    def listen(self, receive):
        self.receive = receive

    def statistics(self):
        return self._tier.statistics()


@pytest.fixture
def tier(tmp_path, clock):
    tier = Breakable(DiskTier(tmp_path / "one", clock=clock))
    yield tier
    drive(tier._tier.close())


@pytest.fixture
def below(tmp_path, clock):
    tier = Breakable(DiskTier(tmp_path / "two", clock=clock))
    yield tier
    drive(tier._tier.close())


run_both = pytest.mark.parametrize("color", ["sync", "async"])


class Colored:
    """A cache whose operations are called by name in either color."""

    def __init__(self, cache, color):
        self._cache = cache
        self._color = color

    def __getattr__(self, operation):
        if self._color == "sync":
            return getattr(self._cache, operation)
        return lambda *arguments: asyncio.run(getattr(self._cache, "a" + operation)(*arguments))


@run_both
def test_a_loaded_value_is_found_by_another_process(tier, clock, color):
    one, two = (Colored(Cache(tiers=[tier], clock=clock), color) for _ in range(2))
    assert one.get_or_load(("user", 1), lambda: {"name": "Ada"}) == {"name": "Ada"}
    assert two.get_or_load(("user", 1), lambda: 1 / 0) == {"name": "Ada"}
    assert two.get(("user", 1)) == {"name": "Ada"}
    assert two.get("absent", "default") == "default"


@run_both
def test_writes_and_removals_reach_the_tiers(tier, clock, color):
    one, two = (Colored(Cache(tiers=[tier], clock=clock), color) for _ in range(2))
    one.set("a", None)
    one.set("b", 0, Plan(tags=("t",), tags_of=lambda _: ["told"]))
    one.set("c", 1, Plan(kind="mutation"))
    assert [two.get(key, "none") for key in "abc"] == [None, 0, "none"]
    one.invalidate("told")
    one.delete("a")
    assert [two.get(key, "none") for key in "abc"] == ["none"] * 3
    one.set("d", 1)
    one.clear()
    assert two.get("d") is None


@run_both
def test_what_carries_a_tag_is_listed_across_tiers(tier, clock, color):
    one, two = (Colored(Cache(tiers=[tier], clock=clock), color) for _ in range(2))
    one.set("a", 1, Plan(tags=("t",)))
    two.set("b", 1, Plan(tags=("t",)))
    assert sorted(one.covered("t")) == ["a", "b"]


def test_a_value_comes_into_memory_at_the_third_read_within_an_hour(tier, clock):
    Cache(tiers=[tier], clock=clock).set("k", 1)
    cache = Cache(tiers=[tier], clock=clock)
    held = []
    for _ in range(4):
        assert cache.get("k") == 1
        held.append("k" in cache.memory)
    assert held == [False, False, True, True]
    assert cache.reads("k").total == 4
    assert cache.reads("absent") == (0, 0.0)
    assert cache.get_stats()["memory"]["hits"] == 1


def test_a_value_moves_from_the_farther_tier_to_the_nearer(tier, below, clock):
    Cache(tiers=[below], clock=clock).set("k", 1, Plan(tags=("t",)))
    rule = Promotion(reads=0)
    cache = Cache(tiers=[tier, below], clock=clock, promotion=rule)
    # Tags that only the record tells: its generations of the nearer tier are not known yet.
    assert cache.get("k") == 1
    cache.memory.clear()
    assert cache.get("k") == 1
    Cache(tiers=[below], clock=clock).set("plain", 1)
    assert cache.get("plain") == 1
    assert Cache(tiers=[tier], clock=clock).get("plain") == 1
    cache.invalidate("t")
    assert cache.get("k") is None


def test_memory_asks_the_tiers_again_after_the_near_lifetime(tier, clock):
    one, two = (Cache(tiers=[tier], clock=clock, near_s=5) for _ in range(2))
    one.get_or_load("k", lambda: "old")
    two.set("k", "new")
    assert one.get("k") == "old"
    clock.pass_s(5)
    assert one.get("k") == "new"


def test_a_notice_of_another_process_ends_what_memory_holds(tier, clock):
    cache = Cache(tiers=[tier], clock=clock)
    cache.set(("a", 1), 1)
    cache.set("b", 1, Plan(tags=("t",)))
    cache.set("c", 1)
    tier.receive(Notice(keys=("\x1f('a',1)", "unknown"), tags=("t",)))
    assert [node.key for node in cache.memory.living()] == ["c"]
    tier.receive(Notice(everything=True))
    assert len(cache.memory) == 0


def test_a_load_that_another_process_overtook_is_not_stored_there(tier, clock):
    one, two = Cache(tiers=[tier], clock=clock), Cache(tiers=[tier], clock=clock)

    def load():
        two.delete("k")
        return "old"

    assert one.get_or_load("k", load) == "old"
    assert Cache(tiers=[tier], clock=clock).get("k") is None


@pytest.mark.parametrize("tag", ["known", "told by the value"])
def test_nor_one_whose_tag_another_process_invalidated(tier, clock, tag):
    one, two = Cache(tiers=[tier], clock=clock), Cache(tiers=[tier], clock=clock)
    plan = Plan(tags=("known",), tags_of=lambda _: ["told by the value"])

    def load():
        two.invalidate(tag)
        return "old"

    assert one.get_or_load("k", load, plan) == "old"
    assert Cache(tiers=[tier], clock=clock).get("k") is None


@run_both
def test_no_fault_of_a_tier_reaches_the_caller(tier, below, clock, color):
    cache = Cache(tiers=[tier, below], clock=clock)
    use = Colored(cache, color)
    use.set("k", 1, Plan(tags=("t",)))
    cache.memory.clear()
    tier.broken = True
    assert use.get("k") == 1
    assert use.get_or_load("other", lambda: 2) == 2
    below.broken = True
    cache.memory.clear()
    assert use.get("k", "none") == "none"
    assert use.get_or_load("k", lambda: 3) == 3
    use.set("k", 4)
    use.covered("t")
    use.delete("k")
    use.invalidate("t")
    use.clear()
    assert all(backlog.faults for backlog in cache._core.chain.backlogs)


def test_an_invalidation_that_did_not_get_through_is_repeated_before_reading(tier, clock):
    cache = Cache(tiers=[tier], clock=clock)
    for key in ("by tag", "by key", "kept"):
        cache.set(key, key, Plan(tags=("t",) if key == "by tag" else ()))
    tier.broken = True
    cache.invalidate("t")
    cache.delete("by key")
    cache.memory.clear()
    assert cache.get_stats()["tiers"]["disk"]["pending"] == 3
    tier.broken = False
    assert [cache.get(key) for key in ("by tag", "by key", "kept")] == [None, None, "kept"]
    assert cache.get_stats()["tiers"]["disk"]["pending"] == 0


def test_too_many_pending_invalidations_clear_the_tier_instead(tier, clock):
    cache = Cache(tiers=[tier], clock=clock)
    cache.set("kept", 1)
    cache.memory.clear()
    tier.broken = True
    cache.delete(*[f"key {number}" for number in range(10_001)])
    tier.broken = False
    assert cache.get("kept") is None


def test_a_value_that_cannot_be_written_stays_in_memory(tier, clock):
    cache = Cache(tiers=[tier], clock=clock)
    value = cache.get_or_load("k", object)
    assert cache.get("k") is value
    assert cache.get_stats()["unwritable"] == 1


def test_a_record_that_cannot_be_read_is_a_miss(tier, clock):
    class Strict(ValueCodec):
        def decode(self, *_):
            raise CodecError("a body", "of another version")

    Cache(tiers=[tier], clock=clock).set("k", 1)
    cache = Cache(tiers=[tier], clock=clock, codec=Strict())
    assert cache.get("k") is None
    assert cache.get_or_load("k", lambda: 2) == 2
    assert cache.get_stats()["unreadable"] == 2


def test_a_lease_lets_one_process_load_while_the_others_wait(tier, at_once):
    caches = [Cache(tiers=[tier], lease_s=20) for _ in range(4)]
    calls = []

    def load():
        calls.append(1)
        threading.Event().wait(0.1)
        return "once"

    def ask(cache):
        return lambda: cache.get_or_load("k", load)

    assert at_once(*map(ask, caches)) == ["once"] * 4
    assert len(calls) == 1


def test_a_lease_that_cannot_be_had_is_no_obstacle(tier, clock):
    cache = Cache(tiers=[tier], clock=clock, lease_s=5)
    tier.broken = True
    assert cache.get_or_load("k", lambda: 1) == 1


def test_who_held_a_lease_and_died_delays_the_others_only_until_theirs_would_end(tier):
    cache = Cache(tiers=[tier], lease_s=0.1)
    drive(tier._tier.lease("k", 30))
    assert cache.get_or_load("k", lambda: 1) == 1


class Dice:
    def __init__(self, value):
        self.value = value

    def random(self):
        return self.value


def found(clock, record, dice):
    codec = ValueCodec()
    body, fingerprint = codec.encode(1)
    chain = Chain([], codec, clock, random=dice)
    return chain._decoded(record._replace(body=body, fingerprint=fingerprint), 0)


def test_a_copy_is_refreshed_early_by_what_loading_costs(clock):
    record = Record(b"", 0, clock.wall, clock.wall + 100, clock.wall + 100, {}, 10.0, 0)
    assert found(clock, record, Dice(0.0)).fresh_s == pytest.approx(100)
    assert found(clock, record, Dice(0.9)).fresh_s == pytest.approx(100 - 10 * 2.302585, abs=1e-4)


def test_a_record_from_the_future_lives_no_longer_than_it_should(clock):
    record = Record(b"", 0, clock.wall + 5_000, clock.wall + 5_100, clock.wall + 5_100, {}, 0.0, 0)
    assert found(clock, record, Dice(0.0)).left_s == pytest.approx(100)
    assert found(clock, record._replace(created_s=0.0, hard_s=clock.wall), Dice(0.0)) is None


def test_a_refresh_writes_to_every_tier(tier, below, clock):
    cache = Cache(tiers=[tier, below], clock=clock)
    plan = Plan(lifetime_s=100, refresh_s=10)
    numbers = iter(range(10))

    async def main():
        await cache.aget_or_load("k", lambda: next(numbers), plan)
        clock.pass_s(10)
        assert await cache.aget_or_load("k", lambda: next(numbers), plan) == 0
        await asyncio.gather(*cache.background._tasks)

    asyncio.run(main())
    assert [Cache(tiers=[one], clock=clock).get("k") for one in (tier, below)] == [1, 1]


def test_closing_closes_the_tiers_and_a_broken_one_is_no_obstacle(tier, clock):
    other = Cache(tiers=[tier], clock=clock)
    tier.broken = True
    asyncio.run(other.aclose())
    tier.broken = False
    cache = Cache(tiers=[tier], clock=clock)
    cache.close()
    assert cache.get("k") is None


def test_an_endless_lifetime_ends_in_shared_tiers_after_a_year(tier, clock):
    cache = Cache(lifetime_s=None, tiers=[tier], clock=clock)
    cache.set("k", 1)
    clock.pass_s(364 * 86_400)
    assert cache.get("k") == 1
    clock.pass_s(2 * 86_400)
    assert cache.get("k") is None


def test_an_invalidation_that_is_cancelled_midway_is_repeated():
    from whet_runtime.cache._backlog import Backlog

    class Waiting:
        def renew(self, _tags):
            yield "a wait"

    backlog = Backlog(Waiting())
    steps = backlog.tell(tags=["t"])
    assert next(steps) == "a wait"
    assert backlog.pending == 0
    with pytest.raises(asyncio.CancelledError):
        steps.throw(asyncio.CancelledError())
    assert backlog.pending == 1


def test_a_copy_of_what_was_slow_to_load_is_refreshed_before_its_end(tier, clock):
    def slow():
        clock.pass_s(20)
        return "old"

    plan = Plan(lifetime_s=100)
    Cache(tiers=[tier], clock=clock).get_or_load("k", slow, plan)
    cache = Cache(tiers=[tier], clock=clock, promotion=Promotion(reads=0), near_s=1_000)
    cache._core.chain._random = Dice(1 - 1 / 2.718281828)  # refreshed one load before the end
    assert cache.get("k") == "old"
    node = cache.memory.node("k")
    assert node.extra.soft - clock.now == pytest.approx(80, abs=0.1)
    assert node.extra.end - clock.now == pytest.approx(100, abs=0.1)


class Overtaken(Breakable):
    """A tier that something happens to just before it is written."""

    before = staticmethod(lambda: None)

    def write(self, key, record, *, seen):
        self.before()
        return (yield from self._tier.write(key, record, seen=seen))


@run_both
def test_a_value_whose_load_a_clear_overtook_while_it_was_stored_is_in_no_tier(tier, clock, color):
    tier = Overtaken(tier._tier)
    cache, other = (Cache(tiers=[tier], clock=clock) for _ in range(2))
    tier.before = cache.clear
    assert Colored(cache, color).get_or_load("k", lambda: "old") == "old"
    assert cache.get("k") is None
    assert other.get("k") is None
    assert cache.get_or_load("k", lambda: "new") == "new"


def test_a_copy_into_a_nearer_tier_that_a_clear_overtook_is_taken_back(tier, below, clock):
    near = Overtaken(tier._tier)
    Cache(tiers=[below], clock=clock).set("k", "old")
    cache = Cache(tiers=[near, below], clock=clock, promotion=Promotion(reads=0))
    near.before = cache.clear
    assert cache.get("k") == "old"
    assert cache.get("k") is None


@run_both
def test_a_load_that_runs_while_everything_is_cleared_stores_nothing(tier, clock, color):
    cache, other = (Cache(tiers=[tier], clock=clock) for _ in range(2))

    def load():
        cache.clear()
        return "old"

    assert Colored(cache, color).get_or_load("k", load) == "old"
    assert [cache.get("k"), other.get("k")] == [None, None]


def until(condition):
    for _ in range(2_000):
        if condition():
            return
        time.sleep(0.005)
    raise AssertionError("it did not come true in ten seconds")


def test_a_value_never_promoted_is_refreshed_ahead_once_its_soft_lifetime_is_over(tier, clock):
    plan = Plan(lifetime_s=100, refresh_s=10)
    Cache(tiers=[tier], clock=clock).get_or_load("k", lambda: "old", plan)
    clock.pass_s(11)
    cache = Cache(tiers=[tier], clock=clock)
    assert cache.get_or_load("k", lambda: "new", plan) == "old"
    until(lambda: cache.get_stats()["refreshes"] == 1)
    assert cache.get_or_load("k", lambda: "never asked", plan) == "new"
    assert cache.get_stats()["loads"] == 1


def test_a_refresh_of_what_was_never_promoted_backs_off_when_it_fails(tier, clock):
    plan = Plan(lifetime_s=100, refresh_s=10)
    Cache(tiers=[tier], clock=clock).get_or_load("k", lambda: "old", plan)
    clock.pass_s(11)
    cache = Cache(tiers=[tier], clock=clock, promotion=Promotion(reads=100, recent=100))
    for _ in range(5):
        assert cache.get_or_load("k", lambda: 1 / 0, plan) == "old"
        until(lambda: cache.get_stats()["load_errors"] == 1)
        until(lambda: cache.get_stats()["loads_in_progress"] == 0)
    assert cache.get_stats()["loads"] == 1
    clock.pass_s(2)
    assert cache.get_or_load("k", lambda: "new", plan) == "old"
    until(lambda: cache.get_stats()["refreshes"] == 1)


class Asked(Breakable):
    """A tier that is asked by somebody else just before it hears of an invalidation."""

    before = staticmethod(lambda: None)

    def __getattr__(self, operation):
        told = operation in {"remove", "renew", "clear"}

        def steps(*arguments, **options):
            if told:
                self.before()
            return (yield from getattr(self._tier, operation)(*arguments, **options))

        return steps


@pytest.mark.parametrize(
    "overtake",
    [
        lambda cache: cache.delete("k"),
        lambda cache: cache.invalidate("t"),
        lambda cache: cache.clear(),
    ],
)
def test_who_reads_a_tier_before_it_hears_of_an_invalidation_leaves_nothing_in_memory(
    tier, clock, at_once, overtake
):
    tier = Asked(tier._tier)
    plan = Plan(tags=("t",))
    Cache(tiers=[tier], clock=clock).set("k", "old", plan)
    cache = Cache(tiers=[tier], clock=clock, promotion=Promotion(reads=0))
    seen = []
    tier.before = lambda: seen.extend(at_once(lambda: cache.get("k")))
    overtake(cache)
    assert seen[0] == "old"
    assert cache.get("k") is None


def test_a_value_read_from_a_tier_during_a_set_does_not_replace_what_was_set(tier, clock):
    class Read(Breakable):
        def read(self, keys, tags=()):
            seen = yield from self._tier.read(keys, tags)
            wait = waits.pop() if waits else None
            if wait is not None:
                started.set()
                assert wait.wait(10)
            return seen

    waits, started, go_on = [], threading.Event(), threading.Event()
    tier = Read(tier._tier)
    Cache(tiers=[tier], clock=clock).set("k", "old")
    cache = Cache(tiers=[tier], clock=clock, promotion=Promotion(reads=0))

    class Setting(ValueCodec):
        """Lets the other caller go on once memory has what was set."""

        def encode(self, value):
            go_on.set()
            until(lambda: not len(cache._core.flights) > 1)
            return super().encode(value)

    cache._core.chain.codec = Setting()
    noted = cache._core.flights.note

    def note(*arguments, **options):  # the other caller begins between this note and what follows
        noted(*arguments, **options)
        cache._core.flights.note = noted
        waits.append(go_on)
        reader.start()
        assert started.wait(10)

    cache._core.flights.note = note
    reader = threading.Thread(target=lambda: cache.get("k"))
    cache.set("k", "new")
    reader.join(10)
    assert cache.get("k") == "new"


def test_a_tier_is_not_read_while_what_it_missed_is_told_to_it_again(tier, clock, at_once):
    tier = Asked(tier._tier)
    Cache(tiers=[tier], clock=clock).set("k", "old")
    cache = Cache(tiers=[tier], clock=clock, promotion=Promotion(reads=0))

    def fail():
        raise TierUnavailable(tier.name, "it is down")

    tier.before = fail
    cache.delete("k")
    seen = []
    tier.before = lambda: seen.extend(at_once(lambda: cache.get("k")))
    assert cache.get("k") is None
    assert seen == [None]
    assert cache.get("k") is None
