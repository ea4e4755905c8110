"""What importing the modules of a structure report takes, in a run of the workload."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from whet.profiling.imports import module_imports
from whet.records import ImportCost
from whet.store.scratch import scratch_folder
from whet.workloads import ProbePlan, read_lines, run

if TYPE_CHECKING:
    from whet.records import StructureReport
    from whet.workloads import Launch


def with_import_costs(report: StructureReport, launch: Launch) -> StructureReport:
    """The report with the import cost of each of its modules that the workload imports.

    Nothing is imported for its own sake: whet imports only what the workload imports.

    Args:
        report: Whose modules are looked at.
        launch: Of the workload.
    """
    with scratch_folder("imports") as folder:
        plan = ProbePlan(instruments={"imports": {}}, out=folder / "records", root=launch.root)
        outcome = run(msgspec.structs.replace(launch, plan=plan, wrap=()))
        costs = {each.module: each for each in module_imports(read_lines(plan.out))}
    modules = []
    for module in report.modules:
        found = costs.get(module.module)
        cost = None
        if found is not None:
            cost = ImportCost(
                self_s=found.self_s,
                cumulative_s=found.cumulative_s,
                memory_bytes=found.memory_bytes,
            )
        modules.append(msgspec.structs.replace(module, import_cost=cost))
    ended = outcome.signal or (f"exit status {outcome.exit_code}" if outcome.exit_code else "")
    notes = (*report.notes, f"the workload ended with {ended}") if ended else report.notes
    return msgspec.structs.replace(
        report, modules=tuple(modules), workload=launch.workload.spelled, notes=notes
    )
