"""Bodies of functions as hashes: as written, and with local names numbered."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whet.codebase.structure.facts import FunctionFacts
    from whet.codebase.structure.lexing import Line

_LEAST_STATEMENTS = 5
_LEAST_TOKENS = 50


def body_hashes(
    functions: Sequence[FunctionFacts], lines: Sequence[Line]
) -> list[tuple[str, int, int, int]]:
    """Name, line, hash as written and hash with local names numbered, of functions worth it.

    Two functions whose second hashes are equal do the same to what they are given: they differ
    in the names of parameters and variables at the most. Hashes hold within one process.
    """
    starts = [line.start for line in lines]
    found = []
    for each in functions:
        if each.statements < _LEAST_STATEMENTS:
            continue
        first = bisect_left(starts, each.line + 1)
        last = bisect_left(starts, each.end_line + 1)
        tokens = [token for line in lines[first:last] for token in (*line.tokens, "\n")]
        if len(tokens) >= _LEAST_TOKENS:
            hashes = hash(tuple(tokens)), hash(tuple(_numbered(tokens, each.local)))
            found.append((each.name, each.line, *hashes))
    return found


def _numbered(tokens: Sequence[str], local: set[str]) -> list[str]:
    numbers: dict[str, str] = {}
    before, result = "", []
    for token in tokens:
        if token in local and before != ".":
            result.append(numbers.setdefault(token, f"<{len(numbers)}>"))
        else:
            result.append(token)
        before = token
    return result
