"""A change as whole files: what a fix makes of them, put into copies, told as a patch."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from whet.codebase.syntax import apply_edits
from whet.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from whet.records import Fix

Files = dict[str, bytes]  # path relative to the project -> content

_LINE = re.compile(rb"[^\n]*\n|[^\n]+")


def digest(raw: bytes) -> str:
    """The SHA-256 of a file's bytes."""
    return hashlib.sha256(raw).hexdigest()


def files_after(project: Path, fixes: Iterable[Fix]) -> Files:
    """The files that fixes touch, as they make them; all fixes are written against the project.

    Raises:
        WhetError: Two fixes overlap, or a file changed since.
    """
    edits: dict[str, list[object]] = {}
    for fix in fixes:
        for edit in fix.edits:
            edits.setdefault(edit.file, []).append(edit)
    return {
        file: apply_edits((project / file).read_bytes(), changes)  # type: ignore[arg-type]  # Edits
        for file, changes in edits.items()
    }


def put_files(root: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a copy; bytecode of older versions goes.

    Nothing is written through a link that leads out of the copy.

    Bytecode is recognized by the second of the change and the size: two versions of equal size
    within a second would pass for each other.
    """
    for file, raw in files.items():
        path = root / file
        if leads_out(root, file):
            if leads_out(root, Path(file).parent):
                what = f"file {file!r}"
                raise TargetError(what, "lies behind a link that leads out of the project")
            path.unlink()  # only in the copy: what the link leads to is not ours
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != raw:
            replace_file(path, raw)
        for stale in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
            stale.unlink(missing_ok=True)


def replace_file(path: Path, raw: bytes, *, staging: Path | None = None) -> None:
    """Replace a file in one step; its mode and owner stay, and a link stays a link.

    Args:
        path: The file.
        raw: Its new content.
        staging: Where the new content is prepared, if that is on the same disk: whoever kills
            whet finds nothing beside the file then.
    """
    path = path.resolve()
    old = path.stat() if path.exists() else None
    mode = None if old is None else old.st_mode & 0o7777
    place = path.parent
    if staging is not None and staging.stat().st_dev == place.stat().st_dev:
        place = staging
    descriptor, temporary = tempfile.mkstemp(prefix=".whet-", dir=place)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        if mode is None:
            mask = os.umask(0)
            os.umask(mask)
            mode = 0o666 & ~mask
        if old is not None and (old.st_uid, old.st_gid) != (os.getuid(), os.getgid()):
            with suppress(PermissionError):
                os.chown(temporary, old.st_uid, old.st_gid)
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def leads_out(root: Path, file: str | Path) -> bool:
    """Whether a path below a folder is, or lies behind, a link that leads out of the folder."""
    return not (root / file).resolve().is_relative_to(root.resolve())


def patch_of(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> bytes:
    """A unified diff that `git apply` and `patch -p1` take, byte for byte."""
    rows: list[bytes] = []
    for file, raw in after.items():
        name = os.fsencode(file)
        old = before.get(file)
        rows += difflib.diff_bytes(
            difflib.unified_diff,
            _LINE.findall(old or b""),
            _LINE.findall(raw),
            b"/dev/null" if old is None else b"a/" + name,
            b"b/" + name,
        )
    return b"".join(
        row if row.endswith(b"\n") else row + b"\n\\ No newline at end of file\n" for row in rows
    )
