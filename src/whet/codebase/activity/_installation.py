"""How whet's hooks were installed, as the repository remembers it, and whether they run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from whet.codebase.activity._folder import chained_hook, moved_hook
from whet.codebase.activity._places import hooks_path
from whet.codebase.activity._scripts import is_ours
from whet.records import to_json
from whet.records.activity import HookInstallation, HookState
from whet.store._files import make_folder, read_record, refusal, write_whole

if TYPE_CHECKING:
    from whet.codebase.activity._places import Places

_STATE = "hooks.json"
_AGAIN = "`whet hooks install` mends it"


def installation(places: Places) -> HookInstallation | None:
    """How the hooks were installed; None: they are not.

    Raises:
        StoreError: The file that says it is damaged.
    """
    return read_record(places.whet / _STATE, HookInstallation)


def remember(places: Places, state: HookInstallation) -> None:
    """Write down how the hooks are installed, before it is done.

    Raises:
        StoreError: It cannot be written.
    """
    make_folder(places.whet)
    write_whole(places.whet / _STATE, to_json(state, indent=1) + b"\n")


def forget(places: Places) -> None:
    """Remove the marks and the state; what others put there stays.

    Raises:
        StoreError: It cannot be removed.
    """
    try:
        for path in (*places.whet.glob("spool*"), places.whet / _STATE):
            path.unlink(missing_ok=True)
        if places.whet.is_dir() and not any(places.whet.iterdir()):
            places.whet.rmdir()
    except OSError as error:
        raise refusal(places.whet, error) from error


def runs(places: Places, old: HookInstallation, name: str) -> bool:
    """Whether git would run whet's hook now, itself or through a manager that moved it."""
    looked, folder = looked_in(places), Path(old.folder)
    if not looked.exists() or not folder.exists() or not looked.samefile(folder):
        return False
    path = folder / name
    if is_ours(path, name):
        return os.access(path, os.X_OK)
    return path.exists() and moved_hook(folder, name) is not None


def looked_in(places: Places) -> Path:
    """Where git looks for hooks now."""
    setting = hooks_path(places.top or places.common)
    if setting is None:
        return places.common / "hooks"
    return (places.top or places.common) / setting.value


def state_of(places: Places, old: HookInstallation | None, name: str) -> HookState:
    """One hook as it is now."""
    if old is None:
        return HookState(name=name, installed=False, runs=False, chained=None)
    running = runs(places, old, name)
    if old.before is None:
        kept = chained_hook(Path(old.folder), name)
    else:
        configured = (places.top or places.common) / old.before / name
        kept = configured if configured.exists() else None
    return HookState(
        name=name,
        installed=True,
        runs=running,
        chained=os.fspath(kept) if kept else None,
        problem=None if running else _problem(places, old, name),
    )


def _problem(places: Places, old: HookInstallation, name: str) -> str:
    setting, path = hooks_path(places.top or places.common), Path(old.folder, name)
    if setting is None and old.before is not None:
        return f"core.hooksPath was unset since; {_AGAIN}"
    if setting is not None and Path(setting.value) != Path(old.folder):
        return f"core.hooksPath is {setting.value!r} now; {_AGAIN}"
    if not os.path.lexists(path):
        return f"{path} was removed; {_AGAIN}"
    if is_ours(path, name):
        return f"{path} is not executable any more; {_AGAIN}"
    return f"another hook took the place of {path}; {_AGAIN}"
