"""Parsing and dispatch: only the module of the command that was given is imported."""

from __future__ import annotations

import argparse
import errno
import io
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from whet.cli import command_names
from whet.errors import MeasurementError, StoreError, UsageError, WhetError

if TYPE_CHECKING:
    from types import ModuleType

_TRACEBACK = "WHET_TRACEBACK"
_LOOK = f"With {_TRACEBACK}=1 in the environment whet says where"
EXIT_CODES = """\
exit codes:
  0  fine
  1  regression or finding at a gate (check, run, fix with --fail-on; compare: slower, larger,
     refuted; prove: not proven)
  2  usage or configuration
  3  could not be measured (void, unfit host, the workload failed)
  130  interrupted
"""


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are `UsageError`s."""

    def error(self, message: str) -> NoReturn:
        """Refuse a command line."""
        raise UsageError(self.prog, message, f"See `{self.prog} --help`")


def dispatch(argv: list[str]) -> int:
    """Run one command line; errors are printed in one line and become the exit code."""
    as_json = "--json" in argv[: argv.index("--")] if "--" in argv else "--json" in argv
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names that are no UTF-8 are shown
    try:
        return _run(argv)
    except WhetError as error:
        return _report(error, as_json=as_json)
    except BrokenPipeError:
        raise
    except Exception as error:
        if os.environ.get(_TRACEBACK):
            raise
        return _report(_refusal(error), as_json=as_json)


def _refusal(error: Exception) -> WhetError:
    """What the machine refused, where nobody below could say it better; or a bug of whet's own."""
    if isinstance(error, OSError):
        where = str(error.filename) if error.filename else "the system"
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        way_out = "Free some space, set TMPDIR to a larger disk, or run `whet clean`"
        return StoreError(where, error.strerror or str(error), way_out if full else _LOOK)
    if isinstance(error, MemoryError | RecursionError | UnicodeError):
        return MeasurementError(type(error).__name__, str(error) or "whet's limit", _LOOK)
    return WhetError("a bug in whet", f"{type(error).__name__}: {error}", f"Report it. {_LOOK}")


def _report(error: WhetError, *, as_json: bool) -> int:
    if as_json:
        import json

        document = {
            "error": {
                "kind": type(error).__name__,
                "what": error.what,
                "reason": error.reason,
                "way_out": error.way_out,
                "exit_code": error.exit_code,
            }
        }
        print(json.dumps(document))
    # Names that are no UTF-8 must not turn an error into a traceback.
    line = f"whet: {error}".encode("utf-8", "backslashreplace").decode()
    print(" ".join(line.split()), file=sys.stderr)
    return error.exit_code


def _run(argv: list[str]) -> int:
    try:
        os.getcwd()  # noqa: PTH109 - pathlib is not loaded for this
    except FileNotFoundError as error:
        raise UsageError("the current folder", "is gone", "Change to another one") from error
    names = command_names()
    if not argv:
        return _command("overview", [])
    if argv[0] in {"-h", "--help", "help"}:
        if argv[1:2] and argv[1] in names:
            return _command(argv[1], ["--help"])
        print(overview_help(names), end="")
        return 0
    if argv[0] not in names:
        raise UsageError(f"command {argv[0]!r}", "unknown", _nearest(argv[0], names))
    return _command(argv[0], argv[1:])


def _command(name: str, argv: list[str]) -> int:
    module = import_module(f"whet.cli.{name}")
    parser = build_parser(name, module)
    arguments = parser.parse_args(argv, argparse.Namespace(words=(name, *argv)))
    result = module.run(arguments)
    sys.stdout.flush()  # a full disk is told here, not by the interpreter after the end
    return int(result)


def build_parser(name: str, module: ModuleType) -> Parser:
    """The parser of one command; also read by the reference documentation and completion."""
    parser = Parser(
        prog=f"whet {name}",
        description=module.__doc__,
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(parser)
    return parser


def overview_help(names: list[str]) -> str:
    """The text of `whet --help`: every command with its one-line summary."""
    rows = [(name, import_module(f"whet.cli.{name}").SUMMARY) for name in names]
    width = max(len(name) for name, _ in rows)
    lines = [f"  {name:<{width}}  {summary}" for name, summary in rows]
    return (
        "whet makes Python projects faster and proves it.\n\n"
        "usage: whet COMMAND [ARGUMENTS]      whet COMMAND --help\n"
        "       whet                          what whet sees here and the next step\n\n"
        "commands:\n" + "\n".join(lines) + "\n\n" + EXIT_CODES
    )


def _nearest(word: str, names: list[str]) -> str:
    import difflib

    close = difflib.get_close_matches(word, names, n=1)
    return f"Did you mean `whet {close[0]}`?" if close else "`whet --help` lists the commands"
