"""Turns (file, line, name) as a sampler saw it into a place in the source."""

from __future__ import annotations

import ast
import functools
from pathlib import Path
from typing import NamedTuple

_LARGEST_SOURCE_BYTES = 8_000_000
_COMPREHENSIONS = frozenset({"<listcomp>", "<genexpr>", "<dictcomp>", "<setcomp>"})
_FOREIGN_FOLDERS = frozenset({"site-packages", "dist-packages"})
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef

IMPORT_MACHINERY = "<frozen importlib"  # what its file names begin with
IMPORT_PLACE = "<frozen importlib>"


class RawFrame(NamedTuple):
    """A frame as a sampler named it."""

    name: str
    file: str
    line: int


class Place(NamedTuple):
    """A function in a file; `line` is that of its `def`, `hot_line` the one being executed."""

    name: str
    file: str
    line: int
    hot_line: int
    in_project: bool


class _Definitions(NamedTuple):
    """One function of a file."""

    start: int
    end: int
    line: int
    name: str


def is_comprehension(name: str) -> bool:
    """Whether a name is that of a comprehension or generator expression."""
    return name.rsplit(".", 1)[-1] in _COMPREHENSIONS


class Places:
    """Looks places up in the sources of one run; each file is parsed once, on first use.

    Comprehensions and generator expressions count as part of the function that holds them, as they
    do in Python 3.12 and later. Frames of whet's own probe are no places.

    Args:
        root: The folder that ran; files inside it get paths relative to it.
        hidden: Folders whose frames belong to whet.
    """

    def __init__(self, root: Path, hidden: tuple[Path, ...] = ()) -> None:
        self._root = str(root.resolve())
        self._roots = tuple({str(root), self._root})
        folders = [*hidden, *(path.resolve() for path in hidden)]
        self._hidden = tuple({str(path) for path in folders})
        self._definitions: dict[str, tuple[_Definitions, ...]] = {}
        self._sources: dict[str, list[str]] = {}
        self.place = functools.cache(self._place)

    def is_hidden(self, frame: RawFrame) -> bool:
        """Whether a frame belongs to whet's probe or to how Python starts a program."""
        file = frame.file
        if not file:
            return True
        if "/whet_probe/" in file or file.startswith(("<frozen runpy", "<whet")):
            return True
        if file.endswith("/runpy.py") and frame.name.startswith(("_run_", "run_")):
            return True
        return file.startswith(self._hidden) if self._hidden else False

    def _place(self, frame: RawFrame) -> Place:
        if frame.file.startswith(IMPORT_MACHINERY):
            return Place("<import>", IMPORT_PLACE, 0, 0, in_project=False)
        file, in_project = self._relative(frame.file)
        if frame.name == "<module>":
            return Place("<module>", file, 1, frame.line, in_project)
        bare = frame.name.rsplit(".", 1)[-1]
        found = self._enclosing(frame.file, frame.line, bare)
        if found is not None:
            name = found.name
            if "." in frame.name and bare not in _COMPREHENSIONS and bare != "<lambda>":
                name = frame.name
            return Place(name, file, found.line, frame.line, in_project)
        if bare in _COMPREHENSIONS:
            return self._owner_without_source(frame, file, in_project=in_project)
        return Place(frame.name, file, 0, frame.line, in_project)

    def _owner_without_source(self, frame: RawFrame, file: str, *, in_project: bool) -> Place:
        owner = frame.name.rsplit(".<locals>.", 1)
        if len(owner) == 2:  # noqa: PLR2004 - the qualified name has an owner
            return Place(owner[0], file, 0, frame.line, in_project)
        if self._parsed(frame.file):  # parsed, and in no function: at module level
            return Place("<module>", file, 1, frame.line, in_project)
        return Place(frame.name, file, 0, frame.line, in_project)

    def _relative(self, file: str) -> tuple[str, bool]:
        for root in self._roots:
            if file.startswith(root + "/"):
                relative = file[len(root) + 1 :]
                return relative, _FOREIGN_FOLDERS.isdisjoint(relative.split("/"))
        if file.startswith(("/", "<")):
            return file, False
        inside = (Path(self._root) / file).is_file()
        return file.removeprefix("./"), inside

    def source_line(self, file: str, line: int) -> str:
        """The text of a line, stripped; empty if the file cannot be read."""
        self._parsed(file)
        lines = self._sources.get(file, [])
        return lines[line - 1].strip() if 0 < line <= len(lines) else ""

    def _enclosing(self, file: str, line: int, bare: str) -> _Definitions | None:
        inside = [d for d in self._parsed(file) if d.start <= line <= d.end]
        if bare not in _COMPREHENSIONS:
            inside = [d for d in inside if d.name.rsplit(".", 1)[-1] == bare]
        return max(inside, key=lambda d: (d.start, -d.end), default=None)

    def _parsed(self, file: str) -> tuple[_Definitions, ...]:
        if file not in self._definitions:
            self._definitions[file] = self._parse(file)
        return self._definitions[file]

    def _parse(self, file: str) -> tuple[_Definitions, ...]:
        path = Path(self._root, file)
        try:
            if file.startswith("<") or path.stat().st_size > _LARGEST_SOURCE_BYTES:
                return ()
            source = path.read_bytes()
            self._sources[file] = source.decode("utf-8", "replace").splitlines()
            tree = ast.parse(source)
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            return ()  # newer syntax, not Python, or gone: the name stays as the sampler gave it
        return tuple(_definitions(tree))


def _definitions(tree: ast.AST) -> list[_Definitions]:
    """All functions of a module with their qualified names; iterative, for deeply nested code."""
    found: list[_Definitions] = []
    pending: list[tuple[ast.AST, str]] = [(tree, "")]
    while pending:
        node, prefix = pending.pop()
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, _Definition):
                pending.append((child, prefix))
                continue
            name = prefix + ("<lambda>" if isinstance(child, ast.Lambda) else child.name)
            if isinstance(child, ast.ClassDef):
                pending.append((child, name + "."))
                continue
            decorators = [] if isinstance(child, ast.Lambda) else child.decorator_list
            start = min([child.lineno, *(each.lineno for each in decorators)])
            end = child.end_lineno or child.lineno
            found.append(_Definitions(start, end, child.lineno, name))
            pending.append((child, name + ".<locals>."))
    return found
