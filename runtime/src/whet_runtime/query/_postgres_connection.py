"""PostgreSQL connections of psycopg 3 as the query cache sees them.

Nothing in PostgreSQL tells one connection that another committed: writes that do not go through
the cache are seen when the lifetime of a result ends, and changes of the schema made elsewhere
some seconds later.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from whet_runtime.errors import MissingDependency
from whet_runtime.query._postgres import examine
from whet_runtime.query._results import Rows
from whet_runtime.query._statement import first_word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from whet_runtime.query._footprint import Footprint
    from whet_runtime.query._statement import Parameters

_KEPT_FOOTPRINTS = 1_000
_CATALOG_EVERY_S = 10.0
_KEEPS_SCHEMA = frozenset({"select", "with", "values", "insert", "update", "delete", "show"})
_SETTINGS = (
    "SELECT current_user || ' ' || string_agg(name || '=' || setting, ';' ORDER BY name) "
    "FROM pg_settings WHERE name IN ('search_path', 'TimeZone', 'DateStyle', 'IntervalStyle', "
    "'extra_float_digits', 'bytea_output', 'lc_monetary', 'lc_numeric', 'row_security', "
    "'default_transaction_isolation', 'standard_conforming_strings', 'session_replication_role')"
)
_RELATION = """
SELECT n.nspname || '.' || c.relname, c.relkind,
  c.relpersistence <> 't' AND NOT c.relrowsecurity AND NOT c.relhassubclass
  AND NOT EXISTS (SELECT FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent))
  AND c.relkind IN ('r', 'v') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass(%s)
"""
_DEFINITION = """
SELECT pg_get_viewdef(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname || '.' || c.relname = %s
"""
_VOLATILITY = "SELECT max(provolatile::text) FROM pg_proc WHERE proname = %s"  # i < s < v
_FOLLOWERS = """
SELECT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
    OR EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid),
  ARRAY(SELECT fn.nspname || '.' || f.relname FROM pg_constraint k
        JOIN pg_class f ON f.oid = k.conrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
        WHERE k.confrelid = c.oid AND k.contype = 'f'
        AND (k.confdeltype IN ('c', 'n', 'd') OR k.confupdtype IN ('c', 'n', 'd')))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname || '.' || c.relname = %s
"""
# The newest change of what footprints are made of. Rows of the catalog carry their transaction.
_VERSION = """
SELECT (SELECT max(xmin::text::bigint) FROM pg_class WHERE relkind IN ('r', 'v', 'p', 'm', 'f')),
  (SELECT count(*) FROM pg_class), (SELECT max(xmin::text::bigint) FROM pg_proc WHERE oid > 16383),
  (SELECT count(*) FROM pg_trigger), (SELECT count(*) FROM pg_constraint),
  (SELECT max(xmin::text::bigint) FROM pg_rewrite), (SELECT count(*) FROM pg_rewrite)
