"""Keys: of a call, and as text for the tiers that processes share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whet_runtime.errors import KeyRefused

if TYPE_CHECKING:
    from collections.abc import Hashable

_PLAIN = frozenset({bytes, int, str, type(None)})
_LONGEST = 200  # characters of a key's text; longer ones are digested


def call_key(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Hashable:
    """The key of a call: equal exactly for calls with the same arguments of the same types.

    `1`, `1.0` and `True` are equal and have one hash, so arguments that are not text, bytes, int
    or `None` stand in the key together with their type. Keyword arguments count in any order; an
    argument given by position and the same given by name are two keys.
    """
    for one in args:
        if type(one) not in _PLAIN:
            args = tuple([_typed(one) for one in args])
            break
    if not kwargs:
        return (name, *args)
    named = tuple([(word, _typed(kwargs[word])) for word in sorted(kwargs)])
    return (name, *args, named)


def _typed(value: Any) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is tuple:
        return (tuple, *[_typed(one) for one in value])
    if kind is frozenset:
        return (frozenset, frozenset([_typed(one) for one in value]))
    if kind is float:
        return (float, repr(value))  # 0.0 and -0.0 are equal too, and a NaN is not even to itself
    return (kind, value)


def key_text(key: Any) -> str:
    """A key as text that is the same in every process.

    Texts stay as they are. Other keys are written with their types; what is long is digested.

    Raises:
        KeyRefused: A key of a type whose text is not the same everywhere.
    """
    text = key if type(key) is str else "\x1f" + _written(key)
    if len(text) <= _LONGEST:
        return text
    from hashlib import blake2b

    return "\x1e" + blake2b(text.encode("utf-8", "surrogatepass"), digest_size=24).hexdigest()


def _written(key: Any) -> str:
    kind = type(key)
    if kind in {str, bytes, bool, int, float} or key is None:
        return repr(key)
    if kind is tuple:
        return "(" + ",".join([_written(one) for one in key]) + ")"
    if kind is frozenset:
        return "{" + ",".join(sorted(_written(one) for one in key)) + "}"
    if isinstance(key, type):
        return f"<{key.__module__}.{key.__qualname__}>"
    return _written_rare(key, kind)


def _written_rare(key: Any, kind: type) -> str:
    name = f"{kind.__module__}.{kind.__qualname__}"
    if kind.__module__ in {"datetime", "decimal", "uuid", "fractions"}:
        return f"{name}:{key!r}"
    member = getattr(key, "_name_", None)
    if isinstance(member, str) and hasattr(kind, "__members__"):
        return f"{name}.{member}"
    raise KeyRefused(
        f"cache key of type {name}",
        "it has no text that is the same in every process",
        "Use texts, numbers, dates, UUIDs, enumerations or tuples of them.",
    )
