"""What a connection pool needs of a database driver, and the ways to three of them.

Each wraps the pool that the driver itself offers: opening, replacing broken connections and
closing are the driver's affair. sqlite3 has none, so that an `ObjectPool` stands in.
"""

from __future__ import annotations

import time
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary

from whet_runtime.errors import MissingDependency, MisuseError
from whet_runtime.pool._objects import ObjectPool

if TYPE_CHECKING:
    import sqlite3
    from os import PathLike

    from whet_runtime.pool._lease import Lease

LIFETIME_S = 1800.0
VALIDATE_AFTER_S = 30.0
_JITTER = 0.1


class Driver(Protocol):
    """A driver's own pool. In an asynchronous one these are coroutine functions."""

    name: str
    most: int
    survives_fork: bool

    def checkout(self, timeout_s: float) -> Any:
        """A connection."""
        ...

    def finish(self, connection: Any, *, commit: bool) -> Any:
        """Ends the transaction."""
        ...

    def checkin(self, connection: Any) -> Any:
        """Takes a connection back."""
        ...

    def close(self) -> Any:
        """Closes all connections."""
        ...

    def after_fork(self) -> None:
        """Forgets the parent's connections without closing them."""
        ...


class SqliteDriver:
    """Connections to a file of SQLite, usable from any thread, one thread at a time.

    Args:
        path: The file.
        most: Connections that may be open.
        busy_s: How long a connection waits for another's lock.
        max_lifetime_s: Age at which one is replaced, up to a tenth sooner.
        validate_after_s: Idle time from which one is asked whether it still works.

    Raises:
        MisuseError: A database in memory: each connection would have its own.
    """

    name = "sqlite3"
    survives_fork = True

    def __init__(
        self,
        path: str | PathLike[str],
        most: int = 50,
        *,
        busy_s: float = 5.0,
        max_lifetime_s: float = LIFETIME_S,
        validate_after_s: float = VALIDATE_AFTER_S,
    ) -> None:
        if str(path) in {"", ":memory:"}:
            raise MisuseError(
                f"path={path!r}", "each connection would see a database of its own",
                "Give the path of a file",
            )  # fmt: skip
        self.most = most
        self._path, self._busy_s = path, busy_s
        self._pool: ObjectPool[sqlite3.Connection] = ObjectPool(
            self._connect,
            name=self.name,
            max_size=most,
            max_idle=most,
            validate=_sqlite_works,
            validate_after_s=validate_after_s,
            destroy=_sqlite_close,
            max_lifetime_s=max_lifetime_s,
            lifetime_jitter=_JITTER,
            stack_depth=0,
        )
        self._leases: dict[int, Lease[sqlite3.Connection]] = {}

    def checkout(self, timeout_s: float) -> sqlite3.Connection:
        """A connection."""
        lease = self._pool.acquire(timeout_s)
        self._leases[id(lease.value)] = lease
        return lease.value

    def finish(self, connection: sqlite3.Connection, *, commit: bool) -> None:
        """Ends the transaction, if there is one."""
        if commit:
            connection.commit()
        else:
            connection.rollback()

    def checkin(self, connection: sqlite3.Connection) -> None:
        """Takes a connection back; one that cannot be used any more is not kept."""
        lease = self._leases.pop(id(connection))
        try:
            connection.rollback()
        except Exception:  # noqa: BLE001  (closed by the borrower: whatever it says, replace it)
            lease.discard()
        else:
            lease.release()

    def close(self) -> None:
        """Closes all connections."""
        self._pool.close()

    def after_fork(self) -> None:
        """The object pool looks after itself; the leases are the parent's."""
        self._leases = {}

    def _connect(self) -> sqlite3.Connection:
        import sqlite3

        return sqlite3.connect(self._path, timeout=self._busy_s, check_same_thread=False)


