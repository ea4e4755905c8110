"""The exact files of a commit, written elsewhere: no filters, no attributes, no work tree."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from whet.codebase.git import command_line, git, hardened_environment, resolve
from whet.errors import GitError, StoreError, TargetError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_EXECUTABLE = b"100755"
_SYMLINK = b"120000"
_SUBMODULE = b"160000"
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_CHUNK_BYTES = 1 << 20


class ExportedTree(NamedTuple):
    """What was written; paths are relative to the destination."""

    commit: str
    files: int
    submodules: tuple[str, ...]  # left as empty directories: their content lies elsewhere
    lfs_pointers: tuple[str, ...]  # written as git stores them: pointers, not the large files


class _Entry(NamedTuple):
    mode: bytes
    blob: bytes
    path: str


def export_tree(
    repository: str | os.PathLike[str], reference: str, destination: str | os.PathLike[str]
) -> ExportedTree:
    """Writes the tree of a commit into a new or empty directory, byte for byte as committed.

    Neither checkout filters nor `export-ignore` attributes apply. The repository is only read:
    no worktree is registered, no index written.

    Args:
        repository: A directory of the repository, which may be bare.
        reference: A branch, tag or commit.
        destination: The directory to fill; made if missing.

    Raises:
        TargetError: No such commit, or the destination is not empty.
        GitError: Objects are missing, or the tree holds names that no work tree may have.
        StoreError: The files cannot be written.
    """
    commit = resolve(repository, reference)
    folder = Path(destination)
    entries = list(_entries(repository, commit))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if next(folder.iterdir(), None) is not None:
            raise TargetError(f"destination {folder}", "is not empty", "Name a new directory")
        pointers = _write(repository, folder, entries)
    except OSError as error:
        raise StoreError(f"copy of {reference!r} in {folder}", str(error.strerror)) from error
    blobs = [entry for entry in entries if entry.mode != _SUBMODULE]
    modules = tuple(entry.path for entry in entries if entry.mode == _SUBMODULE)
    return ExportedTree(commit, len(blobs), modules, tuple(pointers))


def _entries(repository: str | os.PathLike[str], commit: str) -> Iterator[_Entry]:
    for line in git(repository, "ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0"):
        if line:
            described, path = line.split(b"\t", 1)
            mode, _, blob = described.split(b" ")
            name = os.fsdecode(path)
            _refuse_hostile(name, commit)
            yield _Entry(mode, blob, name)


def _refuse_hostile(path: str, commit: str) -> None:
    """Hand-made trees can hold names that lead out of the destination or into a `.git`."""
    for part in path.split("/"):
        if part in {"", ".", ".."} or part.lower() == ".git":
            raise GitError(f"tree of {commit}", f"holds the forbidden path {path!r}")


def _write(
    repository: str | os.PathLike[str], folder: Path, entries: Sequence[_Entry]
) -> list[str]:
    """Writes all entries, symlinks last: nothing can be written through one of them."""
    ordered = sorted(entries, key=lambda entry: entry.mode == _SYMLINK)
    blobs = [entry for entry in ordered if entry.mode != _SUBMODULE]
    pointers = []
    for entry in ordered:
        target = folder / entry.path
        (target if entry.mode == _SUBMODULE else target.parent).mkdir(parents=True, exist_ok=True)
    for entry, source, size in _contents(repository, blobs):
        target = folder / entry.path
        if entry.mode == _SYMLINK:
            target.symlink_to(os.fsdecode(source.read(size)))
            continue
        with target.open("xb") as file:
            first = _copy(source, file, size)
        if entry.mode == _EXECUTABLE:
            target.chmod(target.stat().st_mode | 0o111)
        if first.startswith(_LFS_POINTER):
            pointers.append(entry.path)
    return pointers


def _contents(
    repository: str | os.PathLike[str], blobs: Sequence[_Entry]
) -> Iterator[tuple[_Entry, IO[bytes], int]]:
    """Each blob with the stream that its content must be read from, and its size in bytes."""
    with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as errors:
        # A file instead of a pipe: nobody waits for the other side to read.
        asked.writelines(entry.blob + b"\n" for entry in blobs)
        asked.seek(0)
        process = subprocess.Popen(
            command_line(("cat-file", "--batch", "--buffer")),
            cwd=repository,
            env=hardened_environment(None),
            stdin=asked,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        with process:
            assert process.stdout is not None  # noqa: S101 - PIPE was asked for
            try:
                for entry in blobs:
                    header = process.stdout.readline().split()
                    if len(header) != 3 or header[1] != b"blob":  # noqa: PLR2004 - id, type, size
                        raise _missing(repository, entry)
                    yield entry, process.stdout, int(header[2])
                    process.stdout.read(1)  # the newline behind each content
            finally:
                process.kill()


def _missing(repository: str | os.PathLike[str], entry: _Entry) -> GitError:
    return GitError(
        f"{entry.path} in {os.fspath(repository)}",
        "its content is missing from the repository (a partial or damaged clone)",
        "Fetch it with git first",
    )


def _copy(source: IO[bytes], target: IO[bytes], size: int) -> bytes:
    """Copies a known number of bytes; returns the first piece.

    Raises:
        GitError: The stream ended early.
    """
    first = b""
    left = size
    while left:
        piece = source.read(min(left, _CHUNK_BYTES))
        if not piece:
            raise GitError("git cat-file", "ended before all content was read")
        first = first or piece
        target.write(piece)
        left -= len(piece)
    return first
