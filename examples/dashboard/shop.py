"""The shop's database and the questions that its dashboard asks."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from whet_runtime import Cache, ConnectionPool, DiskTier, SqliteDriver, changed_entity, entity_tags
from whet_runtime.cache import Plan

if TYPE_CHECKING:
    from pathlib import Path

PRODUCTS = 120
ORDERS = 30_000
IN_MEMORY = 100  # pages kept in memory: fewer than there are, so that the disk has work too


def create(path: Path) -> None:
    """Fills a database with invented orders, the same each time."""
    random = Random(1)
    with ConnectionPool(SqliteDriver(path)) as pool, pool.connection() as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE orders (product INTEGER, day INTEGER, cents INTEGER)")
        connection.executemany(
            "INSERT INTO orders VALUES (?, ?, ?)",
            ((random.randrange(PRODUCTS), random.randrange(365), random.randrange(100, 9999))
             for _ in range(ORDERS)),
        )  # fmt: skip


class Shop:
    """Sales by product. With a folder for the disk tier, answers are cached."""

    def __init__(self, database: Path, cache_folder: Path | None) -> None:
        self.pool = ConnectionPool(SqliteDriver(database), name="shop")
        self.cache = None
        if cache_folder is not None:
            self.cache = Cache(max_size=IN_MEMORY, tiers=[DiskTier(cache_folder)])

    def sales(self, product: int) -> dict[str, Any]:
        """A product's sales by week, and its rank among all products."""
        if self.cache is None:
            return self._ask(product)
        plan = Plan(tags=tuple(entity_tags("product", product)))
        answer: dict[str, Any] = self.cache.get_or_load(
            f"sales:{product}", lambda: self._ask(product), plan
        )
        return answer

    def order(self, product: int, day: int, cents: int) -> None:
        """Takes an order; what was cached of the product is asked for again."""
        with self.pool.connection() as connection:
            connection.execute("INSERT INTO orders VALUES (?, ?, ?)", (product, day, cents))
        if self.cache is not None:
            self.cache.invalidate(*changed_entity("product", product))

    def close(self) -> None:
        """Closes the connections and the cache; what is on disk stays there."""
        if self.cache is not None:
            self.cache.close()
        self.pool.close()

    def _ask(self, product: int) -> dict[str, Any]:
        with self.pool.connection() as connection:
            weeks = connection.execute(
                "SELECT day / 7, count(*), sum(cents) FROM orders WHERE product = ?"
                " GROUP BY day / 7 ORDER BY 1", (product,),
            ).fetchall()  # fmt: skip
            (rank,) = connection.execute(
                "SELECT count(*) + 1 FROM (SELECT product, sum(cents) AS total FROM orders"
                " GROUP BY product) WHERE total >"
                " (SELECT sum(cents) FROM orders WHERE product = ?)", (product,),
            ).fetchone()  # fmt: skip
        return {"product": product, "rank": rank, "weeks": [list(week) for week in weeks]}
