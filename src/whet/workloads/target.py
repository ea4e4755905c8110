"""What the user named becomes a workload."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from whet.errors import TargetError
from whet.records import Workload
from whet.workloads.asv import CONFIGURATION, suite_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAME = r"[^\W\d]\w*"
_CALLABLE = re.compile(rf"{_NAME}(\.{_NAME})*:{_NAME}(\.{_NAME})*")
_MODULE = re.compile(rf"{_NAME}(\.{_NAME})*")
_OPERATORS = frozenset({"|", "||", "&&", "&", ";", ">", ">>", "<", "2>", "2>&1", "|&"})
_ASV_COMMANDS = frozenset({"run", "dev", "continuous", "profile", "check", "compare", "bench"})
_FORMS = "Give path.py, module:callable, pytest, pytest:NODEID, asv, git, or a command line"


def parse_target(text: str, project: Path, argv: Sequence[str] = ()) -> Workload:
    """The workload that a text names.

    Args:
        text: `path.py`, `-m module`, `module:callable`, `pytest`, `pytest:NODEID`, `asv`, `git`
            or a command line, each with its arguments, quoted as for a shell. Empty: `argv` is
            all.
        project: What paths are relative to.
        argv: More arguments; alone, the words of a command after `--`.

    Raises:
        TargetError: It names nothing that can be run.
    """
    words = [*_split(text), *argv]
    what = f"workload {shlex.join(words)!r}"
    if not words:
        raise TargetError("the workload", "is empty", _FORMS)
    operator = next((word for word in words if word in _OPERATORS), None)
    if operator is not None and not argv:
        reason = f"uses {operator!r}, but whet runs one program without a shell"
        raise TargetError(what, reason, f"Give sh -c {shlex.quote(text)!r} if that is meant")
    if not text:
        return _command(words, what, project)
    return _named(words, what, project) or _command(words, what, project)


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise TargetError(f"workload {text!r}", f"is not a command line: {error}") from error


def _named(words: list[str], what: str, project: Path) -> Workload | None:
    """One of the forms that have a kind of their own."""
    first, rest = words[0], tuple(words[1:])
    if first == "git" and not rest:
        return Workload(kind="git")
    if first == "asv" or first.partition(":")[0] == "pytest":
        return _suite(first, rest, what, project)
    if first == "-m":
        return _module(rest, what)
    if first.endswith((".py", ".pyw")):
        return Workload(kind="script", target=_script(first, what, project), argv=rest)
    if _CALLABLE.fullmatch(first):
        return Workload(kind="callable", target=first, argv=rest)
    return None


def _pytest(node: str, rest: tuple[str, ...], what: str, project: Path) -> Workload:
    file = node.partition("::")[0]
    if file and not (project / file).exists():
        raise TargetError(what, f"there is no {file!r} in {project}", _nearest(file, project))
    return Workload(kind="pytest", target=node, argv=rest)


def _suite(first: str, rest: tuple[str, ...], what: str, project: Path) -> Workload | None:
    if first == "asv":
        return _asv(rest, what, project)
    return _pytest(first.partition(":")[2], rest, what, project)


def _asv(rest: tuple[str, ...], what: str, project: Path) -> Workload | None:
    if rest and rest[0] in _ASV_COMMANDS:
        return None  # asv itself is meant
    folder = suite_folder(project)
    if folder is None:
        raise TargetError(what, f"there is no {CONFIGURATION} in {project}", _FORMS)
    return Workload(kind="asv", target=folder, argv=rest)


def _module(rest: tuple[str, ...], what: str) -> Workload:
    if not rest or not _MODULE.fullmatch(rest[0]):
        raise TargetError(what, "-m needs the name of a module", _FORMS)
    return Workload(kind="module", target=rest[0], argv=rest[1:])


def _script(text: str, what: str, project: Path) -> str:
    """The path relative to the project; so it also names the file in a copy."""
    path = project / Path(text).expanduser()
    if not path.is_file():
        # The command line may have been typed in another folder than the project.
        here = Path.cwd() / text
        if not here.is_file():
            raise TargetError(what, f"there is no {text!r} in {project}", _nearest(text, project))
        path = here
    inside = os.path.relpath(path.resolve().parent, project.resolve())
    if inside.startswith(".."):
        way_out = f"Name the project that holds it, such as {str(path.resolve().parent)!r}"
        raise TargetError(what, f"lies outside the project {project}", way_out)
    return os.path.normpath(Path(inside) / path.name)


def _command(words: list[str], what: str, project: Path) -> Workload:
    first = words[0]
    if os.sep in first:
        first = _program(first, what, project)
    return Workload(kind="command", argv=(first, *words[1:]))


def _program(text: str, what: str, project: Path) -> str:
    """The path of a program; absolute unless every copy of the project has it too."""
    inside = project / text
    path = inside if inside.exists() else Path(text)
    if not path.exists():
        raise TargetError(what, f"there is no {text!r}", _FORMS)
    path = Path(os.path.abspath(path))  # noqa: PTH100 - an environment's python is a link: kept
    copied = path == inside.absolute() and not _in_environment(path, project.absolute())
    return text if copied else str(path)


def _in_environment(path: Path, project: Path) -> bool:
    """Whether a path lies in a virtual environment of the project, which its copies lack."""
    folders = [folder for folder in path.parents if folder.is_relative_to(project)]
    return any((folder / "pyvenv.cfg").is_file() for folder in folders if folder != project)


def _nearest(text: str, project: Path) -> str:
    import difflib

    name = Path(text).name
    paths = {p.name: p for p in sorted(project.rglob("*.py"))[:5000] if ".venv" not in p.parts}
    close = difflib.get_close_matches(name, list(paths), n=1)
    return f"Did you mean {str(paths[close[0]].relative_to(project))!r}?" if close else _FORMS
