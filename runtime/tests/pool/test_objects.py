"""Objects are lent, come back and go out again, within bounds, in turn, whatever happens."""

import asyncio
import gc
import os
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from whet_runtime.errors import (
    ClosedError,
    MisuseError,
    PoolExhausted,
    PoolTimeout,
    WrongLoopError,
)
from whet_runtime.pool import AsyncObjectPool, ObjectPool


def waiting(pool, count):
    """Returns once so many callers stand in line."""
    while pool.snapshot().waiting != count:
        threading.Event().wait(0.001)


def test_an_object_that_came_back_is_lent_again(thing):
    pool = ObjectPool(thing)
    with pool.lend() as first:
        pass
    with pool.lend() as second:
        assert second is first
    snapshot = pool.snapshot()
    assert (snapshot.hits, snapshot.misses, snapshot.created) == (1, 1, 1)
    assert snapshot.hit_rate == 0.5


def test_the_hit_rate_is_unknown_before_anybody_asked(thing):
    assert ObjectPool(thing).snapshot().hit_rate is None


def test_the_last_to_come_back_is_the_first_to_go_out(thing):
    pool = ObjectPool(thing)
    older, newer = pool.acquire(), pool.acquire()
    older.release()
    newer.release()
    assert pool.acquire().value is newer.value


def test_ten_idle_objects_are_kept_unless_told_otherwise(thing):
    pool = ObjectPool(thing, max_size=15)
    leases = [pool.acquire() for _ in range(15)]
    for lease in leases:
        lease.release()
    assert (pool.snapshot().idle, pool.snapshot().destroyed) == (10, 5)


def test_at_the_bound_a_caller_waits_no_longer_than_its_time(thing):
    pool = ObjectPool(thing, max_size=1, name="printers")
    lease = pool.acquire()
    with pytest.raises(PoolTimeout, match=r"printers: nothing became free .* 1 of 1 are lent"):
        pool.acquire(timeout_s=0.01)
    assert pool.snapshot().timeouts == 1
    lease.release()
    assert pool.acquire(timeout_s=0).value is lease.value


def test_at_the_bound_one_more_is_made_where_that_was_chosen(thing):
    pool = ObjectPool(thing, max_size=1, at_bound="grow")
    with pool.lend() as first, pool.lend() as second:
        assert first is not second
    snapshot = pool.snapshot()
    assert (snapshot.grown, snapshot.idle, snapshot.destroyed) == (1, 1, 1)


def test_at_the_bound_a_caller_is_refused_where_that_was_chosen(thing):
    pool = ObjectPool(thing, max_size=1, at_bound="fail")
    with pool.lend(), pytest.raises(PoolExhausted, match="all 1 objects are lent"):
        pool.acquire()
    assert pool.snapshot().refused == 1


def test_whoever_waited_longest_is_next_thread_or_task(thing):
    pool = ObjectPool(thing, max_size=1)
    order = []

    def borrow(name):
        with pool.lend():
            order.append(name)

    async def borrow_in_task(name):
        async with pool.lend():
            order.append(name)

    async def play():
        lease = pool.acquire()
        jobs = []
        for name in range(6):
            if name % 2:
                jobs.append(asyncio.create_task(borrow_in_task(name)))
            else:
                jobs.append(asyncio.create_task(asyncio.to_thread(borrow, name)))
            while pool.snapshot().waiting != name + 1:  # noqa: ASYNC110  (threads wait too)
                await asyncio.sleep(0.001)
        lease.release()
        await asyncio.gather(*jobs)

    asyncio.run(play())
    assert order == list(range(6))


def test_objects_are_made_ahead(thing):
    with ObjectPool(thing, min_idle=3) as pool:
        assert pool.snapshot().idle == 3
        with pool.lend():
            pass
        pool.warm(100)
        snapshot = pool.snapshot()
        assert (snapshot.idle, snapshot.hits, snapshot.misses) == (10, 1, 0)


