"""Recording every commit that git has, whatever became of the marks.

What is new is asked of git: everything that branches, tags, checked-out commits and the reflog
reach, but what was recorded before. Batches are read by one `git log` each and written in one
transaction each; only after the last one is it remembered that all is recorded. A process that
is killed at any moment leaves whole batches behind, and the next one does the rest.
"""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from whet.codebase.activity._places import places_of
from whet.codebase.activity._reading import read_commits
from whet.codebase.activity.ledger import open_ledger
from whet.codebase.activity.spool import drop_marks, read_marks
from whet.codebase.git import git, git_chunks, is_shallow, try_git
from whet.records.activity import IngestReport
from whet.records.event import Event, ignore_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import Literal

    from whet.codebase.activity._places import Places
    from whet.codebase.activity.ledger import Ledger
    from whet.records.event import OnEvent

BATCH = 500
# Refs that commits are put under without anybody having made them part of a history.
_NO_HISTORY = ("refs/stash", "refs/notes/")
_PLAIN = {"GIT_NO_REPLACE_OBJECTS": "1"}  # what was recorded stays what it is


@dataclass
class _Counts:
    recorded: int = 0
    batches: int = 0
    on_branches: int = 0
    notes: list[str] = field(default_factory=list)


def ingest(
    repository: str | os.PathLike[str],
    *,
    batch: int = BATCH,
    pause_s: float = 0.0,
    sleep: Callable[[float], None] = time.sleep,
    on_event: OnEvent = ignore_event,
) -> IngestReport:
    """Record all commits that are not recorded yet.

    Args:
        repository: A directory of the repository, which may be bare.
        batch: Commits of one `git log` and one transaction.
        pause_s: Seconds between two batches: bursts and old histories leave the machine alone.
        sleep: Waits.
        on_event: Hears of each batch.

    Raises:
        TargetError: No such directory.
        GitError: No repository, or git refuses.
        StoreError: The database is damaged or cannot be written.
    """
    places = places_of(repository)
    where = places.top or places.common
    marks = read_marks(places)
    with open_ledger(places) as ledger:
        assert ledger is not None  # noqa: S101 -- it was asked for
        boundary = _boundary(places)
        tips = _tips(where)
        counts = _Counts()
        for shas, on_branch in _new(where, ledger, tips, boundary, batch):
            if counts.batches:
                sleep(pause_s)
            fresh = ledger.record(read_commits(where, shas, counts.notes), on_branch=on_branch)
            counts.recorded += fresh
            counts.on_branches += fresh * on_branch
            counts.batches += 1
            _tell(on_event, counts.recorded)
        if counts.batches:
            _tell(on_event, counts.recorded, "done")
        lost = _gone(where, ledger.unknown(sorted(marks.commits)))
        ledger.finish(tips, lost, boundary)
        drop_marks(places, marks)
        return IngestReport(
            repository=os.fspath(places.project),
            recorded=counts.recorded,
            batches=counts.batches,
            on_branches=counts.on_branches,
            from_reflog=counts.recorded - counts.on_branches,
            marks=marks.count,
            without_files=ledger.without_files(),
            lost=tuple(lost),
            total=ledger.count(),
            notes=tuple(counts.notes),
        )


def _tips(where: str | os.PathLike[str]) -> list[str]:
    """What branches, tags and work trees point to; read first, so that nothing slips between."""
    shown = git(where, "for-each-ref", "--format=%(refname) %(objectname) %(*objectname)")
    found: set[str] = set()
    for line in shown.splitlines():
        name, *shas = line.split(b" ")
        if not name.decode("utf-8", "replace").startswith(_NO_HISTORY):
            found.update(sha.decode("ascii") for sha in shas if sha)
    trees = git(where, "worktree", "list", "--porcelain")
    for line in trees.splitlines():
        word, _, sha = line.partition(b" ")
        if word == b"HEAD" and sha.strip(b"0"):
            found.add(sha.decode("ascii"))
    return sorted(found)


def _new(
    where: Path, ledger: Ledger, tips: Sequence[str], boundary: str, batch: int
) -> Iterator[tuple[list[str], bool]]:
    """Batches of commits to record, oldest first, and whether a branch or tag reaches them.

    However long the history is, only a piece of its names is held here.
    """
    known = ledger.tips(boundary)
    if tips:
        reached = _listed(where, [*tips, *(f"^{sha}" for sha in known)])
        for shas in _filled(_unrecorded(ledger, reached), batch):
            yield shas, True
    without = [f"^{sha}" for sha in (*tips, *known)]
    rest = map(ledger.unknown, _listed(where, without, "--reflog"))
    for shas in _filled(rest, batch):
        yield shas, False


def _unrecorded(ledger: Ledger, pieces: Iterable[list[str]]) -> Iterator[list[str]]:
    """What is new of the names that branches and tags reach; the others count as theirs now."""
    for shas in pieces:
        fresh = ledger.unknown(shas)
        ledger.promote(set(shas).difference(fresh))
        yield fresh


def _listed(where: Path, revisions: Sequence[str], *sources: str) -> Iterator[list[str]]:
    """Names of commits, oldest first, in pieces as git hands them out."""
    asked = ("rev-list", "--reverse", "--ignore-missing", *sources, "--stdin")
    lines = "\n".join(revisions).encode() + b"\n"
    for chunk in git_chunks(where, *asked, separator=b"\n", stdin=lines, environment=_PLAIN):
        yield chunk.decode("ascii").split()


def _filled(pieces: Iterable[list[str]], size: int) -> Iterator[list[str]]:
    """The same names in pieces of one size, but for the last."""
    waiting: list[str] = []
    for piece in pieces:
        waiting += piece
        while len(waiting) >= size:
            yield waiting[:size]
            del waiting[:size]
    if waiting:
        yield waiting


def _gone(where: str | os.PathLike[str], shas: Iterable[str]) -> list[str]:
    """Those of these commits that the repository does not hold any more."""
    asked = "\n".join(shas)
    if not asked:
        return []
    shown = git(where, "cat-file", "--batch-check", stdin=asked.encode() + b"\n")
    lines = (line.split() for line in shown.decode("ascii").splitlines())
    return [sha for sha, kind, *_ in lines if kind == "missing"]


def _boundary(places: Places) -> str:
    """A name for where the history is cut off; empty where it is whole."""
    where = places.top or places.common
    if not is_shallow(where):
        return ""
    shown = try_git(where, "rev-parse", "--git-path", "shallow").stdout.removesuffix(b"\n")
    path = (where / os.fsdecode(shown)).resolve()
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _tell(on_event: OnEvent, count: int, status: Literal["running", "done"] = "running") -> None:
    on_event(Event(kind="progress", stage="track", message="commits recorded", count=count,
                   status=status))  # fmt: skip
