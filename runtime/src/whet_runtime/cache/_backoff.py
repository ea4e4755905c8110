"""How long to wait after a loader failed: twice as long each time, never in step with others."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

FIRST_S = 1.0
LONGEST_S = 300.0
_MOST_KEYS = 10_000


def wait_after(failures: int, base_s: float, longest_s: float, random: Random) -> float:
    """Seconds until the next try: `base_s` doubled for each failure but the first, with jitter.

    Args:
        failures: In a row, at least 1.
        base_s: After the first failure.
        longest_s: The bound, before jitter.
        random: Of the jitter: a factor between 0.75 and 1.25.
    """
    doubled = base_s * 2.0 ** min(failures - 1, 60)
    return min(doubled, longest_s) * random.uniform(0.75, 1.25)


class Backoff:
    """Failures in a row by key."""

    def __init__(
        self,
        base_s: float = FIRST_S,
        longest_s: float = LONGEST_S,
        random: Random | None = None,
    ) -> None:
        self._base_s = base_s
        self._longest_s = longest_s
        self._random = random or Random()  # noqa: S311  (spreads work, hides nothing)
        self._failures: dict[Hashable, tuple[int, float]] = {}

    def failed(self, key: Hashable, now: float = 0.0) -> float:
        """Notes a failure; seconds until the next try.

        Args:
            key: Whose loader failed.
            now: Monotonic time.
        """
        if len(self._failures) >= _MOST_KEYS:
            self._failures.clear()  # forgets how often they failed, not that they are to be tried
        count = self._failures.get(key, (0, 0.0))[0] + 1
        wait_s = wait_after(count, self._base_s, self._longest_s, self._random)
        self._failures[key] = count, now + wait_s
        return wait_s

    def due(self, key: Hashable, now: float) -> bool:
        """Whether the wait after the last failure of a key is over."""
        failure = self._failures.get(key)
        return failure is None or now >= failure[1]

    def succeeded(self, key: Hashable) -> None:
        """Forgets the failures of a key."""
        self._failures.pop(key, None)
