"""Invalidations told from process to process by publish and subscribe.

A message lost with its connection is not known about: after every subscription, the first one and
each after a lost connection, everything held near is to be dropped. A connection counts as lost
when it does not answer a ping, so that a hung server is noticed too.
"""

from __future__ import annotations

import json
from time import monotonic
from typing import TYPE_CHECKING, Any

from whet_runtime.cache._listening import ListeningThread
from whet_runtime.cache._tier import Notice

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from whet_runtime.cache._redis._link import Link

_PING_EVERY_S = 1.0
_LISTENING_S = 0.2
_AGAIN_AFTER_S = 0.2
_EVERYTHING = Notice(everything=True)


def written(origin: int, notice: Notice) -> str:
    """A notice as a message."""
    return json.dumps([origin, list(notice.keys), list(notice.tags), notice.everything])


class Subscription(ListeningThread):
    """The thread that hands on what other processes publish.

    Args:
        link: Where it is published.
        channel: The namespace's channel.
        origin: The number that this process's own notices carry.
        receive: Called with each notice.
        answer_s: The longest wait for the answer to a ping.
    """

    def __init__(
        self,
        link: Link,
        channel: str,
        origin: Callable[[], int],
        receive: Callable[[Notice], None],
        answer_s: float,
    ) -> None:
        self._link = link
        self._channel = channel
        self._origin = origin
        self._receive = receive
        self._answer_s = answer_s
        super().__init__("whet-runtime-notices", self._subscribe)

    def _subscribe(self, ended: threading.Event) -> None:
        """Subscribes again and again until the end."""
        while not ended.is_set():
            subscribed = False
            try:
                with self._link.client().pubsub() as pubsub:
                    pubsub.subscribe(self._channel)
                    for message in _messages(pubsub, ended, self._answer_s):
                        subscribed = True
                        self._hand_on(message)
            except Exception:  # noqa: BLE001 - whatever a lost connection makes the client raise
                if subscribed:
                    self._receive(_EVERYTHING)
            ended.wait(_AGAIN_AFTER_S)

    def _hand_on(self, message: dict[str, Any]) -> None:
        if message["type"] == "subscribe":
            self._receive(_EVERYTHING)
        elif message["type"] == "message":
            origin, keys, tags, everything = json.loads(message["data"])
            if origin != self._origin():
                self._receive(Notice(tuple(keys), tuple(tags), everything=everything))


def _messages(pubsub: Any, ended: threading.Event, answer_s: float) -> Any:
    """Messages as they come.

    Raises:
        TimeoutError: A ping was not answered.
    """
    heard_s, pinged_s = monotonic(), None
    while not ended.is_set():
        message = pubsub.get_message(timeout=_LISTENING_S)
        now_s = monotonic()
        if message is not None:
            heard_s, pinged_s = now_s, None
            yield message
        elif pinged_s is not None and now_s - pinged_s > answer_s:
            raise TimeoutError
        elif pinged_s is None and now_s - heard_s > _PING_EVERY_S:
            pubsub.ping()
            pinged_s = now_s
