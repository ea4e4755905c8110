"""Which files tags are read from: what the scan finds, of known languages, no tool's own."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from whet.codebase.cache.identity import Identity
from whet.codebase.files import NOT_SOURCE, is_excluded
from whet.codebase.scan import ScanOptions, scan_names
from whet.codebase.tags.languages import extensions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from whet.records.event import OnEvent

_ENVIRONMENT = "pyvenv.cfg"


class Source(NamedTuple):
    """A file to look at."""

    path: str  # relative to the root, decoded as `os.fsdecode` does
    language: str
    identity: Identity


def sources(
    root: Path,
    languages: frozenset[str] | None,
    excludes: Sequence[str],
    on_event: OnEvent,
    only: str | None = None,
) -> list[Source]:
    """The source files below a root by path; symbolic links are no files.

    Args:
        root: An existing folder.
        languages: Names of the languages that are wanted; None: all.
        excludes: Patterns as `whet.codebase.files.is_excluded` takes them.
        on_event: Hears progress, and what could not be taken into account.
        only: Look at this one file, and do not list the others.

    Raises:
        TargetError: No such folder, or a bare repository.
        GitError: There is a repository, but git refuses to read it.
    """
    known = extensions()
    if languages is not None:
        known = {end: name for end, name in known.items() if name in languages}
    found: list[tuple[str, str]] = []
    environments: list[str] = []
    rare = (_ENVIRONMENT, *(end for end in known if not end.startswith(".")))
    options = ScanOptions(present=False, on_event=on_event)
    for batch in scan_names(root, options) if only is None else [[only]]:
        for name in batch:
            dot = name.rfind(".")
            language = known.get(name[dot:])
            if language is not None:
                if dot and name[dot - 1] != "/":
                    found.append((name, language))
            elif name.endswith(rare):
                last = name[name.rfind("/") + 1 :]
                if last == _ENVIRONMENT:
                    environments.append(name.removesuffix(_ENVIRONMENT))
                elif last in known:
                    found.append((name, known[last]))
    own = _own(sorted(found), tuple(environments))
    if excludes:
        own = [pair for pair in own if not is_excluded(pair[0], excludes)]
    return _present(os.fspath(root), own)


def _own(named: list[tuple[str, str]], environments: tuple[str, ...]) -> list[tuple[str, str]]:
    """Without what tools and environments put there; each folder is looked at once."""
    foreign: dict[str, bool] = {}
    own = []
    for pair in named:
        name = pair[0]
        folder = name[: name.rfind("/") + 1]
        away = foreign.get(folder)
        if away is None:
            away = not NOT_SOURCE.isdisjoint(folder.split("/"))
            away = foreign[folder] = away or folder.startswith(environments)
        if not away:
            own.append(pair)
    return own


def _present(root: str, named: list[tuple[str, str]]) -> list[Source]:
    """The files among the names; a quarter of all that a run without changes costs is here."""
    found = []
    regular, make = stat.S_ISREG, tuple.__new__  # the makers of named tuples cost three times it
    with _statuses(root) as look:
        for name, language in named:
            try:
                status = look(name)
            except OSError:
                continue  # tracked, but deleted
            if regular(status.st_mode):
                times = status.st_mtime_ns, status.st_ctime_ns
                identity = make(Identity, (*times, status.st_size, status.st_ino))
                found.append(make(Source, (name, language, identity)))
    return found


@contextmanager
def _statuses(root: str) -> Iterator[Callable[[str], os.stat_result]]:
    """Asks for the status of a name below a folder, whose own path is walked only once."""
    folder = None
    if os.stat in os.supports_dir_fd:  # not on Windows
        with suppress(OSError):  # gone since it was listed: so is what was in it
            folder = os.open(root, getattr(os, "O_PATH", os.O_RDONLY) | os.O_CLOEXEC)
    if folder is None:
        yield lambda name: os.lstat(f"{root}/{name}")
        return
    try:
        yield partial(os.lstat, dir_fd=folder)
    finally:
        os.close(folder)
