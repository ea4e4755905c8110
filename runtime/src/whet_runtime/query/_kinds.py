"""Which kind of answer a query asks for, as far as its text tells."""

from __future__ import annotations

import re

_AGGREGATE = re.compile(r"\b(count|sum|avg|min|max|total)\s*\(", re.IGNORECASE)
_ONLY_COUNT = re.compile(r"^\s*select\s+count\s*\([^()]*\)(\s+as\s+\S+)?\s+from\b", re.IGNORECASE)
_BY_WEEK = re.compile(r"\bweek\b|'%[WUV]'|%[Y]-?%[WUV]|\btrend|\bweekly", re.IGNORECASE)
_BY_DAY = re.compile(r"\bdate\s*\(|\bday\b|'%Y-%m-%d'|::\s*date\b|\bdaily", re.IGNORECASE)
_GROUPED = re.compile(r"\bgroup\s+by\b", re.IGNORECASE)


def kind_of(statement: str) -> str:
    """The kind, as `Lifetimes` names it; whoever knows better says so."""
    if _ONLY_COUNT.match(statement):
        return "count"
    if _GROUPED.search(statement) and _AGGREGATE.search(statement):
        if _BY_WEEK.search(statement):
            return "weekly_summary"
        if _BY_DAY.search(statement):
            return "daily_aggregate"
    return "other"
