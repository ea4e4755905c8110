"""Connections of real databases: a transaction a block, in turn, within a deadline."""

import asyncio
import os
import threading
import time

import psycopg
import psycopg_pool
import pytest
import sqlalchemy
from sqlalchemy.pool import NullPool
from whet_runtime.errors import (
    ClosedError,
    MisuseError,
    PoolExhausted,
    PoolTimeout,
    WrongLoopError,
)
from whet_runtime.pool import (
    AsyncConnectionPool,
    AsyncPsycopgDriver,
    ConnectionPool,
    FixedLaw,
    PsycopgDriver,
    SqlAlchemyDriver,
    SqliteDriver,
    StepLaw,
    VegasLaw,
)

POSTGRES = "host=127.0.0.1 port=5432 dbname=test user=postgres connect_timeout=3"
URL = "postgresql+psycopg://postgres@127.0.0.1:5432/test"


@pytest.fixture(scope="module")
def server():
    """The PostgreSQL server that some of these tests need; `.ci/run` must not go without it."""
    try:
        psycopg.connect(POSTGRES).close()
    except psycopg.OperationalError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no PostgreSQL on 127.0.0.1: {error}")


@pytest.fixture
def table(server):  # noqa: ARG001  (it must be there)
    """A table of this test's own."""
    name = f"whet_pool_{os.getpid()}"
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f"DROP TABLE IF EXISTS {name}")
        connection.execute(f"CREATE TABLE {name} (n integer)")
        yield name
        connection.execute(f"DROP TABLE {name}")


@pytest.fixture(params=["sqlite3", "psycopg", "sqlalchemy"])
def pool(request, tmp_path):
    """A pool of at most four connections on each driver, with a table there."""
    name = "own" if request.param == "sqlite3" else request.getfixturevalue("table")
    if request.param == "sqlite3":
        driver = SqliteDriver(tmp_path / "app.db", 4)
    elif request.param == "psycopg":
        driver = PsycopgDriver(POSTGRES, 4)
    else:
        engine = sqlalchemy.create_engine(URL, pool_size=4, max_overflow=0)
        driver = SqlAlchemyDriver(engine)
    with ConnectionPool(driver) as made:
        made.table = name
        if request.param == "sqlite3":
            with made.connection() as connection:
                connection.execute("CREATE TABLE own (n integer)")
        yield made


def run(connection, text):
    return connection.execute(sqlalchemy.text(text) if hasattr(connection, "engine") else text)


def rows(pool):
    with pool.connection() as connection:
        return [row[0] for row in run(connection, f"SELECT n FROM {pool.table}").fetchall()]


def test_a_block_is_committed_at_its_end_and_rolled_back_on_an_error(pool):
    with pool.connection() as connection:
        run(connection, f"INSERT INTO {pool.table} VALUES (1)")
    with pytest.raises(KeyError), pool.connection() as connection:  # noqa: PT012  (the block is what fails)
        run(connection, f"INSERT INTO {pool.table} VALUES (2)")
        raise KeyError
    assert rows(pool) == [1]


def test_the_defaults_are_the_vegas_law_within_what_the_driver_gives(pool):
    snapshot = pool.snapshot()
    assert (snapshot.law, snapshot.limit, snapshot.cap) == ("vegas", 4, 4)


def test_threads_share_the_connections_and_none_is_lost(pool):
    def use():
        for _ in range(10):
            with pool.connection() as connection:
                run(connection, "SELECT 1").fetchone()

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    snapshot = pool.snapshot()
    assert snapshot.served >= 80
    assert snapshot.peak_lent <= 4
    assert (snapshot.lent, snapshot.waiting, snapshot.timeouts, snapshot.lost) == (0, 0, 0, 0)
    assert snapshot.held_mean_s > 0


def test_a_connection_that_its_borrower_closed_is_replaced(pool):
    for _ in range(2):
        with (  # noqa: PT012  (the block is what fails)
            pytest.raises(Exception, match=r"closed|transaction"),
            pool.connection() as connection,
        ):
            connection.close()
            run(connection, "SELECT 1")
    with pool.connection() as connection:
        assert run(connection, "SELECT 1").fetchone()[0] == 1
    assert pool.snapshot().lent == 0


def test_a_closed_pool_says_so(pool):
    pool.close()
    with pytest.raises(ClosedError, match="the pool was closed"), pool.connection():
        pass


