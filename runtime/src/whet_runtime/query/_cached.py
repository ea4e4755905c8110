"""A connection whose reads come from the cache while the tables they read stay the same."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from whet_runtime.errors import MisuseError
from whet_runtime.query._kinds import kind_of
from whet_runtime.query._statement import first_word, holds_word, normalized, parameters_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from whet_runtime.cache._lifetimes import Lifetimes
    from whet_runtime.clock import Clock
    from whet_runtime.query._counters import QueryCounters
    from whet_runtime.query._dialect import Dialect
    from whet_runtime.query._footprint import Footprint
    from whet_runtime.query._results import Flights, Found, Results, Rows
    from whet_runtime.query._statement import Parameters

_COMMITS = frozenset({"commit", "end"})


class Shared(NamedTuple):
    """What the connections of one query cache have in common."""

    results: Results
    flights: Flights
    lifetimes: Lifetimes
    clock: Clock
    counters: QueryCounters


class _Asked(NamedTuple):
    """One call of `query`."""

    statement: str
    parameters: Parameters
    footprint: Footprint
    kind: str | None
    life_s: float | None


class CachedConnection:
    """A connection with cached reads; made by `QueryCache`.

    Everything that writes has to go through it, or through another one of the same cache. It is as
    thread-safe as the connection inside. Leaving a `with` block commits, or rolls back on an
    error.
    """

    def __init__(self, dialect: Dialect, shared: Shared) -> None:
        self._dialect = dialect
        self._shared = shared
        self._written: set[str] = set()  # tables written in the open transaction
        self._wrote_anything = False

    def query(
        self,
        statement: str,
        parameters: Parameters = (),
        *,
        kind: str | None = None,
        life_s: float | None = None,
    ) -> Rows:
        """The result of a statement, from the cache where that is sure to be right.

        Args:
            statement: One SQL statement.
            parameters: For its placeholders, as the driver takes them.
            kind: Of answer, as `Lifetimes` names it; guessed from the text when not given.
            life_s: Seconds, instead of the lifetime of the kind.

        Raises:
            MisuseError: No such kind, or a lifetime that is not positive.
            Exception: What the driver raises for the statement.
        """
        self._check(kind, life_s)
        footprint = self._dialect.footprint(statement, parameters)
        if footprint.is_write:
            return self._dialect.rows_of(self.execute(statement, parameters))
        key = self._key(statement, parameters, footprint)
        if key is None:
            self._shared.counters.bypassed(footprint.refusal or "its transaction or parameters")
            return self._dialect.fetch(statement, parameters)
        self._dialect.catch_up(self._renew_all)
        tags = [self._tag(""), *map(self._tag, sorted(footprint.reads))]
        found = self._shared.results.find(key, tags)
        if found.rows is not None:
            self._shared.counters.hit()
            return found.rows
        asked = _Asked(statement, parameters, footprint, kind, life_s)
        return self._loaded_once(key, found, asked)

    def execute(self, statement: str, parameters: Parameters = ()) -> Any:
        """Carries a statement out, never from the cache; the driver's cursor."""
        word = first_word(statement)
        if word in _COMMITS:
            return self.commit()
        if word == "rollback" and " to " not in f" {statement.lower()} ":
            return self.rollback()
        footprint = self._dialect.footprint(statement, parameters)
        if not footprint.is_write:
            cursor = self._dialect.run(statement, parameters)
            self._notice_end()
            return cursor
        if self._dialect.commits_at_once(statement):
            return self._dialect.run_and_commit(
                statement, parameters, lambda: self._renew(footprint)
            )
        self._note(footprint)
        return self._dialect.run(statement, parameters)

    def executemany(self, statement: str, rows: Iterable[Parameters]) -> Any:
        """Carries a statement out for each row of parameters."""
        rows = list(rows)
        if not rows:
            return self._dialect.run_many(statement, rows)
        footprint = self._dialect.footprint(statement, rows[0])
        at_once = self._dialect.commits_at_once(statement)
        if not at_once:
            self._note(footprint)
        try:
            return self._dialect.run_many(statement, rows)
        finally:
            if at_once and footprint.is_write:  # also when a row failed: those before it are in
                self._renew(footprint)

    def commit(self) -> None:
        """Commits; the results that read the written tables are stale when this returns."""
        written, anything = frozenset(self._written), self._wrote_anything
        footprint = _footprint_of(written, anything=anything)
        if footprint is None:
            self._dialect.commit(_nothing, self._renew_all)
        else:
            self._dialect.commit(lambda: self._renew(footprint), self._renew_all)
        self._forget()

    def rollback(self) -> None:
        """Takes the open transaction back; nothing becomes stale."""
        self._dialect.rollback()
        self._forget()

    def close(self) -> None:
        """Closes the connection; what was not committed is taken back."""
        self._dialect.close()
        self._forget()

    def __enter__(self) -> Self:
        """The connection itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Commits, or rolls back on an error."""
        if kind is None:
            self.commit()
        else:
            self.rollback()

    def _check(self, kind: str | None, life_s: float | None) -> None:
        if kind is not None:
            self._shared.lifetimes.of(kind)
        if life_s is not None and not life_s > 0:
            raise MisuseError(f"life_s={life_s}", "it must be positive", "Give seconds")

    def _key(self, statement: str, parameters: Parameters, footprint: Footprint) -> str | None:
        """What a result is kept under; `None` if it must not be."""
        if footprint.refusal or self._written or self._wrote_anything:
            return None
        if holds_word(parameters, footprint.refused_words) or self._dialect.must_bypass():
            return None
        text = parameters_text(parameters)
        if text is None:
            return None
        whole = "\0".join((self._dialect.scope(), normalized(statement), text))
        return hashlib.blake2b(whole.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()

    def _loaded_once(self, key: str, found: Found, asked: _Asked) -> Rows:
        """Loads, or waits for who is loading the same at the same state of the tables."""
        flights, counters = self._shared.flights, self._shared.counters
        joined = (key, tuple(found.generations.items()))
        flight, leads = flights.join(joined)
        if leads:
            rows = None
            try:
                rows = self._loaded(key, found, asked)
            finally:
                flights.land(joined, rows)
            return rows
        if found.usable:  # else nobody knows at which state the other one loads
            flight.landed.wait()
            if flight.rows is not None:
                counters.hit()
                return flight.rows._replace(rows=list(flight.rows.rows))
        return self._loaded(key, found, asked)

    def _loaded(self, key: str, found: Found, asked: _Asked) -> Rows:
        shared = self._shared
        began_s = shared.clock.monotonic()
        rows = self._dialect.fetch(asked.statement, asked.parameters)
        cost_s = shared.clock.monotonic() - began_s
        shared.counters.loaded()
        life_s = asked.life_s
        if life_s is None:
            life_s = shared.lifetimes.of(asked.kind or kind_of(asked.statement), cost_s)
        # A schema that changed since may have led the statement to other tables.
        same = self._dialect.footprint(asked.statement, asked.parameters) == asked.footprint
        if same and life_s is not None:
            shared.results.store(key, rows, life_s, found)
        return rows

    def _note(self, footprint: Footprint) -> None:
        self._written |= footprint.writes
        self._wrote_anything |= footprint.writes_anything

    def _notice_end(self) -> None:
        """Sees to a transaction that ended otherwise: its outermost savepoint was released."""
        if (self._written or self._wrote_anything) and not self._dialect.in_transaction():
            footprint = _footprint_of(frozenset(self._written), anything=self._wrote_anything)
            if footprint is not None:
                self._renew(footprint)
            self._forget()

    def _forget(self) -> None:
        self._written.clear()
        self._wrote_anything = False

    def _renew(self, footprint: Footprint) -> None:
        if footprint.writes_anything:
            self._renew_all()
        else:
            self._shared.counters.renewed(footprint.writes)
            self._shared.results.renew([self._tag(table) for table in sorted(footprint.writes)])

    def _renew_all(self) -> None:
        self._shared.counters.renewed({"*"})
        self._shared.results.renew([self._tag("")])

    def _tag(self, table: str) -> str:
        """The tag of a table; of the whole database for no table."""
        return f"type:{self._dialect.database()} {table}"


def _footprint_of(written: frozenset[str], *, anything: bool) -> Footprint | None:
    from whet_runtime.query._footprint import Footprint

    if not written and not anything:
        return None
    return Footprint(writes=written, writes_anything=anything)


def _nothing() -> None:
    """Renews nothing."""
