"""A file as logical lines of tokens: no comments, no layout, no imports, no docstrings.

By one regular expression, since Python's own tokenizer takes longer than all analyzers together.
It is held to that tokenizer by tests; where newer syntax makes it wrong (quotes within f-strings),
a line is cut differently, and never anything lost.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
      (?:[rRbBuUfFtT]{1,2})?(?:
        \"\"\"[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*\"\"\"
      | '''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''
      | "[^"\\\n]*(?:\\.[^"\\\n]*)*"
      | '[^'\\\n]*(?:\\.[^'\\\n]*)*' )
    | \#[^\n]*
    | \n
    | \\\n
    | [^\W\d]\w*
    | (?:\d[\w.]*(?:(?<=[eE])[+-]\d+)?|\.\d[\w.]*(?:(?<=[eE])[+-]\d+)?)
    | [^\w\s]
    """,
    re.VERBOSE | re.DOTALL,
)
_BLANK, _QUOTES = frozenset("\n\\#"), frozenset("\"'")  # line ends, continued lines, comments
_DEPTH = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
_LEFT_OUT = frozenset({"import", "from"})


class Line(NamedTuple):
    """A logical line; `tokens` as written."""

    start: int  # from 1
    end: int  # inclusive
    tokens: tuple[str, ...]


class HashedLine(NamedTuple):
    """A logical line that can only be compared; hashes hold within one process."""

    start: int
    end: int
    digest: int
    tokens: int  # how many


def logical_lines(text: str) -> list[Line]:
    """The logical lines of a module that do something.

    Args:
        text: The source, with any line endings.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    found: list[Line] = []
    current: list[str] = []
    line = start = 1
    depth = 0
    for token in _TOKEN.findall(text):
        if token[0] in _BLANK:
            if token == "\n" and current and depth <= 0:  # noqa: S105 -- a token of Python
                _add(found, start, line, current)
                current, depth = [], 0
            line += token[-1] == "\n"
            continue
        if not current:
            start = line
        current.append(token)
        depth += _DEPTH.get(token, 0)
        if token[-1] in _QUOTES:
            line += token.count("\n")
    if current:
        _add(found, start, line, current)
    return found


def _add(found: list[Line], start: int, end: int, tokens: list[str]) -> None:
    text_only = len(tokens) == 1 and tokens[0][-1] in _QUOTES
    if tokens[0] not in _LEFT_OUT and not text_only:
        found.append(Line(start, end, tuple(tokens)))
