"""Random numbers that two processes never share: marks, generations, tokens, origins."""

from __future__ import annotations

import os


def random_number() -> int:
    """63 random bits, never 0; from the system, because a fork copies a generator's state."""
    return int.from_bytes(os.urandom(8)) >> 1 or 1


class ProcessNumber:
    """A random number of this process; another one after a fork."""

    def __init__(self) -> None:
        self._of = (os.getpid(), random_number())

    def __call__(self) -> int:
        """The number."""
        process, number = self._of
        if process != os.getpid():
            process, number = self._of = (os.getpid(), random_number())
        return number
