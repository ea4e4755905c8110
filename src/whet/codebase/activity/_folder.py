"""Hooks put into the repository's own folder, beside what is there.

A hook of the same name moves to a sibling folder, `whet-hooks/`, of the same depth: its name, its
bytes, its mode and the target of a relative link stay, and links in that folder lead it to the
files that lay beside it. At every moment git finds either the old hook or whet's.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from whet.codebase.activity._scripts import GENERATED, is_ours
from whet.errors import DeployError

_EXECUTABLE = 0o755
# Never linked to: a kept hook of this name must be the only one there.
_WHETS = frozenset({"post-commit", "post-receive", "pre-commit"})


def put_hook(folder: Path, name: str, script: bytes) -> None:
    """Make a script the hook of this name; the one that is there is kept beside.

    Raises:
        DeployError: The folder cannot be written.
    """
    target = folder / name
    try:
        if _exists(target) and not is_ours(target):
            _keep(folder, name)
        _write(target, script)
    except OSError as error:
        raise _refusal(target, error) from error


def take_hook(folder: Path, name: str) -> str | None:
    """Put back what was there before; a note if somebody else's hook has come instead.

    Raises:
        DeployError: The folder cannot be written.
    """
    kept = kept_folder(folder) / name
    ours = [path for path in _candidates(folder, name) if is_ours(path, name)]
    try:
        if _exists(kept) and folder / name not in ours and _is_superseded(kept, folder / name):
            kept.unlink()
        for path in ours:
            if _exists(kept):
                kept.replace(path)
            else:
                path.unlink()
        if not _exists(kept):
            return None
        if not _exists(folder / name):
            kept.replace(folder / name)
            return None
    except OSError as error:
        raise _refusal(folder / name, error) from error
    return f"{folder / name} came after whet's hook and stays; the one before is kept as {kept}"


def forget_links(folder: Path) -> None:
    """Remove the links of the sibling folder, and the folder where nothing is kept in it."""
    beside = kept_folder(folder)
    for path in beside.glob("*") if beside.is_dir() else ():
        if path.is_symlink() and path.readlink() == Path("..", folder.name, path.name):
            path.unlink()
    with suppress(OSError):
        beside.rmdir()


def kept_folder(folder: Path) -> Path:
    """Where hooks are kept that were there before."""
    return folder.parent / "whet-hooks"


def chained_hook(folder: Path, name: str) -> Path | None:
    """The hook that was there before; None: there was none."""
    kept = kept_folder(folder) / name
    return kept if _exists(kept) else None


def _candidates(folder: Path, name: str) -> list[Path]:
    """Where whet's hook may lie: managers that come later rename it, such as to `.legacy`."""
    moved = sorted(path for path in folder.glob(f"{name}*") if path.name != name)
    return [folder / name, *moved]


def moved_hook(folder: Path, name: str) -> Path | None:
    """Where a manager that took the place put whet's hook to call it; None: nowhere, or unused."""
    moved = [path for path in _candidates(folder, name)[1:] if is_ours(path, name)]
    return next((path for path in moved if _calls(folder / name, path)), None)


def _calls(hook: Path, moved: Path) -> bool:
    """Whether a hook calls the one that it renamed: by its ending, or as pre-commit does.

    lefthook renames to `.old` only to keep.
    """
    ending = moved.name.removeprefix(hook.name)
    try:
        script = hook.read_bytes()
    except OSError:
        return False
    return ending.encode() in script or (ending == ".legacy" and GENERATED.encode() in script)


def _keep(folder: Path, name: str) -> None:
    beside = kept_folder(folder)
    beside.mkdir(exist_ok=True)
    kept = beside / name
    if _exists(kept):  # a manager replaced whet's hook, and whet is installed again
        number = 1
        while _exists(beside / f"{name}.{number}"):
            number += 1
        kept.rename(beside / f"{name}.{number}")
    try:
        os.link(folder / name, kept, follow_symlinks=False)
    except (OSError, NotImplementedError):  # file systems without hard links
        _copy(folder / name, kept)
    for other in sorted(folder.iterdir()):
        link = beside / other.name
        if other.name not in _WHETS and other.suffix != ".sample" and not _exists(link):
            link.symlink_to(Path("..", folder.name, other.name))


def _copy(source: Path, target: Path) -> None:
    if source.is_symlink():
        target.symlink_to(source.readlink())
    else:
        shutil.copy2(source, target)


def _is_superseded(kept: Path, now: Path) -> bool:
    """Whether the hook that is there is the kept one, or a newer one of the same manager."""
    if kept.is_symlink() or now.is_symlink():
        return kept.is_symlink() and now.is_symlink() and kept.readlink() == now.readlink()
    if not now.is_file():
        return False
    old, new = kept.read_bytes(), now.read_bytes()
    return old == new or all(GENERATED.encode() in text for text in (old, new))


def _write(target: Path, script: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(prefix=".whet-", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(script)
        Path(temporary).chmod(_EXECUTABLE)
        Path(temporary).replace(target)
    except OSError:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


def _exists(path: Path) -> bool:
    return os.path.lexists(path)


def _refusal(target: Path, error: OSError) -> DeployError:
    return DeployError(
        f"hook {target}",
        f"cannot be written: {error.strerror or error}",
        "Make its folder writable; without hooks `whet track ingest` finds all commits too",
    )