def test_ten_to_fifty_connections_are_lent_unless_told_otherwise(tmp_path):
    pool = ConnectionPool(SqliteDriver(tmp_path / "a.db"))
    assert pool.snapshot()[1:4] == ("vegas", 10, 50)
    plain = ConnectionPool(SqliteDriver(tmp_path / "a.db"), law=StepLaw(), name="orders")
    assert plain.snapshot()[:4] == ("orders", "steps", 10, 50)


def test_a_law_may_not_lend_more_than_the_driver_gives(tmp_path):
    with pytest.raises(MisuseError, match="cap=50: the driver's own pool ends at 5 connections"):
        ConnectionPool(SqliteDriver(tmp_path / "a.db", 5), law=VegasLaw())
    with pytest.raises(MisuseError, match="deadline_s=-1"):
        ConnectionPool(SqliteDriver(tmp_path / "a.db"), deadline_s=-1)


def test_a_caller_waits_no_longer_than_its_deadline(tmp_path):
    pool = ConnectionPool(SqliteDriver(tmp_path / "a.db"), law=FixedLaw(1), stack_depth=3)
    with pool.connection(), pytest.raises(PoolTimeout, match="1 of 1 are lent"):  # noqa: SIM117
        with pool.connection(deadline_s=0.01):
            pass
    assert pool.snapshot().timeouts == 1


def test_a_caller_whose_turn_would_come_too_late_is_refused_at_once(tmp_path, clock):
    pool = ConnectionPool(SqliteDriver(tmp_path / "a.db"), law=FixedLaw(1), clock=clock)
    with pool.connection():
        clock.now_s += 3
    with pool.connection(), pytest.raises(PoolExhausted, match=r"free in about 3 s, .* of 2 s"):  # noqa: SIM117
        with pool.connection(deadline_s=2):
            pass
    assert (pool.snapshot().shed, pool.snapshot().waits) == (1, 0)


def test_who_has_a_connection_can_be_seen(tmp_path, clock):
    pool = ConnectionPool(SqliteDriver(tmp_path / "a.db"), clock=clock)
    with pool.connection() as connection:
        clock.now_s += 61
        (lent,) = pool.lent()
        assert lent.value is connection
        assert lent.stack[0].endswith("in test_who_has_a_connection_can_be_seen")
        assert "held 61.000 s by MainThread" in pool.leak_report()
        assert pool.leak_report(after_s=62) == "sqlite3: 0 lent, 0 lost"


def test_a_forgotten_block_frees_its_place(tmp_path):
    pool = ConnectionPool(SqliteDriver(tmp_path / "a.db"), law=FixedLaw(1))
    loan = pool.connection()
    loan.__enter__()
    del loan
    assert (pool.snapshot().lost, pool.snapshot().lent) == (1, 0)


def test_the_limit_follows_the_load(tmp_path, clock):
    pool = ConnectionPool(SqliteDriver(tmp_path / "a.db"), law=FixedLaw(2), clock=clock)
    core = pool._core
    core.law = StepLaw(start=1, floor=1, cap=6, every_s=0)
    core.gate.resize(1)
    for _ in range(10):
        with pool.connection():
            clock.now_s += 0.01
    assert pool.snapshot().limit == 6


def test_a_database_in_memory_is_refused_since_each_connection_has_its_own():
    with pytest.raises(MisuseError, match="a database of its own"):
        SqliteDriver(":memory:")


def test_an_engine_without_a_bound_is_refused():
    engine = sqlalchemy.create_engine(URL, poolclass=NullPool)
    with pytest.raises(MisuseError, match="its NullPool has no bound"):
        SqlAlchemyDriver(engine)


def test_an_unreachable_server_is_the_drivers_error_and_takes_no_place():
    driver = PsycopgDriver("host=127.0.0.1 port=1 connect_timeout=1", reconnect_timeout=0.1)
    pool = ConnectionPool(driver, deadline_s=0.2)
    with pytest.raises(psycopg_pool.PoolTimeout), pool.connection():
        pass
    assert (pool.snapshot().failed, pool.snapshot().lent) == (1, 0)
    pool.close()


def terminate_others(connection, pids):
    connection.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", [pids])


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("kind", ["psycopg", "sqlalchemy"])
def test_an_idle_connection_that_the_server_ended_is_found_and_replaced(kind):
    if kind == "psycopg":
        driver = PsycopgDriver(POSTGRES, 2, 1, validate_after_s=0)
    else:
        engine = sqlalchemy.create_engine(URL, pool_size=2, max_overflow=0)
        driver = SqlAlchemyDriver(engine, validate_after_s=0)
    with ConnectionPool(driver) as pool:
        with pool.connection() as connection:
            pid = run(connection, "SELECT pg_backend_pid()").fetchone()[0]
        with psycopg.connect(POSTGRES, autocommit=True) as other:
            terminate_others(other, [pid])
        with pool.connection() as connection:
            assert run(connection, "SELECT pg_backend_pid()").fetchone()[0] != pid


