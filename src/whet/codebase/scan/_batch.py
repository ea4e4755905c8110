"""What the ways to list files hand to the scan."""

from __future__ import annotations

from typing import NamedTuple


class Batch(NamedTuple):
    """Names that are all tracked, all untracked, or (None) outside of repositories."""

    names: list[str]
    tracked: bool | None
