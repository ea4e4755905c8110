"""What a session runs: the workload, the interpreter, the copies, and launches made of them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from whet.errors import EffectsRefused, TargetError, UsageError, WorkloadFailed
from whet.records import Workload, ignore_event
from whet.workloads import (
    Launch,
    ProbePlan,
    discover,
    find_interpreter,
    install_probe,
    make_copies,
    parse_target,
    run,
)

if TYPE_CHECKING:
    from whet.records import Interpreter, OnEvent, RunOutcome
    from whet.settings import Settings, WorkloadSettings
    from whet.workloads import CopySet

COPIES = ("a", "b", "c")  # the original, the candidate, a second copy of the original
_TAIL_CHARACTERS = 400


@dataclass
class Bench:
    """Copies of the project and all that a launch needs.

    Attributes:
        project: The user's project, only read.
        workload: What is run.
        interpreter: What runs it.
        records: Private folder for what the probe writes.
        limit_s: Of one run, where the workload names none: who has so long for everything cannot
            wait longer for a part.
        names: Of the copies that may be needed.
        on_event: Hears of the copying.
        recent_s: Wall seconds of a run, of the latest ones the most.
    """

    project: Path
    workload: Workload
    interpreter: Interpreter
    records: Path
    limit_s: float
    names: tuple[str, ...] = COPIES
    on_event: OnEvent = ignore_event
    recent_s: float = 0.0
    _plans: int = field(default=0)

    @cached_property
    def copies(self) -> CopySet:
        """Full copies, all made when the first is asked for; excluded paths may be data."""
        return make_copies(self.project, self.names, on_event=self.on_event)

    @cached_property
    def probe(self) -> Path:
        """The probe, installed beside the copies."""
        return install_probe(self.copies.folder / "probe")

    @property
    def notes(self) -> tuple[str, ...]:
        """What was not copied as it is, in sentences."""
        return self.copies.notes if "copies" in vars(self) else ()

    def close(self) -> None:
        """Remove the copies, if any were made."""
        if "copies" in vars(self):
            self.copies.remove()

    def plan(self, instruments: dict[str, dict[str, Any]], copy: str = "a") -> ProbePlan:
        """What the probe shall record in the next run."""
        self._plans += 1
        out = self.records / f"{self._plans}"
        return ProbePlan(instruments=instruments, out=out, root=self.copies[copy])

    def launch(
        self,
        copy: str = "a",
        plan: ProbePlan | None = None,
        wrap: tuple[str, ...] = (),
        **more: Any,
    ) -> Launch:
        """A run in one of the copies."""
        if self.workload.timeout_s is None:
            more.setdefault("timeout_s", self.limit_s)
        return Launch(
            workload=self.workload,
            root=self.copies[copy],
            interpreter=self.interpreter,
            probe=self.probe,
            plan=plan,
            wrap=wrap,
            **more,
        )

    def run(self, launch: Launch) -> RunOutcome:
        """Run it, and remember how long it took."""
        outcome = run(launch)
        self.recent_s = (self.recent_s + outcome.wall_s) / 2 if self.recent_s else outcome.wall_s
        return outcome

    def launch_of(self, plan: ProbePlan | None, wrap: tuple[str, ...] = ()) -> Launch:
        """A launch in the original's copy, as instruments want it."""
        return self.launch("a", plan, wrap)


def resolve_project(project: Path) -> Path:
    """The project's folder, resolved.

    Raises:
        TargetError: It is not there, or no folder.
    """
    if not project.is_dir():
        reason = "is not a folder" if project.exists() else "does not exist"
        raise TargetError(f"project {str(project)!r}", reason, "Give the project's folder")
    return project.resolve()


def choose_workload(project: Path, settings: Settings, named: Workload | None = None) -> Workload:
    """The workload: the one named, else the settings' own, else what the project holds."""
    if named is not None:
        return named
    configured = settings.workload
    if configured is None:
        return discover(project)
    found = workload_of(project, configured)
    return discover(project, msgspec.structs.replace(found, chosen_by="settings"))


