"""The attributes that instances carry in their dictionaries, read without running user code."""

from __future__ import annotations

from whet_probe._kinds import _mro, _namespace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_NAMES = 200


class _Plain:
    pass


_DICT = type(_namespace(_Plain)["__dict__"])


def attributes_of(value: Any) -> dict[str, Any] | None:
    """The dictionary of an instance of a plain class; None: it has none that is the language's."""
    kind = type(value)
    if type(kind) is not type:
        return None
    for base in _mro(kind):
        found = _namespace(base).get("__dict__")
        if found is not None:
            held = found.__get__(value, kind) if type(found) is _DICT else None
            return held if type(held) is dict else None
    return None


class Attributes:
    """All names that the instances at one place carried."""

    def __init__(self) -> None:
        self.names: set[str] | None = None
        self.unknown = False

    def see(self, value: Any) -> None:
        """One value; anything but an instance with a dictionary makes the answer unknown."""
        held = attributes_of(value)
        if held is None:
            self.unknown = True
            return
        if self.names is None:
            self.names = set()
        if len(self.names) < MAX_NAMES:
            self.names.update([name for name in list(held) if type(name) is str])

    def answer(self) -> list[str] | None:
        """The names in order; None where not every value was such an instance."""
        return None if self.unknown or self.names is None else sorted(self.names)
