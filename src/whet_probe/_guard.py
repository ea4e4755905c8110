"""Keeps calls with made-up inputs from doing anything but computing, and from lasting."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CALL_LIMIT_S = 0.05
"""Seconds of one call."""

LIMIT_S = 0.6
"""Seconds of all calls of a process."""

_READS = frozenset([
    "os.listdir", "os.scandir", "os.walk", "os.fwalk", "os.getxattr", "os.listxattr",
])  # fmt: skip
_EFFECTS = (
    "os.", "shutil.", "socket.", "subprocess.", "ctypes.", "sqlite3.", "signal.", "_thread.start",
    "urllib.", "ftplib.", "smtplib.", "http.", "webbrowser.", "tempfile.", "mmap.", "fcntl.",
    "pty.", "syslog.", "winreg.", "msvcrt.", "_winapi.", "builtins.input", "sys.addaudithook",
)  # fmt: skip
_WRITING = frozenset("wax+")


class Forbidden(BaseException):
    """A call with a made-up input tried to reach outside, or took too long."""


class Guard:
    """Refuses effects while a call is under way, and ends calls that last.

    An audit hook that raises keeps the operation from happening. What no audit event tells of,
    such as writing to a file that was open before, is not kept from happening: such functions
    fail the test that they give the same twice, or are not recorded at all.
    """

    def __init__(self) -> None:
        from time import monotonic

        self._active = False
        self._clock = monotonic
        self._end = monotonic() + LIMIT_S
        sys.dont_write_bytecode = True
        self._signals()
        sys.addaudithook(self._hook)

    def _signals(self) -> None:
        import signal
        from resource import RLIMIT_AS, getrlimit, setrlimit

        def too_long(_number: int, _frame: object) -> None:
            raise Forbidden("it takes too long")

        signal.signal(signal.SIGALRM, too_long)
        self._timer = signal.setitimer
        self._which = signal.ITIMER_REAL
        most = getrlimit(RLIMIT_AS)[1]
        setrlimit(RLIMIT_AS, (2 << 30, most))  # a made-up length must not fill the memory

    @property
    def is_over(self) -> bool:
        """Whether the time of all calls is used up."""
        return self._clock() >= self._end

    def __enter__(self) -> None:
        self._timer(self._which, CALL_LIMIT_S)
        self._active = True

    def __exit__(self, *_error: object) -> None:
        self._active = False
        self._timer(self._which, 0)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._active or event in _READS:
            return
        if event == "open":
            mode, flags = arguments[1], arguments[2]
            if (isinstance(mode, str) and _WRITING & set(mode)) or (flags or 0) & 3:
                raise Forbidden("it writes a file")
        elif event.startswith(_EFFECTS):
            raise Forbidden("it reaches outside (%s)" % event)
