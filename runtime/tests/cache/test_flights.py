"""One load for all who ask: threads, tasks, both at once; errors, cancellation, circles."""

import asyncio
import threading

import pytest
from whet_runtime.cache import Cache, Plan, cached
from whet_runtime.errors import ClosedError, LoadCycleError, MisuseError


class Source:
    """Something slow that counts its calls; all callers meet in it before it answers."""

    def __init__(self, answer="value"):
        self.calls = 0
        self.answer = answer
        self.entered = threading.Event()
        self.released = threading.Event()

    def load(self):
        self.calls += 1
        self.entered.set()
        assert self.released.wait(20)
        return self.answer


def wait_until(condition):
    pause = threading.Event()
    for _ in range(2_000):
        if condition():
            return
        pause.wait(0.005)
    raise AssertionError("did not happen within ten seconds")


def waiting(cache, key="k"):
    flight = cache._core.flights._by_key.get(key)
    return 0 if flight is None else len(flight._wake)


def test_forty_threads_cause_one_load(at_once):
    cache, source = Cache(), Source(None)

    def release():
        wait_until(lambda: waiting(cache) == 39)
        source.released.set()

    def ask():
        return cache.get_or_load("k", source.load)

    results = at_once(release, *[ask] * 40)
    assert results[1:] == [None] * 40
    assert source.calls == 1


def test_forty_tasks_cause_one_load():
    calls = []

    @cached
    async def answer(number):
        calls.append(number)
        await asyncio.sleep(0.01)
        return 0

    async def main():
        return await asyncio.gather(*[answer(1) for _ in range(40)])

    assert asyncio.run(main()) == [0] * 40
    assert calls == [1]


def test_threads_and_tasks_of_two_loops_wait_for_one_load(at_once):
    cache, source = Cache(), Source()

    def ask():
        return cache.get_or_load("k", source.load)

    def loop():
        async def main():
            load = lambda: asyncio.to_thread(source.load)  # noqa: E731
            return await asyncio.gather(*[cache.aget_or_load("k", load) for _ in range(10)])

        return asyncio.run(main())

    def release():
        wait_until(lambda: waiting(cache) == 39)
        source.released.set()

    results = at_once(release, loop, loop, *[ask] * 20)
    assert results[1:3] == [["value"] * 10] * 2
    assert results[3:] == ["value"] * 20
    assert source.calls == 1


def test_an_error_reaches_all_who_wait_and_is_not_kept(at_once):
    cache, source = Cache(), Source()

    def fail():
        source.load()
        raise LookupError("gone")

    def ask():
        with pytest.raises(LookupError, match="gone"):
            cache.get_or_load("k", fail)

    def release():
        wait_until(lambda: waiting(cache) == 9)
        source.released.set()

    at_once(release, *[ask] * 10)
    assert source.calls == 1
    assert cache.get_or_load("k", lambda: 5) == 5
    assert cache.get_stats()["load_errors"] == 1


@pytest.mark.parametrize("error", [StopIteration, KeyError])
def test_whatever_a_loader_raises_arrives_as_it_is(error):
    def fail():
        raise error("x")

    with pytest.raises((error, RuntimeError)):
        Cache().get_or_load("k", fail)


def test_when_the_leading_task_is_cancelled_another_leads():
    calls = []

    async def main():
        cache = Cache()
        go_on = asyncio.Event()

        async def load():
            calls.append(1)
            await go_on.wait()
            return "late"

        leader = asyncio.create_task(cache.aget_or_load("k", load))
        await asyncio.sleep(0)
        others = [asyncio.create_task(cache.aget_or_load("k", load)) for _ in range(5)]
        await asyncio.sleep(0)
        leader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leader
        go_on.set()
        return await asyncio.gather(*others), len(cache._core.flights)

    assert asyncio.run(main()) == (["late"] * 5, 0)
    assert len(calls) == 2


