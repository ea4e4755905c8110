"""Settings files as plain values with the line of every key."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from whet.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import yaml

Lines = dict[tuple[str, ...], int]  # path of keys -> line, from 1

# The resolver of YAML 1.2: `on`, `yes` and `off` are words, not booleans.
_PLAIN = (
    ("tag:yaml.org,2002:null", re.compile(r"(?:~|null|Null|NULL|)\Z"), None),
    ("tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), None),
    ("tag:yaml.org,2002:int", re.compile(r"[-+]?[0-9]+\Z"), None),
    (
        "tag:yaml.org,2002:float",
        re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z"),
        None,
    ),
)
_MOST_BYTES = 1_000_000
_DEEPEST = 20


def read_yaml(path: Path) -> tuple[Any, Lines]:
    """A YAML file as plain values, and the line of every key.

    Raises:
        SettingsError: Unreadable, no YAML, aliases, duplicate keys.
    """
    import yaml

    text = _read(path)
    loader = yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader
    try:
        _refuse_machinery(path, yaml.parse(text, Loader=loader))
        node = yaml.compose(text, Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or "not readable"
        raise SettingsError(where, f"is no YAML: {problem}") from error
    lines: Lines = {}
    if node is None:
        return {}, lines
    return _plain(path, node, (), lines), lines


def _refuse_machinery(path: Path, events: Iterable[yaml.Event]) -> None:
    """Aliases could unfold to billions of values; tags ask for objects. Settings need neither."""
    import yaml

    for event in events:
        where = f"{path}:{event.start_mark.line + 1}" if event.start_mark else str(path)
        if isinstance(event, yaml.AliasEvent):
            raise SettingsError(where, f"has the alias *{event.anchor:.40}", "Write the value out")
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise SettingsError(where, f"has the tag {tag:.80}", "Write the plain value")


def _plain(path: Path, node: yaml.Node, keys: tuple[str, ...], lines: Lines) -> Any:
    import yaml

    where = f"{path}:{node.start_mark.line + 1}"
    if len(keys) > _DEEPEST:
        raise SettingsError(where, "is nested too deeply")
    if isinstance(node, yaml.MappingNode):
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode) or key in values:
                reason = f"key {key[:80]!r} stands here twice or is no word"
                raise SettingsError(f"{path}:{line}", reason)
            lines[(*keys, key)] = line
            values[key] = _plain(path, value_node, (*keys, key), lines)
        return values
    if isinstance(node, yaml.SequenceNode):
        items = enumerate(node.value)
        return [_plain(path, item, (*keys, str(index)), lines) for index, item in items]
    try:
        return _scalar(node)
    except ValueError as error:  # Python converts no number of thousands of digits
        reason = f"a number of {len(node.value)} digits"
        raise SettingsError(where, reason, "Write a smaller one") from error


def _scalar(node: yaml.Node) -> Any:
    text: str = node.value
    if getattr(node, "style", None) in {"'", '"', "|", ">"}:
        return text
    for tag, pattern, _ in _PLAIN:
        if pattern.match(text):
            return _converted(tag.rpartition(":")[2], text)
    return text


def _converted(kind: str, text: str) -> Any:
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    return int(text) if kind == "int" else float(text)


def read_toml(path: Path) -> tuple[Any, Lines] | None:
    """`[tool.whet]` of a `pyproject.toml`, and the line of every key; None without that table.

    Raises:
        SettingsError: Unreadable or no TOML.
    """
    text = _read(path)
    if not re.search(r"^\s*\[+\s*tool\b|^\s*tool\b", text, re.MULTILINE):
        return None
    try:
        table = tomllib.loads(text)
    except ValueError as error:  # TOMLDecodeError is one, a number of 5,000 digits another
        raise SettingsError(str(path), f"is no TOML: {error}") from error
    tool = table.get("tool")
    if not isinstance(tool, dict) or "whet" not in tool:
        return None
    return tool["whet"], _toml_lines(text)


def _toml_lines(text: str) -> Lines:
    """The line of every `key =` below `[tool.whet…]`; keys of inline tables have their table's."""
    lines: Lines = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line)
        if header:
            table = _dotted(header[1])
            lines.setdefault(table[2:], number)
            continue
        key = re.match(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*[\w"'-]+)*)\s*=""", line)
        if key:
            full = (*table, *_dotted(key[1]))
            if full[:2] == ("tool", "whet"):
                lines.setdefault(full[2:], number)
    return lines


def _dotted(text: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in text.split("."))


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise SettingsError(str(path), f"cannot be read: {error.strerror}") from error
    if len(raw) > _MOST_BYTES:
        raise SettingsError(str(path), "is larger than 1 MB, which no settings file is")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise SettingsError(f"{path}:{line}", "is not UTF-8") from error
