"""Objects of each kind are kept apart and share one bound of bytes."""

import asyncio
import os

import pytest
from whet_runtime.errors import ClosedError, MisuseError, WrongLoopError
from whet_runtime.pool import AsyncObjectPools, ObjectPools


def buffers(**options):
    return ObjectPools(bytearray, size_of=len, **options)


def test_kinds_are_kept_apart_and_the_first_has_a_second_made_ahead():
    pools = buffers()
    with pools.lend(10) as ten, pools.lend(20) as twenty:
        assert (len(ten), len(twenty)) == (10, 20)
    snapshot = pools.snapshot()
    assert snapshot.kinds == 2
    assert snapshot.by_kind[10].created == 2
    assert (snapshot.all.created, snapshot.all.hits, snapshot.all.idle_bytes) == (4, 2, 60)
    assert snapshot.by_kind[20].name == "pools[20]"


def test_sixteen_of_a_kind_are_kept_and_more_are_made_when_needed():
    pools = buffers()
    leases = [pools.acquire(10) for _ in range(20)]
    for lease in leases:
        lease.release()
    kind = pools.snapshot().by_kind[10]
    assert (kind.idle, kind.grown, kind.destroyed) == (16, 4, 4)


def test_beyond_the_bytes_the_kind_used_least_recently_gives_way():
    pools = buffers(max_bytes=100, ahead=1)
    for kind in (40, 50):
        with pools.lend(kind):
            pass
    with pools.lend(40):
        pass
    with pools.lend(45):
        pass
    snapshot = pools.snapshot()
    assert sorted(snapshot.by_kind) == [40, 45]
    assert snapshot.all.idle_bytes == 85
    assert snapshot.all.evicted == 1
    assert snapshot.all.created == 3  # what is gone is still counted


def test_objects_kept_ahead_are_not_evicted():
    pools = buffers(max_bytes=0, min_idle=1, ahead=1)
    with pools.lend(10), pools.lend(10):
        pass
    assert pools.snapshot().all.idle == 1


def test_kinds_without_objects_are_forgotten():
    pools = buffers(max_bytes=10, ahead=0)
    for kind in range(20, 1020):
        with pools.lend(kind):
            pass
    assert pools.snapshot().kinds <= 2
    assert pools.snapshot().all.created == 1000


def test_lent_objects_of_all_kinds_can_be_seen():
    pools = buffers()
    with pools.lend(10) as ten, pools.lend(20) as twenty:
        assert {id(each.value) for each in pools.lent()} == {id(ten), id(twenty)}


def test_tasks_borrow_from_the_same_pools():
    pools = buffers()

    async def play():
        async with pools.lend(10) as buffer:
            return len(buffer)

    assert asyncio.run(play()) == 10


def test_asynchronous_pools_await_what_makes_their_objects():
    async def make(size):
        await asyncio.sleep(0)
        return bytearray(size)

    pools = AsyncObjectPools(make)

    async def play():
        async with pools.lend(7) as buffer:
            assert len(buffer) == 7
        lease = await pools.acquire(7)
        await lease.release()
        return pools.snapshot().all.hits

    assert asyncio.run(play()) == 2
    with pytest.raises(WrongLoopError):
        asyncio.run(play())
    asyncio.run(pools.close())


def test_closed_pools_and_bad_arguments_fail_with_one_clear_error():
    pools = buffers(name="buffers")
    with pools.lend(1):
        pass
    with pytest.raises(MisuseError, match=r"kind=\[1\]: it has no hash"):
        pools.acquire([1])
    pools.close()
    with pytest.raises(ClosedError, match="buffers: the pool was closed"):
        pools.acquire(1)
    assert pools.snapshot().all.idle == 0
    with pytest.raises(MisuseError, match="ahead=-1"):
        buffers(ahead=-1)
    with pytest.raises(MisuseError, match="max_idle=3, max_size=2"):
        buffers(max_size=2, max_idle=3)


def test_a_child_process_has_no_objects_of_the_parent():
    pools = buffers()
    with pools.lend(10):
        pass
    child = os.fork()
    if not child:
        code = 1
        try:
            empty = pools.snapshot().kinds == 0
            with pools.lend(10):
                code = 0 if empty else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
