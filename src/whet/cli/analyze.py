"""Finds where code hangs together badly; nothing of the project is run.

Connascence (what must change together), god objects, duplicated code, classes without cohesion,
import cycles, breaches of safety rules, and duties that several modules share or none holds
(MECE), with what was measured. `whet check --structure` says how to split modules.

Examples:
  whet analyze
  whet analyze src --only duplication --only god-object --all
  whet analyze . --sarif whet.sarif --fail-on warning
  whet analyze . --json
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from whet.cli._cache import add_cache_argument, cache_lines
from whet.cli._common import add_output_arguments, count, print_json, progress_listener
from whet.errors import StoreError

if TYPE_CHECKING:
    import argparse

    from whet.records import AnalysisReport

SUMMARY = "finds where code hangs together badly: coupling, god objects, duplication, cycles"
_NAMES = ("connascence", "god-object", "duplication", "cohesion", "cycle", "safety", "mece")
_LEVELS = ("note", "warning", "error")
_BYTES_IN_MB = 1_000_000
_SHARE_OF_CONTENTS = 10  # each file is read once: only what is read ahead must wait in memory


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `whet analyze`."""
    parser.add_argument("project", nargs="?", default=".", metavar="PROJECT", type=Path)
    parser.add_argument(
        "--only", action="append", default=[], choices=_NAMES, help="this analyzer, repeatable"
    )
    parser.add_argument(
        "--exclude", action="append", default=[], metavar="PATTERN", help="paths left alone"
    )
    parser.add_argument("--config", metavar="FILE", help="settings file (YAML)")
    parser.add_argument(
        "--tokens", type=count, default=75, metavar="N", help="least length of duplicated code"
    )
    parser.add_argument(
        "--sarif", metavar="FILE", help="also write the findings as SARIF 2.1.0; - for stdout"
    )
    parser.add_argument(
        "--fail-on", choices=_LEVELS, help="exit with 1 at a finding of this level or a graver one"
    )
    parser.add_argument("--all", action="store_true", help="every finding with all its places")
    add_cache_argument(parser)
    add_output_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Read every Python file once and show what was found."""
    from whet import __version__
    from whet.records import to_json
    from whet.reports import analysis_terminal, sarif

    report = _analyzed(arguments)
    if arguments.sarif:
        _write(arguments.sarif, sarif.render(report, __version__))
    if arguments.json:
        print_json(to_json(report))
    elif arguments.sarif != "-":
        sys.stdout.write(analysis_terminal.render(report, every=arguments.all))
        if arguments.cache_stats and report.cache is not None:
            print("", *cache_lines(report.cache), sep="\n")
    if arguments.fail_on is None:
        return 0
    grave = _LEVELS[_LEVELS.index(arguments.fail_on) :]
    return int(any(finding.level in grave for finding in report.findings))


def _analyzed(arguments: argparse.Namespace) -> AnalysisReport:
    import msgspec

    from whet.codebase.cache import FileCache
    from whet.codebase.structure import Limits, analyze, modules_of, promises_in, sources_of
    from whet.session.setup import resolve_project
    from whet.settings import load_settings

    project = resolve_project(arguments.project)
    config = Path(arguments.config) if arguments.config else None
    excludes = tuple(arguments.exclude) or None
    settings = load_settings(project, config, {"exclude": excludes}).settings
    listener = progress_listener(quiet=arguments.quiet)
    found = sources_of(project, settings.exclude, on_event=listener)
    documents = found.documents if not arguments.only or "mece" in arguments.only else []
    contents_bytes = settings.performance.max_memory_mb * _BYTES_IN_MB // _SHARE_OF_CONTENTS
    with FileCache(project, limit_bytes=contents_bytes, files=found.python) as cache:
        promises = tuple(promises_in(project, documents, cache))
        report = analyze(
            project.name,
            modules_of(project, found.python, cache),
            only=arguments.only,
            limits=Limits(clone_tokens=arguments.tokens, promises=promises),
            total=len(found.python),
            on_event=listener,
        )
        return msgspec.structs.replace(report, cache=cache.statistics())


def _write(target: str, content: bytes) -> None:
    if target == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        Path(target).write_bytes(content)
    except OSError as error:
        raise StoreError(target, error.strerror or str(error), "Name another file") from error