def test_an_idle_object_that_is_not_valid_is_replaced(thing):
    pool = ObjectPool(thing, validate=lambda each: not each.ended, destroy=thing.end)
    with pool.lend() as first:
        pass
    first.ended = True
    with pool.lend() as second:
        assert second is not first
    assert (pool.snapshot().invalid, pool.snapshot().destroyed) == (1, 1)


def test_an_object_is_asked_for_validity_only_after_idling(thing, clock):
    asked = []
    pool = ObjectPool(
        thing, validate=lambda each: not asked.append(each), validate_after_s=30, clock=clock
    )
    for passes_s in (29, 31):
        with pool.lend():
            pass
        clock.now_s += passes_s
    with pool.lend():
        assert len(asked) == 1


def test_a_validation_that_raises_counts_as_no(thing):
    pool = ObjectPool(thing, validate=lambda each: each.missing)
    for _ in range(2):
        with pool.lend():
            pass
    snapshot = pool.snapshot()
    assert (snapshot.invalid, snapshot.callback_errors, snapshot.created) == (1, 1, 2)


def test_an_object_is_reset_before_the_next_borrower():
    pool = ObjectPool(lambda: bytearray(b"secret"), reset=bytearray.clear)
    with pool.lend() as buffer:
        assert buffer == b"secret"
    with pool.lend() as again:
        assert again is buffer
        assert again == b""


def test_an_object_that_cannot_be_reset_is_destroyed_and_the_borrower_is_spared(thing):
    def fail(_):
        raise OSError

    pool = ObjectPool(thing, reset=fail, destroy=fail)
    with pool.lend():
        pass
    snapshot = pool.snapshot()
    assert (snapshot.idle, snapshot.lent, snapshot.callback_errors) == (0, 0, 2)


def test_a_block_that_fails_spoils_its_object_unless_there_is_a_reset(thing):
    for reset, kept in ((None, 0), (lambda _: None, 1)):
        pool = ObjectPool(thing, reset=reset)
        with pytest.raises(KeyError), pool.lend():
            raise KeyError
        assert pool.snapshot().idle == kept
        assert pool.snapshot().lent == 0


def test_a_discarded_object_does_not_come_back(thing):
    pool = ObjectPool(thing, destroy=thing.end)
    lease = pool.acquire()
    lease.discard()
    assert lease.value.ended
    assert (pool.snapshot().idle, pool.snapshot().lent) == (0, 0)


def test_an_object_beyond_its_lifetime_is_replaced_out_or_idle(thing, clock):
    pool = ObjectPool(thing, max_lifetime_s=100, lifetime_jitter=0, clock=clock)
    with pool.lend() as first:
        pass
    clock.now_s += 100
    with pool.lend() as second:
        assert second is not first
        clock.now_s += 100
    assert (pool.snapshot().idle, pool.snapshot().expired) == (0, 2)


def test_lifetimes_differ_so_that_objects_do_not_end_together(thing, clock):
    pool = ObjectPool(thing, min_idle=10, max_lifetime_s=100, lifetime_jitter=0.5, clock=clock)
    pool.warm()
    clock.now_s += 75
    leases = [pool.acquire() for _ in range(10)]
    assert 0 < pool.snapshot().expired < 10
    assert len(leases) == 10


def test_objects_idle_for_too_long_end_but_for_those_kept_ahead(thing, clock):
    pool = ObjectPool(thing, min_idle=2, max_idle_s=60, clock=clock)
    leases = [pool.acquire() for _ in range(5)]
    for lease in leases:
        lease.release()
    clock.now_s += 61
    with pool.lend():
        assert pool.snapshot().expired == 5
    pool.warm(5)
    clock.now_s += 61
    pool.acquire().release()
    assert pool.snapshot().idle <= 2


def test_a_failure_to_make_an_object_reaches_the_caller_and_frees_the_place(thing):
    answers = [OSError("no more"), thing]

    def make():
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer()

    pool = ObjectPool(make, max_size=1)
    with pytest.raises(OSError, match="no more"):
        pool.acquire()
    assert isinstance(pool.acquire(timeout_s=0).value, thing)


