"""The connection to Redis: one exchange is one round trip of any commands, in both colors.

Every wait is bounded. A connection found closed is opened again once; a time-out, a refusal or an
answer that is no Redis protocol opens the circuit. What the server itself refuses (out of memory,
read-only, no permission) comes back as the answer, for the operation to judge.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from whet_runtime.cache._breaker import Breaker
from whet_runtime.cache._redis._connections import Connections
from whet_runtime.errors import MissingDependency, TierUnavailable

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

Command = tuple[bytes | str | int, ...]
_WORDS_OF_ONE = 20  # an exchange of so many words is to take no longer than a small one


class Link:
    """Clients for threads and for each event loop, made when first used.

    Args:
        url: Where Redis is.
        timeout_s: The longest wait for a connection, and for an answer.
        cluster: Whether the server is a cluster.
        slow_s: Two answers in a row slower than this, or one slower than twice this, open the
            circuit.
    """

    def __init__(self, url: str, timeout_s: float, *, cluster: bool, slow_s: float) -> None:
        try:
            import redis
        except ImportError:
            raise MissingDependency(
                "the Redis tier", "the package redis is missing", "pip install whet-runtime[redis]"
            ) from None
        self._errors = redis.exceptions
        self._url = url
        self._timeout_s = timeout_s
        self.cluster = cluster
        self.closed = False
        self._client: Any = None
        self._connections: Connections | None = None
        self._loop_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, Any] = WeakKeyDictionary()
        self.breaker = Breaker(self._probe, slow_s=slow_s)

    def check(self) -> None:
        """Passes while the circuit is closed.

        Raises:
            TierUnavailable: It is open, or the tier was closed.
        """
        if self.closed:
            raise self.unavailable("it was closed")
        if self.breaker.open and not self.breaker.allows():
            raise self.unavailable("it failed a moment ago and is being probed")

    def client(self) -> Any:
        """The client for threads."""
        if self._client is None:
            import redis

            kind = redis.RedisCluster if self.cluster else redis.Redis
            self._client = kind.from_url(self._url, **self._options(redis.retry.Retry))
        return self._client

    def ask(self, command: Command) -> Any:
        """The answer to one command, in this thread.

        Raises:
            Exception: The server's refusal, or whatever broke the exchange.
        """
        if self.cluster:
            return self.client().execute_command(*command)
        if self._connections is None:
            make = self.client().connection_pool.make_connection
            self._connections = Connections(make, self._errors.ConnectionError)
        return self._connections.ask(command)

    def loop_client(self) -> Any:
        """The client of the running event loop."""
        import asyncio

        loop = asyncio.get_running_loop()
        client = self._loop_clients.get(loop)
        if client is None:
            import redis.asyncio

            kind: Any = redis.asyncio.RedisCluster if self.cluster else redis.asyncio.Redis
            client = kind.from_url(self._url, **self._options(redis.asyncio.retry.Retry))
            self._loop_clients[loop] = client
        return client

    def answered(self, began_s: float, commands: Sequence[Command]) -> None:
        """Notes how long an exchange took; many keys at once may take longer than one."""
        words = sum(map(len, commands))
        self.breaker.answered((monotonic() - began_s) / max(1.0, words / _WORDS_OF_ONE))

    def failed(self, error: Exception) -> TierUnavailable:
        """Opens the circuit; the error to raise for whatever broke an exchange."""
        if not self.refused(error):
            self.breaker.failed()
        return self.unavailable(f"{type(error).__name__}: {error}")

    def refused(self, answer: object) -> bool:
        """Whether an answer is the server's refusal of one command."""
        return isinstance(answer, self._errors.ResponseError)

    def out_of_memory(self, answer: object) -> bool:
        """Whether the server refused because its memory is full."""
        return isinstance(answer, self._errors.OutOfMemoryError)

    def unavailable(self, reason: str) -> TierUnavailable:
        """The error for an operation that could not be carried out."""
        return TierUnavailable("Redis", reason, "Values are loaded without it")

    def close(self) -> None:
        """Ends probing and closes the client for threads."""
        self.closed = True
        self.breaker.close()
        if self._connections is not None:
            self._connections.drop()
        if self._client is not None:
            self._client.close()

    async def aclose(self) -> None:
        """Closes the running loop's client, and what `close` does."""
        import asyncio

        client = self._loop_clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()
        self.close()

    def _options(self, retry: Any) -> dict[str, Any]:
        """Bounded waits, and one new attempt on a connection that was closed meanwhile."""
        from redis.backoff import NoBackoff

        options: dict[str, Any] = {
            "socket_timeout": self._timeout_s,
            "socket_connect_timeout": self._timeout_s,
            "protocol": 2,
        }
        if not self.cluster:
            options["retry"] = retry(NoBackoff(), 1, (self._errors.ConnectionError,))
        return options

    def _probe(self) -> None:
        answer = self.ask(("GET", "whet-runtime-probe"))
        if answer is not None:
            raise self.unavailable("it answers what was never stored")


