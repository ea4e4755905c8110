"""Short texts of values for people, told without running any code of the user's."""

from __future__ import annotations

from whet_probe._kinds import _CONTENT, OPAQUE, _exception_args, _mro, named, type_name
from whet_probe._values import _layout, own_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable

MAX_DEPTH = 4
MAX_ITEMS = 8
MAX_STRING = 80
MAX_BITS = 400

_ATOMS = (bool, type(None), complex, range, type(...), type(NotImplemented), float)
_BRACKETS = {list: "[]", tuple: "()", set: "{}", frozenset: "frozenset()", dict: "{}"}


def text_of(value: object, root: str = "", limit: int = 300) -> str:
    """A value as it might be typed, cut to `limit` characters.

    Args:
        value: Anything.
        root: Folder whose path is replaced by `<root>`.
        limit: Characters at the most.
    """
    try:
        text = _text(value, 0)
    except Exception as error:
        text = "<%s, which cannot be shown: %s>" % (type(value).__name__, type(error).__name__)
    text = text.replace(root, "<root>") if root else text
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _text(value: Any, depth: int) -> str:
    kind = type(value)
    if kind in _ATOMS or (kind is int and value.bit_length() < MAX_BITS):
        return repr(value)
    if kind is int:
        return "%#x…" % (value >> value.bit_length() - 64)
    if kind is str or kind is bytes:
        return repr(value) if len(value) <= MAX_STRING else repr(value[:MAX_STRING]) + "…"
    return _larger(value, depth)


def _larger(value: Any, depth: int) -> str:
    kind = type(value)
    if depth >= MAX_DEPTH:
        return "…"
    if kind is dict:
        return "{" + _pairs(list(value.items())[: MAX_ITEMS + 1], ": ", depth) + "}"
    if kind in _BRACKETS:
        return _container(value, depth)
    return _named(value, _mro(kind), depth)


def _named(value: Any, bases: tuple[type, ...], depth: int) -> str:
    kind = type(value)
    if type in bases:
        return type_name(value)
    if any(base in OPAQUE for base in bases):
        return "<%s>" % type_name(kind)
    known_by = named(value, bases)
    if known_by is not None:
        called, attributes = known_by
        parts = ["%s=%s" % (name, _text(part, depth + 1)) for name, part in attributes[:MAX_ITEMS]]
        return "<%s>" % " ".join([type(called).__name__, own_name(called), *parts])
    return _object(value, bases, depth)


def _container(value: Any, depth: int) -> str:
    kind = type(value)
    if kind in (set, frozenset):
        items = sorted(_text(item, depth + 1) for item in list(value)[: 10 * MAX_ITEMS])
        inside = ", ".join(items[:MAX_ITEMS]) + (", …" if len(value) > MAX_ITEMS else "")
        if not value:
            return kind.__name__ + "()"
        return "{%s}" % inside if kind is set else "frozenset({%s})" % inside
    inside = _items(value[: MAX_ITEMS + 1], depth)
    if kind is tuple and len(value) == 1:
        inside += ","
    return "[%s]" % inside if kind is list else "(%s)" % inside


def _items(items: Iterable[object], depth: int) -> str:
    texts = [_text(item, depth + 1) for item in items]
    return ", ".join(texts[:MAX_ITEMS]) + (", …" if len(texts) > MAX_ITEMS else "")


def _pairs(pairs: list[tuple[Any, Any]], joint: str, depth: int) -> str:
    texts = [_text(key, depth + 1) + joint + _text(item, depth + 1) for key, item in pairs]
    return ", ".join(texts[:MAX_ITEMS]) + (", …" if len(texts) > MAX_ITEMS else "")


def _object(value: Any, bases: tuple[type, ...], depth: int) -> str:
    name = type_name(type(value))
    if BaseException in bases:
        return "%s(%s)" % (name, _items(_exception_args(value), depth))
    layout = _layout(type(value), bases)
    parts = []
    if layout.base is not None:
        parts.append(_text(_CONTENT[layout.base](value), depth + 1))
    for attribute, item in layout.state(value)[:MAX_ITEMS]:
        parts.append("%s=%s" % (attribute.rpartition(".")[2], _text(item, depth + 1)))
    return "%s(%s)" % (name, ", ".join(parts)) if parts else "<%s>" % name


def exception_text(error: BaseException, root: str = "") -> str:
    """An exception by its type and arguments, such as "ValueError('no digit')"."""
    return text_of(error, root)
