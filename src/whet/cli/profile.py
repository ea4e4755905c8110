"""Where a program spends its time and memory, what it reads, writes, waits for and imports.

Try:
  whet profile -- python app.py data.log
  whet profile -w pytest:tests/test_app.py --instruments cpu,memory
  whet profile app.py --export flamegraph=flame.html --export speedscope=app.speedscope.json
  whet profile --pid 4711 --duration 10
  whet profile --read program.pstats
  whet profile --complexity app:unique --inputs app:sample --sizes 1000,2000,4000,8000
  whet profile --render app.views:table
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from whet.cli._common import (
    add_output_arguments,
    add_workload_arguments,
    print_json,
    progress_listener,
)
from whet.cli._complexity import show_complexity, sizes_of
from whet.cli._rendering import cells_of, show_rendering
from whet.cli._session import settings_of

if TYPE_CHECKING:
    import argparse

    from whet.records import CpuProfile, MemoryProfile, OnEvent, Profile, Workload
    from whet.settings import Settings

SUMMARY = "shows where a workload spends time and memory"
FORMATS = ("json", "csv", "speedscope", "pprof", "flamegraph", "text")
_EXIT_FAILED = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `whet profile`."""
    parser.add_argument(
        "words", nargs="*", metavar="TARGET",
        help="workload as for -w, or a project's folder; after --, a command; with -w, its "
        "arguments",
    )  # fmt: skip
    add_workload_arguments(parser)
    group = parser.add_argument_group("profiling")
    group.add_argument("--project", default=".", metavar="DIR", help="default: this folder")
    group.add_argument("--pid", type=int, metavar="N", help="look at a running Python program")
    group.add_argument(
        "--duration", type=float, default=5.0, metavar="SECONDS", help="with --pid; default: 5"
    )
    group.add_argument(
        "--instruments", metavar="NAMES",
        help="of cpu, memory, io, imports, calls, separated by commas; default: all",
    )  # fmt: skip
    group.add_argument(
        "--allocations", action="store_true", help="also memory by line, in a slow run of its own"
    )
    group.add_argument(
        "--rate", type=float, default=100.0, metavar="HZ", help="samples a second; default: 100"
    )
    group.add_argument("--limit", type=int, default=10, metavar="N", help="functions shown")
    group.add_argument("--read", metavar="FILE", help="show a profile made elsewhere")
    group.add_argument(
        "--export", action="append", default=[], metavar="FORMAT=FILE",
        help=f"write it too, in any of: {', '.join(FORMATS)}",
    )  # fmt: skip
    group.add_argument(
        "--save-baseline", metavar="NAME", help="keep it as what later reports refer to"
    )
    _add_questions(parser.add_argument_group("one function or component"))
    add_output_arguments(parser)


