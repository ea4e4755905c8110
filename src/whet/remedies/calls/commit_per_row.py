"""A database transaction for every row of a loop.

What
    `connection.commit()` as the last statement of a loop that writes rows.

Why slow
    Each commit waits until the disk has the change; one for the whole loop waits once.

Evidence needed
    From the run: the connection was one of a known driver, and how many commits a loop made.

Before
    for row in rows:
        connection.execute("INSERT INTO item VALUES (?, ?)", row)
        connection.commit()

After
    for row in rows:
        connection.execute("INSERT INTO item VALUES (?, ?)", row)
    connection.commit()

Safety
    Needs consent: a crash, or an exception in the middle of the loop, takes back the rows written
    so far; other connections see them at the end of the loop only, and the write lock is
    held until then. A loop without turns commits too.

When not
    Work that must survive row by row, loops that wait for somebody else between rows, loops that
    can be left in the middle (`break`, `continue`, `return`), that catch exceptions, or that roll
    back.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.records import Edit, Span
from whet.remedies._admission import types_of
from whet.remedies._asking import asked
from whet.remedies._places import alone_on_its_lines, found_again, hot_function, new_match
from whet.remedies.calls._loops import has_jumps, is_invariant, loops_in
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match

NAME = "commit_per_row"
LEAST_COMMITS = 10
_CONNECTIONS = frozenset({
    "MySQLdb.connections.Connection", "mysql.connector.connection.MySQLConnection",
    "psycopg.Connection", "psycopg2.extensions.connection", "pymysql.connections.Connection",
    "sqlite3.Connection",
})  # fmt: skip
_OTHER_ENDS = frozenset({"begin", "close", "executescript", "rollback", "sleep", "wait"})


@dataclass(frozen=True, slots=True)
class _Commit:
    """The last statement of a loop, and what it is called on."""

    loop: ast.For
    statement: ast.Expr
    connection: ast.expr


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every loop of the hot function that ends each turn with a commit."""
    function = hot_function(module, hot)
    return [
        new_match(
            module,
            NAME,
            found.statement,
            "every row of a loop is committed by itself",
            safety="consent",
            values=[("connection", found.connection), ("rows", found.loop.iter)],
        )
        for found in (_commits(module, function) if function is not None else ())
    ]


def _commits(module: SourceModule, function: FunctionNode) -> Iterator[_Commit]:
    for loop in loops_in(function):
        match loop.body[-1]:
            case (
                ast.Expr(
                    value=ast.Call(
                        func=ast.Attribute(value=connection, attr="commit"), args=[], keywords=[]
                    )
                ) as statement
            ) if len(loop.body) > 1:
                pass
            case _:
                continue
        stays = _stays(module, connection, loop)
        alone = alone_on_its_lines(module, loop) and alone_on_its_lines(module, statement)
        if stays and alone and not has_jumps(loop) and not _is_delicate(loop):
            yield _Commit(loop, statement, connection)


def _stays(module: SourceModule, node: ast.expr, loop: ast.For) -> bool:
    """Whether a name, or an attribute that the loop does not set, is the same throughout."""
    match node:
        case ast.Name():
            return is_invariant(module, node, loop)
        case ast.Attribute(value=ast.Name() as owner, attr=attr):
            set_here = any(
                isinstance(inner, ast.Attribute)
                and inner.attr == attr
                and not isinstance(inner.ctx, ast.Load)
                for inner in ast.walk(loop)
            )
            return is_invariant(module, owner, loop) and not set_here
        case _:
            return False


def _is_delicate(loop: ast.For) -> bool:
    """Whether a loop catches exceptions, enters contexts, or ends transactions elsewhere."""
    kinds = (ast.Try, ast.With, ast.While)
    others = [n for n in ast.walk(loop) if isinstance(n, kinds) or type(n).__name__ == "TryStar"]
    calls = [n.attr for n in ast.walk(loop) if isinstance(n, ast.Attribute)]
    return bool(others) or calls.count("commit") != 1 or bool(_OTHER_ENDS & set(calls))


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether the run committed many times in few loops."""
    seen = asked(match, evidence)
    if "connection" not in seen or "rows" not in seen:
        return refused("the run never came here")
    commits, loops = seen["connection"][0].observations, seen["rows"][0].observations
    facts = {"commits": commits, "loops": loops}
    if odd := types_of(seen["connection"][0].types) - _CONNECTIONS:
        return refused(f"a {', '.join(sorted(odd))} is no connection that is known", **facts)
    if commits < LEAST_COMMITS or commits < 2 * loops:
        return refused("few rows are committed in a loop", **facts)
    return Admission(evidence=facts, removable=round(1 - loops / commits, 4))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The commit, moved behind the loop: it stands last, so that its indentation is all."""
    found = found_again(module, match, _commits, lambda each: each.statement)
    line = found.statement.lineno
    span = Span(line=line, column=0, end_line=line, end_column=found.statement.col_offset)
    return (Edit(file=module.file, span=span, text=module.indent_of(found.loop) or ""),)


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Commit once for all rows",
    claims="wall_time",
    keeps_state=False,
    safety="consent",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
