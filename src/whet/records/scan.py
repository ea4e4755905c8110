"""What a scan of a folder says of each file."""

from __future__ import annotations

from typing import Literal

from whet.records._base import Record


class ScannedFile(Record, frozen=True):
    """A file or symbolic link that belongs to a folder; what was not asked for is None."""

    path: str  # relative, `/` between the parts; names that are no UTF-8 as `os.fsdecode` gives
    tracked: bool | None = None  # git knows it; None: outside of repositories
    kind: Literal["file", "symlink"] | None = None
    size_bytes: int | None = None
    modified_ns: int | None = None  # since 1970, as the file system says
