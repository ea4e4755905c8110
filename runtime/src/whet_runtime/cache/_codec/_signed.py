"""Pickles for those who give a key: signed, the signature checked before anything is unpickled."""

from __future__ import annotations

import hmac
import io
import json
import pickle
from typing import Any

from whet_runtime.cache._codec._types import class_name, find_class, fingerprint
from whet_runtime.errors import CodecError, MisuseError

SIGNATURE_BYTES = 32
_SHORTEST_KEY_BYTES = 16
_LENGTH_BYTES = 4


class Signer:
    """HMAC-SHA256 over stored values.

    Args:
        keys: The first one signs; every one is accepted, so that keys can be changed in use.

    Raises:
        MisuseError: A key is shorter than 16 bytes.
    """

    def __init__(self, keys: tuple[object, ...]) -> None:
        accepted: list[bytes] = []
        for key in keys:
            if not isinstance(key, bytes) or len(key) < _SHORTEST_KEY_BYTES:
                raise MisuseError(
                    "the codec's key",
                    f"it must be bytes, at least {_SHORTEST_KEY_BYTES} of them",
                    "Make one with secrets.token_bytes(32) and keep it outside the code",
                )
            accepted.append(key)
        self._keys = accepted

    def sign(self, message: bytes) -> bytes:
        """The signature of a message by the first key."""
        return hmac.digest(self._keys[0], message, "sha256")

    def verified(self, fingerprint: int, signed: bytes) -> bytes:
        """The content behind a signature that one of the keys made.

        Raises:
            CodecError: None of them did.
        """
        signature, content = signed[:SIGNATURE_BYTES], signed[SIGNATURE_BYTES:]
        message = fingerprint.to_bytes(8) + content
        for key in self._keys:
            if hmac.compare_digest(signature, hmac.digest(key, message, "sha256")):
                return content
        raise CodecError(
            "a stored value", "its signature does not fit", "It is dropped and loaded again"
        )


class _ClassesSeen(pickle.Pickler):
    """A pickler that notes the classes of what it pickles."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=5)
        self.classes: dict[str, type] = {}

    def reducer_override(self, value: Any) -> Any:
        kind = value if isinstance(value, type) else type(value)
        if kind.__module__ != "builtins":
            self.classes[class_name(kind)] = kind
        return NotImplemented


def pickled(value: Any) -> tuple[bytes, bytes]:
    """The pickle with the names of its classes before it, and their fingerprint.

    Raises:
        Exception: Whatever the pickling of the value's own classes raises.
    """
    file = io.BytesIO()
    pickler = _ClassesSeen(file)
    pickler.dump(value)
    names = json.dumps(sorted(pickler.classes)).encode()
    content = len(names).to_bytes(_LENGTH_BYTES) + names + file.getvalue()
    return content, fingerprint(pickler.classes.values())


def fingerprint_now(content: bytes) -> bytes:
    """The fingerprint of the classes that a pickle names, as they are in this process.

    Raises:
        Exception: A class or its module is gone.
    """
    end = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES])
    return fingerprint(find_class(name) for name in json.loads(content[_LENGTH_BYTES:end]))


def unpickled(content: bytes) -> Any:
    """The value of a pickle whose signature was checked.

    Raises:
        Exception: Whatever the unpickling of the value's own classes raises.
    """
    start = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES])
    return pickle.loads(memoryview(content)[start:])  # noqa: S301 - signed, and verified before
