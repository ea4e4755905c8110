"""A look at what is staged: the content that will be committed, and nothing else."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from whet.codebase.activity._places import places_of
from whet.codebase.git import git
from whet.codebase.structure import ANALYZERS, analyze
from whet.codebase.syntax import SourceModule
from whet.records import AnalysisReport, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from whet.records import StructureFinding

_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_HEADER_FIELDS = 3  # object, type, size of `cat-file --batch`
# Cycles and names need the files around; those that are staged do not show them.
_LOCAL = tuple(name for name in ANALYZERS if name != "cycle")


def look_at_staged(
    repository: str | os.PathLike[str],
    relevant: Sequence[str],
    environ: Mapping[str, str] = os.environ,
) -> AnalysisReport:
    """What built-in analyzers say of the relevant staged files, where lines of them changed.

    Args:
        repository: A directory of the repository.
        relevant: Pathspecs of git.
        environ: Where git names the index of this commit, which may be a temporary one.

    Raises:
        TargetError: No such directory.
        GitError: No repository, or git refuses.
    """
    places = places_of(repository)
    where = places.top or places.common
    index = environ.get("GIT_INDEX_FILE")
    environment = {"GIT_INDEX_FILE": os.fspath(Path.cwd() / index)} if index else {}
    names = staged_files(where, relevant, environment)
    python = [name for name in names if name.endswith((b".py", b".pyi"))]
    report = analyze(places.project.name, _modules(where, python, environment), only=_LOCAL)
    changed = changed_lines(where, relevant, environment)
    touched = [f for f in report.findings if _is_touched(f, changed)]
    return msgspec.structs.replace(report, findings=tuple(touched))


def staged_files(
    where: str | os.PathLike[str], relevant: Sequence[str], environment: Mapping[str, str]
) -> list[bytes]:
    """Names of staged files that are added or changed and match a pathspec.

    Raises:
        GitError: Git refuses, such as a pathspec.
    """
    asked = ("diff", "--cached", "--name-only", "-z", "--no-renames", "--diff-filter=ACMR")
    shown = git(where, *asked, "--", *relevant, environment=environment)
    return [name for name in shown.split(b"\0") if name]


def changed_lines(
    where: str | os.PathLike[str], relevant: Sequence[str], environment: Mapping[str, str]
) -> dict[str, list[tuple[int, int]]]:
    """First and last line of each stretch that a commit would add or change, by file.

    Raises:
        GitError: Git refuses, such as a pathspec.
    """
    asked = ("diff", "--cached", "--unified=0", "--no-renames", "--diff-filter=ACMR",
             "--src-prefix=a/", "--dst-prefix=b/", "--no-color")  # fmt: skip
    shown = git(where, "-c", "core.quotePath=false", *asked, "--", *relevant,
                environment=environment)  # fmt: skip
    found: dict[str, list[tuple[int, int]]] = {}
    stretches: list[tuple[int, int]] = []
    inside = 0  # lines of a stretch, which may look like anything
    for line in shown.split(b"\n"):
        if inside and line[:1] in b"+-":
            inside -= 1
        elif line.startswith(b"+++ b/"):
            name = os.fsdecode(line.removeprefix(b"+++ b/").removesuffix(b"\t"))
            stretches = found.setdefault(printable(name), [])
        elif hunk := _HUNK.match(line):
            before, start, length = int(hunk[1] or 1), int(hunk[2]), int(hunk[3] or 1)
            stretches.append((start, start + max(length, 1) - 1))
            inside = before + length
    return found


def _is_touched(finding: StructureFinding, changed: Mapping[str, list[tuple[int, int]]]) -> bool:
    return any(
        start <= place.end_line and place.line <= end
        for place in (finding.place, *finding.related)
        for start, end in changed.get(place.file, ())
    )


def _modules(
    where: str | os.PathLike[str], names: Sequence[bytes], environment: Mapping[str, str]
) -> Iterator[SourceModule]:
    """The staged content of files, by one process."""
    plain = [name for name in names if b"\n" not in name]
    if not plain:
        return
    asked = b"".join(b":" + name + b"\n" for name in plain)
    shown = git(where, "cat-file", "--batch", stdin=asked, environment=environment)
    at = 0
    for name in plain:
        end = shown.index(b"\n", at)
        header = shown[at:end].split(b" ")
        if len(header) != _HEADER_FIELDS or header[1] != b"blob":
            at = end + 1  # a submodule or a merge in conflict: nothing to read
            continue
        size = int(header[2])
        yield SourceModule(shown[end + 1 : end + 1 + size], printable(os.fsdecode(name)))
        at = end + size + 2
