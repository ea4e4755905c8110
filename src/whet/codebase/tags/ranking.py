"""Which files and definitions matter most, by who refers to whom: pure.

Files are the nodes; a file that refers to a name points to the files that define it, the more
strongly the more often it does and the fewer files define the name. Importance is the stationary
distribution of a walker on these edges (PageRank); what flows over an edge is the importance of
the definitions behind it.

Source: L. Page, S. Brin, R. Motwani, T. Winograd: The PageRank Citation Ranking, Stanford 1999.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

from whet.codebase.tags.symbols import FIRST_DEFINITION

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from whet.codebase.tags.symbols import PackedTag

_DAMPING = 0.85
_ROUNDS = 50
_ENOUGH = 1e-8
_COMMON = 12  # a name that more files define tells nothing about any of them
_PRIVATE = 0.1  # weight of names with a leading underscore
_LIBRARY = 0.05  # of names that the standard library has too
_TESTS = 0.1  # of definitions in tests, which only tests can mean
_TEST_FILE = re.compile(r"(?:^|/)(?:tests?|conftest\.py|test_[^/]*|[^/]*_test\.\w+)(?:/|$)")

Edges = dict[int, dict[int, float]]  # referring file → defining file → weight


class Definition(NamedTuple):
    """One definition and its share of all importance."""

    file: str
    line: int
    name: str
    code: int
    rank: float


class Ranking(NamedTuple):
    """The importance of files and of their definitions, the greatest first."""

    files: dict[str, float]
    definitions: list[Definition]
    references: int  # between files


def rank(
    tags: Iterable[tuple[str, str, list[PackedTag]]],
    ambient: Mapping[str, Collection[str]],
    library: Mapping[str, Collection[str]],
) -> Ranking:
    """Rank the definitions of files.

    Args:
        tags: Path, family of languages, and packed tags of every file: only files of one family
            refer to each other.
        ambient: By family, names that mean the language's own definitions.
        library: By family, names that mostly mean what the standard library defines.
    """
    paths: list[str] = []
    families: list[str] = []
    defined: dict[tuple[str, str], set[int]] = defaultdict(set)
    places: dict[tuple[int, str], tuple[int, int]] = {}
    referred: list[Counter[str]] = []
    for number, (path, family, found) in enumerate(tags):
        paths.append(path)
        families.append(family)
        known = ambient.get(family, ())
        calls: Counter[str] = Counter()
        for line, name, code in found:
            if code >= FIRST_DEFINITION:
                defined[family, name].add(number)
                # A name may be defined again in a file: the first place counts, the best kind.
                old = places.get((number, name))
                places[number, name] = (old[0] if old else line, max(code, old[1] if old else 0))
            elif name not in known:
                calls[name] += 1
        referred.append(calls)
    nodes = [
        _Node(family, _TESTS if _TEST_FILE.search(path) else 1.0, library.get(family, ()))
        for path, family in zip(paths, families, strict=True)
    ]
    edges, by_name, references = _edges(referred, nodes, defined)
    ranks = _page_rank(edges, len(paths))
    shares = _definition_ranks(ranks, by_name)
    definitions = [
        Definition(paths[number], line, name, code, shares.get((number, name), 0.0))
        for (number, name), (line, code) in places.items()
    ]
    definitions.sort(key=lambda d: (-d.rank, d.file, d.line))
    order = sorted(range(len(paths)), key=lambda number: (-ranks[number], paths[number]))
    return Ranking({paths[n]: ranks[n] for n in order}, definitions, references)


_ByName = dict[int, list[tuple[int, str, float]]]  # referring file → (defining, name, weight)


class _Node(NamedTuple):
    """A file: its family, how much its definitions weigh, which names are not its own."""

    family: str
    weight: float
    library: Collection[str]


def _edges(
    referred: list[Counter[str]],
    nodes: list[_Node],
    defined: dict[tuple[str, str], set[int]],
) -> tuple[Edges, _ByName, int]:
    """Who points to whom, and by which names; references within a file count for nothing."""
    edges: Edges = {}
    by_name: _ByName = {}
    references = 0
    for number, calls in enumerate(referred):
        family, _, library = nodes[number]
        out: dict[int, float] = defaultdict(float)
        names = []
        for name, times in calls.items():
            homes = defined.get((family, name), ())
            if not homes or len(homes) > _COMMON or number in homes:
                continue
            references += times
            weight = sqrt(times) * (_LIBRARY if name in library else 1.0) / len(homes)
            weight *= _PRIVATE if name.startswith("_") else 1.0
            for home in sorted(homes):
                out[home] += weight * nodes[home].weight
                names.append((home, name, weight * nodes[home].weight))
        if out:
            edges[number] = out
            by_name[number] = names
    return edges, by_name, references


def _page_rank(edges: Edges, count: int) -> list[float]:
    """The stationary distribution.

    A file that refers to nothing leads anywhere; so does, for the rest, one whose references
    together weigh less than 1: weak ones do not become strong for want of others.
    """
    if not count:
        return []
    sums = {number: sum(out.values()) for number, out in edges.items()}
    ranks = [1.0 / count] * count
    for _ in range(_ROUNDS):
        lost = sum(
            share * (1 - min(1.0, sums.get(number, 0.0))) for number, share in enumerate(ranks)
        )
        new = [(1 - _DAMPING + _DAMPING * lost) / count] * count
        for number, out in edges.items():
            flow = _DAMPING * ranks[number] / max(1.0, sums[number])
            for home, weight in out.items():
                new[home] += flow * weight
        change = sum(abs(a - b) for a, b in zip(ranks, new, strict=True))
        ranks = new
        if change < _ENOUGH:
            break
    return ranks


def _definition_ranks(ranks: list[float], by_name: _ByName) -> dict[tuple[int, str], float]:
    """What flows to each definition over the edges, as shares of 1."""
    shares: dict[tuple[int, str], float] = defaultdict(float)
    for number, names in by_name.items():
        total = sum(weight for _, _, weight in names)
        for home, name, weight in names:
            shares[home, name] += ranks[number] * weight / max(1.0, total)
    whole = sum(shares.values())
    return {place: share / whole for place, share in shares.items()} if whole else {}
