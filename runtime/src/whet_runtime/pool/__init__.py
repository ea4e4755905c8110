"""Pools: objects and database connections that are used again, with fair queues before them."""

from __future__ import annotations

from whet_runtime.pool._connections import AsyncConnectionPool, ConnectionPool
from whet_runtime.pool._drivers import (
    AsyncPsycopgDriver,
    Driver,
    PsycopgDriver,
    SqlAlchemyDriver,
    SqliteDriver,
)
from whet_runtime.pool._kinds import AsyncObjectPools, KindsSnapshot, ObjectPools
from whet_runtime.pool._laws import FixedLaw, Law, Sample, StepLaw
from whet_runtime.pool._lease import AsyncLease, Lease
from whet_runtime.pool._objects import AsyncObjectPool, ObjectPool
from whet_runtime.pool._options import PoolOptions
from whet_runtime.pool._snapshot import ConnectionSnapshot, LentObject, PoolSnapshot
from whet_runtime.pool._vegas import VegasLaw

__all__ = [
    "AsyncConnectionPool",
    "AsyncLease",
    "AsyncObjectPool",
    "AsyncObjectPools",
    "AsyncPsycopgDriver",
    "ConnectionPool",
    "ConnectionSnapshot",
    "Driver",
    "FixedLaw",
    "KindsSnapshot",
    "Law",
    "Lease",
    "LentObject",
    "ObjectPool",
    "ObjectPools",
    "PoolOptions",
    "PoolSnapshot",
    "PsycopgDriver",
    "Sample",
    "SqlAlchemyDriver",
    "SqliteDriver",
    "StepLaw",
    "VegasLaw",
]
