"""Invalidations that did not get through to a tier: repeated before the tier is trusted again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet_runtime.errors import TierUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whet_runtime._steps import Steps
    from whet_runtime.cache._tier import SharedTier

_MOST = 10_000  # beyond, the whole tier is cleared instead


class Backlog:
    """A shared tier and what it has not been told yet.

    While anything is pending the tier is not read: a value that this process knows to be invalid
    would come back. (Other processes read it until then: nobody can tell them.)
    """

    def __init__(self, tier: SharedTier) -> None:
        self.tier = tier
        self.faults = 0
        self._keys: set[str] = set()
        self._tags: set[str] = set()
        self._everything = False
        self._missed = False  # whether the tier has failed to hear any of it
        self._retries = 0  # under way

    @property
    def pending(self) -> int:
        """How many invalidations wait; above 0 also while what was missed is told once more."""
        return len(self._keys) + len(self._tags) + self._everything + self._retries

    def tell(
        self, keys: Iterable[str] = (), tags: Iterable[str] = (), *, everything: bool = False
    ) -> Steps[None]:
        """Tells the tier, or remembers to."""
        self._keys.update(keys)
        self._tags.update(tags)
        self._everything = self._everything or everything or self.pending > _MOST
        yield from self.settle()

    def settle(self) -> Steps[bool]:
        """Tells what is pending; whether the tier may be trusted."""
        if not (self._keys or self._tags or self._everything):
            return not self._retries
        keys, tags, everything = self._keys, self._tags, self._everything
        retries = self._missed
        self._keys, self._tags, self._everything, self._missed = set(), set(), False, False
        self._retries += retries
        try:
            yield from self._tell(keys, tags, everything=everything)
        except TierUnavailable:
            self.faults += 1
            self._restore(keys, tags, everything=everything)
            return False
        except BaseException:  # cancelled in the middle: nobody knows what got through
            self._restore(keys, tags, everything=everything)
            raise
        finally:
            self._retries -= retries
        return not self.pending

    def _tell(self, keys: set[str], tags: set[str], *, everything: bool) -> Steps[None]:
        if everything:
            yield from self.tier.clear()
            return
        if tags:
            yield from self.tier.renew(sorted(tags))
        if keys:
            yield from self.tier.remove(sorted(keys))

    def _restore(self, keys: set[str], tags: set[str], *, everything: bool) -> None:
        self._missed = True
        self._keys |= keys
        self._tags |= tags
        self._everything = self._everything or everything
