"""Calls of library functions in a hot function, and definitions that stand in for them."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from whet.codebase.scopes import FUNCTIONS
from whet.codebase.syntax import first_line
from whet.records import Span
from whet.remedies._places import (
    can_be_replaced,
    found_again,
    hot_function,
    line_above,
    top_level_statement,
    walk_function,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, HotPlace, Match

_WORDS = re.compile(r"[^0-9A-Za-z]+")


def hot_calls(module: SourceModule, hot: HotPlace, names: Collection[str]) -> list[ast.Call]:
    """The calls of some library functions (dotted names) that a hot function makes itself."""
    if not any(name.rpartition(".")[2] in module.words for name in names):
        return []  # quick: before any scope is worked out
    function = hot_function(module, hot)
    return calls_in(module, function, names) if function else []


def calls_in(
    module: SourceModule, function: FunctionNode, names: Collection[str]
) -> list[ast.Call]:
    """The calls of some library functions in a function, by line; inner functions left out."""
    found = [
        node
        for node in walk_function(function)
        if isinstance(node, ast.Call)
        and module.scopes.dotted(node.func) in names
        and is_whole(module, node.func)
        and can_be_replaced(module, node)
    ]
    return sorted(found, key=lambda call: (call.lineno, call.col_offset))


def call_again(module: SourceModule, match: Match, names: Collection[str]) -> ast.Call:
    """The call that a match was made of.

    Raises:
        WhetError: It is not in the module any more.
    """

    def calls(module: SourceModule, function: FunctionNode) -> list[ast.Call]:
        return calls_in(module, function, names)

    return found_again(module, match, calls, itself)


def itself(call: ast.Call) -> ast.Call:
    """For `found_again`: what is found is the node that the match speaks of."""
    return call


def is_whole(module: SourceModule, library: ast.expr) -> bool:
    """Whether nobody in the module replaces something in the library of an expression."""
    while isinstance(library, ast.Attribute):
        library = library.value
    if not isinstance(library, ast.Name):
        return False
    for use in module.scopes.uses(module.scopes.module, library.id):
        parent = module.scopes.parent(use)
        while isinstance(parent, ast.Attribute):
            if not isinstance(parent.ctx, ast.Load):
                return False
            parent = module.scopes.parent(parent)
    return True


def only_argument(call: ast.Call) -> ast.expr | None:
    """The one positional argument of a call that has nothing else."""
    match call:
        case ast.Call(args=[only], keywords=[]) if not isinstance(only, ast.Starred):
            return only
        case _:
            return None


def argument_text(module: SourceModule, argument: ast.expr) -> str:
    """The source of an argument, as it can stand in another call."""
    text = module.text_of(argument)
    bare = isinstance(argument, ast.NamedExpr | ast.Yield | ast.YieldFrom)
    return f"({text})" if bare else text


def builtins_are_plain(module: SourceModule, names: Iterable[str]) -> bool:
    """Whether the file hides none of some built-ins from definitions at its top."""
    scopes = module.scopes
    return not scopes.star_import and not any(scopes.bindings(scopes.module, n) for n in names)


def imported_above(module: SourceModule, node: ast.AST, packages: Collection[str]) -> bool:
    """Whether all imports of some packages stand above the statement that holds a node.

    Only then may a definition above that statement use them while the module is imported.
    """
    line = top_level_statement(module, node).lineno
    for statement in module.scopes.tree.body:
        if statement.lineno >= line and isinstance(statement, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in statement.names]
            names += [statement.module or ""] if isinstance(statement, ast.ImportFrom) else []
            if set(names) & set(packages):
                return False
    return True


def name_for(module: SourceModule, call: ast.Call, form: str, names: Collection[str]) -> str:
    """A fresh name for what stands in for a call, such as "_{}_time" with the function's name.

    Calls of one file get different names, so that several fixes go together.
    """
    function = module.scopes.function_of(call)
    assert function is not None  # noqa: S101 -- calls are found in functions
    alike = [other for other in module.scopes.functions if _word(other) == _word(function)]
    calls = [each for other in alike for each in calls_in(module, other, names)]
    number = calls.index(call)
    suffix = f"_{number + 1}" if number else ""
    return module.fresh_name(form.format(_word(function)) + suffix)


def _word(function: FunctionNode) -> str:
    return _WORDS.sub("_", function.name).strip("_").lower() or "the"


def define_above(module: SourceModule, node: ast.AST, text: str) -> Edit:
    """A definition above the top-level statement that holds a node."""
    line = line_above(module, top_level_statement(module, node))
    return module.insert_before_line(line, f"{text.strip()}\n\n\n")


def shared_definition(
    module: SourceModule, wanted: str, text: str
) -> tuple[str, tuple[Edit, ...]]:
    """A function that all calls of a file share, above the first function of the file.

    Args:
        module: The file.
        wanted: Its name, if that is free.
        text: The definition, with NAME for the name.

    Returns:
        Its name, and the edit that it needs; none where an earlier fix brought it.
    """
    wanted_text = text.strip()
    for function in own_definitions(module, wanted):
        whole = Span(
            line=first_line(function), column=0,
            end_line=function.end_lineno or 0, end_column=function.end_col_offset or 0,
        )  # fmt: skip
        written = module.text_between(whole).replace(module.newline, "\n")
        if written == wanted_text.replace("NAME", function.name):
            return function.name, ()
    name = module.fresh_name(wanted)
    first = module.scopes.functions[0]
    return name, (define_above(module, first, wanted_text.replace("NAME", name)),)


def own_definitions(module: SourceModule, wanted: str) -> list[FunctionNode]:
    """The functions of the file that are named as `shared_definition` names them."""
    pattern = re.compile(rf"{wanted}(_\d+)?")
    return [function for function in module.scopes.functions if pattern.fullmatch(function.name)]


def is_inside(module: SourceModule, node: ast.AST, functions: Collection[FunctionNode]) -> bool:
    """Whether a node lies in one of some functions."""
    return any(
        at in functions for at in module.scopes.ancestors(node) if isinstance(at, FUNCTIONS)
    )
