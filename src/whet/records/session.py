"""The loop's memory: what a session did and found."""

from __future__ import annotations

from typing import Any, Literal

from whet.records._base import Record
from whet.records.environment import Environment, Interpreter
from whet.records.finding import Finding
from whet.records.fix import Fix, Validation
from whet.records.profile import Profile
from whet.records.tags import MemoryCacheStatistics
from whet.records.verdict import FixVerdict, Verdict
from whet.records.workload import Workload

StageName = Literal[
    "workload", "profile", "diagnose", "evidence", "fix", "validate", "judge", "combine",
    "tune", "report", "deploy",
]  # fmt: skip
StageStatus = Literal["pending", "running", "done", "failed", "skipped"]


class StageState(Record, frozen=True):
    """One stage of a session."""

    name: StageName
    status: StageStatus = "pending"
    started: str | None = None  # UTC, ISO 8601, Z
    ended: str | None = None
    elapsed_s: float | None = None
    peak_bytes: int | None = None  # whet's own, when `enable_monitoring` is on
    reason: str = ""  # of a failure or a skip


class Deployment(Record, frozen=True):
    """Where a fix went, with what is needed to take it back."""

    fix_ids: tuple[str, ...]
    form: Literal["patch", "branch", "in-place"]
    target: str  # folder of patches, branch name or project
    commits: tuple[str, ...] = ()
    backups: dict[str, str] = {}  # file in the project -> saved original in the session folder
    after: dict[str, str] = {}  # file in the project -> sha256 of what whet wrote
    reverted: bool = False


class GoalResult(Record, frozen=True):
    """A performance goal of the settings and whether it was reached."""

    goal: str
    wanted_percent: float
    reached_percent: float | None  # None: not measured
    reached: bool | None


class SessionRecord(Record, frozen=True):
    """A whole session: the rich document, stored and reported under its own schema."""

    session_id: str
    project: str
    start_time: str
    version: int = 1
    end_time: str | None = None
    duration_s: float | None = None
    # "partial": as far as was asked (`whet check`); a run goes on from there.
    status: Literal["running", "done", "failed", "interrupted", "partial"] = "running"
    stages: tuple[StageState, ...] = ()
    settings: dict[str, Any] = {}
    workload: Workload | None = None
    interpreter: Interpreter | None = None
    environment: Environment | None = None
    profile: Profile | None = None
    findings: tuple[Finding, ...] = ()
    fixes: tuple[Fix, ...] = ()
    validations: dict[str, Validation] = {}  # by fix id
    fix_verdicts: tuple[FixVerdict, ...] = ()
    whole: tuple[Verdict, ...] = ()  # the kept set against the original
    whole_validation: Validation | None = None
    deployments: tuple[Deployment, ...] = ()
    goals: tuple[GoalResult, ...] = ()
    tuning_reason: str | None = None
    notes: tuple[str, ...] = ()
    objective: Literal["time", "memory", "io", "both"] = "time"
    runs_used: int = 0  # how often the workload was run
    file_cache: MemoryCacheStatistics | None = None  # how often the project's files were read
