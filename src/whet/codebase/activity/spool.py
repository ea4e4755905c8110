"""The file that hooks append to: a line a commit, a wake-up call and no more.

A mark names the commit where the repository's files say it. Nothing depends on marks: ingestion
finds commits by asking git, and marks only tell when, and which commits were pruned before.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.store._files import refusal

if TYPE_CHECKING:
    from whet.codebase.activity._places import Places

_COMMIT = re.compile(rb"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class Marks:
    """What hooks noted since the last ingestion.

    Attributes:
        count: Lines.
        commits: Those that are named, as text.
        size: Bytes of the spool that were looked at.
    """

    count: int
    commits: frozenset[str]
    size: int


def read_marks(places: Places) -> Marks:
    """The marks in the spool.

    Raises:
        StoreError: It cannot be read.
    """
    try:
        raw = places.spool.read_bytes()
    except FileNotFoundError:
        return Marks(0, frozenset(), 0)
    except OSError as error:
        raise refusal(places.spool, error) from error
    lines = raw.splitlines()
    named = frozenset(line.decode("ascii") for line in lines if _COMMIT.fullmatch(line))
    return Marks(len(lines), named, len(raw))


def pending_marks(places: Places) -> int:
    """How many marks nobody has read."""
    return read_marks(places).count


def has_marks(places: Places) -> bool:
    """Whether a hook has appended anything since the last ingestion."""
    try:
        return places.spool.stat().st_size > 0
    except FileNotFoundError:
        return False


def drop_marks(places: Places, marks: Marks) -> None:
    """Empty the spool if nothing was added since these marks were read.

    A mark that a hook adds between the look and the removal is lost; its commit is not.

    Raises:
        StoreError: It cannot be removed.
    """
    try:
        if places.spool.stat().st_size == marks.size:
            os.truncate(places.spool, 0)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise refusal(places.spool, error) from error
