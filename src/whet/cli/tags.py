"""Definitions and references in the source files of a tree, read once and remembered.

Python, JavaScript, TypeScript, Go, Rust, Java, C, C++ and Ruby. Files that did not change are not
read again: what was found in them is kept by content in `.whet/cache`.

Examples:
  whet tags
  whet tags . --jsonl
  whet tags src --ctags
  whet tags . --stats
  whet tags . --map 60
  whet tags . --cache-stats --json
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from whet.cli._common import add_output_arguments, count, print_json, progress_listener
from whet.errors import TargetError, UsageError

if TYPE_CHECKING:
    import argparse

    from whet.codebase.cache import FactCache
    from whet.codebase.tags import TagRun

SUMMARY = "lists definitions and references; counts and maps them"
_BYTES_IN_MB = 1_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `whet tags`."""
    parser.add_argument(
        "path", nargs="?", default=".", metavar="PATH", type=Path, help="a folder or one file"
    )
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--jsonl", action="store_true", help="one JSON object a line")
    shown.add_argument("--ctags", action="store_true", help="definitions, in the format of ctags")
    shown.add_argument(
        "--stats", action="store_true", help="count definitions by kind and file instead"
    )
    shown.add_argument(
        "--map", type=count, metavar="N",
        help="the definitions that matter most, by who refers to whom, in at most N lines",
    )  # fmt: skip
    shown.add_argument(
        "--cache-stats", action="store_true",
        help="bring the cache up to date, and show what it holds and how well it served",
    )  # fmt: skip
    parser.add_argument(
        "--tokens", type=count, metavar="N",
        help="with --map: at most N tokens too, estimated at four characters each",
    )  # fmt: skip
    _add_reading_arguments(parser)
    add_output_arguments(parser)


def _add_reading_arguments(parser: argparse.ArgumentParser) -> None:
    """Which files are read, and how."""
    parser.add_argument(
        "--language", action="append", metavar="NAME", help="only this language (repeatable)"
    )
    parser.add_argument(
        "--exclude", action="append", default=[], metavar="PATTERN", help="paths left alone"
    )
    parser.add_argument(
        "--workers", type=count, metavar="N",
        help="processes that parse, this one included; 1: no others (default: cores, at most 8)",
    )  # fmt: skip
    parser.add_argument(
        "--threshold", type=count, metavar="BYTES",
        help="start no processes for less changed source than this (default: 2500000)",
    )  # fmt: skip
    parser.add_argument(
        "--largest", type=count, metavar="BYTES",
        help="leave larger files out (default: 4000000)",
    )  # fmt: skip
    parser.add_argument("--no-cache", action="store_true", help="read everything, keep nothing")
    parser.add_argument(
        "--cache-limit", type=count, default=100, metavar="MB", help="bound of what is kept"
    )


def run(arguments: argparse.Namespace) -> int:
    """Read, and show in the form that was asked for."""
    if arguments.tokens is not None and arguments.map is None:
        raise UsageError("--tokens", "bounds a map, and none was asked for", "Add --map N")
    tag_run, cache, root = _opened(arguments)
    if arguments.stats:
        _show_statistics(tag_run, as_json=arguments.json)
    elif arguments.map is not None:
        _show_map(tag_run, root, arguments)
    elif arguments.cache_stats:
        tag_run.update()
        _show_cache(cache, as_json=arguments.json)
    elif arguments.ctags:
        _show_ctags(tag_run)
    elif arguments.json:
        _show_document(tag_run)
    else:
        _show_tags(tag_run, as_json_lines=arguments.jsonl)
    _tell_problems(tag_run, quiet=arguments.quiet)
    return 0


def _opened(arguments: argparse.Namespace) -> tuple[TagRun, FactCache, Path]:
    """The run over the tree, its cache, and the folder that paths are relative to."""
    from whet.codebase.cache import FactCache, open_cache
    from whet.codebase.tags import TagOptions, TagRun, language_of

    path: Path = arguments.path
    only = None
    if path.is_symlink():  # who names a link means what it leads to
        path = path.resolve()
    if path.is_file():
        if language_of(path.name) is None:
            what = f"file {str(path)!r}"
            raise TargetError(what, "is in no language that tags are read from", _languages())
        path, only = path.parent, path.name
    elif not path.is_dir():
        raise TargetError(f"path {str(path)!r}", "there is no such file or folder", "Name another")
    listener = progress_listener(quiet=arguments.quiet)
    defaults = TagOptions()
    options = defaults._replace(
        languages=_chosen_languages(arguments.language),
        excludes=tuple(arguments.exclude),
        processes=arguments.workers,
        threshold_bytes=arguments.threshold or defaults.threshold_bytes,
        largest_bytes=arguments.largest or defaults.largest_bytes,
        on_event=listener,
    )
    limit_bytes = arguments.cache_limit * _BYTES_IN_MB
    if arguments.no_cache:
        cache = FactCache(None)
    else:
        cache = open_cache(path, limit_bytes=limit_bytes, on_event=listener)
    return TagRun(path, options, cache, only=only), cache, path


def _languages() -> str:
    from whet.codebase.tags import all_languages

    return "Known are " + ", ".join(language.name for language in all_languages())