def test_when_a_waiting_task_is_cancelled_the_load_goes_on():
    async def main():
        cache = Cache()
        go_on = asyncio.Event()

        async def load():
            await go_on.wait()
            return 1

        leader = asyncio.create_task(cache.aget_or_load("k", load))
        await asyncio.sleep(0)
        waiter = asyncio.create_task(cache.aget_or_load("k", load))
        await asyncio.sleep(0)
        waiter.cancel()
        go_on.set()
        assert await leader == 1
        assert waiter.cancelled() or ((await asyncio.wait([waiter])) and waiter.cancelled())

    asyncio.run(main())


def test_an_interrupted_load_leaves_nothing_behind():
    cache = Cache()

    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.get_or_load("k", interrupted)
    assert cache.get_or_load("k", lambda: 1) == 1


def test_a_loader_that_asks_for_its_own_key_gets_one_clear_error():
    cache = Cache()

    def load():
        return cache.get_or_load("k", load)

    with pytest.raises(LoadCycleError, match="asks the cache for the same key"):
        cache.get_or_load("k", load)

    async def aload():
        return await cache.aget_or_load("k", aload)

    with pytest.raises(LoadCycleError):
        asyncio.run(cache.aget_or_load("k", aload))


def test_loaders_may_use_the_cache_for_other_keys():
    @cached
    def fibonacci(number):
        return number if number < 2 else fibonacci(number - 1) + fibonacci(number - 2)

    assert fibonacci(60) == 1_548_008_755_920
    assert fibonacci.cache.get_stats()["loads"] == 61


def test_two_loads_that_need_each_other_do_not_wait_for_ever(at_once):
    cache = Cache()
    met = threading.Barrier(2)

    def load(mine, other):
        def inner():
            met.wait(10)
            return cache.get_or_load(other, lambda: f"{other} alone") + mine

        return lambda: cache.get_or_load(mine, inner)

    results = at_once(load("a", "b"), load("b", "a"))
    assert any("alone" in result for result in results)


def test_a_blocking_call_in_the_loop_of_the_leading_task_loads_on_its_own():
    async def main():
        cache = Cache()
        go_on = asyncio.Event()

        async def slow():
            await go_on.wait()
            return "by the task"

        leader = asyncio.create_task(cache.aget_or_load("k", slow))
        await asyncio.sleep(0)
        blocking = cache.get_or_load("k", lambda: "here")
        go_on.set()
        return blocking, await leader

    assert asyncio.run(main()) == ("here", "by the task")


def test_an_asynchronous_loader_in_a_synchronous_call_is_refused():
    async def load():
        return 1

    with pytest.raises(MisuseError, match="aget_or_load"):
        Cache().get_or_load("k", load)


def test_one_cache_serves_several_loops_one_after_the_other():
    @cached
    async def answer(number):
        return number + 1

    assert [asyncio.run(answer(1)), asyncio.run(answer(1)), asyncio.run(answer(2))] == [2, 2, 3]
    assert answer.cache.get_stats()["loads"] == 2


def test_a_plain_function_may_load_in_a_loop():
    assert asyncio.run(Cache().aget_or_load("k", lambda: 3)) == 3


def test_a_closed_cache_refuses_to_load():
    cache = Cache()
    cache.set("k", 1)
    cache.close()
    assert cache.get("k") is None
    for use in (lambda: cache.get_or_load("k", int), lambda: cache.set("k", 1)):
        with pytest.raises(ClosedError, match="Make a new one"):
            use()
    with pytest.raises(ClosedError):
        asyncio.run(cache.aget_or_load("k", int))


# The race of a load with an invalidation.


@pytest.mark.parametrize(
    "overtake",
    [
        lambda cache: cache.delete("k"),
        lambda cache: cache.invalidate("t"),
        lambda cache: cache.invalidate("told by the value"),
        lambda cache: cache.clear(),
        lambda cache: asyncio.run(cache.adelete("k")),
        lambda cache: asyncio.run(cache.ainvalidate("t", "u")),
        lambda cache: asyncio.run(cache.aclear()),
    ],
)
def test_what_was_loaded_before_an_invalidation_is_not_stored_after_it(overtake):
    cache = Cache()
    plan = Plan(tags=("t",), tags_of=lambda _: ["told by the value"])

    def load():
        overtake(cache)
        return "old"

    assert cache.get_or_load("k", load, plan) == "old"
    assert cache.get("k") is None
    assert cache.get_stats()["loads_overtaken"] == 1
    assert cache.get_or_load("k", lambda: "new", plan) == "new"
    assert cache.get("k") == "new"


