"""A proposed split carried out: the text of the module and of the files beside it.

The module stays where it is and hands on what its parts hold, so that import paths, pickles and
`__file__` stay right; a part lies in the same folder, so that relative imports do too. Definitions
keep the module's name as their `__module__`. What cannot move without being noticed stays.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from whet.codebase.structure.making import is_logger
from whet.codebase.structure.measures import code_lines
from whet.codebase.structure.movable import staying
from whet.codebase.structure.names import module_names
from whet.codebase.structure.references import definitions_of, first_line, names_read
from whet.codebase.structure.split import LEAST_LINES, propose_split
from whet.codebase.structure.top import Top, type_block
from whet.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from whet.codebase.structure.references import Definition
    from whet.codebase.syntax import SourceModule
    from whet.records.structure import SplitProposal

_WIDTH = 88
_OWN_MODULE = frozenset({"collections.namedtuple", "typing.NewType"})  # bear their maker's module


@dataclass(frozen=True)
class Parting:
    """A module taken apart.

    Attributes:
        files: What the files hold afterwards, by path relative to the project.
        moved: Definitions, by the file that they are in now.
        stays: Definitions that stay in the module, with the reason.
        settable: Public values that moved: who assigns one in the module, from outside of the
            project, does not reach what uses it any more.
    """

    files: dict[str, bytes]
    moved: dict[str, tuple[str, ...]]
    stays: dict[str, str]
    settable: tuple[str, ...]


def take_apart(file: str, modules: Sequence[SourceModule]) -> Parting:
    """Carry out the split that is proposed for a module.

    Args:
        file: Of the module, relative to the project.
        modules: All Python files of the project.

    Raises:
        TargetError: There is no such module, no split for it, or nothing of it can move.
    """
    what = f"module {file!r}"
    module = next((each for each in modules if each.file == file), None)
    if module is None or module.tree is None:
        reason = "is no Python file of the project" if module is None else module.reason
        raise TargetError(what, reason, "`whet check --structure` lists the modules")
    if reason := _unfit(module, modules):
        raise TargetError(what, reason)
    names = module_names(each.file for each in modules)
    definitions = {each.name: each for each in definitions_of(module, code_lines(module))}
    proposal = propose_split(file, tuple(definitions.values()), users={}, siblings=names)
    if proposal is None:
        raise TargetError(what, "hangs together: no split is proposed for it")
    top = Top(module, names.get(file, PurePosixPath(file).stem))
    _check_place(top, modules)
    stays = staying(top, definitions, modules)
    groups = _groups(proposal, definitions, stays)
    if not groups:
        reasons = "; ".join(f"{name}: {why}" for name, why in list(stays.items())[:5])
        raise TargetError(what, f"nothing of it can move without being noticed ({reasons})")
    return _Writer(top, definitions, groups, modules).written(stays)


def _check_place(top: Top, modules: Sequence[SourceModule]) -> None:
    """Refuse a module whose parts would not be found the way that it is.

    Raises:
        TargetError: It may be run by its path, or its folder is no package.
    """
    what = f"module {top.module.file!r}"
    if not _in_package(top.module.file, modules):
        if "." in top.name:
            reason = "lies in a folder without __init__.py: its parts may not be found"
            raise TargetError(what, reason, "Give the folder an __init__.py first")
    elif top.program and not top.relative:
        reason = "may be run as a program by its path, which would not find parts beside it"
        raise TargetError(what, reason, "Move its `if __name__ ==` into a file of its own first")


def _in_package(file: str, modules: Iterable[SourceModule]) -> bool:
    init = str(PurePosixPath(file).with_name("__init__.py"))
    return any(each.file == init for each in modules)


def _unfit(module: SourceModule, modules: Iterable[SourceModule]) -> str:
    """Why a module is not taken apart at all; "" if nothing speaks against it."""
    if module.encoding not in {"utf-8", "utf-8-sig"}:
        return f"is not in UTF-8 but in {module.encoding}"
    if module.scopes.star_import:
        return "imports everything of another module, so nobody can tell what it uses"
    again = next((each.file for each in modules if "reload" in each.words), None)
    if again is not None:
        return f"may be loaded anew by {again}, which would leave its parts as they were"
    return ""


def _groups(
    proposal: SplitProposal, definitions: dict[str, Definition], stays: dict[str, str]
) -> dict[str, list[str]]:
    """What moves, by file. A part that little is left of stays, unless another part needs it."""
    found: dict[str, list[str]] = {}
    for move in proposal.moves:
        if move.name not in stays:
            found.setdefault(move.target, []).append(move.name)
    while small := [each for each in found if _is_idle(each, found, definitions)]:
        del found[small[0]]
    moved = {name for names in found.values() for name in names}
    for name in definitions:
        if name not in moved and name not in stays:
            stays[name] = "there is too little with it for a file"
    return found


def _is_idle(file: str, groups: dict[str, list[str]], definitions: dict[str, Definition]) -> bool:
    own = set(groups[file])
    large = sum(definitions[name].lines for name in own) >= LEAST_LINES
    others = (name for other, names in groups.items() if other != file for name in names)
    return not large and not any(own & set(definitions[name].uses) for name in others)


@dataclass(frozen=True)
class _Writer:
    """Writes the files of one split."""

    top: Top
    definitions: dict[str, Definition]
    groups: dict[str, list[str]]  # file -> names
    modules: Sequence[SourceModule]

    def written(self, stays: dict[str, str]) -> Parting:
        files = {self.top.module.file: self._face().encode(self.top.module.encoding)}
        for file, names in self.groups.items():
            files[file] = self._part(file, names).encode()
        moved = {file: tuple(names) for file, names in self.groups.items()}
        values = (n for names in moved.values() for n in names if not n.startswith("_"))
        settable = tuple(sorted(n for n in values if self.definitions[n].kind == "value"))
        return Parting(files, moved, stays, settable)

    def _lines_of(self, name: str) -> range:
        """The lines of a definition, counted from 1, with the comments right above it."""
        lines = self.top.module.lines
        first = self.definitions[name].line
        while first > 1 and re.match(rb"\s*#(?!!)", lines[first - 2]) and first > 3:  # noqa: PLR2004 -- a head of licence and encoding stays
            first -= 1
        return range(first, self.definitions[name].end_line + 1)

    def _face(self) -> str:
        """The module without what moved, and with what it hands on."""
        module = self.top.module
        moved = [name for names in self.groups.values() for name in names]
        gone = {line for name in moved for line in self._lines_of(name)}
        place = min(gone)
        rows: list[str] = []
        for number, row in enumerate(module.lines, 1):
            if number == place:
                rows += [f"{each}{module.newline}" for each in self._handed_on()]
            if number not in gone:
                rows.append(row.decode())
        text = "".join(rows).rstrip() + module.newline
        blank = re.escape(module.newline)
        return re.sub(rf"(?:{blank}){{4,}}", module.newline * 3, text)

    def _handed_on(self) -> Iterator[str]:
        for file, names in self.groups.items():
            yield from self._import_from(file, names)
        kinds = {name: self.definitions[name].kind for n in self.groups.values() for name in n}
        bearing = [n for n, kind in kinds.items() if kind != "value" or self._bears_module(n)]
        if bearing:
            moved = self.top.module.fresh_name("_moved")
            yield ""
            yield from _wrapped(f"for {moved} in (", bearing, "):")
            yield f"    {moved}.__module__ = __name__"
            yield f"del {moved}"
        yield ""

    def _bears_module(self, name: str) -> bool:
        match self.top.statements[name][0]:
            case ast.Assign(value=ast.Call(func=func)) | ast.AnnAssign(value=ast.Call(func=func)):
                return self.top.module.scopes.dotted(func) in _OWN_MODULE
            case _:
                return False

    def _import_from(self, file: str, names: Sequence[str]) -> Iterator[str]:
        dot = "." if _in_package(self.top.module.file, self.modules) else ""
        yield from _wrapped(f"from {dot}{PurePosixPath(file).stem} import (", sorted(names), ")")

    def _part(self, file: str, names: Sequence[str]) -> str:
        """A new file: docstring, imports, and the definitions as they stood."""
        module = self.top.module
        nodes = [self.top.statements[name][0] for name in names]
        used = {each for node in nodes for each in names_read(node)}
        head = [f'"""A part of `{self.top.name}`, which hands all of it on."""', ""]
        futures = [
            ast.unparse(node)
            for node in self.top.body
            if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        ]
        imports = [*_imports_for(self.top.body, used)]
        types = [
            f"    {row}" for node in self.top.body for row in _imports_for(type_block(node), used)
        ]
        if types and "TYPE_CHECKING" not in used:
            imports.append("from typing import TYPE_CHECKING")
        own = [
            row
            for other, theirs in self.groups.items()
            if other != file and (needed := used & set(theirs))
            for row in self._import_from(other, sorted(needed))
        ]
        for block in (futures, imports, own, ["if TYPE_CHECKING:", *types] if types else []):
            head += [*block, ""] if block else []
        return module.newline.join(head).rstrip() + module.newline + self._texts(names, nodes)

    def _texts(self, names: Sequence[str], nodes: Sequence[ast.stmt]) -> str:
        """The definitions in the order of their lines, values close together."""
        module = self.top.module
        text, last = "", ""
        for name, node in sorted(zip(names, nodes, strict=True), key=lambda e: first_line(e[1])):
            rows = "".join(module.lines[line - 1].decode() for line in self._lines_of(name))
            if is_logger(module, node):
                rows = rows.replace("__name__", f'"{self.top.name}"')
            kind = self.definitions[name].kind
            blank = int(not text or rows.startswith("#")) if {kind, last} <= {"value", ""} else 2
            text += module.newline * blank + rows.rstrip() + module.newline
            last = kind
        return text


def _imports_for(body: Iterable[ast.stmt], used: set[str]) -> Iterator[str]:
    """The import statements that bind some of these names, with no others."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
            needed = [a for a in node.names if (a.asname or a.name.partition(".")[0]) in used]
            if not needed or future:
                continue
            if isinstance(node, ast.Import):
                yield from (ast.unparse(ast.Import(names=[alias])) for alias in needed)
                continue
            source = "." * node.level + (node.module or "")
            said = [f"{a.name} as {a.asname}" if a.asname else a.name for a in needed]
            yield from _wrapped(f"from {source} import (", said, ")")


def _wrapped(opening: str, names: Sequence[str], closing: str) -> Iterator[str]:
    """Names between brackets: on a line where they fit, else a line each."""
    statement = opening.startswith("from ")
    single = opening.rstrip("(") if statement else opening
    comma = "," if not statement and len(names) == 1 else ""
    line = f"{single}{', '.join(names)}{comma}{'' if statement else closing}"
    if len(line) <= _WIDTH:
        yield line
        return
    yield opening
    yield from (f"    {name}," for name in names)
    yield closing
