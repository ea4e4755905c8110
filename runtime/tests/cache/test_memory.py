"""The memory tier: bounds, lifetimes, order of eviction, tags, figures."""

import gc
import sys
import weakref
from collections import OrderedDict
from functools import partial
from random import Random
from time import sleep

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whet_runtime.cache import MemoryTier, Reads
from whet_runtime.errors import KeyRefused, MisuseError

MISSING = object()


@pytest.mark.parametrize("value", [None, 0, "", False, (), 0.0])
def test_none_and_falsy_values_are_values(value):
    tier = MemoryTier()
    tier.set("k", value)
    assert tier.get("k", MISSING) is value
    assert "k" in tier


def test_the_defaults_are_a_thousand_entries_fifty_megabytes_and_an_hour(clock):
    tier = MemoryTier(clock=clock)
    figures = tier.statistics()
    assert (figures.max_size, figures.max_bytes) == (1_000, 50_000_000)
    tier.set("k", 1)
    clock.pass_s(3_599.9)
    assert tier.get("k") == 1
    clock.pass_s(0.2)
    assert tier.get("k") is None


@pytest.mark.parametrize("eviction", ["s3fifo", "lru"])
@given(keys=st.lists(st.integers(0, 60), max_size=300), bound=st.integers(1, 20))
@settings(max_examples=40, deadline=None)
def test_no_bound_is_ever_exceeded_and_what_is_read_is_what_was_written_last(
    eviction, keys, bound
):
    tier = MemoryTier(bound, max_memory_mb=0.004, eviction=eviction, weigher=lambda k, _: k + 300)
    written = {}
    for turn, key in enumerate(keys):
        value = tier.get(key, MISSING)
        assert value is MISSING or value == written[key]
        if turn % 7 == 6:
            tier.delete(key)
            assert tier.get(key, MISSING) is MISSING
        else:
            written[key] = turn
            tier.set(key, turn)
        figures = tier.statistics()
        assert figures.size <= bound
        assert figures.memory_bytes <= 4_000
        assert figures.memory_bytes == sum(node.weight for node in tier.living())


@given(
    operations=st.lists(st.tuples(st.booleans(), st.integers(0, 12)), max_size=200),
    bound=st.integers(1, 8),
)
@settings(max_examples=60, deadline=None)
def test_lru_evicts_exactly_what_an_ordered_dict_would(operations, bound):
    tier = MemoryTier(bound, None, eviction="lru")
    model = OrderedDict()
    for reads, key in operations:
        if reads:
            assert tier.get(key, MISSING) == model.get(key, MISSING)
            if key in model:
                model.move_to_end(key)
        else:
            tier.set(key, key)
            model[key] = key
            model.move_to_end(key)
            if len(model) > bound:
                model.popitem(last=False)
    assert {node.key for node in tier.living()} == set(model)


def test_a_scan_does_not_push_out_what_is_read_often():
    tier = MemoryTier(100, None)
    for key in range(50):
        tier.set(key, key)
    for _ in range(3):
        for key in range(50):
            tier.get(key)
    for key in range(1_000, 3_000):
        tier.set(key, key)
    assert sum(key in tier for key in range(50)) == 50


def test_a_key_that_comes_back_soon_after_its_eviction_stays():
    tier = MemoryTier(100, None)
    for key in range(200):
        tier.set(key, key)
    assert 5 not in tier
    tier.set(5, 5)
    for key in range(1_000, 1_050):
        tier.set(key, key)
    assert 5 in tier


def test_with_a_cost_the_cheap_and_large_leave_first():
    tier = MemoryTier(
        None, 0.01, weigher=lambda _, value: value, cost=lambda key, _: 1_000 if key == 0 else 1
    )
    tier.set(0, 4_000)
    for key in range(1, 200):
        tier.set(key, 1_000)
    assert 0 in tier
    assert len(tier) == 7


def test_what_is_read_gains_on_what_is_not_with_a_cost():
    tier = MemoryTier(10, None, cost=lambda _key, _value: 1.0, weigher=lambda _key, _value: 1)
    for key in range(10):
        tier.set(key, key)
    for _ in range(5):
        tier.get(3)
    for key in range(100, 120):
        tier.set(key, key)
    assert 3 in tier


def test_a_value_heavier_than_the_tier_is_refused_and_the_old_one_is_gone():
    tier = MemoryTier(10, 0.001)
    tier.set("k", "small")
    assert tier.set("k", "x" * 2_000) is False
    assert "k" not in tier
    assert tier.statistics().refused == 1


def test_each_entry_may_have_a_lifetime_of_its_own(clock):
    tier = MemoryTier(clock=clock)
    tier.set("short", 1, lifetime_s=5)
    tier.set("long", 2, lifetime_s=10_000)
    clock.pass_s(5)
    assert tier.get("short", MISSING) is MISSING
    clock.pass_s(9_000)
    assert tier.get("long") == 2
    clock.pass_s(1_000)
    assert tier.get("long", MISSING) is MISSING


