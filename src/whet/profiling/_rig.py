"""What every instrument needs: runs of one workload, each with its own records."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

from whet.errors import InstrumentError
from whet.records import InstrumentCost
from whet.workloads import ProbePlan, install_probe, read_lines, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from whet.records import RunOutcome
    from whet.workloads import Launch, Meter

_MESSAGE_CHARACTERS = 300


class LaunchOf(Protocol):
    """Makes the launch of the workload with what an instrument adds to it."""

    def __call__(self, plan: ProbePlan | None, wrap: tuple[str, ...]) -> Launch:
        """A launch with this plan for the probe and these words in front of the command."""
        ...


class Measured(NamedTuple):
    """One instrumented run: its outcome, and where the probe's lines lie (None: no probe)."""

    outcome: RunOutcome
    out: Path | None

    def lines(self) -> Iterator[dict[str, Any]]:
        """The probe's lines."""
        return iter(()) if self.out is None else read_lines(self.out)

    def status(self) -> int | None:
        """How the first process ended as the probe saw it; None if it did not say."""
        first = None
        for line in self.lines():
            first = first or line["process_file"]
            if line["process_file"] == first and line["kind"] == "exit":
                status = line.get("status")
                return status if isinstance(status, int) else None
        return None

    def held_s(self) -> float:
        """Seconds that the program was held back until its sampler had found it."""
        return sum(float(line["held_s"]) for line in self.lines() if line["kind"] == "attach")

    def ended_at_s(self) -> float | None:
        """When the first process had written its last line, in the time of files.

        None where it did not come to that.
        """
        first = ""
        for line in self.lines():
            first = first or str(line["process_file"])
            if self.out is not None and line["process_file"] == first and line["kind"] == "exit":
                return (self.out / first).stat().st_mtime
        return None

    def failure(self, instrument: str) -> str | None:
        """Why the probe could not start an instrument; None if it could."""
        for line in self.lines():
            if line["kind"] == "failure" and line.get("instrument") == instrument:
                return f"{line.get('error')}: {line.get('message')}"
        return None


@dataclass
class Rig:
    """Runs a workload again and again, plain or with an instrument.

    Args:
        launch_of: Makes a launch.
        folder: Private folder for records and recordings.
        runner: What runs a launch.
        only_project: Whether functions of other packages are left out by instruments that can.
    """

    launch_of: LaunchOf
    folder: Path
    runner: Callable[..., RunOutcome] = run
    _numbers: Iterator[int] = field(default_factory=count)
    _probe: Path | None = None

    def __post_init__(self) -> None:
        """The bare launch tells where the workload lies."""
        self.bare = self.launch_of(None, ())
        self.root = self.bare.root

    @property
    def probe(self) -> Path:
        """The folder with the probe, installed on first use."""
        if self._probe is None:
            self._probe = self.bare.probe or install_probe(self.folder / "probe")
        return self._probe

    def new_file(self, name: str) -> Path:
        """A path for a recording."""
        return self.folder / f"{next(self._numbers)}-{name}"

    def plain(self, meter: Meter | None = None, repetitions: int | None = None) -> RunOutcome:
        """A run without any instrument."""
        launch = self.bare
        if repetitions is not None:
            workload = msgspec.structs.replace(launch.workload, repetitions=repetitions)
            launch = msgspec.structs.replace(launch, workload=workload)
        return self.runner(launch, meter=meter)

    def probed(
        self,
        instruments: dict[str, dict[str, Any]],
        wrap: tuple[str, ...] = (),
        *,
        required: bool = True,
    ) -> Measured:
        """A run with instruments of the probe, and words in front of its command.

        Args:
            instruments: Configuration by name.
            wrap: Put in front of the command.
            required: Whether the run is worth nothing without the probe.

        Raises:
            InstrumentError: An instrument could not start, or no process carried the probe.
        """
        plan = ProbePlan(instruments=instruments, out=self.new_file("records"), root=self.root)
        launch = msgspec.structs.replace(self.launch_of(plan, wrap), probe=self.probe)
        measured = Measured(self.runner(launch), plan.out)
        if not required:
            return measured
        if not any(line["kind"] == "process" for line in measured.lines()):
            tail = measured.outcome.stderr.tail.strip()[-_MESSAGE_CHARACTERS:]
            reason = "no process of the workload carried it (isolated mode, or not Python)"
            raise InstrumentError("the probe", f"{reason}: {tail}" if tail else reason)
        for name in instruments:
            failed = measured.failure(name)
            if failed is not None:
                raise InstrumentError(f"instrument {name}", failed)
        return measured


def cost(
    instrument: str, outcome: RunOutcome, plain: RunOutcome, *, held_s: float = 0.0
) -> InstrumentCost:
    """What an instrument itself cost: its run / the plain run.

    Args:
        instrument: Its name.
        outcome: Of the run with it.
        plain: Of the run without.
        held_s: Wall time in which the program had not yet begun.
    """
    return InstrumentCost(
        instrument=instrument,
        wall_ratio=_ratio(max(0.0, outcome.wall_s - held_s), plain.wall_s),
        cpu_ratio=_ratio(outcome.cpu_s, plain.cpu_s),
    )


def _ratio(value: float, base: float) -> float | None:
    return value / base if base > 0 else None
