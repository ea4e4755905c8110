"""Full copies of a project in sibling folders, outside of it.

Everything is copied, untracked and ignored files too: build products and data are part of what
runs, and `git worktree` would drop them and write into the user's repository. Left out is what
does not belong to the project or would lead back to it: virtual environments (`pyvenv.cfg`;
their interpreter is used where it lies), whet's own folder, bytecode, tool caches,
`node_modules`, and `.git` where it is larger than 20 MB (a program that reads its own small
repository still works; a large history only costs time).
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Self

from whet.errors import MeasurementError, TargetError, UsageError
from whet.records import Event, OnEvent, ignore_event
from whet.store.scratch import new_scratch, remove_scratch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LEFT_OUT = frozenset({
    ".whet", "__pycache__", "node_modules", ".mypy_cache", ".pytest_cache", ".ruff_cache",
    ".hypothesis", ".import_linter_cache", ".tox", ".nox", ".cache", ".eggs",
})  # fmt: skip
_GIT_LIMIT_BYTES = 20_000_000
_HUGE_BYTES = 200_000_000
_ORIGIN = ".whet-origin"


class CopySet:
    """Copies of one project; a context manager that removes them.

    Attributes:
        project: The project that was copied, resolved.
        roots: The root of each copy, by its name.
        notes: What was not copied as it is, in sentences.
    """

    def __init__(self, project: Path, folder: Path, names: Sequence[str]) -> None:
        self.project = project
        self.folder = folder
        self.roots = {name: folder / name / project.name for name in names}
        self.notes: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Path:
        """The root of one copy."""
        return self.roots[name]

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Remove the copies."""
        self.remove()

    def remove(self) -> None:
        """Remove the copies, also folders that were copied read-only.

        What still cannot be removed is left to `whet clean`.
        """
        remove_scratch(self.folder)


def origin_of(root: Path) -> Path | None:
    """The project that a folder is a copy of; None if it is not a copy made by `make_copies`."""
    note = Path(root).parent.parent / _ORIGIN
    try:
        raw = note.read_bytes()
    except OSError:
        return None
    return Path(os.fsdecode(raw))


def make_copies(
    project: Path,
    names: Sequence[str] = ("a", "b"),
    *,
    excludes: Sequence[str] = (),
    parent: Path | None = None,
    on_event: OnEvent = ignore_event,
) -> CopySet:
    """Copy a project into sibling folders with names of equal length.

    Args:
        project: The user's project; it is only read.
        names: Of the copies; of equal length, since paths end up in the measured programs.
        excludes: Patterns of paths relative to the project that are left out as well, as given
            by `--exclude` for data nobody needs; `*` crosses folders.
        parent: Where the folder of the copies is made; the temporary folder by default.
        on_event: Hears about the progress of large copies.

    Raises:
        TargetError: The project is not a folder, or lies around `parent`.
        MeasurementError: The disk is too small or full, or a file cannot be read.
    """
    source = Path(project).resolve()
    if not source.is_dir():
        raise TargetError(f"project {str(project)!r}", "is not a folder")
    if len({len(name) for name in names}) != 1:
        raise UsageError(f"copies {list(names)}", "need names of equal length")
    base = Path(parent or tempfile.gettempdir()).resolve()
    if base == source or source in base.parents:
        reason = f"lies inside the project {str(source)!r}, which is to be copied there"
        way_out = "Name the project's own folder, or set TMPDIR to a folder outside of it"
        raise TargetError(f"temporary folder {str(base)!r}", reason, way_out)
    tree = _Tree(source, excludes)
    _check_space(base, tree.size_bytes * len(names))
    copies = CopySet(source, _new_folder(parent), names)
    try:
        (copies.folder / _ORIGIN).write_bytes(os.fsencode(source))
        for count, root in enumerate(copies.roots.values()):
            if tree.size_bytes > _HUGE_BYTES:
                on_event(_progress(root, count, len(names)))
            tree.copy(root)
    except OSError as error:
        copies.remove()
        what = f"copy of {str(source)!r}"
        raise MeasurementError(what, f"failed: {error.strerror}: {error.filename}") from error
    except BaseException:
        copies.remove()
        raise
    copies.notes = tuple(tree.notes)
    return copies


