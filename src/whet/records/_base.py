"""The base of all records and their JSON form."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A plain frozen record between two stages. What was not measured is None, never 0."""


R = TypeVar("R")


def to_json(record: object, *, indent: int = 0) -> bytes:
    r"""A record (or a list or dict of records) as UTF-8 JSON; keys keep their declared order.

    Names that are not UTF-8 on disk reach Python as lone surrogates, which JSON cannot hold: they
    are spelled out, such as `caf\\udce9.py`.
    """
    try:
        raw = msgspec.json.encode(record)
    except UnicodeEncodeError:
        raw = msgspec.json.encode(_encodable(msgspec.to_builtins(record)))
    return msgspec.json.format(raw, indent=indent) if indent else raw


def printable(text: str) -> str:
    r"""A text as records hold it: bytes of names that are not UTF-8 spelled out as `\udce9`."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {_encodable(key): _encodable(entry) for key, entry in value.items()}
    if isinstance(value, tuple | list):
        return [_encodable(entry) for entry in value]
    return value


def from_json(raw: bytes, kind: type[R]) -> R:
    """A record read back from `to_json`.

    Raises:
        msgspec.ValidationError: Missing or unknown fields, wrong types.
        msgspec.DecodeError: Not JSON.
    """
    return msgspec.json.decode(raw, type=kind)
