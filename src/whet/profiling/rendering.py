"""Time and memory to draw a terminal component, measured in the target's interpreter."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from whet.errors import MeasurementError, TargetError
from whet.profiling._ended import ended, refuse_effects
from whet.records import RenderProfile, Workload
from whet.store.scratch import scratch_folder
from whet.workloads import ProbePlan, run
from whet.workloads.probe import probe_package

if TYPE_CHECKING:
    from pathlib import Path

    from whet.workloads import Launch

LIMIT_S = 60.0
_SAMPLES_S = 0.8
_START = (
    "import sys; sys.path[0] = sys.argv.pop(1); "
    "from whet_probe._rendering import main; sys.exit(main(sys.argv))"
)


@dataclass(frozen=True)
class RenderQuestion:
    """What is drawn, and how large.

    Attributes:
        target: "module:component": a rich renderable, a class of Textual widget or application, a
            template, or a function that makes one of these or a text.
        inputs: "module:function" that returns a template's names (a dict), or a function's
            arguments (a tuple, or the only one).
        width: Of the terminal, in cells.
        height: Likewise.
        budget_s: For everything.
        allow_effects: It may write outside its copy and use the network.
    """

    target: str
    inputs: str | None = None
    width: int = 120
    height: int = 40
    budget_s: float = LIMIT_S
    allow_effects: bool = False


def measure_rendering(question: RenderQuestion, launch: Launch) -> RenderProfile:
    """Draw a component again and again, and say what it and its parts take.

    Args:
        question: What is drawn.
        launch: Its root, interpreter and environment count.

    Raises:
        TargetError: There is no such component, or it cannot be drawn.
        MeasurementError: The process that drew it failed.
        EffectsRefused: Drawing reaches outside the copy, and nobody allowed it.
    """
    with scratch_folder("rendering") as folder:
        plan, result = folder / "plan.json", folder / "result.json"
        plan.write_text(json.dumps(_plan(question, launch.root)), encoding="utf-8")
        outcome = run(_of(question, launch, plan, result))
        if not question.allow_effects:
            refuse_effects(f"component {question.target!r}", outcome)
        if not result.is_file():
            raise MeasurementError(question.target, ended(outcome) or "ended without a result")
        found = json.loads(result.read_bytes())
    if "refused" in found:
        raise TargetError(f"component {question.target!r}", str(found["refused"]))
    size = {"target": question.target, "width": question.width, "height": question.height}
    return msgspec.convert({**size, **found}, RenderProfile)


def _plan(question: RenderQuestion, root: Path) -> dict[str, Any]:
    return {
        "target": question.target,
        "inputs": question.inputs,
        "width": question.width,
        "height": question.height,
        "limit_s": min(_SAMPLES_S, question.budget_s / 4),
        "roots": [str(path) for path in (root, root / "src") if path.is_dir()],
    }


def _of(question: RenderQuestion, launch: Launch, plan: Path, result: Path) -> Launch:
    words = (launch.interpreter.path, "-c", _START, str(probe_package().parent))
    workload = Workload(
        kind="command",
        argv=(*words, str(plan), str(result)),
        cwd=launch.workload.cwd,
        env=launch.workload.env,
    )
    watch = ProbePlan(instruments={"effects": {}}, out=plan.parent / "effects", root=launch.root)
    return msgspec.structs.replace(
        launch, workload=workload, plan=watch, wrap=(), timeout_s=question.budget_s, hash_seed=0
    )
