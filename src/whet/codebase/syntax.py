"""One source file as bytes, text and syntax tree; edits by span leave every other byte alone.

Columns are those of `ast`: UTF-8 bytes within the decoded line, whatever the file's encoding.
A file that cannot be parsed has no tree and a reason: it is never an error.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from functools import cached_property
from typing import TYPE_CHECKING

from whet.codebase.scopes import FunctionNode, Scopes
from whet.errors import WhetError
from whet.records import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["FunctionNode", "SourceModule", "apply_edits"]

LARGEST_BYTES = 2_000_000  # beyond it a file is generated: parsing alone takes seconds
_NEWLINE = re.compile(r"\r\n|\r|\n")


class SourceModule:
    """A Python file, read once.

    Attributes:
        file: Path relative to the project, with forward slashes.
        source: The bytes as they lie on the disk.
        encoding: By PEP 263 or byte-order mark, such as "utf-8" or "utf-8-sig".
        newline: The first line ending of the file.
        tree: The syntax tree, or None.
        reason: Why there is no tree; "" where there is one.
        outside: Names of this module that other files of the project use; None: nobody looked.
    """

    def __init__(self, source: bytes, file: str, *, outside: frozenset[str] | None = None) -> None:
        self.file = file
        self.source = source
        self.outside = outside
        self._functions_at: dict[int, FunctionNode | None] = {}
        self.encoding = "utf-8"
        self.text = ""
        self.tree: ast.Module | None = None
        self.reason = ""
        try:
            self._read()
        except (SyntaxError, ValueError, LookupError) as error:
            self.reason = f"not analyzed: {error}"
        except (RecursionError, MemoryError):
            self.reason = "not analyzed: nested too deeply"
        found = _NEWLINE.search(self.text)
        self.newline = found.group() if found else "\n"

    @classmethod
    def parse(
        cls, path: Path, *, root: Path | None = None, outside: frozenset[str] | None = None
    ) -> SourceModule:
        """The module at `path`; `file` becomes relative to `root` where that is given.

        Raises:
            WhetError: The file cannot be read.
        """
        file = path.relative_to(root).as_posix() if root else path.as_posix()
        try:
            return cls(path.read_bytes(), file, outside=outside)
        except OSError as error:
            raise WhetError(
                f"source file {path}", str(error), "Check that it can be read"
            ) from error

    def _read(self) -> None:
        if len(self.source) > LARGEST_BYTES:
            raise ValueError(f"larger than {LARGEST_BYTES} bytes")
        self.encoding, _ = tokenize.detect_encoding(io.BytesIO(self.source).readline)
        self.text = self.source.decode(self.encoding)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes and the like are the user's affair
            self.tree = ast.parse(self.source, self.file)

    @cached_property
    def lines(self) -> list[bytes]:
        """The lines as UTF-8, with their endings; lines[0] is line 1."""
        return _lines(self.text)

    @cached_property
    def scopes(self) -> Scopes:
        """Who binds and who uses a name. Only for a module that has a tree."""
        if self.tree is None:
            raise ValueError(self.reason)
        return Scopes(self.tree)

    @cached_property
    def words(self) -> frozenset[str]:
        """Every identifier-like word of the file, comments and strings included."""
        return frozenset(re.findall(r"\w+", self.text))

    def fresh_name(self, wanted: str) -> str:
        """A name that occurs nowhere in the file: `wanted`, else with a number behind it."""
        name, number = wanted, 2
        while name in self.words:
            name, number = f"{wanted}_{number}", number + 1
        return name

    def functions(self) -> Iterator[FunctionNode]:
        """All functions, in the order of their lines."""
        return iter(self.scopes.functions)

    def function_at(self, line: int) -> FunctionNode | None:
        """The innermost function around a line, decorators included; None: module level."""
        known = self._functions_at
        if line not in known:  # every remedy asks for the same few lines
            functions = self.scopes.functions
            around = [f for f in functions if first_line(f) <= line <= (f.end_lineno or 0)]
            known[line] = max(around, key=first_line, default=None)
        return known[line]

    def text_of(self, node: ast.AST) -> str:
        """The source of a node, as written."""
        return self.text_between(span_of(node))

    def text_between(self, span: Span) -> str:
        """The source of a stretch, as written."""
        rows = self.lines[span.line - 1 : span.end_line]
        if not rows:
            return ""
        rows = [*rows[:-1], rows[-1][: span.end_column]]
        rows[0] = rows[0][span.column :]
        return b"".join(rows).decode()

    def indent_of(self, node: ast.stmt) -> str | None:
        """What stands before a statement; None unless that is white space only."""
        before = self.lines[node.lineno - 1][: node.col_offset].decode()
        return before if not before.strip(" \t\f") else None

    def ends_line(self, node: ast.stmt) -> bool:
        """Whether nothing but a comment follows a statement on its last line."""
        rest = self.lines[(node.end_lineno or 1) - 1][node.end_col_offset or 0 :]
        return rest.strip() == b"" or rest.lstrip().startswith(b"#")

    def insert_before_line(self, line: int, text: str) -> Edit:
        """Whole lines put before a line; `text` ends with a newline."""
        return Edit(file=self.file, span=_point(line, 0), text=text)

    def insert_after(self, node: ast.stmt, text: str) -> Edit:
        """Whole lines put after a statement that ends its line; `text` ends with a newline."""
        line = node.end_lineno or node.lineno
        row = self.lines[line - 1]
        if row.endswith((b"\n", b"\r")):
            return self.insert_before_line(line + 1, text)
        return Edit(file=self.file, span=_point(line, len(row)), text="\n" + text.rstrip("\n"))

    def replace(self, node: ast.AST, text: str) -> Edit:
        """A node's source replaced."""
        return Edit(file=self.file, span=span_of(node), text=text)

    def apply(self, edits: Iterable[Edit]) -> bytes:
        """The file with the edits made; see `apply_edits`."""
        return apply_edits(self.source, edits)


