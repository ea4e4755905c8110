"""From files and the command line to one Settings."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from whet.errors import SettingsError
from whet.records import Record
from whet.settings._model import Settings, WorkloadSettings
from whet.settings._reading import Lines, read_toml, read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_FILE = "config/task_023_optimization_tuning.yaml"
_SHORT_FILE = "whet.yaml"
COMMAND_LINE = "command line"
DEFAULT = "default"


class Loaded(Record, frozen=True):
    """The effective settings, and where each came from."""

    settings: Settings
    origins: dict[str, str]  # "profiling.cpu_profiling" -> "whet.yaml:3", "default", ...
    file: str | None = None


def load_settings(
    project: Path, config: Path | None = None, overrides: Mapping[str, Any] | None = None
) -> Loaded:
    """The effective settings of a project.

    The first file that is there counts, files are not mixed: the one named, then
    `config/task_023_optimization_tuning.yaml`, `whet.yaml`, `[tool.whet]` in `pyproject.toml`.

    Args:
        project: The user's project.
        config: A settings file named by the user.
        overrides: Values by dotted key, as `{"optimization.optimization_level": "high"}`; None
            values are left out.

    Raises:
        SettingsError: Unknown key, wrong type, value out of range: with file, line and key.
    """
    file, values, lines = _source(project, config)
    origins: dict[str, str] = {}
    if not isinstance(values, dict):
        raise SettingsError(str(file), "holds no table of settings")
    checked = _table(Settings, values, (), _Place(file, lines), origins)
    for key, value in (overrides or {}).items():
        if value is not None:
            _override(checked, key, value)
            origins[key] = COMMAND_LINE
    settings = msgspec.convert(checked, Settings)
    for key in flat(settings):
        origins.setdefault(key, DEFAULT)
    return Loaded(settings=settings, origins=origins, file=str(file) if file else None)


def flat(settings: Settings) -> dict[str, Any]:
    """Every effective value by dotted key."""
    found: dict[str, Any] = {}

    def walk(table: Any, keys: tuple[str, ...]) -> None:
        for name in table.__struct_fields__:
            value = getattr(table, name)
            if isinstance(value, msgspec.Struct):
                walk(value, (*keys, name))
            else:
                found[".".join((*keys, name))] = value

    walk(settings, ())
    return found


class _Place:
    """Tells where a key stands."""

    def __init__(self, file: Path | None, lines: Lines) -> None:
        self.file = file
        self.lines = lines

    def of(self, keys: tuple[str, ...]) -> str:
        """`FILE:LINE` of a key, or of the nearest table around it."""
        for length in range(len(keys), 0, -1):
            if keys[:length] in self.lines:
                return f"{self.file}:{self.lines[keys[:length]]}"
        return str(self.file)


def _source(project: Path, config: Path | None) -> tuple[Path | None, Any, Lines]:
    if config is not None:
        if config.suffix == ".toml":
            return config, *(read_toml(config) or ({}, {}))
        return config, *read_yaml(config)
    for name in (DEFAULT_FILE, _SHORT_FILE):
        path = project / name
        if path.is_file():
            return path, *read_yaml(path)
    pyproject = project / "pyproject.toml"
    found = read_toml(pyproject) if pyproject.is_file() else None
    return (None, {}, {}) if found is None else (pyproject, *found)


def _table(
    kind: Any,
    values: dict[str, Any],
    keys: tuple[str, ...],
    place: _Place,
    origins: dict[str, str],
) -> dict[str, Any]:
    """A table whose keys and values were all looked at; what is wrong is refused."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    checked: dict[str, Any] = {}
    for name, value in values.items():
        here = (*keys, name)
        if name not in fields:
            raise _unknown(here, sorted(fields), place)
        inner = _inner(fields[name].type, value)
        if inner is not None:
            if not isinstance(value, dict):
                raise SettingsError(_key(place, here), f"wants a table, not {_kind(value)}")
            checked[name] = _table(inner, value, here, place, origins)
            continue
        checked[name] = _value(fields[name].type, value, here, place)
        origins[".".join(here)] = place.of(here)
    if missing := [n for n, field in fields.items() if field.required and n not in checked]:
        raise SettingsError(_key(place, keys), f"lacks {', '.join(missing)}")
    return checked


def _inner(kind: Any, value: Any) -> Any:
    """The record of a nested table; None for a plain value."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind
    if isinstance(value, dict):
        choices = getattr(getattr(kind, "__origin__", kind), "__args__", ())
        return next(
            (c for c in choices if isinstance(c, type) and issubclass(c, msgspec.Struct)), None
        )
    return None


def _value(kind: Any, value: Any, keys: tuple[str, ...], place: _Place) -> Any:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        reason = f"{str(error).replace('`', '')} (given: {value!r:.80})"
        raise SettingsError(_key(place, keys), reason, _near_value(kind, value)) from error
    return value


def _near_value(kind: Any, value: Any) -> str:
    choices = getattr(getattr(kind, "__origin__", kind), "__args__", ())
    words = [choice for choice in choices if isinstance(choice, str)]
    near = difflib.get_close_matches(str(value), words, n=1, cutoff=0.5)
    if near:
        return f"Did you mean {near[0]!r}?"
    return f"Choose one of {', '.join(words)}" if words else ""


def _unknown(keys: tuple[str, ...], known: list[str], place: _Place) -> SettingsError:
    near = difflib.get_close_matches(keys[-1], known, n=1, cutoff=0.5)
    way_out = f"Did you mean {near[0]!r}?" if near else f"Known here: {', '.join(known)}"
    return SettingsError(_key(place, keys), "there is no such setting", way_out)


def _key(place: _Place, keys: tuple[str, ...]) -> str:
    return f"{place.of(keys)}: {'.'.join(keys) or 'settings'}"


def _kind(value: Any) -> str:
    return {type(None): "nothing", list: "a list", str: "text"}.get(type(value), repr(value)[:80])


def _override(checked: dict[str, Any], key: str, value: Any) -> None:
    *tables, name = key.split(".")
    kind: Any = Settings
    for table in tables:
        kind = _field(kind, table, key)
        checked = checked.setdefault(table, {})
    field = _field(kind, name, key)
    if isinstance(value, WorkloadSettings):
        checked[name] = msgspec.to_builtins(value)
        return
    try:
        msgspec.convert(msgspec.to_builtins(value), field)
    except msgspec.ValidationError as error:
        reason = str(error).replace("`", "")
        raise SettingsError(
            f"{COMMAND_LINE}: {key}", f"{reason} (given: {value!r:.80})", _near_value(field, value)
        ) from error
    checked[name] = msgspec.to_builtins(value)


def _field(kind: Any, name: str, key: str) -> Any:
    for field in msgspec.structs.fields(kind):
        if field.encode_name == name:
            return field.type
    known = [field.encode_name for field in msgspec.structs.fields(kind)]
    raise _unknown(tuple(key.split(".")), known, _Place(Path(COMMAND_LINE), {}))
