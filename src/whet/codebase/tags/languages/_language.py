"""What a language is to the reader of tags, and which file is in which."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

# What only C++ has, at the beginning of a line of a header that C may share.
_CPP_ONLY = re.compile(
    rb"^[ \t]*(?:class|namespace|template|using|public:|private:)\b", re.MULTILINE
)


class TagLanguage(NamedTuple):
    """One language.

    Attributes:
        name: As it is shown, such as "Python".
        extensions: Ends of file names, with the dot.
        grammar: Loads the grammar package on first use; gives its language pointer.
        query: Which nodes are tags; the captures are on the names.
        package: Distribution that brings the grammar: its version is part of the cache's key.
        filenames: Whole names without an extension that tells.
        builtin: Types of the language itself: references to them are no tags.
        ambient: Names of the language's own functions and of its types' methods: a reference to
            one of them hardly ever means a definition of the project that is called alike.
        library: Gives names that the standard library defines: a reference to one of them seldom
            means the project's own. Asked for maps only, as it may import much.
        family: Languages that use each other's definitions have one; "": the name.
    """

    name: str
    extensions: tuple[str, ...]
    grammar: Callable[[], object]
    query: str
    package: str
    filenames: tuple[str, ...] = ()
    builtin: frozenset[str] = frozenset()
    ambient: frozenset[str] = frozenset()
    library: Callable[[], frozenset[str]] = frozenset
    family: str = ""


@cache
def all_languages() -> tuple[TagLanguage, ...]:
    """Every language, from the files of this package; no grammar is loaded."""
    from importlib import import_module

    stems = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))
    modules = [import_module(f"whet.codebase.tags.languages.{stem}") for stem in stems]
    return tuple(language for module in modules for language in module.LANGUAGES)


@cache
def extensions() -> dict[str, str]:
    """The language's name for every known end of a file name and every known whole name."""
    known = {
        spelled: language.name
        for language in all_languages()
        for end in language.extensions
        for spelled in (end, end.upper())
    }
    return known | {
        name: language.name for language in all_languages() for name in language.filenames
    }


@cache
def language_named(name: str) -> TagLanguage:
    """A language by its name.

    Raises:
        KeyError: There is none.
    """
    return {language.name: language for language in all_languages()}[name]


def language_of(path: str) -> str | None:
    """The name of the language that a file is written in, by its name; None: not a known one."""
    name = path.rpartition("/")[2]
    stem, dot, end = name.rpartition(".")
    known = extensions()
    if dot:
        return known.get(f".{end}") if stem else None
    return known.get(name)


def of_header(data: bytes) -> str:
    """Whether the header that ends in `.h` is C or C++, by what is in it."""
    return "C++" if _CPP_ONLY.search(data) else "C"
