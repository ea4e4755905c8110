"""Caches, pools, a load balancer and an autoscaler for applications, sync and async.

Importing this package loads none of them: each name is fetched from its module when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the same names again, for type checkers and editors
    from whet_runtime.balance import (
        BalancerSettings,
        DaskEngine,
        LoadBalancer,
        ProcessEngine,
        TaskOptions,
        ThreadEngine,
        WeightedScore,
        Worker,
    )
    from whet_runtime.cache import (
        LIFETIMES,
        Cache,
        Cached,
        Lifetimes,
        MemoryTier,
        Plan,
        PressureGuard,
        Promotion,
        Warmer,
        cached,
        changed_entity,
        entity_tags,
    )
    from whet_runtime.cache._codec import (
        ValueCodec,
    )
    from whet_runtime.cache._disk import (
        DiskTier,
    )
    from whet_runtime.cache._redis import (
        RedisTier,
    )
    from whet_runtime.errors import (
        CodecError,
        MisuseError,
        PoolExhausted,
        PoolTimeout,
        WhetRuntimeError,
    )
    from whet_runtime.lazy import (
        LazyImport,
        lazy_attribute,
        lazy_exports,
    )
    from whet_runtime.memory import (
        MemoryMonitor,
        MemoryProfiler,
    )
    from whet_runtime.observe import (
        Metrics,
    )
    from whet_runtime.pool import (
        AsyncConnectionPool,
        AsyncObjectPool,
        AsyncObjectPools,
        AsyncPsycopgDriver,
        ConnectionPool,
        FixedLaw,
        ObjectPool,
        ObjectPools,
        PsycopgDriver,
        SqlAlchemyDriver,
        SqliteDriver,
        StepLaw,
        VegasLaw,
    )
    from whet_runtime.query import QueryCache
    from whet_runtime.scale import (
        Autoscaler,
        BalancerTarget,
        DaskTarget,
        ForecastSettings,
        ScalerSettings,
        Threshold,
    )

__version__ = "0.1.0"

# Public name -> the module that holds it: one line a name here, above and in `__all__`.
_HOMES = {
    "LIFETIMES": "whet_runtime.cache",
    "AsyncConnectionPool": "whet_runtime.pool",
    "AsyncObjectPool": "whet_runtime.pool",
    "AsyncObjectPools": "whet_runtime.pool",
    "AsyncPsycopgDriver": "whet_runtime.pool",
    "Autoscaler": "whet_runtime.scale",
    "BalancerSettings": "whet_runtime.balance",
    "BalancerTarget": "whet_runtime.scale",
    "Cache": "whet_runtime.cache",
    "Cached": "whet_runtime.cache",
    "CodecError": "whet_runtime.errors",
    "ConnectionPool": "whet_runtime.pool",
    "DaskEngine": "whet_runtime.balance",
    "DaskTarget": "whet_runtime.scale",
    "DiskTier": "whet_runtime.cache._disk",
    "FixedLaw": "whet_runtime.pool",
    "ForecastSettings": "whet_runtime.scale",
    "LazyImport": "whet_runtime.lazy",
    "Lifetimes": "whet_runtime.cache",
    "LoadBalancer": "whet_runtime.balance",
    "MemoryMonitor": "whet_runtime.memory",
    "MemoryProfiler": "whet_runtime.memory",
    "MemoryTier": "whet_runtime.cache",
    "Metrics": "whet_runtime.observe",
    "MisuseError": "whet_runtime.errors",
    "ObjectPool": "whet_runtime.pool",
    "ObjectPools": "whet_runtime.pool",
    "Plan": "whet_runtime.cache",
    "PoolExhausted": "whet_runtime.errors",
    "PoolTimeout": "whet_runtime.errors",
    "PressureGuard": "whet_runtime.cache",
    "ProcessEngine": "whet_runtime.balance",
    "Promotion": "whet_runtime.cache",
    "PsycopgDriver": "whet_runtime.pool",
    "QueryCache": "whet_runtime.query",
    "RedisTier": "whet_runtime.cache._redis",
    "ScalerSettings": "whet_runtime.scale",
    "SqlAlchemyDriver": "whet_runtime.pool",
    "SqliteDriver": "whet_runtime.pool",
    "StepLaw": "whet_runtime.pool",
    "TaskOptions": "whet_runtime.balance",
    "ThreadEngine": "whet_runtime.balance",
    "Threshold": "whet_runtime.scale",
    "ValueCodec": "whet_runtime.cache._codec",
    "VegasLaw": "whet_runtime.pool",
    "Warmer": "whet_runtime.cache",
    "WeightedScore": "whet_runtime.balance",
    "WhetRuntimeError": "whet_runtime.errors",
    "Worker": "whet_runtime.balance",
    "cached": "whet_runtime.cache",
    "changed_entity": "whet_runtime.cache",
    "entity_tags": "whet_runtime.cache",
    "lazy_attribute": "whet_runtime.lazy",
    "lazy_exports": "whet_runtime.lazy",
}

__all__ = [
    "LIFETIMES",
    "AsyncConnectionPool",
    "AsyncObjectPool",
    "AsyncObjectPools",
    "AsyncPsycopgDriver",
    "Autoscaler",
    "BalancerSettings",
    "BalancerTarget",
    "Cache",
    "Cached",
    "CodecError",
    "ConnectionPool",
    "DaskEngine",
    "DaskTarget",
    "DiskTier",
    "FixedLaw",
    "ForecastSettings",
    "LazyImport",
    "Lifetimes",
    "LoadBalancer",
    "MemoryMonitor",
    "MemoryProfiler",
    "MemoryTier",
    "Metrics",
    "MisuseError",
    "ObjectPool",
    "ObjectPools",
    "Plan",
    "PoolExhausted",
    "PoolTimeout",
    "PressureGuard",
    "ProcessEngine",
    "Promotion",
    "PsycopgDriver",
    "QueryCache",
    "RedisTier",
    "ScalerSettings",
    "SqlAlchemyDriver",
    "SqliteDriver",
    "StepLaw",
    "TaskOptions",
    "ThreadEngine",
    "Threshold",
    "ValueCodec",
    "VegasLaw",
    "Warmer",
    "WeightedScore",
    "WhetRuntimeError",
    "Worker",
    "__version__",
    "cached",
    "changed_entity",
    "entity_tags",
    "lazy_attribute",
    "lazy_exports",
]


def __getattr__(name: str) -> object:
    """Fetches a public name from its module, once."""
    home = _HOMES.get(name)
    if home is None:
        message = f"module 'whet_runtime' has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, whether fetched yet or not."""
    return sorted(__all__)