@pytest.mark.parametrize("first", [5.0, None])
def test_an_overwritten_entry_has_the_lifetime_of_the_last_write(clock, first):
    tier = MemoryTier(clock=clock)
    tier.set("k", 1, lifetime_s=first)
    tier.set("k", 2, lifetime_s=7)
    clock.pass_s(6.9)
    assert tier.get("k") == 2
    clock.pass_s(0.1)
    assert tier.get("k", MISSING) is MISSING


def test_a_wall_clock_that_jumps_changes_no_lifetime(clock):
    tier = MemoryTier(lifetime_s=10, clock=clock)
    tier.set("k", 1)
    clock.wall += 1e6
    assert tier.get("k") == 1
    clock.wall -= 2e6
    clock.now += 10
    assert tier.get("k") is None


def test_the_values_of_expired_entries_are_freed_as_others_come(clock):
    tier = MemoryTier(1_000, None, lifetime_s=10, clock=clock)
    for key in range(100):
        tier.set(key, object())
    clock.pass_s(11)
    for key in range(1_000, 1_030):
        tier.set(key, object())
    assert len(tier) == 30
    assert tier.statistics().expirations == 100


def test_a_sweep_on_demand_drops_all_that_is_over(clock):
    tier = MemoryTier(lifetime_s=10, clock=clock)
    tier.set("old", 1)
    tier.set("tagged", 1, lifetime_s=100, tags=["t"])
    tier.set("kept", 1, lifetime_s=100)
    tier.invalidate("t")
    clock.pass_s(11)
    assert tier.sweep() == 2
    assert [node.key for node in tier.living()] == ["kept"]


def test_a_deleted_value_is_freed_at_once():
    class Value:
        pass

    tier = MemoryTier()
    value = Value()
    seen = weakref.ref(value)
    tier.set("k", value)
    assert tier.delete("k") is True
    del value
    gc.collect()
    assert seen() is None
    assert tier.delete("k") is False


def test_a_destructor_may_use_the_cache_that_drops_its_value():
    tier = MemoryTier(1, None)

    class Value:
        def __del__(self):
            tier.set("last words", 1)

    tier.set("k", Value())
    tier.set("other", 2)
    assert tier.get("last words") == 1
    assert len(tier) == 1


def test_queues_do_not_grow_with_keys_that_are_set_and_deleted():
    tier = MemoryTier(100, None)
    for turn in range(5_000):
        tier.set(turn, turn)
        tier.delete(turn)
    policy = tier._table.policy
    assert len(policy.small) + len(policy.main) < 200


def test_invalidating_a_tag_ends_what_carries_it_and_nothing_else():
    tier = MemoryTier()
    tier.set("a", 1, tags=["x", "y"])
    tier.set("b", 2, tags="y")
    tier.set("c", 3)
    assert sorted(tier.covered("y")) == ["a", "b"]
    tier.invalidate("x")
    assert (tier.get("a"), tier.get("b"), tier.get("c")) == (None, 2, 3)
    tier.set("a", 4, tags=["x"])
    assert tier.get("a") == 4
    tier.invalidate("unknown", "y")
    assert tier.get("b") is None
    assert tier.statistics().invalidations == 2


def test_a_tag_that_nobody_carries_takes_no_room():
    tier = MemoryTier(10, None)
    for turn in range(1_000):
        tier.set(turn, turn, tags=[f"tag:{turn}"])
    gc.collect()
    assert len(tier._table.tags) <= 10


def test_statistics_count_what_happened(clock):
    tier = MemoryTier(2, None, lifetime_s=10, clock=clock)
    tier.get("a")
    tier.set("a", 1)
    tier.get("a")
    tier.get("a")
    tier.set("a", 2)
    tier.set("b", 2)
    tier.set("c", 3)
    clock.pass_s(10)
    tier.get("c")
    figures = tier.statistics()
    assert (figures.hits, figures.misses, figures.insertions, figures.updates) == (2, 2, 3, 1)
    assert figures.evictions + figures.expirations == 2
    assert figures.size == 1


def test_reads_are_told_by_key_in_all_and_of_the_last_hour(clock):
    tier = MemoryTier(clock=clock)
    tier.set("plain", 1)
    tier.set("long", 1, lifetime_s=1e6)
    for _ in range(4):
        tier.get("plain")
        tier.get("long")
    assert tier.reads("plain") == Reads(4, 4.0)
    clock.pass_s(3_600)
    tier.get("long")
    assert tier.reads("long") == Reads(5, 5.0)
    clock.pass_s(1_800)
    assert tier.reads("long") == Reads(5, 3.0)
    clock.pass_s(100_000)
    assert tier.reads("long") == Reads(5, 0.0)
    assert tier.reads("absent") is None
    untracked = MemoryTier(lifetime_s=None, clock=clock)
    untracked.set("k", 1)
    assert untracked.reads("k") == Reads(0, None)


