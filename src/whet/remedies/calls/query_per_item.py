"""The same query asked for one item after the other.

What
    `cursor.execute("SELECT ... WHERE id = ?", (item,))`, run again and again from one place.

Why slow
    Every query is parsed, planned and, with a server, sent and waited for by itself. Where the
    column has no index, each of them reads the whole table.

Evidence needed
    From the run: how often this place asked, and which driver it asked. For a rewrite also: that
    this was exactly a cursor or connection of `sqlite3`, that the items came from lists or tuples
    of plain values, that rows were plain tuples and, by `fetchall`, at most one for an item, and
    that the loop calls methods of builtin types only.

Before
    for item in items:
        row = cursor.execute("SELECT size FROM part WHERE id = ?", (item,)).fetchone()

After
    for item, known, answer in _row_of_each(
        items,
        cursor,
        lambda some: [(item,) for item in some],
        "part",
        "SELECT asked.place, part.size FROM asked CROSS JOIN part ON part.id = +asked.item_1",
    ):
        row = (
            answer
            if known
            else cursor.execute("SELECT size FROM part WHERE id = ?", (item,)).fetchone()
        )

Safety
    Needs consent: the rows of up to 400 items are read at one moment, before the first of them is
    looked at, and held until then, so what others write meanwhile is seen later; where an
    exception leaves the loop, the cursor may hold another query's rows. Rows are told apart by the
    place of their item, and the database compares as before. An item with several rows, the last
    of a batch, and every item where something is unusual (the query for many fails, values or
    rows are not plain, what is asked is a view or a virtual table) are asked for as before, so
    that rows, their order, exceptions and the cursor after the loop are the same.

    Other queries and drivers get advice, no rewrite: the database may compare otherwise than
    Python ("1" and 1), rows that come twice need care. Look first whether `EXPLAIN QUERY PLAN`
    says SCAN: an index on the column that is asked for may be all that is missing.

When not
    Items that depend on the answer before, rows that the loop changes, very few items. There is
    no rewrite, but advice, where the query is more than columns of one table found by equality,
    where the loop may end early, uses the cursor otherwise, calls what is not known to leave the
    database alone, or asks at some turns only.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import msgspec

from whet.codebase.syntax import span_of
from whet.errors import WhetError
from whet.records import Edit
from whet.remedies._admission import PLAIN, types_of
from whet.remedies._asking import asked, kinds_of, looks, missed, others_than
from whet.remedies._library_calls import shared_definition
from whet.remedies._locals import in_brackets
from whet.remedies._places import found_again, hot_function, import_of, new_match
from whet.remedies.calls._item_queries import (
    ItemQuery,
    item_queries,
    owners_of_methods,
)
from whet.remedies.calls._loops import indent_unit
from whet.remedies.calls._often import calls_of, constant_text, often, or_advice
from whet.remedies.calls._queries import ANSWERS, EACH, SIZE
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match, ValueEvidence

NAME = "query_per_item"
LEAST_QUERIES = 30
LEAST_FOR_LOOP = 50  # below, one query for all takes as long as one for each
REMOVABLE = 0.5  # one query for all took half of the time in memory; with a server more
TOGETHER = 0.95  # of a table without an index; with one 0.4
DRIVERS = "sqlite3. psycopg. psycopg2. pymysql. MySQLdb. mysql. oracledb. apsw."
LONGEST_LINE = 88
DIFFERS = (
    f"the rows of up to {SIZE} items are read at one moment, before the first of them is looked "
    "at, and held until then, so that what others write meanwhile is seen later; where an "
    "exception leaves the loop, the cursor may hold another query's rows"
)
_SELECT = re.compile(r"\s*SELECT\b.*\bWHERE\b.*(\?|%s|%\(|:\w)", re.IGNORECASE | re.DOTALL)
_ASKERS = frozenset({"sqlite3.Connection", "sqlite3.Cursor"})
_LIBRARY = ("_io.", "collections.")  # beside builtin types
_VALUES = PLAIN | {"float"}


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for the queries of plain loops, advice for every other that asks by a parameter."""
    advice = calls_of(module, hot, NAME, _describe)
    function = hot_function(module, hot)
    queries = list(item_queries(module, function)) if advice and function is not None else []
    rewritten = {span_of(query.execute) for query in queries}
    found = [_rewritable(module, query) for query in queries]
    return [*found, *(match for match in advice if match.span not in rewritten)]


