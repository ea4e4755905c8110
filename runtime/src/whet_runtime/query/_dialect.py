"""What the query cache asks of a database driver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from whet_runtime.query._footprint import Footprint
    from whet_runtime.query._results import Rows
    from whet_runtime.query._statement import Parameters


class Dialect(Protocol):
    """One connection of one database."""

    def scope(self) -> str:
        """Which database this is, and the session's settings that results depend on."""
        ...

    def database(self) -> str:
        """Which database this is: the same text in every connection and process."""
        ...

    def footprint(self, statement: str, parameters: Parameters) -> Footprint:
        """What a statement touches; errors of the statement are the driver's."""
        ...

    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        ...

    def must_bypass(self) -> bool:
        """Whether the open transaction may see other data than a new statement would."""
        ...

    def commits_at_once(self, statement: str) -> bool:
        """Whether the statement is committed as soon as it is carried out."""
        ...

    def run(self, statement: str, parameters: Parameters) -> Any:
        """Carries a statement out; the driver's cursor."""
        ...

    def run_and_commit(
        self, statement: str, parameters: Parameters, renew: Callable[[], None]
    ) -> Any:
        """Carries out a statement that is committed at once, and has its tables renewed."""
        ...

    def run_many(self, statement: str, rows: Sequence[Parameters]) -> Any:
        """Carries a statement out for each row of parameters."""
        ...

    def fetch(self, statement: str, parameters: Parameters) -> Rows:
        """The whole result of a statement."""
        ...

    def rows_of(self, cursor: Any) -> Rows:
        """The rest of a cursor's result."""
        ...

    def catch_up(self, renew_all: Callable[[], None]) -> None:
        """Has everything renewed if somebody else changed the database."""
        ...

    def commit(self, renew: Callable[[], None], renew_all: Callable[[], None]) -> None:
        """Commits, then has the written tables renewed."""
        ...

    def rollback(self) -> None:
        """Takes the open transaction back."""
        ...

    def close(self) -> None:
        """Closes the connection."""
        ...
