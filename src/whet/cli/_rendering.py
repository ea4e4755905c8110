"""`whet profile --render`: what drawing a terminal component takes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from whet.cli._common import print_json
from whet.cli._complexity import named

if TYPE_CHECKING:
    import argparse

_MOST_CELLS = 10_000


def cells_of(text: str) -> tuple[int, int]:
    """WIDTHxHEIGHT from the command line."""
    import argparse

    width, times, height = text.partition("x")
    if not (times and width.isdecimal() and height.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT, such as 120x40")
    found = int(width), int(height)
    if not all(1 <= each <= _MOST_CELLS for each in found):
        raise argparse.ArgumentTypeError(f"{text!r} is no size of a terminal")
    return found


def show_rendering(arguments: argparse.Namespace) -> int:
    """Measure, print."""
    from whet.cli._session import settings_of
    from whet.profiling.rendering import LIMIT_S, RenderQuestion, measure_rendering
    from whet.records import Workload, to_json
    from whet.reports import render_terminal
    from whet.session.setup import choose_interpreter, resolve_project
    from whet.workloads import Launch, make_copies

    project = resolve_project(Path(arguments.project))
    settings = settings_of(arguments, project)
    width, height = arguments.size
    question = RenderQuestion(
        target=named(arguments.render, "--render"),
        inputs=named(arguments.inputs, "--inputs") if arguments.inputs else None,
        width=width,
        height=height,
        budget_s=arguments.budget or LIMIT_S,
        allow_effects=arguments.allow_effects,
    )
    interpreter = choose_interpreter(project, settings)
    env = dict(pair.split("=", 1) for pair in arguments.env)
    workload = Workload(kind="command", env=env, cwd=arguments.cwd or ".")
    with make_copies(project, ("a",), excludes=tuple(arguments.exclude)) as copies:
        launch = Launch(workload=workload, root=copies["a"], interpreter=interpreter)
        found = measure_rendering(question, launch)
    if arguments.json:
        print_json(to_json(found))
    else:
        sys.stdout.write(render_terminal.render(found))
    return 0
