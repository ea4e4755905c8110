"""A session as it may be shared: recorded values and secrets taken out, places kept.

Taken out unless the user asks for the values: values of environment variables, recorded arguments
and results, values of command-line words that name a secret, credentials in addresses, and every
other occurrence of these strings. The home folder becomes `~`. Source code in patches is kept:
it is what the report is about.
"""

from __future__ import annotations

import functools
import os
import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar, get_origin

import msgspec

from whet.records import Counterexample, Profile, SessionRecord, Workload

HIDDEN = "[redacted]"
SHOW = "[redacted; --show-values shows it]"
_SHORTEST_SECRET = 4  # shorter values occur everywhere by chance
_SECRET_NAME = re.compile(
    r"pass(word|wd|phrase)?|secret|token|api[-_]?key|auth|credential|private[-_]?key|cookie"
    r"|session[-_]?id|\bkey\b|\bpwd\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"(?P<scheme>\b[a-z][a-z0-9+.-]*://)[^\s/@]+@", re.IGNORECASE)
_VALUE_KEYS = frozenset(
    {"args", "kwargs", "arguments", "argument", "example", "examples", "value", "values",
     "result", "results", "returned", "expected", "actual", "element", "elements", "keys"}
)  # fmt: skip
T = TypeVar("T")


def redact(session: SessionRecord, *, home: str | None = None) -> SessionRecord:
    """The session without recorded values and secrets.

    Args:
        session: What is to be shared.
        home: The folder that is shown as `~`; the user's own by default.
    """
    secrets = _secrets(session)
    home = os.path.expanduser("~") if home is None else home  # noqa: PTH111 - text, not a path
    clean = _cleaner(secrets, home)
    return _walk(session, clean)


def redact_profile(profile: Profile) -> Profile:
    """A profile without secrets of its workload; names and places stay as they were measured."""
    secrets = _longest_first(
        {*profile.workload.env.values(), *_secret_words(profile.workload.argv)}
    )
    clean = _cleaner(secrets, "")
    told = {
        name: _copy(getattr(profile, name), clean)
        for name in ("workload", "io", "failures", "notes")
    }
    return msgspec.structs.replace(profile, **told)


def redact_words(words: tuple[str, ...]) -> tuple[str, ...]:
    """Command-line words with the values of secret options taken out."""
    found = _secret_words(words)
    return tuple(_replace(word, found) for word in words)


def _cleaner(secrets: list[str], home: str) -> Callable[[str], str]:
    pattern = re.compile("|".join(map(re.escape, secrets))) if secrets else None
    home = home.rstrip("/")
    at_home = re.compile(re.escape(home) + r"(?=/|$|[\s'\":,;)])") if len(home) > 1 else None

    def clean(text: str) -> str:
        if pattern is not None:
            text = pattern.sub(HIDDEN, text)
        if "://" in text:
            text = _ADDRESS.sub(rf"\g<scheme>{HIDDEN}@", text)
        return at_home.sub("~", text) if at_home is not None else text

    return clean


def _secrets(session: SessionRecord) -> list[str]:
    """Strings that may appear nowhere, longest first."""
    found: set[str] = set()
    for workload in _workloads(session):
        found.update(workload.env.values())
        found.update(_secret_words(workload.argv))
        if workload.service:
            found.update(_secret_words(workload.service.start + workload.service.drive))
    _collect_environment(session.settings, found)
    return _longest_first(found)


def _longest_first(found: set[str]) -> list[str]:
    return sorted((text for text in found if len(text) >= _SHORTEST_SECRET), key=len, reverse=True)


def _workloads(session: SessionRecord) -> list[Workload]:
    return [
        workload
        for workload in (session.workload, session.profile.workload if session.profile else None)
        if workload is not None
    ]


def _collect_environment(settings: Mapping[Any, Any], found: set[str]) -> None:
    """Values under `env` and under names of secrets, at any depth of the settings."""
    for key, value in settings.items():
        if isinstance(value, Mapping):
            if key in {"env", "environment"}:
                found.update(str(entry) for entry in value.values())
            _collect_environment(value, found)
        elif isinstance(value, str) and _SECRET_NAME.search(str(key)):
            found.add(value)


def _secret_words(words: tuple[str, ...]) -> set[str]:
    """Values of `--password X`, `--token=X` and `API_KEY=X` among command-line words."""
    found: set[str] = set()
    for position, word in enumerate(words):
        parts = _split(word) if any(map(str.isspace, word)) else ()
        if len(parts) > 1:  # a command line within a word: sh -c '…', -w '…'
            found |= _secret_words(parts)
        name, equals, value = word.partition("=")
        if not _SECRET_NAME.search(name):
            continue
        if equals:
            found.add(value)
        elif name.startswith("-") and position + 1 < len(words):
            found.add(words[position + 1])
    return {value for value in found if value}


def _split(line: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(line))
    except ValueError:
        return tuple(line.split())


def _replace(word: str, found: set[str]) -> str:
    for value in sorted(found, key=len, reverse=True):
        word = word.replace(value, HIDDEN)
    return word


def _walk(value: T, clean: Callable[[str], str]) -> T:
    """A copy of a record (or plain value) with every string cleaned and values taken out."""
    return _copy(value, clean)  # type: ignore[no-any-return]  # the copy has the same type


def _copy(value: Any, clean: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, msgspec.Struct):
        return _copy_record(value, clean)
    if isinstance(value, Mapping):
        return {_copy(key, clean): _copy_entry(key, entry, clean) for key, entry in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_copy(entry, clean) for entry in value)
    return value


@functools.cache
def _texts_of(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """Fields that may hold free text; a secret that reads like `done` or an id changes none."""
    return tuple(
        field.name
        for field in msgspec.structs.fields(kind)
        if get_origin(field.type) is not Literal
        and not field.name.endswith(("_id", "_ids", "_time"))
        and field.name not in {"started", "ended", "at"}
    )


def _copy_entry(key: object, entry: Any, clean: Callable[[str], str]) -> Any:
    if isinstance(key, str) and key.lower() in _VALUE_KEYS:
        return _taken_out(entry)
    return _copy(entry, clean)


def _taken_out(value: Any) -> Any:
    """Recorded values are hidden; figures and flags about them are evidence and stay."""
    return value if value is None or isinstance(value, int | float) else HIDDEN


def _copy_record(record: msgspec.Struct, clean: Callable[[str], str]) -> msgspec.Struct:
    changes: dict[str, Any] = {}
    for name in _texts_of(type(record)):
        changes[name] = _copy(getattr(record, name), clean)
    if isinstance(record, Workload):
        changes["env"] = dict.fromkeys(record.env, HIDDEN)
        changes["argv"] = tuple(map(clean, redact_words(record.argv)))
    if isinstance(record, SessionRecord):  # by fix id
        changes["validations"] = {
            fix_id: _copy(found, clean) for fix_id, found in record.validations.items()
        }
    if isinstance(record, Counterexample):
        changes.update(detail=SHOW, expected=SHOW, actual=SHOW)
    return msgspec.structs.replace(record, **changes)
