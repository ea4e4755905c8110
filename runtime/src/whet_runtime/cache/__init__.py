"""The cache: a memory tier, shared tiers behind it, loaded once however many callers ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet_runtime.cache._access import Promotion
from whet_runtime.cache._cache import Cache
from whet_runtime.cache._decorator import Cached, cached
from whet_runtime.cache._entities import changed_entity, entity_tags
from whet_runtime.cache._lifetimes import LIFETIMES, Lifetimes
from whet_runtime.cache._load import Plan
from whet_runtime.cache._memory import MemoryStatistics, MemoryTier, Reads
from whet_runtime.cache._schedule import Refresh

if TYPE_CHECKING:  # fetched when first used: they are a third of the import
    from whet_runtime.cache._pressure import Pressure, PressureGuard, read_pressure
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

_LATER = {
    "Pressure": "_pressure",
    "PressureGuard": "_pressure",
    "Warmer": "_warmer",
    "read_pressure": "_pressure",
}


def __getattr__(name: str) -> object:
    """Fetches a name that was not needed so far from its module, once."""
    home = _LATER.get(name)
    if home is None:
        message = f"module 'whet_runtime.cache' has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    value: object = getattr(import_module(f"whet_runtime.cache.{home}"), name)
    globals()[name] = value
    return value
