"""Hooks where `core.hooksPath` points elsewhere: to a manager's, a tracked or a global folder.

Nothing is written there. whet's own folder takes its place in the repository's configuration and
forwards every hook, also those that are added later, to where it was looked for before.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from whet.codebase.activity._folder import put_hook
from whet.codebase.activity._places import hooks_path
from whet.codebase.activity._scripts import forwarding_hook
from whet.codebase.git import git, try_git
from whet.errors import DeployError
from whet.store import remove_tree
from whet.store._files import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from whet.codebase.activity._places import Places, Setting
    from whet.records.activity import HookInstallation

    Script = Callable[[str, str], bytes]

# Git's hooks of githooks(5) that may be there and do nothing.
_FORWARDED = (
    "applypatch-msg", "commit-msg", "post-applypatch", "post-checkout", "post-commit",
    "post-merge", "post-receive", "post-rewrite", "post-update", "pre-applypatch", "pre-auto-gc",
    "pre-commit", "pre-merge-commit", "pre-push", "pre-rebase", "pre-receive",
    "prepare-commit-msg", "update",
)  # fmt: skip
# Those that change what git does by being there, or run several times a command: they are
# forwarded if they exist, and linked to if not, so that git sees them once they do.
_LINKED = (
    "fsmonitor-watchman", "post-index-change", "proc-receive", "push-to-checkout",
    "reference-transaction", "sendemail-validate",
)  # fmt: skip


def own_folder(places: Places) -> Path:
    """The folder that takes the place of the configured one."""
    return places.whet / "hooks"


def write_folder(places: Places, before: str, scripts: dict[str, Script]) -> None:
    """Fill whet's folder.

    Args:
        places: Of the repository.
        before: `core.hooksPath` as it was: absolute, or relative to where git runs hooks.
        scripts: How whet's own hooks are made, from their name and the hook before.

    Raises:
        DeployError: It cannot be written.
    """
    folder = own_folder(places)
    present = _absolute(places, before)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _LINKED:
            if not os.path.lexists(present / name) and not os.path.lexists(folder / name):
                (folder / name).symlink_to(present / name)
    except OSError as error:
        raise DeployError(str(folder), f"cannot be written: {error.strerror}") from error
    linked = [name for name in _LINKED if os.path.lexists(present / name)]
    for name in (*_FORWARDED, *linked):
        word = shlex.quote(f"{before}/{name}")
        make = scripts.get(name, forwarding_hook)
        put_hook(folder, name, make(name, word))


def config_file(places: Places, setting: Setting | None) -> Path:
    """The configuration file that decides `core.hooksPath` for this repository."""
    worktree = setting is not None and setting.scope == "worktree"
    return (places.own / "config.worktree" if worktree else places.common / "config").resolve()


def point_there(places: Places, config: Path) -> bytes:
    """Set `core.hooksPath` to whet's folder; the changed file's content.

    Raises:
        GitError: The configuration cannot be changed.
        DeployError: Something else still decides it; the configuration is as it was.
    """
    before = config.read_bytes()
    where, ours = places.top or places.common, str(own_folder(places))
    file = ("config", "--file", os.fspath(config))
    git(where, *file, "--replace-all", "core.hooksPath", ours)
    now = hooks_path(where)
    if now is None or now.value != ours:
        _restore(config, before)
        said = f"is decided in the {now.scope if now else 'unknown'} scope"
        raise DeployError("core.hooksPath", said, "Unset it there, or track without hooks")
    return config.read_bytes()


def point_back(places: Places, old: HookInstallation) -> None:
    """Restore `core.hooksPath`: byte for byte, or its value where the file has changed since.

    Raises:
        GitError: The configuration cannot be changed.
    """
    config = Path(old.config or "")
    if old.config is None or old.config_before is None or not config.is_file():
        return
    if config.read_bytes() in {old.config_after, old.config_before}:
        _restore(config, old.config_before)
        return
    where, file = places.top or places.common, ("config", "--file", os.fspath(config))
    values = try_git(where, *file, "-z", "--get-all", "core.hooksPath").stdout
    if values != os.fsencode(old.folder) + b"\0":
        return  # somebody has set it anew
    if old.config_value is None:
        git(where, *file, "--unset-all", "core.hooksPath")
    else:
        git(where, *file, "--replace-all", "core.hooksPath", old.config_value)


def remove_folder(places: Places) -> tuple[str, ...]:
    """Remove whet's folder; the names of hooks that others put into it, which then stay."""
    folder = own_folder(places)
    if not folder.is_dir():
        return ()
    known = {*_FORWARDED, *_LINKED}
    others = tuple(sorted(p.name for p in folder.iterdir() if p.name not in known))
    if not others:
        remove_tree(folder)
    return others


def written_value(config: Path) -> str | None:
    """`core.hooksPath` as written in one file; None: not there."""
    asked = ("config", "--file", os.fspath(config), "-z", "--get", "core.hooksPath")
    shown = try_git(config.parent, *asked)
    return None if shown.exit_code else os.fsdecode(shown.stdout.removesuffix(b"\0"))


def _absolute(places: Places, before: str) -> Path:
    return (places.top or places.common) / before


def _restore(config: Path, before: bytes) -> None:
    write_whole(config, before, mode=config.stat().st_mode & 0o7777)
