"""Where a repository keeps what: its directories, and which hooks git would run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from whet.codebase.git import git, is_bare, refusal, try_git
from whet.errors import GitError, TargetError

_NOT_SET = 1  # exit status of `git config`
_FIELDS = 3  # scope, origin and value of one configured entry


@dataclass(frozen=True)
class Setting:
    """One configured value.

    Attributes:
        scope: "system", "global", "local", "worktree" or "command".
        value: As git expands a path: `~` and `~user` resolved, else as written.
    """

    scope: str
    value: str


@dataclass(frozen=True)
class Places:
    """The directories of one repository.

    Attributes:
        common: What all work trees share: `.git`, or the bare repository.
        own: That of this work tree; the same except in a linked one.
        top: The work tree; None in a bare repository.
    """

    common: Path
    own: Path
    top: Path | None

    @property
    def whet(self) -> Path:
        """Where whet keeps marks and the state of its hooks."""
        return self.common / "whet"

    @property
    def spool(self) -> Path:
        """Where hooks append."""
        return self.whet / "spool"

    @property
    def project(self) -> Path:
        """What the recorded commits belong to: the main work tree, or the bare repository."""
        if self.top is not None and self.own == self.common:
            return self.top
        return self.common.parent if self.common.name == ".git" else self.common


def places_of(repository: str | os.PathLike[str]) -> Places:
    """Where a repository keeps what.

    Raises:
        TargetError: No such directory.
        GitError: It is in no repository, or git refuses.
    """
    folder = Path(repository)
    if not folder.is_dir():
        raise TargetError(f"repository {os.fspath(repository)!r}", "there is no such directory")
    asked = ("rev-parse", "--git-common-dir", "--absolute-git-dir")
    lines = git(folder, *asked).splitlines()
    if len(lines) != len(asked) - 1:
        raise GitError(f"repository {folder}", "its path holds a line break", "Rename the folder")
    common = (folder / os.fsdecode(lines[0])).resolve()
    own = Path(os.fsdecode(lines[1])).resolve()
    top = None
    if not is_bare(folder):
        shown = try_git(folder, "rev-parse", "--show-toplevel")
        if not shown.exit_code:
            top = Path(os.fsdecode(shown.stdout.removesuffix(b"\n")))
    return Places(common=common, own=own, top=top)


def hooks_path(repository: str | os.PathLike[str]) -> Setting | None:
    """The value of `core.hooksPath` that counts; None: it is not set.

    whet's own option on the command line is left out, which is the last one there.

    Raises:
        GitError: Git refuses, or is older than 2.26.
    """
    asked = ("config", "-z", "--show-scope", "--show-origin", "--type=path", "--get-all")
    result = try_git(repository, *asked, "core.hooksPath")
    if result.exit_code not in {0, _NOT_SET}:
        raise refusal(repository, asked, result)  # such as a git that knows no scopes
    words = [os.fsdecode(word) for word in result.stdout.split(b"\0")][:-1]
    entries = [words[at : at + _FIELDS] for at in range(0, len(words), _FIELDS)]
    found = [Setting(scope, value) for scope, _, value in entries]
    if found and found[-1] == Setting("command", os.devnull):
        found.pop()
    return found[-1] if found else None
