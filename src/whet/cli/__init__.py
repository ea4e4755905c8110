"""The command line: one file a command, found by its place; errors become exit codes only here.

A command module holds `SUMMARY` (one line), `add_arguments(parser)` and `run(arguments) -> int`,
and imports anything heavy inside `run`. Its file name is the command's name.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["command_names", "main"]


def command_names() -> list[str]:
    """All commands, from the files of this package; nothing is imported."""
    from pathlib import Path

    folder = Path(__file__).parent
    return sorted(path.stem for path in folder.glob("[a-z]*.py"))


def main(argv: Sequence[str]) -> int:
    """Run one command line and return its exit code.

    Args:
        argv: The words after `whet`.
    """
    from whet.cli._front import dispatch
    from whet.cli._signals import terminated

    try:
        with terminated():
            return dispatch(list(argv))
    except KeyboardInterrupt:
        _tell("interrupted; `whet status` shows what is kept")
        return 130
    except BrokenPipeError:
        _silence_stdout()
        return 0


def _tell(message: str) -> None:
    """One line on stderr, unless nobody is there to read it."""
    from contextlib import suppress

    with suppress(OSError, ValueError):
        print(f"whet: {message}", file=sys.stderr)


def _silence_stdout() -> None:
    """Keep the interpreter from complaining about a reader that went away."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