def _sqlite_works(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT 1").fetchone())


def _sqlite_close(connection: sqlite3.Connection) -> None:
    connection.close()


class _IdleSince:
    """When each connection came back, so that only those idle for long are asked to prove it."""

    def __init__(self, validate_after_s: float) -> None:
        self._validate_after_s = validate_after_s
        self._since_s: WeakKeyDictionary[Any, float] = WeakKeyDictionary()

    def note(self, connection: Any) -> None:
        self._since_s[connection] = time.monotonic()

    def is_long(self, connection: Any) -> bool:
        since_s = self._since_s.get(connection)  # unknown: it has just been opened
        return since_s is not None and time.monotonic() - since_s >= self._validate_after_s


class PsycopgDriver:
    """Connections of a `psycopg_pool.ConnectionPool`, made here from a connection string.

    Args:
        conninfo: As `psycopg.connect` takes it.
        most: Connections that may be open.
        least: Connections that are opened at once and kept.
        max_lifetime_s: Age at which one is replaced, up to a twentieth sooner.
        validate_after_s: Idle time from which one is asked whether it still works.
        options: Further arguments of `psycopg_pool.ConnectionPool`, such as `kwargs`.

    Raises:
        MissingDependency: psycopg_pool is not installed.
    """

    name = "psycopg"
    survives_fork = False  # its worker threads do not

    def __init__(
        self,
        conninfo: str,
        most: int = 50,
        least: int = 2,
        *,
        max_lifetime_s: float = LIFETIME_S,
        validate_after_s: float = VALIDATE_AFTER_S,
        **options: Any,
    ) -> None:
        pools = _psycopg_pool()
        self.most = most
        self._idle = _IdleSince(validate_after_s)
        self._pool = pools.ConnectionPool(
            conninfo, min_size=min(least, most), max_size=most, max_lifetime=max_lifetime_s,
            check=self._check, open=False, **options,
        )  # fmt: skip

    def checkout(self, timeout_s: float) -> Any:
        """A connection."""
        if self._pool.closed:
            self._pool.open()
        return self._pool.getconn(timeout_s)

    def finish(self, connection: Any, *, commit: bool) -> None:
        """Ends the transaction, if there is one."""
        if commit:
            connection.commit()
        else:
            connection.rollback()

    def checkin(self, connection: Any) -> None:
        """Takes a connection back; the driver replaces a broken one."""
        self._idle.note(connection)
        self._pool.putconn(connection)

    def close(self) -> None:
        """Closes all connections."""
        self._pool.close()

    def after_fork(self) -> None:
        """Nothing: the pool above refuses to go on."""

    def _check(self, connection: Any) -> None:
        if self._idle.is_long(connection):
            _psycopg_pool().ConnectionPool.check_connection(connection)


class AsyncPsycopgDriver:
    """`PsycopgDriver` for an event loop, on a `psycopg_pool.AsyncConnectionPool`."""

    name = "psycopg (async)"
    survives_fork = False

    def __init__(
        self,
        conninfo: str,
        most: int = 50,
        least: int = 2,
        *,
        max_lifetime_s: float = LIFETIME_S,
        validate_after_s: float = VALIDATE_AFTER_S,
        **options: Any,
    ) -> None:
        pools = _psycopg_pool()
        self.most = most
        self._idle = _IdleSince(validate_after_s)
        self._pool = pools.AsyncConnectionPool(
            conninfo, min_size=min(least, most), max_size=most, max_lifetime=max_lifetime_s,
            check=self._check, open=False, **options,
        )  # fmt: skip

    async def checkout(self, timeout_s: float) -> Any:
        """A connection."""
        if self._pool.closed:
            await self._pool.open()
        return await self._pool.getconn(timeout_s)

    async def finish(self, connection: Any, *, commit: bool) -> None:
        """Ends the transaction, if there is one."""
        await (connection.commit() if commit else connection.rollback())

    async def checkin(self, connection: Any) -> None:
        """Takes a connection back; the driver replaces a broken one."""
        self._idle.note(connection)
        await self._pool.putconn(connection)

    async def close(self) -> None:
        """Closes all connections."""
        await self._pool.close()

    def after_fork(self) -> None:
        """Nothing: the pool above refuses to go on."""

    async def _check(self, connection: Any) -> None:
        if self._idle.is_long(connection):
            await _psycopg_pool().AsyncConnectionPool.check_connection(connection)


class SqlAlchemyDriver:
    """Connections of an SQLAlchemy engine with a `QueuePool`.

    Args:
        engine: The engine; listeners are added to it for age and idleness.
        max_lifetime_s: Age at which a connection is replaced, up to a tenth sooner.
        validate_after_s: Idle time from which one is asked whether it still works.

    Raises:
        MisuseError: The engine's pool is of another kind: it has no bound to work with.
    """

    name = "sqlalchemy"
    survives_fork = True

    def __init__(
        self,
        engine: Any,
        *,
        max_lifetime_s: float = LIFETIME_S,
        validate_after_s: float = VALIDATE_AFTER_S,
    ) -> None:
        from sqlalchemy.pool import QueuePool

        if not isinstance(engine.pool, QueuePool):
            raise MisuseError(
                f"{engine!r}", f"its {type(engine.pool).__name__} has no bound",
                "Create the engine with poolclass=QueuePool",
            )  # fmt: skip
        self.most = engine.pool.size() + max(0, engine.pool._max_overflow)  # noqa: SLF001 - not told otherwise
        self._engine = engine
        self._max_lifetime_s, self._validate_after_s = max_lifetime_s, validate_after_s
        self._random = Random()  # noqa: S311  (jitter, no secret)
        self._listen()

    def checkout(self, timeout_s: float) -> Any:  # noqa: ARG002  (the engine has its own)
        """A connection; the gate before it has seen to it that one is free."""
        return self._engine.connect()

    def finish(self, connection: Any, *, commit: bool) -> None:
        """Ends the transaction, if there is one."""
        if commit:
            connection.commit()
        else:
            connection.rollback()

    def checkin(self, connection: Any) -> None:
        """Takes a connection back; the engine rolls back what was left open."""
        connection.close()

    def close(self) -> None:
        """Closes all connections of the engine."""
        self._engine.dispose()

    def after_fork(self) -> None:
        """Forgets the parent's connections without closing them, as SQLAlchemy advises."""
        self._engine.dispose(close=False)

    def _listen(self) -> None:
        from sqlalchemy import event

        event.listen(self._engine, "connect", self._opened)
        event.listen(self._engine, "checkin", self._came_back)
        event.listen(self._engine, "checkout", self._goes_out)

    def _opened(self, _connection: Any, record: Any) -> None:
        shorter = 1 - _JITTER * self._random.random()
        record.info["whet_expires_s"] = time.monotonic() + self._max_lifetime_s * shorter
        record.info["whet_idle_since_s"] = time.monotonic()

    def _came_back(self, connection: Any, record: Any) -> None:
        if connection is not None:  # None: it was invalidated
            record.info["whet_idle_since_s"] = time.monotonic()

    def _goes_out(self, connection: Any, record: Any, _fairy: Any) -> None:
        """Has the pool open another connection in place of one that is old or does not answer."""
        from sqlalchemy.exc import DisconnectionError

        now_s = time.monotonic()
        fit = now_s < record.info["whet_expires_s"]
        if fit and now_s - record.info["whet_idle_since_s"] >= self._validate_after_s:
            fit = False
            with suppress(self._engine.dialect.loaded_dbapi.Error):
                fit = self._engine.dialect.do_ping(connection)
        if not fit:
            message = "whet_runtime: too old, or does not answer"
            raise DisconnectionError(message)


def _psycopg_pool() -> Any:
    try:
        import psycopg_pool
    except ImportError as error:
        raise MissingDependency(
            "psycopg_pool", "it is not installed", "pip install 'whet-runtime[postgres]'"
        ) from error
    return psycopg_pool
