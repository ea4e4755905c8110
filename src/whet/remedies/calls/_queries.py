"""One query for many items, made of the query for one (SQLite).

Each item goes into the query with its place, and comes back with it: rows are told apart by
places, never by what a column holds, which the database may compare otherwise than Python does.
`+asked.item_1` stands where `?` stood: an expression has no affinity, as a parameter has none,
and the column on the left brings its collation as before (Source:
https://www.sqlite.org/datatype3.html, sections 3.2, 4.2 and 7.1). CROSS JOIN makes SQLite go
through the items and look each of them up in the table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = r"[A-Za-z_][A-Za-z_0-9]*"
_COLUMN = rf"(?:{_NAME}\.)?{_NAME}"
_LITERAL = r"-?[0-9]+|'[A-Za-z0-9_ .:/@+-]*'"
_CONDITION = rf"({_COLUMN})\s*=\s*(\?|{_LITERAL})"
_SELECT = re.compile(
    rf"""\s*SELECT\s+(?P<columns>(?:{_NAME}\.)?\*|{_COLUMN}(?:\s*,\s*{_COLUMN})*)
    \s+FROM\s+(?P<table>{_NAME})(?:\s+(?:AS\s+)?(?P<alias>{_NAME}))?
    \s+WHERE\s+(?P<where>{_CONDITION}(?:\s+AND\s+{_CONDITION})*)\s*;?\s*""",
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)
_CONDITIONS = re.compile(_CONDITION, re.ASCII)
_NO_COLUMNS = frozenset({
    "current_date", "current_time", "current_timestamp", "false", "null", "true",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class ManySelect:
    """The query for many items.

    Attributes:
        text: What follows the items, `asked (place, item_1, ...)`; its rows begin with the place.
        table: What is asked. A view may compare otherwise where it is joined, a virtual table in
            any way: the definitions look whether it is a table that is stored.
        parameters: How many parameters the query for one item has.
    """

    text: str
    table: str
    parameters: int


def select_for_many(sql: str) -> ManySelect | None:
    """The query for many items; None: this is more than columns of one table by equality.

    Args:
        sql: The query for one item.
    """
    found = _SELECT.fullmatch(sql)
    if found is None:
        return None
    held = found["alias"] or found["table"]
    source = f"{found['table']} AS {held}" if found["alias"] else held
    columns = [each.strip() for each in found["columns"].split(",")]
    asked = 0
    conditions = []
    for column, value in _CONDITIONS.findall(found["where"]):
        asked += value == "?"
        conditions.append((column, f"+asked.item_{asked}" if value == "?" else value))
    named = [*columns, *(column for column, _ in conditions)]
    owned = [_of_table(column, held) for column in named]
    if not asked or None in owned or "asked" in {held.lower(), found["table"].lower()}:
        return None
    shown = ", ".join(f"{held}.{name}" for name in owned[: len(columns)])
    tests = " AND ".join(
        f"{held}.{name} = {value}"
        for name, (_, value) in zip(owned[len(columns) :], conditions, strict=True)
    )
    text = f"SELECT asked.place, {shown} FROM asked CROSS JOIN {source} ON {tests}"  # noqa: S608 -- words of a statement that the user wrote
    return ManySelect(text, found["table"], asked)


def _of_table(column: str, held: str) -> str | None:
    """The name of a column without its table; None: it is another's, or no column."""
    table, _, name = column.rpartition(".")
    other = table and table.lower() != held.lower()
    return None if other or name.lower() in _NO_COLUMNS else name


SIZE = 400
"""Items of a query: with two parameters each they stay below the 999 of SQLite before 3.32."""

MOST_PARAMETERS = 2

LEAST_ITEMS = 30
"""Items below which a query for all takes longer than one for each: of 1,000 rows in memory with
an index, 20 together took 1.07 of the time of one after the other, 40 took 0.94."""

ANSWERS = f'''
def NAME(items, asker, keys_of, table, select):
    """The rows of each item, by its place; what is missing must be asked for by itself."""
    askers = (CONNECTION, CURSOR)
    plain = {{int, float, str, bytes, bool, type(None)}}
    if len(items) < {LEAST_ITEMS} or not {{*map(type, items)}} <= plain | {{tuple}}:
        return {{}}
    if type(asker) not in askers or asker.row_factory is not None:
        return {{}}
    stored = (
        "SELECT min(rootpage) FROM (SELECT name, rootpage FROM sqlite_master UNION ALL"
        " SELECT name, rootpage FROM sqlite_temp_master) WHERE name = ? COLLATE NOCASE"
    )
    try:
        if not asker.execute(stored, (table,)).fetchone()[0]:
            return {{}}  # a view, or another kind of table
        keys = keys_of(items)
        flat = [key for each in keys for key in each]
        if not {{*map(type, flat)}} <= plain:
            return {{}}
        names = ", ".join(f"item_{{number + 1}}" for number in range(len(keys[0])))
        marks = ", ?" * len(keys[0])
        values = ", ".join(f"({{place}}{{marks}})" for place in range(len(items)))
        query = f"WITH asked (place, {{names}}) AS (VALUES {{values}}) {{select}}"
        rows = asker.execute(query, flat).fetchmany(2 * len(items) + 1)
    except Exception:  # the query for one item raises it where it belongs
        return {{}}
    if len(rows) > 2 * len(items):
        return {{}}
    found = {{place: [] for place in range(len(items))}}
    for place, *row in rows:
        found[place].append(tuple(row))
    return {{place: rows for place, rows in found.items() if len(rows) < 2}}
'''  # noqa: S608 -- source code, whose statement holds no values

_EACH = f'''
def NAME(items, asker, keys_of, table, select):
    """Every item, whether its WHAT known, and the answer: up to {SIZE} are asked for at once.

    Items with several rows, the last of a batch (its query is what the cursor is left with) and
    batches that fail or hold unusual values are not known: ask for each of them.
    """
    batch, found = (), {{}}
    for turn, item in enumerate(items):
        place = turn % {SIZE}
        if place == 0 and type(items) in (list, tuple):
            batch = items[turn : turn + {SIZE}]
            found = ANSWERS(batch[:-1], asker, keys_of, table, select)
        rows = found.get(place)
        known = rows is not None and batch[place] is item
        yield item, known, RESULT
'''
EACH = {
    "row": _EACH.replace("WHAT", "row is").replace("RESULT", "rows[0] if rows else None"),
    "rows": _EACH.replace("WHAT", "rows are").replace("RESULT", "rows"),
}

BUILTINS = (
    "Exception", "bool", "bytes", "enumerate", "float", "int", "len", "list", "map", "range",
    "str", "tuple", "type",
)  # fmt: skip
"""What the definitions use."""