def _new_folder(parent: Path | None) -> Path:
    if parent is None:
        return new_scratch("copies")
    return Path(tempfile.mkdtemp(prefix="whet-copies-", dir=parent)).resolve()


def _progress(root: Path, count: int, total: int) -> Event:
    message = f"copying the project to {root.parent.name!r}"
    return Event(kind="progress", stage="workload", message=message, count=count, total=total)


def _check_space(base: Path, needed: int) -> None:
    free = shutil.disk_usage(base).free
    if needed * 1.1 > free:
        what = f"copies of the project in {str(base)!r}"
        reason = f"need {needed / 1e6:.0f} MB, {free / 1e6:.0f} MB are free"
        raise MeasurementError(what, reason, "Set TMPDIR to a larger disk, or use --exclude")


class _Tree:
    """What of a project is copied: listed once, copied once a name."""

    def __init__(self, source: Path, excludes: Sequence[str]) -> None:
        self.source = source
        self.notes: list[str] = []
        self.size_bytes = 0
        self._excludes = tuple(excludes)
        self._folders: list[tuple[str, int]] = []
        self._files: list[str] = []
        self._links: list[str] = []
        self._linked: dict[tuple[int, int], str] = {}
        self._list("")

    def _list(self, folder: str) -> None:
        try:
            with os.scandir(self.source / folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except FileNotFoundError:
            return  # gone since its folder was listed
        except OSError as error:
            what = f"folder {str(self.source / folder)!r}"
            reason = f"cannot be copied: {error.strerror}"
            raise MeasurementError(what, reason, "Leave it out with --exclude") from error
        for entry in found:
            relative = f"{folder}/{entry.name}" if folder else entry.name
            if not self._left_out(entry, relative):
                self._note(entry, relative)

    def _note(self, entry: os.DirEntry[str], relative: str) -> None:
        if entry.is_symlink():
            self._links.append(relative)
            return
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return  # gone since its folder was listed
        if stat.S_ISDIR(status.st_mode):
            self._folders.append((relative, stat.S_IMODE(status.st_mode)))
            self._list(relative)
        elif stat.S_ISREG(status.st_mode):
            self._files.append(relative)
            self.size_bytes += status.st_size
        else:
            self.notes.append(f"{relative!r} is neither file, folder nor link: not copied")

    def _left_out(self, entry: os.DirEntry[str], relative: str) -> bool:
        if any(
            fnmatchcase(relative, pattern.rstrip("/")) or fnmatchcase(entry.name, pattern)
            for pattern in self._excludes
        ):
            return True
        if not entry.is_dir(follow_symlinks=False):
            return False
        if entry.name in _LEFT_OUT or (Path(entry.path) / "pyvenv.cfg").is_file():
            return True
        if entry.name == ".git" and _size(Path(entry.path)) > _GIT_LIMIT_BYTES:
            self.notes.append(f"{relative!r} is large: not copied")
            return True
        return False

    def copy(self, root: Path) -> None:
        """Copy everything to a new root; modes last, so read-only folders can be filled."""
        root.mkdir(parents=True, mode=0o700)
        for relative, _ in self._folders:
            (root / relative).mkdir()
        for relative in self._files:
            shutil.copy2(self.source / relative, root / relative, follow_symlinks=False)
        for relative in self._links:
            (root / relative).symlink_to(self._link(relative, root))
        for relative, mode in reversed(self._folders):
            times = (self.source / relative).stat()
            os.utime(root / relative, ns=(times.st_atime_ns, times.st_mtime_ns))
            (root / relative).chmod(mode)

    def _link(self, relative: str, root: Path) -> str:
        """Where a link leads in the copy: links into the project by full path lead into the copy.

        A relative link that leads out of the project would lead elsewhere from the copy: it
        becomes a full path.
        """
        target = str((self.source / relative).readlink())
        folder = (self.source / relative).parent
        full = os.path.normpath(folder / target)
        inside = full == str(self.source) or full.startswith(str(self.source) + os.sep)
        if Path(target).is_absolute():
            return str(root / os.path.relpath(full, self.source)) if inside else target
        return target if inside else full


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in _walk(folder))


def _walk(folder: Path) -> Iterator[Path]:
    for base, _, names in os.walk(folder):
        for name in names:
            path = Path(base) / name
            if path.exists():
                yield path
