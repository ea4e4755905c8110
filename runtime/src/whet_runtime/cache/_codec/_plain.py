"""Values as JSON that come back exactly as they went in.

JSON alone turns tuples into lists and the keys of mappings into texts: a cached value would differ
from the loaded one. Values that JSON keeps exactly are written as they are (the common case, all
in C); in the others, what JSON cannot say is wrapped as `{"~": [code, …]}`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

    from whet_runtime.cache._codec._types import KnownTypes

MARK = "~"
# Decimal texts of longer integers are refused by the interpreter's own limit.
_LONGEST_DECIMAL_BITS = 8_192
_TEXTS = frozenset({str})
_SCALARS = frozenset({str, int, float, bool, type(None)})
_reader = json.JSONDecoder()
_scan = getattr(_reader, "scan_once", None) or _reader.raw_decode


def _fast_encoder() -> Callable[[Any], str]:
    """The encoder in C, made once: `JSONEncoder.encode` makes it anew for each value.

    It does not look for values that hold themselves; they end in `RecursionError`.
    """
    made: Any = getattr(json.encoder, "c_make_encoder", None)
    escaped: Any = getattr(json.encoder, "c_encode_basestring", None)
    if made is None or escaped is None:
        return json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    chunks = made(None, _refuse, escaped, None, ":", ",", False, False, True)  # noqa: FBT003 - by position only
    return lambda value: "".join(chunks(value, 0))


def _refuse(value: object) -> NoReturn:
    raise TypeError(type(value))


_encode = _fast_encoder()


class NotPlain(Exception):
    """A value of a type that the plain format does not know."""


def plain_text(value: Any) -> str | None:
    """The value as JSON, or `None` if JSON alone would change it."""
    try:
        text = _encode(value)
        return text if _is_kept_by_json(value) else None
    except (TypeError, ValueError, RecursionError):
        return None


def marked_text(value: Any, types: KnownTypes) -> str:
    """The value as JSON with what JSON cannot say wrapped.

    Raises:
        NotPlain: The value holds a type that is neither built in nor registered, or itself.
    """
    try:
        return _encode(_wrap(value, types))
    except RecursionError:
        raise NotPlain("it is nested too deeply or holds itself") from None


def from_plain_text(content: bytes) -> Any:
    """The value of `plain_text`; errors of any kind mean that the bytes were not written by it."""
    text = _text(content)
    value, end = _scan(text, 0)  # what `loads` does around it costs as much again
    if end != len(text):
        raise ValueError("more follows the value")
    return value


def from_marked_text(content: bytes, types: KnownTypes) -> Any:
    """The value of `marked_text`; errors of any kind mean that it was not written by it."""

    def unwrap(pairs: dict[str, Any]) -> Any:
        if len(pairs) == 1 and MARK in pairs:
            code, *payload = pairs[MARK]
            return types.reader(code)(*payload)
        return pairs

    return json.loads(_text(content), object_hook=unwrap)


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:  # halves of surrogate pairs, which Python's texts may hold
        return content.decode("utf-8", "surrogatepass")


def _is_kept_by_json(value: Any) -> bool:
    """Whether the value, which JSON could write and so has no cycles, comes back as it is."""
    kind = type(value)
    if kind is dict:
        for key in value:
            if type(key) is not str:
                return False
        value = value.values()
    elif kind is not list:
        return kind in _SCALARS
    elif _SCALARS.issuperset(map(type, value)):  # long lists of numbers, in C
        return True
    for part in value:  # noqa: SIM110 - a generator takes twice as long
        if type(part) not in _SCALARS and not _is_kept_by_json(part):
            return False
    return True


def _wrap(value: Any, types: KnownTypes) -> Any:
    kind = type(value)
    if kind is int:
        if value.bit_length() > _LONGEST_DECIMAL_BITS:
            return {MARK: ["int", hex(value)]}
        return value
    if kind in _SCALARS:
        return value
    if kind is list:
        return [_wrap(part, types) for part in value]
    if kind is dict:
        return _wrap_mapping(value, types)
    writer = types.writer(kind)
    if writer is None:
        name = f"{kind.__module__}.{kind.__qualname__}"
        raise NotPlain(f"it holds a {name}, which is not registered")
    return {MARK: [types.code(kind), *(_wrap(part, types) for part in writer(value))]}


def _wrap_mapping(value: dict[Any, Any], types: KnownTypes) -> Any:
    if _TEXTS.issuperset(map(type, value)) and MARK not in value:
        return {key: _wrap(part, types) for key, part in value.items()}
    return {MARK: ["dict", [[_wrap(k, types), _wrap(v, types)] for k, v in value.items()]]}
