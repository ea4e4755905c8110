"""One trial of the court on versions whose ratio is known, as a row of the results."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from court_machine import Watch
from court_naive import judge_naively
from court_workloads import CHUNKS, KINDS

from whet.errors import WhetError
from whet.proof.paired import Bench, compare_runs
from whet.proof.pairs import CallSide, Pairing, compare_calls
from whet.proof.trial import Rules
from whet.records import Workload
from whet.workloads import Launch, run

if TYPE_CHECKING:
    from whet.records import Interpreter, RunOutcome, Verdict

    Samples = dict[str, list[float]]

PROGRAM = "court_workloads.py"
WHOLE_RUNS_EVERY = 3  # a third of the trials judges whole runs, the others calls
TARGETS = {10: (0.9, 15.0), 5: (0.9, 30.0), 2: (0.8, 90.0)}
"""Power and seconds aimed at, by percent of injected work."""

_BUDGET_S = 180.0
_UNIT_S = 0.1  # of whole runs of identical code: a block of four makes a unit
_PILOT_RUNS = 3


def make_sides(folder: Path) -> None:
    """Three sibling copies of the workloads, as the court always has them."""
    source = Path(__file__).resolve().with_name(PROGRAM)
    for name in "abc":
        folder.joinpath(name).mkdir()
        shutil.copy(source, folder / name / PROGRAM)


@dataclass(frozen=True)
class Court:
    """Where trials are held.

    Attributes:
        folder: Holds the copies "a", "b" and "c".
        interpreter: The Python whose time is judged.
    """

    folder: Path
    interpreter: Interpreter

    def hold(self, percent: int) -> dict[str, Any]:
        """One trial with so many percent of injected work, kind and design drawn by lot."""
        seed = int.from_bytes(os.urandom(7), "big")
        random = Random(seed)
        kind = random.choice(list(KINDS))
        whole = random.randrange(WHOLE_RUNS_EVERY) == 0
        # Where memory and I/O never vary, no judge can err about them.
        varying = whole and not percent and random.randrange(2) == 0
        watch = Watch()
        listener = _RunListener(watch) if whole else _PairListener(watch)
        bench = Bench(run=listener, random=random)
        row: dict[str, Any] = {"percent": percent, "kind": kind, "seed": seed}
        row["varying"] = varying
        try:
            if whole:
                verdicts = self._runs((kind, "--vary") if varying else (kind,), percent, bench)
            else:
                verdicts = self._calls(kind, percent, bench)
        except WhetError as error:
            return row | watch.record() | {"failed": str(error)}
        row |= {"design": verdicts[0].design, **watch.record()}
        row["verdicts"] = {one.metric: shortened(one) for one in verdicts}
        row["naive"] = judge_naively(listener.heard(), blocks=not whole)
        return row

    def _calls(self, kind: str, percent: int, bench: Bench) -> tuple[Verdict, ...]:
        side_a, side_b = (
            CallSide(self.folder / tree, f"court_workloads:{kind}_{more}")
            for tree, more in (("a", 0), ("b", percent))
        )
        pairing = Pairing(self.interpreter)
        return compare_calls(side_a, side_b, pairing, rules=_rules(percent), bench=bench)

    def _runs(self, words: tuple[str, ...], percent: int, bench: Bench) -> tuple[Verdict, ...]:
        # Injected work must not hide behind the start of the interpreter; identical code may.
        scale = 400 if percent else 8
        a, b, a2 = (
            Launch(
                workload=Workload(
                    kind="script",
                    target=PROGRAM,
                    argv=(words[0], str(scale * (CHUNKS + more)), *words[1:]),
                ),
                root=self.folder / tree,
                interpreter=self.interpreter,
            )
            for tree, more in (("a", 0), ("b", percent), ("c", 0))
        )
        return compare_runs(a, b, a2, rules=_rules(percent), bench=bench)


def _rules(percent: int) -> Rules:
    """Power is that of `whet compare --budget`, with the target's seconds as the budget."""
    if percent:
        limit_s = TARGETS[percent][1]
        return Rules(claimed=("cpu_time",), budget_s=limit_s, unit_s=limit_s)
    return Rules(claimed=("cpu_time",), budget_s=_BUDGET_S, unit_s=_UNIT_S)


class _PairListener:
    """`run`, noting the samples that every process wrote."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._samples: list[Samples] = []

    def __call__(self, launch: Launch) -> RunOutcome:
        self._watch.look()
        outcome = run(launch)
        self._watch.look()
        result = Path(launch.workload.argv[-1])
        if result.is_file():
            self._samples.append(json.loads(result.read_bytes()).get("samples", {}))
        return outcome

    def heard(self) -> list[Samples]:
        return [samples for samples in self._samples if samples]


class _RunListener:
    """`run`, noting the CPU seconds of every whole run of both versions."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._runs: list[tuple[str, float]] = []

    def __call__(self, launch: Launch) -> RunOutcome:
        self._watch.look()
        outcome = run(launch)
        self._watch.look()
        self._runs.append(("b" if launch.root.name == "b" else "a", outcome.cpu_s))
        return outcome

    def heard(self) -> list[Samples]:
        counted = self._runs[_PILOT_RUNS:]
        return [{side: [cpu_s for name, cpu_s in counted if name == side] for side in "ab"}]


def shortened(verdict: Verdict) -> dict[str, Any]:
    """What the table needs of a verdict."""
    return {
        "outcome": verdict.outcome,
        "effect": _rounded(verdict.effect),
        "low": _rounded(verdict.low),
        "high": _rounded(verdict.high),
        "processes": verdict.processes,
        "control": _rounded(verdict.control),
        "elapsed_s": round(verdict.elapsed_s, 2),
    }


def _rounded(value: float | None) -> float | None:
    """Six digits are more than anybody needs."""
    return None if value is None else round(value, 6)
