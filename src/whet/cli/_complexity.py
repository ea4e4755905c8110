"""`whet profile --complexity`: how the cost of one function grows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from whet.cli._common import print_json

if TYPE_CHECKING:
    import argparse

    from whet.records import OnEvent, Workload
    from whet.settings import Settings

_LEAST = 2


def sizes_of(text: str) -> tuple[int, ...]:
    """Sizes from the command line: whole numbers above 0, rising."""
    import argparse

    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError:
        found = ()
    if len(found) < _LEAST or found[0] < 1 or list(found) != sorted(set(found)):
        reason = "is no list of at least two rising whole numbers above 0"
        raise argparse.ArgumentTypeError(f"{text!r} {reason}")
    return found


def show_complexity(arguments: argparse.Namespace, listener: OnEvent) -> int:
    """Measure, print."""
    from whet.cli._session import settings_of
    from whet.profiling.complexity import BUDGET_S, ComplexityQuestion, measure_complexity
    from whet.records import to_json
    from whet.reports import complexity_terminal
    from whet.session.setup import choose_interpreter, resolve_project
    from whet.workloads import Launch, make_copies

    project = resolve_project(Path(arguments.project))
    settings = settings_of(arguments, project)
    question = ComplexityQuestion(
        target=named(arguments.complexity, "--complexity"),
        inputs=named(arguments.inputs, "--inputs") if arguments.inputs else None,
        sizes=arguments.sizes,
        budget_s=arguments.budget or BUDGET_S,
        allow_effects=arguments.allow_effects,
    )
    workload = _workload(arguments, project, settings)
    interpreter = choose_interpreter(project, settings, workload)
    with make_copies(project, ("a",), excludes=tuple(arguments.exclude)) as copies:
        launch = Launch(workload=workload, root=copies["a"], interpreter=interpreter)
        found = measure_complexity(question, launch, on_event=listener)
    if arguments.json:
        print_json(to_json(found))
    else:
        sys.stdout.write(complexity_terminal.render(found))
    return 0


def named(text: str, option: str) -> str:
    """MODULE:NAME as the command line gave it.

    Raises:
        UsageError: It is something else.
    """
    from whet.errors import UsageError

    module, _, name = text.partition(":")
    if not module or not name or not all(part.isidentifier() for part in name.split(".")):
        raise UsageError(
            f"{option} {text}", "is not MODULE:FUNCTION", "Write it as app.core:parse"
        )
    return text


def _workload(arguments: argparse.Namespace, project: Path, settings: Settings) -> Workload:
    """What is run to record calls; where inputs are given it only lends its surroundings."""
    from whet.cli._session import workload_of
    from whet.records import Workload
    from whet.session.setup import choose_workload

    words = tuple(arguments.words)
    named = workload_of(arguments, project, settings, words)
    if named is not None:
        return named
    return Workload(kind="command") if arguments.inputs else choose_workload(project, settings)
