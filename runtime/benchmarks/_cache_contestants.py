"""Caches that the benchmark compares: one face for each, peers only where they are installed."""

from __future__ import annotations

from collections import OrderedDict
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Any

from whet_runtime.cache import MemoryTier

if TYPE_CHECKING:
    from collections.abc import Callable


class LockedLru:
    """What people write by hand: an OrderedDict and a lock."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._held: OrderedDict[Any, Any] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Any, default: Any = None) -> Any:
        """The value at a key."""
        with self._lock:
            try:
                value = self._held[key]
            except KeyError:
                return default
            self._held.move_to_end(key)
            return value

    def set(self, key: Any, value: Any) -> None:
        """Stores a value."""
        with self._lock:
            self._held[key] = value
            self._held.move_to_end(key)
            if len(self._held) > self._size:
                self._held.popitem(last=False)


class Locked:
    """A mapping that is not safe for threads, with the lock its documentation asks for."""

    def __init__(self, held: Any) -> None:
        self._held = held
        self._lock = Lock()

    def get(self, key: Any, default: Any = None) -> Any:
        """The value at a key."""
        with self._lock:
            return self._held.get(key, default)

    def set(self, key: Any, value: Any) -> None:
        """Stores a value."""
        with self._lock:
            self._held[key] = value


class Theine:
    """Its read returns a pair of value and whether it was there; the value alone is passed on."""

    def __init__(self, held: Any) -> None:
        self._held = held
        self.raw_get = held.get  # for timing: without this adapter
        self.set = held.set

    def get(self, key: Any, default: Any = None) -> Any:
        """The value at a key."""
        value, there = self._held.get(key)
        return value if there else default


class Mapped:
    """A mapping that has its own lock inside."""

    def __init__(self, held: Any) -> None:
        self.get = held.get
        self.set = held.__setitem__


def bare(size: int) -> MemoryTier:
    """Whet's tier without lifetimes, statistics and byte bound."""
    return MemoryTier(size, None, None, statistics=False)


def timed(size: int) -> MemoryTier:
    """Whet's tier with lifetimes and statistics."""
    return MemoryTier(size, None, 3_600.0)


def weighed(size: int) -> MemoryTier:
    """Whet's tier as it is by default: also bounded by bytes."""
    return MemoryTier(size, 1_000.0, 3_600.0)


def contestants() -> dict[str, Callable[[int], Any]]:
    """Makers of caches by name: whet's, a hand-written one, and the peers that are installed."""
    found: dict[str, Callable[[int], Any]] = {
        "whet bare": bare,
        "whet timed": timed,
        "whet default": weighed,
        "locked OrderedDict": LockedLru,
    }
    peers: dict[str, tuple[str, Callable[[Any, int], Any]]] = {
        "cachetools LRU": ("cachetools", lambda one, size: Locked(one.LRUCache(size))),
        "cachetools TTL": ("cachetools", lambda one, size: Locked(one.TTLCache(size, 3_600))),
        "cachebox LRU": ("cachebox", lambda one, size: Mapped(one.LRUCache(size))),
        "theine": ("theine", lambda one, size: Theine(one.Cache(size))),
    }
    for name, (module, make) in peers.items():
        try:
            loaded = import_module(module)
        except ImportError:
            print(f"{name}: not installed, left out")
            continue
        found[name] = lambda size, one=loaded, made=make: made(one, size)
    return found
