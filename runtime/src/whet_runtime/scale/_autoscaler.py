"""The autoscaler: a planner, what it drives, and a thread or task that looks again and again."""

from __future__ import annotations

import os
from collections import deque
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, NamedTuple, Self

from whet_runtime.clock import SYSTEM_CLOCK, Clock
from whet_runtime.errors import ClosedError, MisuseError, ScaleError
from whet_runtime.scale._planner import Planner
from whet_runtime.scale._records import Decision, Sample
from whet_runtime.scale._state import read_state, write_state

if TYPE_CHECKING:
    from whet_runtime.balance import Shortage
    from whet_runtime.scale._payoff import Payoff
    from whet_runtime.scale._records import Forecast
    from whet_runtime.scale._settings import ScalerSettings
    from whet_runtime.scale._targets import Reading, Target

_KEPT = 1000  # decisions that are remembered


class ScalerSnapshot(NamedTuple):
    """The autoscaler at one moment.

    Args:
        wanted: Workers that the last decision asked for; None before the first.
        decisions: Decisions so far.
        changes: Those of them that changed the number of workers.
        faults: Looks or changes at which the target failed.
        dry_run: Whether nothing is carried out.
        forecast: The last one; None without enough samples or with forecasts off.
        accuracy: Of recent forecasts at the horizon, 0 to 1; None as above.
        needed_accuracy: Of recent forecasts of the load that decisions must bear; None as above.
        foresight_counts: Whether forecasts may add workers now.
        payoff: Shortages of the last days with and without forecasts; None with forecasts off.
    """

    wanted: int | None
    decisions: int
    changes: int
    faults: int
    dry_run: bool
    forecast: Forecast | None
    accuracy: float | None
    needed_accuracy: float | None
    foresight_counts: bool
    payoff: Payoff | None


