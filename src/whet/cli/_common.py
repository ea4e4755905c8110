"""What commands share: arguments for workloads, JSON output, and progress on the terminal."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from whet.records.event import Event, OnEvent


def add_output_arguments(parser: argparse.ArgumentParser) -> None:
    """`--json` and `--quiet`."""
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress on stderr")


def add_workload_arguments(parser: argparse.ArgumentParser) -> None:
    """What every command takes that runs something."""
    group = parser.add_argument_group("workload")
    group.add_argument(
        "-w", "--workload", metavar="TARGET",
        help="path.py, module:callable, pytest, pytest:NODEID, asv, git, or a command line "
        "in quotes",
    )  # fmt: skip
    group.add_argument("--python", metavar="PATH", help="interpreter that runs the target")
    group.add_argument(
        "--env",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="environment variable",
    )
    group.add_argument("--cwd", metavar="DIR", help="working directory, relative to the project")
    group.add_argument("--stdin", metavar="FILE", help="file that becomes standard input")
    group.add_argument("--timeout", type=seconds, metavar="SECONDS", help="limit of one run")
    group.add_argument(
        "--repetitions", type=count, metavar="N", help="repeat the workload N times within a run"
    )
    group.add_argument(
        "--budget", type=seconds, metavar="SECONDS", help="time that whet may take in all"
    )
    group.add_argument(
        "--allow-effects", action="store_true",
        help="run although the workload writes outside its copy or uses the network",
    )  # fmt: skip
    group.add_argument(
        "--exclude", action="append", default=[], metavar="PATTERN", help="paths left alone"
    )
    group.add_argument("--config", metavar="FILE", help="settings file (YAML)")


def seconds(text: str) -> float:
    """A time from the command line, above 0."""
    import argparse
    import math

    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return value


def count(text: str) -> int:
    """A number from the command line, at least 1."""
    import argparse

    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def print_json(document: bytes) -> None:
    """One JSON document on stdout."""
    sys.stdout.buffer.write(document + b"\n")
    sys.stdout.buffer.flush()


def progress_listener(*, quiet: bool) -> OnEvent:
    """Shows events on stderr: a live line on a terminal, plain lines elsewhere, none if quiet."""
    if quiet:
        return lambda _event: None
    live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and "CI" not in os.environ
    return lambda event: _show(event, live=live)


def _show(event: Event, *, live: bool) -> None:
    if event.kind == "progress" and not live:
        return
    text = _line(event)
    if live:
        end = "\n" if event.status in {"done", "failed"} or event.kind != "progress" else ""
        sys.stderr.write(f"\r\x1b[2K{text}{end}")
    else:
        sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _line(event: Event) -> str:
    parts = [f"[{event.stage}]", event.message]
    if event.count is not None and event.total:
        parts.append(f"{event.count}/{event.total} {100 * event.count // event.total}%")
    if event.elapsed_s is not None:
        parts.append(f"{event.elapsed_s:.1f}s")
    if event.remaining_s is not None:
        parts.append(f"about {event.remaining_s:.0f}s left")
    return " ".join(parts)
