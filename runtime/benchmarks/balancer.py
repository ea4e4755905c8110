"""What rules of the load balancer do to tasks on unequal workers, and what a task costs.

    python runtime/benchmarks/balancer.py                 # about three minutes
    python runtime/benchmarks/balancer.py --tasks 5000    # a first look

Part one is the simulation of `_balancer_simulation.py`, run through the real dispatcher: p50 and
p99 from submission to end, the median over seeds, beside an oracle that knows the true size of
every task. Part two is the cost of a tiny task, the balancer beside the bare executor that it
uses, in interleaved rounds.
Writes results/balancer.json and results/balancer.md.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from _balancer_simulation import (
    SCENARIOS,
    World,
    by_dispatcher,
    clairvoyant,
    oracle,
    percentile,
)
from whet_runtime.balance import (
    LeastExpectedWork,
    LoadBalancer,
    PowerOfTwo,
    ProcessEngine,
    RoundRobin,
    ShortestQueue,
    ThreadEngine,
    WeightedScore,
    Worker,
)

if TYPE_CHECKING:
    from concurrent.futures import Executor

RESULTS = Path(__file__).parent / "results"
TARGET = 1.6


class Bound(LeastExpectedWork):
    """Least expected work that never gives a waiting task to another worker."""

    name = "least_expected_work, bound"
    rebinds = False


POLICIES = {
    "oracle": oracle,
    "clairvoyant": clairvoyant,
    "least_expected_work": by_dispatcher(LeastExpectedWork),
    "the same without rebinding": by_dispatcher(Bound),
    "weighted_score": by_dispatcher(WeightedScore),
    "shortest_queue": by_dispatcher(ShortestQueue),
    "power_of_two": by_dispatcher(PowerOfTwo),
    "round_robin": by_dispatcher(RoundRobin),
}


def simulated(tasks: int, seeds: int) -> list[dict[str, Any]]:
    """A row for each scenario and policy, in milliseconds."""
    rows = []
    for scenario in SCENARIOS:
        worlds = [World(seed, tasks, scenario) for seed in range(1, seeds + 1)]
        for name, policy in POLICIES.items():
            runs = [policy(world) for world in worlds]
            p99s = [1000 * percentile(run, 0.99) for run in runs]
            rows.append(
                {
                    "scenario": scenario,
                    "policy": name,
                    "p50_ms": 1000 * median(percentile(run, 0.5) for run in runs),
                    "p99_ms": median(p99s),
                    "p99_ms_seeds": p99s,
                }
            )
    return rows


def cost_us(executor: Executor, tasks: int) -> tuple[float, float]:
    """Microseconds of wall time and of this process's CPU time a task."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    for future in [executor.submit(math.sqrt, 4) for _ in range(tasks)]:
        future.result()
    each = 1e6 / tasks
    return (time.perf_counter() - wall_s) * each, (time.process_time() - cpu_s) * each


def measured(rounds: int) -> list[dict[str, Any]]:
    """A row for each engine: medians of interleaved rounds."""
    two = [Worker("a"), Worker("b")]
    rows = []
    for name, bare, engine, tasks in (
        ("threads", ThreadPoolExecutor, ThreadEngine, 4000),
        ("processes", ProcessPoolExecutor, ProcessEngine, 800),
    ):
        with bare(2) as plain, LoadBalancer(engine(), two) as balanced:
            cost_us(plain, 100), cost_us(balanced, 100)
            pairs = [(cost_us(plain, tasks), cost_us(balanced, tasks)) for _ in range(rounds)]
        for index, kind in enumerate(("wall", "cpu")):
            rows.append(
                {
                    "engine": name,
                    "time": kind,
                    "bare_us": median(pair[0][index] for pair in pairs),
                    "balancer_us": median(pair[1][index] for pair in pairs),
                    "ratio": median(pair[1][index] / pair[0][index] for pair in pairs),
                }
            )
    return rows


def table(found: dict[str, Any]) -> str:
    """The results as a page."""
    command = f"balancer.py --tasks {found['tasks']} --seeds {found['seeds']}"
    lines = [
        "# Load balancer",
        "",
        f"`python runtime/benchmarks/{command}`, {found['machine']}.",
        "",
        "Simulated, milliseconds from submission to end, median over seeds. The oracle binds each",
        "task at submission to the worker with the least work left, by true sizes and speeds; it",
        "knows affinity where that is declared, and no slow spells. The clairvoyant knows all,",
        "spells to come included.",
        "",
        "| scenario | policy | p50 | p99 | p99 / oracle |",
        "| --- | --- | --- | --- | --- |",
    ]
    rows = found["simulated"]
    best = {row["scenario"]: row["p99_ms"] for row in rows if row["policy"] == "oracle"}
    lines += [
        f"| {row['scenario']} | {row['policy']} | {row['p50_ms']:.0f} | {row['p99_ms']:.0f} | "
        f"{row['p99_ms'] / best[row['scenario']]:.2f} |"
        for row in rows
    ]
    lines += [
        "",
        f"Target: least_expected_work, declared: p99 at most {TARGET} of the oracle's.",
        "",
        "A tiny task (`math.sqrt(4)`) on two workers, microseconds, medians of interleaved runs:",
        "",
        "| engine | time | bare executor | balancer | ratio |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {row['engine']} | {row['time']} | {row['bare_us']:.0f} | {row['balancer_us']:.0f} | "
        f"{row['ratio']:.2f} |"
        for row in found["measured"]
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run both parts and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tasks", type=int, default=20_000, help="simulated tasks a seed")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of the measured part")
    chosen = parser.parse_args()
    found = {
        "tasks": chosen.tasks,
        "seeds": chosen.seeds,
        "machine": f"Python {platform.python_version()}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}",
        "simulated": simulated(chosen.tasks, chosen.seeds),
        "measured": measured(chosen.rounds),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "balancer.json").write_text(json.dumps(found, indent=1) + "\n")
    (RESULTS / "balancer.md").write_text(table(found))
    print(table(found))


if __name__ == "__main__":
    main()