def test_lent_objects_can_be_seen_with_who_has_them_since_when_and_where(thing, clock):
    pool = ObjectPool(thing, clock=clock, name="printers")
    lease = pool.acquire()
    clock.now_s += 90
    (lent,) = pool.lent()
    assert (lent.value, lent.held_s, lent.borrower) == (lease.value, 90, "MainThread")
    assert __file__ in lent.stack[0]
    assert lent.stack[0].endswith(
        "in test_lent_objects_can_be_seen_with_who_has_them_since_when_and_where"
    )
    report = pool.leak_report(after_s=60)
    assert report.startswith("printers: 1 lent, 0 lost\n  held 90.000 s by MainThread\n")
    assert "1 lent" not in pool.leak_report(after_s=91)
    lease.release()


def test_a_task_is_named_in_the_report(thing):
    pool = ObjectPool(thing)

    async def borrow():
        async with pool.lend():
            return pool.lent()[0].borrower

    async def play():
        return await asyncio.create_task(borrow(), name="checkout 7")

    assert asyncio.run(play()) == "MainThread, checkout 7"


def test_without_a_stack_nothing_is_remembered_of_the_borrower(thing):
    pool = ObjectPool(thing, stack_depth=0)
    with pool.lend():
        assert pool.lent()[0][2:] == ("", ())


def test_a_forgotten_object_frees_its_place_and_is_reported(thing):
    pool = ObjectPool(thing, max_size=1)
    value = pool.acquire().value  # the lease is gone at once
    gc.collect()
    with pool.lend(timeout_s=0) as other:
        assert other is not value
    assert pool.snapshot().lost == 1
    assert "1 lost" in pool.leak_report()


def test_a_forgotten_object_lets_the_next_in_line_go_on(thing):
    pool = ObjectPool(thing, max_size=1)
    lease = [pool.acquire()]
    got = []
    thread = threading.Thread(target=lambda: got.append(pool.acquire(timeout_s=10)))
    thread.start()
    waiting(pool, 1)
    lease.clear()
    gc.collect()
    thread.join(10)
    assert len(got) == 1


def test_a_place_lost_while_the_gate_is_held_is_not_overlooked(thing):
    pool = ObjectPool(thing, max_size=1)
    lease = pool.acquire()
    with pool._core.gate._lock:  # a finalizer may run at any line of the holder
        del lease
        gc.collect()
    assert pool.acquire(timeout_s=0).value


def test_an_object_is_given_back_once(thing):
    pool = ObjectPool(thing)
    lease = pool.acquire()
    lease.release()
    with pytest.raises(MisuseError, match="given back before"):
        lease.release()
    assert pool.snapshot().lent == 0


def test_a_lease_is_a_block_too(thing):
    pool = ObjectPool(thing)
    with pool.acquire() as value:
        assert isinstance(value, thing)
    assert pool.snapshot().idle == 1


def test_a_closed_pool_says_so_to_those_who_ask_and_those_who_wait(thing):
    pool = ObjectPool(thing, max_size=1, destroy=thing.end, name="printers")
    lease = pool.acquire()
    errors = []

    def wait():
        try:
            pool.acquire()
        except ClosedError as error:
            errors.append(str(error))

    thread = threading.Thread(target=wait)
    thread.start()
    waiting(pool, 1)
    pool.close()
    thread.join(10)
    assert errors == ["printers: the pool was closed during the wait. Make a new one"]
    with pytest.raises(ClosedError, match=r"printers: the pool was closed\. Make a new one"):
        pool.acquire()
    lease.release()
    assert lease.value.ended


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_size": 0}, "max_size=0: the bounds must rise"),
        ({"max_size": 5, "max_idle": 6}, "max_idle=6, max_size=5"),
        ({"min_idle": -1}, "min_idle=-1"),
        ({"at_bound": "explode"}, "at_bound='explode'"),
        ({"lifetime_jitter": 1}, "share of the lifetime"),
        ({"timeout_s": -1}, "timeout_s=-1: a time cannot be negative"),
        ({"stack_depth": -1}, "stack_depth=-1"),
        ({"size": 3}, "option 'size': a pool has no such option"),
    ],
)
def test_options_that_can_never_work_are_refused(thing, options, message):
    with pytest.raises(MisuseError, match=message):
        ObjectPool(thing, **options)


