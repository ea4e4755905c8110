"""Two versions of a function timed side by side: sharp, and only for changes that keep no state.

The process is the unit of evidence. Each fresh interpreter loads A, a second copy of A, and B (in
an order whose slots fall evenly), checks that the results agree, and times pairs of samples in
coin-flip order; a quarter of the pairs is the control, A against its copy. One process gives one
number a clock: the median of log(B / A).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whet.errors import MeasurementError
from whet.proof._outputs import failure
from whet.proof.judge import Unit
from whet.proof.paired import WAITING_SHARE, Bench
from whet.proof.trial import Coins, Halted, Rules, Trial, with_claimed
from whet.records import Interpreter, OnEvent, Workload, ignore_event
from whet.store.scratch import scratch_folder
from whet.workloads import Launch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from whet.records import Metric, Verdict

_START = (
    "import sys; sys.path[0] = sys.argv.pop(1); "
    "from whet_probe._pairs import main; sys.exit(main(sys.argv))"
)
_PADDING_BYTES = 4096
_LIMIT_S = 600.0
_VOID = {
    "wrong code": "the code that ran is not the measured copy",
    "unrepeatable": "two copies of the same code give different results",
    "unfit": "these calls cannot be timed in pairs",
    "failed": "the code could not be loaded or called",
}


@dataclass(frozen=True)
class CallSide:
    """One version of the code.

    Attributes:
        tree: Folder that its modules are loaded from.
        target: "module:qualified.name" called without arguments; None when recorded calls name
            their functions.
        roots: Import roots inside the tree; None is its `src` (where there is one) and itself.
    """

    tree: Path
    target: str | None = None
    roots: tuple[Path, ...] | None = None

    def spec(self) -> dict[str, Any]:
        """As the plan of a process says it."""
        roots = self.roots
        if roots is None:
            roots = tuple(path for path in (self.tree / "src", self.tree) if path.is_dir())
        return {
            "tree": str(self.tree),
            "roots": [str(root) for root in roots],
            "target": self.target,
        }


@dataclass(frozen=True)
class Pairing:
    """What is called, by which Python, and how a process measures.

    Attributes:
        interpreter: The target's Python.
        calls: Recorded calls: successive pickles of (module, qualname, args, kwargs); None calls
            the targets of the sides.
        pairs: Most pairs of samples in a process, the control's quarter included; at least 2.
        least: Pairs after which a process may stop once its median is precise, as on a quiet
            machine: more pairs of one process only repeat its memory layout.
        sample_s: Least CPU seconds of a sample (or four times as much wall time).
        limit_s: Seconds of pairs after which a process stops early.
    """

    interpreter: Interpreter
    calls: Path | None = None
    pairs: int = 40
    least: int = 8
    sample_s: float = 0.005
    limit_s: float = 2.0


def compare_calls(
    side_a: CallSide,
    side_b: CallSide,
    pairing: Pairing,
    *,
    rules: Rules | None = None,
    on_event: OnEvent = ignore_event,
    bench: Bench | None = None,
) -> tuple[Verdict, ...]:
    """Judge two versions of the same calls inside shared processes.

    Args:
        side_a: The baseline; loaded twice, the second time as the control.
        side_b: The candidate.
        pairing: What is called, by which Python, and how a process measures.
        rules: Confidence, margin, budget; only times are judged here.
        on_event: Hears of progress.
        bench: How to run, draw and tell the time.

    Returns:
        The verdicts on CPU time and wall time, the claimed one first.
    """
    bench = bench or Bench()
    rules = replace(rules or Rules(), metrics=("cpu_time", "wall_time"))
    with scratch_folder("pairs") as folder:
        court = _Court(
            {"a": side_a, "a2": side_a, "b": side_b},
            pairing,
            Path(folder),
            bench,
            compare=rules.compare_output,
        )
        trial = Trial(
            measure=court.measure,
            rules=with_claimed(rules, "cpu_time"),
            design="in-process pairs",
            clock=bench.clock,
            on_event=on_event,
            environment=bench.environment,
            rerun=bench.rerun,
        )
        started_s = bench.clock.monotonic_s()
        if rules.claimed:
            return trial.hold(started_s)
        try:
            waiting = court.process()["waiting"]
        except Halted as halted:
            return trial.halted(halted, 0, bench.clock.monotonic_s() - started_s)
        gated: Metric = "wall_time" if waiting > WAITING_SHARE else "cpu_time"
        return replace(trial, rules=with_claimed(rules, gated)).hold(started_s)


class _Court:
    """Starts processes and reads what they measured."""

    def __init__(
        self,
        sides: Mapping[str, CallSide],
        pairing: Pairing,
        folder: Path,
        bench: Bench,
        *,
        compare: bool,
    ) -> None:
        self.sides = sides
        self.interpreter = pairing.interpreter
        self.plan = {
            "version": 1,
            "sides": {name: side.spec() for name, side in sides.items()},
            "calls": None if pairing.calls is None else str(pairing.calls.resolve()),
            "compare": compare,
            "pairs": pairing.pairs,
            "least": pairing.least,
            "sample_s": pairing.sample_s,
            "limit_s": pairing.limit_s,
        }
        self.folder = folder
        self.bench = bench
        self._swaps = Coins(bench.random)
        self._order: list[str] = []

    def measure(self, _number: int) -> dict[Metric, Unit]:
        """One process, as a unit.

        Raises:
            Halted: The results differ, or the process is unfit.
        """
        found = self.process()
        return {
            "cpu_time": Unit(**found["cpu"], pairs=found["pairs"]),
            "wall_time": Unit(**found["wall"], pairs=found["pairs"]),
        }

    def process(self) -> dict[str, Any]:
        """What one process wrote.

        Raises:
            Halted: The results differ, or the process is unfit.
        """
        plan, result = self.folder / "plan.json", self.folder / "result.json"
        document = {
            **self.plan,
            "order": self._load_order(),
            "seed": self.bench.random.randrange(2**32),
        }
        plan.write_text(json.dumps(document), encoding="utf-8")
        result.unlink(missing_ok=True)
        outcome = self.bench.run(self._launch((_START, _probe_path(), str(plan), str(result))))
        if not result.is_file():
            reason = failure(outcome) or "ended without a result"
            raise Halted("void", f"the process that timed the calls {reason}")
        return _read(result)

    def _launch(self, words: Sequence[str]) -> Launch:
        draw = self.bench.random.randrange
        workload = Workload(kind="command", argv=(self.interpreter.path, "-c", *words))
        return Launch(
            workload=workload,
            root=self.sides["a"].tree,
            interpreter=self.interpreter,
            environment={"WHET_PADDING": "x" * draw(_PADDING_BYTES)},
            hash_seed=draw(1, 2**32),
            timeout_s=_LIMIT_S,
        )

    def _load_order(self) -> list[str]:
        """A random order; the next process swaps A and B in it, so that no slot favors one."""
        if self._order:
            swap = {"a": "b", "b": "a", "a2": "a2"}
            order, self._order = [swap[name] for name in self._order], []
            return order
        order = ["a", "a2", "b"]
        self.bench.random.shuffle(order)
        self._order = order
        return order


def _probe_path() -> str:
    from whet.workloads.probe import probe_package

    return str(probe_package().parent)


def _read(result: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(result.read_bytes())
    except ValueError as error:
        raise MeasurementError("the timing process", "wrote no readable result") from error
    status = found["status"]
    if status == "measured":
        return found
    if status == "different":
        raise Halted("refuted", f"the results differ: {found['detail']}")
    raise Halted("void", f"{_VOID[status]}: {found['detail']}")
