"""The loop: from a slow project to proven fixes, a stage at a time, resumable after each."""

from __future__ import annotations

import hashlib
import os
import shlex
from contextlib import closing
from typing import TYPE_CHECKING, Any

import msgspec

from whet import __version__
from whet.codebase import project_files
from whet.codebase.files import is_excluded
from whet.errors import StoreError
from whet.records import Evidence, SessionRecord, to_json
from whet.session import stages
from whet.session.setup import (
    COPIES,
    Bench,
    choose_interpreter,
    choose_workload,
    resolve_project,
)
from whet.session.state import Session, own_peak_bytes
from whet.session.work import Options, Run
from whet.store import open_store
from whet.workloads import describe_environment, runs_started

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from whet.records import Workload
    from whet.settings import Settings
    from whet.store import SessionFolder, Store

__all__ = ["Options", "diagnose_project", "digest_of_inputs", "hold_bench", "optimize"]

_ON_THE_ORIGINAL = frozenset({"workload", "profile", "diagnose", "evidence"})  # steps
_LARGE_BYTES = 10_000_000  # hashing as much takes some 10 ms


def optimize(
    project: Path,
    settings: Settings,
    workload: Workload | None = None,
    options: Options | None = None,
) -> SessionRecord:
    """Profile, diagnose, fix, validate and judge; what was kept is in the record.

    Args:
        project: The user's project; it is only read.
        settings: Effective settings.
        workload: Overrides the settings' own.
        options: How the session is held.

    Raises:
        WhetError: It cannot be measured; what was done so far is kept.
    """
    return hold_bench(project, settings, workload, options or Options(), _steps)


def hold_bench(
    project: Path,
    settings: Settings,
    workload: Workload | None,
    options: Options,
    steps: Callable[[Run], None],
    folder: SessionFolder | None = None,
) -> SessionRecord:
    """A session around some steps: locked, resumable, saved, closed whatever happens.

    Args:
        project: The user's project; it is only read.
        settings: Effective settings.
        workload: Overrides the settings' own.
        options: How the session is held.
        steps: What is done in it.
        folder: A session to go on with; None: a new one, or the unfinished one with these inputs.
    """
    project = resolve_project(project)
    store = open_store(project, clock=options.clock)
    workload = choose_workload(project, settings, workload)
    interpreter = choose_interpreter(project, settings, workload)
    with store.lock():
        session = _open(store, project, settings, workload, options, folder)
        try:
            session.update(
                status="running",
                workload=workload,
                interpreter=interpreter,
                environment=describe_environment(interpreter),
                objective=settings.objective,
                settings=msgspec.to_builtins(settings),
            )
            session.tell("workload", f"{workload.spelled} (chosen by {workload.chosen_by})")
            records = session.folder.folder("records")
            bench = Bench(
                project,
                workload,
                interpreter,
                records,
                settings.budget_s,
                COPIES[:1] if options.until in _ON_THE_ORIGINAL else COPIES,
                session.on_event,
            )
            _work(Run(project, settings, options, session, store, bench), steps)
        except KeyboardInterrupt:
            session.finish("interrupted")
            raise
        except StoreError:
            raise  # nothing more can be written
        except Exception:
            session.finish("failed")
            raise
        return session.record


def diagnose_project(
    project: Path,
    settings: Settings,
    workload: Workload | None = None,
    options: Options | None = None,
) -> SessionRecord:
    """Profile, diagnose and collect evidence: findings only, nothing is changed or judged."""
    return optimize(project, settings, workload, _replaced(options or Options(), until="evidence"))


def _replaced(options: Options, **changes: Any) -> Options:
    from dataclasses import replace

    return replace(options, **changes)


def _steps(run: Run) -> None:
    for name, step in _STEPS:
        if not run.session.is_done(name):
            before = runs_started()
            step(run)
            used = runs_started() - before
            run.session.update(runs_used=run.session.record.runs_used + used)
        if name == run.options.until:
            return


def _work(run: Run, steps: Callable[[Run], None]) -> None:
    session, options = run.session, run.options
    with closing(run.bench):
        steps(run)
    if run.bench.notes:
        session.note(*run.bench.notes)
    read = run.sources.statistics()
    if read.hit_rate is not None:
        session.update(file_cache=read)
    if options.until:
        session.finish("partial")
        return
    limit_mb = run.settings.performance.max_memory_mb
    if (own_mb := own_peak_bytes() / 1e6) > limit_mb:
        session.note(f"whet itself took {own_mb:.0f} MB; max_memory_mb is {limit_mb}")
    session.finish("done")
    stages.report(run)


_STEPS: tuple[tuple[Any, Callable[[Run], None]], ...] = (
    ("workload", stages.workload),
    ("profile", stages.profile),
    ("diagnose", stages.diagnose),
    ("evidence", stages.evidence),
    ("fix", stages.fix),
    ("judge", stages.judge),
    ("combine", stages.combine),
    ("tune", stages.tune),
)


def _open(
    store: Store,
    project: Path,
    settings: Settings,
    workload: Workload,
    options: Options,
    folder: SessionFolder | None,
) -> Session:
    """The session named, the latest one with these inputs that is unfinished, or a new one."""
    extra: dict[str, Any] = {
        "on_event": options.on_event,
        "hooks": options.hooks,
        "monitoring": settings.performance.enable_monitoring,
        "progress": settings.performance.enable_progress,
    }
    if folder is not None:
        return Session(folder, folder.load(), clock=options.clock, **extra)
    inputs = digest_of_inputs(project, settings, workload) + shlex.join(options.candidates)
    known = store.sessions() if options.resume else []
    for earlier in reversed(known[-5:]):
        record = _resumable(earlier, inputs)
        if record is not None:
            session = Session(earlier, record, clock=options.clock, **extra)
            session.tell("workload", f"continues session {earlier.session_id}")
            return session
    folder = store.new_session()
    session = Session.begin(folder, project, options.clock, **extra)
    folder.keep("inputs", inputs)
    session.update()
    return session


def _resumable(folder: SessionFolder, inputs: str) -> SessionRecord | None:
    try:
        if folder.read("inputs", str) != inputs:
            return None
        record = folder.load()
    except StoreError:
        return None
    return record if record.status in {"running", "interrupted", "partial"} else None


def digest_of_inputs(project: Path, settings: Settings, workload: Workload) -> str:
    """A digest of what a session depends on: sources, workload, settings.

    The time budget is left out: a larger one continues what a smaller one began.
    """
    state = hashlib.sha256(__version__.encode())
    state.update(to_json(msgspec.structs.replace(settings, budget_s=1.0)))
    state.update(to_json(workload))
    for file in project_files(project):
        path = project / file
        if is_excluded(file, (".whet",)) or not path.is_file():
            continue
        state.update(os.fsencode(file) + b"\0")
        state.update(_content(path))
    return state.hexdigest()


def _content(path: Path) -> bytes:
    """A file's digest; of large data files size and time of change stand for the content."""
    try:
        status = path.stat()
        if status.st_size > _LARGE_BYTES:
            return f"{status.st_size} {status.st_mtime_ns}".encode()
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return b"unreadable"


def evidence_of(session: Session) -> Evidence:
    """What the evidence run of a session showed; empty before it."""
    return session.folder.evidence() or Evidence()
