"""One SQL statement run by hand for every row.

What
    A loop that does nothing but `cursor.execute(STATEMENT, row)` with one writing statement.

Why slow
    Every call looks the statement up, checks it and goes through the interpreter; `executemany`
    does this once.

Evidence needed
    From the run: the object was exactly a connection of `sqlite3`, or a cursor that the function
    makes for itself, and how many rows a loop wrote.

Before
    for name, size in rows:
        cursor.execute("INSERT INTO item VALUES (?, ?)", (name, size))

After
    if rows:
        cursor.executemany("INSERT INTO item VALUES (?, ?)", ((name, size) for name, size in rows))

Safety
    Gated by evidence: for these types `executemany` runs the statement row by row in the same
    transaction, asks for a row when it needs it, and an error leaves the same rows written. (It
    opens the transaction first: without rows it is not called, and where the very first row
    cannot be made, an empty transaction stays open.)

When not
    Statements that return rows, `lastrowid` or `rowcount` used anywhere in the module, other
    drivers (some send all rows at once), cursors that somebody else holds (they show the last
    row), rows that are read from the same cursor or made by functions that may do more than make
    a row, names of the loop used behind it.
"""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.remedies._admission import types_of
from whet.remedies._asking import asked
from whet.remedies._places import alone_on_its_lines, found_again, hot_function, new_match
from whet.remedies.calls._loops import (
    indent_unit,
    is_invariant,
    is_loop_variable,
    loops_in,
    stored_in,
)
from whet.remedies.calls._purity import Purity
from whet.remedies.calls._words import PURE_METHODS
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match

NAME = "statement_per_row"
LEAST_ROWS = 50
LOOKUP_SHARE = 0.4  # saved of a statement: 0.050 s CPU for 60,000 rows became 0.030
LONGEST_LINE = 88
_SIZED = frozenset({"dict", "frozenset", "list", "range", "set", "tuple"})
_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)
_LOOKING = frozenset({"dir", "eval", "exec", "locals", "super", "vars"})
_STRANGE = (ast.NamedExpr, ast.Lambda, ast.Yield, ast.YieldFrom, ast.Await, ast.Starred)