def test_who_asks_after_an_invalidation_does_not_get_what_was_loading_before_it(at_once):
    cache, source = Cache(), Source("old")
    plan = Plan(tags=("t",))

    def early():
        return cache.get_or_load("k", source.load, plan)

    def late():
        assert source.entered.wait(10)
        cache.invalidate("t")
        try:
            return cache.get_or_load("k", lambda: "new", plan)
        finally:
            source.released.set()

    assert at_once(early, late) == ["old", "new"]
    assert cache.get("k") == "new"


def test_an_explicit_set_wins_over_a_load_in_progress():
    cache = Cache()

    def load():
        cache.set("k", "set")
        return "loaded"

    assert cache.get_or_load("k", load) == "loaded"
    assert cache.get("k") == "set"


def test_other_invalidations_do_not_disturb_a_load():
    cache = Cache()

    def load():
        cache.invalidate("other")
        cache.delete("other")
        return 1

    cache.get_or_load("k", load, Plan(tags=("t",)))
    assert cache.get("k") == 1


def test_very_many_invalidations_during_a_load_are_not_all_remembered():
    cache = Cache()

    def load():
        for number in range(10_001):
            cache._core.flights.note(tags=[f"t{number}"])
        assert len(cache._core.flights._tags) <= 10_000
        return 1

    assert cache.get_or_load("k", load) == 1
    assert cache.get("k") is None  # too many to tell: on the safe side


@pytest.mark.parametrize("by_tag", [True, False])
def test_no_reader_ever_sees_a_value_from_before_a_finished_invalidation(at_once, by_tag):
    cache = Cache(lifetime_s=None)
    truth = [0]
    floor = [0]
    plan = Plan(tags=("t",))

    def write():
        for number in range(1, 400):
            truth[0] = number
            if by_tag:
                cache.invalidate("t")
            else:
                cache.delete("k")
            floor[0] = number

    def read():
        for _ in range(600):
            at_least = floor[0]
            assert cache.get_or_load("k", lambda: truth[0], plan) >= at_least

    at_once(write, read, read, read)
    assert cache.get_or_load("k", lambda: truth[0], plan) == 399
    assert len(cache._core.flights) == 0


def test_a_child_forgets_the_loads_of_other_threads_of_its_parent(at_once):
    flights = Cache()._core.flights
    mine, _ = flights.join("mine")
    (theirs,) = at_once(lambda: flights.join("theirs")[0])
    flights.before_fork()
    flights.after_fork(in_child=False)
    assert len(flights) == 2
    theirs.owner = theirs.owner._replace(thread=-1)
    flights.before_fork()
    flights.after_fork(in_child=True)
    assert flights.join("mine") == (mine, False)
    assert flights.join("theirs")[1] is True


def test_a_waiting_loop_that_was_closed_is_not_told():
    cache = Cache()
    flight, _ = cache._core.flights.join("k")

    async def wait():
        task = asyncio.create_task(cache.aget_or_load("k", int))
        await asyncio.sleep(0)
        return task

    flight.owner = flight.owner._replace(thread=-1)
    asyncio.run(wait())
    cache._core.flights.end(flight, 1, "value")
    assert len(cache._core.flights) == 0


def test_both_colors_find_what_is_kept():
    cache = Cache()
    cache.set("k", 1)

    async def main():
        found = [await cache.aget("k"), await cache.aget_or_load("k", int)]
        await cache.aset("j", 2)
        return [*found, await cache.aget("j"), await cache.aget("absent", 3)]

    assert asyncio.run(main()) == [1, 1, 2, 3]
    assert cache.get_or_load("k", int) == 1


def test_what_is_read_twice_while_it_lands_is_loaded_once():
    cache = Cache()

    def load():
        cache.memory.set("k", "landed")
        return "mine"

    steps = cache.loading("k", load, Plan())
    cache.memory.set("k", "landed before")
    from whet_runtime._steps import drive

    assert drive(steps) == "landed before"
