"""The figures of a cache as one plain mapping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whet_runtime.cache._core import Core


def describe(core: Core) -> dict[str, Any]:
    """Counters of a cache. What is not known is `None`.

    `size`, `max_size`, `memory_usage_mb` and `max_memory_mb` are those of memory; `hit_rate` is
    the share of reads, 0 to 1, that memory or a shared tier answered.
    """
    near = core.memory.statistics()
    misses = near.misses or 0
    reads = near.hits + misses
    tiers: dict[str, Any] = {}
    shared_hits = 0
    if core.chain is not None:
        for backlog in core.chain.backlogs:
            figures = backlog.tier.statistics()._asdict()
            shared_hits += figures["hits"]
            tiers[str(figures.pop("name"))] = {**figures, "pending": backlog.pending}
    return {
        "size": near.size,
        "max_size": near.max_size,
        "memory_usage_mb": None if near.memory_bytes is None else near.memory_bytes / 1e6,
        "max_memory_mb": None if near.max_bytes is None else near.max_bytes / 1e6,
        "hit_rate": min(1.0, (near.hits + shared_hits) / reads) if reads else None,
        "memory": {**near._asdict(), "hit_rate": near.hits / reads if reads else None},
        "tiers": tiers,
        "loads": core.loads,
        "load_errors": core.load_errors,
        "loads_in_progress": len(core.flights),
        "loads_overtaken": core.overtaken,
        "refreshes": core.refreshes,
        "refreshes_refused": core.background.refused,
        "unreadable": 0 if core.chain is None else core.chain.unreadable,
        "unwritable": 0 if core.chain is None else core.chain.unwritable,
    }