class Autoscaler:
    """Looks at a target once an interval and brings its workers to the number that is decided.

    Args:
        target: What is scaled.
        settings: Thresholds, bounds and forecasts.
        interval_s: Seconds between looks.
        dry_run: Decide and record, but change nothing. Decisions follow from each other as if
            they had been carried out.
        clock: What tells the time.
    """

    def __init__(
        self,
        target: Target,
        settings: ScalerSettings | None = None,
        *,
        interval_s: float = 60.0,
        dry_run: bool = False,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        if not interval_s > 0:
            raise MisuseError(
                f"interval_s={interval_s!r}", "it is no time", "Give seconds above 0"
            )
        self.interval_s = interval_s
        self.dry_run = dry_run
        self._target = target
        self._clock = clock
        self._planner = Planner(settings)
        self._lock = Lock()
        self._wake = Event()
        self._closed = False
        self._thread: Thread | None = None
        # Not the lock of a step: a worker that joins in it may make the balancer ask again.
        self._asking = Lock()
        self._asked: set[frozenset[str]] = set()
        self._decisions: deque[Decision] = deque(maxlen=_KEPT)
        self._count = {"decisions": 0, "changes": 0, "faults": 0}
        self._pid = os.getpid()

    def step(self) -> Decision:
        """Look once, decide, and carry it out.

        Raises:
            ScaleError: The target could not be read or changed; the next step tries again.
        """
        with self._lock:
            with self._asking:
                asked, self._asked = self._asked, set()
            try:
                decision = self._decide(self._read(), asked)
            except ScaleError:
                self._count["faults"] += 1
                with self._asking:
                    self._asked |= asked
                raise
            self._decisions.append(decision)
            self._count["decisions"] += 1
            self._count["changes"] += decision.wanted != decision.before
            return decision

    def ask(self, shortage: Shortage) -> None:
        """Take a call for capacity; give this to `LoadBalancer.on_shortage`.

        One worker is added for each kind of need before the next look, within the most allowed.
        """
        with self._asking:
            self._asked.add(shortage.needs)
        self._wake.set()

    def start(self) -> Self:
        """Look in a thread of its own from now on.

        Raises:
            ClosedError: It was stopped, or belongs to the parent of a forked process.
        """
        self._check_open()
        if self._thread is None:
            self._thread = Thread(target=self._run, name="whet-autoscaler", daemon=True)
            self._thread.start()
        return self

    def stop(self) -> None:
        """Look no more; the workers stay as they are."""
        self._closed = True
        self._wake.set()
        if self._thread is not None and os.getpid() == self._pid:
            self._thread.join()

    async def run(self) -> None:
        """Look again and again until cancelled or stopped, from asyncio.

        Raises:
            ClosedError: As in `start`.
        """
        import asyncio

        self._check_open()
        try:
            while not self._closed:
                await asyncio.to_thread(self._step_logged)
                await asyncio.to_thread(self._pause)
        finally:
            self._closed = True
            self._wake.set()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *error: object) -> None:
        """Stop."""
        self.stop()

    def decisions(self) -> list[Decision]:
        """The last thousand decisions, oldest first; in a dry run what would have been done."""
        with self._lock:
            return list(self._decisions)

    def snapshot(self) -> ScalerSnapshot:
        """The state at this moment."""
        with self._lock:
            foresight = self._planner.foresight
            forecast = None if foresight is None else foresight.forecaster.forecast()
            return ScalerSnapshot(
                wanted=self._planner.wanted,
                dry_run=self.dry_run,
                forecast=forecast,
                accuracy=None if forecast is None else forecast.confidence,
                needed_accuracy=None if forecast is None else forecast.needed_confidence,
                foresight_counts=foresight is not None and foresight.gate.pays,
                payoff=None if foresight is None else foresight.payoff(),
                **self._count,
            )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write history and all that was learned to a file, whole or not at all.

        Raises:
            ScaleError: The file cannot be written.
        """
        with self._lock:
            state = self._planner.state()
        write_state(path, state)

    def load(self, path: str | os.PathLike[str]) -> None:
        """Take over what `save` wrote; on an error everything stays as it was.

        Raises:
            ScaleError: The file cannot be read or is not what `save` writes.
        """
        planner = Planner(self._planner.settings)
        read_state(path, planner.restore)
        with self._lock:
            self._planner = planner

    def _check_open(self) -> None:
        if os.getpid() != self._pid:
            raise ClosedError(
                "autoscaler", "it belongs to the parent process", "Make one after the fork"
            )
        if self._closed:
            raise ClosedError("autoscaler", "it was stopped", "Make a new one")

    def _read(self) -> Reading:
        try:
            return self._target.read()
        except Exception as error:
            raise _target_error(self._target, "read", error) from error

    def _decide(self, reading: Reading, asked: set[frozenset[str]]) -> Decision:
        sample = Sample(self._clock.time(), *reading)
        if self.dry_run:
            sample = self._as_if(sample)
        decision = self._planner.decide(sample, asked=len(asked))
        if self.dry_run:
            return decision
        if decision.wanted != reading.workers:
            try:
                for needs in asked:
                    self._target.prepare(needs)
                self._target.scale(decision.wanted)
            except Exception as error:
                raise _target_error(self._target, "scaled", error) from error
        return decision._replace(applied=True)

    def _as_if(self, sample: Sample) -> Sample:
        """What would be seen had the last decision been carried out."""
        wanted = self._planner.wanted
        if not wanted or wanted == sample.workers:
            return sample
        shared = {t.metric for t in self._planner.settings.thresholds if t.shared}
        metrics = {
            name: value * sample.workers / wanted if name in shared else value
            for name, value in sample.metrics.items()
        }
        return sample._replace(workers=wanted, metrics=metrics)

    def _run(self) -> None:
        while not self._closed:
            self._step_logged()
            self._pause()

    def _pause(self) -> None:
        self._wake.wait(self.interval_s)
        if not self._closed:
            self._wake.clear()

    def _step_logged(self) -> None:
        try:
            self.step()
        except ScaleError:
            import logging

            logging.getLogger("whet_runtime").exception("the autoscaler goes on")


def _target_error(target: Target, done: str, error: Exception) -> ScaleError:
    return ScaleError(
        f"target {type(target).__name__}",
        f"it could not be {done}: {type(error).__name__}: {error}",
        "It is tried again at the next look",
    )
