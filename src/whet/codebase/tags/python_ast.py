"""The tags of valid Python that the grammar of tree-sitter cannot read, from `ast`."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING

from whet.codebase.tags.symbols import CODES, PackedTag

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLASS, _FUNCTION, _METHOD = CODES["def.class"], CODES["def.function"], CODES["def.method"]
_VARIABLE, _CALL = CODES["def.variable"], CODES["ref.call"]
_Placed = tuple[int, int, str, int]  # line, column, name, code


def tags_by_ast(source: bytes) -> list[PackedTag] | None:
    """The same tags that the query finds; None if this Python cannot parse it either."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
        placed = sorted({*_variables(tree), *_nested(tree)})
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return [(line, name, code) for line, _, name, code in placed]


def _variables(tree: ast.Module) -> Iterator[_Placed]:
    for statement in tree.body:
        targets: list[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        for target in targets:
            if isinstance(target, ast.Name):
                yield target.lineno, target.col_offset, target.id, _VARIABLE


def _nested(tree: ast.Module) -> Iterator[_Placed]:
    methods: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            methods.update(node.body)
            yield node.lineno, node.col_offset, node.name, _CLASS
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            code = _METHOD if node in methods else _FUNCTION
            yield node.lineno, node.col_offset, node.name, code
        elif isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name):
                yield called.lineno, called.col_offset, called.id, _CALL
            elif isinstance(called, ast.Attribute):
                assert called.end_lineno is not None  # noqa: S101 - the parser always tells
                assert called.end_col_offset is not None  # noqa: S101 - same
                yield called.end_lineno, called.end_col_offset, called.attr, _CALL
