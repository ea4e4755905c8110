"""One session on disk: a small head and a file for every result, written as they appear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from whet.errors import StoreError
from whet.records import (
    Deployment,
    Event,
    Evidence,
    Finding,
    Fix,
    FixVerdict,
    Profile,
    SessionRecord,
    Validation,
    Verdict,
    to_json,
)
from whet.store._files import append_line, make_folder, read_lines, read_record, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

T = TypeVar("T")

HEAD = "session.json"
_PARTS: dict[str, Any] = {
    "profile": Profile | None,
    "findings": tuple[Finding, ...],
    "whole": tuple[Verdict, ...],
    "whole_validation": Validation | None,
    "deployments": tuple[Deployment, ...],
}
_EMPTY: dict[str, Any] = {
    "profile": None,
    "findings": (),
    "whole": (),
    "whole_validation": None,
    "deployments": (),
    "fixes": (),
    "validations": {},
    "fix_verdicts": (),
}


class SessionFolder:
    """The folder `sessions/<id>/`.

    `session.json` holds the head; `profile.json`, `findings.json`, `evidence.json`, `whole.json`,
    `whole_validation.json` and `deployments.json` a stage's result each; `fixes/` and
    `validations/` a file a fix; `verdicts.jsonl` and `events.jsonl` a line each.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._written: dict[str, bytes] = {}

    @property
    def session_id(self) -> str:
        """The name of the session."""
        return self.path.name

    def save(self, session: SessionRecord) -> None:
        """Write what changed since the last time, results before the head that tells of them."""
        for name in _PARTS:
            value = getattr(session, name)
            if value != _EMPTY[name] or (self.path / f"{name}.json").exists():
                self._write(f"{name}.json", value)
        for fix in session.fixes:
            self._write(f"fixes/{fix.fix_id}.json", fix)
        for fix_id, validation in session.validations.items():
            self._write(f"validations/{fix_id}.json", validation)
        known = list(self.verdicts()) if session.fix_verdicts else []
        for verdict in session.fix_verdicts:
            if verdict not in known:
                append_line(self.path / "verdicts.jsonl", to_json(verdict))
        head = msgspec.structs.replace(session, **_EMPTY)
        self._write(HEAD, head)

    def load(self) -> SessionRecord:
        """The whole session.

        Raises:
            StoreError: No session lies here, or a file is not what whet wrote.
        """
        head = read_record(self.path / HEAD, SessionRecord)
        if head is None:
            raise StoreError(str(self.path), "holds no session", "`whet status` lists sessions")
        parts = {
            name: value
            for name, kind in _PARTS.items()
            if (value := read_record(self.path / f"{name}.json", kind)) is not None
        }
        fixes = self._folder("fixes", Fix)
        return msgspec.structs.replace(
            head,
            **parts,
            fixes=tuple(fixes.values()),
            validations=self._folder("validations", Validation),
            fix_verdicts=tuple(self.verdicts()),
        )

    def keep(self, name: str, record: object) -> None:
        """Write one more result, such as `evidence`."""
        self._write(f"{name}.json", record)

    def write(self, name: str, document: bytes) -> None:
        """Write a finished document as it is."""
        write_whole(self.path / name, document)

    def read(self, name: str, kind: type[T]) -> T | None:
        """A result kept by `keep`; None if it is not there."""
        return read_record(self.path / f"{name}.json", kind)

    def evidence(self) -> Evidence | None:
        """What the evidence run showed; None before it."""
        return self.read("evidence", Evidence)

    def verdicts(self) -> Iterator[FixVerdict]:
        """The verdicts so far, one a fix: a later line replaces an earlier one."""
        lines = read_lines(self.path / "verdicts.jsonl", FixVerdict)
        return iter({verdict.fix_id: verdict for verdict in lines}.values())

    def append_event(self, event: Event) -> None:
        """Add an event to `events.jsonl`."""
        append_line(self.path / "events.jsonl", to_json(event))

    def events(self) -> Iterator[Event]:
        """The events so far."""
        return read_lines(self.path / "events.jsonl", Event)

    def folder(self, name: str) -> Path:
        """A private folder of the session, made if it is missing."""
        return make_folder(self.path / name)

    def _write(self, name: str, record: object) -> None:
        raw = to_json(record, indent=1)
        if self._written.get(name) == raw:
            return
        path = self.path / name
        make_folder(path.parent)
        write_whole(path, raw + b"\n")
        self._written[name] = raw

    def _folder(self, name: str, kind: type[T]) -> dict[str, T]:
        found = {}
        for path in sorted((self.path / name).glob("*.json")):
            record = read_record(path, kind)
            if record is not None:
                found[path.stem] = record
        return found


def load_session(folder: Path) -> SessionRecord:
    """The session that lies in a folder, finished or not, checked against its records.

    Raises:
        StoreError: No session lies there, or a file is not what whet wrote.
    """
    return SessionFolder(folder).load()
