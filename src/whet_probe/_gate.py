"""Counts every call of a site exactly, and says which of them are looked at.

Compiled-in code asks `TICK() >= NEXT` before anything else. Both are built-ins of the site: the
first the `__next__` of a C counter, the second the number of the call from which on the site
wants to be told again. A call that is not looked at costs these few steps and nothing more.
"""

from __future__ import annotations

import builtins
import sys
from itertools import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TICK, NEXT = "__whet_tick_%s__", "__whet_next_%s__"

LOOKS_AT_LEAST = 16
"""Looks of each site that are free, so that no site stays unseen."""


class Gate:
    """The gate of one site.

    Args:
        key: Of the site, unique in the process; part of the names of its built-ins.
    """

    def __init__(self, key: str) -> None:
        self._tick = TICK % key
        self._next = NEXT % key
        self.open()

    def open(self) -> None:
        """Nothing counted yet; every call is looked at."""
        self._counter = count()
        setattr(builtins, self._tick, self._counter.__next__)
        self.wait_for(0)

    def wait_for(self, index: int) -> None:
        """Look at no call before this one (from 0)."""
        setattr(builtins, self._next, index)

    @property
    def passed(self) -> int:
        """Calls counted, those not looked at included."""
        return int(repr(self._counter)[6:-1])  # "count(17)": the one way to ask without counting


class Purse:
    """What the sites of one process may spend on looking, in parts of values (about 1 µs each).

    Half of it is shared out evenly; the other half goes in slices to whoever needs more.
    """

    def __init__(self, total: int, sites: int) -> None:
        self.share = total // (2 * max(sites, 1))
        self._left = total // 2
        self._slice = max(total // 32, 1)

    def more(self) -> int:
        """Another slice, or 0."""
        taken = min(self._slice, self._left)
        self._left -= taken
        return taken


class Allowance:
    """What one site may still spend; then it is looked at in ever longer steps."""

    def __init__(self, gate: Gate, purse: Purse) -> None:
        self.gate = gate
        self._purse = purse
        self.reset()

    def reset(self) -> None:
        """Nothing spent yet."""
        self._looks = 0
        self._left = self._purse.share

    def pay(self, parts: int) -> None:
        """A call was looked at, and cost as much."""
        self._looks += 1
        self._left -= parts
        if self._left >= 0 or self._looks <= LOOKS_AT_LEAST:
            return
        self._left += self._purse.more()
        if self._left < 0:
            passed = self.gate.passed
            self.gate.wait_for(passed + (passed >> 3))


def watch_threads() -> list[int]:
    """A list of one number: how many threads were started from now on."""
    started = [0]

    def hook(event: str, _arguments: tuple[Any, ...]) -> None:
        if event.startswith("_thread.start"):
            started[0] += 1

    sys.addaudithook(hook)
    return started
