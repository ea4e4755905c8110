"""What is known of each worker: how long each kind of task takes there, and how often it fails."""

from __future__ import annotations

from math import exp, log
from typing import Any, NamedTuple

from whet_runtime.errors import MisuseError

# A first guess for a kind of task of which nothing is known; it only orders workers, because the
# same guess holds for all of them until the first task of the kind ends.
UNKNOWN_S = 0.1
_SHORTEST_S = 1e-6  # clocks answer 0 for very short calls, and a logarithm needs more
_PRIOR_WEIGHT = 2.0  # observations that the guess from other kinds and workers is worth
_WORST_SUCCESS = 0.05  # a worker that only fails looks twenty times slower, not infinitely


class Record(NamedTuple):
    """The history of one kind of task on one worker."""

    kind: str
    worker: str
    observations: int
    expected_s: float
    success_rate: float


class _Cell:
    """One kind of task on one worker: the mean of log seconds a unit of size."""

    __slots__ = ("failing", "log_s", "observations")

    def __init__(self) -> None:
        self.observations = 0
        self.log_s = 0.0
        self.failing = 0.0


class Ledger:
    """Expected seconds of a task by kind and worker, learned from what has ended.

    Times of tasks are skewed, so means are kept of their logarithms: one huge task must not
    condemn its worker. What a kind of task has not shown on a worker yet is guessed from the kind
    elsewhere and from the worker's other kinds. A failure says nothing of the time that the work
    needs: it raises the expected time instead, else a worker that fails at once would attract all
    work.

    A quicker factor a worker, for slow spells, was tried and dropped: with skewed times it follows
    the noise (in simulation p99 rose by 15 % at a weight of a quarter, and nothing was gained at
    less); rebinding of waiting tasks is what answers a spell.

    Args:
        memory: Weight of the newest time of a kind on a worker, above 0 and up to 1.
    """

    def __init__(self, *, memory: float = 0.05) -> None:
        if not 0.0 < memory <= 1.0:
            raise MisuseError(
                f"memory={memory!r}", "it is the weight of the newest time", "Give 0.01 to 1"
            )
        self.memory = memory
        self._cells: dict[tuple[str, str], _Cell] = {}
        self._kinds: dict[str, _Cell] = {}
        self._workers: dict[str, _Cell] = {}

    def declare(self, worker: str, speed: float) -> None:
        """Take a worker's relative speed as the guess until its own tasks tell."""
        cell = self._workers[worker] = _Cell()
        cell.log_s = -log(speed)

    def forget(self, worker: str) -> None:
        """Drop all that is known of a worker that is gone."""
        self._workers.pop(worker, None)
        for key in [key for key in self._cells if key[1] == worker]:
            del self._cells[key]

    def usual_s(self, kind: str, worker: str) -> float:
        """Expected seconds of a unit of size of a kind of task on a worker."""
        return exp(self._log_s(kind, worker)) / self.success_rate(kind, worker)

    def success_rate(self, kind: str, worker: str) -> float:
        """Share of recent tasks that did not fail, from 0.05 (all failed) to 1."""
        cell = self._cells.get((kind, worker))
        return 1.0 if cell is None else max(1.0 - cell.failing, _WORST_SUCCESS)

    def observations(self, kind: str, worker: str) -> int:
        """Ended tasks of a kind on a worker."""
        cell = self._cells.get((kind, worker))
        return 0 if cell is None else cell.observations

    def learn(self, kind: str, worker: str, seconds_a_unit: float) -> None:
        """Take in the time of a task that ended well."""
        seen = log(max(seconds_a_unit, _SHORTEST_S))
        of_kind = self._kinds.setdefault(kind, _Cell())
        of_worker = self._workers.setdefault(worker, _Cell())
        # The worker's own share of the kind's mean is taken out, else fast workers, which end more
        # tasks, would make the kind look short everywhere.
        self._blend(of_kind, seen - of_worker.log_s)
        if of_worker.observations or of_kind.observations > 1:
            self._blend(of_worker, seen - of_kind.log_s)
        cell = self._cells.setdefault((kind, worker), _Cell())
        self._blend(cell, seen)
        cell.failing *= 1.0 - self.memory

    def blame(self, kind: str, worker: str) -> None:
        """Take in a task that failed, however long it took."""
        cell = self._cells.setdefault((kind, worker), _Cell())
        cell.failing += self.memory * (1.0 - cell.failing)

    def records(self) -> list[Record]:
        """The history of every kind on every worker, sorted."""
        return [
            Record(
                kind,
                worker,
                cell.observations,
                self.usual_s(kind, worker),
                self.success_rate(kind, worker),
            )
            for (kind, worker), cell in sorted(self._cells.items(), key=lambda item: item[0])
        ]

    def _log_s(self, kind: str, worker: str) -> float:
        of_kind = self._kinds.get(kind)
        of_worker = self._workers.get(worker)
        guess = log(UNKNOWN_S) if of_kind is None else of_kind.log_s
        guess += 0.0 if of_worker is None else of_worker.log_s
        cell = self._cells.get((kind, worker))
        if cell is None or not cell.observations:
            return guess
        weight = cell.observations
        return (weight * cell.log_s + _PRIOR_WEIGHT * guess) / (weight + _PRIOR_WEIGHT)

    def _blend(self, cell: _Cell, value: float) -> None:
        cell.observations += 1
        step = max(self.memory, 1.0 / cell.observations)
        cell.log_s += step * (value - cell.log_s)

    def state(self) -> dict[str, Any]:
        """All that was learned, as plain values for JSON."""
        return {
            "kinds": {kind: _packed(cell) for kind, cell in self._kinds.items()},
            "workers": {worker: _packed(cell) for worker, cell in self._workers.items()},
            "cells": [[*key, *_packed(cell)] for key, cell in self._cells.items()],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave.

        Raises:
            KeyError, TypeError, ValueError: It is not what `state` gives.
        """
        kinds = {str(name): _unpacked(packed) for name, packed in state["kinds"].items()}
        workers = {str(name): _unpacked(packed) for name, packed in state["workers"].items()}
        cells = {(str(row[0]), str(row[1])): _unpacked(row[2:]) for row in state["cells"]}
        self._kinds, self._workers, self._cells = kinds, workers, cells


def _packed(cell: _Cell) -> list[float]:
    return [cell.observations, cell.log_s, cell.failing]


def _unpacked(packed: list[float]) -> _Cell:
    observations, log_s, failing = packed
    cell = _Cell()
    cell.observations, cell.log_s, cell.failing = int(observations), float(log_s), float(failing)
    return cell