"""


class PostgresConnection:
    """A dialect over `psycopg.Connection`.

    Args:
        connection: An open connection of psycopg 3.

    Raises:
        MissingDependency: The package sqlglot is not installed.
    """

    def __init__(self, connection: Any) -> None:
        try:
            import sqlglot  # noqa: F401 - whether it is there
        except ImportError:
            raise MissingDependency(
                "cached queries of PostgreSQL",
                "the package sqlglot is missing",
                "pip install whet-runtime[sql]",
            ) from None
        self._connection = connection
        self._footprints: dict[str, Footprint] = {}
        self._version: object = None
        self._looked_s = 0.0
        self._session_changed = False
        info = connection.info
        self._database = f"postgresql {info.host} {info.port} {info.dbname}"
        self._settings = self._read_settings()

    def scope(self) -> str:
        """The database, the user and the settings that results depend on."""
        return f"{self._database}\0{self._settings}"

    def database(self) -> str:
        """The database."""
        return self._database

    def footprint(self, statement: str, parameters: Parameters) -> Footprint:  # noqa: ARG002 - the protocol's
        """What the statement touches with the catalog of some seconds ago at most."""
        if self._is_broken():
            from whet_runtime.query._footprint import Footprint

            return Footprint(refusal="its transaction has failed")
        self._look_at_catalog()
        known = self._footprints.get(statement)
        if known is None:
            if len(self._footprints) >= _KEPT_FOOTPRINTS:
                self._footprints.clear()
            known = self._footprints[statement] = examine(statement.replace("%%", "%"), self)
        return known

    def in_transaction(self) -> bool:
        """Whether one is open."""
        return not self._is_idle()

    def must_bypass(self) -> bool:
        """Where statements do not see what was committed last: any isolation but the default."""
        if self._session_changed and self._is_idle():
            self._end_transaction()
        if self._session_changed or self._is_broken():
            return True
        return "default_transaction_isolation=read committed" not in self._settings or (
            self._connection.isolation_level is not None
        )

    def commits_at_once(self, statement: str) -> bool:  # noqa: ARG002 - the protocol's
        """In the mode autocommit, outside of an explicit transaction."""
        return bool(self._connection.autocommit) and self._is_idle()

    def run(self, statement: str, parameters: Parameters) -> Any:
        """Carries a statement out."""
        word = first_word(statement)
        if word in {"set", "reset", "discard", "begin", "start"}:
            self._session_changed = True
        elif word not in _KEEPS_SCHEMA:
            self._looked_s = 0.0
        return self._connection.execute(statement, parameters or None)

    def run_and_commit(
        self, statement: str, parameters: Parameters, renew: Callable[[], None]
    ) -> Any:
        """Carries a statement out, then has its tables renewed, also when it failed."""
        try:
            return self.run(statement, parameters)
        finally:
            renew()

    def run_many(self, statement: str, rows: Sequence[Parameters]) -> Any:
        """Carries a statement out for each row of parameters."""
        cursor = self._connection.cursor()
        cursor.executemany(statement, rows)
        return cursor

    def fetch(self, statement: str, parameters: Parameters) -> Rows:
        """The whole result, as plain tuples whatever the connection's row factory."""
        from psycopg.rows import tuple_row

        with self._connection.cursor(row_factory=tuple_row) as cursor:
            return self.rows_of(cursor.execute(statement, parameters or None))

    def rows_of(self, cursor: Any) -> Rows:
        """The rest of a result."""
        described = cursor.description
        if described is None:
            return Rows((), [])
        rows = [tuple(row) for row in cursor.fetchall()]
        return Rows(tuple(column.name for column in described), rows)

    def catch_up(self, renew_all: Callable[[], None]) -> None:
        """Nothing tells of changes made elsewhere."""

    def commit(
        self,
        renew: Callable[[], None],
        renew_all: Callable[[], None],  # noqa: ARG002 - the interface
    ) -> None:
        """Commits, then has the written tables renewed, also if the answer was lost."""
        try:
            self._connection.commit()
        finally:
            renew()
            self._end_transaction()

    def rollback(self) -> None:
        """Takes the open transaction back."""
        self._connection.rollback()
        self._end_transaction()

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def relation(self, name: str) -> tuple[str, str, bool] | None:
        """Full name, kind and whether it is a plain table or view of the user's."""
        rows = self._rows(_RELATION, (name,)) if name else []
        return rows[0] if rows else None

    def definition(self, full_name: str) -> str:
        """The statement of a view."""
        text: str = self._rows(_DEFINITION, (full_name,))[0][0]
        return text

    def volatility(self, function: str) -> str:
        """`i`, `s` or `v` as the catalog has it, the worst of a name's; empty for no function."""
        return str(self._rows(_VOLATILITY, (function,))[0][0] or "")

    def written_with(self, full_name: str) -> frozenset[str] | None:
        """Tables that foreign keys write when this one is written; `None` if anything may be."""
        found: set[str] = set()
        pending = [full_name]
        while pending:
            rows = self._rows(_FOLLOWERS, (pending.pop(),))
            if not rows or rows[0][0]:
                return None
            new = set(rows[0][1]) - found - {full_name}
            found |= new
            pending.extend(new)
        return frozenset(found)

    def _look_at_catalog(self) -> None:
        """Forgets what was known of statements when the schema has changed."""
        now_s = monotonic()
        if self._looked_s and now_s - self._looked_s < _CATALOG_EVERY_S:
            return
        version = self._rows(_VERSION)
        if version != self._version:
            self._footprints.clear()
            self._version = version
        self._looked_s = now_s

    def _rows(self, statement: str, parameters: Parameters = ()) -> list[Any]:
        """Rows of a question of our own, which leaves an idle connection idle."""
        was_idle = self._is_idle()
        rows = self.fetch(statement, parameters).rows
        if was_idle and not self._connection.autocommit:
            self._connection.rollback()
        return rows

    def _read_settings(self) -> str:
        return str(self._rows(_SETTINGS)[0][0])

    def _end_transaction(self) -> None:
        if self._session_changed and self._is_idle():
            self._session_changed = False
            self._settings = self._read_settings()

    def _is_idle(self) -> bool:
        from psycopg.pq import TransactionStatus

        return bool(self._connection.info.transaction_status == TransactionStatus.IDLE)

    def _is_broken(self) -> bool:
        from psycopg.pq import TransactionStatus

        return bool(self._connection.info.transaction_status == TransactionStatus.INERROR)