def test_a_pool_for_threads_refuses_coroutine_functions():
    async def make():
        return 1

    with pytest.raises(MisuseError, match="Use the asynchronous pool"):
        ObjectPool(make).acquire()


def test_a_pool_of_threads_and_tasks_never_lends_too_many_and_loses_none(thing):
    pool = ObjectPool(thing, max_size=3, reset=lambda _: None)
    out, most = set(), []

    def use(value):
        assert value not in out
        out.add(value)
        most.append(len(out))

    def in_thread():
        for _ in range(60):
            with pool.lend() as value:
                use(value)
                out.discard(value)

    async def in_task():
        async with pool.lend() as value:
            use(value)
            try:
                await asyncio.sleep(0)
            finally:
                out.discard(value)

    async def play():
        threads = [threading.Thread(target=in_thread) for _ in range(4)]
        tasks = [asyncio.create_task(in_task()) for _ in range(150)]
        for thread in threads:
            thread.start()
        await asyncio.sleep(0)
        for task in tasks[::3]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(lambda: [thread.join() for thread in threads])

    asyncio.run(play())
    snapshot = pool.snapshot()
    assert max(most) <= 3
    assert (snapshot.lent, snapshot.waiting, snapshot.lost) == (0, 0, 0)
    assert snapshot.idle == snapshot.created <= 3


def test_a_cancelled_wait_leaves_the_line_and_passes_on_a_turn_that_had_come(thing):
    async def play():
        pool = ObjectPool(thing, max_size=1)
        lease = pool.acquire()
        first = asyncio.create_task(pool.acquire_async())
        second = asyncio.create_task(pool.acquire_async())
        while pool.snapshot().waiting != 2:  # noqa: ASYNC110  (the pool's own count)
            await asyncio.sleep(0)
        lease.release()  # the turn of the first has come
        first.cancel()  # and it will never take it
        assert (await asyncio.wait_for(second, 10)).value is lease.value
        with pytest.raises(asyncio.CancelledError):
            await first
        return pool.snapshot()

    snapshot = asyncio.run(play())
    assert snapshot.waiting == 0


def test_a_turn_for_an_event_loop_that_has_closed_goes_to_the_next(thing):
    pool = ObjectPool(thing, max_size=1)
    lease = pool.acquire()
    loop = asyncio.new_event_loop()
    task = loop.create_task(pool.acquire_async())
    loop.run_until_complete(asyncio.sleep(0))
    assert pool.snapshot().waiting == 1
    loop.close()
    lease.release()
    assert pool.acquire(timeout_s=0).value is lease.value
    task._log_destroy_pending = False


def test_a_child_process_starts_anew_and_leaves_the_parents_objects_alone(thing):
    ended = []
    pool = ObjectPool(thing, max_size=2, destroy=ended.append)
    lease = pool.acquire()
    pool.acquire().release()
    theirs = {lease.value.number}
    child = os.fork()
    if not child:
        code = 1
        try:
            with pool.lend(0) as mine, pool.lend(0) as other:
                fresh = mine.number not in theirs and other.number not in theirs
            lease.release()  # the parent's: it comes back there, not here
            pool.close()
            good = fresh and lease.value not in ended and pool.snapshot().created == 4
            code = 0 if good else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    lease.release()
    assert pool.snapshot().idle == 2


def async_pool(**options):
    async def make():
        await asyncio.sleep(0)
        return object()

    return AsyncObjectPool(make, **options)


def test_an_asynchronous_pool_awaits_its_callbacks():
    seen = []

    def note(what):
        async def callback(_):
            await asyncio.sleep(0)
            seen.append(what)
            return True

        return callback

    async def play():
        callbacks = {name: note(name) for name in ("validate", "reset", "destroy")}
        async with async_pool(min_idle=1, **callbacks) as pool:
            async with pool.lend():
                pass
            lease = await pool.acquire()
            await lease.discard()
            async with await pool.acquire():
                pass
            await (await pool.acquire()).release()

    asyncio.run(play())
    assert seen == ["validate", "reset", "validate", "destroy", "reset", "validate", "reset",
                    "destroy"]  # fmt: skip


