"""What a SQLite statement touches, from the program that SQLite itself makes of it.

`EXPLAIN` lists the opcodes, those of triggers and foreign keys included; views are gone by then.
`OpenRead` and `OpenWrite` name root pages, which `sqlite_schema` maps to tables. Whatever is not
one of the main database's own tables, and every function whose answer may change by itself, is a
refusal.

Source: https://www.sqlite.org/opcode.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from whet_runtime.cache._numbers import random_number
from whet_runtime.query._footprint import Footprint

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from whet_runtime.query._statement import Parameters

_OPENS = frozenset({"OpenRead", "ReopenIdx", "OpenWrite", "Clear"})
_CHANGES_SCHEMA = frozenset(
    {"ParseSchema", "Destroy", "CreateBtree", "DropTable", "DropIndex", "DropTrigger", "DropView",
     "SetCookie", "Vacuum", "IncrVacuum", "JournalMode", "LoadAnalysis"}
)  # fmt: skip
_VIRTUAL = frozenset({"VOpen", "VUpdate", "VFilter", "VBegin", "VCreate", "VDestroy", "VRename"})
_CALLS = frozenset({"Function", "PureFunc", "AggStep", "AggStep1", "AggInverse"})
_DETERMINISTIC = 0x800  # SQLITE_DETERMINISTIC, in the flags of PRAGMA function_list
_OF_THE_LIBRARY = frozenset({"sqlite_version", "sqlite_source_id", "sqlite_compileoption_used",
                             "sqlite_compileoption_get", "sqlite_log"})  # fmt: skip
_DATES = frozenset({"date", "time", "datetime", "julianday", "unixepoch", "strftime", "timediff"})
_PRESENT = ("now", "localtime", "utc")
# Beside these no call can make the word "now" out of other texts.
_HARMLESS = frozenset({"abs", "coalesce", "ifnull", "iif", "length", "round", "typeof"})
_MAKES_TEXT = frozenset({"Concat", "Blob", "Cast"})
_ROOT_OF_SCHEMA = 1


class _Opcode(NamedTuple):
    """One row of EXPLAIN."""

    address: int
    name: str
    p1: int
    p2: int
    p3: int
    p4: object
    p5: int
    comment: object


def examine(
    connection: sqlite3.Connection, statement: str, parameters: Parameters = ()
) -> Footprint:
    """The footprint of a statement, which is not carried out.

    Raises:
        sqlite3.Error: The statement is wrong.
    """
    cursor = connection.cursor()
    cursor.row_factory = None
    # Read first: it makes SQLite look whether its own idea of the schema is still right, which
    # EXPLAIN does not. For the same reason no program explained earlier may come from a cache.
    schema = cursor.execute("SELECT rootpage, tbl_name, type, sql FROM main.sqlite_schema")
    objects = schema.fetchall()
    cursor.execute(f"EXPLAIN /* {random_number()} */ {statement}", parameters)
    program = [_Opcode(*row) for row in cursor]
    names = {code.name for code in program}
    if names & _CHANGES_SCHEMA:
        return Footprint(writes_anything=True, refusal="it changes the schema")
    by_root: dict[int, str] = {root: table for root, table, _, _ in objects if root}
    reads, writes, unknown = _opened(program, by_root)
    writing = any(code.name == "Transaction" and code.p2 for code in program)
    if writing:
        return Footprint(
            reads,
            writes,
            writes_anything=unknown or bool(names & _VIRTUAL) or not writes,
            refusal="it writes",
        )
    texts = [statement, *(sql for _, _, kind, sql in objects if kind == "view")]
    refusal, words = _refusal(program, names, _functions(cursor), texts)
    if unknown:
        refusal = "it reads a table outside the main database"
    return Footprint(reads, refusal=refusal or _of_tables(reads), refused_words=words)


def versions(connection: sqlite3.Connection) -> tuple[object, ...]:
    """What changes when a statement may touch other tables than before."""
    cursor = connection.cursor()
    cursor.row_factory = None
    return (
        *cursor.execute("PRAGMA main.schema_version").fetchone(),
        *cursor.execute("PRAGMA temp.schema_version").fetchone(),
    )


def _opened(
    program: Sequence[_Opcode], by_root: dict[int, str]
) -> tuple[frozenset[str], frozenset[str], bool]:
    """Tables opened for reading and for writing, and whether there were others than these."""
    reads: set[str] = set()
    writes: set[str] = set()
    unknown = False
    for code in program:
        if code.name not in _OPENS:
            continue
        # `Clear` empties a table without opening it and has its operands in another order.
        root, database = (code.p1, code.p2) if code.name == "Clear" else (code.p2, code.p3)
        name = by_root.get(root) if database == 0 and root != _ROOT_OF_SCHEMA else None
        if name is None:
            unknown = True
        elif code.name in {"OpenWrite", "Clear"}:
            writes.add(name)
        else:
            reads.add(name)
    return frozenset(reads), frozenset(writes), unknown


def _refusal(
    program: Sequence[_Opcode],
    names: set[str],
    functions: dict[str, bool],
    texts: Sequence[str],
) -> tuple[str, tuple[str, ...]]:
    """Why the result may change by itself, and the words that parameters may not hold."""
    if names & _VIRTUAL:
        return "it reads a virtual table", ()
    called: set[str] = set()
    for code in program:
        if code.name in _CALLS:
            name = str(code.p4).split("(")[0]
            if name in _DATES and not code.p2:  # no register of arguments
                return f"{name}() without arguments tells the present time", ()
            called.add(name)
    for name in sorted(called - _DATES):
        if not functions.get(name, False):
            return f"{name}() may answer differently each time", ()
    if not called & _DATES:
        return "", ()
    if "strftime" in called and any(map(_formats_the_present, texts)):
        return "strftime() with one argument tells the present time", ()
    return _refusal_of_dates(program, names, called), _PRESENT


def _formats_the_present(text: str) -> bool:
    """Whether a statement calls strftime with its format alone."""
    plain = re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", "x", text)
    for found in re.finditer(r"\bstrftime\s*\(", plain, re.IGNORECASE):
        depth = 1
        for letter in plain[found.end() :]:
            depth += (letter == "(") - (letter == ")")
            if depth == 1 and letter == ",":
                break
            if depth == 0:
                return True
    return False


def _refusal_of_dates(program: Sequence[_Opcode], names: set[str], called: set[str]) -> str:
    """Why a statement that makes dates may mean the present; a column that holds 'now' may too."""
    texts = [str(code.p4).lower() for code in program if code.name == "String8"]
    if any(word in text for text in texts for word in _PRESENT):
        return "it asks for the present or the local time"
    if called - _HARMLESS - _AGGREGATES - _DATES or names & _MAKES_TEXT:
        return "it makes a text of which a date is made, which may be 'now'"
    return ""


_AGGREGATES = frozenset({"avg", "count", "group_concat", "max", "min", "sum", "total"})


def _functions(cursor: sqlite3.Cursor) -> dict[str, bool]:
    """Functions by name, and whether each form of it depends on its arguments alone."""
    sure: dict[str, bool] = {}
    rows = cursor.execute("SELECT name, builtin, type, flags FROM pragma_function_list").fetchall()
    for name, builtin, kind, flags in rows:
        fixed = bool(builtin) and (kind != "s" or bool(flags & _DETERMINISTIC))
        sure[name] = sure.get(name, True) and fixed and name not in _OF_THE_LIBRARY
    return sure


def _of_tables(reads: frozenset[str]) -> str:
    return "" if reads else "it reads no table"