@dataclass(frozen=True, slots=True)
class _Rows:
    """A loop with its only statement, in parts; `source` is what the rows lie in."""

    loop: ast.For
    cursor: ast.Name
    sql: ast.expr
    row: ast.expr
    source: ast.Name


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every loop of the hot function that only runs one writing statement."""
    function = hot_function(module, hot)
    return [
        new_match(
            module,
            NAME,
            rows.loop,
            "one statement is run by hand for every row",
            safety="gated",
            values=[("cursor", rows.cursor), ("row", rows.row), ("rows", rows.source)],
            data={"own": function is not None and _is_own(module, function, rows.cursor)},
        )
        for rows in (_rows(module, function) if function is not None else ())
        if module.outside is not None or not isinstance(rows.sql, ast.Name)
    ]


def _is_own(module: SourceModule, function: FunctionNode, cursor: ast.Name) -> bool:
    """Whether a cursor is made by the function and never leaves it."""
    scopes = module.scopes
    owner = scopes.inner(function)
    if scopes.owner(cursor.id, scopes.scope_of(cursor)) is not owner:
        return False
    made = [scopes.parent(node) for node in scopes.bindings(owner, cursor.id)]
    uses = [use for use in scopes.uses(owner, cursor.id) if isinstance(use.ctx, ast.Load)]
    return all(_makes_cursor(node) for node in made) and all(
        isinstance(scopes.parent(use), ast.Attribute) and scopes.function_of(use) is function
        for use in uses
    )


def _makes_cursor(node: ast.AST | None) -> bool:
    match node:
        case ast.Assign(
            targets=[ast.Name()], value=ast.Call(func=ast.Attribute(attr="cursor"), args=[])
        ):
            return True
        case _:
            return False


def _rows(module: SourceModule, function: FunctionNode) -> Iterator[_Rows]:
    if {"lastrowid", "rowcount"} & module.words or module.scopes.star_import:
        return
    for loop in loops_in(function):
        match loop.body:
            case [
                ast.Expr(
                    value=ast.Call(
                        func=ast.Attribute(value=ast.Name() as cursor, attr="execute"),
                        args=[sql, row],
                        keywords=[],
                    )
                )
            ]:
                source = _source(module, loop.iter)
            case _:
                continue
        rows = None if source is None else _Rows(loop, cursor, sql, row, source)
        if rows is not None and _is_plain(module, function, rows):
            yield rows


def _is_plain(module: SourceModule, function: FunctionNode, rows: _Rows) -> bool:
    loop = rows.loop
    names = stored_in(loop.target)
    mentioned = {node.id for node in ast.walk(loop.iter) if isinstance(node, ast.Name)}
    targets = (ast.Name, ast.Tuple, ast.expr_context)
    return (
        alone_on_its_lines(module, loop)
        and "#" not in module.text_of(loop)
        and _writes(module, rows.sql)
        and is_invariant(module, rows.cursor, loop)
        and rows.cursor.id not in mentioned
        and not _is_strange(rows)
        and all(isinstance(node, targets) for node in ast.walk(loop.target))
        and all(is_loop_variable(module, function, name) for name in names)
        and not any(isinstance(node, _STRANGE) for node in ast.walk(loop.iter))
        and _makes_row(module, rows.row)
    )


def _is_strange(rows: _Rows) -> bool:
    """Whether a row uses the cursor, which is busy, or looks at the names around it."""
    return any(
        isinstance(node, _STRANGE)
        or (isinstance(node, ast.Name) and node.id in {rows.cursor.id, *_LOOKING})
        for node in ast.walk(rows.row)
    )


def _makes_row(module: SourceModule, row: ast.expr) -> bool:
    """Whether making a row touches neither the transaction nor the end of an iteration.

    A function of the module that speaks of transactions might commit: `executemany` opens one
    for all rows. A StopIteration would become a RuntimeError.
    """
    for node in ast.walk(row):
        match node:
            case ast.Call(func=ast.Attribute(attr=method)):
                if method not in PURE_METHODS and module.scopes.dotted(node.func) is None:
                    return False
            case ast.Call(func=ast.Name() as func) if not module.scopes.is_builtin(func):
                if not _is_quiet(module, func):
                    return False
            case ast.Call(func=ast.Name(id="next")):
                return False
            case _:
                pass
    return True


def _is_quiet(module: SourceModule, func: ast.Name) -> bool:
    """Whether a name is that of an import, a class, or a function that is pure."""
    scopes = module.scopes
    if scopes.owner(func.id, scopes.scope_of(func)) is not scopes.module:
        return False
    match scopes.bindings(scopes.module, func.id):
        case [ast.FunctionDef() as function]:
            return not Purity(module, function).reason
        case [ast.ImportFrom() as brought]:
            return brought.level == 0 and (brought.module or "") in sys.stdlib_module_names
        case _:
            return False


def _source(module: SourceModule, iterated: ast.expr) -> ast.Name | None:
    """The name of the container that a loop goes through; None: it is no plain name."""
    match iterated:
        case ast.Name():
            return iterated
        case ast.Call(func=ast.Name() as func, args=[ast.Name() as name], keywords=[]):
            return name if module.scopes.is_builtin(func, "enumerate") else None
        case ast.Call(func=ast.Attribute(value=ast.Name() as name, attr=view), args=[]):
            return name if view in {"items", "keys", "values"} else None
        case _:
            return None


def _writes(module: SourceModule, sql: ast.expr) -> bool:
    """Whether an expression is certainly a statement that writes and returns nothing."""
    if isinstance(sql, ast.Name):
        scopes = module.scopes
        bindings = scopes.bindings(scopes.module, sql.id)
        owned = scopes.owner(sql.id, scopes.scope_of(sql)) is scopes.module
        parent = scopes.parent(bindings[0]) if owned and len(bindings) == 1 else None
        outside = {sql.id, "*"} & (module.outside or frozenset())
        if not isinstance(parent, ast.Assign) or outside:
            return False
        sql = parent.value
    if not isinstance(sql, ast.Constant) or not isinstance(sql.value, str):
        return False
    return bool(_WRITES.match(sql.value)) and "returning" not in sql.value.lower()


def admit(match: Match, evidence: Evidence) -> Admission:  # noqa: PLR0911 -- one return a reason
    """Whether it was a cursor of `sqlite3`, and wrote many rows in few loops."""
    seen = asked(match, evidence)
    if set(seen) != {"cursor", "row", "rows"}:
        return refused("the run never came here")
    cursor, row, loops = seen["cursor"][0], seen["row"][0], seen["rows"][0].observations
    facts = {"rows": cursor.observations, "loops": loops}
    kinds = types_of(cursor.types)
    if odd := kinds - {"sqlite3.Connection", "sqlite3.Cursor"}:
        return refused(f"{', '.join(sorted(odd))} may do it otherwise", **facts)
    if "sqlite3.Cursor" in kinds and not match.data["own"]:
        return refused("the cursor comes from elsewhere: its last row could be asked for", **facts)
    if odd := types_of(row.types) - {"tuple", "list", "dict"}:
        return refused(f"rows are of type {', '.join(sorted(odd))}", **facts)
    if odd := types_of(seen["rows"][0].types) - _SIZED:
        return refused(f"whether a {', '.join(sorted(odd))} is empty is not known", **facts)
    if cursor.observations < LEAST_ROWS or cursor.observations < 10 * loops:
        return refused("few rows are written in a loop", **facts)
    removable = LOOKUP_SHARE * (1 - loops / cursor.observations)
    return Admission(evidence=facts, removable=round(removable, 4))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """One call in the place of the loop."""
    rows = found_again(module, match, _rows, lambda each: each.loop)
    text, source = module.text_of, text_in_one(module, rows.loop.iter)
    made = f"({text(rows.row)} for {text(rows.loop.target)} in {source})"
    if isinstance(rows.row, ast.Name) and text(rows.row) == text(rows.loop.target):
        made = source
    indent = module.indent_of(rows.loop) or ""
    unit = indent_unit(module, rows.loop, rows.loop.body[0])
    deeper = indent + unit
    call = f"{text(rows.cursor)}.executemany({text(rows.sql)}, {made})"
    if len(deeper) + len(call) > LONGEST_LINE:
        inside = "".join(f"{deeper}{unit}{part},\n" for part in (text(rows.sql), made))
        call = f"{text(rows.cursor)}.executemany(\n{inside}{deeper})"
    return (module.replace(rows.loop, f"if {rows.source.id}:\n{deeper}{call}"),)


def text_in_one(module: SourceModule, node: ast.expr) -> str:
    """The source of an iterable, in parentheses where a comprehension needs them."""
    text = module.text_of(node)
    bare = isinstance(node, ast.Tuple) and not text.startswith("(")
    loose = isinstance(node, ast.IfExp | ast.Lambda)
    return f"({text})" if bare or loose else text


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Run one statement for all rows",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
