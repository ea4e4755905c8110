"""Values as bytes for the shared tiers: safe by default, exact, and checked before they are read.

A body is JSON, or begins with one byte below the space, as no JSON text does: how it is written;
with a key, a signature stands before it. The fingerprint beside it says which version of this
format and which classes the value is made of. Whatever does not fit raises `CodecError`, which the
cache takes for a miss: a value of another version of the application, a torn write and a hostile
one alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whet_runtime.cache._codec._plain import (
    NotPlain,
    from_marked_text,
    from_plain_text,
    marked_text,
    plain_text,
)
from whet_runtime.cache._codec._types import KnownTypes
from whet_runtime.errors import CodecError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["FORMAT_VERSION", "ValueCodec"]

FORMAT_VERSION = 1
_MARKED, _PICKLED, _SIGNED = b"\x01", b"\x02", b"\x03"
_FIRST_OF_JSON = 0x20  # smaller bytes are those above


class ValueCodec:
    """Writes values as bytes and reads them again.

    Without a key: `None`, booleans, numbers, texts, bytes, lists, tuples, sets, mappings with any
    keys, dates, times, `Decimal`, `UUID`, and the registered classes. Two places of a value that
    hold the same object come back as two objects. With a key, everything is signed, and what is
    not in this list is pickled; no signature, no unpickling.

    Args:
        types: Dataclasses, named tuples and enumerations that may be stored.
        key: Bytes, at least 16; of several, the first signs and all are accepted.

    Raises:
        MisuseError: A class cannot be registered or a key is too short.
    """

    def __init__(
        self, types: Iterable[type] = (), key: bytes | tuple[bytes, ...] | None = None
    ) -> None:
        self._types = KnownTypes(types)
        self._plain_fingerprint = _numbered(b"")
        self._marked_fingerprint = _numbered(self._types.fingerprint())
        self._signer = None
        if key is not None:
            from whet_runtime.cache._codec._signed import Signer

            self._signer = Signer(key if isinstance(key, tuple) else (key,))

    def encode(self, value: object) -> tuple[bytes, int]:
        """The value as bytes, and the fingerprint of the format and of its classes.

        Raises:
            CodecError: A type is not known, or pickling the value failed.
        """
        text = plain_text(value)
        if text is not None:
            content, fingerprint = text.encode("utf-8", "surrogatepass"), self._plain_fingerprint
        else:
            content, fingerprint = self._written(value)
        if self._signer is not None:
            message = fingerprint.to_bytes(8) + content
            return _SIGNED + self._signer.sign(message) + content, fingerprint
        return content, fingerprint

    def decode(self, body: bytes, fingerprint: int) -> Any:
        """The value of what `encode` made.

        Raises:
            CodecError: It was made by another version, for other classes, with another key, or
                not by `encode` at all.
        """
        if self._signer is not None:
            if body[:1] != _SIGNED:
                raise refused("it is not signed")
            body = self._signer.verified(fingerprint, body[1:])
        try:
            if fingerprint == self._plain_fingerprint and body[0] >= _FIRST_OF_JSON:
                return from_plain_text(body)
            return self._read(body, fingerprint)
        except CodecError:
            raise
        except Exception as error:
            raise refused(f"its content cannot be read ({type(error).__name__})") from error

    def _written(self, value: object) -> tuple[bytes, int]:
        try:
            text = marked_text(value, self._types)
        except NotPlain as error:
            if self._signer is None:
                raise CodecError(
                    f"a value of type {type(value).__qualname__}",
                    str(error),
                    "Register its classes with the codec, or give the codec a key",
                ) from None
        else:
            content = _MARKED + text.encode("utf-8", "surrogatepass")
            return content, self._marked_fingerprint
        from whet_runtime.cache._codec._signed import pickled

        try:
            content, classes = pickled(value)
        except Exception as error:
            raise CodecError(
                f"a value of type {type(value).__qualname__}",
                f"pickling it failed: {error}",
                "Cache what it was made from instead",
            ) from error
        return _PICKLED + content, _numbered(classes)

    def _read(self, body: bytes, fingerprint: int) -> Any:
        how, content = body[:1], body[1:]
        if how == _MARKED:
            if fingerprint != self._marked_fingerprint:
                raise refused("it was written with other classes or another version of them")
            return from_marked_text(content, self._types)
        if how != _PICKLED or self._signer is None:
            raise refused("it is not in the format of this codec")
        from whet_runtime.cache._codec._signed import fingerprint_now, unpickled

        if _numbered(fingerprint_now(content)) != fingerprint:
            raise refused("its classes have changed")
        return unpickled(content)


def refused(reason: str) -> CodecError:
    """The error for bytes that are not taken for a value."""
    return CodecError("a stored value", reason, "It is dropped and loaded again")


def _numbered(classes: bytes) -> int:
    """The fingerprint of classes, with the version of the format in it, as 64 bits."""
    return FORMAT_VERSION << 56 | int.from_bytes(classes) & (1 << 56) - 1