def _rewritable(module: SourceModule, query: ItemQuery) -> Match:
    return new_match(
        module,
        NAME,
        query.whole,
        "one query is asked for each item",
        safety="consent",
        values=[
            ("object", query.asker),
            ("parameters", query.execute.args[1]),
            ("answer", query.answer),
            ("items", query.items),
            *(("owner", owner) for owner in owners_of_methods(module, query)),
        ],
        lines=[
            line
            for call in (query.execute, query.answer)
            for line in range(call.lineno, (call.end_lineno or call.lineno) + 1)
        ],
        data={"one": query.fetches_one, "differs": DIFFERS},
    )


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
    """Whether it was asked often; for a rewrite, also by whom, for what, and what came.

    Where the evidence speaks against the rewrite only, the match is admitted as advice.
    """
    if match.safety == "advice":
        return often(match, evidence, least=LEAST_QUERIES, removable=REMOVABLE, of=DRIVERS)
    return or_advice(
        _admit_rewrite(match, evidence), match, evidence,
        role="parameters", least=LEAST_QUERIES, removable=REMOVABLE, of=DRIVERS,
    )  # fmt: skip


def _admit_rewrite(match: Match, evidence: Evidence) -> Admission:
    seen = asked(match, evidence)
    if reason := missed(match, evidence):
        return refused(reason)
    queries, loops = looks(seen["object"]), looks(seen["items"])
    facts = {"queries": queries, "loops": loops}
    parameters, items, answer = seen["parameters"][0], seen["items"][0], seen["answer"][0]
    odd = (
        others_than(_ASKERS, seen["object"], "what was asked")
        or others_than({"list", "tuple"}, [items], "what the loop goes through")
        or _others_inside(items, _VALUES | {"tuple"}, "an item")
        or _others_inside(parameters, _VALUES, "a parameter")
        or _against_answer(answer, one=match.data["one"])
        or _against_owners(seen.get("owner", ()))
    )
    if odd:
        return refused(odd, **facts)
    if queries < LEAST_FOR_LOOP * loops:
        return refused("few items are asked for in a loop", **facts)
    return Admission(evidence=facts, removable=round(TOGETHER * (1 - loops / queries), 4))


def _against_answer(answer: ValueEvidence, *, one: bool) -> str | None:
    """What in the answers speaks against asking for many at once."""
    if one:
        return others_than({"tuple", "NoneType"}, [answer], "a row")
    if answer.size_median is not None and answer.size_median > 1:
        return "items have several rows, whose order another query may change"
    return others_than({"list"}, [answer], "rows") or _others_inside(answer, {"tuple"}, "a row")


def _against_owners(owners: Iterable[ValueEvidence]) -> str | None:
    """Whether a method may do more than its name says, so that it could reach the database."""
    kinds = {kind for kind in kinds_of(owners) if "." in kind}
    odd = sorted(kind for kind in kinds if not kind.startswith(_LIBRARY))
    return f"the loop calls methods of {', '.join(odd)}" if odd else None


