"""Dates that pandas parses one at a time.

What
    `pd.to_datetime(text)` in a loop or comprehension, or `column.apply(pd.to_datetime)`.

Why slow
    Each call finds out the format anew; a whole column is parsed in one go, some hundred times
    quicker.

Evidence needed
    From the run: texts were parsed one by one, or a column was applied to, and how many there
    were.

Before
    frame["day"] = frame["day"].apply(pd.to_datetime)

After
    frame["day"] = pd.to_datetime(frame["day"])

Safety
    Advice: whet does not rewrite it. A whole column must be of one format (that of its first cell,
    or the one you name), where single cells may each have their own; and errors name other
    positions.

When not
    Columns of several formats or time zones, few cells.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.remedies._asking import asked, looks, missed, others_than
from whet.remedies._places import (
    hot_function,
    is_in_text,
    new_match,
    outermost_loop,
    walk_function,
)
from whet.remedies.numeric._frames import SERIES, holds_library
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match

NAME = "dates_parsed_by_cell"
FEWEST = 50
REMOVABLE = 0.98  # 356 times quicker (3,000 cells of one format)


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every place of the hot function that parses single dates."""
    function = hot_function(module, hot)
    if function is None or not holds_library(module, "pandas"):
        return []
    return [_match(module, *found) for found in _find(module, function)]


def _find(module: SourceModule, function: FunctionNode) -> list[tuple[ast.Call, ast.expr, str]]:
    found = []
    for node in walk_function(function):
        match node:
            case ast.Call(func=func, args=[text, *_]) if _parses(module, func):
                if outermost_loop(module, node, function) and not is_in_text(module, node):
                    found.append((node, text, "text"))
            case ast.Call(
                func=ast.Attribute(value=column, attr="apply" | "map"), args=[func], keywords=[]
            ) if _parses(module, func) and not is_in_text(module, node):
                found.append((node, column, "column"))
            case _:
                pass
    return found


def _parses(module: SourceModule, func: ast.expr) -> bool:
    return module.scopes.dotted(func) == "pandas.to_datetime"


def _match(module: SourceModule, call: ast.Call, parsed: ast.expr, role: str) -> Match:
    return new_match(
        module,
        NAME,
        call,
        "dates are parsed one at a time",
        safety="advice",
        values=[(role, parsed)],
    )


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether many texts were parsed."""
    if reason := missed(match, evidence):
        return refused(reason)
    seen = asked(match, evidence)
    columns, texts = seen.get("column", []), seen.get("text", [])
    reason = others_than(SERIES, columns, "what is applied to")
    if reason := reason or others_than({"str"}, texts, "what is parsed"):
        return refused(reason)
    count = looks(texts) or max((column.size_max or 0 for column in columns), default=0)
    facts = {"dates": count}
    if count < FEWEST:
        return refused(f"few dates are parsed ({count})", **facts)
    return Admission(evidence=facts, removable=REMOVABLE)


REMEDY = Remedy(
    name=NAME,
    family="numeric",
    title="Parse a column of dates at once",
    claims="cpu_time",
    keeps_state=False,
    safety="advice",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=None,
)
