"""Ingestion that goes on: woken by marks, throttled in bursts, and never relying on marks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from whet.clock import SYSTEM_CLOCK, Clock
from whet.codebase.activity._places import places_of
from whet.codebase.activity.ingest import BATCH, ingest
from whet.codebase.activity.spool import has_marks
from whet.records.event import ignore_event

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    from whet.records.activity import IngestReport
    from whet.records.event import OnEvent

EVERY_S = 5.0
SWEEP_S = 60.0


def follow(
    repository: str | os.PathLike[str],
    *,
    every_s: float = EVERY_S,
    batch: int = BATCH,
    clock: Clock = SYSTEM_CLOCK,
    sleep: Callable[[float], None] = time.sleep,
    on_event: OnEvent = ignore_event,
) -> Iterator[IngestReport]:
    """Record commits as they come, until the caller stops asking; a report an ingestion.

    However many commits come, git is asked at most once in `every_s`: a burst becomes a batch.

    Args:
        repository: A directory of the repository.
        every_s: Seconds between two looks at the marks.
        batch: Commits of one `git log` and one transaction.
        clock: Says when git is asked although there is no mark: every 60 s.
        sleep: Waits.
        on_event: Hears of each batch.

    Raises:
        WhetError: As `ingest`.
    """
    places = places_of(repository)
    swept = clock.monotonic_s() - SWEEP_S
    while True:
        if has_marks(places) or clock.monotonic_s() - swept >= SWEEP_S:
            swept = clock.monotonic_s()
            yield ingest(repository, batch=batch, on_event=on_event)
        sleep(every_s)
