"""Keeps calls for a replay in a fresh process, as pickles.

Only what can be pickled without running code of the user's is kept: built-in values, and objects
of module-level classes that say nothing of their own about pickling or attributes.
"""

from __future__ import annotations

import os
import sys

from whet_probe._kinds import _mro, _namespace, type_name
from whet_probe._values import _layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from whet_probe._streams import Stream

MAX_CALLS = 100
"""Distinct calls of one function that are kept."""

MAX_BYTES = 8_000_000
"""Of all recorded calls of one process."""

MAX_CALL_BYTES = 1_000_000
MAX_PARTS = 20_000

_PLAIN = frozenset([int, str, bytes, bytearray, bool, type(None), float, complex, range])
_HOOKS = (
    "__reduce__", "__reduce_ex__", "__getstate__", "__setstate__", "__getnewargs__",
    "__getnewargs_ex__", "__getattr__", "__getattribute__", "__class__", "__copyreg__",
)  # fmt: skip


class Recorder:
    """The recorded calls of one process: `FOLDER/PID-FUNCTION.pickle`, successive pickles.

    Each is `(module, qualified name, args, kwargs)` as the call would be made again.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._bytes = 0
        self._kept: dict[int, set[str]] = {}
        self.left_out = 0

    def record(self, stream: Stream, digest: str, arguments: tuple[Any, ...]) -> None:
        """Keep a call if its arguments are new and can be kept."""
        kept = self._kept.setdefault(stream.number, set())
        site = stream.site
        if site.kind == "nested" or digest in kept or len(kept) >= MAX_CALLS:
            return
        args, keywords = _as_called(site, arguments)
        if self._bytes >= MAX_BYTES or not replayable((args, keywords)):
            self.left_out += 1
            return
        from _pickle import dumps  # the C module alone: what `pickle` adds is not needed

        try:
            raw = dumps((stream.module, site.qualified, args, keywords), 4)
        except Exception:
            self.left_out += 1
            return
        if len(raw) > MAX_CALL_BYTES:
            self.left_out += 1
            return
        kept.add(digest)
        self._append(stream.number, raw)

    def reset(self) -> None:
        """A forked child keeps its own calls, in its own file."""
        self._kept = {}
        self._bytes = 0

    def _append(self, number: int, raw: bytes) -> None:
        path = os.path.join(self._folder, "%d-%d.pickle" % (os.getpid(), number))
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, raw)
        finally:
            os.close(descriptor)
        self._bytes += len(raw)


def _as_called(site: Any, arguments: tuple[Any, ...]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Parameters' values as positional and keyword arguments of a call."""
    named, only, star, double = site.parameters
    values = list(arguments)
    args = values[: len(named)]
    rest = values[len(named) :]
    keywords = dict(zip(only, rest))  # noqa: B905 - no `strict` in 3.9; keywords come first
    rest = rest[len(only) :]
    if star:
        args += rest.pop(0)
    if double:
        keywords.update(rest.pop(0))
    if site.kind == "classmethod":
        args = args[1:]
    return tuple(args), keywords


def replayable(value: object) -> bool:
    """Whether pickling and unpickling a value runs no code of the user's."""
    seen: set[int] = set()
    stack: list[Any] = [value]
    parts = 0
    while stack:
        item = stack.pop()
        parts += 1
        if parts > MAX_PARTS:
            return False
        kind = type(item)
        if kind in _PLAIN or id(item) in seen:
            continue
        if kind is not tuple:
            seen.add(id(item))
        if kind is dict:
            for key, held in list(item.items()):
                stack += (key, held)
        elif kind in (list, tuple, set, frozenset):
            if len(item) > MAX_PARTS:
                return False
            stack.extend(list(item))
        elif not _is_simple_object(item):
            return False
        else:
            stack += [held for _, held in _layout(kind, _mro(kind)).state(item)]
    return True


def _is_simple_object(value: Any) -> bool:
    kind = type(value)
    bases = _mro(kind)
    if type in bases or _layout(kind, bases).opaque or _layout(kind, bases).base is not None:
        return False
    name = type_name(kind)
    module, _, rest = name.rpartition(".")
    if "<locals>" in name or vars(sys.modules.get(module, sys)).get(rest) is not kind:
        return False
    if type(kind) is not type:
        return False
    return not any(hook in _namespace(base) for base in bases[:-1] for hook in _HOOKS)
