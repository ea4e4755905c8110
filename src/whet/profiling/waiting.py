"""Time in which threads do not run: on locks, I/O or sleep. Pure."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Literal, NamedTuple

from whet.profiling._stacks import cleaned
from whet.records import Wait

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whet.profiling._places import Place, Places, RawFrame
    from whet.profiling._stacks import RawStack

_Kind = Literal["lock", "io", "sleep", "other"]
_LOCK_FILES = ("/threading.py", "/queue.py", "/multiprocessing/synchronize.py", "/filelock/")
_IO_FILES = (
    "/socket.py", "/selectors.py", "/ssl.py", "/subprocess.py", "/http/client.py",
    "/multiprocessing/connection.py", "/multiprocessing/popen_fork.py", "/asyncio/base_events.py",
    "/socketserver.py",
)  # fmt: skip
_IO_FILES_MULTIPROCESSING = "/multiprocessing/pool.py"
_SLEEP_SOURCE = re.compile(r"\bsleep\s*\(")
_LOCK_SOURCE = re.compile(
    r"\.(acquire|wait|join|result)\s*\(|^(async )?with\s.*(lock|mutex|cond|sema)", re.IGNORECASE
)
_IO_SOURCE = re.compile(
    r"\.(recv|recvfrom|recv_into|accept|connect|send|sendall|read|readline|readlines|write|"
    r"communicate|select|poll|urlopen|execute|fetchall|fetchone|commit|fsync|flush)\s*\(|"
    r"\b(input|open|urlopen|select|waitpid|system|fsync)\s*\("
)
_LEAST_SAMPLES = 3
_NOISE_SIGMAS = 3.0
_UNEXPLAINED = 0.7  # of a place's time, for a wait that nothing but the difference shows


class Waiting(NamedTuple):
    """Waits, longest first, and the share of all thread time that is spent on locks."""

    waits: tuple[Wait, ...]
    lock_share: float | None


_Key = tuple[str, "Place"]


def waits_of(
    idle: Iterable[RawStack], running: Iterable[RawStack], places: Places, rate_hz: float
) -> Waiting:
    """What waits, from a run sampled with idle threads less a run sampled without.

    A recording with idle threads does not say which samples were idle. A place counts as waiting
    by as much as it was seen more often than in the other run, when that is more than chance
    (three standard deviations of two Poisson counts) explains.

    Args:
        idle: Sampled with `--idle`.
        running: Sampled without.
        places: Where the sources lie.
        rate_hz: Samples a second, of both.
    """
    with_idle, tops = _by_place(idle, places)
    without, _ = _by_place(running, places)
    waits = []
    for key, seconds in with_idle.items():
        extra = seconds - without.get(key, 0.0)
        counted = (seconds + without.get(key, 0.0)) * rate_hz
        if extra * rate_hz < max(_LEAST_SAMPLES, _NOISE_SIGMAS * math.sqrt(counted)):
            continue
        thread, place = key
        text = f"{place.file}:{place.hot_line} {place.name}"
        kind = _kind(tops[key], places)
        if kind == "other" and extra < _UNEXPLAINED * seconds:
            continue  # a loaded host slows one of the two runs: more samples of the same work
        waits.append(Wait(kind=kind, thread=thread, place=text, seconds=extra))
    waits.sort(key=lambda wait: (-wait.seconds, wait.place, wait.thread))
    total = sum(with_idle.values())
    locked = sum(wait.seconds for wait in waits if wait.kind == "lock")
    return Waiting(tuple(waits), locked / total if total else None)


def _by_place(
    stacks: Iterable[RawStack], places: Places
) -> tuple[dict[_Key, float], dict[_Key, RawFrame]]:
    """Seconds by thread and by the innermost place of the project, or the top if there is none."""
    seconds: dict[_Key, float] = defaultdict(float)
    tops: dict[_Key, RawFrame] = {}
    for stack in stacks:
        path = cleaned(stack.frames, places)
        if not path:
            continue
        place = next((each for each in reversed(path) if each.in_project), path[-1])
        key = (stack.thread, place)
        seconds[key] += stack.seconds
        tops[key] = stack.frames[-1]
    return seconds, tops


def _kind(top: RawFrame, places: Places) -> _Kind:
    """What kind of wait a stack is in, by its top frame: its module, else the text of its line."""
    file = top.file.replace("\\", "/")
    if file.endswith(_LOCK_FILES) or "/filelock/" in file:
        return "lock"
    if file.endswith(_IO_FILES):
        return "io"
    text = places.source_line(top.file, top.line)
    if _SLEEP_SOURCE.search(text):
        return "sleep"
    if _LOCK_SOURCE.search(text):
        return "lock"
    if _IO_SOURCE.search(text) or file.endswith(_IO_FILES_MULTIPROCESSING):
        return "io"
    return "other"
