"""The folder `.whet/`: where it lies, what is in it, who may write."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from whet.clock import SYSTEM_CLOCK, Clock
from whet.errors import StoreError, UsageError
from whet.records import Profile, Record, to_json
from whet.store._files import make_folder, read_record, refusal, write_whole
from whet.store.sessions import HEAD, SessionFolder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_NAME = ".whet"
_SESSION = re.compile(r"opt-\d{8}-\d{6}-\d{3}")
_BASELINE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_MOST_SESSIONS = 50
_MOST_BYTES = 500_000_000


class Declined(Record, frozen=True):
    """A fix that the user does not want to see again."""

    finding_id: str  # made from remedy, file and the place's source without white space
    remedy: str
    file: str
    function: str
    at: str  # UTC, ISO 8601


class Usage(Record, frozen=True):
    """How much a part of the store takes."""

    name: str
    path: str
    bytes: int
    files: int


class Store:
    """What whet keeps for one project.

    Args:
        folder: `.whet/`, as `place_of` says.
        clock: Names the sessions.
    """

    def __init__(self, folder: Path, clock: Clock = SYSTEM_CLOCK) -> None:
        self.folder = folder
        self.clock = clock

    def prepare(self) -> None:
        """Make the folder, private and ignored by git.

        Raises:
            StoreError: It cannot be made or written.
        """
        make_folder(self.folder)
        try:
            self.folder.chmod(0o700)
        except OSError as error:
            raise refusal(self.folder, error) from error
        ignore = self.folder / ".gitignore"
        if not ignore.exists():
            write_whole(ignore, b"*\n")

    def new_session(self) -> SessionFolder:
        """A new, empty session folder; the oldest finished ones make room."""
        self.prepare()
        sessions = make_folder(self.folder / "sessions")
        stem = self.clock.now().strftime("opt-%Y%m%d-%H%M%S")
        for number in range(1, 1000):
            path = sessions / f"{stem}-{number:03d}"
            try:
                path.mkdir(mode=0o700)
            except FileExistsError:
                continue
            except OSError as error:
                raise refusal(path, error) from error
            self.prune(keep=path)
            return SessionFolder(path)
        raise StoreError(str(sessions), "holds 999 sessions of this second")

    def sessions(self) -> list[SessionFolder]:
        """All sessions, oldest first."""
        folder = self.folder / "sessions"
        if not folder.is_dir():
            return []
        names = [path for path in folder.iterdir() if _SESSION.fullmatch(path.name)]
        return [SessionFolder(path) for path in sorted(names) if (path / HEAD).is_file()]

    def session(self, name: str | None = None) -> SessionFolder:
        """A session by name, its beginning or its end; the latest if None.

        Raises:
            UsageError: There is none, or several begin or end so.
        """
        known = self.sessions()
        if not known:
            raise UsageError(
                f"sessions in {self.folder}", "there is none yet", "`whet run` makes one"
            )
        if name is None:
            return known[-1]
        for exact in known:
            if exact.session_id == name:
                return exact
        close = [s for s in known if s.session_id.startswith(name) or s.session_id.endswith(name)]
        if len(close) == 1:
            return close[0]
        reason = f"{len(close)} sessions are called so" if close else "there is none of this name"
        raise UsageError(f"session {name!r}", reason, "`whet status` lists the sessions")

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the store: one session at a time.

        Raises:
            StoreError: Another process holds it; its process id is named.
        """
        self.prepare()
        path = self.folder / "lock"
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise refusal(path, error) from error
        with os.fdopen(descriptor, "r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                holder = file.read().strip() or "unknown"
                reason = f"another session is running (process {holder})"
                raise StoreError(
                    str(self.folder), reason, "Wait for it, or stop that process"
                ) from error
            file.seek(0)
            file.truncate()
            file.write(f"{os.getpid()}\n")
            file.flush()
            try:
                yield
            finally:
                file.seek(0)
                file.truncate()

    def declined(self) -> tuple[Declined, ...]:
        """The fixes that the user declined."""
        return read_record(self.folder / "declined.json", tuple[Declined, ...]) or ()

    def decline(self, fix: Declined) -> None:
        """Remember that a fix is not wanted."""
        self.prepare()
        kept = [old for old in self.declined() if old.finding_id != fix.finding_id]
        write_whole(self.folder / "declined.json", to_json([*kept, fix], indent=1) + b"\n")

    def save_baseline(self, name: str, profile: Profile) -> Path:
        """Keep a profile as a baseline that later reports refer to."""
        self.prepare()
        path = self._baseline(name)
        make_folder(path.parent)
        write_whole(path, to_json(profile, indent=1) + b"\n")
        return path

    def load_baseline(self, name: str) -> Profile:
        """The profile kept under a name.

        Raises:
            UsageError: There is none.
        """
        profile = read_record(self._baseline(name), Profile)
        if profile is None:
            known = ", ".join(self.baselines()) or "none"
            raise UsageError(f"baseline {name!r}", f"is not kept here (known: {known})")
        return profile

    def baselines(self) -> list[str]:
        """The names of the kept baselines."""
        return sorted(path.stem for path in (self.folder / "baselines").glob("*.json"))

    def _baseline(self, name: str) -> Path:
        if not _BASELINE.fullmatch(name):
            reason = "may hold letters, digits, dots, dashes and underscores only"
            raise UsageError(f"baseline name {name!r}", reason)
        return self.folder / "baselines" / f"{name}.json"

    def usage(self) -> list[Usage]:
        """What is kept and how much it takes, a row a part."""
        rows = [
            _usage(f"session {path.name}", path)
            for path in sorted((self.folder / "sessions").glob("*"))
        ]
        rest = [path for path in sorted(self.folder.glob("*")) if path.name != "sessions"]
        return rows + [_usage(path.name, path) for path in rest]

    def prune(self, *, keep: Path | None = None) -> None:
        """Remove the oldest sessions beyond 50, or beyond 500 MB in all.

        A session whose fixes lie in the user's tree stays: `whet revert` needs it.
        """
        sessions = [folder for folder in self.sessions() if folder.path != keep]
        sizes = {folder.path: _usage("", folder.path).bytes for folder in sessions}
        for folder in sessions:
            few = len(sizes) <= _MOST_SESSIONS and sum(sizes.values()) <= _MOST_BYTES
            if few:
                return
            if not self.is_needed(folder):
                remove_tree(folder.path)
                del sizes[folder.path]

    @staticmethod
    def is_needed(folder: SessionFolder) -> bool:
        """Whether `whet revert` needs a session: its fixes lie in the user's tree."""
        try:
            deployments = folder.load().deployments
        except StoreError:
            return False
        return any(d.form != "patch" and not d.reverted for d in deployments)

    def remove(self, sessions: Sequence[SessionFolder] | None = None) -> None:
        """Remove sessions; everything if None. Sessions needed by `whet revert` too."""
        if sessions is None:
            remove_tree(self.folder)
            return
        for folder in sessions:
            remove_tree(folder.path)


def remove_tree(path: Path) -> None:
    """Remove a folder with all that is in it.

    Raises:
        StoreError: Something cannot be removed.
    """
    try:
        shutil.rmtree(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise refusal(path, error) from error


def _usage(name: str, path: Path) -> Usage:
    paths = [path, *path.rglob("*")] if path.is_dir() else [path]
    files = [file for file in paths if file.is_file() and not file.is_symlink()]
    total = sum(file.lstat().st_size for file in files)
    return Usage(name=name, path=str(path), bytes=total, files=len(files))


def place_of(project: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """Where `.whet/` of a project lies: git top level, else the project, else the user's folder.

    Nothing is made. A read-only project, and a bare repository, keep theirs in
    `$XDG_STATE_HOME/whet/` (`~/.local/state/whet/`), under a name made from the project's path.
    """
    project = project.resolve()
    top = next((p for p in (project, *project.parents) if (p / ".git").exists()), project)
    bare = (project / "HEAD").is_file() and (project / "objects").is_dir()
    own = top / _NAME
    writable = os.access(own, os.W_OK) if own.exists() else os.access(top, os.W_OK)
    if writable and not bare:
        return own
    state = environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser()
    digest = hashlib.sha256(os.fsencode(top)).hexdigest()[:12]
    return Path(state) / "whet" / f"{top.name}-{digest}"


def open_store(project: Path, *, clock: Clock = SYSTEM_CLOCK) -> Store:
    """The store of a project; nothing is written until something is kept."""
    return Store(place_of(project), clock)
