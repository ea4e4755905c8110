"""What built-in types tell about a value: equality, hash, order, immutability, a key."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_TEXT = 200
MAX_DEPTH = 8
MAX_PARTS = 1_000

SCALARS = frozenset([int, str, bytes, bool, type(None), float, complex])
_NUMBERS = frozenset([int, float, bool])


def equality_is_plain(value: Any, depth: int = 0) -> bool:
    """Whether `==` on this value is that of the language and total: no NaN, no subclass."""
    kind = type(value)
    if kind is float or kind is complex:
        return bool(value == value)  # noqa: PLR0124 - false for NaN alone
    if kind in SCALARS:
        return True
    if (kind is tuple or kind is frozenset) and depth < MAX_DEPTH and len(value) <= MAX_TEXT:
        return all(equality_is_plain(item, depth + 1) for item in value)
    return False


def is_hashable(value: Any, depth: int = 0) -> bool | None:
    """Whether `hash(value)` works, told by types alone; None where only calling it would tell."""
    kind = type(value)
    if kind in SCALARS or kind is frozenset or kind is range:
        return True
    if kind is tuple:
        if depth >= MAX_DEPTH or len(value) > MAX_TEXT:
            return None
        answers = [is_hashable(item, depth + 1) for item in value]
        return False if False in answers else (None if None in answers else True)
    for base in type.__dict__["__mro__"].__get__(kind):
        names = type.__dict__["__dict__"].__get__(base)
        if "__hash__" in names:
            return None if names["__hash__"] is not None else False
    return None


def order_of(value: Any, depth: int = 0) -> str | None:
    """A word that is equal for values that `<` orders totally among themselves; None: no order."""
    kind = type(value)
    if kind in _NUMBERS:
        return None if value != value else "n"  # noqa: PLR0124 - true for NaN alone
    if kind is str or kind is bytes:
        return kind.__name__
    if kind is tuple and depth < MAX_DEPTH and len(value) <= MAX_TEXT:
        parts = [order_of(item, depth + 1) for item in value]
        return None if None in parts else "(%s)" % ",".join([str(part) for part in parts])
    return None


def shape_of(value: Any, depth: int = 0) -> str | None:
    """A word such that equal values of equal words cannot be told apart, but by identity.

    None where that is not known: floats may be zeros of two signs, other types have their own
    equality.
    """
    kind = type(value)
    if kind is tuple and depth < MAX_DEPTH and len(value) <= MAX_TEXT:
        parts = [shape_of(item, depth + 1) for item in value]
        return None if None in parts else "(%s)" % ",".join([str(part) for part in parts])
    if kind is float:
        return "-0.0" if value == 0.0 and repr(value)[0] == "-" else "float"
    return kind.__name__ if kind in SCALARS and kind is not complex else None


def frozen_parts(value: Any, depth: int = 0) -> int:
    """How many parts a value has that is immutable all the way down, by exact built-in types.

    0 if it is not.
    """
    kind = type(value)
    if kind in SCALARS or kind is range:
        return 1
    if kind is not tuple and kind is not frozenset:
        return 0
    if depth >= MAX_DEPTH or len(value) > MAX_PARTS:
        return 0
    parts = 1
    for item in value:
        found = frozen_parts(item, depth + 1)
        if not found:
            return 0
        parts += found
    return parts


def key_of(value: Any) -> Any:
    """A key of an immutable value that is equal for equal values of equal types."""
    kind = type(value)
    if kind is str or kind is bytes:
        return value if len(value) <= MAX_TEXT else (len(value), hash(value))
    if kind is float or kind is complex:
        return repr(value)
    if kind is not tuple and kind is not frozenset:
        return (kind, value)
    parts = [(type(item), key_of(item)) for item in value]
    return (kind, tuple(parts) if kind is tuple else frozenset(parts))