def workload_of(project: Path, configured: str | WorkloadSettings) -> Workload:
    """A workload from its settings."""
    if isinstance(configured, str):
        return parse_target(configured, project)
    if configured.service is not None:
        found = Workload(kind="service", service=configured.service)
    elif configured.target or configured.argv:
        found = parse_target(configured.target, project, configured.argv)
    else:
        raise UsageError("workload in the settings", "names neither target nor service")
    return msgspec.structs.replace(
        found,
        env=configured.env,
        cwd=configured.cwd,
        stdin=configured.stdin,
        timeout_s=configured.timeout_s,
        repetitions=configured.repetitions,
    )


def choose_interpreter(
    project: Path, settings: Settings, workload: Workload | None = None
) -> Interpreter:
    """The target's interpreter, as the settings, the project and the workload say."""
    return find_interpreter(project, settings.python, os.environ, workload=workload)


def require_success(outcome: RunOutcome, workload: Workload, limit_s: float) -> None:
    """Refuse to measure a workload that fails.

    Args:
        outcome: How it ended.
        workload: What was run.
        limit_s: What it was given where it names no limit of its own.

    Raises:
        WorkloadFailed: With how it ended and what it said.
    """
    what = f"workload {workload.spelled!r}"
    if outcome.timed_out:
        if workload.timeout_s is None:
            reason = f"did not end within the whole budget of {limit_s:g} s"
            raise WorkloadFailed(what, reason, "Choose a shorter one with -w, or raise --budget")
        raise WorkloadFailed(what, f"did not end within {workload.timeout_s} s", "Raise --timeout")
    if outcome.exit_code != 0:
        end = outcome.signal or f"exit status {outcome.exit_code}"
        said = last_words(outcome.stderr.tail) or last_words(outcome.stdout.tail)
        raise WorkloadFailed(what, f"ended with {end}: {said}" if said else f"ended with {end}",
                             "Make it run by itself first, or choose another with -w")  # fmt: skip


def last_words(text: str) -> str:
    """The end of what a program said; of a traceback the error and the place it names last."""
    lines = text.strip().splitlines()
    if not any(line.startswith("Traceback (most recent call last)") for line in lines):
        return " ".join(text.split())[-_TAIL_CHARACTERS:]
    found = [re.fullmatch(r'  File "(.+)", line (\d+).*', line) for line in lines]
    places = [f"{Path(match[1]).name}:{match[2]}" for match in found if match]
    error = lines[-1][:_TAIL_CHARACTERS]
    return f"{error} ({places[-1]})" if places else error


def watch(bench: Bench, *, allow_effects: bool, hash_seed: int = 0) -> RunOutcome:
    """The first run, watched for what reaches outside.

    Raises:
        EffectsRefused: It writes outside its copy or uses the network, and nobody allowed it.
        WorkloadFailed: It fails.
    """
    outcome = bench.run(bench.launch("a", bench.plan({"effects": {}}), hash_seed=hash_seed))
    if outcome.effects and not allow_effects:
        rows = [f"{e.kind} {e.target}" + (f" ({e.call_site})" if e.call_site else "")
                for e in outcome.effects[:10]]  # fmt: skip
        more = len(outcome.effects) - len(rows)
        listed = "; ".join(rows) + (f"; and {more} more" if more > 0 else "")
        raise EffectsRefused(
            f"workload {bench.workload.spelled!r}",
            f"reaches outside its copy: {listed}",
            "It would be repeated dozens of times; allow that with --allow-effects",
        )
    require_success(outcome, bench.workload, bench.limit_s)
    return outcome


def differs(first: RunOutcome, again: RunOutcome, *, texts: bool = True) -> tuple[str, ...]:
    """What differs between two runs of the same code, named; empty if nothing."""
    found = []
    if first.exit_code != again.exit_code:
        found.append("exit status")
    if texts and first.stdout.sha256 != again.stdout.sha256:
        found.append("standard output")
    if texts and first.stderr.sha256 != again.stderr.sha256:
        found.append("standard error")
    both = {**first.files, **again.files}
    found += [f"file {f}" for f in sorted(both) if first.files.get(f) != again.files.get(f)]
    return tuple(found)
