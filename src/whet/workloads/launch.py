"""One run of a workload, as a value."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - msgspec resolves annotations at run time

from whet.records import Interpreter, Record, Workload
from whet.workloads.probe import ProbePlan  # noqa: TC001 - same

OUTPUT_LIMIT_BYTES = 256_000_000


class Launch(Record, frozen=True):
    """One run of a workload.

    Args:
        workload: What is run.
        root: Where: the project or a copy of it.
        interpreter: The Python that runs it.
        probe: Folder made by `install_probe`; made for the run when a plan asks for it.
        plan: What the probe shall record; None runs without the probe.
        environment: Variables on top of the workload's own.
        hash_seed: `PYTHONHASHSEED`; None leaves the user's setting (random by default).
        wrap: Words put in front of the command, such as `("py-spy", "record", …, "--")`.
        timeout_s: Overrides the workload's own.
        scratch: Folder that keeps the run's output; None forgets all but digest, head and tail.
        output_limit_bytes: Of stdout and of stderr; above it the run is stopped.
    """

    workload: Workload
    root: Path
    interpreter: Interpreter
    probe: Path | None = None
    plan: ProbePlan | None = None
    environment: dict[str, str] = {}  # noqa: RUF012 - msgspec copies mutable defaults
    hash_seed: int | None = None
    wrap: tuple[str, ...] = ()
    timeout_s: float | None = None
    scratch: Path | None = None
    output_limit_bytes: int = OUTPUT_LIMIT_BYTES

    @property
    def limit_s(self) -> float | None:
        """Seconds after which the run is stopped; None: never."""
        return self.workload.timeout_s if self.timeout_s is None else self.timeout_s
