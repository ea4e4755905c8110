"""Time and memory of one function over growing inputs, measured in the target's interpreter."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from whet.errors import MeasurementError, TargetError
from whet.profiling._ended import ended, refuse_effects
from whet.records import (
    ComplexityPoint,
    ComplexityProfile,
    GrowthEstimate,
    Workload,
    ignore_event,
)
from whet.records.event import Event
from whet.stats import estimate_growth
from whet.store.scratch import scratch_folder
from whet.workloads import ProbePlan, read_lines, run
from whet.workloads.probe import probe_package
from whet_probe._growth import merged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from whet.records import OnEvent
    from whet.workloads import Launch

SIZES = tuple(2**step for step in range(3, 16))
"""Where the user names none: as far as the time allows, and short of what fills the caches."""

BUDGET_S = 30.0
_SAMPLE_S = 0.005
_ENOUGH_POINTS = 6
_START = (
    "import sys; sys.path[0] = sys.argv.pop(1); "
    "from whet_probe._growth import main; sys.exit(main(sys.argv))"
)
_STEPS = 10
_LEAST_BYTES = 1000
_CALL_S = 2e-8  # a call itself takes this more or less, by what the caches hold
_COARSE = 0.08  # relative error of a peak: lists grow by an eighth at a time
_WAITING = 5.0  # times as much wall time as CPU time: it waits rather than works


@dataclass(frozen=True)
class ComplexityQuestion:
    """What is asked.

    Attributes:
        target: "module:qualified.name" of the function.
        inputs: "module:qualified.name" of a function from a size to the arguments (a tuple), or
            to the only argument; None scales recorded calls.
        sizes: Rising; None chooses by the time there is.
        budget_s: For all sizes together.
        allow_effects: It may write outside its copy and use the network.
    """

    target: str
    inputs: str | None = None
    sizes: tuple[int, ...] | None = None
    budget_s: float = BUDGET_S
    allow_effects: bool = False


def measure_complexity(
    question: ComplexityQuestion, launch: Launch, *, on_event: OnEvent = ignore_event
) -> ComplexityProfile:
    """Call a function on inputs of growing size, and say in which class its costs grow.

    Args:
        question: What is asked.
        launch: Its root, interpreter and environment count; its workload is run only to record
            calls, where the question names no inputs.
        on_event: Hears of progress.

    Raises:
        TargetError: There is no such function, it cannot be called so, or it was never called.
        MeasurementError: Not one size could be measured.
    """
    with scratch_folder("growth") as folder:
        calls = [] if question.inputs else _recorded(question, launch, folder)
        bench = _Bench(question, launch, folder, calls, on_event)
        lines = bench.series()
    points = points_of(lines)
    notes = [f"size {line['size']}: {line['skipped']}" for line in lines if "skipped" in line]
    if not points:
        raise MeasurementError(question.target, "; ".join([*notes, *bench.notes]) or "no result")
    source = question.inputs or f"calls recorded from {launch.workload.spelled}, scaled"
    return ComplexityProfile(
        target=question.target,
        inputs=source,
        points=tuple(points),
        time=growth_of_time(points),
        memory=growth_of_memory(points),
        notes=(*notes, *bench.notes),
    )


def points_of(lines: Sequence[dict[str, Any]]) -> list[ComplexityPoint]:
    """A point a size, from the lines of all passes."""
    measured = merged([line for line in lines if "cpu_s" in line])
    return [msgspec.convert(line, ComplexityPoint) for line in measured]


class _Bench:
    """Starts the program that measures, as often as it takes."""

    def __init__(
        self,
        question: ComplexityQuestion,
        launch: Launch,
        folder: Path,
        calls: Sequence[Path],
        on_event: OnEvent,
    ) -> None:
        self.question = question
        self.launch = launch
        self.folder = folder
        self.calls = [str(path) for path in calls]
        self.on_event = on_event
        self.notes: list[str] = []
        self._number = 0

    def series(self) -> list[dict[str, Any]]:
        """The lines of all sizes; the first size is watched for effects."""
        wanted = self.question.sizes or SIZES
        budget_s = self.question.budget_s
        found = self._process(wanted[:1], budget_s, watched=not self.question.allow_effects)
        found += self._process(wanted[1:], budget_s / 2)
        between = self._between(found) if self.question.sizes is None else ()
        if between:  # doubling was too coarse: one more step would not have ended
            found = [line for line in found if "skipped" not in line]
            found += self._process(between, budget_s / 2)
        return found

    def _between(self, found: Sequence[dict[str, Any]]) -> tuple[int, ...]:
        """Sizes between the few that were reached, and some beyond; empty where they suffice."""
        reached = sorted({line["size"] for line in found if "cpu_s" in line})
        if not reached or len(reached) >= _ENOUGH_POINTS:
            return ()
        first, last = reached[0], reached[-1]
        step = max(1, (last - first) // _STEPS)
        sizes = range(first, last * 2, step)
        return tuple(size for size in sizes if size not in reached)

    def _process(
        self, sizes: Sequence[int], limit_s: float, *, watched: bool = False
    ) -> list[dict[str, Any]]:
        """One process over some sizes, ended when its time is over."""
        if not sizes:
            return []
        self._number += 1
        plan, result = (self.folder / f"{name}-{self._number}" for name in ("plan", "result"))
        upto = f" up to {sizes[-1]} at the most" if len(sizes) > 1 else ""
        self._tell(f"inputs of size {sizes[0]}{upto}")
        plan.write_text(json.dumps(self._plan(sizes, limit_s)), encoding="utf-8")
        outcome = run(self._of(plan, result, limit_s, watched=watched))
        if watched:
            refuse_effects(f"function {self.question.target!r}", outcome)
        if not result.is_file():
            reason = ended(outcome) or "ended without a result"
            raise MeasurementError(self.question.target, reason)
        lines = [json.loads(line) for line in result.read_bytes().splitlines()]
        for line in lines:
            if "refused" in line:
                reason = str(line["refused"])
                raise TargetError(f"function {self.question.target!r}", reason)
        if outcome.timed_out:
            self.notes.append("the next size did not end in time")
        elif reason := ended(outcome):
            self.notes.append(f"the process {reason}")
        return [line for line in lines if "size" in line]

    def _plan(self, sizes: Sequence[int], limit_s: float) -> dict[str, Any]:
        root = self.launch.root
        return {
            "target": self.question.target,
            "inputs": self.question.inputs,
            "calls": self.calls,
            "roots": [str(path) for path in (root, root / "src") if path.is_dir()],
            "sizes": list(sizes),
            "sample_s": _SAMPLE_S,
            "limit_s": limit_s * 0.9,
            "memory": True,
        }

    def _of(self, plan: Path, result: Path, limit_s: float, *, watched: bool) -> Launch:
        launch = self.launch
        words = (launch.interpreter.path, "-c", _START, str(probe_package().parent))
        workload = Workload(
            kind="command",
            argv=(*words, str(plan), str(result)),
            cwd=launch.workload.cwd,
            env=launch.workload.env,
        )
        out = self.folder / f"effects-{self._number}"
        effects = ProbePlan(instruments={"effects": {}}, out=out, root=launch.root)
        return msgspec.structs.replace(
            launch,
            workload=workload,
            plan=effects if watched else None,
            wrap=(),
            timeout_s=limit_s,
            hash_seed=0,
        )

    def _tell(self, message: str) -> None:
        self.on_event(Event(stage="profile", kind="note", message=message))


def growth_of_time(points: Sequence[ComplexityPoint]) -> GrowthEstimate:
    """The class of the CPU time, or of the wall time of a function that waits."""
    last = max(points, key=lambda point: point.size)
    waits = last.wall_s > _WAITING * last.cpu_s
    metric: Literal["cpu_time", "wall_time"] = "wall_time" if waits else "cpu_time"
    costs = [point.wall_s if waits else point.cpu_s for point in points]
    noise = () if waits else [math.hypot(p.noise, _CALL_S / p.cpu_s) for p in points]
    growth = estimate_growth([point.size for point in points], costs, noise)
    return GrowthEstimate(metric=metric, said=growth.said, **vars(growth))


def growth_of_memory(points: Sequence[ComplexityPoint]) -> GrowthEstimate | None:
    """The class of the peak of allocations; None where it was not followed.

    A peak below a kilobyte counts as one: what allocates nothing is constant, not unknown.
    """
    followed = [(point.size, point.peak_bytes) for point in points if point.peak_bytes is not None]
    if not followed:
        return None
    sizes, peaks = zip(*followed, strict=True)
    growth = estimate_growth(
        sizes, [max(peak, _LEAST_BYTES) for peak in peaks], systematic=_COARSE
    )
    return GrowthEstimate(metric="peak_memory", said=growth.said, **vars(growth))


def _recorded(question: ComplexityQuestion, launch: Launch, folder: Path) -> list[Path]:
    """Runs the workload and keeps calls of the function.

    Raises:
        TargetError: The function is not in the project, or the workload never calls it.
    """
    what = f"function {question.target!r}"
    module, _, name = question.target.partition(":")
    file = _file_of(module, launch.root)
    if file is None:
        way_out = "Name it as module:function, or give inputs with --inputs"
        raise TargetError(what, f"no module {module} lies in the project", way_out)
    calls = folder / "calls"
    calls.mkdir()
    entry = {"id": 0, "file": file, "name": name, "line": None, "by": "index"}
    observe = {"functions": [entry], "values": [], "tolerant": False, "record": str(calls)}
    out = folder / "recording"
    plan = ProbePlan(instruments={"effects": {}, "observe": observe}, out=out, root=launch.root)
    outcome = run(msgspec.structs.replace(launch, plan=plan, wrap=(), hash_seed=0))
    if not question.allow_effects:
        refuse_effects(what, outcome)
    found = sorted(calls.glob("*.pickle"))
    if not found:
        count = sum(line["count"] for line in read_lines(out) if line["kind"] == "calls")
        reason = "its arguments cannot be recorded" if count else "the workload never calls it"
        how = ended(outcome)
        reason += f" (it {how})" if how else ""
        raise TargetError(what, reason, "Give inputs of your own with --inputs module:function")
    return found


def _file_of(module: str, root: Path) -> str | None:
    """The file of a module, relative to the root; None: it is not in the project."""
    parts = module.split(".")
    for base in (root, root / "src"):
        stem = base.joinpath(*parts)
        for path in (stem.with_suffix(".py"), stem / "__init__.py"):
            if path.is_file():
                return path.relative_to(root).as_posix()
    return None
