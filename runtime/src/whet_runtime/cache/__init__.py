"""The cache: a memory tier, shared tiers behind it, loaded once however many callers ask."""

from __future__ import annotations

from whet_runtime.cache._access import Promotion
from whet_runtime.cache._cache import Cache
from whet_runtime.cache._decorator import Cached, cached
from whet_runtime.cache._entities import changed_entity, entity_tags
from whet_runtime.cache._lifetimes import LIFETIMES, Lifetimes
from whet_runtime.cache._load import Plan
from whet_runtime.cache._memory import MemoryStatistics, MemoryTier, Reads
from whet_runtime.cache._pressure import Pressure, PressureGuard, read_pressure
from whet_runtime.cache._schedule import Refresh
from whet_runtime.cache._warmer import Warmer

__all__ = [
    "LIFETIMES",
    "Cache",
    "Cached",
    "Lifetimes",
    "MemoryStatistics",
    "MemoryTier",
    "Plan",
    "Pressure",
    "PressureGuard",
    "Promotion",
    "Reads",
    "Refresh",
    "Warmer",
    "cached",
    "changed_entity",
    "entity_tags",
    "read_pressure",
]
