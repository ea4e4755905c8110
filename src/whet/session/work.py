"""What the stages of a session share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.clock import SYSTEM_CLOCK, Clock
from whet.records import OnEvent, SessionRecord, ignore_event

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from whet.proof.validate import ValidationCache
    from whet.session.setup import Bench
    from whet.session.state import Session
    from whet.settings import Settings
    from whet.store import Store


@dataclass(frozen=True)
class Options:
    """How a session is held, beside the settings.

    Attributes:
        allow_effects: The workload may write outside its copy and use the network.
        allow_unrepeatable: What differs between two runs of the same code is masked.
        resume: Continue the latest unfinished session with the same inputs.
        on_event: Hears everything.
        hooks: User code, called as `hook("before" | "after", stage, record)`.
        clock: Tells the time.
        until: Stop after this stage, such as "profile" or "evidence"; empty: after the last.
    """

    allow_effects: bool = False
    allow_unrepeatable: bool = False
    resume: bool = True
    on_event: OnEvent = ignore_event
    hooks: tuple[Callable[[str, str, SessionRecord], object], ...] = ()
    clock: Clock = SYSTEM_CLOCK
    until: str = ""


@dataclass
class Run:
    """One session at work: what its stages share."""

    project: Path
    settings: Settings
    options: Options
    session: Session
    store: Store
    bench: Bench
    validations: ValidationCache | None = None  # what the validations of all fixes share

    @property
    def left_s(self) -> float:
        """Seconds of the budget that are left."""
        return self.settings.budget_s - self.session.elapsed_s
