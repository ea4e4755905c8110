"""A circuit breaker: a tier that failed is not asked again until a probe says that it answers.

The probe runs in a thread of its own, so that no caller ever waits for a dead server: callers pay
at most the one call that failed. The thread exists only while the circuit is open, waits twice as
long after each failed probe (with jitter, so that many processes do not knock together), and ends
with the first good one.
"""

from __future__ import annotations

import os
import random
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 5.0
_VERY_SLOW = 2  # a caller waits for a slow tier once: what follows its read is not asked any more


class Breaker:
    """Whether a tier may be asked.

    Args:
        probe: Asks the tier something harmless, with its own time-out; raises if it fails.
        slow_s: A call that took longer counts as slow.
        slow_calls: So many slow calls in a row open the circuit like a failure; so does one that
            took more than twice `slow_s`.
        first_wait_s: Until the first probe.
        longest_wait_s: The most that doubling reaches.
    """

    def __init__(
        self,
        probe: Callable[[], object],
        *,
        slow_s: float = 0.05,
        slow_calls: int = 2,
        first_wait_s: float = FIRST_WAIT_S,
        longest_wait_s: float = LONGEST_WAIT_S,
    ) -> None:
        self._probe = probe
        self._slow_s = slow_s
        self._slow_calls = slow_calls
        self._waits_s = (first_wait_s, longest_wait_s)
        self._slow_in_row = 0
        self._lock = threading.Lock()
        self._prober: threading.Thread | None = None
        self._prober_process = 0
        self._ended = threading.Event()
        self.open = False  # read without the lock: one attribute, on every call
        self.openings = 0

    def allows(self) -> bool:
        """Whether the tier may be asked now."""
        if not self.open:
            return True
        if self._prober_process != os.getpid() and not self._ended.is_set():
            self._start_prober()  # the thread did not come along through a fork
        return False

    def failed(self) -> None:
        """The tier refused, hung or answered nonsense: opens the circuit."""
        with self._lock:
            if self.open or self._ended.is_set():
                return
            self.open = True
            self.openings += 1
        self._start_prober()

    def answered(self, seconds: float) -> None:
        """The tier answered; slow answers in a row, or a very slow one, open the circuit too."""
        if seconds <= self._slow_s:
            self._slow_in_row = 0
            return
        self._slow_in_row += 1
        if self._slow_in_row >= self._slow_calls or seconds > _VERY_SLOW * self._slow_s:
            self.failed()

    def close(self) -> None:
        """Ends the probing."""
        self._ended.set()
        prober = self._prober
        if prober is not None and self._prober_process == os.getpid():
            prober.join(timeout=1.0)

    def _start_prober(self) -> None:
        with self._lock:
            if not self.open or self._prober_process == os.getpid():
                return
            self._prober_process = os.getpid()
            self._prober = threading.Thread(
                target=self._probe_until_good, name="whet-runtime-probe", daemon=True
            )
        try:
            self._prober.start()
        except RuntimeError:  # the interpreter is shutting down, or no thread is to be had
            self._prober_process = 0

    def _probe_until_good(self) -> None:
        wait_s, longest_s = self._waits_s
        while not self._ended.wait(wait_s * random.uniform(0.75, 1.25)):  # noqa: S311 - jitter
            try:
                quick = self._probe_is_quick()
            except Exception:  # noqa: BLE001 - whatever a dead server makes a client raise
                quick = False
            if quick:
                with self._lock:
                    self._slow_in_row = 0
                    self._prober_process = 0
                    self.open = False
                return
            wait_s = min(wait_s * 2, longest_s)

    def _probe_is_quick(self) -> bool:
        from time import monotonic

        began = monotonic()
        self._probe()
        return monotonic() - began <= self._slow_s
