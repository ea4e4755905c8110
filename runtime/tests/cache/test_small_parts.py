"""Keys, weights, ghosts, lifetimes, promotion, back-off, entities."""

import asyncio
import datetime as dt
import enum
import sys
import types
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from whet_runtime.cache import Lifetimes, MemoryTier, Promotion, changed_entity, entity_tags
from whet_runtime.cache._access import AccessLog
from whet_runtime.cache._backoff import Backoff, wait_after
from whet_runtime.cache._keys import call_key, key_text
from whet_runtime.cache._load import Load
from whet_runtime.cache._weigh import ENTRY_BYTES, weigh
from whet_runtime.errors import KeyRefused, MisuseError


class Color(enum.Enum):
    RED = 1


ATOMS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary()
)
PAIRS = st.tuples(ATOMS, ATOMS)
KEYS = ATOMS | PAIRS | st.tuples(PAIRS) | st.frozensets(ATOMS, max_size=3)


def same(one, other):
    """Equal in value and in all types."""
    return repr(one) == repr(other) and type(one) is type(other)


@given(KEYS, KEYS)
def test_two_calls_have_one_key_exactly_if_arguments_and_types_agree(one, other):
    keys = call_key("f", (one,), {}), call_key("f", (other,), {})
    if same(one, other):
        assert keys[0] == keys[1]
    elif not isinstance(one, frozenset | tuple):
        assert keys[0] != keys[1]


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, True), (1, 1.0), (0.0, -0.0), ((1,), (True,)), (frozenset({1}), frozenset({1.0}))],
)
def test_equal_arguments_of_other_types_are_other_calls(one, other):
    assert one == other
    assert call_key("f", (one,), {}) != call_key("f", (other,), {})
    assert call_key("f", (), {"x": one}) != call_key("f", (), {"x": other})
    assert key_text((one,)) != key_text((other,))


def test_keyword_arguments_count_in_any_order_and_apart_from_positions():
    assert call_key("f", (), {"a": 1, "b": 2}) == call_key("f", (), {"b": 2, "a": 1})
    assert call_key("f", (("a", 1),), {}) != call_key("f", (), {"a": 1})


def test_a_nan_is_the_same_argument_each_time():
    assert call_key("f", (float("nan"),), {}) == call_key("f", (float("nan"),), {})


@given(KEYS, KEYS)
def test_the_text_of_a_key_tells_keys_apart(one, other):
    texts = key_text((one,)), key_text((other,))
    if texts[0] == texts[1]:
        assert one == other
    assert all(len(text) <= 200 for text in texts)


def test_the_text_of_a_key_is_readable_and_short():
    assert key_text("user:1") == "user:1"
    assert len(key_text("x" * 5_000)) < 60
    day = dt.date(2026, 11, 21)
    assert "datetime.date" in key_text((day, Color.RED, UUID(int=1), None, int))
    with pytest.raises(KeyRefused, match="no text that is the same in every process"):
        key_text((object(),))


def test_atoms_weigh_what_the_interpreter_says():
    assert weigh("key", "value") == sys.getsizeof("key") + sys.getsizeof("value") + ENTRY_BYTES


@pytest.mark.parametrize(
    "make",
    [
        lambda text: [text(i) for i in range(5_000)],
        lambda text: {i: text(i) for i in range(5_000)},
        lambda text: [[text(i) for i in range(50)] for _ in range(100)],
    ],
)
def test_large_containers_weigh_about_what_they_hold(make):
    texts = []

    def text(number):
        texts.append("x" * 1_000 + str(number))
        return texts[-1]

    value = make(text)
    true = sum(sys.getsizeof(one) for one in texts)
    assert 0.8 * true < weigh("k", value) < 1.5 * true


def test_objects_weigh_with_their_fields_and_circles_end():
    class Plain:
        def __init__(self):
            self.text = "x" * 10_000
            self.me = self

    class Slotted:
        __slots__ = ("text",)

        def __init__(self):
            self.text = "x" * 10_000

    assert weigh(("k",), Plain()) > 10_000
    assert weigh("k", Slotted()) > 10_000
    assert weigh("k", [Plain]) < 5_000  # classes are shared


def passed_through(keys, size):
    """A tier that remembers keys which it held and evicted."""
    tier = MemoryTier(size, None)
    for key in keys:
        tier.set(key, 1)
    return tier


def remembered(tier, keys):
    """How many keys come back into the main queue at once."""
    main = tier._table.policy.main
    before = len(main)
    for key in keys:
        tier.delete(key)
        tier.set(key, 1)
    return len(main) - before