def test_the_hottest_keys_are_those_read_most():
    tier = MemoryTier()
    for key in "abc":
        tier.set(key, key)
    for key in "bbbcc":
        tier.get(key)
    assert tier.hottest(2) == ["b", "c"]


def test_one_claim_a_soft_lifetime_is_told_to_refresh_and_get_never(clock):
    tier = MemoryTier(clock=clock)
    tier.set("k", 1, soft_s=5)
    assert tier.claim("k") == 1
    clock.pass_s(5)
    assert tier.get("k") == 1
    assert [tier.claim("k"), tier.claim("k"), tier.get("k")] == [None, 1, 1]
    clock.pass_s(31)  # who had it to refresh did not
    assert [tier.claim("k"), tier.claim("k")] == [None, 1]


def test_bounds_can_change_and_zero_bypasses():
    tier = MemoryTier(10, None)
    for key in range(10):
        tier.set(key, key)
    tier.resize(3, None)
    assert len(tier) == 3
    tier.resize(0, None)
    assert len(tier) == 0
    assert tier.set("k", 1) is False
    tier.resize(10, None)
    assert tier.set("k", 1) is True


def test_a_bare_tier_reads_and_evicts_but_knows_no_lifetimes():
    tier = MemoryTier(2, None, None, statistics=False)
    tier.set("a", None)
    assert tier.get("a", MISSING) is None
    assert tier.get("b", MISSING) is MISSING
    tier.set("b", 1)
    tier.set("c", 1)
    assert len(tier) == 2
    assert tier.statistics().misses is None
    for extras in ({"lifetime_s": 1.0}, {"soft_s": 1.0}, {"tags": ["t"]}):
        with pytest.raises(MisuseError, match="without lifetime"):
            tier.set("d", 1, **extras)


def test_clear_forgets_everything():
    tier = MemoryTier()
    tier.set("a", 1, tags=["t"])
    tier.set("b", 1)
    tier.clear()
    assert len(tier) == 0
    assert tier.get("a") is None
    assert tier.statistics().memory_bytes == 0


