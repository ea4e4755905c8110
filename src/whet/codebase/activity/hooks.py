"""Installing whet's hooks, taking them back, and how they are now."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from whet.codebase.activity._folder import forget_links, put_hook, take_hook
from whet.codebase.activity._installation import (
    forget,
    installation,
    looked_in,
    remember,
    runs,
    state_of,
)
from whet.codebase.activity._places import hooks_path, places_of
from whet.codebase.activity._redirect import (
    config_file,
    own_folder,
    point_back,
    point_there,
    remove_folder,
    write_folder,
    written_value,
)
from whet.codebase.activity._scripts import beside, looking_hook, marking_hook
from whet.codebase.activity.ledger import recorded_in
from whet.codebase.activity.spool import pending_marks
from whet.errors import DeployError, GitError
from whet.records.activity import HookInstallation, HooksReport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whet.codebase.activity._places import Places

RELEVANT = ("*.py",)


def install_hooks(
    repository: str | os.PathLike[str],
    *,
    pre_commit: bool = False,
    relevant: Sequence[str] = RELEVANT,
) -> HooksReport:
    """Make git note every commit; hooks that are there go on running.

    Installing twice is the same as once; other options replace those of before.

    Args:
        repository: A directory of the repository, which may be bare: pushes are noted there.
        pre_commit: Also show whet the relevant staged files before a commit.
        relevant: Pathspecs of git that say which staged files are relevant.

    Raises:
        TargetError: No such directory.
        GitError: No repository, or git refuses.
        DeployError: The hooks' folder or the configuration cannot be written.
    """
    places = places_of(repository)
    pre_commit = pre_commit and places.top is not None
    globs = tuple(relevant) if pre_commit else ()
    names = (_marking(places), *(("pre-commit",) if pre_commit else ()))
    old = installation(places)
    notes: tuple[str, ...] = ()
    if old is not None:
        same = (old.hooks, old.relevant) == (names, globs)
        if same and all(runs(places, old, name) for name in names):
            return hooks_report(repository)
        notes = _taken_back(places, old)
    folder = _own_hooks(places)
    if folder is not None:
        _install_beside(places, folder, names, globs)
    else:
        _install_instead(places, names, globs)
    return hooks_report(repository, notes)


def uninstall_hooks(repository: str | os.PathLike[str]) -> HooksReport:
    """Put everything back as it was, byte for byte; marks that nobody has read are dropped.

    Raises:
        TargetError: No such directory.
        GitError: No repository, or git refuses.
        DeployError: The hooks' folder or the configuration cannot be written.
    """
    places = places_of(repository)
    old = installation(places)
    notes = _taken_back(places, old) if old is not None else ()
    return hooks_report(repository, notes)


def hooks_report(repository: str | os.PathLike[str], notes: Sequence[str] = ()) -> HooksReport:
    """Whether whet's hooks are installed and would run, and what waits to be read.

    Raises:
        TargetError: No such directory.
        GitError: No repository, or git refuses.
        StoreError: whet's own files there are damaged.
    """
    places = places_of(repository)
    old = installation(places)
    names = old.hooks if old else (_marking(places),)
    return HooksReport(
        repository=os.fspath(places.project),
        form=old.form if old else None,
        hooks=tuple(state_of(places, old, name) for name in names),
        pending_marks=pending_marks(places),
        recorded_commits=recorded_in(places),
        notes=tuple(notes),
    )


def _marking(places: Places) -> str:
    """The hook that runs when commits come: nobody commits in a bare repository."""
    return "post-receive" if places.top is None else "post-commit"


def _taken_back(places: Places, old: HookInstallation) -> tuple[str, ...]:
    notes: list[str] = []
    folder = Path(old.folder)
    if old.form == "redirect":
        point_back(places, old)
        if others := remove_folder(places):
            said = f"{folder} holds hooks of others, which git no longer runs there"
            notes.append(f"{said}: {', '.join(others)}")
    elif folder.is_dir():
        found = [take_hook(folder, name) for name in old.hooks]
        notes += [note for note in found if note]
        forget_links(folder)
        if old.made_folder and not any(folder.iterdir()):
            folder.rmdir()
    forget(places)
    return tuple(notes)


def _own_hooks(places: Places) -> Path | None:
    """The folder git looks in, if it belongs to this repository alone; None: it does not."""
    looked = looked_in(places).resolve()
    inside = looked.is_relative_to(places.common) and looked != places.common
    return looked if inside and looked != own_folder(places) else None


def _install_beside(
    places: Places, folder: Path, names: Sequence[str], globs: Sequence[str]
) -> None:
    if folder.exists() and not folder.is_dir():
        raise DeployError(f"hooks folder {folder}", "is no folder", "Remove it")
    state = HookInstallation(
        form="folder", folder=os.fspath(folder), hooks=tuple(names), relevant=tuple(globs),
        made_folder=not folder.exists(),
    )  # fmt: skip
    remember(places, state)  # first, so that a crash can be taken back
    common = os.path.relpath(places.common, folder)
    try:
        _make(folder)
        for name in names:
            put_hook(folder, name, _script(name, common, beside(name), globs))
    except DeployError:
        _taken_back(places, state)
        raise


def _install_instead(places: Places, names: Sequence[str], globs: Sequence[str]) -> None:
    setting = hooks_path(places.top or places.common)
    before = setting.value if setting else os.fspath(places.common / "hooks")
    config = config_file(places, setting)
    state = HookInstallation(
        form="redirect",
        folder=os.fspath(own_folder(places)),
        hooks=tuple(names),
        relevant=tuple(globs),
        before=before,
        config=os.fspath(config),
        config_value=written_value(config),
        config_before=config.read_bytes(),
    )
    remember(places, state)
    try:
        write_folder(
            places,
            before,
            {name: lambda n, word: _script(n, "../..", word, globs) for name in names},
        )
        after = point_there(places, config)
    except (DeployError, GitError):
        _taken_back(places, state)
        raise
    remember(places, _with_after(state, after))


def _with_after(state: HookInstallation, after: bytes) -> HookInstallation:
    import msgspec

    return msgspec.structs.replace(state, config_after=after)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise DeployError(f"hooks folder {folder}", f"cannot be made: {error.strerror}") from error


def _script(name: str, common: str, before: str, globs: Sequence[str]) -> bytes:
    if name == "pre-commit":
        return looking_hook(name, before, globs)
    return marking_hook(name, common, before)
