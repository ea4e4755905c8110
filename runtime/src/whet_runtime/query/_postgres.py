"""What a PostgreSQL statement touches: parsed by sqlglot, judged by the database's catalog.

The parser tells tables and functions; the catalog tells what a name means here: a plain table, a
view (whose definition is examined in turn), a function that depends on its arguments alone. What
the parser does not know, and what the catalog does not vouch for, is not cached; a write whose
effects are not sure makes everything stale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from whet_runtime.query._footprint import Footprint

if TYPE_CHECKING:
    from collections.abc import Iterable

_DEEPEST_VIEW = 10
# Functions that sqlglot has a class of its own for, and that tell the same for the same.
_FIXED_CLASSES = frozenset(
    {"Abs", "And", "Array", "ArrayAgg", "Avg", "Case", "Cast", "Ceil", "Coalesce", "Concat",
     "ConcatWs", "Count", "DenseRank", "Exists", "Exp", "Extract", "FirstValue", "Floor",
     "Greatest", "GroupConcat", "If", "Lag", "LastValue", "Lead", "Least", "Left", "Length", "Ln",
     "LogicalAnd", "LogicalOr", "Lower", "Max", "Min", "Nullif", "Or", "PercentileCont",
     "PercentileDisc", "Pow", "Rank", "Replace", "Right", "Round", "RowNumber", "Sign", "Sqrt",
     "Stddev", "StrPosition", "Substring", "Sum", "TimestampTrunc", "Trim", "TryCast", "Upper",
     "Variance"}
)  # fmt: skip
# They answer differently each time, or are slow, but write nothing.
_HARMLESS = frozenset(
    {"clock_timestamp", "current_date", "current_time", "current_timestamp", "current_user",
     "gen_random_uuid", "localtime", "localtimestamp", "pg_sleep", "random", "session_user",
     "timeofday"}
)  # fmt: skip
_PRESENT = ("now", "today", "tomorrow", "yesterday")  # as texts of which dates are made
_WRITES = ("Insert", "Update", "Delete")


class Catalog(Protocol):
    """What the database says about names."""

    def relation(self, name: str) -> tuple[str, str, bool] | None:
        """Full name, kind, and whether it is simple: no row security, no inheritance."""
        ...

    def definition(self, full_name: str) -> str:
        """The statement of a view."""
        ...

    def volatility(self, function: str) -> str:
        """`i`, `s` or `v` as the catalog has it, the worst of a name's; empty for no function."""
        ...

    def written_with(self, full_name: str) -> frozenset[str] | None:
        """Tables written by foreign keys when this one is; `None` if triggers or rules may."""
        ...


def examine(statement: str, catalog: Catalog) -> Footprint:
    """The footprint of a statement."""
    import sqlglot

    try:
        parsed = [tree for tree in sqlglot.parse(statement, dialect="postgres") if tree]
    except Exception:  # noqa: BLE001 - whatever a parser raises for what it does not know
        return _unknown("the parser does not understand it")
    if len(parsed) != 1:
        return _unknown("it is not one statement")
    tree = parsed[0]
    if _is_query(tree):
        return _of_query(tree, catalog, depth=0)
    return _of_write(tree, catalog)


def _of_query(tree: Any, catalog: Catalog, depth: int) -> Footprint:
    refusal, may_write = _refused(tree, catalog)
    if may_write:
        return _unknown(refusal)
    reads: set[str] = set()
    for name in _tables(tree):
        found = catalog.relation(name)
        if found is None or not found[2]:
            return Footprint(refusal=f"{name or 'a function'} is no plain table or view")
        full_name, kind, _ = found
        if kind == "r":
            reads.add(full_name)
            continue
        inner = _of_view(full_name, catalog, depth)
        reads |= inner.reads
        refusal = refusal or inner.refusal
        if inner.is_write:
            return inner
    refusal = refusal or ("" if reads else "it reads no table")
    return Footprint(frozenset(reads), refusal=refusal, refused_words=_PRESENT)


def _of_view(full_name: str, catalog: Catalog, depth: int) -> Footprint:
    import sqlglot

    if depth >= _DEEPEST_VIEW:
        return Footprint(refusal="its views are nested too deeply")
    try:
        tree = sqlglot.parse_one(catalog.definition(full_name), dialect="postgres")
    except Exception:  # noqa: BLE001 - whatever a parser raises for what it does not know
        return Footprint(refusal=f"the parser does not understand the view {full_name}")
    return _of_query(tree, catalog, depth + 1)


def _of_write(tree: Any, catalog: Catalog) -> Footprint:
    """The table written, with what foreign keys write; everything where anything else may."""
    target: Any = tree.this if type(tree).__name__ in _WRITES else None
    if type(target).__name__ == "Schema":  # INSERT INTO t (columns)
        target = target.this
    if type(target).__name__ != "Table":
        return _unknown("its effects are not known")
    if _refused(tree, catalog)[1]:
        return _unknown("it calls what may write")
    found = catalog.relation(_name(target))
    if found is None or found[1] != "r" or not found[2] or _writes_within(tree):
        return _unknown("its effects are not known")
    also = catalog.written_with(found[0])
    if also is None:
        return _unknown("triggers or rules follow")
    return Footprint(writes=also | {found[0]}, refusal="it writes")


def _refused(tree: Any, catalog: Catalog) -> tuple[str, bool]:
    """Why the result must not be cached, and whether the statement may write."""
    from sqlglot import exp

    if tree.find(exp.Lock, exp.Into) or (_is_query(tree) and _writes_within(tree)):
        return "it locks or writes", True
    for literal in tree.find_all(exp.Literal):
        if literal.is_string and literal.this.strip().lower() in _PRESENT:
            return "it asks for the present", False
    for call in tree.find_all(exp.Func):
        if type(call).__name__ in _FIXED_CLASSES or isinstance(call, exp.Connector):
            continue
        name = call.name.lower() if isinstance(call, exp.Anonymous) else _sql_name(call)
        volatility = catalog.volatility(name)
        if volatility != "i":
            may_write = volatility != "s" and name not in _HARMLESS
            return f"{name}() may answer differently each time", may_write
    for parameter in tree.find_all(exp.TableSample, exp.SessionParameter):
        return f"{type(parameter).__name__} answers differently each time", False
    return "", False


def _sql_name(call: Any) -> str:
    """The name of a function that the parser has a class for, as PostgreSQL has it."""
    text: str = call.sql(dialect="postgres")
    return text.partition("(")[0].strip().lower()


def _tables(tree: Any) -> Iterable[str]:
    """Names of the relations, without those of the statement's own WITH clauses."""
    from sqlglot import exp

    own = {cte.alias_or_name for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier) or table.args.get("catalog"):
            yield ""  # a function in the place of a table, or a table of elsewhere
        elif table.args.get("db") or table.name not in own:
            yield _name(table)


def _name(table: Any) -> str:
    """The name as the database resolves it, quoted where it was quoted."""
    parts = [part.sql(dialect="postgres") for part in table.parts]
    return ".".join(parts)


def _writes_within(tree: Any) -> bool:
    """Whether a WITH clause or a part writes."""
    from sqlglot import exp

    inner = tree.find_all(exp.Insert, exp.Update, exp.Delete, exp.Merge)
    return any(found is not tree for found in inner)


def _is_query(tree: Any) -> bool:
    from sqlglot import exp

    return isinstance(tree, exp.Select | exp.SetOperation | exp.Subquery)


def _unknown(reason: str) -> Footprint:
    return Footprint(writes_anything=True, refusal=reason)
