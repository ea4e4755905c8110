"""A running session: its record, saved as it grows, its events and its stages."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import msgspec

from whet.clock import SYSTEM_CLOCK, Clock, iso_utc
from whet.records import Event, OnEvent, SessionRecord, StageState, ignore_event, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from whet.records import StageName
    from whet.store import SessionFolder

STAGES: tuple[StageName, ...] = (
    "workload", "profile", "diagnose", "evidence", "fix", "validate", "judge", "combine", "tune",
    "report", "deploy",
)  # fmt: skip


class Session:
    """The state of one session, in memory and on disk.

    Args:
        folder: Where it is kept.
        record: What it knows so far.
        on_event: Hears every event.
        hooks: User code, called as `hook("before" | "after", stage, record)`.
        clock: Tells the time.
        monitoring: Record whet's own peak memory with every stage.
        progress: Pass progress events on.
    """

    def __init__(  # noqa: PLR0913 - what a session is made of
        self,
        folder: SessionFolder,
        record: SessionRecord,
        *,
        on_event: OnEvent = ignore_event,
        hooks: tuple[Callable[[str, str, SessionRecord], object], ...] = (),
        clock: Clock = SYSTEM_CLOCK,
        monitoring: bool = True,
        progress: bool = True,
    ) -> None:
        self.folder = folder
        self.record = record
        self.clock = clock
        self._listener = on_event
        self._hooks = hooks
        self._monitoring = monitoring
        self._progress = progress
        self._started_s = clock.monotonic_s()
        self._spent_s = record.duration_s or 0.0

    @classmethod
    def begin(cls, folder: SessionFolder, project: Path, clock: Clock, **rest: Any) -> Session:
        """A new session with all stages pending."""
        record = SessionRecord(
            session_id=folder.session_id,
            project=printable(str(project)),
            start_time=iso_utc(clock.now()),
            stages=tuple(StageState(name=name) for name in STAGES),
        )
        return cls(folder, record, clock=clock, **rest)

    @property
    def elapsed_s(self) -> float:
        """Seconds that this session took, all its interrupted parts together."""
        return self._spent_s + self.clock.monotonic_s() - self._started_s

    def update(self, **changes: Any) -> None:
        """Change the record and save it."""
        self.record = msgspec.structs.replace(self.record, **changes)
        self.folder.save(self.record)

    def note(self, *notes: str) -> None:
        """Add sentences to the record, each once."""
        self.update(notes=tuple(dict.fromkeys((*self.record.notes, *notes))))

    def finish(self, status: str) -> None:
        """Close the session as "done", "failed", "interrupted" or "partial"."""
        self.update(
            status=status, end_time=iso_utc(self.clock.now()), duration_s=round(self.elapsed_s, 3)
        )

    def tell(self, stage: str, message: str, **fields: Any) -> None:
        """Send an event of our own."""
        self.on_event(
            Event(kind=fields.pop("kind", "note"), stage=stage, message=message, **fields)
        )

    def on_event(self, event: Event) -> None:
        """Stamp an event, keep it and pass it on; progress is passed on only."""
        if not event.at:
            event = msgspec.structs.replace(event, at=iso_utc(self.clock.now()))
        if event.kind != "progress":
            self.folder.append_event(event)
        elif not self._progress:
            return
        self._listener(event)

    def is_done(self, name: StageName) -> bool:
        """Whether a stage was finished, now or before an interruption."""
        return any(s.name == name and s.status in {"done", "skipped"} for s in self.record.stages)

    @contextlib.contextmanager
    def stage(self, name: StageName) -> Iterator[None]:
        """One stage: hooks, events, times; a failure is recorded and goes on upward."""
        self._call_hooks("before", name)
        started, started_s = self.clock.now(), self.clock.monotonic_s()
        self._mark(name, status="running", started=iso_utc(started))
        self.tell(name, "started", kind="stage", status="started")
        try:
            yield
        except BaseException as error:
            reason = str(error) or type(error).__name__
            self._end(name, started, started_s, status="failed", reason=reason)
            raise
        self._end(name, started, started_s, status="done")
        self._call_hooks("after", name)

    def skip(self, name: StageName, reason: str) -> None:
        """Leave a stage out, and say why."""
        self._mark(name, status="skipped", reason=reason)
        self.tell(name, reason, kind="stage", status="skipped")

    def _end(
        self,
        name: StageName,
        started: datetime,
        started_s: float,
        *,
        status: str,
        reason: str = "",
    ) -> None:
        elapsed_s = self.clock.monotonic_s() - started_s
        self._mark(
            name,
            status=status,
            started=iso_utc(started),
            ended=iso_utc(self.clock.now()),
            elapsed_s=round(elapsed_s, 3),
            peak_bytes=own_peak_bytes() if self._monitoring else None,
            reason=reason,
        )
        message = reason or "done"
        self.tell(name, message, kind="stage", status=status, elapsed_s=round(elapsed_s, 3))

    def _mark(self, name: StageName, **state: Any) -> None:
        self.update(
            stages=tuple(
                StageState(name=name, **state) if stage.name == name else stage
                for stage in self.record.stages
            )
        )

    def _call_hooks(self, moment: str, stage: str) -> None:
        for hook in self._hooks:
            hook(moment, stage, self.record)


def own_peak_bytes() -> int:
    """The peak resident size of whet itself, in bytes."""
    import resource
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
