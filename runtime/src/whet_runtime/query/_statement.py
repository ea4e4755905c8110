"""Statements and parameters as the text that results are cached under.

Blanks and comments do not matter and reserved words are in capitals; nothing else is touched: the
case of a name is the name of a result's column. Parameters keep their types: 1, 1.0, true and '1'
are four different things to a database.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Parameters = Sequence[Any] | Mapping[str, Any]

# Words that no database takes for a name without quotes.
_RESERVED = frozenset(
    {"all", "and", "as", "between", "case", "cross", "distinct", "else", "end", "except", "exists",
     "from", "full", "group", "having", "in", "inner", "intersect", "is", "join", "left", "like",
     "limit", "natural", "not", "null", "on", "or", "order", "outer", "right", "select", "then",
     "union", "using", "when", "where"}
)  # fmt: skip
_PIECES = re.compile(
    r"(?P<quoted>[eE]?'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]"
    r"|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)"
    r"|(?P<blank>(?:\s+|--[^\n]*|/\*.*?\*/)+)"
    r"|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<other>.)",
    re.DOTALL,
)


def normalized(statement: str) -> str:
    """The statement without comments, with single blanks and capital reserved words."""
    pieces: list[str] = []
    for found in _PIECES.finditer(statement):
        kind, text = found.lastgroup, found.group()
        if kind == "tag":
            kind = "quoted"
        if kind == "blank":
            pieces.append(" ")
        elif kind == "word" and text.lower() in _RESERVED:
            pieces.append(text.upper())
        else:
            pieces.append(text)
    return "".join(pieces).strip().rstrip(";").rstrip()


def first_word(statement: str) -> str:
    """The word that says what kind of statement it is, in lower case."""
    found = re.match(r"(?:\s+|--[^\n]*\n|/\*.*?\*/|\()*([A-Za-z]+)", statement, re.DOTALL)
    return found.group(1).lower() if found else ""


def parameters_text(parameters: Parameters) -> str | None:
    """The parameters with their types; `None` for types whose text may not say all."""
    from collections.abc import Mapping

    if isinstance(parameters, Mapping):
        named = [(str(name), _text(value)) for name, value in sorted(parameters.items())]
        if any(text is None for _, text in named):
            return None
        return repr(named)
    texts = [_text(value) for value in parameters]
    return None if None in texts else repr(texts)


def holds_word(parameters: Parameters, words: Sequence[str]) -> bool:
    """Whether a parameter's text holds one of the words, in any case."""
    from collections.abc import Mapping

    given = parameters.values() if isinstance(parameters, Mapping) else parameters
    texts = [str(value) for value in given if isinstance(value, str | bytes)]
    searched = re.compile(rf"\b({'|'.join(words)})\b", re.IGNORECASE)
    return bool(words) and any(searched.search(text) for text in texts)


def _text(value: Any) -> str | None:
    from datetime import date, datetime, time, timedelta
    from decimal import Decimal
    from uuid import UUID

    kinds = (bool, int, float, str, bytes, Decimal, date, datetime, time, timedelta, UUID)
    if value is None or type(value) in kinds:
        return f"{type(value).__name__} {value!r}"
    return None
