"""Two versions, commands, functions or environments before the court."""

from __future__ import annotations

import shlex
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from whet.errors import EffectsRefused, MeasurementError, TargetError, UsageError
from whet.proof import Bench, CallSide, Pairing, Rules, compare_calls, compare_runs
from whet.records import Event, OnEvent, Verdict, Workload, ignore_event
from whet.store.scratch import scratch_folder
from whet.workloads import (
    Launch,
    ProbePlan,
    describe_environment,
    find_interpreter,
    make_copies,
    parse_target,
    read_lines,
    run,
    shadowed,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from whet.records import Interpreter


@dataclass(frozen=True)
class Setting:
    """What all comparisons share.

    Attributes:
        project: The user's project; paths and refs are relative to it.
        python: Interpreter as the user named it, or None.
        rules: How the trial is held.
        changes: Fields of the workload that the command line overrides.
        excludes: Patterns of paths that are not copied.
        allow_effects: Run although the workload reaches outside its copy.
        on_event: Hears of progress.
        rerun: The command that repeats the comparison.
    """

    project: Path
    python: str | None = None
    rules: Rules = field(default_factory=Rules)
    changes: Mapping[str, object] = field(default_factory=dict)
    excludes: Sequence[str] = ()
    allow_effects: bool = False
    on_event: OnEvent = ignore_event
    rerun: str = ""

    def note(self, message: str) -> None:
        """Tell the user something about the comparison."""
        self.on_event(Event(kind="note", stage="compare", message=message))

    def bench(self, interpreter: Interpreter) -> Bench:
        """How to measure, and what the verdicts say of the place."""
        return Bench(environment=describe_environment(interpreter), rerun=self.rerun)


def compare_versions(
    target: str, version_a: str, version_b: str, setting: Setting
) -> tuple[Verdict, ...]:
    """Judge a workload on two versions of a project, each in a copy of its own.

    Args:
        target: The workload, as after `-w`.
        version_a: The baseline: a folder, or a git ref of the project.
        version_b: The candidate, likewise.
        setting: What all comparisons share.
    """
    with ExitStack() as stack:
        roots_a = _trees(version_a, ("a", "c"), setting, stack)
        roots_b = _trees(version_b, ("b",), setting, stack, name=roots_a[0].name)
        workload = _workload(target, roots_a[0], setting)
        interpreter = find_interpreter(setting.project, setting.python, workload=workload)
        a, a2, b = (
            Launch(workload=workload, root=root, interpreter=interpreter)
            for root in (*roots_a, *roots_b)
        )
        for launch, version in ((a, version_a), (b, version_b)):
            _watch(launch, version, setting)
        return compare_runs(
            a, b, a2, rules=setting.rules, on_event=setting.on_event,
            bench=setting.bench(interpreter),
        )  # fmt: skip


def compare_environments(
    target: str,
    pythons: tuple[str | None, str | None],
    variables: tuple[Mapping[str, str], Mapping[str, str]],
    setting: Setting,
) -> tuple[Verdict, ...]:
    """Judge a workload of one version under two interpreters or sets of variables.

    Args:
        target: The workload, as after `-w`.
        pythons: Interpreter of the baseline and of the candidate; None is the usual one.
        variables: Environment variables of the baseline and of the candidate.
        setting: What all comparisons share.
    """
    with make_copies(
        setting.project, ("a", "b", "c"), excludes=setting.excludes, on_event=setting.on_event
    ) as copies:
        workload = _workload(target, copies["a"], setting)
        found = [
            find_interpreter(setting.project, one or setting.python, workload=workload)
            for one in pythons
        ]
        a, b, a2 = (
            Launch(
                workload=workload,
                root=copies[name],
                interpreter=found[side],
                environment=dict(variables[side]),
            )
            for name, side in (("a", 0), ("b", 1), ("c", 0))
        )
        _watch(a, "the baseline", setting)
        return compare_runs(
            a, b, a2, rules=setting.rules, on_event=setting.on_event,
            bench=setting.bench(found[0]),
        )  # fmt: skip


def compare_commands(command_a: str, command_b: str, setting: Setting) -> tuple[Verdict, ...]:
    """Judge two commands where they are; what they write is their own business."""
    interpreter = find_interpreter(setting.project, setting.python)
    launches = [
        Launch(workload=_command(command, setting), root=setting.project, interpreter=interpreter)
        for command in (command_a, command_b)
    ]
    setting.note("commands run where they are: what they write stays, run after run")
    return compare_runs(
        *launches, rules=setting.rules, on_event=setting.on_event,
        bench=setting.bench(interpreter),
    )  # fmt: skip


def compare_callables(
    target_a: str, target_b: str, calls: Path | None, setting: Setting
) -> tuple[Verdict, ...]:
    """Judge two functions of the project, side by side in fresh processes.

    Args:
        target_a: The baseline, "module:function".
        target_b: The candidate.
        calls: Recorded calls that give the arguments; None calls without arguments.
        setting: What all comparisons share.
    """
    for target in (target_a, target_b):
        module, _, name = target.partition(":")
        if not module or not name:
            raise UsageError(f"callable {target!r}", "is not module:function", "Give both parts")
    for metric in setting.rules.claimed:
        if metric not in {"cpu_time", "wall_time"}:
            reason = "cannot be told apart for two functions in one process"
            raise UsageError(f"metric {metric}", reason, "Compare whole runs: -w or --command")
    interpreter = find_interpreter(setting.project, setting.python)
    with make_copies(
        setting.project, ("a",), excludes=setting.excludes, on_event=setting.on_event
    ) as copies:
        return compare_calls(
            CallSide(copies["a"], target_a),
            CallSide(copies["a"], target_b),
            Pairing(interpreter, calls),
            rules=setting.rules,
            on_event=setting.on_event,
            bench=setting.bench(interpreter),
        )


def _trees(
    version: str,
    names: Sequence[str],
    setting: Setting,
    stack: ExitStack,
    name: str | None = None,
) -> list[Path]:
    """Copies of one version, in folders that are removed at the end."""
    folder = setting.project / version
    if folder.is_dir():
        copies = stack.enter_context(
            make_copies(folder, names, excludes=setting.excludes, on_event=setting.on_event)
        )
        for note in copies.notes:
            setting.note(note)
        return [_renamed(copies[one], name) for one in names]
    return _exported(version, names, setting, stack, name)


def _renamed(root: Path, name: str | None) -> Path:
    """The copy under the name of the other version's folder: programs may see their path."""
    return root if name is None or root.name == name else root.rename(root.with_name(name))


def _exported(
    reference: str, names: Sequence[str], setting: Setting, stack: ExitStack, name: str | None
) -> list[Path]:
    """Trees of a git ref; the project may be a folder inside the repository."""
    from whet.codebase import export_tree
    from whet.codebase.git import top_level

    repository = top_level(setting.project)
    if repository is None:
        what = f"version {reference!r}"
        reason = f"is no folder in {setting.project}, which is not in a git repository either"
        raise TargetError(what, reason, "Name two folders, or two refs inside a repository")
    inside = setting.project.resolve().relative_to(repository.resolve())
    parent = stack.enter_context(scratch_folder("copies"))
    roots = []
    for one in names:
        tree = parent / one / (name or setting.project.resolve().name)
        exported = export_tree(repository, reference, tree)
        if not (tree / inside).is_dir():
            raise TargetError(f"version {reference!r}", f"holds no folder {str(inside)!r}")
        roots.append(tree / inside)
    setting.note(f"{reference} is commit {exported.commit[:12]}; untracked files are not in it")
    if exported.submodules:
        setting.note(f"submodules of {reference} are empty: {', '.join(exported.submodules)}")
    return roots


def _workload(target: str, root: Path, setting: Setting) -> Workload:
    """The workload, found in the baseline; a script outside of it runs on both versions."""
    words = shlex.split(target)
    script = setting.project / words[0] if words else setting.project
    if words and words[0].endswith(".py") and not (root / words[0]).is_file():
        if not script.is_file():
            raise TargetError(f"workload {target!r}", "is in neither the baseline nor here")
        workload = Workload(kind="command", argv=("python", str(script.resolve()), *words[1:]))
    else:
        workload = parse_target(target, root)
    return msgspec.structs.replace(workload, **setting.changes)


def _command(command: str, setting: Setting) -> Workload:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"command {command!r}", f"is not a command line: {error}") from error
    if not words:
        raise UsageError("the command", "is empty", "Give --command 'A' 'B'")
    workload = Workload(kind="command", argv=tuple(words))
    return msgspec.structs.replace(workload, **setting.changes)


def _watch(launch: Launch, version: str, setting: Setting) -> None:
    """The first run of a version: does it reach outside, and does the copy run?

    Raises:
        EffectsRefused: It writes or connects outside, and nobody allowed it.
        MeasurementError: Modules came from elsewhere than the copy.
    """
    setting.note(f"first run of {version}, watched for effects outside its copy")
    with scratch_folder("watch") as folder:
        out = Path(folder) / "records"
        plan = ProbePlan(instruments={"effects": {}}, out=out, root=launch.root)
        outcome = run(msgspec.structs.replace(launch, plan=plan))
        elsewhere = shadowed(read_lines(out)) if out.is_dir() else ()
    if elsewhere:
        shown = ", ".join(elsewhere[:3])
        reason = f"ran modules of the original project instead of its copy: {shown}"
        raise MeasurementError(f"workload {launch.workload.spelled!r}", reason)
    if outcome.effects and not setting.allow_effects:
        listed = "; ".join(f"{one.kind} {one.target}" for one in outcome.effects[:5])
        raise EffectsRefused(
            f"workload {launch.workload.spelled!r} ({version})",
            f"reaches outside its copy and would do so dozens of times: {listed}",
            "Run it with --allow-effects if that is harmless",
        )
