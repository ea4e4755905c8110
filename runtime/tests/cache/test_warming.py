"""Refresh on a schedule, and predictive warming behind its gate."""

import asyncio
import threading
from random import Random

import pytest
from whet_runtime import Cache, MisuseError, Plan, Warmer
from whet_runtime._steps import drive
from whet_runtime.cache._background import Background
from whet_runtime.cache._gate import Gate
from whet_runtime.cache._models import Guess, Rhythm, Sequence
from whet_runtime.cache._schedule import Refresh, Schedule


class Middle(Random):
    """Jitter that does nothing."""

    def uniform(self, low, high):
        return (low + high) / 2


def test_a_key_is_refreshed_every_interval_until_cancelled(clock):
    cache = Cache(clock=clock)
    schedule = Schedule(lambda _: True, clock)
    schedule._thread = threading.current_thread()  # this test hands out the work itself
    numbers = iter(range(10))
    refresh = cache._new_refresh("k", lambda: next(numbers), 60.0, Plan())
    schedule.add(refresh)
    assert schedule.take_due() == []
    clock.pass_s(60)
    assert schedule.take_due() == [refresh]
    schedule.run_one(refresh)
    assert (cache.get("k"), refresh.done) == (0, 1)
    clock.pass_s(60)
    refresh.cancel()
    assert schedule.take_due() == []
    schedule.run_one(refresh)
    assert (refresh.done, cache.refreshes) == (1, [])


def test_the_wait_doubles_after_each_failure_and_the_old_value_stays(clock):
    cache = Cache(clock=clock)
    cache.set("k", "old")

    def fail():
        raise OSError("source is down")

    refresh = cache._new_refresh("k", fail, 60.0, Plan())
    refresh._random = Middle()
    waits = []
    for _ in range(4):
        refresh.run()
        waits.append(refresh.wait_s())
    assert waits == [120, 240, 480, 960]
    assert cache.get("k") == "old"
    refresh.note(well=True)
    assert refresh.wait_s() == 60


def test_a_scheduled_refresh_runs_by_itself():
    cache = Cache()
    loaded = threading.Event()
    numbers = iter(range(100_000))

    def load():
        value = next(numbers)
        if value:
            loaded.set()
        return value

    refresh = cache.refresh_every("k", load, 0.01)
    assert loaded.wait(20)
    assert cache.refreshes == [refresh]
    cache.close()
    assert refresh.cancelled


def test_a_scheduled_refresh_runs_as_a_task():
    async def main():
        cache = Cache()
        done = asyncio.Event()

        def load():
            done.set()
            return "value"

        refresh = await cache.arefresh_every("k", load, 0.001)
        await done.wait()
        await asyncio.sleep(0)
        value = cache.get("k")
        refresh.cancel()
        with pytest.raises(asyncio.CancelledError):
            await refresh._task
        return value

    assert asyncio.run(main()) == "value"


def test_an_interval_must_be_above_zero():
    with pytest.raises(MisuseError, match="interval_s=0"):
        Refresh("k", 0, lambda: iter(()), Random())


def test_background_work_is_bounded():
    background = Background()
    go_on = threading.Event()
    last = threading.Event()
    done = []

    def work():
        go_on.wait(10)
        done.append(1)
        if len(done) == taken:
            last.set()

    taken = 400
    taken = sum(background.submit(work) for _ in range(400))
    assert taken < 400
    assert background.refused == 400 - taken
    go_on.set()
    assert last.wait(10)


def test_a_sequence_predicts_what_followed_often_and_says_how_sure_it_is():
    model = Sequence(2)
    model.note("a", "b")
    assert model.predict("a") == Guess("b", sure=False)
    model.note("a", "b")
    assert model.predict("a") == Guess("b", sure=True)
    for other in "cdefgh":
        model.note("a", other)
    assert model.predict("a") in {Guess("b", sure=False), None}
    model.note("x", "y")
    model.note("z", "y")
    assert model.predict("a") is None


def test_even_intervals_and_times_of_day_are_predicted_after_more_than_ten_accesses():
    rhythm = Rhythm(least_accesses=10)
    for turn in range(10):
        rhythm.note("even", turn * 100.0)
    assert rhythm.predict("even", 950.0) is None
    rhythm.note("even", 1_000.0)
    assert rhythm.predict("even", 1_010.0) == 1_100.0
    day, nine = 86_400.0, 9 * 3_600.0
    for number in range(6):
        for second in (nine, nine + 60):
            rhythm.note("daily", number * day + second)
    assert rhythm.predict("daily", 6 * day) == 6 * day + nine
    assert rhythm.due(6 * day + nine - 200, 300.0) == ["daily"]
    assert rhythm.due(6 * day + nine - 3_600, 300.0) == []
    random = Random(1)
    for _ in range(30):
        rhythm.note("any time", random.random() * 40 * day)
    assert rhythm.predict("any time", 41 * day) is None
    for _ in range(20):
        rhythm.note("at once", 5.0)
    assert rhythm.predict("at once", 6.0) is None


def test_models_forget_the_oldest_keys():
    rhythm, sequence = Rhythm(most=5), Sequence(5)
    for number in range(100):
        rhythm.note(number, 0.0)
        sequence.note(number, number + 1)
    assert len(rhythm._times) == len(sequence._followers) == 5


def test_a_gate_opens_when_predictions_come_true_and_closes_when_they_do_not():
    gate = Gate(horizon=5)
    issued = []
    for number in range(100):
        issued.append(gate.admit(number))
        gate.access(number, loaded=True)
    assert issued[:20] == [False] * 20
    assert all(issued[30:])
    for number in range(100, 400):
        issued.append(gate.admit(number))
        gate.access("something else", loaded=True)
    assert not any(issued[-200:])
    figures = gate.statistics()
    assert figures.on is False
    assert figures.unused <= 0.06 * 400 + 2
    for number in range(1_000, 1_300):  # still watched, it comes back
        gate.admit(number)
        gate.access(number, loaded=True)
    assert gate.statistics().on