def _others_inside(value: ValueEvidence, allowed: Collection[str], what: str) -> str | None:
    odd = types_of(value.element_types) - set(allowed)
    return f"{what} was of type {', '.join(sorted(odd))}" if odd else None


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The loop over items with their answers, and the query where an answer is not known.

    Raises:
        WhetError: The match is advice, or not in the module any more.
    """
    if match.safety == "advice":
        raise WhetError(f"advice at {match.file}:{match.span.line}", "it has nothing to rewrite")
    query = found_again(module, match, item_queries, lambda each: each.whole)
    each, edits = _definitions(module, query)
    known, answer = module.fresh_name("known"), module.fresh_name("answer")
    target = _target(module, query)
    return (
        *edits,
        module.replace(query.target, f"{target}, {known}, {answer}"),
        module.replace(query.items, _with_answers(module, query, each)),
        *_asked_alone(module, query, known, answer),
    )


def _definitions(module: SourceModule, query: ItemQuery) -> tuple[str, tuple[Edit, ...]]:
    """The name of what goes through items with answers, and what defines it."""
    connection, first = import_of(module, "sqlite3", "Connection")
    cursor, second = import_of(module, "sqlite3", "Cursor")
    text = ANSWERS.replace("CONNECTION", connection).replace("CURSOR", cursor)
    answers, third = shared_definition(module, "_rows_by_place", text)
    what = "row" if query.fetches_one else "rows"
    text = EACH[what].replace("ANSWERS", answers)
    name, fourth = shared_definition(module, f"_{what}_of_each", text)
    return name, (*first, *second, *third, *fourth)


def _target(module: SourceModule, query: ItemQuery) -> str:
    text = module.text_of(query.target)
    bare = isinstance(query.target, ast.Tuple) and not in_brackets(module, query.target)
    return f"({text})" if bare else text


def _with_answers(module: SourceModule, query: ItemQuery, each: str) -> str:
    """The call that goes through the items, a line an argument."""
    indent, unit = _indents(module, query)
    some = module.fresh_name("some")
    keys = ", ".join(module.text_of(element) for element in query.parameters)
    comma = "," if len(query.parameters) == 1 else ""
    select = f'"{query.select.text}"'
    if len(indent) + len(unit) + len(select) + 1 > LONGEST_LINE:
        select = select.replace(" ON ", f'"\n{indent}{unit}" ON ')
    arguments = (
        module.text_of(query.items),
        module.text_of(query.asker),
        f"lambda {some}: [({keys}{comma}) for {_target(module, query)} in {some}]",
        f'"{query.select.table}"',
        select,
    )
    return f"{each}(\n" + "".join(f"{indent}{unit}{one},\n" for one in arguments) + f"{indent})"


def _asked_alone(
    module: SourceModule, query: ItemQuery, known: str, answer: str
) -> tuple[Edit, ...]:
    """The query as it is, where the answer is not known."""
    text = module.text_of(query.answer)
    statement = module.scopes.statement_of(query.answer)
    indent, unit = module.indent_of(statement) or "", _indents(module, query)[1]
    value = getattr(statement, "value", None) is query.answer
    row = module.lines[query.answer.lineno - 1]
    ends = len(row.rstrip()) if isinstance(query.whole, ast.For) else query.answer.end_col_offset
    short = (ends or 0) + len(f"({answer} if {known} else )") <= LONGEST_LINE
    if short and "\n" not in text:
        choice = f"{answer} if {known} else {text}"
        edit = module.replace(query.answer, choice if value else f"({choice})")
    else:
        rows = (answer, f"if {known}", f"else {text}")
        inside = "".join(f"{indent}{unit}{one}\n" for one in rows)
        edit = module.replace(query.answer, f"(\n{inside}{indent})")
    if query.is_chained:
        return (edit,)
    asking = module.scopes.statement_of(query.execute)
    start = span_of(asking)
    at = msgspec.structs.replace(start, end_line=start.line, end_column=start.column)
    indent = module.indent_of(asking) or ""
    return (Edit(file=module.file, span=at, text=f"if not {known}:\n{indent}{unit}"), edit)


def _indents(module: SourceModule, query: ItemQuery) -> tuple[str, str]:
    """The indentation of the statement that holds the loop, and by how much its body has more."""
    statement = module.scopes.statement_of(query.whole)
    indent = module.indent_of(statement) or ""
    if isinstance(statement, ast.For):
        return indent, indent_unit(module, statement, statement.body[0])
    return indent, "    "


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Ask one query for many items",
    claims="wall_time",
    keeps_state=False,
    safety="consent",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