def test_keys_evicted_late_are_remembered_and_those_evicted_early_are_not():
    keys = [f"key {number}" for number in range(20_000)]
    late, early = keys[-1_500:-1_300], keys[:300]
    assert remembered(passed_through(keys, 1_000), late) > 0.85 * len(late)
    assert remembered(passed_through(keys, 1_000), early) < 0.02 * len(early)


def test_a_key_is_remembered_once():
    tier = passed_through([f"key {number}" for number in range(2_000)], 1_000)
    assert remembered(tier, ["key 900"]) == 1
    assert remembered(tier, ["key 900"]) == 0


@pytest.mark.parametrize("distance", [1, 64, 251, 4096, 1 << 24, -1_000])
def test_integers_at_any_regular_distance_are_told_apart(distance):
    keys = [distance * number for number in range(4_000)]
    late = keys[-1_500:-1_300]
    assert remembered(passed_through(keys, 1_000), late) > 0.85 * len(late)
    assert remembered(passed_through(keys, 1_000), [key + 500_009 for key in keys[:300]]) < 15


def test_lifetimes_have_presets_and_can_be_edited():
    lifetimes = Lifetimes(count=60.0, report=7.0)
    kinds = ("daily_aggregate", "weekly_summary", "trend", "count", "mutation", "report")
    assert [lifetimes.of(kind) for kind in kinds] == [1_800, 3_600, 3_600, 60, None, 7]
    assert (lifetimes.of("other", 5.0), lifetimes.of("other", 5.1)) == (900, 3_600)
    assert Lifetimes(expensive_from_s=1.0).of("other", 2.0) == 3_600
    with pytest.raises(MisuseError, match="Give one of count, daily_aggregate"):
        lifetimes.of("weekly")
    with pytest.raises(MisuseError, match="count=0"):
        Lifetimes(count=0)


def test_a_key_is_promoted_after_three_reads_within_the_hour_or_more_than_ten_in_all():
    log = AccessLog(100, Promotion())
    assert [log.note("k", now) for now in (0.0, 1.0, 2.0)] == [False, False, True]
    assert log.reads("k", 10.0) == (3, 3)
    slow = [log.note("s", turn * 4_000.0) for turn in range(12)]
    assert slow == [False] * 10 + [True] * 2


def test_the_access_log_is_bounded():
    log = AccessLog(10, Promotion())
    for key in range(1_000):
        log.note(key, 0.0)
    assert log.reads(0, 0.0) == (0, 0)
    assert sum(log.reads(key, 0.0)[0] for key in range(1_000)) == 10


def test_the_wait_doubles_with_each_failure_up_to_its_bound():
    class Middle(Random):
        def uniform(self, low, high):
            return (low + high) / 2

    waits = [wait_after(failures, 2.0, 20.0, Middle()) for failures in (1, 2, 3, 4, 5, 400)]
    assert waits == [2.0, 4.0, 8.0, 16.0, 20.0, 20.0]
    backoff = Backoff(1.0, 300.0, Middle())
    assert [backoff.failed("k"), backoff.failed("k"), backoff.failed("j")] == [1.0, 2.0, 1.0]
    backoff.succeeded("k")
    assert backoff.failed("k") == 1.0


@given(st.integers(1, 50))
def test_jitter_stays_within_a_quarter(failures):
    exact = min(2.0 ** (failures - 1), 300.0)
    assert 0.75 * exact <= wait_after(failures, 1.0, 300.0, Random(1)) <= 1.25 * exact


def test_entities_are_tagged_by_themselves_their_type_and_their_parents():
    assert entity_tags("order", 12, [("customer", 7)]) == (
        "entity:order:12",
        "type:order",
        "parent:customer:7",
    )
    assert set(changed_entity("customer", 7)) & set(entity_tags("order", 12, [("customer", 7)]))


def test_failures_of_very_many_keys_are_not_all_remembered():
    backoff = Backoff()
    for key in range(10_001):
        backoff.failed(key)
    assert len(backoff._failures) == 1


def test_all_kinds_of_awaitables_are_awaited():
    class Ready:
        def __await__(self):
            yield from ()
            return 1

    @types.coroutine
    def generator():
        yield from ()
        return 1

    async def coroutine():
        return 1

    for loader in (Ready, generator, coroutine):
        assert asyncio.run(Load(loader).arun()) == (1, None)
    assert Load(lambda: 1).run() == (1, None)
