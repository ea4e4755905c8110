"""`--cache-stats` of commands that read sources through the cache in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from whet.records import MemoryCacheStatistics

_BYTES_IN_MB = 1_000_000


def add_cache_argument(parser: argparse.ArgumentParser) -> None:
    """`--cache-stats`."""
    parser.add_argument(
        "--cache-stats", action="store_true",
        help="also how often sources were read, parsed, and found in memory",
    )  # fmt: skip


def cache_lines(found: MemoryCacheStatistics) -> list[str]:
    """What was read, what was saved, and how the memory is used."""
    held, limit = found.bytes / _BYTES_IN_MB, found.limit_bytes / _BYTES_IN_MB
    ahead = found.prefetch
    took = "" if found.read_ms is None else f", {found.read_ms:.2f} ms each"
    reads = f"sources: {found.reads} read{took}; {found.reads_saved} reads saved"
    contents = f"  contents: {found.contents}, {held:.1f} of {limit:.0f} MB"
    trees = f"  syntax trees: {found.trees} of at most {found.tree_limit}"
    read_ahead = "nothing, as reading is quick here"
    if ahead.loaded:
        read_ahead = f"{ahead.loaded}, hit rate {_rate(ahead.hit_rate)}"
    return [
        f"{reads}; hit rate {_rate(found.hit_rate)}",
        f"{contents}; fragmentation {_rate(found.fragmentation)}",
        f"{trees}; hit rate {_rate(found.tree_hit_rate)}",
        f"  facts of sources: hit rate {_rate(found.fact_hit_rate)}",
        f"  read ahead: {read_ahead}",
    ]


def _rate(value: float | None) -> str:
    return "not known" if value is None else f"{100 * value:.1f} %"
