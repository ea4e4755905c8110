"""From arguments to settings, workload and options of a session."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whet.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from whet.records import Workload
    from whet.session.loop import Options
    from whet.settings import Settings


def add_session_arguments(parser: argparse.ArgumentParser) -> None:
    """What every command takes that holds a session."""
    group = parser.add_argument_group("session")
    group.add_argument(
        "--for", dest="objective", choices=("time", "memory", "io", "both"),
        help="what ranking and acceptance look at (default: time)",
    )  # fmt: skip
    group.add_argument(
        "--level", choices=("low", "medium", "high"), help="which fixes are offered"
    )
    group.add_argument(
        "--tolerance", type=float, metavar="SHARE", help="float difference that counts as equal"
    )
    group.add_argument(
        "--allow-unrepeatable", action="store_true",
        help="mask what differs between two runs of the same code",
    )  # fmt: skip
    group.add_argument(
        "--resume", action=argparse_boolean(), default=True,
        help="continue an unfinished session with the same inputs (default)",
    )  # fmt: skip
    group.add_argument(
        "--hook", action="append", default=[], metavar="MODULE:FUNCTION",
        help="called before and after every stage",
    )  # fmt: skip


def words_of(text: str) -> tuple[str, ...]:
    """A command line of the user's, in words."""
    import argparse
    import shlex

    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no command line: {error}") from error
    if not words:
        raise argparse.ArgumentTypeError("the command line is empty")
    return words


def argparse_boolean() -> Any:
    """The action for `--x` and `--no-x`."""
    import argparse

    return argparse.BooleanOptionalAction


def settings_of(arguments: argparse.Namespace, project: Path) -> Settings:
    """The effective settings; the command line has the last word."""
    from whet.settings import load_settings

    config = Path(arguments.config) if arguments.config else None
    return load_settings(project, config, overrides_of(arguments)).settings


def overrides_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """Settings given on the command line, by dotted key."""
    return {
        "python": arguments.python,
        "exclude": tuple(arguments.exclude) or None,
        "budget_s": arguments.budget,
        "objective": getattr(arguments, "objective", None),
        "tolerance": getattr(arguments, "tolerance", None),
        "optimization.optimization_level": _level(arguments),
    }


def add_consent_argument(parser: argparse.ArgumentParser) -> None:
    """`--consent`."""
    parser.add_argument(
        "--consent", action="extend", nargs="+", default=[], metavar="FINDING",
        help="keep the proven fix of this finding though it changes more than the time",
    )  # fmt: skip


def _level(arguments: argparse.Namespace) -> str | None:
    """As given; whoever agrees to a finding means the level that offers it."""
    given: str | None = getattr(arguments, "level", None)
    return given or ("high" if getattr(arguments, "consent", None) else None)


def workload_of(
    arguments: argparse.Namespace, project: Path, settings: Settings, argv: tuple[str, ...] = ()
) -> Workload | None:
    """The workload of the command line, None if it names none and changes none."""
    import msgspec

    from whet.session.setup import choose_workload, resolve_project
    from whet.workloads import parse_target

    changes: dict[str, Any] = {
        "cwd": arguments.cwd,
        "stdin": arguments.stdin,
        "timeout_s": arguments.timeout,
        "repetitions": arguments.repetitions,
    }
    changes = {name: value for name, value in changes.items() if value is not None}
    named = arguments.workload is not None or bool(argv)
    if not named and not changes and not arguments.env:
        return None
    project = resolve_project(project)
    if named:
        found = parse_target(arguments.workload or "", project, argv)
    else:
        found = choose_workload(project, settings)
    if arguments.env:
        changes["env"] = {**found.env, **dict(map(_variable, arguments.env))}
    return msgspec.structs.replace(found, **changes)


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise UsageError(f"--env {text!r}", "is not NAME=VALUE", "Write it as --env MODE=fast")
    return name, value


def options_of(arguments: argparse.Namespace) -> Options:
    """How the session is held."""
    from whet.cli._common import progress_listener
    from whet.session.loop import Options

    return Options(
        allow_effects=arguments.allow_effects,
        allow_unrepeatable=arguments.allow_unrepeatable,
        resume=arguments.resume,
        on_event=progress_listener(quiet=arguments.quiet),
        hooks=tuple(_hook(text) for text in arguments.hook),
        consent=tuple(getattr(arguments, "consent", ())),
    )


def _hook(text: str) -> Any:
    from importlib import import_module

    module, _, name = text.partition(":")
    what = f"--hook {text!r}"
    here = str(Path.cwd())
    sys.path.insert(0, here)  # the user names a module of theirs, as for `python -m`
    try:
        function = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(what, str(error), "Write it as --hook module:function") from error
    finally:
        sys.path.remove(here)
    if not callable(function):
        raise UsageError(what, "is not callable")
    return function
