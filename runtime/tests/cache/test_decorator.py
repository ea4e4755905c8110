"""`cached`: functions, methods, coroutines; keys, tags, kinds, refresh."""

import asyncio
import threading
from functools import partial
from itertools import pairwise

import pytest
from whet_runtime import Cache, Lifetimes, MisuseError, cached
from whet_runtime.cache import entity_tags


def test_a_function_runs_once_for_each_arguments():
    calls = []

    @cached
    def double(number, by=2):
        """Doubles."""
        calls.append(number)
        return number * by

    assert [double(2), double(2), double(2, by=3), double(2.0)] == [4, 4, 6, 4.0]
    assert len(calls) == 3
    assert (double.__name__, double.__doc__) == ("double", "Doubles.")


def test_none_is_an_answer_that_is_kept():
    calls = []
    answer = cached(lambda: calls.append(1))
    assert [answer(), answer()] == [None, None]
    assert calls == [1]


def test_functions_may_share_a_cache_without_meeting():
    cache = Cache()

    @cached(cache=cache)
    def one(number):
        return ("one", number)

    @cached(cache=cache)
    def two(number):
        return ("two", number)

    assert [one(1), two(1), one(1)] == [("one", 1), ("two", 1), ("one", 1)]
    assert cache.get_stats()["loads"] == 2


def test_methods_are_kept_by_instance():
    class Shop:
        def __init__(self, name):
            self.name = name

        @cached
        def title(self, number):
            return f"{self.name} {number}"

    assert [Shop("a").title(1), Shop("b").title(1)] == ["a 1", "b 1"]


def test_one_answer_can_be_forgotten_and_its_key_is_told():
    numbers = iter(range(10))
    answer = cached(lambda _key: next(numbers))
    assert [answer("a"), answer("b")] == [0, 1]
    answer.forget("a")
    assert [answer("a"), answer("b")] == [2, 1]
    assert answer.cache.get(answer.key("a")) == 2


def test_tags_may_depend_on_arguments_and_on_the_answer():
    cache = Cache()
    calls = []

    @cached(
        cache=cache,
        tags=partial(entity_tags, "order"),
        tags_of=lambda row: [f"parent:customer:{row['customer']}"],
    )
    def load(order):
        calls.append(order)
        return {"order": order, "customer": order % 2}

    def touched(*tags):
        calls.clear()
        cache.invalidate(*tags)
        for order in range(4):
            load(order)
        return list(calls)

    assert touched() == [0, 1, 2, 3]
    assert touched("entity:order:2") == [2]
    assert touched("parent:customer:1") == [1, 3]
    assert touched("type:order") == [0, 1, 2, 3]
    assert sorted(cache.covered("parent:customer:1")) == [load.key(1), load.key(3)]
    assert cache.invalidations["type:order"] == 1


def test_a_single_tag_may_be_given_as_text():
    def fresh():
        return object()

    answer = cached(tags="all")(fresh)
    first = answer()
    assert answer() is first
    answer.cache.invalidate("all")
    assert answer() is not first


def test_kinds_have_preset_lifetimes_and_mutations_are_never_kept(clock):
    cache = Cache(clock=clock, lifetimes=Lifetimes(count=10.0))
    numbers = iter(range(100))
    count = cached(cache=cache, kind="count")(lambda: next(numbers))
    change = cached(cache=cache, kind="mutation")(lambda _: next(numbers))
    assert [count(), change(1), change(1), count()] == [0, 1, 2, 0]
    clock.pass_s(10)
    assert count() == 3


def test_an_unknown_kind_is_refused():
    with pytest.raises(MisuseError, match="no such kind"):
        cached(kind="weekly")(int)()


def test_what_took_long_to_load_is_kept_longer(clock):
    cache = Cache(clock=clock)

    def slow():
        clock.pass_s(6)
        return 1

    answer = cached(cache=cache, kind="other")(slow)
    answer()
    clock.pass_s(3_599)
    assert answer.key() in cache.memory


def test_generators_are_refused():
    async def numbers():
        yield 1

    def plain():
        yield 1

    for function in (numbers, plain):
        with pytest.raises(MisuseError, match="read only once"):
            cached(function)


def test_a_stale_answer_is_served_while_one_refresh_runs(clock):
    numbers = iter(range(10))
    done = threading.Event()
    go_on = threading.Event()

    def number():
        value = next(numbers)
        if value:
            go_on.wait(10)
            done.set()
        return value

    answer = cached(cache=Cache(clock=clock), lifetime_s=100, refresh_s=10)(number)
    assert answer() == 0
    clock.pass_s(10)
    assert [answer(), answer(), answer()] == [0, 0, 0]
    go_on.set()
    assert done.wait(10)
    pause = threading.Event()
    while answer() == 0:
        pause.wait(0.005)
    assert answer() == 1
    assert next(numbers) == 2
    assert answer.cache.get_stats()["refreshes"] == 1


def test_a_stale_answer_is_refreshed_by_a_task_of_the_loop(clock):
    numbers = iter(range(10))

    @cached(cache=Cache(clock=clock), lifetime_s=100, refresh_s=10)
    async def answer():
        await asyncio.sleep(0)
        return next(numbers)

    async def main():
        first = await answer()
        clock.pass_s(10)
        stale = [await answer(), await answer()]
        await asyncio.gather(*answer.cache.background._tasks)
        return first, stale, await answer()

    assert asyncio.run(main()) == (0, [0, 0], 1)


def test_a_refresh_that_fails_leaves_the_old_answer_and_backs_off(clock):
    cache = Cache(clock=clock)
    calls = []

    @cached(cache=cache, lifetime_s=100, refresh_s=10)
    async def answer():
        calls.append(clock.now)
        if len(calls) > 1:
            raise OSError("source is down")
        return "old"

    async def ask():
        value = await answer()
        await asyncio.gather(*cache.background._tasks)
        return value

    async def main():
        await ask()
        clock.pass_s(10)
        for _ in range(40):
            assert await ask() == "old"
            clock.pass_s(1)
        clock.pass_s(60)
        with pytest.raises(OSError, match="down"):
            await ask()

    asyncio.run(main())
    gaps = [round(later - earlier) for earlier, later in pairwise(calls[1:])]
    assert gaps[0] <= 2
    assert gaps == sorted(gaps)
    assert len(calls) < 10
