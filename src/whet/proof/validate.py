"""Whether a change gives the same results, and how far that was looked at.

The order: the workload on A twice and on B under the first hash seed, then on both under each
further seed, with the changed functions observed; recorded calls made again in fresh processes,
and calls with inputs made from them; the project's tests that reach the changed functions. The
first difference ends it.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from whet.proof._watched import Observed, ValidationCache, Watch, entries_of
from whet.proof.calls import compare_streams
from whet.proof.inputs import compare_generated, hints_of
from whet.proof.outputs import Ground, compare_traces, ground_of
from whet.proof.replay import replay
from whet.proof.suite import LIMIT_S, covering_tests
from whet.records import Counterexample, Event, Fix, OnEvent, Validation, ignore_event
from whet.store.scratch import scratch_folder

if TYPE_CHECKING:
    from whet.workloads import Launch

__all__ = ["SEEDS", "Checks", "Pair", "ValidationCache", "validate"]

SEEDS = (0, 1, 2)
_RUN_STAGES = ("calls", "output", "files", "exit")


@dataclass(frozen=True)
class Pair:
    """The original and the candidate, as launches that differ in nothing but their root."""

    a: Launch
    b: Launch


@dataclass(frozen=True)
class Checks:
    """How far validation goes.

    Attributes:
        seeds: Hash seeds; results must agree under each.
        tolerance: Relative difference of floats that counts as none; None compares bit for bit.
        mask: What differs between two runs of the same code is left out instead of making the
            change "not comparable".
        replay: Make recorded calls again in fresh processes.
        tests: Run the project's tests that reach the changed functions.
        tests_limit_s: Seconds that a run of these tests may take; longer ones are left out.
        workers: Most runs at a time, and never more than there are cores; only runs that leave
            nothing behind go side by side. (A difference seen in such runs is confirmed by runs
            of their own.)
        keep_calls: File that gets the recorded calls (successive pickles), for the court.
    """

    seeds: tuple[int, ...] = SEEDS
    tolerance: float | None = None
    mask: bool = False
    replay: bool = True
    tests: bool = True
    tests_limit_s: float = LIMIT_S
    keep_calls: Path | None = None
    workers: int = 2


@dataclass
class Tally:
    """What has been looked at so far."""

    calls: int = 0
    replayed: int = 0
    inputs: int = 0
    tests: int = 0
    outputs: int = 0
    files: int = 0
    reached: set[int] = field(default_factory=set)
    masked: tuple[str, ...] = ()
    notes: dict[str, None] = field(default_factory=dict)

    def note(self, *notes: str) -> None:
        """Remember notes, each once."""
        self.notes.update(dict.fromkeys(notes))


class _Stopped(Exception):
    """Validation ends here."""

    def __init__(self, outcome: str, found: Counterexample | None = None) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.found = found


def validate(
    pair: Pair,
    fix: Fix,
    checks: Checks | None = None,
    *,
    cache: ValidationCache | None = None,
    on_event: OnEvent = ignore_event,
) -> Validation:
    """Look for a difference between the original and the candidate.

    Args:
        pair: Launches of both.
        fix: The change; its `functions` are observed, and if it keeps state between calls the
            candidate may call them fewer times.
        checks: How far to go.
        cache: What the validations of a session share; it must know the functions of the fix.
        on_event: Hears of each stage.

    Returns:
        "different" with a counterexample, "not comparable" with what stands against it in
        `masked` or `notes`, or "equal" with what was compared and what nothing reached.
    """
    checks = checks or Checks()
    with scratch_folder("validate") as scratch:
        if cache is not None and not set(fix.functions) <= set(cache.functions):
            cache = None
        validator = _Validator(pair, fix, checks, Path(scratch), on_event, cache)
        try:
            validator.run()
        except _Stopped as stopped:
            stage = stopped.found.stage if stopped.found else "calls"
            if not validator.side_by_side or stage not in _RUN_STAGES:
                return validator.result(stopped.outcome, stopped.found)
        else:
            return validator.result("equal")
    # What was seen while two runs went side by side is confirmed by runs of their own.
    return validate(pair, fix, replace(checks, workers=1), on_event=on_event)


class _Validator:
    """One validation under way."""

    def __init__(
        self,
        pair: Pair,
        fix: Fix,
        checks: Checks,
        scratch: Path,
        on_event: OnEvent,
        cache: ValidationCache | None,
    ) -> None:
        self.pair = pair
        self.fix = fix
        self.checks = checks
        self.scratch = scratch
        self.on_event = on_event
        self.cache = cache
        known = cache.functions if cache else fix.functions
        stateful = cache.stateful if cache else (fix.functions if fix.keeps_state else ())
        entries = entries_of(known, stateful, fix.moved)
        self.functions = {entry["id"]: entry for entry in entries if _name(entry) in fix.functions}
        self.tally = Tally()
        self.side_by_side = False
        self.leaves_files = False
        tolerant = checks.tolerance is not None
        self.watch = Watch(entries, tolerant=tolerant, scratch=scratch, cache=cache)

    def run(self) -> None:
        """All stages, until one finds a difference."""
        ground = self._first_seed()
        for seed in self.checks.seeds[1:]:
            self._say(f"original and candidate under hash seed {seed}")
            self._compare(
                self._observe(self.pair.a, seed), self._observe(self.pair.b, seed), ground
            )
        if self.checks.replay and self.functions:
            self._replay()
            self._inputs()
        if self.checks.tests and self.functions:
            self._tests()

    def _say(self, message: str) -> None:
        self.on_event(Event(kind="progress", stage="validate", message=message))

    def _first_seed(self) -> Ground:
        checks, seed = self.checks, self.checks.seeds[0]
        self._say(f"original twice and candidate under hash seed {seed}")
        a = self._observe(self.pair.a, seed, record=checks.replay)
        self.leaves_files = a.wrote
        if a.wrote:  # what one run leaves behind, the next one finds: both sides run as often
            self._observe(self.pair.b, seed)
        if checks.workers > 1 and not a.alone:
            self.side_by_side = True
            self._say("the other runs, side by side")
            both = [(launch, each, 0) for launch in (self.pair.b, self.pair.a)
                    for each in checks.seeds]  # fmt: skip
            self.watch.prefetch([(self.pair.a, seed, 1), *both], checks.workers)
        again = self._observe(self.pair.a, seed, 1)
        b = self._observe(self.pair.b, seed)
        self._right_code(a, b)
        one = again if a.wrote else a
        ground = ground_of(a.traces, again.traces)
        for number, entry in self.functions.items():
            name = _name(entry)
            found = compare_streams(a.stream(number), again.stream(number), name)
            if found.difference is not None:
                ground.functions[number] = name
        if ground.named and not self.checks.mask:
            self.tally.masked = ground.named
            reason = "two runs of the original differ: allow masking, or make them repeatable"
            self.tally.note(reason)
            raise _Stopped("not comparable")
        self.tally.masked = ground.named
        self._compare(one, b, ground)
        return ground

    def _right_code(self, a: Observed, b: Observed) -> None:
        """The changed files must have been loaded from the copies."""
        files = {edit.file for edit in self.fix.edits} | {
            entry["file"] for entry in self.functions.values()
        }
        files = {file for file in files or {self.fix.file} if file.endswith(".py")}
        for observed in (a, b):
            wrong = files & set(observed.shadowed)
            if wrong:
                self.tally.note(f"{min(wrong)} was loaded from the project, not from the copy")
                raise _Stopped("not comparable")
        for file in sorted(files - (a.loaded | b.loaded)):
            self.tally.note(f"{file} is not loaded by the workload")

    def _observe(
        self, launch: Launch, seed: int, nth: int = 0, *, record: bool = False
    ) -> Observed:
        observed = self.watch.observe(launch, seed, nth, record=record)
        if observed.timed_out:
            self.tally.note("the workload was stopped by the time-out while it was observed")
            raise _Stopped("not comparable")
        return observed

    def _calls(self) -> list[Path]:
        """Files of recorded calls of the changed functions."""
        return sorted(
            path
            for number in self.functions
            for path in self.watch.calls.glob(f"*-{number}.pickle")
        )

    def _compare(self, a: Observed, b: Observed, ground: Ground) -> None:
        self.tally.note(*a.notes, *b.notes)
        for number, entry in self.functions.items():
            stream = a.stream(number)
            if stream.reached:
                self.tally.reached.add(number)
            if number in ground.functions:
                continue
            found = compare_streams(
                stream, b.stream(number), _name(entry),
                fewer=self.fix.keeps_state, tolerance=self.checks.tolerance,
            )  # fmt: skip
            self.tally.calls += found.compared
            self.tally.note(*found.notes)
            if found.difference is not None:
                raise _Stopped("different", found.difference)
        difference = compare_traces(a.traces, b.traces, ground)
        if difference is not None:
            raise _Stopped("different", difference)
        self.tally.outputs += 2
        self.tally.files += len(set(a.traces.files) - ground.files)

    def _replay(self) -> None:
        self._say("recorded calls again in fresh processes")
        pickles = self._calls()
        found = replay(
            self._seeded(self.pair.a), self._seeded(self.pair.b), pickles,
            self.scratch, tolerance=self.checks.tolerance,
        )  # fmt: skip
        self.tally.replayed = found.compared
        self.tally.note(*found.notes)
        if found.difference is not None:
            raise _Stopped("different", found.difference)

    def _inputs(self) -> None:
        self._say("inputs that the workload never gave")
        sources = {
            entry["file"]: self.pair.a.root / entry["file"] for entry in self.functions.values()
        }
        hints = {
            entry["name"]: hints_of(sources[entry["file"]].read_bytes(), entry["name"])
            for entry in self.functions.values()
            if sources[entry["file"]].is_file()
        }
        found = compare_generated(
            self._seeded(self.pair.a), self._seeded(self.pair.b),
            self._calls(), hints, self.scratch,
            tolerance=self.checks.tolerance, workers=self.checks.workers,
        )  # fmt: skip
        self.tally.inputs = found.compared
        self.tally.note(*found.notes)
        unasked = {entry["name"] for entry in self.functions.values()} - found.functions
        if unasked:
            names = ", ".join(sorted(unasked))
            self.tally.note(f"no inputs were made up for {names}: no call with plain values")
        if found.difference is not None:
            raise _Stopped("different", found.difference)

    def _tests(self) -> None:
        if self.pair.a.workload.kind == "pytest":
            self.tally.note("the workload is the tests: they were compared as it")
            return
        self._say("the project's tests that reach the changed functions")
        found = covering_tests(
            self._seeded(self.pair.a), self._seeded(self.pair.b), self.watch.functions,
            self.scratch, limit_s=self.checks.tests_limit_s, chosen=set(self.functions),
            known=self.cache.tests if self.cache else None,
            contents=self._contents(),
        )  # fmt: skip
        self.tally.tests = found.run
        self.tally.reached |= found.reached
        self.tally.note(*found.notes)
        if found.difference is not None:
            raise _Stopped("different", found.difference)

    def _contents(self) -> tuple[str, str]:
        """What A and B hold; nothing where runs leave files behind and so change it."""
        if self.cache is None or self.leaves_files:
            return "", ""
        return self.watch.content(self.pair.a), self.watch.content(self.pair.b)

    def _seeded(self, launch: Launch) -> Launch:
        return msgspec.structs.replace(launch, hash_seed=self.checks.seeds[0], wrap=())

    def result(self, outcome: str, found: Counterexample | None = None) -> Validation:
        """The record of what was found."""
        tally = self.tally
        self._keep_calls()
        missed = [
            _name(entry) for number, entry in self.functions.items() if number not in tally.reached
        ]
        # Code outside of functions has no calls to compare: outputs and tests alone speak of it.
        missed += [name for name in self.fix.functions if name.endswith("::<module>")]
        return Validation(
            outcome=outcome,  # type: ignore[arg-type] # one of the three by construction
            counterexample=found,
            calls_compared=tally.calls,
            calls_replayed=tally.replayed,
            inputs_generated=tally.inputs,
            tests_run=tally.tests,
            outputs_compared=tally.outputs,
            files_compared=tally.files,
            seeds=self.checks.seeds,
            not_reached=tuple(missed),
            masked=tally.masked,
            notes=tuple(tally.notes),
        )

    def _keep_calls(self) -> None:
        calls = self._calls()
        if self.checks.keep_calls is None or not calls:
            return
        with self.checks.keep_calls.open("wb") as kept:
            self.checks.keep_calls.chmod(0o600)
            for path in calls:
                with path.open("rb") as file:
                    shutil.copyfileobj(file, kept)


def _name(entry: dict[str, Any]) -> str:
    return f"{entry['file']}::{entry['name']}"
