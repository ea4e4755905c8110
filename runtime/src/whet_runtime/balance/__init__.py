"""A load balancer for tasks on threads, processes and Dask clusters."""

from whet_runtime.balance._balancer import BalancerSettings, LoadBalancer
from whet_runtime.balance._core import Shortage
from whet_runtime.balance._dask import DaskEngine
from whet_runtime.balance._engine import Engine
from whet_runtime.balance._ledger import Record
from whet_runtime.balance._processes import ProcessEngine
from whet_runtime.balance._records import BalancerSnapshot, TaskOptions, WorkerSnapshot
from whet_runtime.balance._rules import (
    LeastExpectedWork,
    PowerOfTwo,
    RoundRobin,
    Rule,
    ShortestQueue,
    WeightedScore,
)
from whet_runtime.balance._state import Worker
from whet_runtime.balance._threads import ThreadEngine

__all__ = [
    "BalancerSettings",
    "BalancerSnapshot",
    "DaskEngine",
    "Engine",
    "LeastExpectedWork",
    "LoadBalancer",
    "PowerOfTwo",
    "ProcessEngine",
    "Record",
    "RoundRobin",
    "Rule",
    "Shortage",
    "ShortestQueue",
    "TaskOptions",
    "ThreadEngine",
    "WeightedScore",
    "Worker",
    "WorkerSnapshot",
]
