"""The gate lets in as many as it may, the first first, and overlooks no departure."""

import gc

import pytest
from whet_runtime.errors import ClosedError, PoolTimeout
from whet_runtime.pool import ConnectionPool, ObjectPool, ObjectPools, SqliteDriver
from whet_runtime.pool._gate import Gate


@pytest.fixture
def gate(clock):
    gate = Gate(1, clock, "gate")
    assert gate.try_enter()
    return gate


def test_a_higher_limit_lets_in_those_who_wait_in_turn(gate):
    tickets = [gate.enqueue() for _ in range(4)]
    gate.resize(3)
    assert [ticket.granted for ticket in tickets] == [True, True, False, False]
    assert (gate.in_use, gate.waiting, gate.peak_in_use) == (3, 2, 3)


def test_a_lower_limit_lets_in_nobody_until_enough_have_left(gate):
    gate.resize(3)
    assert gate.try_enter()
    gate.resize(1)
    ticket = gate.enqueue()
    gate.leave()
    assert not ticket.granted
    gate.leave()
    assert ticket.granted


def test_nobody_overtakes_those_who_wait(gate):
    gate.enqueue()
    gate.limit = 5  # room there would be
    assert not gate.try_enter()


def test_a_turn_that_came_before_anybody_could_be_woken_is_seen(gate):
    ticket = gate.enqueue()
    gate.leave()
    assert not gate.attach(ticket, lambda: pytest.fail("nobody sleeps"))
    assert gate.withdraw(ticket, 0.0)


def test_a_gate_that_closes_wakes_those_who_wait_and_those_about_to(gate):
    woken = []
    waiting, coming = gate.enqueue(), gate.enqueue()
    assert gate.attach(waiting, lambda: woken.append(True))
    gate.close()
    assert woken == [True]
    assert not gate.attach(coming, lambda: None)
    assert not gate.withdraw(waiting, 1.0)
    assert (gate.timeouts, gate.wait_s) == (0, 1.0)
    with pytest.raises(ClosedError):
        gate.enqueue()
    with pytest.raises(ClosedError):
        gate.enter_over()


@pytest.mark.parametrize("operation", ["try_enter", "enqueue", "withdraw", "cancel", "resize"])
def test_a_departure_while_the_gate_is_held_is_noticed_by_the_next_to_use_it(gate, operation):
    mine = gate.enqueue()
    other = gate.enqueue()
    arguments = {"withdraw": (mine, 0.0), "cancel": (mine,), "resize": (1,)}.get(operation, ())
    with gate._lock:
        gate.leave_from_finalizer()
        assert gate.in_use == 1
    getattr(gate, operation)(*arguments)
    if operation in {"withdraw", "cancel"}:
        assert (mine.granted, other.granted) == (False, True)
    else:
        assert (mine.granted, other.granted) == (True, False)
    assert gate.in_use == 1


def renew(*parts):
    """What a fork does to them in the child process."""
    for part in parts:
        part.after_fork()


def test_after_a_fork_objects_of_the_parent_are_neither_used_nor_ended(thing):
    pool = ObjectPool(thing, destroy=thing.end, max_size=2)
    theirs, forgotten = pool.acquire(), pool.acquire()
    values = [theirs.value, forgotten.value]
    idle = ObjectPool(thing, destroy=thing.end, min_idle=1)
    idle.warm()
    renew(pool._core, pool._core.gate, idle._core, idle._core.gate)
    theirs.release()
    del forgotten
    gc.collect()
    assert (pool.snapshot().lent, pool.snapshot().lost, pool.snapshot().idle) == (0, 0, 0)
    assert not any(value.ended for value in values)
    idle.close()
    assert idle.snapshot().destroyed == 0


def test_after_a_fork_pools_by_kind_and_of_connections_start_anew(tmp_path):
    kinds = ObjectPools(bytearray)
    with kinds.lend(3):
        pass
    renew(kinds._core, kinds._core.gate)
    assert kinds.snapshot().kinds == 0
    pool = ConnectionPool(SqliteDriver(tmp_path / "a.db"))
    loan = pool.connection()
    loan.__enter__()
    renew(pool._core, pool._core.gate)
    assert loan.__exit__(None, None, None) is None
    assert (pool.snapshot().lent, pool.snapshot().served) == (0, 0)


def test_objects_made_ahead_of_a_pool_that_closes_are_ended(thing):
    pool = None

    def make():
        pool.close()
        return thing()

    pool = ObjectPool(make, destroy=thing.end)
    pool.warm(3)
    assert (pool.snapshot().created, pool.snapshot().destroyed) == (1, 1)


def test_a_wait_of_no_time_is_refused_at_once(thing):
    pool = ObjectPool(thing, max_size=1)
    with pool.lend(), pytest.raises(PoolTimeout):
        pool.acquire(timeout_s=0)
    assert pool.snapshot().waits == 1
