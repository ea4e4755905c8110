"""The types that the plain format knows beside JSON's own, and fingerprints of the user's."""

from __future__ import annotations

import hashlib
import sys
from typing import TYPE_CHECKING, Any

from whet_runtime.errors import MisuseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Writer = Callable[[Any], Iterable[Any]]
    Reader = Callable[..., Any]

FINGERPRINT_BYTES = 7


class KnownTypes:
    """How values of each type are taken apart and put together again.

    Args:
        registered: Dataclasses, named tuples and enumerations of the application.

    Raises:
        MisuseError: A registered class is none of these, or is local to a function.
    """

    def __init__(self, registered: Iterable[type] = ()) -> None:
        self._writers, self._codes, self._readers = _built_in()
        for kind in registered:
            self._register(kind)

    def writer(self, kind: type) -> Writer | None:
        """What takes values of this very class apart; `None` for an unknown class."""
        return self._writers.get(kind)

    def code(self, kind: type) -> str:
        """The name of a known class in stored values."""
        return self._codes[kind]

    def reader(self, code: str) -> Reader:
        """What puts a value together.

        Raises:
            KeyError: The class is not known here.
        """
        return self._readers[code]

    def fingerprint(self) -> bytes:
        """What the registered classes look like: other fields, other fingerprint."""
        return fingerprint(kind for kind in self._codes if ":" in self._codes[kind])

    def _register(self, kind: type) -> None:
        writer, reader = _taken_apart(kind)
        code = class_name(kind)
        self._writers[kind] = writer
        self._codes[kind] = code
        self._readers[code] = reader


def class_name(kind: type) -> str:
    """Module and qualified name, from which `find_class` finds the class again.

    Raises:
        MisuseError: The class is local to a function: no other process could find it.
    """
    if "<locals>" in kind.__qualname__:
        raise MisuseError(
            f"type {kind.__qualname__}",
            "it is local to a function, so that no other process can find it",
            "Define it at the top of a module",
        )
    return f"{kind.__module__}:{kind.__qualname__}"


def find_class(name: str) -> Any:
    """The class of a `class_name` as it is in this process.

    Raises:
        ImportError: Its module is gone.
        AttributeError: It is gone from its module.
    """
    module_name, _, qualified = name.partition(":")
    found: Any = sys.modules.get(module_name)
    if found is None:
        import importlib

        found = importlib.import_module(module_name)
    for part in qualified.split("."):
        found = getattr(found, part)
    return found


def fingerprint(kinds: Iterable[type]) -> bytes:
    """Seven bytes that change when a class is renamed or its fields, slots or members change."""
    text = "\n".join(sorted(_described(kind) for kind in kinds)).encode()
    return hashlib.blake2b(text, digest_size=FINGERPRINT_BYTES).digest()


def _described(kind: type) -> str:
    parts = [f"{kind.__module__}:{kind.__qualname__}"]
    for base in kind.__mro__[:-1]:
        own = vars(base)
        annotations = own.get("__annotations__", {})
        parts.extend(f"{name}:{annotation}" for name, annotation in annotations.items())
        slots = own.get("__slots__", ())
        parts.extend([slots] if isinstance(slots, str) else map(str, slots))
        parts.extend(own.get("_fields", ()))
        parts.extend(own.get("_member_names_", ()))
    return " ".join(parts)


def _taken_apart(kind: Any) -> tuple[Writer, Reader]:
    """How values of a class of the application are taken apart and made again."""
    from enum import Enum

    if not isinstance(kind, type):
        raise _not_registrable(kind)
    if issubclass(kind, Enum):
        return (lambda member: [member.name]), (lambda name: kind[name])
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return list, kind
    fields = getattr(kind, "__dataclass_fields__", None)
    if fields is None:
        raise _not_registrable(kind)
    return _dataclass_parts(kind, tuple(fields))


def _not_registrable(kind: object) -> MisuseError:
    return MisuseError(
        f"type {kind!r}",
        "only dataclasses, named tuples and enumerations can be registered",
        "Store a mapping instead, or give the codec a key, which allows pickle",
    )


def _dataclass_parts(kind: type, names: tuple[str, ...]) -> tuple[Writer, Reader]:
    def apart(value: Any) -> list[Any]:
        return [getattr(value, name) for name in names]

    def together(*parts: Any) -> Any:
        made: Any = object.__new__(kind)
        for name, part in zip(names, parts, strict=True):
            object.__setattr__(made, name, part)  # as pickle does: frozen ones too, no __init__
        return made

    return apart, together


def _built_in() -> tuple[dict[type, Writer], dict[type, str], dict[str, Reader]]:
    import uuid
    from datetime import date, datetime, time, timedelta
    from decimal import Decimal

    table: list[tuple[type, Writer, Reader]] = [
        (tuple, lambda v: [list(v)], tuple),
        (set, lambda v: [list(v)], set),
        (frozenset, lambda v: [list(v)], frozenset),
        (bytes, lambda v: [v.hex()], bytes.fromhex),
        (bytearray, lambda v: [v.hex()], bytearray.fromhex),
        (complex, lambda v: [v.real, v.imag], complex),
        (Decimal, lambda v: [str(v)], Decimal),
        (datetime, _apart_moment, _moment(datetime)),
        (date, lambda v: [v.isoformat()], date.fromisoformat),
        (time, _apart_moment, _moment(time)),
        (timedelta, lambda v: [v.days, v.seconds, v.microseconds], timedelta),
        (uuid.UUID, lambda v: [v.hex], uuid.UUID),
    ]
    writers = {kind: writer for kind, writer, _ in table}
    codes = {kind: kind.__name__ for kind, _, _ in table}
    readers: dict[str, Reader] = {kind.__name__: reader for kind, _, reader in table}
    readers |= {"dict": dict, "int": lambda text: int(text, 16)}
    return writers, codes, readers


def _apart_moment(moment: Any) -> list[Any]:
    """A date with time, or a time: its text, its fold and the name of its zone."""
    from datetime import timezone
    from zoneinfo import ZoneInfo

    from whet_runtime.cache._codec._plain import NotPlain

    zone = moment.tzinfo
    if isinstance(zone, ZoneInfo) and zone.key is not None:
        return [moment.replace(tzinfo=None).isoformat(), moment.fold, zone.key]
    if zone is None or type(zone) is timezone:
        name = None if zone is None else zone.tzname(None)
        if zone is None or name == str(timezone(zone.utcoffset(None))):
            return [moment.isoformat(), moment.fold, None]
    raise NotPlain(f"its time zone is a {type(zone).__name__} that has no name to find it by")


def _moment(kind: Any) -> Reader:
    def moment(text: str, fold: int, zone: str | None) -> Any:
        made = kind.fromisoformat(text).replace(fold=fold)
        if zone is None:
            return made
        from zoneinfo import ZoneInfo

        return made.replace(tzinfo=ZoneInfo(zone))

    return moment
