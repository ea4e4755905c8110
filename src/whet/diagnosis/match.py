"""Patterns of remedies found in hot places, and what share of the time each could concern."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from whet.diagnosis.hotspots import LEAST_SHARE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from whet.codebase.syntax import SourceModule
    from whet.records import HotPlace, Match
    from whet.remedies import Remedy


def find_matches(
    modules: Iterable[SourceModule],
    hot: Sequence[HotPlace],
    remedies: Sequence[Remedy],
    *,
    least_share: float = LEAST_SHARE,
) -> tuple[Match, ...]:
    """All matches whose lines are hot, hottest first, each once.

    Args:
        modules: The parsed files; those without a tree match nothing.
        hot: Where to look.
        remedies: What to look for.
        least_share: Share of all time (0-1) that a match must concern at least.
    """
    by_file = {module.file: module for module in modules if module.tree is not None}
    best: dict[str, tuple[float, Match]] = {}
    for place in hot:
        module = by_file.get(place.file)
        if module is None:
            continue
        for remedy in remedies:
            for match in remedy.detect(module, place):
                share = concerned_share(match, remedy, place)
                known = best.get(match.match_id)
                if share >= least_share and (known is None or share > known[0]):
                    best[match.match_id] = share, _placed(match, module, place)
    ranked = sorted(best.values(), key=lambda item: (-item[0], item[1].match_id))
    return tuple(match for _, match in ranked)


def concerned_share(match: Match, remedy: Remedy, place: HotPlace) -> float:
    """Share (0-1) of what the remedy claims to lessen that a match concerns in a hot place.

    That is CPU time, peak memory, I/O operations, or wall time (computing and waiting). Where no
    lines were sampled, the CPU time of the function stands for them: an upper bound.
    """
    if remedy.share == "import":
        return place.imports.get(str(match.data.get("module")), 0.0)
    match remedy.claims:
        case "peak_memory":
            alone = remedy.share == "lines"
            shares = place.memory_shares if alone else place.memory_totals
            return _of_resource(match, shares, whole=remedy.share == "function")
        case "io_operations":
            return _of_resource(match, place.io_shares, whole=remedy.share == "function")
        case "wall_time":
            waits = _of_resource(match, place.wait_shares, whole=remedy.share == "function")
            return min(1.0, _of_time(match, remedy, place) + waits)
        case "cpu_time":
            return _of_time(match, remedy, place)


def _of_time(match: Match, remedy: Remedy, place: HotPlace) -> float:
    if remedy.share == "function":
        return place.total_share
    if remedy.share == "lines":
        return _of_lines(match, place.line_shares, place.self_share)
    return _of_lines(match, place.line_totals, place.total_share)


def _of_lines(match: Match, shares: dict[int, float], whole: float) -> float:
    if not shares or not match.lines:
        return whole
    return min(1.0, sum(shares.get(line, 0.0) for line in match.lines))


def _of_resource(match: Match, shares: dict[int, float], *, whole: bool) -> float:
    lines = shares if whole or not match.lines else match.lines
    return min(1.0, sum(shares.get(line, 0.0) for line in lines))


def _placed(match: Match, module: SourceModule, place: HotPlace) -> Match:
    """The match with its place and a digest of its source, by which it is known again later."""
    text = "".join(module.text_between(match.span).split())
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return msgspec.structs.replace(
        match, data={**match.data, "source": digest, "place": place.name}
    )
