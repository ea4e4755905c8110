"""What is imported, how long it takes and who asked for it, from the probe's import hook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from whet.profiling._rig import cost
from whet.records import ModuleImport

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whet.profiling._rig import Rig
    from whet.records import InstrumentCost, RunOutcome


class ImportsMeasured(NamedTuple):
    """The import chain of the first process and what measuring it cost."""

    modules: tuple[ModuleImport, ...]
    cost: InstrumentCost


def measure(rig: Rig, plain: RunOutcome) -> ImportsMeasured:
    """Follows every import of a run.

    Raises:
        InstrumentError: The probe could not be carried into the program.
    """
    measured = rig.probed({"imports": {}})
    return ImportsMeasured(
        module_imports(measured.lines()), cost("imports", measured.outcome, plain)
    )


def module_imports(lines: Iterable[dict[str, Any]]) -> tuple[ModuleImport, ...]:
    """The first process's imports, costliest (with what they import themselves) first."""
    found: list[ModuleImport] = []
    first: str | None = None
    for line in lines:
        first = first or line["process_file"]
        if line["kind"] != "import" or line["process_file"] != first:
            continue
        found.append(
            ModuleImport(
                module=str(line["module"]),
                self_s=max(0.0, float(line["self_s"])),
                cumulative_s=max(0.0, float(line["cumulative_s"])),
                imported_by=line.get("imported_by") or None,
                memory_bytes=line.get("memory_bytes"),
                file=line.get("file") or None,
                warm=line.get("warm"),
                order=int(line.get("order", len(found))),
            )
        )
    return tuple(sorted(found, key=lambda each: (-each.cumulative_s, each.order)))
