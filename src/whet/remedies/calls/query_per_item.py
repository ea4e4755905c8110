"""The same query asked for one item after the other.

What
    `cursor.execute("SELECT ... WHERE id = ?", (item,))`, run again and again from one place.

Why slow
    Every query is parsed, planned and, with a server, sent and waited for by itself. Where the
    column has no index, each of them reads the whole table.

Evidence needed
    From the run: how often this place asked, and which driver it asked.

Before
    for item in items:
        row = cursor.execute("SELECT size FROM part WHERE id = ?", (item,)).fetchone()

After
    marks = ", ".join("?" * len(items))
    rows = cursor.execute(f"SELECT id, size FROM part WHERE id IN ({marks})", items)
    sizes = dict(rows)
    for item in items:
        size = sizes.get(item)

Safety
    Advice: all items are read at one moment instead of one after the other, the number of
    parameters is limited, the database may compare otherwise than Python ("1" and 1), and rows
    that come twice need care. Look first whether `EXPLAIN QUERY PLAN` says SCAN: an index on the
    column that is asked for may be all that is missing.

When not
    Items that depend on the answer before, rows that the loop changes, very few items.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from whet.remedies.calls._often import calls_of, constant_text, often
from whet.remedies.remedy import Admission, Remedy

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match

NAME = "query_per_item"
LEAST_QUERIES = 30
REMOVABLE = 0.5  # one query for all took half of the time in memory; with a server more
DRIVERS = "sqlite3. psycopg. psycopg2. pymysql. MySQLdb. mysql. oracledb. apsw."
_SELECT = re.compile(r"\s*SELECT\b.*\bWHERE\b.*(\?|%s|%\(|:\w)", re.IGNORECASE | re.DOTALL)


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """Advice for every query of the hot function that asks by a parameter."""
    return calls_of(module, hot, NAME, _describe)


def _describe(
    module: SourceModule, call: ast.Call
) -> tuple[str, list[tuple[str, ast.expr]]] | None:
    match call:
        case ast.Call(func=ast.Attribute(value=cursor, attr="execute"), args=[sql, parameters]):
            text = constant_text(module, sql)
        case _:
            return None
    if text is None or not _SELECT.match(text) or isinstance(parameters, ast.Starred):
        return None
    return "one query is asked for each item", [("object", cursor), ("parameters", parameters)]


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether it was asked often."""
    return often(match, evidence, least=LEAST_QUERIES, removable=REMOVABLE, of=DRIVERS)


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Ask one query for all items",
    claims="wall_time",
    keeps_state=False,
    safety="advice",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=None,
)