@pytest.mark.usefixtures("server")
def test_a_connection_of_sqlalchemy_is_replaced_at_its_age():
    engine = sqlalchemy.create_engine(URL, pool_size=1, max_overflow=0)
    with ConnectionPool(SqlAlchemyDriver(engine, max_lifetime_s=0.5)) as pool:
        pids = []
        for pause_s in (0, 0.5, 0):
            time.sleep(pause_s)
            with pool.connection() as connection:
                pids.append(run(connection, "SELECT pg_backend_pid()").fetchone()[0])
    assert pids[0] != pids[1] == pids[2]


def test_a_connection_of_sqlite_is_replaced_at_its_age(tmp_path):
    with ConnectionPool(SqliteDriver(tmp_path / "a.db", max_lifetime_s=0)) as pool:
        with pool.connection() as first:
            pass
        with pool.connection() as second:
            assert first is not second


def test_an_idle_connection_of_sqlite_is_asked_whether_it_works(tmp_path):
    with ConnectionPool(SqliteDriver(tmp_path / "a.db", validate_after_s=0)) as pool:
        with pool.connection() as first:
            pass
        with pool.connection() as second:
            assert first is second
        second.close()
        with pool.connection() as third:
            assert third is not second


def test_tasks_get_connections_in_turn_and_a_cancelled_one_gives_its_own_back(table):
    async def play():
        pool = AsyncConnectionPool(AsyncPsycopgDriver(POSTGRES, 4, validate_after_s=0))
        started = asyncio.Event()

        async def use(number):
            async with pool.connection() as connection:
                await connection.execute(f"INSERT INTO {table} VALUES (%s)", [number])
                started.set()
                await asyncio.sleep(0.005)

        tasks = [asyncio.create_task(use(number)) for number in range(20)]
        await started.wait()
        tasks[0].cancel()
        tasks[10].cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert [number for number, each in enumerate(done) if each] == [0, 10]
        async with pool.connection() as connection:
            found = await (await connection.execute(f"SELECT n FROM {table}")).fetchall()
        await pool.close()
        return {row[0] for row in found}, pool.snapshot()

    found, snapshot = asyncio.run(play())
    assert found == set(range(20)) - {0, 10}
    assert (snapshot.lent, snapshot.waiting, snapshot.lost) == (0, 0, 0)


def test_an_asynchronous_pool_rolls_back_and_belongs_to_one_loop(table):
    async def play():
        async with AsyncConnectionPool(AsyncPsycopgDriver(POSTGRES, 4)) as pool:
            with pytest.raises(KeyError):  # noqa: PT012  (the block is what fails)
                async with pool.connection() as connection:
                    await connection.execute(f"INSERT INTO {table} VALUES (1)")
                    raise KeyError
            async with pool.connection() as connection:
                cursor = await connection.execute(f"SELECT count(*) FROM {table}")
                assert await cursor.fetchone() == (0,)
        return pool

    pool = asyncio.run(play())

    async def other():
        async with pool.connection():
            pass

    with pytest.raises(WrongLoopError):
        asyncio.run(other())


def in_child(action):
    """The exit code of a child process: 0 where the action was true."""
    child = os.fork()
    if not child:
        code = 1
        try:
            code = 0 if action() else 2
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def refused(pool):
    try:
        with pool.connection():
            return False
    except MisuseError as error:
        return "Make the pool in the child process" in str(error)


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_child_process_leaves_the_connections_of_the_parent_alone(pool):
    loan = pool.connection()
    mine = loan.__enter__()

    def child():
        if pool._core.driver.name == "psycopg":
            return refused(pool)
        loan.__exit__(None, None, None)  # the parent's: nothing happens here
        with pool.connection() as connection:
            different = connection is not mine
            return different and run(connection, "SELECT 1").fetchone()[0] == 1

    assert in_child(child) == 0
    assert run(mine, "SELECT 1").fetchone()[0] == 1
    loan.__exit__(None, None, None)
    assert pool.snapshot().lent == 0


def test_a_missing_driver_names_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "psycopg_pool", None)
    with pytest.raises(ImportError, match=r"pip install 'whet-runtime\[postgres\]'"):
        PsycopgDriver(POSTGRES)
