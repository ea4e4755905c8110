"""`whet check --structure`: modules that are too large or tangled."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from whet.cli._common import print_json

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from whet.codebase.syntax import SourceModule
    from whet.records import StructureReport, Workload
    from whet.settings import Settings


def show_structure(arguments: argparse.Namespace) -> int:
    """Read, measure if a workload is named, print."""
    from whet.cli._session import settings_of, workload_of
    from whet.codebase.structure import structure_of
    from whet.records import to_json
    from whet.reports import structure_terminal
    from whet.session.setup import resolve_project

    project = resolve_project(arguments.project)
    settings = settings_of(arguments, project)
    modules = _modules(project, settings.exclude)
    if arguments.split is not None:
        from whet.cli._splitting import show_split

        return show_split(arguments, project, modules)
    report = structure_of(project.name, modules)
    if arguments.workload is not None:
        workload = workload_of(arguments, project, settings)
        if workload is not None:
            report = _measured(project, settings, workload, report)
    if arguments.json:
        print_json(to_json(report))
    else:
        sys.stdout.write(structure_terminal.render(report, moves=arguments.moves))
    return 0


def _modules(project: Path, excludes: tuple[str, ...]) -> list[SourceModule]:
    from whet.codebase import project_files
    from whet.codebase.syntax import SourceModule
    from whet.records import printable

    found = []
    for file in project_files(project, excludes):
        path = project / file
        if file.endswith(".py") and path.is_file() and not path.is_symlink():
            found.append(SourceModule(path.read_bytes(), printable(file)))
    return found


def _measured(
    project: Path, settings: Settings, workload: Workload, report: StructureReport
) -> StructureReport:
    from whet.profiling.import_costs import with_import_costs
    from whet.session.setup import choose_interpreter
    from whet.workloads import Launch, make_copies

    interpreter = choose_interpreter(project, settings, workload)
    with make_copies(project, ("a",), excludes=settings.exclude) as copies:
        launch = Launch(workload=workload, root=copies["a"], interpreter=interpreter)
        return with_import_costs(report, launch)
