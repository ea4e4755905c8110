"""Size and complexity of a module and its functions."""

from __future__ import annotations

import ast
import io
import tokenize
from typing import TYPE_CHECKING

from whet.records.structure import FunctionComplexity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.syntax import SourceModule

_BRANCHES = (
    ast.If, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.IfExp, ast.match_case,
)  # fmt: skip
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SILENT = frozenset(
    {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
     tokenize.ENCODING, tokenize.ENDMARKER}
)  # fmt: skip


def code_lines(module: SourceModule) -> frozenset[int]:
    """The numbers of the lines that hold code: no blank ones, comments or docstrings."""
    if module.tree is None:
        return frozenset()
    found: set[int] = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
            if token.type not in _SILENT:
                found.update(range(token.start[0], token.end[0] + 1))
    except (tokenize.TokenError, SyntaxError):  # newer syntax than this tokenizer reads
        found = {n for n, line in enumerate(module.lines, 1) if line.strip()}
    for start, end in _docstrings(module.tree):
        found.difference_update(range(start, end + 1))
    return frozenset(found)


def _docstrings(tree: ast.Module) -> Iterator[tuple[int, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            match first:
                case ast.Expr(value=ast.Constant(value=str())):
                    yield first.lineno, first.end_lineno or first.lineno
                case _:
                    pass


def function_complexities(
    module: SourceModule, lines: frozenset[int]
) -> tuple[FunctionComplexity, ...]:
    """Every function with its cyclomatic complexity, nested functions apart.

    Source: McCabe, "A Complexity Measure", IEEE Transactions on Software Engineering 2 (1976);
    boolean operators, conditional expressions, comprehensions with their conditions and the
    cases of a match count as decisions.
    """
    if module.tree is None:
        return ()
    return tuple(
        FunctionComplexity(
            name=name,
            line=function.lineno,
            complexity=1 + sum(_decisions(node) for node in _own_nodes(function)),
            code_lines=sum(
                number in lines
                for number in range(function.lineno, (function.end_lineno or 0) + 1)
            ),
        )
        for name, function in _functions(module.tree, "")
    )


def _functions(
    owner: ast.AST, prefix: str
) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function with its qualified name."""
    for node in ast.iter_child_nodes(owner):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield prefix + name, node
                yield from _functions(node, f"{prefix}{name}.<locals>.")
            case ast.ClassDef(name=name):
                yield from _functions(node, f"{prefix}{name}.")
            case ast.expr():
                pass  # holds no function
            case _:
                yield from _functions(node, prefix)


def _decisions(node: ast.AST) -> int:
    match node:
        case ast.BoolOp(values=values):
            return len(values) - 1
        case ast.comprehension(ifs=conditions):
            return 1 + len(conditions)
        case ast.match_case(pattern=ast.MatchAs(pattern=None, name=None), guard=None):
            return 0  # `case _`
        case _:
            return int(isinstance(node, _BRANCHES))


def _own_nodes(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions and classes inside."""
    stack: list[ast.AST] = list(function.body)
    while stack:
        node = stack.pop()
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            continue
        yield node
        stack.extend(ast.iter_child_nodes(node))
