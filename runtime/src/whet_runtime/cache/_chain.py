"""The shared tiers behind memory, in order: where a value is found, and where it is written."""

from __future__ import annotations

from math import log
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from whet_runtime.cache._backlog import Backlog
from whet_runtime.cache._tier import ANY_TAG, Record
from whet_runtime.errors import CodecError, TierUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from whet_runtime._steps import Steps
    from whet_runtime.cache._tier import Codec, SharedTier
    from whet_runtime.clock import Clock

_SKEW_S = 1.0  # clocks of machines may differ by so much before a record is from the future


class Found(NamedTuple):
    """A value in a shared tier."""

    value: Any
    record: Record
    left_s: float  # of its hard lifetime
    fresh_s: float  # until it should be refreshed
    level: int  # index of the tier


class Timing(NamedTuple):
    """Seconds of a value that is written."""

    life_s: float
    refresh_s: float | None  # age from which it is refreshed
    load_s: float


class Glance(NamedTuple):
    """What a tier showed before a load, which tells later whether it may still be written."""

    backlog: Backlog
    mark: int
    generations: Mapping[str, int]


class Chain:
    """Shared tiers, fastest first.

    Args:
        tiers: In the order in which they are read.
        codec: Values to bytes.
        clock: What tells the time.
        beta: Eagerness of early refresh: 1 is the optimum when loads take about as long as the
        last
            one, greater refreshes earlier, 0 never.
        random: Of early refresh.

    Source of early refresh: Vattani, Chierichetti, Lowenstein: "Optimal probabilistic cache
        stampede prevention", PVLDB 8(8), 2015. A process draws once for each copy that it takes
        into memory, instead of once a read: reads stay free of it.
    """

    def __init__(
        self,
        tiers: Sequence[SharedTier],
        codec: Codec,
        clock: Clock,
        *,
        beta: float = 1.0,
        random: Random | None = None,
    ) -> None:
        self.backlogs = [Backlog(tier) for tier in tiers]
        self.codec = codec
        self.unreadable = 0
        self.unwritable = 0
        self._clock = clock
        self._beta = beta
        self._random = random or Random()  # noqa: S311  (spreads work, hides nothing)

    def look(self, text: str, tags: Sequence[str]) -> Steps[tuple[Found | None, list[Glance]]]:
        """Looks for a key, tier by tier; also what the tiers showed that do not have it."""
        glances: list[Glance] = []
        for level, backlog in enumerate(self.backlogs):
            if backlog.pending and not (yield from backlog.settle()):
                continue
            try:
                seen = yield from backlog.tier.read((text,), tags)
            except TierUnavailable:
                backlog.faults += 1
                continue
            sight = seen.sights[text]
            if sight.record is not None:
                found = self._decoded(sight.record, level)
                if found is not None:
                    return found, glances
            glances.append(Glance(backlog, sight.mark, seen.generations))
        return None, glances

    def _decoded(self, record: Record, level: int) -> Found | None:
        try:
            value = self.codec.decode(record.body, record.fingerprint)
        except CodecError:
            self.unreadable += 1
            return None
        now = self._clock.time()
        if record.created_s > now + _SKEW_S:  # a clock was set back: trust its lifetime alone
            now = record.created_s
        left = record.hard_s - now
        fresh = record.soft_s - now
        if self._beta and record.load_s:
            draw = -log(1.0 - self._random.random())
            fresh = min(fresh, left - record.load_s * self._beta * draw)
        return Found(value, record, left, fresh, level) if left > 0 else None

    def glances(self, text: str, tags: Sequence[str]) -> Steps[list[Glance]]:
        """What every tier shows at a key, for a write that does not care what is there."""
        shown: list[Glance] = []
        for backlog in self.backlogs:
            try:
                trusted = yield from backlog.settle()
                if trusted:
                    seen = yield from backlog.tier.read([text], tags)
                    shown.append(Glance(backlog, seen.sights[text].mark, seen.generations))
            except TierUnavailable:
                backlog.faults += 1
        return shown

    def store(
        self, text: str, value: Any, timing: Timing, tags: Sequence[str], glances: Sequence[Glance]
    ) -> Steps[None]:
        """Writes a loaded value to every tier that showed what it held before the load."""
        if not glances:
            return
        try:
            body, fingerprint = self.codec.encode(value)
        except CodecError:
            self.unwritable += 1
            return
        now = self._clock.time()
        hard = now + timing.life_s
        soft = hard if timing.refresh_s is None else min(hard, now + timing.refresh_s)
        record = Record(body, fingerprint, now, soft, hard, {}, timing.load_s, len(body))
        yield from self.copy(text, record, tags, glances)

    def copy(
        self, text: str, record: Record, tags: Sequence[str], glances: Sequence[Glance]
    ) -> Steps[None]:
        """Writes a record to tiers, unless its key or tags were invalidated there meanwhile."""
        for glance in glances:
            try:
                generations = yield from self._generations(glance, tags)
                if generations is not None and not glance.backlog.pending:
                    placed = record._replace(generations=generations)
                    yield from glance.backlog.tier.write(text, placed, seen=glance.mark)
            except TierUnavailable:
                glance.backlog.faults += 1

    def _generations(self, glance: Glance, tags: Sequence[str]) -> Steps[Mapping[str, int] | None]:
        """The tags' generations from before the load, or `None` if they cannot be known.

        Tags that only the value told are read now; that is right if no tag at all was invalidated
        since the load began.
        """
        before = glance.generations
        if all(tag in before for tag in tags):
            return {tag: before[tag] for tag in tags}
        now = yield from glance.backlog.tier.generations([*tags, ANY_TAG])
        if now[ANY_TAG] != before.get(ANY_TAG):
            return None
        return {tag: before.get(tag, now[tag]) for tag in tags}

    def tell(
        self, keys: Sequence[str] = (), tags: Sequence[str] = (), *, everything: bool = False
    ) -> Steps[None]:
        """Invalidates in every tier, the farthest first: a nearer one is filled from it."""
        renewed = (*tags, ANY_TAG) if tags else ()
        for backlog in reversed(self.backlogs):
            yield from backlog.tell(keys, renewed, everything=everything)

    def lease(self, text: str, seconds: float) -> Steps[tuple[bool, int | None]]:
        """Whether this process may load, and the token to give back. A fault is no obstacle."""
        tier = self.backlogs[0]
        try:
            token = yield from tier.tier.lease(text, seconds)
        except TierUnavailable:
            tier.faults += 1
            return True, None
        return token is not None, token

    def release(self, text: str, token: int) -> Steps[None]:
        """Gives a lease back; one that cannot be given back ends by itself."""
        try:
            yield from self.backlogs[0].tier.release(text, token)
        except TierUnavailable:
            self.backlogs[0].faults += 1

    def covered(self, tag: str, limit: int) -> Steps[list[str]]:
        """Keys, as text, whose records carry a tag."""
        texts: dict[str, None] = {}
        for backlog in self.backlogs:
            try:
                trusted = yield from backlog.settle()
                if trusted:
                    texts.update(dict.fromkeys((yield from backlog.tier.covered(tag, limit))))
            except TierUnavailable:
                backlog.faults += 1
        return list(texts)[:limit]

    def close(self) -> Steps[None]:
        """Closes every tier."""
        for backlog in self.backlogs:
            try:
                yield from backlog.tier.close()
            except TierUnavailable:
                backlog.faults += 1