@pytest.mark.parametrize(
    ("settings_", "named"),
    [
        ({"max_size": 0}, "max_size=0"),
        ({"max_size": -1}, "max_size=-1"),
        ({"max_size": 1.5}, "max_size=1.5"),
        ({"max_memory_mb": -1}, "max_memory_mb=-1"),
        ({"max_memory_mb": float("nan")}, "max_memory_mb=nan"),
        ({"lifetime_s": 0}, "lifetime_s=0"),
        ({"eviction": "random"}, "'s3fifo' or 'lru'"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_name(settings_, named):
    with pytest.raises(MisuseError, match=named):
        MemoryTier(**settings_)


def test_unhashable_keys_are_refused_with_the_way_out():
    for tier in (MemoryTier(), MemoryTier(2, None, None, statistics=False)):
        for use in (tier.get, tier.claim, tier.delete, lambda key, one=tier: one.set(key, 1)):
            with pytest.raises(KeyRefused, match="Use a tuple instead of a list"):
                use([1])


@pytest.mark.parametrize(
    ("tier", "named"),
    [
        (MemoryTier(weigher=lambda _k, _v: 0), "weight 0"),
        (MemoryTier(cost=lambda _k, _v: -1.0), "cost -1.0"),
    ],
)
def test_weights_and_costs_must_be_above_zero(tier, named):
    with pytest.raises(MisuseError, match=named):
        tier.set("k", 1)


def test_a_lifetime_of_zero_is_refused():
    with pytest.raises(MisuseError, match="lifetime_s=0"):
        MemoryTier().set("k", 1, lifetime_s=0)


def test_an_overwritten_entry_keeps_the_reads_of_the_last_hour(clock):
    tier = MemoryTier(clock=clock)
    tier.set("k", 1, lifetime_s=1e6)
    tier.get("k")
    tier.set("k", 2, lifetime_s=1e6)
    tier.get("k")
    assert tier.reads("k") == Reads(2, 2.0)


def test_a_heavier_value_of_the_same_key_pushes_others_out():
    tier = MemoryTier(None, 0.01, weigher=lambda _, value: value)
    for key in range(10):
        tier.set(key, 1_000)
    tier.set(9, 5_000)
    assert tier.statistics().memory_bytes <= 10_000
    assert tier.get(9) == 5_000


def test_lru_forgets_deleted_nodes_and_a_weight_may_change():
    tier = MemoryTier(50, 1.0, eviction="lru")
    for turn in range(500):
        tier.set(turn, "x")
        tier.set(turn, "longer")
        if turn % 3:
            tier.delete(turn)
    assert len(tier._table.policy._heap) < 150
    tier.get(499)
    assert len(tier) in {49, 50}


def test_tags_given_anew_replace_the_old_ones():
    tier = MemoryTier()
    tier.set("k", 1, tags=["a"])
    tier.set("k", 2, tags=["b"])
    tier.invalidate("a")
    assert tier.get("k") == 2
    tier.invalidate("b")
    tier.set("k", 3, tags=["b"])
    assert tier.get("k") == 3
    tier.set("k", 4)
    tier.invalidate("b")
    assert tier.get("k") == 4


def test_without_statistics_recent_reads_are_counted_only_where_tracked(clock):
    tier = MemoryTier(statistics=False, clock=clock)
    tier.set("k", 1)
    tier.get("k")
    assert tier.reads("k") == Reads(1, 1.0)


def test_a_sweep_meets_entries_that_live_on(clock):
    tier = MemoryTier(100, None, lifetime_s=10, clock=clock)
    for key in range(10):
        tier.set(key, key)
    tier.set("long", 1, lifetime_s=1_000)
    clock.pass_s(11)
    for key in range(100, 110):
        tier.set(key, key)
    assert "long" in tier
    clock.pass_s(11)
    for key in range(200, 210):
        tier.set(key, key)
    assert len(tier) == 11


def whole(tier):
    """What must hold of a tier at rest, whatever threads did to it."""
    table = tier._table
    nodes = list(table.nodes.values())
    queues = [*table.policy.small, *table.policy.main]
    assert sum(node.weight for node in nodes) == table.held_bytes
    assert {id(node) for node in nodes} <= {id(node) for node in queues}
    assert len({id(node) for node in queues}) == len(queues)
    left = table.evicted + table.expired + table.invalidated
    assert table.left >= left
    return len(nodes) <= table.size_bound and table.held_bytes <= table.bytes_bound


@pytest.fixture
def switching_often():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("switching_often")
def test_threads_that_insert_update_delete_and_clear_at_once_leave_the_tier_whole(at_once):
    tier = MemoryTier(50, 0.02, weigher=lambda _, value: value)

    def work(seed):
        random = Random(seed)
        for turn in range(20_000):
            key = random.randrange(120)
            what = random.random()
            if what < 0.7:
                tier.set(key, random.randrange(200, 600))
            elif what < 0.8:
                tier.get(key)
            elif what < 0.97:
                tier.delete(key)
            elif what < 0.99:
                tier.set(key, 300, lifetime_s=50, tags=["t"])
            elif turn % 3 == 0:
                tier.clear()
            else:
                tier.invalidate("t")

    at_once(*[partial(work, seed) for seed in range(4)])
    assert whole(tier)
    for key in range(1_000, 1_200):
        tier.set(key, 400)
    assert whole(tier)


def test_an_insertion_that_a_fork_cut_short_leaves_no_node_that_never_leaves():
    tier = MemoryTier(10, None)
    tier.set("whole", 1)
    table = tier._table
    tier.set("cut", 1)
    table.policy.small.pop()  # as if the thread had not come so far
    table.before_fork()
    table.after_fork(in_child=True)
    assert whole(tier)
    for key in range(20):
        tier.set(key, key)
    assert "cut" not in tier
    assert whole(tier)


def test_entries_written_within_a_millisecond_share_their_end_and_never_live_too_long(clock):
    tier = MemoryTier(10, None, lifetime_s=10, clock=clock)
    tier.set("a", 1)
    clock.pass_s(0.0009)
    tier.set("b", 1)
    assert tier.node("a").wake is tier.node("b").wake
    clock.pass_s(0.0002)
    tier.set("c", 1)
    assert tier.node("c").wake == clock.now + 10
    clock.pass_s(9.9985)
    assert "b" in tier
    clock.pass_s(0.0005)
    assert "b" not in tier


def test_values_that_expire_in_a_sweep_die_with_the_lock_free(clock):
    tier = MemoryTier(100, None, lifetime_s=10, clock=clock)
    free = []

    class Value:
        def __del__(self):
            free.append(not tier._table.lock._is_owned())

    for key in range(8):
        tier.set(key, Value())
    clock.pass_s(11)
    for key in range(100, 103):
        tier.set(key, 1)
    assert free == [True] * 8


@pytest.mark.usefixtures("switching_often")
def test_figures_and_sweeps_do_not_mind_insertions_at_the_same_time(at_once):
    tier = MemoryTier(None, None)
    over = []

    def insert():
        for key in range(10_000):
            tier.set(key, key)
        over.append(True)

    def look():
        while not over:
            tier.statistics()
            tier.sweep()
            sleep(0.001)  # who asks again at once keeps the lock from those who insert

    at_once(look, insert)
    assert tier.statistics().insertions == 10_000
    assert whole(tier)
