"""Termination signals end whet as Ctrl-C does: what runs is stopped, what is kept is saved."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES = ("SIGTERM", "SIGHUP")


@contextmanager
def terminated() -> Iterator[None]:
    """Meanwhile SIGTERM and SIGHUP raise KeyboardInterrupt, unless the user has them ignored."""
    old = {}
    if threading.current_thread() is threading.main_thread():
        for name in _NAMES:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) == signal.SIG_DFL:
                old[number] = signal.signal(number, _raise)
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def _raise(number: int, _frame: object) -> NoReturn:
    # A second signal, sent by an impatient supervisor, must not cut the cleaning up short.
    for name in _NAMES:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    raise KeyboardInterrupt(signal.Signals(number).name)
