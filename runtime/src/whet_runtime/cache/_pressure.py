"""Memory pressure: what the machine says, and what a cache gives back for it."""

from __future__ import annotations

from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, NamedTuple

from whet_runtime.errors import MisuseError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from whet_runtime.cache._memory import MemoryTier

CALM, TIGHT, CRITICAL = "calm", "tight", "critical"
_CALM_BELOW, _TIGHT_FROM, _CRITICAL_FROM = 0.75, 0.85, 0.95  # shares of the limit
_TIGHT_STALL, _CRITICAL_STALL = 10.0, 40.0  # percent of ten seconds that tasks waited for memory
_SHRINK, _GROW, _LEAST = 0.7, 1.25, 0.1


class Pressure(NamedTuple):
    """What is known of memory; `None` where the machine does not tell."""

    used_share: float | None  # of the group's limit or of the machine, whichever is greater
    stall_percent: float | None  # PSI "some", average of ten seconds


def judge(pressure: Pressure) -> str | None:
    """How tight memory is, or `None` between calm and tight, where nothing is changed."""
    used = 0.0 if pressure.used_share is None else pressure.used_share
    stall = 0.0 if pressure.stall_percent is None else pressure.stall_percent
    if used >= _CRITICAL_FROM or stall >= _CRITICAL_STALL:
        return CRITICAL
    if used >= _TIGHT_FROM or stall >= _TIGHT_STALL:
        return TIGHT
    return CALM if used < _CALM_BELOW and stall < _TIGHT_STALL / 2 else None


def next_share(share: float, level: str | None) -> float:
    """The share of its bounds that a cache may fill next; 0 bypasses it.

    Args:
        share: At present, 0 to 1.
        level: As `judge` says.
    """
    if level == CRITICAL:
        return 0.0
    if level == TIGHT:
        return max(_LEAST, share * _SHRINK)
    if level == CALM:
        return min(1.0, max(_LEAST, share * _GROW))
    return share


def read_pressure(root: Path = Path("/")) -> Pressure:
    """What the control group (version 2 or 1) and the machine say; nothing where there is none."""
    groups = _groups(root)
    shares = [_share_of_group(group) for group in groups] + [_share_of_machine(root)]
    stalls = [_stall(group / "memory.pressure") for group in groups]
    stalls.append(_stall(root / "proc/pressure/memory"))
    known = [share for share in shares if share is not None]
    told = [stall for stall in stalls if stall is not None]
    return Pressure(max(known, default=None), max(told, default=None))


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, ValueError):
        return None


def _groups(root: Path) -> list[Path]:
    """The folders of this process's control group and of all above it."""
    groups: list[Path] = []
    for line in (_text(root / "proc/self/cgroup") or "").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers == "":
            base = root / "sys/fs/cgroup"
        elif "memory" in controllers.split(","):
            base = root / "sys/fs/cgroup/memory"
        else:
            continue
        inside = base / path.lstrip("/")
        groups += [one for one in (inside, *inside.parents) if one == base or base in one.parents]
    return groups


def _number(path: Path) -> int | None:
    text = (_text(path) or "").strip()
    return int(text) if text.isdigit() else None  # "max" is no bound


def _share_of_group(group: Path) -> float | None:
    used = _number(group / "memory.current")
    bounds = [_number(group / "memory.high"), _number(group / "memory.max")]
    if used is None:
        used = _number(group / "memory.usage_in_bytes")
        bounds = [_number(group / "memory.limit_in_bytes")]
    limit = min((bound for bound in bounds if bound), default=None)
    if used is None or limit is None:
        return None
    return max(0, used - _given_back(group)) / limit


def _given_back(group: Path) -> int:
    """Bytes of files that nobody uses at present: the kernel takes them before anything else."""
    for line in (_text(group / "memory.stat") or "").splitlines():
        name, _, value = line.partition(" ")
        if name in {"inactive_file", "total_inactive_file"} and value.strip().isdigit():
            return int(value)
    return 0


def _share_of_machine(root: Path) -> float | None:
    fields = {}
    for line in (_text(root / "proc/meminfo") or "").splitlines():
        name, _, rest = line.partition(":")
        first = rest.split()
        if first and first[0].isdigit():
            fields[name] = int(first[0])
    if not fields.get("MemTotal") or "MemAvailable" not in fields:
        return None
    return 1.0 - fields["MemAvailable"] / fields["MemTotal"]


def _stall(path: Path) -> float | None:
    for line in (_text(path) or "").splitlines():
        if line.startswith("some "):
            for word in line.split():
                name, _, value = word.partition("=")
                if name == "avg10":
                    try:
                        return float(value)
                    except ValueError:
                        return None
    return None


class PressureGuard:
    """Shrinks memory tiers while memory is tight, empties and bypasses them when it is critical.

    A tier shrinks to 0.7 of what it may fill at each look, to a tenth at least, and grows by a
    quarter at each calm look, so that it gives quickly and takes slowly.

    Args:
        tiers: Memory tiers; `cache.memory` of a cache.
        read: What tells the pressure.
        every_s: Seconds between looks of the thread that `start` begins.

    Raises:
        MisuseError: `every_s` is not above 0.
    """

    def __init__(
        self,
        tiers: Sequence[MemoryTier],
        read: Callable[[], Pressure] = read_pressure,
        every_s: float = 5.0,
    ) -> None:
        if not every_s > 0:
            raise MisuseError(f"every_s={every_s!r}", "it must be above 0", "Give seconds.")
        self.level: str | None = CALM
        self.share = 1.0
        self._tiers = [(tier, tier.max_size, tier.max_bytes) for tier in tiers]
        self._read = read
        self._every_s = every_s
        self._ended = Event()
        self._thread: Thread | None = None

    def check(self) -> float:
        """Looks once and sets the bounds; the share of them that may be filled."""
        self.level = judge(self._read())
        share = next_share(self.share, self.level)
        if share != self.share:
            self.share = share
            for tier, size, size_bytes in self._tiers:
                tier.sweep()
                tier.resize(_part(size, share), _part(size_bytes, share))
        return share

    def start(self) -> None:
        """Looks from a thread of its own until `stop`."""
        if self._thread is None or not self._thread.is_alive():
            self._ended.clear()
            self._thread = Thread(target=self._run, name="whet-pressure", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._ended.wait(self._every_s):
            self.check()

    def stop(self) -> None:
        """Ends the thread and gives the tiers their bounds back."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self.share = 1.0
        for tier, size, size_bytes in self._tiers:
            tier.resize(size, size_bytes)


def _part(bound: int | None, share: float) -> int | None:
    """A share of a bound; what has no bound can only be bypassed."""
    if bound is None:
        return 0 if share == 0 else None
    return int(bound * share)
