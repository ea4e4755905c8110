"""Results of queries, cached until a table that they read is written.

    queries = QueryCache()
    shop = queries.wrap(sqlite3.connect("shop.db"))
    shop.query("SELECT name FROM products WHERE price < ?", (10,)).rows
    shop.execute("UPDATE products SET price = 9 WHERE id = ?", (7,))
    shop.commit()                       # from here on the query above is carried out again

What a statement reads and writes comes from the database itself, through views, triggers and
foreign keys; what is not understood is carried out and not cached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whet_runtime.cache._lifetimes import LIFETIMES, Lifetimes
from whet_runtime.clock import SYSTEM_CLOCK
from whet_runtime.errors import MisuseError
from whet_runtime.query._cached import CachedConnection, Shared
from whet_runtime.query._counters import QueryCounters, QueryStatistics
from whet_runtime.query._results import Flights, LocalResults, Rows, SharedResults

if TYPE_CHECKING:
    from whet_runtime.cache._codec import ValueCodec
    from whet_runtime.cache._tier import SharedTier
    from whet_runtime.clock import Clock
    from whet_runtime.query._dialect import Dialect
    from whet_runtime.query._results import Results
    from whet_runtime.query._sqlite_connection import Watch

__all__ = ["CachedConnection", "QueryCache", "QueryStatistics", "Rows"]


class QueryCache:
    """A cache of query results, in memory or in a tier that processes share.

    Args:
        tier: A Redis or disk tier; without one, results stay in this process.
        codec: Writes the rows for the tier; only what it knows is kept.
        lifetimes: Seconds by kind of answer; a kind with `None` is never kept.
        max_size: Most results in memory.
        max_memory_mb: Most megabytes (10^6 bytes) in memory.
        clock: What tells the time.
    """

    def __init__(
        self,
        tier: SharedTier | None = None,
        *,
        codec: ValueCodec | None = None,
        lifetimes: Lifetimes = LIFETIMES,
        max_size: int = 1_000,
        max_memory_mb: float = 50.0,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        results: Results
        if tier is None:
            from whet_runtime.cache._memory import MemoryTier

            results = LocalResults(MemoryTier(max_size, max_memory_mb, None, clock=clock))
        else:
            from whet_runtime.cache._codec import ValueCodec

            results = SharedResults(tier, codec or ValueCodec(), clock)
        self._counters = QueryCounters()
        self._shared = Shared(results, Flights(), lifetimes, clock, self._counters)
        self._watches: dict[str, Watch] = {}

    def wrap(self, connection: Any) -> CachedConnection:
        """A connection with cached reads.

        Args:
            connection: Of `sqlite3`, or of psycopg 3 (with the extra `sql` installed).

        Raises:
            MisuseError: Another driver's connection, or settings that results depend on.
            MissingDependency: PostgreSQL without the package sqlglot.
        """
        return CachedConnection(self._dialect(connection), self._shared)

    def statistics(self) -> QueryStatistics:
        """Counters since the cache was made."""
        return self._counters.snapshot()

    def close(self) -> None:
        """Closes what watches the databases; wrapped connections are their owners'."""
        for watch in self._watches.values():
            watch.close()

    def _dialect(self, connection: object) -> Dialect:
        driver = type(connection).__module__.partition(".")[0]
        if driver == "psycopg":
            from whet_runtime.query._postgres_connection import PostgresConnection

            return PostgresConnection(connection)
        import sqlite3

        if isinstance(connection, sqlite3.Connection):
            from whet_runtime.query._sqlite_connection import SqliteConnection

            return SqliteConnection(connection, self._watches)
        raise MisuseError(
            f"a connection of type {type(connection).__module__}.{type(connection).__qualname__}",
            "its statements cannot be followed",
            "Give a connection of sqlite3 or of psycopg 3",
        )
