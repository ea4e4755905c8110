"""The sources of hot places: only hot files are parsed, the others are searched for names."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from whet.codebase.syntax import SourceModule
from whet.diagnosis.hotspots import is_test
from whet.errors import WhetError
from whet.records import printable
from whet.remedies import ANNOTATION_WORDS, DICTIONARY_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from whet.codebase.cache import FileCache
    from whet.records import HotPlace


def module_of(cache: FileCache, file: str) -> SourceModule:
    """One file of a project, parsed once as long as it does not change.

    Raises:
        WhetError: It cannot be read.
    """
    try:
        return cache.tree(file, lambda data: SourceModule(data, file), form=f"module {file}")
    except OSError as error:
        where = f"source file {cache.root / file}"
        raise WhetError(where, str(error), "Check that it can be read") from error


def read_hot_modules(
    cache: FileCache, hot: Iterable[HotPlace], project_files: Collection[str]
) -> tuple[tuple[SourceModule, ...], tuple[str, ...]]:
    """The modules that hold hot places, and notes on those that could not be analyzed.

    Args:
        cache: Through which the project's files are read.
        hot: Whose files are read.
        project_files: All files of the project, relative; those in Python are searched for uses
            of the hot modules' names.
    """
    modules, notes = [], []
    uses = _uses(cache, project_files)
    for file in dict.fromkeys(place.file for place in hot):
        if file != printable(file):
            notes.append(f"{printable(file)}: not analyzed: its name is not UTF-8")
            continue
        try:
            source = cache.read(file)
        except OSError as error:
            notes.append(f"{file}: {WhetError('not analyzed', str(error))}")
            continue
        others = [each for name, each in uses.items() if name != file]
        module = SourceModule(source, file, outside=names_used_outside(file, others))
        modules.append(module)
        if module.tree is None:
            notes.append(f"{file}: {module.reason}")
    return tuple(modules), tuple(notes)


def function_finder(cache: FileCache) -> Callable[[str, int], tuple[str, int] | None]:
    """Tells the qualified name and the `def` line of the function around a line of a file.

    Files are read when they are asked about, each once; a line outside of functions, or in a file
    that cannot be analyzed, belongs to none.
    """
    modules: dict[str, SourceModule | None] = {}

    def find(file: str, line: int) -> tuple[str, int] | None:
        if file not in modules:
            try:
                modules[file] = module_of(cache, file)
            except WhetError:
                modules[file] = None
        module = modules[file]
        if module is None or module.tree is None:
            return None
        node = module.function_at(line)
        return None if node is None else (module.scopes.qualified_name(node), node.lineno)

    return find


def _uses(cache: FileCache, project_files: Collection[str]) -> dict[str, Uses]:
    found = {}
    for file in project_files:
        if file.endswith((".py", ".pyi")):
            make = _uses_of_a_test if is_test(file) else _uses_of_code
            try:
                found[file] = cache.facts(file, make, form=make.__name__)
            except OSError:
                continue  # gone, or no file: it uses nothing
    return found


_IMPORTED = re.compile(r"from\s+([\w.]+)\s+import\s*(\([^)]*\)|[^\n]*)")
_FROM_PACKAGE = re.compile(r"from\s+\.+\s+import\s*(\([^)]*\)|[^\n]*)")
_ALIAS = re.compile(r"\b(\w+)\s+as\s+(\w+)")
_ATTRIBUTE = re.compile(r"\b(\w+)(?=\s*\.\s*(\w+))")
_PRIVATE = re.compile(r"\.\s*(_\w+)")
_QUOTED = re.compile(r"""["'](\w+)["']""")
_STORED = re.compile(
    r"\b(?!self\b|cls\b)\w+[\])]*\.(\w+)[ \t]*(?:[-+*/|&^@]|//|\*\*|>>|<<)?=(?!=)"
)
_DYNAMIC = re.compile(rf"\b(?:{'|'.join(sorted(DICTIONARY_WORDS | ANNOTATION_WORDS))})\b")
_IMPORTS = re.compile(r"^[ \t]*import[ \t]+([^\n#;]+)", re.MULTILINE)


class Uses:
    """What one file mentions of other modules, each kind found once however often it is asked.

    Attributes:
        test: Whether it holds tests, which no other code runs.
    """

    def __init__(self, text: str, *, test: bool = False) -> None:
        self.text = text
        self.test = test

    @cached_property
    def imported(self) -> dict[str, set[str]]:
        """The names of `from a.b import c` by the last part of the module: b."""
        found = defaultdict[str, set[str]](set)
        for module, clause in _IMPORTED.findall(self.text):
            found[module.rpartition(".")[2]] |= _names(clause)
        return found

    @cached_property
    def imported_of_package(self) -> set[str]:
        """The names of `from . import c`."""
        return {name for clause in _FROM_PACKAGE.findall(self.text) for name in _names(clause)}

    @cached_property
    def aliases(self) -> dict[str, set[str]]:
        """What each name is renamed to by `as`."""
        return _by_first(_ALIAS, self.text)

    @cached_property
    def attributes(self) -> dict[str, set[str]]:
        """What is asked of each name behind a dot."""
        return _by_first(_ATTRIBUTE, self.text)

    @cached_property
    def quoted(self) -> set[str]:
        """Words in quotes."""
        return set(_QUOTED.findall(self.text))

    @cached_property
    def stored(self) -> set[str]:
        """Attributes that are set on anything but `self` and `cls`, with a dot: ".color"."""
        return {f".{name}" for name in _STORED.findall(self.text)}

    @cached_property
    def private(self) -> set[str]:
        """Private names that the program asks of something or quotes: "?._next"."""
        if self.test:
            return set()
        words = {*_PRIVATE.findall(self.text), *self.quoted}
        return {f"?.{word}" for word in words if word.startswith("_")}

    @cached_property
    def dynamic(self) -> set[str]:
        """Words of code that lives on the dictionaries of objects, or on weak references."""
        return set(_DYNAMIC.findall(self.text))

    @cached_property
    def held_packages(self) -> set[str]:
        """Top-level packages whose name, or an alias of it, `import` statements bind."""
        held = set()
        for clause in _IMPORTS.findall(self.text):
            for part in clause.split(","):
                name, renamed, _ = part.strip().partition(" as ")
                if not (renamed and "." in name):
                    held.add(name.partition(".")[0].strip())
        return held


def _uses_of_code(source: bytes) -> Uses:
    return Uses(source.decode("latin-1"))


def _uses_of_a_test(source: bytes) -> Uses:
    return Uses(source.decode("latin-1"), test=True)


def _by_first(pattern: re.Pattern[str], text: str) -> dict[str, set[str]]:
    found = defaultdict[str, set[str]](set)
    for first, second in pattern.findall(text):
        found[first].add(second)
    return found


def _names(clause: str) -> set[str]:
    return set(re.findall(r"\w+|\*", re.sub(r"#.*|\bas\s+\w+", "", clause)))


def names_used_outside(file: str, others: Iterable[Uses]) -> frozenset[str]:
    """Names of a module that other files mention as its own, in code or in strings.

    `from module import a`, `module.b`, `import module as m` with `m.c`, "package.module.d", any
    quoted word (`setattr(module, "e", fake)`); "*" for a star import. Packages that other files
    hold by `import package` are told as "package.": they may live on submodules that somebody
    else has loaded. Words that speak of the dictionaries of objects (`vars`, `pickle`), or of
    evaluating annotations (`get_type_hints`, `fastapi`), are told as they are, whoever they are
    about, and so are attributes that are set on some object, as ".color", and private ones that
    are asked of some object or quoted, as "?._next". Too many names are harmless, they only make
    remedies more careful.
    """
    path = PurePosixPath(file)
    package = path.stem == "__init__"
    stem = path.parent.name if package else path.stem
    if not stem:
        return frozenset()
    names: set[str] = set()
    for other in others:
        names.update(f"{held}." for held in other.held_packages)
        names |= other.dynamic | other.stored | other.private
        if stem not in other.text and not package:
            continue
        names |= other.imported.get(stem, set())
        if package:
            names |= other.imported_of_package
        for bound in {stem, *other.aliases.get(stem, ())}:
            names |= other.attributes.get(bound, set())
        names |= other.quoted
    return frozenset(names)