def test_a_prediction_is_not_loaded_when_there_is_no_room_for_it():
    gate = Gate(horizon=5)
    for number in range(100):
        gate.admit(number)
        gate.access(number, loaded=True)
    assert gate.admit("k", free=False) is False
    assert gate.admit("k") is False  # it is watched already


def here_and_now(cache):
    cache.background.submit = lambda call: call() or True
    return cache


def walk(cache, warmer, rounds=40, length=50):
    """Reads keys in a loop; the misses of each round."""
    misses = []
    for _ in range(rounds):
        before = cache.get_stats()["memory"]["misses"]
        for number in range(length):
            assert warmer.get(number) == str(number)
        misses.append(cache.get_stats()["memory"]["misses"] - before)
    return misses


def test_a_loop_larger_than_the_cache_is_loaded_ahead():
    cache = here_and_now(Cache(20, None))
    misses = walk(cache, Warmer(cache, str))
    assert misses[0] == 50
    assert sum(misses[-5:]) < 0.8 * sum(misses[:5])


def test_random_accesses_cost_nothing_more():
    cache = here_and_now(Cache(50, None))
    warmer = Warmer(cache, str)
    random = Random(5)
    for _ in range(5_000):
        warmer.get(random.randrange(500))
    figures = cache.get_stats()
    assert figures["loads"] <= 1.02 * figures["memory"]["misses"]
    assert warmer.statistics()["sequence"].on is False


def test_warming_pauses_when_it_is_not_allowed():
    cache = here_and_now(Cache(20, None))
    walk(cache, Warmer(cache, str, allowed=lambda: False), rounds=10)
    figures = cache.get_stats()
    assert figures["loads"] == figures["memory"]["misses"]


def test_keys_are_loaded_before_their_time_of_day(clock):
    cache = Cache(clock=clock)
    warmer = Warmer(cache, lambda key: f"value of {key}", clock=clock)
    nine = 9 * 3_600.0
    for day in range(1_000, 1_040):
        clock.wall = 86_400.0 * day + nine - 240
        warmer.warm_due()
        clock.wall += 240
        warmer.get("report")
        cache.memory.clear()
    figures = warmer.statistics()["rhythm"]
    assert figures.on
    assert figures.used > 5
    clock.wall += 86_400.0 - 200
    assert asyncio.run(warmer.awarm_due()) == 1
    assert cache.get("report") == "value of report"


def test_a_loader_that_fails_ahead_of_time_is_counted_and_nobody_is_told():
    cache = here_and_now(Cache())
    warmer = Warmer(cache, lambda _: 1 / 0)
    drive(warmer._start("k"))
    assert warmer.failures == 1


def test_warming_works_in_a_loop():
    async def main():
        cache = Cache(20, None)
        warmer = Warmer(cache, lambda key: asyncio.sleep(0, str(key)))
        for _ in range(10):
            for number in range(50):
                assert await warmer.aget(number, source="session") == str(number)
                await asyncio.gather(*cache.background._tasks)
        return warmer.statistics()["sequence"].used

    assert asyncio.run(main()) > 0


def test_sources_are_bounded():
    warmer = Warmer(Cache(), str)
    for number in range(1_100):
        warmer.get("k", source=number)
    assert len(warmer._previous) == 1_000


def test_the_thread_of_warming_starts_and_ends():
    warmer = Warmer(Cache(), str)
    warmer.start()
    warmer.start()
    assert warmer._thread.is_alive()
    warmer.stop()
    assert warmer._thread is None


def test_numbers_of_warming_must_be_above_zero():
    for setting in ("least_accesses", "ahead_s"):
        with pytest.raises(MisuseError, match=setting):
            Warmer(Cache(), str, **{setting: 0})


def test_a_cache_is_warmed_from_a_list_and_from_the_hottest_keys_of_the_last_run():
    first = Cache()
    for key in "abc":
        first.set(key, key)
    for key in "bbc":
        first.get(key)
    cache = Cache()
    cache.set("b", "there")
    assert cache.warm((key, key.upper) for key in first.hottest(2)) == 1
    assert [cache.get("b"), cache.get("c")] == ["there", "C"]


def test_idle_workers_end_and_come_back(monkeypatch):
    monkeypatch.setattr("whet_runtime.cache._background._IDLE_S", 0.001)
    background = Background()
    for _ in range(3):
        done = threading.Event()
        assert background.submit(done.set)
        assert done.wait(10)
    pause = threading.Event()
    while background._threads:
        pause.wait(0.005)


def test_a_child_process_starts_workers_of_its_own():
    background = Background()
    background._process = -1
    background._threads = 2  # they stayed with the parent
    done = threading.Event()
    assert background.submit(done.set)
    assert done.wait(10)


def test_tasks_in_the_background_are_bounded():
    async def main():
        background = Background()
        started = [background.task(iter(())) for _ in range(300)]
        refused = background.refused
        await asyncio.gather(*background._tasks, return_exceptions=True)
        return sum(started), refused

    assert asyncio.run(main()) == (256, 44)


def test_a_refresh_that_finds_no_worker_is_tried_later():
    tried = threading.Event()

    def submit(_call):
        tried.set()
        return False

    schedule = Schedule(submit)
    refresh = Refresh("k", 0.001, lambda: iter(()), Random())
    schedule.add(refresh)
    assert tried.wait(10)
    refresh.cancel()
    pause = threading.Event()
    while schedule._thread is not None:
        pause.wait(0.005)
    assert refresh.failures >= 1
