"""The sources of hot places: only hot files are parsed, the others are searched for names."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from whet.codebase.syntax import SourceModule
from whet.errors import WhetError
from whet.records import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from whet.records import HotPlace


def read_hot_modules(
    root: Path, hot: Iterable[HotPlace], project_files: Collection[str]
) -> tuple[tuple[SourceModule, ...], tuple[str, ...]]:
    """The modules that hold hot places, and notes on those that could not be analyzed.

    Args:
        root: The project's folder.
        hot: Whose files are read.
        project_files: All files of the project, relative; those in Python are searched for uses
            of the hot modules' names.
    """
    modules, notes = [], []
    texts = _texts(root, project_files)
    for file in dict.fromkeys(place.file for place in hot):
        if file != printable(file):
            notes.append(f"{printable(file)}: not analyzed: its name is not UTF-8")
            continue
        try:
            source = (root / file).read_bytes()
        except OSError as error:
            notes.append(f"{file}: {WhetError('not analyzed', str(error))}")
            continue
        others = [text for name, text in texts.items() if name != file]
        module = SourceModule(source, file, outside=names_used_outside(file, others))
        modules.append(module)
        if module.tree is None:
            notes.append(f"{file}: {module.reason}")
    return tuple(modules), tuple(notes)


def function_finder(root: Path) -> Callable[[str, int], tuple[str, int] | None]:
    """Tells the qualified name and the `def` line of the function around a line of a file.

    Files are read when they are asked about, each once; a line outside of functions, or in a file
    that cannot be analyzed, belongs to none.
    """
    modules: dict[str, SourceModule | None] = {}

    def find(file: str, line: int) -> tuple[str, int] | None:
        if file not in modules:
            try:
                modules[file] = SourceModule.parse(root / file, root=root)
            except WhetError:
                modules[file] = None
        module = modules[file]
        if module is None or module.tree is None:
            return None
        node = module.function_at(line)
        return None if node is None else (module.scopes.qualified_name(node), node.lineno)

    return find


def _texts(root: Path, project_files: Collection[str]) -> dict[str, str]:
    texts = {}
    for file in project_files:
        if file.endswith((".py", ".pyi")):
            try:
                texts[file] = (root / file).read_bytes().decode("latin-1")
            except OSError:
                continue  # gone, or no file: it uses nothing
    return texts


def names_used_outside(file: str, texts: Iterable[str]) -> frozenset[str]:
    """Names of a module that other files mention as its own, in code or in strings.

    `from module import a`, `module.b`, `import module as m` with `m.c`, "package.module.d", any
    quoted word (`setattr(module, "e", fake)`); "*" for a star import. Packages that other files
    hold by `import package` are told as "package.": they may live on submodules that somebody
    else has loaded. Too many names are harmless, they only make remedies more careful.
    """
    path = PurePosixPath(file)
    stem = path.parent.name if path.stem == "__init__" else path.stem
    if not stem:
        return frozenset()
    module = re.escape(stem)
    imported = re.compile(rf"from\s+[\w.]*\b{module}\s+import\s*(\([^)]*\)|[^\n]*)")
    package = re.compile(r"from\s+\.+\s+import\s*(\([^)]*\)|[^\n]*)")
    alias = re.compile(rf"\b{module}\s+as\s+(\w+)")
    names: set[str] = set()
    for text in texts:
        names.update(f"{held}." for held in _held_packages(text))
        if stem not in text and path.stem != "__init__":
            continue
        found = list(imported.findall(text))
        if path.stem == "__init__":
            found += package.findall(text)
        for clause in found:
            names.update(re.findall(r"\w+|\*", re.sub(r"#.*|\bas\s+\w+", "", clause)))
        for bound in {stem, *alias.findall(text)}:
            names.update(re.findall(rf"\b{re.escape(bound)}\s*\.\s*(\w+)", text))
        names.update(_QUOTED.findall(text))
    return frozenset(names)


_QUOTED = re.compile(r"""["'](\w+)["']""")
_IMPORTS = re.compile(r"^[ \t]*import[ \t]+([^\n#;]+)", re.MULTILINE)


def _held_packages(text: str) -> set[str]:
    """Top-level packages whose name, or an alias of it, `import` statements bind."""
    held = set()
    for clause in _IMPORTS.findall(text):
        for part in clause.split(","):
            name, renamed, _ = part.strip().partition(" as ")
            if not (renamed and "." in name):
                held.add(name.partition(".")[0].strip())
    return held
