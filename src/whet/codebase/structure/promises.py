"""Names of a project that its documents promise to their readers.

Names of modules, functions, classes and values are taken from Sphinx's directives and roles, from
mkdocstrings, and from import statements in examples; members of classes are not, as they may be
inherited or made at run time. What speaks of the past (change logs, news, upgrade notes) promises
nothing.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENTS = (".md", ".rst")
_PAST = re.compile(r"(?i)change|histor|news|release|whats|upgrad|migrat|deprecat|porting")
_GONE = re.compile(r"(?i)\b(removed|deprecated|renamed|replaced|no longer|used to|formerly)\b")
_ROLE = re.compile(r":(?:py:)?(?:func|class|mod|exc|data):`(?:[^`<]*<)?[~.]?([\w.]+)(?:\(\))?>?`")
_DIRECTIVE = re.compile(
    r"^\s*\.\. auto(?:module|class|function|data|exception|decorator)"
    r"::\s*([\w.]+)"
)
_MODULE = re.compile(r"^\s*\.\. (?:py:)?(?:current)?module::\s*([\w.]+)")
_LITERAL = re.compile(r"\s*\.\. (?:code|code-block|sourcecode|parsed-literal|rst:example)::")
_MKDOCS = re.compile(r"^::: ([\w.]+)\s*$")
_IMPORT = re.compile(r"^\s*(?:>>> )?from ([a-zA-Z_][\w.]*) import (?!\()([\w, ]+?)\s*(?:#.*)?$")


class Promise(NamedTuple):
    """A name that a document tells its readers of.

    Attributes:
        name: Dotted, as written or within the module that the page is about.
        file: The document.
        line: From 1.
    """

    name: str
    file: str
    line: int


def is_document(file: str) -> bool:
    """Whether promises are looked for in a file: by its name."""
    path = PurePosixPath(file)
    return path.suffix.lower() in DOCUMENTS and not _PAST.search(file)


def promises_of(text: str, file: str) -> Iterator[Promise]:
    """The names of a document, in the order of its lines."""
    module = ""
    literal: int | None = None  # columns that text of an example stands to the right of
    for number, line in enumerate(text.splitlines(), 1):
        column = len(line) - len(line.lstrip())
        if literal is not None and line.strip() and column <= literal:
            literal = None
        if literal is not None:
            yield from _imported(line, file, number)
        elif _LITERAL.match(line) or (line.rstrip().endswith("::") and ".. " not in line):
            literal = column
        elif found := _MODULE.match(line):
            module = found[1]
            yield Promise(module, file, number)
        elif found := _DIRECTIVE.match(line):
            name = found[1]
            inside = module and name.partition(".")[0] != module.partition(".")[0]
            yield Promise(f"{module}.{name}" if inside else name, file, number)
        elif found := _MKDOCS.match(line):
            yield Promise(found[1], file, number)
        else:
            yield from _imported(line, file, number)
            if not _GONE.search(line):
                names = (name for name in _ROLE.findall(line) if "." in name)
                yield from (Promise(name, file, number) for name in names)


def _imported(line: str, file: str, number: int) -> Iterator[Promise]:
    if found := _IMPORT.match(line):
        for part in found[2].split(","):
            if words := part.split():
                yield Promise(f"{found[1]}.{words[0]}", file, number)
