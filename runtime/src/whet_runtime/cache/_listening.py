"""Threads that listen for invalidations, started again in a process that was forked off."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Callable

_ALIVE: WeakSet[ListeningThread] = WeakSet()


class ListeningThread:
    """A daemon thread that runs until it is closed, in this process and in its children.

    Args:
        name: The thread's name.
        listen: What it runs, with the event that says when to end.
    """

    def __init__(self, name: str, listen: Callable[[threading.Event], None]) -> None:
        self._name = name
        self._listen = listen
        self._start()
        _ALIVE.add(self)

    def close(self) -> None:
        """Ends the thread; waits a second for it."""
        _ALIVE.discard(self)
        self._ended.set()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout=1.0)

    def restart(self) -> None:
        """Starts the thread in a child process, where only the forking thread lives on."""
        if not self._ended.is_set():
            self._start()

    def _start(self) -> None:
        self._ended = threading.Event()
        self._thread = threading.Thread(
            target=self._listen, args=(self._ended,), name=self._name, daemon=True
        )
        self._thread.start()


def _restart_all() -> None:
    for listening in tuple(_ALIVE):
        listening.restart()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_restart_all)
