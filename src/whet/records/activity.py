"""What hooks note about a repository and what is recorded of its commits."""

from __future__ import annotations

from typing import Literal

from whet.records._base import Record


class HookInstallation(Record, frozen=True):
    """How whet's hooks were installed: all that taking them back needs."""

    form: Literal["folder", "redirect"]  # beside the hooks that were there, or instead of them
    folder: str  # where whet's hooks lie
    hooks: tuple[str, ...]
    relevant: tuple[str, ...] = ()  # pathspecs that the pre-commit hook looks at
    made_folder: bool = False  # the folder was not there before
    before: str | None = None  # where git looked for hooks, as configured; None: beside whet's
    config: str | None = None  # the configuration file that was changed; None: none was
    config_value: str | None = None  # core.hooksPath in that file before; None: was not there
    config_before: bytes | None = None  # the whole file
    config_after: bytes | None = None
    version: int = 1


class HookState(Record, frozen=True):
    """One of whet's hooks now."""

    name: str
    installed: bool
    runs: bool  # git would run it now
    chained: str | None  # the hook that ran before and still runs; None: there is none
    problem: str | None = None  # why it does not run


class HooksReport(Record, frozen=True):
    """What `whet hooks` found or did."""

    repository: str
    form: Literal["folder", "redirect"] | None  # None: not installed
    hooks: tuple[HookState, ...]
    pending_marks: int  # notes that nobody has read yet
    recorded_commits: int
    notes: tuple[str, ...] = ()
    version: int = 1


class IngestReport(Record, frozen=True):
    """What one ingestion did."""

    repository: str
    recorded: int  # commits that were new
    batches: int
    on_branches: int  # of them, reachable from a branch or tag
    from_reflog: int  # of them, only in the reflog: amended, rebased, reset
    marks: int  # notes of hooks that were read
    without_files: int  # commits whose changes could not be read: objects are missing
    lost: tuple[str, ...]  # noted by a hook, but pruned before they were read
    total: int  # commits recorded in all
    notes: tuple[str, ...] = ()
    version: int = 1
