"""What the stages of a session share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from whet.clock import SYSTEM_CLOCK, Clock
from whet.codebase.cache import FileCache
from whet.records import OnEvent, SessionRecord, ignore_event

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from whet.proof.validate import ValidationCache
    from whet.records import Fix, Profile
    from whet.session.order import Prospect
    from whet.session.setup import Bench
    from whet.session.state import Session
    from whet.settings import Settings
    from whet.store import Store


_BYTES_IN_MB = 1_000_000


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
        candidates: Words of a command that is asked for patches of hot places; it comes from the
            user's call or command line, never from project configuration.
        consent: Ids of findings or fixes, or beginnings of ids, that the user agrees to: such
            fixes are kept if they are proven, though they change more than the time.
        until: Stop after this stage, such as "profile" or "evidence"; empty: after the last.
    """

    allow_effects: bool = False
    allow_unrepeatable: bool = False
    resume: bool = True
    on_event: OnEvent = ignore_event
    hooks: tuple[Callable[[str, str, SessionRecord], object], ...] = ()
    clock: Clock = SYSTEM_CLOCK
    until: str = ""
    consent: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()

    def agreed(self, fix: Fix) -> bool:
        """Whether the user agrees to a fix that needs consent."""
        names = (fix.finding_id or "", fix.fix_id)
        return any(name.startswith(each) for each in self.consent if each for name in names)


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
    prospects: dict[str, Prospect] = field(default_factory=dict)  # by fix id, as things are now
    check_s: float = 0.0  # seconds that the latest validation took
    alone: set[str] = field(default_factory=set)  # ids of fixes that were tried upon no others
    sources: FileCache = field(init=False)  # the project's files, read and parsed once
    seen_by: dict[str, Profile] = field(default_factory=dict)  # later findings: what showed them
    asked: set[str] = field(default_factory=set)  # sites that an evidence run has looked at

    def __post_init__(self) -> None:
        """Half of the memory that whet may take is for what it has read."""
        most = self.settings.performance
        memory = most.max_memory_mb * _BYTES_IN_MB // 2
        self.sources = FileCache(
            self.project, limit_bytes=memory // 4, trees=most.cache_size, memory_bytes=memory
        )

    @property
    def left_s(self) -> float:
        """Seconds of the budget that are left."""
        return self.settings.budget_s - self.session.elapsed_s