class Exchange:
    """A step that sends commands together and answers a list; refusals stand in it as errors."""

    __slots__ = ("commands", "link")

    def __init__(self, link: Link, commands: Sequence[Command]) -> None:
        self.link = link
        self.commands = commands

    def run(self) -> list[Any]:
        """Waits in this thread.

        Raises:
            TierUnavailable: No answer, or none that can be understood.
        """
        link, commands = self.link, self.commands
        link.check()
        began_s = monotonic()
        try:
            if len(commands) == 1:
                answers = [link.ask(commands[0])]
            else:
                with link.client().pipeline(**_UNGUARDED[link.cluster]) as pipeline:
                    for command in commands:
                        pipeline.execute_command(*command)
                    answers = pipeline.execute(raise_on_error=False)
        except Exception as error:  # noqa: BLE001 - whatever a broken server makes it raise
            return _judged(link, error)
        link.answered(began_s, commands)
        return _complete(link, answers, len(commands))

    async def arun(self) -> list[Any]:
        """Waits in the running event loop.

        Raises:
            TierUnavailable: No answer, or none that can be understood.
        """
        link, commands = self.link, self.commands
        link.check()
        began_s = monotonic()
        try:
            client = link.loop_client()
            if len(commands) == 1:
                answers = [await client.execute_command(*commands[0])]
            else:
                async with client.pipeline(**_UNGUARDED[link.cluster]) as pipeline:
                    for command in commands:
                        pipeline.execute_command(*command)
                    answers = await pipeline.execute(raise_on_error=False)
        except Exception as error:  # noqa: BLE001 - whatever a broken server makes it raise
            return _judged(link, error)
        link.answered(began_s, commands)
        return _complete(link, answers, len(commands))


class Keys:
    """A step that lists the keys of a pattern, on every node."""

    __slots__ = ("link", "pattern")

    _BATCH = 1_000

    def __init__(self, link: Link, pattern: str) -> None:
        self.link = link
        self.pattern = pattern

    def run(self) -> list[bytes]:
        """Waits in this thread.

        Raises:
            TierUnavailable: As for an exchange.
        """
        self.link.check()
        try:
            return list(self.link.client().scan_iter(match=self.pattern, count=self._BATCH))
        except Exception as error:
            raise self.link.failed(error) from error

    async def arun(self) -> list[bytes]:
        """Waits in the running event loop.

        Raises:
            TierUnavailable: As for an exchange.
        """
        self.link.check()
        try:
            scan = self.link.loop_client().scan_iter(match=self.pattern, count=self._BATCH)
            return [key async for key in scan]
        except Exception as error:
            raise self.link.failed(error) from error


class Close:
    """A step that closes the link."""

    __slots__ = ("link",)

    def __init__(self, link: Link) -> None:
        self.link = link

    def run(self) -> None:
        """Closes what threads use."""
        self.link.close()

    async def arun(self) -> None:
        """Closes what this loop and threads use."""
        await self.link.aclose()


# Commands of a pipeline are independent of each other: no MULTI around them.
_UNGUARDED: dict[bool, dict[str, bool]] = {False: {"transaction": False}, True: {}}


def _judged(link: Link, error: Exception) -> list[Any]:
    """The refusal of a single command as its answer; anything else is raised."""
    if link.refused(error):
        return [error]
    raise link.failed(error) from error


def _complete(link: Link, answers: object, count: int) -> list[Any]:
    """The answers; a reply of another shape is no Redis protocol."""
    if isinstance(answers, list) and len(answers) == count:
        broken = next((a for a in answers if _is_broken(link, a)), None)
        if broken is None:
            return answers
        raise link.failed(broken) from broken
    raise link.failed(ValueError("another number of answers than commands"))


def _is_broken(link: Link, answer: object) -> bool:
    """Whether a pipeline noted that one of its commands got no answer at all."""
    return isinstance(answer, Exception) and not link.refused(answer)