def _chosen_languages(asked: list[str] | None) -> frozenset[str] | None:
    from whet.codebase.tags import all_languages

    if not asked:
        return None
    known = {language.name.lower(): language.name for language in all_languages()}
    unknown = [name for name in asked if name.lower() not in known]
    if unknown:
        raise UsageError(f"--language {unknown[0]}", "is not known", _languages())
    return frozenset(known[name.lower()] for name in asked)


def _show_tags(tag_run: TagRun, *, as_json_lines: bool) -> None:
    """A line a tag as files come: JSON, or `file:line: kind symbol name`."""
    import msgspec

    encoder = msgspec.json.Encoder()
    out = sys.stdout.buffer
    for file in tag_run.files():
        tags = list(file.tags())
        if as_json_lines:
            out.write(encoder.encode_lines(tags))
        else:
            lines = [f"{t.file}:{t.line}: {t.kind} {t.symbol} {t.name}\n" for t in tags]
            out.write("".join(lines).encode("utf-8", "backslashreplace"))
    out.flush()


def _show_document(tag_run: TagRun) -> None:
    """One JSON document, written as files come."""
    from whet.records import to_json

    out = sys.stdout.buffer
    out.write(b'{"version":1,"tags":[')
    between = b""
    for file in tag_run.files():
        tags = list(file.tags())
        if tags:
            out.write(between + to_json(tags)[1:-1])
            between = b","
    problems = to_json(tag_run.problems)
    out.write(b'],"problems":' + problems + b',"files":%d}\n' % tag_run.total)
    out.flush()


def _show_ctags(tag_run: TagRun) -> None:
    from whet.codebase.tags import ctags_lines

    tags = (tag for file in tag_run.files() for tag in file.tags())
    text = "".join(f"{line}\n" for line in ctags_lines(tags))
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))


def _show_map(tag_run: TagRun, root: Path, arguments: argparse.Namespace) -> None:
    from whet.codebase.tags import map_repository, map_text
    from whet.records import to_json

    found = map_repository(root, tag_run, lines=arguments.map, tokens=arguments.tokens)
    if arguments.json:
        print_json(to_json(found))
    else:
        sys.stdout.buffer.write(map_text(found).encode("utf-8", "backslashreplace"))


def _show_statistics(tag_run: TagRun, *, as_json: bool) -> None:
    from whet.codebase.tags import count_identifiers
    from whet.records import to_json

    found = count_identifiers(tag_run)
    if as_json:
        print_json(to_json(found))
        return
    columns = ("constants", "classes", "functions", "variables", "other", "unknown")
    heads = (*columns, "references", "lines", "bytes", "language", "modified", "file")
    print(" ".join(f"{head:>10}" for head in heads))
    for file in found.files:
        cells = [*(getattr(file, c) for c in columns), file.references, file.lines]
        cells += [file.size_bytes, file.language, file.modified[:10], file.file]
        print(" ".join(f"{cell:>10}" for cell in cells))
    total = [*(found.totals[c] for c in columns), found.totals["references"]]
    total += [sum(f.lines for f in found.files), sum(f.size_bytes for f in found.files)]
    print(" ".join(f"{cell:>10}" for cell in [*total, "", "", "all"]))
    rate = f", {found.files_per_s:,.0f} files/s" if found.files_per_s else ""
    cached = len(found.files) - found.files_read
    print(
        f"{len(found.files)} files in {found.elapsed_s:.2f} s{rate}: {found.files_read} parsed "
        f"by {found.processes} process{'es' if found.processes > 1 else ''}, "
        f"{cached} from the cache"
    )


def _show_cache(cache: FactCache, *, as_json: bool) -> None:
    from whet.records import to_json

    found = cache.statistics()
    cache.release()
    if as_json:
        print_json(to_json(found))
        return
    print(f"{found.path or 'no cache'}{f': {found.reason}' if found.reason else ''}")
    print(
        f"  {found.files} files, {found.contents} contents, {found.bytes / _BYTES_IN_MB:.1f} MB "
        f"of {found.limit_bytes / _BYTES_IN_MB:.0f} MB"
    )
    for bucket in found.buckets:
        print(
            f"  sources {bucket.sources}: {bucket.entries} contents, "
            f"{bucket.bytes / _BYTES_IN_MB:.2f} of {bucket.limit_bytes / _BYTES_IN_MB:.0f} MB, "
            f"{bucket.evicted} evicted"
        )
    rate = "not known" if found.hit_rate is None else f"{100 * found.hit_rate:.1f} %"
    print(
        f"  this run: {found.hits} unchanged, {found.content_hits} known by content, "
        f"{found.misses} read; hit rate {rate}"
    )


def _tell_problems(tag_run: TagRun, *, quiet: bool) -> None:
    """On stderr: files that are not read, and how many are only read in part."""
    if quiet:
        return
    for problem in tag_run.problems:
        if not problem.read:
            print(f"note: {problem.file}: {problem.reason}", file=sys.stderr)
    partly = [problem for problem in tag_run.problems if problem.read]
    if partly:
        some = ", ".join(problem.file for problem in partly[:3])
        more = f" and {len(partly) - 3} more" if len(partly) > 3 else ""  # noqa: PLR2004 - shown
        print(f"note: read in part, or in another encoding: {some}{more}", file=sys.stderr)
