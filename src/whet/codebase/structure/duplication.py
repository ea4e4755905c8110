"""Code that stands in several places, token for token.

Every logical line where a file begins anew is the start of a window of at least `tokens` tokens.
Equal windows are found by their hash and grown in both directions as far as the lines agree, so
that the work is linear in the size of the project, apart from what is really repeated. Lines that
repeat at once, with a period shorter than that, are no copies of each other.

Sources: Schleimer, Wilkerson and Aiken, "Winnowing: Local Algorithms for Document
Fingerprinting", SIGMOD (2003): fingerprints of windows guarantee that no copy above a length is
missed; here each window begins at a line, as copies do. Kamiya, Kusumoto and Inoue, "CCFinder",
IEEE Transactions on Software Engineering 28 (2002): clones as equal runs of tokens.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.records.analysis import CodePlace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from whet.codebase.structure.facts import FileFacts
    from whet.codebase.structure.lexing import HashedLine

LEAST_TOKENS = 75
LEAST_LINES = 6  # of the file


@dataclass(frozen=True)
class Clone:
    """A run of tokens that stands in several places.

    Attributes:
        tokens: In each place.
        places: In the order of files and lines.
    """

    tokens: int
    places: tuple[CodePlace, ...]


@dataclass(frozen=True)
class _Text:
    """All files in a row, a line that equals nothing between two of them."""

    lines: Sequence[HashedLine | None]
    digests: Sequence[int | None]
    files: Sequence[str]  # a line


def clones(
    facts: Sequence[FileFacts], *, tokens: int = LEAST_TOKENS, lines: int = LEAST_LINES
) -> list[Clone]:
    """What is repeated, the longest first; copies within longer copies of the same places not.

    Args:
        facts: Of the files.
        tokens: Least length of a copy.
        lines: Least number of lines that it takes in the file.
    """
    text = _joined(facts)
    groups: dict[tuple[int | None, ...], set[int]] = defaultdict(set)
    for start, other, length in _runs(text, tokens):
        groups[tuple(text.digests[start : start + length])].update((start, other))
    found = []
    for digests, starts in groups.items():
        length = len(digests)
        places = [_place(text, at, length) for at in sorted(starts)]
        if max(place.end_line - place.line + 1 for place in places) >= lines:
            count = sum(line.tokens for line in _lines(text, min(starts), length))
            found.append(Clone(count, tuple(places)))
    found.sort(key=lambda clone: (-clone.tokens, clone.places[0].file, clone.places[0].line))
    return _outermost(found)


def _joined(facts: Sequence[FileFacts]) -> _Text:
    lines: list[HashedLine | None] = []
    files: list[str] = []
    for each in facts:
        lines.extend(each.lines)
        lines.append(None)
        files.extend([each.file] * (len(each.lines) + 1))
    return _Text(lines, [line.digest if line else None for line in lines], files)


def _runs(text: _Text, tokens: int) -> Iterator[tuple[int, int, int]]:
    """Two starts and the length in lines of every longest run that stands twice."""
    last_seen: dict[tuple[int | None, ...], int] = {}
    covered: dict[int, int] = {}  # distance of two places -> where their run ends
    digests = text.digests
    for at, window in _windows(text, tokens):
        before = last_seen.get(window)
        last_seen[window] = at
        distance = at - (before or 0)
        done = covered.get(distance, 0)
        if before is None or done > at:
            continue
        start, other = before, at
        while start and other > done and digests[start - 1] == digests[other - 1] is not None:
            start, other = start - 1, other - 1
        length = at - other + len(window)
        while digests[start + length] == digests[other + length] is not None:
            length += 1
        length = min(length, distance)  # a copy does not overlap itself
        covered[distance] = other + length
        if sum(line.tokens for line in _lines(text, start, length)) >= tokens:
            yield start, other, length


def _windows(text: _Text, tokens: int) -> Iterator[tuple[int, tuple[int | None, ...]]]:
    """Every line with the digests of the lines from it that hold enough tokens."""
    counts = [line.tokens if line else 0 for line in text.lines]
    end = held = 0
    for at, line in enumerate(text.lines):
        if line is None:
            end, held = at + 1, 0
            continue
        if end <= at:
            end, held = at, 0
        while held < tokens and text.lines[end] is not None:
            held += counts[end]
            end += 1
        if held >= tokens:
            yield at, tuple(text.digests[at:end])
        held -= counts[at]


def _place(text: _Text, start: int, length: int) -> CodePlace:
    lines = _lines(text, start, length)
    return CodePlace(file=text.files[start], line=lines[0].start, end_line=lines[-1].end)


def _lines(text: _Text, start: int, length: int) -> list[HashedLine]:
    return [line for line in text.lines[start : start + length] if line is not None]


def _outermost(found: Sequence[Clone]) -> list[Clone]:
    """Without clones all of whose places lie within places of one longer clone."""
    inside: dict[str, list[tuple[int, int, int]]] = defaultdict(list)  # file -> line, end, clone
    kept: list[Clone] = []
    for clone in found:
        around = [
            {number for line, end, number in inside[p.file] if line <= p.line <= p.end_line <= end}
            for p in clone.places
        ]
        if set.intersection(*around):
            continue
        for place in clone.places:
            inside[place.file].append((place.line, place.end_line, len(kept)))
        kept.append(clone)
    return kept
