"""Connections for single commands from threads, without what a client does around each of them.

Half of what `execute_command` of redis-py takes is its pool, its retries and its metrics. Here a
connection is popped from a list, asked, and put back; the protocol is redis-py's own.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT = 32


class Connections:
    """Idle connections of one client.

    Args:
        make: Makes a connection of redis-py, which connects when first used.
        lost: What redis-py raises for a connection that was closed.
    """

    def __init__(self, make: Callable[[], Any], lost: type[Exception]) -> None:
        self._make = make
        self._lost = lost
        self._idle: list[Any] = []
        self._process = os.getpid()

    def ask(self, command: tuple[Any, ...]) -> Any:
        """The answer to one command; asked again once if the connection had been closed.

        Raises:
            Exception: The server's refusal, or what broke the exchange.
        """
        try:
            return self._once(command)
        except self._lost:
            self.drop()  # the others are from before the server went away too
            return self._once(command)

    def drop(self) -> None:
        """Closes the idle connections."""
        while self._idle:
            with suppress(IndexError):
                self._idle.pop().disconnect()

    def _once(self, command: tuple[Any, ...]) -> Any:
        if self._process != os.getpid():
            self._idle, self._process = [], os.getpid()  # the parent goes on using its own
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._make()
        try:
            connection.send_command(*command)
            answer = connection.read_response()
        except BaseException as error:
            # A refusal is a whole answer; after anything else the rest of one may still come.
            if not _is_refusal(error):
                connection.disconnect()
            elif len(self._idle) < _KEPT:
                self._idle.append(connection)
            raise
        if len(self._idle) < _KEPT:
            self._idle.append(connection)
        else:
            connection.disconnect()
        return answer


def _is_refusal(error: BaseException) -> bool:
    import redis

    return isinstance(error, redis.exceptions.ResponseError)
