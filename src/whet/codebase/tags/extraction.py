"""The tags of one file's bytes: parsed by tree-sitter, found by a query compiled once."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from whet.codebase.tags.languages import language_named
from whet.codebase.tags.languages._language import of_header
from whet.codebase.tags.python_ast import tags_by_ast
from whet.codebase.tags.symbols import (
    CHAINED,
    CODES,
    FIRST_DEFINITION,
    GROUP_OF,
    NAMELESS,
    Facts,
    PackedTag,
    pack,
)

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, QueryCursor

_BINARY_WITHIN = 8192  # git looks as far for a NUL byte
_UTF8_MARK = b"\xef\xbb\xbf"
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")
_UNKNOWN = 5  # place in `Facts.counts`
_REFERENCES = 6
_VARIABLE = CODES["def.variable"]
_CONSTANT_GROUP = GROUP_OF[CODES["def.constant"]]
_CONSTANT = re.compile(r"_*[A-Z][A-Z0-9_]*")  # PEP 8


class Unfit(Exception):
    """A file has no tags, and why."""


class _Tools(NamedTuple):
    """What one language is read with in this process."""

    parser: Parser
    cursor: QueryCursor
    builtin: frozenset[str]


@cache
def _tools(language: str) -> _Tools:
    from tree_sitter import Language, Parser, Query, QueryCursor

    known = language_named(language)
    grammar = Language(known.grammar())
    return _Tools(Parser(grammar), QueryCursor(Query(grammar, known.query)), known.builtin)


def extract(data: bytes, language: str, file: str = "") -> Facts:
    """What a file holds.

    Args:
        data: Its bytes.
        language: A name of `languages.extensions()`.
        file: Its name, which tells headers that C and C++ share.

    Raises:
        Unfit: It is binary.
    """
    if language == "C" and file.endswith(".h"):
        language = of_header(data)
    source, encoding = as_utf8(data, language)
    tools = _tools(language)
    root = tools.parser.parse(source).root_node
    found, nameless = _found(tools.cursor.captures(root))
    tags = [found[at] for at in sorted(found)]
    if tools.builtin:
        tags = [tag for tag in tags if tag[1] not in tools.builtin]
    broken = root.has_error
    if language == "Python":
        tags, broken = _as_python(source, tags, broken=broken)
    return Facts(
        language,
        source.count(b"\n") + (not source.endswith(b"\n") and bool(source)),
        _counts(tags, nameless),
        pack(tags),
        broken,
        encoding,
    )


def _found(captures: dict[str, list[Node]]) -> tuple[dict[int, PackedTag], int]:
    """Tags by the byte where their name starts, and how many definitions have no name."""
    found: dict[int, PackedTag] = {}
    nameless = len(captures.get(NAMELESS, ()))
    if CHAINED in captures:
        top = [node for node in captures[CHAINED] if _is_at_top(node)]
        captures["def.variable"] = captures.get("def.variable", []) + top
    for capture, code in CODES.items():
        for node in captures.get(capture, ()):
            text = node.text
            if text:
                name = text.decode("utf-8", "replace")
                found[node.start_byte] = (node.start_point[0] + 1, name, code)
            else:  # the parser put it in where the grammar wants one
                nameless += code >= FIRST_DEFINITION
    return found, nameless


def _is_at_top(target: Node) -> bool:
    """Whether the assignment that a target belongs to is a statement of the module."""
    above = target.parent
    while above is not None and above.type == "assignment":
        above = above.parent
    return (
        above is not None
        and above.type == "expression_statement"
        and above.parent is not None
        and above.parent.type == "module"
    )


def _counts(tags: list[PackedTag], nameless: int) -> tuple[int, int, int, int, int, int, int]:
    counts = [0] * 7
    for _, name, code in tags:
        if code < FIRST_DEFINITION:
            counts[_REFERENCES] += 1
        elif code == _VARIABLE and _CONSTANT.fullmatch(name):
            counts[_CONSTANT_GROUP] += 1
        else:
            counts[GROUP_OF[code]] += 1
    counts[_UNKNOWN] = nameless
    constants, classes, functions, variables, other, unknown, references = counts
    return constants, classes, functions, variables, other, unknown, references


def _as_python(
    source: bytes, tags: list[PackedTag], *, broken: bool
) -> tuple[list[PackedTag], bool]:
    """Tags as Python means them, and whether the file is broken for Python too."""
    if broken and (better := tags_by_ast(source)) is not None:
        return better, False
    return tags if source.isascii() else _normalized(tags), broken


def _normalized(tags: list[PackedTag]) -> list[PackedTag]:
    """Python's own reading of names: the compiler normalizes them (PEP 3131)."""
    from unicodedata import normalize

    return [(line, normalize("NFKC", name), code) for line, name, code in tags]


def as_utf8(data: bytes, language: str) -> tuple[bytes, str]:
    r"""A source in UTF-8 with `\n` at the end of every line, and its encoding where it is another.

    Raises:
        Unfit: It is binary.
    """
    if b"\0" in data[:_BINARY_WITHIN]:
        raise Unfit("binary")
    encoding = ""
    if data.startswith(_UTF8_MARK):
        data = data[len(_UTF8_MARK) :]
    elif not data.isascii():
        data, encoding = _decoded(data, language)
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data, encoding


def _decoded(data: bytes, language: str) -> tuple[bytes, str]:
    declared = _declared(data) if language == "Python" else None
    for encoding in filter(None, (declared, "utf-8")):
        try:
            text = data.decode(encoding)
        except (UnicodeError, LookupError):
            continue
        normal = encoding.lower().replace("_", "-") in {"utf-8", "utf8", "utf-8-sig"}
        return (data, "") if normal else (text.encode(), encoding)
    return data.decode("latin-1").encode(), "latin-1"


def _declared(data: bytes) -> str | None:
    """The encoding that a Python file declares in its first two lines (PEP 263)."""
    for line in data.split(b"\n", 2)[:2]:
        if found := _COOKIE.match(line):
            return found.group(1).decode("ascii", "replace")
        if not _BLANK.match(line.rstrip(b"\r")):
            return None
    return None
