"""The Redis tier: one server or a cluster, one round trip for almost everything, bounded waits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from whet_runtime.cache._counters import Counters
from whet_runtime.cache._numbers import ProcessNumber, random_number
from whet_runtime.cache._redis._answers import any_last, escaped, numbers, still_current
from whet_runtime.cache._redis._link import Close, Exchange, Keys, Link
from whet_runtime.cache._redis._notices import Subscription, written
from whet_runtime.cache._tier import ANY_TAG, GRACE_S, Notice, Record, Seen, Sight, TierStatistics
from whet_runtime.cache._wire import MARK, Torn, packed, tombstone, unpacked
from whet_runtime.clock import SYSTEM_CLOCK
from whet_runtime.errors import MisuseError, TierUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from whet_runtime._steps import Steps
    from whet_runtime.cache._redis._link import Command
    from whet_runtime.clock import Clock

__all__ = ["RedisTier"]

_TAG_LIFE_MS = 30 * 24 * 3_600_000  # since the last write that carried it
_GRACE_MS = int(GRACE_S * 1_000)
_AT_ONCE = 500  # commands of a pipeline
# The mark is the first eight bytes; `GETRANGE` reads no more of a large value.
_WRITE_IF_MARKED = (
    "if redis.call('GETRANGE', KEYS[1], 0, 7) == ARGV[1] then "
    "redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) return 1 end return 0"
)
_RELEASE = (
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"
)


class RedisTier:
    """A tier in Redis 6 or newer, or a compatible server.

    Evicting servers are safe for tags: an evicted tag makes its records stale. Give Redis a
    policy that does not prefer short lifetimes (`allkeys-lru`, `allkeys-lfu`): the marks that
    removals leave live for a minute.

    Args:
        url: `redis://`, `rediss://` or `unix://`, as redis-py takes it.
        namespace: Before every key; processes that share values share it.
        timeout_s: The longest wait for a connection, and for an answer.
        slow_s: Two answers in a row slower than this, or one slower than twice this, open the
            circuit until a probe is faster.
        cluster: Whether the server is a Redis Cluster.
        clock: What tells the time.

    Raises:
        MisuseError: A time-out that is not positive, or an empty namespace.
        MissingDependency: The package redis is not installed.
    """

    name = "redis"

    def __init__(
        self,
        url: str = "redis://127.0.0.1:6379/0",
        *,
        namespace: str = "whet",
        timeout_s: float = 0.25,
        slow_s: float = 0.05,
        cluster: bool = False,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        if timeout_s <= 0 or slow_s <= 0:
            raise MisuseError(
                f"timeout_s={timeout_s}, slow_s={slow_s}", "both must be positive", "Give seconds"
            )
        if not namespace:
            raise MisuseError(
                "namespace=''", "it must not be empty", "Give the application's name"
            )
        self.namespace = namespace
        self._prefixes = tuple(f"{namespace}:{kind}:".encode() for kind in "ktl")
        self._channel = f"{namespace}:n"
        self._clock = clock
        self._counters = Counters()
        self._link = Link(url, timeout_s, cluster=cluster, slow_s=slow_s)
        self._timeout_s = timeout_s
        self._subscriptions: list[Subscription] = []
        self._origin = ProcessNumber()

    def read(self, keys: Sequence[str], tags: Sequence[str] = ()) -> Steps[Seen]:
        """What is at the keys, and the tags as they are now; one round trip.

        A second one follows when a record carries tags that were not asked for, or a tag has to
        be made.
        """
        if len(keys) == 1 and not self._link.cluster:
            seen = yield from self._read_one(keys[0], tags)
            if seen is not None:
                return seen
        names = [*map(self._key, keys), *map(self._tag, any_last(tags))]
        stored = yield from self._get(names)
        current = numbers(any_last(tags), stored[len(keys) :])
        sights, torn = self._sights(keys, stored)
        more = {tag for s in sights.values() if s.record for tag in s.record.generations}
        more -= set(tags)
        if more:
            ordered = any_last(more)
            found = yield from self._get([self._tag(tag) for tag in ordered])
            current |= numbers(ordered, found)
        if torn:
            yield from self._bury_torn(torn)
        live = {key: still_current(sight, current) for key, sight in sights.items()}
        hits = sum(sight.record is not None for sight in live.values())
        self._counters.read(hits, len(live) - hits)
        missing = [tag for tag in tags if tag not in current]
        if missing:
            current |= yield from self._make(missing)
        return Seen(live, {tag: current[tag] for tag in tags})

    def _read_one(self, key: str, tags: Sequence[str]) -> Generator[Exchange, Any, Seen | None]:
        """`read` of the plain case, in half its time; `None` where there is more to it."""
        ordered = any_last(tags) if ANY_TAG in tags else tags
        command: Command = ("GET", self._key(key))
        if tags:
            command = ("MGET", self._key(key), *[self._tag(tag) for tag in ordered])
        (answer,) = yield from self._ask((command,))
        content, *found = answer if tags and isinstance(answer, list) else (answer,)
        if content is not None and not isinstance(content, bytes):
            return None
        try:
            current = dict(zip(ordered, map(int, found), strict=True))
            record, mark = (None, 0) if content is None else unpacked(content)
        except (TypeError, ValueError):  # a tag to be made, bytes that are no record
            return None
        if record is not None:
            for tag, was in record.generations.items():
                if tag not in current:
                    return None
                if current[tag] != was:
                    record = None
                    break
            else:
                if record.hard_s <= self._clock.time():
                    record = None
        hit = record is not None
        self._counters.read(hit, not hit)
        return Seen({key: Sight(record, mark)}, current)

    def generations(self, tags: Sequence[str]) -> Steps[Mapping[str, int]]:
        """The tags as they are now, made where missing."""
        ordered = any_last(tags)
        current = numbers(ordered, (yield from self._get([self._tag(tag) for tag in ordered])))
        missing = [tag for tag in tags if tag not in current]
        if missing:
            current |= yield from self._make(missing)
        return current

    def write(self, key: str, record: Record, *, seen: int | None) -> Steps[bool]:
        """Stores a record unless the mark at its key has changed; whether it did."""
        life_ms = self._life_ms(record)
        if life_ms <= 0:
            return False
        name, content = self._key(key), packed(record, random_number())
        command: Command = ("SET", name, content, "PX", life_ms)
        if seen == 0:
            command = (*command, "NX")
        elif seen is not None:
            mark = MARK.pack(seen)
            command = ("EVAL", _WRITE_IF_MARKED, 1, name, mark, content, life_ms)
        tags = [("PEXPIRE", self._tag(tag), _TAG_LIFE_MS) for tag in record.generations]
        answers = yield from self._ask([command, *tags])
        self._accept(answers[0])
        stored = bool(answers[0])
        self._counters.wrote(stored)
        return stored

    def write_many(self, records: Mapping[str, Record]) -> Steps[int]:
        """Stores records whatever is there, up to 500 in a round trip; how many."""
        tags = {tag for record in records.values() for tag in record.generations}
        commands: list[Command] = [("PEXPIRE", self._tag(tag), _TAG_LIFE_MS) for tag in tags]
        for key, record in records.items():
            life_ms = self._life_ms(record)
            if life_ms > 0:
                content = packed(record, random_number())
                commands.append(("SET", self._key(key), content, "PX", life_ms))
        answers = yield from self._ask_all(commands)
        for answer in answers[len(tags) :]:
            self._accept(answer)
        count = len(answers) - len(tags)
        self._counters.wrote(count)
        return count

    def remove(self, keys: Sequence[str]) -> Steps[int]:
        """Removes keys, leaves marks, tells other processes; how many were there."""
        commands: list[Command] = []
        for key in keys:
            commands.append(("GETRANGE", self._key(key), MARK.size, MARK.size))
            commands.append(self._bury(key))
        answers = yield from self._ask_all([*commands, self._publish(Notice(keys=tuple(keys)))])
        for key, answer in zip(keys, answers[1::2], strict=False):
            if self._link.out_of_memory(answer):
                # What the deletion frees lets the mark in; if not, the caller is told.
                retried = yield from self._ask([("DEL", self._key(key)), self._bury(key)])
                self._accept(retried[1])
            else:
                self._accept(answer)
        self._counters.removed(len(keys))
        return sum(isinstance(answer, bytes) and bool(answer) for answer in answers[:-1:2])

    def renew(self, tags: Sequence[str]) -> Steps[None]:
        """Invalidates tags in one round trip, and tells other processes."""
        commands: list[Command] = [
            ("SET", self._tag(tag), random_number(), "PX", _TAG_LIFE_MS) for tag in tags
        ]
        answers = yield from self._ask([*commands, self._publish(Notice(tags=tuple(tags)))])
        full = [tag for tag, a in zip(tags, answers, strict=False) if self._link.out_of_memory(a)]
        if full:  # a tag that is not there gets a new number: deleting it renews it too
            deleted = yield from self._ask([("DEL", self._tag(tag)) for tag in full])
            answers = [a for a in answers if not self._link.out_of_memory(a)] + deleted
        for answer in answers:
            self._accept(answer)

    def clear(self) -> Steps[None]:
        """Removes everything of the namespace and tells other processes; scans the server."""
        names: list[bytes] = yield Keys(self._link, f"{escaped(self.namespace)}:[ktl]:*")
        answers = yield from self._ask_all([("UNLINK", name) for name in names])
        answers += yield from self._ask([self._publish(Notice(everything=True))])
        for answer in answers:
            self._accept(answer)

    def covered(self, tag: str, limit: int) -> Steps[list[str]]:
        """Up to `limit` keys whose live record carries the tag; scans the server."""
        names: list[bytes] = yield Keys(self._link, f"{escaped(self.namespace)}:k:*")
        start = len(self._key(""))
        keys = [name[start:].decode("utf-8", "surrogatepass") for name in names]
        found: list[str] = []
        for at in range(0, len(keys), _AT_ONCE):
            seen = yield from self.read(keys[at : at + _AT_ONCE])
            found += [
                k for k, s in seen.sights.items() if s.record and tag in s.record.generations
            ]
            if len(found) >= limit:
                break
        return sorted(found[:limit])

    def lease(self, key: str, seconds: float) -> Steps[int | None]:
        """A token when this caller may load the key."""
        token = random_number()
        life_ms = max(1, math.ceil(seconds * 1_000))
        answers = yield from self._ask([("SET", self._lease(key), token, "NX", "PX", life_ms)])
        self._accept(answers[0])
        return token if answers[0] else None

    def release(self, key: str, token: int) -> Steps[None]:
        """Gives a lease back if the token still owns it."""
        answers = yield from self._ask([("EVAL", _RELEASE, 1, self._lease(key), token)])
        self._accept(answers[0])

    def listen(self, receive: Callable[[Notice], None]) -> None:
        """Hands on invalidations of other processes, and `everything` after each connection."""
        self._subscriptions.append(
            Subscription(self._link, self._channel, self._origin, receive, self._timeout_s)
        )

    def statistics(self) -> TierStatistics:
        """Counters of this process; what the server holds is not asked for."""
        counters, link = self._counters, self._link
        state = "closed" if link.closed else "unavailable" if link.breaker.open else "open"
        return TierStatistics(
            name=self.name,
            hits=counters.hits,
            misses=counters.misses,
            writes=counters.writes,
            removals=counters.removals,
            evictions=None,
            faults=counters.faults,
            corrupt=counters.corrupt,
            size=None,
            memory_bytes=None,
            max_size=None,
            max_bytes=None,
            state=state,
        )

    def close(self) -> Steps[None]:
        """Ends the threads and closes the connections of threads and of the running loop."""
        for subscription in self._subscriptions:
            subscription.close()
        yield Close(self._link)

    def _ask(self, commands: Sequence[Command]) -> Generator[Exchange, Any, list[Any]]:
        try:
            answers: list[Any] = yield Exchange(self._link, commands)
        except TierUnavailable:
            self._counters.failed()
            raise
        return answers

    def _ask_all(self, commands: Sequence[Command]) -> Generator[Exchange, Any, list[Any]]:
        """Any number of commands, some hundred in a round trip."""
        answers: list[Any] = []
        for at in range(0, len(commands), _AT_ONCE):
            answers += yield from self._ask(commands[at : at + _AT_ONCE])
        return answers

    def _get(self, names: Sequence[bytes]) -> Generator[Exchange, Any, list[Any]]:
        """What is at some names; keys of a cluster lie in different slots, where MGET fails."""
        if not names:
            return []
        if self._link.cluster:
            answers = yield from self._ask_all([("GET", name) for name in names])
            return [b"" if self._link.refused(answer) else answer for answer in answers]
        (stored,) = yield from self._ask([("MGET", *names)])
        if not isinstance(stored, list) or len(stored) != len(names):
            self._accept(stored)
            self._counters.failed()
            raise self._link.failed(ValueError("another number of values than keys"))
        return stored

    def _make(self, tags: Sequence[str]) -> Generator[Exchange, Any, dict[str, int]]:
        """Numbers for missing tags; where none can be stored, one that no record will match."""
        made = {tag: random_number() for tag in tags}
        commands: list[Command] = []
        for tag, number in made.items():
            commands.append(("SET", self._tag(tag), number, "PX", _TAG_LIFE_MS, "NX"))
            commands.append(("GET", self._tag(tag)))
        answers = yield from self._ask(commands)
        return made | numbers(list(made), answers[1::2])

    def _sights(
        self, keys: Sequence[str], stored: Sequence[Any]
    ) -> tuple[dict[str, Sight], list[str]]:
        """What is at the keys, and the keys with bytes that are no record."""
        sights: dict[str, Sight] = {}
        torn: list[str] = []
        now_s = self._clock.time()
        for key, content in zip(keys, stored, strict=False):
            record, mark = None, 0
            if content is not None:
                try:
                    record, mark = unpacked(content)
                except (Torn, TypeError):
                    self._counters.unreadable()
                    torn.append(key)
            if record is not None and record.hard_s <= now_s:
                record = None
            sights[key] = Sight(record, mark)
        return sights, torn

    def _bury_torn(self, keys: Sequence[str]) -> Generator[Exchange, Any, None]:
        """Replaces unreadable bytes by a mark; a server that refuses keeps them, still a miss."""
        yield from self._ask([self._bury(key) for key in keys])

    def _accept(self, answer: object) -> None:
        """Raises what the server refused.

        Raises:
            TierUnavailable: With the server's reason.
        """
        if self._link.refused(answer):
            self._counters.failed()
            raise self._link.unavailable(str(answer))

    def _bury(self, key: str) -> Command:
        return ("SET", self._key(key), tombstone(random_number()), "PX", _GRACE_MS)

    def _publish(self, notice: Notice) -> Command:
        return ("PUBLISH", self._channel, written(self._origin(), notice))

    def _life_ms(self, record: Record) -> int:
        return math.ceil((record.hard_s - self._clock.time()) * 1_000)

    def _key(self, key: str) -> bytes:
        return self._prefixes[0] + key.encode("utf-8", "surrogatepass")

    def _tag(self, tag: str) -> bytes:
        return self._prefixes[1] + tag.encode("utf-8", "surrogatepass")

    def _lease(self, key: str) -> bytes:
        return self._prefixes[2] + key.encode("utf-8", "surrogatepass")
