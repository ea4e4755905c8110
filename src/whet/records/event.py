"""The stable event stream: progress for people, JSON lines for other tools."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from whet.records._base import Record


class Event(Record, frozen=True):
    """Something happened. One JSON line each in a session's `events.jsonl`."""

    kind: Literal["stage", "progress", "note", "warning", "finding", "verdict", "plan"]
    stage: str  # "workload", "profile", "diagnose", "evidence", "fix", "validate", "judge", ...
    message: str
    status: Literal["started", "running", "done", "failed", "skipped"] = "running"
    count: int | None = None
    total: int | None = None
    elapsed_s: float | None = None
    remaining_s: float | None = None  # estimate
    data: dict[str, Any] = {}
    at: str = ""  # UTC, ISO 8601; filled in by the session
    version: int = 1


OnEvent = Callable[[Event], None]


def ignore_event(_event: Event) -> None:
    """The default listener: hears nothing."""