def test_an_asynchronous_pool_belongs_to_one_event_loop():
    pool = async_pool(name="sockets")

    async def borrow():
        async with pool.lend() as value:
            return value

    asyncio.run(borrow())
    with pytest.raises(WrongLoopError, match="sockets: its objects belong to another event loop"):
        asyncio.run(borrow())


@pytest.mark.parametrize("stage", ["make", "validate", "reset"])
def test_cancellation_at_any_stage_leaves_no_object_out_and_no_place_taken(stage):
    async def play():
        reached, go_on, ended = asyncio.Event(), asyncio.Event(), []

        async def block(_=None):
            reached.set()
            await go_on.wait()
            return True

        async def make():
            if stage == "make":
                await block()
            return object()

        async def end(value):
            ended.append(value)

        callbacks = {stage: block} if stage != "make" else {}
        pool = AsyncObjectPool(make, max_size=1, destroy=end, **callbacks)

        async def use():
            async with pool.lend():
                pass

        if stage == "validate":
            await use()
        task = asyncio.create_task(use())
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()
        assert len(ended) == (stage != "make")
        assert (pool.snapshot().lent, pool.snapshot().idle) == (0, 0)
        await pool.acquire(timeout_s=0)

    asyncio.run(play())


def test_a_task_that_never_runs_again_frees_its_place(thing):
    """Its generator is closed, when nothing can be waited for any more."""

    async def stuck(_):
        await asyncio.Event().wait()

    loop = asyncio.new_event_loop()
    pool = AsyncObjectPool(thing, max_size=1, reset=stuck)

    async def use():
        async with pool.lend():
            pass

    coroutine = use()
    task = loop.create_task(coroutine)
    loop.run_until_complete(asyncio.sleep(0))
    loop.run_until_complete(asyncio.sleep(0))
    assert pool.snapshot().lent == 1
    task._log_destroy_pending = False
    loop.close()
    coroutine.close()
    assert pool.snapshot().lent == 0


class PoolMachine(RuleBasedStateMachine):
    """Whatever is borrowed, given back, spoiled or forgotten: the books are right."""

    def __init__(self):
        super().__init__()
        self.pool = ObjectPool(object, max_size=4, max_idle=3)
        self.leases = []

    @rule()
    def borrow(self):
        if len(self.leases) < 4:
            self.leases.append(self.pool.acquire(timeout_s=0))
        else:
            with pytest.raises(PoolTimeout):
                self.pool.acquire(timeout_s=0)

    @rule(which=st.integers(0, 3), how=st.sampled_from(["release", "discard", "forget"]))
    def give_back(self, which, how):
        if which < len(self.leases):
            lease = self.leases.pop(which)
            if how != "forget":
                getattr(lease, how)()
            del lease

    @rule(count=st.integers(0, 5))
    def warm(self, count):
        self.pool.warm(count)

    @invariant()
    def books_are_right(self):
        snapshot = self.pool.snapshot()
        assert snapshot.lent == len(self.leases) == len(self.pool.lent())
        assert len({id(lease.value) for lease in self.leases}) == len(self.leases)
        assert snapshot.idle <= 3
        assert snapshot.idle + snapshot.lent <= 4
        made = snapshot.idle + snapshot.lent + snapshot.destroyed + snapshot.lost
        assert made == snapshot.created


TestPoolMachine = PoolMachine.TestCase
TestPoolMachine.settings = settings(deadline=None, max_examples=30)


@settings(deadline=None)
@given(st.lists(st.sampled_from("+-"), max_size=30), st.integers(1, 4))
def test_the_peak_is_the_most_that_were_out_at_once(moves, bound):
    pool = ObjectPool(object, max_size=bound, at_bound="grow")
    leases, peak = [], 0
    for move in moves:
        if move == "+":
            leases.append(pool.acquire())
        elif leases:
            leases.pop().release()
        peak = max(peak, len(leases))
    assert pool.snapshot().peak_lent == peak