def _add_questions(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--complexity", metavar="MODULE:FUNCTION",
        help="how its time and memory grow with the size of the input",
    )  # fmt: skip
    group.add_argument(
        "--sizes", type=sizes_of, metavar="N,N,…",
        help="with --complexity; default: 8, 16, … 32768, as far as the time allows",
    )  # fmt: skip
    group.add_argument(
        "--inputs", metavar="MODULE:FUNCTION",
        help="with --complexity: takes a size, returns the argument, or a tuple of all of them; "
        "default: calls recorded from the workload, scaled; with --render: returns what the "
        "template or function is given",
    )  # fmt: skip
    group.add_argument(
        "--render", metavar="MODULE:COMPONENT",
        help="what drawing it takes: a rich or Textual component, a template, or what makes one",
    )  # fmt: skip
    group.add_argument(
        "--size", type=cells_of, default=(120, 40), metavar="WIDTHxHEIGHT",
        help="with --render: of the terminal; default: 120x40",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Profile, show and export."""
    from whet.records import to_json
    from whet.reports.redaction import redact_profile

    _check(arguments)
    exports = [_export_of(text) for text in arguments.export]
    if arguments.read:
        return _show_foreign(arguments)
    listener = progress_listener(quiet=arguments.quiet)
    if arguments.complexity:
        return show_complexity(arguments, listener)
    if arguments.render:
        return show_rendering(arguments)
    profile = _attached(arguments) if arguments.pid else _profiled(arguments, listener)
    if arguments.save_baseline:
        save_baseline(Path(arguments.project), arguments.save_baseline, profile)
    profile = redact_profile(profile)
    for name, path in exports:
        _write(path, _rendered(profile, name, arguments.limit))
    if arguments.json:
        print_json(to_json(profile))
    else:
        from whet.reports import profile_terminal

        sys.stdout.write(profile_terminal.render(profile, limit=arguments.limit))
    measured = profile.cpu or profile.memory or profile.io or profile.imports
    return 0 if measured else _EXIT_FAILED


def _check(arguments: argparse.Namespace) -> None:
    from whet.errors import UsageError

    if not 1 <= arguments.rate <= 1000:  # noqa: PLR2004 - what py-spy can keep up with
        raise UsageError(f"--rate {arguments.rate:g}", "is not between 1 and 1000")
    if arguments.limit < 1:
        raise UsageError(f"--limit {arguments.limit}", "is below 1")
    if arguments.sizes and not arguments.complexity:
        raise UsageError("--sizes", "are given without --complexity")
    if arguments.inputs and not (arguments.complexity or arguments.render):
        raise UsageError("--inputs", "are given without --complexity or --render")
    if arguments.complexity and arguments.render:
        raise UsageError("--complexity and --render", "are two questions", "Ask one at a time")
    if arguments.duration <= 0:
        raise UsageError(f"--duration {arguments.duration:g}", "is not above 0")
    given = [
        bool(arguments.pid),
        bool(arguments.read),
        bool(arguments.words or arguments.workload),
    ]
    if sum(given) > 1:
        raise UsageError("the command", "names more than one of a workload, --pid and --read")
    for pair in arguments.env:
        if "=" not in pair:
            raise UsageError(f"--env {pair}", "is not NAME=VALUE")


def _export_of(text: str) -> tuple[str, Path]:
    from whet.errors import UsageError

    name, equals, path = text.partition("=")
    if not equals or not path or name not in FORMATS:
        reason = "is not FORMAT=FILE with a known format"
        raise UsageError(f"--export {text}", reason, f"Formats: {', '.join(FORMATS)}")
    return name, Path(path)


def _profiled(arguments: argparse.Namespace, listener: OnEvent) -> Profile:
    from whet.profiling import INSTRUMENTS, profile
    from whet.session.setup import choose_interpreter
    from whet.workloads import Launch, ProbePlan, make_copies

    project = _project(arguments)
    settings = settings_of(arguments, project)
    workload = _workload(arguments, project, settings)
    interpreter = choose_interpreter(project, settings, workload)
    named = arguments.instruments.split(",") if arguments.instruments else list(INSTRUMENTS)
    named += ["allocations"] if arguments.allocations else []
    with make_copies(project, ("a",), excludes=tuple(arguments.exclude)) as copies:

        def launch_of(plan: ProbePlan | None, wrap: tuple[str, ...]) -> Launch:
            return Launch(
                workload=workload,
                root=copies["a"],
                interpreter=interpreter,
                plan=plan,
                wrap=wrap,
            )

        if not arguments.allow_effects:
            _refuse_effects(launch_of(None, ()))
        return profile(
            launch_of,
            named,
            rate_hz=arguments.rate,
            budget_s=arguments.budget,
            on_event=listener,
        )


def _refuse_effects(launch: object) -> None:
    """The first run is watched: what reaches outside stops whet before anything is repeated."""
    import msgspec

    from whet.errors import EffectsRefused
    from whet.store.scratch import scratch_folder
    from whet.workloads import Launch, ProbePlan, run

    assert isinstance(launch, Launch)  # noqa: S101 - the argument's type is imported lazily
    with scratch_folder("watch") as folder:
        plan = ProbePlan(instruments={"effects": {}}, out=folder, root=launch.root)
        outcome = run(msgspec.structs.replace(launch, plan=plan))
    if outcome.effects:
        listed = "; ".join(f"{each.kind} {each.target}" for each in outcome.effects[:5])
        more = len(outcome.effects) - 5
        listed += f" and {more} more" if more > 0 else ""
        raise EffectsRefused(
            f"workload {launch.workload.spelled!r}",
            f"reaches outside its copy: {listed}",
            "Give --allow-effects if it may do that several times",
        )


def _project(arguments: argparse.Namespace) -> Path:
    """The project; a folder given as the target is one, with the workload that it holds."""
    from whet.session.setup import resolve_project

    words = arguments.words
    if len(words) == 1 and not arguments.workload and Path(words[0]).is_dir():
        arguments.project = words.pop()
    return resolve_project(Path(arguments.project))


def _workload(arguments: argparse.Namespace, project: Path, settings: Settings) -> Workload:
    import msgspec

    from whet.session.setup import choose_workload
    from whet.workloads import parse_target

    words = arguments.words
    if arguments.workload:
        workload = parse_target(arguments.workload, project, words)
    elif len(words) == 1:
        workload = parse_target(words[0], project)
    elif words:
        workload = parse_target("", project, words)
    else:
        workload = choose_workload(project, settings)
    given_env = dict(pair.split("=", 1) for pair in arguments.env)
    changes: dict[str, object] = {"env": {**workload.env, **given_env}}
    given = {
        "cwd": arguments.cwd,
        "stdin": arguments.stdin,
        "timeout_s": arguments.timeout,
        "repetitions": arguments.repetitions,
    }
    changes |= {name: value for name, value in given.items() if value is not None}
    return msgspec.structs.replace(workload, **changes)


def _attached(arguments: argparse.Namespace) -> Profile:
    from whet.profiling import attach

    return attach(arguments.pid, arguments.duration, arguments.rate, Path(arguments.project))


def _rendered(profile: Profile, name: str, limit: int) -> bytes:
    from importlib import import_module

    if name == "text":
        from whet.reports import profile_terminal

        return profile_terminal.render(profile, limit=limit).encode("utf-8", "backslashreplace")
    module = {"json": "profile_json", "csv": "profile_csv"}.get(name, name)
    rendered: bytes = import_module(f"whet.reports.{module}").render(profile)
    return rendered


def _write(path: Path, content: bytes) -> None:
    from whet.errors import StoreError

    try:
        path.write_bytes(content)
    except OSError as error:
        raise StoreError(str(path), error.strerror or str(error), "Name another file") from error


def save_baseline(project: Path, name: str, profile: Profile) -> Path:
    """Keeps a profile, with its bottlenecks, as `.whet/baselines/NAME.json`.

    Raises:
        UsageError: The name is no plain file name.
        StoreError: The folder cannot be written.
    """
    import re

    from whet.errors import StoreError, UsageError
    from whet.records import to_json

    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
        reason = "is not made of letters, digits, dot, dash and underscore"
        raise UsageError(f"baseline {name!r}", reason, "Choose a plain name")
    state = project.resolve() / ".whet"
    try:
        state.mkdir(mode=0o700, exist_ok=True)
        ignore = state / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="ascii")
        path = state / "baselines" / f"{name}.json"
        path.parent.mkdir(mode=0o700, exist_ok=True)
        draft = path.with_suffix(".new")
        draft.write_bytes(to_json(profile, indent=2))
        draft.replace(path)
    except OSError as error:
        raise StoreError(f"baseline {name!r} in {state}", error.strerror or str(error)) from error
    return path


def _show_foreign(arguments: argparse.Namespace) -> int:
    from whet.profiling import read_profile
    from whet.records import to_json

    found: CpuProfile | MemoryProfile = read_profile(Path(arguments.read))
    if arguments.json:
        print_json(to_json(found))
    else:
        from whet.reports import profile_terminal

        sys.stdout.write(profile_terminal.render_part(found, limit=arguments.limit))
    return 0
