"""Observed runs of the workload, kept so that no run is made twice and two go side by side."""

from __future__ import annotations

import hashlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from whet.proof._packing import PackedStream, packed_streams
from whet.proof.evidence import notes_of
from whet.proof.outputs import Traces, traces_of
from whet.proof.suite import KnownTests
from whet.store.scratch import new_scratch, remove_scratch
from whet.workloads import Launch, ProbePlan, read_lines, run, shadowed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from whet.proof.calls import Stream

_SMALL_BYTES = 1 << 20
_MOST_FILES = 20_000
_PASSED_OVER = {"__pycache__", ".git", ".whet", ".pytest_cache", ".mypy_cache", ".ruff_cache"}

_WATCHES = count()

Wanted = tuple[Launch, int, int]  # launch, hash seed, and which of several runs of the same


@dataclass(frozen=True)
class Observed:
    """One run of the workload with the changed functions observed.

    Attributes:
        alone: It leaves something behind, or reaches outside: no other run may go beside it, and
            the next one is not the same.
    """

    traces: Traces
    packed: tuple[PackedStream, ...]  # by function; together they can be large
    loaded: frozenset[str]  # files inside the root that became modules
    shadowed: tuple[str, ...]
    notes: tuple[str, ...]
    wrote: bool
    alone: bool
    timed_out: bool

    def stream(self, number: int) -> Stream:
        """The calls of one function."""
        return self.packed[number].unpack()


@dataclass
class ValidationCache:
    """What the validations of one session share; `close` it at the end.

    Args:
        functions: `file::name` of all functions that some fix of the session changes: all are
            observed in each run, so that a run serves every fix.
        stateful: Of these, the ones changed by fixes that keep state between calls.
    """

    functions: tuple[str, ...]
    stateful: frozenset[str] = frozenset()
    runs: dict[tuple[object, ...], Observed] = field(default_factory=dict)
    tests: KnownTests = field(default_factory=KnownTests)
    folder: Path = field(default_factory=lambda: new_scratch("validations"))

    def close(self) -> None:
        """Remove the recorded calls."""
        remove_scratch(self.folder)


class Watch:
    """Runs the workload observed.

    Args:
        functions: Entries of the instrument `observe`.
        tolerant: Floats will be compared with a tolerance.
        scratch: Folder for records.
        cache: Of the session; None keeps runs for this validation only.
    """

    def __init__(
        self,
        functions: list[dict[str, Any]],
        *,
        tolerant: bool,
        scratch: Path,
        cache: ValidationCache | None,
    ) -> None:
        self.functions = functions
        self.tolerant = tolerant
        self.scratch = scratch
        self.calls = (cache.folder if cache else scratch) / "calls"
        self._cache = cache
        self._runs: dict[tuple[object, ...], Observed] = cache.runs if cache else {}
        self._contents: dict[Path, str] = {}
        self._number = next(_WATCHES)
        self._numbers = count(1)
        self._lock = threading.Lock()

    def observe(
        self, launch: Launch, seed: int, nth: int = 0, *, record: bool = False
    ) -> Observed:
        """A run under a hash seed; `nth` tells several runs of the same apart."""
        key = self._key(launch, seed, nth)
        known = self._runs.get(key)
        if known is None:
            record = record and not self.calls.exists()
            known = self._observed(launch, seed, record=record)
            if not known.alone and not known.timed_out:
                self._runs[key] = known
        return known

    def prefetch(self, wanted: Iterable[Wanted], workers: int) -> None:
        """Make the runs that are not known yet, so many at a time, to the number of cores."""
        missing = [each for each in wanted if self._key(*each) not in self._runs]
        with ThreadPoolExecutor(min(workers, os.cpu_count() or 1)) as pool:
            list(pool.map(lambda each: self.observe(*each), missing))

    def content(self, launch: Launch) -> str:
        """What a launch's project holds, as a digest; empty where that is not told."""
        with self._lock:
            if launch.root not in self._contents:
                self._contents[launch.root] = content_of(launch.root) if self._cache else ""
            return self._contents[launch.root]

    def _key(self, launch: Launch, seed: int, nth: int) -> tuple[object, ...]:
        # A root alone tells nothing: the next validation finds another candidate in it.
        content = self.content(launch) or (str(launch.root), self._number)
        return (content, seed, nth, self.tolerant)

    def _observed(self, launch: Launch, seed: int, *, record: bool) -> Observed:
        out = self.scratch / f"run-{next(self._numbers)}"
        configuration: dict[str, Any] = {
            "functions": [*self.functions, *_moved(self.functions)], "values": [],
            "tolerant": self.tolerant,
        }  # fmt: skip
        if record:
            self.calls.mkdir(mode=0o700)
            configuration["record"] = str(self.calls)
        instruments = {"effects": {}, "observe": configuration}
        plan = ProbePlan(instruments=instruments, out=out, root=launch.root)
        outcome = run(
            msgspec.structs.replace(
                launch, plan=plan, hash_seed=seed, wrap=(), scratch=out / "output"
            )
        )
        lines: list[dict[str, Any]] = []
        streams = packed_streams(_apart(out, lines), len(self.functions))
        kind = launch.workload.kind
        return Observed(
            traces=traces_of(outcome, launch.root, is_pytest=kind == "pytest"),
            packed=streams,
            loaded=frozenset(
                str(file) for line in lines if line["kind"] == "exit"
                for _, file in line.get("modules", ())
            ),
            shadowed=shadowed(lines),
            notes=tuple(notes_of(lines)),
            wrote=bool(outcome.files),
            alone=bool(outcome.files or outcome.effects) or kind == "service",
            timed_out=outcome.timed_out,
        )  # fmt: skip


def _apart(out: Path, others: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """All lines of a run; those that tell no single call are put aside too."""
    for line in read_lines(out):
        if line["kind"] != "call":
            others.append(line)
        yield line


def content_of(root: Path) -> str:
    """A digest of a project's files; "" where there are too many to tell.

    Small files count by what they hold, large ones by size and time of change.
    """
    digest = hashlib.sha256()
    files = 0
    for folder, inner, names in os.walk(root):
        inner[:] = sorted(set(inner) - _PASSED_OVER)
        for name in sorted(names):
            files += 1
            if files > _MOST_FILES:
                return ""
            path = Path(folder) / name
            digest.update(os.fsencode(path.relative_to(root)) + b"\0" + _told(path) + b"\0")
    return digest.hexdigest()


def _told(path: Path) -> bytes:
    try:
        status = path.lstat()
        if path.is_symlink():
            return b"l" + os.fsencode(path.readlink())
        if path.is_file() and status.st_size <= _SMALL_BYTES:
            return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return b"unreadable"
    return b"%d %d" % (status.st_size, status.st_mtime_ns)


def _moved(entries: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Where the candidate has functions that it moved: the calls count as those of the entry."""
    for entry in entries:
        if entry.get("moved"):
            yield entry | {"file": entry["moved"]}


def entries_of(
    functions: Sequence[str], stateful: Iterable[str], moved: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """Functions `file::name` as entries of the instrument `observe`, numbered from 0."""
    kept = set(stateful)
    entries: list[dict[str, Any]] = []
    for function in functions:
        file, _, name = function.partition("::")
        if name and name != "<module>":
            by = "both" if function in kept else "index"
            number = len(entries)
            entry = {"id": number, "file": file, "name": name, "line": None, "by": by}
            entries.append(entry | {"moved": (moved or {}).get(function)})
    return entries