def apply_edits(source: bytes, edits: Iterable[Edit]) -> bytes:
    """A file's bytes with edits made: encoding, byte-order mark and line endings stay.

    Equal edits count once, so that two fixes may bring the same import.

    Raises:
        WhetError: Edits overlap or lie outside of the file, or their text does not fit the
            file's encoding.
    """
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    text = source.decode(encoding)
    found = _NEWLINE.search(text)
    newline = found.group() if found else "\n"
    lines = _lines(text)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    out = bytearray(b"".join(lines))
    last = len(out) + 1
    unique = list(dict.fromkeys((_place(e, lines, starts), e.text) for e in edits))
    for (start, end), new in reversed(sorted(unique, key=lambda item: item[0])):  # noqa: C413 -- reversed keeps the order of equal insertions right
        if end > last:
            raise WhetError("edits of one file", "they overlap", "Apply one fix after the other")
        out[start:end] = newline.join(_NEWLINE.split(new)).encode()
        last = start
    try:
        return out.decode().encode(encoding)
    except UnicodeEncodeError as error:
        raise WhetError("an edit", f"does not fit the encoding {encoding}: {error}") from error


def _place(edit: Edit, lines: list[bytes], starts: list[int]) -> tuple[int, int]:
    span = edit.span
    for line, column in ((span.line, span.column), (span.end_line, span.end_column)):
        length = len(lines[line - 1]) if 1 <= line <= len(lines) else 0
        if not 1 <= line <= len(lines) + 1 or column > length:
            raise WhetError(
                f"an edit of {edit.file}", f"line {line}, column {column} is outside of the file",
                "The file has changed: diagnose it again",
            )  # fmt: skip
    return starts[span.line - 1] + span.column, starts[span.end_line - 1] + span.end_column


def _lines(text: str) -> list[bytes]:
    """Split as Python's tokenizer does: form feeds and Unicode separators end no line."""
    rows, start = [], 0
    for found in _NEWLINE.finditer(text):
        rows.append(text[start : found.end()].encode())
        start = found.end()
    if start < len(text):
        rows.append(text[start:].encode())
    return rows


def _point(line: int, column: int) -> Span:
    return Span(line=line, column=column, end_line=line, end_column=column)


def span_of(node: ast.AST) -> Span:
    """The stretch of a node."""
    return Span(
        line=node.lineno,  # type: ignore[attr-defined] # expressions and statements have places
        column=node.col_offset,  # type: ignore[attr-defined] # same
        end_line=node.end_lineno,  # type: ignore[attr-defined] # same
        end_column=node.end_col_offset,  # type: ignore[attr-defined] # same
    )


def first_line(function: FunctionNode) -> int:
    """The line on which a function begins for a profiler: that of its first decorator."""
    return min([function.lineno, *(d.lineno for d in function.decorator_list)])
