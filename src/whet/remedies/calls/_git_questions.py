"""What a call asks git about one item of a loop, where one process could answer for many."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whet.remedies._locals import is_editable
from whet.remedies._places import can_be_replaced

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule

    Read = tuple[str, dict[str, str], ast.expr]

_RUN = "subprocess.run"
_KEYWORDS = {
    "subprocess.check_output": frozenset({"cwd", "stderr", "stdin"}),
    _RUN: frozenset({"capture_output", "check", "cwd", "stderr", "stdin", "stdout"}),
}
_TEXT = frozenset({"encoding", "errors", "text", "universal_newlines"})
_FIELDS = {"-t": "1", "-s": "2"}  # of the line that `git cat-file --batch-check` gives
_NEWEST = (["-1"], ["-n1"], ["-n", "1"], ["--max-count=1"])
_FORMAT = re.compile(r"--(?:format|pretty)=(format:|tformat:)?([ -~]+)")
_PLACEHOLDERS = re.compile(r"(?:[^%]|%(?:[HhTts%]|[ac][neIti]))*")


@dataclass(frozen=True, slots=True)
class Question:
    """What one call asks git.

    Attributes:
        whole: The expression that is the answer: the call, or its `.stdout`.
        asks: The definition that answers for many: "objects" or "log".
        details: Source of the arguments that say what is asked, by parameter.
        name: What git is given last: the item, or a text made of it.
        folder: Where git runs; None: where the program does.
        text: Encoding and errors where the answer is text; None: it is bytes.
    """

    whole: ast.expr
    asks: str
    details: dict[str, str]
    name: ast.expr
    folder: ast.expr | None
    text: tuple[Any, Any] | None


def question(module: SourceModule, call: ast.Call) -> Question | None:
    """What a call asks git about one name; None: it is no such call, or another form."""
    runner = module.scopes.dotted(call.func) or ""
    whole = module.scopes.parent(call) if runner == _RUN else call
    options = {str(keyword.arg): keyword.value for keyword in call.keywords}
    match call.args:
        case [ast.List(elts=words) | ast.Tuple(elts=words)] if runner in _KEYWORDS:
            folders, rest = _folders(words)
        case _:
            return None
    read = _read(rest) if rest else None
    if read is None or not _is_plain(module, runner, options) or not isinstance(whole, ast.expr):
        return None
    if whole is not call and not (isinstance(whole, ast.Attribute) and whole.attr == "stdout"):
        return None
    asks, details, name = read
    folders += [options["cwd"]] if "cwd" in options else []
    movable = all(is_editable(module, node) for node in (name, *folders))
    if len(folders) > 1 or not movable or not can_be_replaced(module, whole):
        return None
    return Question(whole, asks, details, name, next(iter(folders), None), _text(options))


def _is_plain(module: SourceModule, runner: str, options: dict[str, ast.expr]) -> bool:
    """Whether git's own words, and nothing else, are what a call gives."""
    quiet = [options[name] for name in ("stdin", "stderr") if name in options]
    constants = [options[name] for name in ("check", *sorted(_TEXT)) if name in options]
    return (
        set(options) <= _KEYWORDS[runner] | _TEXT
        and not {"text", "universal_newlines"} <= set(options)
        and all(module.scopes.dotted(value) == "subprocess.DEVNULL" for value in quiet)
        and all(isinstance(value, ast.Constant) for value in constants)
        and (runner != _RUN or _is_kept(module, options))
    )


def _is_kept(module: SourceModule, options: dict[str, ast.expr]) -> bool:
    """Whether `subprocess.run` keeps what git writes."""
    match options:
        case {"capture_output": captured}:
            alone = not {"stdout", "stderr"} & set(options)
            return alone and isinstance(captured, ast.Constant) and captured.value is True
        case {"stdout": pipe}:
            return module.scopes.dotted(pipe) == "subprocess.PIPE"
        case _:
            return False


def _text(options: dict[str, ast.expr]) -> tuple[Any, Any] | None:
    """The encoding and errors by which an answer becomes text; None: it stays bytes."""
    held = {
        name: value.value for name, value in options.items() if isinstance(value, ast.Constant)
    }
    if not any(held.get(name) for name in _TEXT):
        return None
    return held.get("encoding"), held.get("errors")


def _folders(words: list[ast.expr]) -> tuple[list[ast.expr], list[ast.expr]]:
    """The folders after `git -C`, and the words from the command on; none: it is not known."""
    if not words or _constant(words[0]) != "git":
        return [], []
    folders, place = [], 1
    while place + 1 < len(words):
        match _constant(words[place]):
            case "-C":
                folders.append(words[place + 1])
                place += 2
            case "--no-pager":
                place += 1
            case _:
                break
    return folders, words[place:]


def _constant(word: ast.expr) -> str | None:
    if isinstance(word, ast.Constant) and isinstance(word.value, str):
        return word.value
    return None


def _read(words: list[ast.expr]) -> Read | None:
    """Which definition answers a command, what it must be told, and the name that is asked."""
    *flags, name = words
    match [_constant(word) for word in flags]:
        case ["cat-file", "blob" | "-p"] | ["show"]:
            return "objects", {}, name
        case ["cat-file", "-t" | "-s" as flag]:
            return "objects", {"field": _FIELDS[flag]}, name
        case ["rev-parse", *verify] if set(verify) <= {"--verify", "--quiet", "-q"}:
            return "objects", {"field": "0"}, name
        case ["log", *options, "--"]:
            shown = _shown([str(option) for option in options])
            return ("log", {"shown": json.dumps(shown)}, name) if shown else None
        case _:
            return None


def _shown(options: list[str]) -> str | None:
    """What `git log` writes for the newest commit, as one format; None: it cannot be told."""
    formats = [found for option in options if (found := _FORMAT.fullmatch(option))]
    if len(formats) != 1 or [o for o in options if o != formats[0].string] not in _NEWEST:
        return None
    kind, text = formats[0].groups()
    if not _PLACEHOLDERS.fullmatch(text) or ("%" not in text and kind is None):
        return None
    return text if kind == "format:" else f"{text}%n"
