"""Where new source goes: imports, module constants, and lines beside a statement."""

from __future__ import annotations

import ast
import builtins
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from whet.codebase.scopes import COMPREHENSIONS, FUNCTIONS
from whet.codebase.syntax import span_of
from whet.records import Match, ValueSite
from whet.remedies.remedy import gone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import CallSite, Edit, HotPlace, Safety

Found = TypeVar("Found")


def hot_function(module: SourceModule, hot: HotPlace) -> FunctionNode | None:
    """The function that a hot place names; None: module level, or it is not in the file."""
    if module.tree is None or hot.name in {"<module>", ""}:
        return None
    return module.function_at(hot.line)


def new_match(  # noqa: PLR0913 -- the fields of a record, by name
    module: SourceModule,
    remedy: str,
    node: ast.expr | ast.stmt,
    message: str,
    *,
    safety: Safety,
    values: Iterable[tuple[str, ast.expr]] = (),
    calls: tuple[CallSite, ...] = (),
    lines: Iterable[int] = (),
    data: dict[str, Any] | None = None,
) -> Match:
    """A match at a node of a function.

    Args:
        module: The parsed file.
        remedy: Name of the remedy.
        node: Whose span is the match's, by which `found_again` knows it.
        message: What is wrong there.
        safety: How the match may be used.
        values: Roles and expressions to observe.
        calls: Functions to observe.
        lines: Whose time the cure lessens; none: those of the node.
        data: Notes for admission.
    """
    own_lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    return Match(
        match_id=f"{remedy}:{module.file}:{node.lineno}:{node.col_offset}",
        remedy=remedy,
        file=module.file,
        span=span_of(node),
        function=module.scopes.qualified_name(node),
        message=message,
        safety=safety,
        values=tuple(value_site(module, value, role) for role, value in values),
        calls=calls,
        lines=tuple(sorted(set(lines))) or tuple(own_lines),
        data=data or {},
    )


def found_again(
    module: SourceModule,
    match: Match,
    find: Callable[[SourceModule, FunctionNode], Iterable[Found]],
    node_of: Callable[[Found], ast.AST],
) -> Found:
    """What a match was made of, for its rewrite.

    Args:
        module: The file, as it was when the match was made.
        match: The match.
        find: What a remedy finds in a function.
        node_of: The node of a find, whose span is the match's.

    Returns:
        The find.

    Raises:
        WhetError: It is not in the module any more.
    """
    function = module.function_at(match.span.line) if module.tree else None
    for found in find(module, function) if function is not None else ():
        if span_of(node_of(found)) == match.span:
            return found
    raise gone(match)


def import_of(module: SourceModule, package: str, name: str) -> tuple[str, tuple[Edit, ...]]:
    """How to write `package.name` in a module, with the import that it may still need.

    Returns:
        The expression, such as "deque" or "collections.deque", and the edits.
    """
    scopes = module.scopes
    for bound in list(scopes.module.bindings):
        origin = scopes.import_origin(bound)
        if origin not in {package, f"{package}.{name}"} or _comes_late(module, bound):
            continue
        return (bound if origin != package else f"{bound}.{name}"), ()
    expression, text = name, f"from {package} import {name}\n"
    handed_on = "*" in (module.outside or ())  # `from module import *` would take it along
    if name in module.words or hasattr(builtins, name) or handed_on:  # it might be shadowed
        shadowed = package in module.words or handed_on
        bound = module.fresh_name(f"_{package}") if shadowed else package
        expression = f"{bound}.{name}"
        text = f"import {package} as {bound}\n" if shadowed else f"import {package}\n"
    line = _import_line(module)
    if line > 1 and module.lines[line - 2].strip().endswith((b'"""', b"'''")):
        text = "\n" + text  # a docstring and a blank line
    return expression, (module.insert_before_line(line, text),)


def _comes_late(module: SourceModule, bound: str) -> bool:
    """Whether an import stands below a definition, which may need the name already."""
    imported = module.scopes.bindings(module.scopes.module, bound)[0]
    definitions = [
        node.lineno
        for node in module.scopes.tree.body
        if isinstance(node, (*FUNCTIONS, ast.ClassDef))
    ]
    return getattr(imported, "lineno", 0) > min(definitions, default=sys.maxsize)


def _import_line(module: SourceModule) -> int:
    """The line before which a new import goes: the first import that is no `__future__`."""
    assert module.tree is not None  # noqa: S101 -- callers have matched in the tree
    after = 1
    for node in module.tree.body:
        future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        begins_line = node.lineno >= after
        if begins_line and isinstance(node, ast.Import | ast.ImportFrom) and not future:
            return node.lineno
        if begins_line and not (future or _is_docstring(node)):
            break
        after = max(after, (node.end_lineno or node.lineno) + 1)
    return _first_code_line(module, after)


def _first_code_line(module: SourceModule, after: int) -> int:
    """The first line from `after` on that is no comment at the file's head (shebang, coding)."""
    line = after
    if after == 1:
        while line <= len(module.lines) and module.lines[line - 1].lstrip().startswith(b"#"):
            line += 1
    return line


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def value_site(module: SourceModule, node: ast.expr, role: str) -> ValueSite:
    """An expression to observe; the same for every match that asks about it."""
    span = span_of(node)
    place = f"{span.line}:{span.column}-{span.end_line}:{span.end_column}"
    return ValueSite(site=f"{module.file}:{place}", file=module.file, span=span, role=role)


def top_level_statement(module: SourceModule, node: ast.AST) -> ast.stmt:
    """The statement of the module's body that holds a node."""
    at: ast.AST = node
    for parent in module.scopes.ancestors(node):
        if isinstance(parent, ast.Module):
            break
        at = parent
    assert isinstance(at, ast.stmt)  # noqa: S101 -- a module's body holds statements only
    return at


def line_above(module: SourceModule, statement: ast.stmt) -> int:
    """The first line of a statement with its decorators and the comment right above it."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    line = min([statement.lineno, *(node.lineno for node in decorators)])
    assert module.tree is not None  # noqa: S101 -- the statement is in it
    before = [node.end_lineno or 0 for node in module.tree.body if node.lineno < line]
    above = max(before, default=0)  # a text may end there, on a line that begins with "#"
    while line > above + 1 and module.lines[line - 2].startswith(b"#"):
        line -= 1
    return line if above else _first_code_line(module, line)


def alone_on_its_lines(module: SourceModule, statement: ast.stmt) -> bool:
    """Whether lines can be put before and after a statement."""
    parent = module.scopes.parent(statement)
    is_elif = (
        isinstance(statement, ast.If)
        and isinstance(parent, ast.If)
        and module.lines[statement.lineno - 1][statement.col_offset :].startswith(b"elif")
    )
    indent = module.indent_of(statement)
    return indent is not None and module.ends_line(statement) and not is_elif


def outermost_loop(module: SourceModule, node: ast.AST, within: ast.AST) -> ast.AST | None:
    """The outermost loop or comprehension around a node, inside of `within`.

    What a loop evaluates once (the iterable of `for`, of a comprehension's first part) is not
    in the loop.
    """
    found: ast.AST | None = None
    inner = node
    once = False  # the node lies in what a comprehension evaluates once
    for parent in module.scopes.ancestors(node):
        if parent is within or isinstance(parent, (*FUNCTIONS, ast.Lambda)):
            break
        if isinstance(parent, ast.comprehension):
            whole = module.scopes.parent(parent)
            first = isinstance(whole, COMPREHENSIONS) and whole.generators[0] is parent
            once = first and inner is parent.iter
        elif isinstance(parent, COMPREHENSIONS):
            found = found if once else parent
            once = False
        elif _repeats(parent, inner):
            found = parent
        inner = parent
    return found


def _repeats(parent: ast.AST, child: ast.AST) -> bool:
    if isinstance(parent, ast.For | ast.AsyncFor):
        return child is not parent.iter and child not in parent.orelse
    return isinstance(parent, ast.While) and child not in parent.orelse


def walk_function(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function's body in order, those of functions inside of it left out."""
    return iter(_nodes_of(function))


@lru_cache(maxsize=32)  # all remedies look at a function, one after the other
def _nodes_of(function: ast.AST) -> tuple[ast.AST, ...]:
    found: list[ast.AST] = []
    pending: list[ast.AST] = list(reversed(getattr(function, "body", [])))
    while pending:
        node = pending.pop()
        found.append(node)
        if not isinstance(node, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            pending.extend(reversed(list(ast.iter_child_nodes(node))))
    return tuple(found)


def is_where_it_says(module: SourceModule, node: ast.expr) -> bool:
    """Whether an expression's place is right: in f-strings before Python 3.12 it may not be."""
    if not is_in_text(module, node):
        return True
    try:
        there = ast.parse(module.text_of(node).strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return False
    return ast.dump(there) == ast.dump(node)


def can_be_replaced(module: SourceModule, node: ast.expr) -> bool:
    """Whether other source may stand in the place of an expression, within an f-string too.

    `f"{x=}"` shows the source of x itself.
    """
    shown = any(_shows_source(module, at) for at in module.scopes.ancestors(node))
    return not shown and is_where_it_says(module, node)


def _shows_source(module: SourceModule, node: ast.AST) -> bool:
    """Whether a part of an f-string may be one with "=": the text before it ends so.

    A part that only happens to follow such a text counts too.
    """
    text = module.scopes.parent(node)
    if not isinstance(node, ast.FormattedValue) or not isinstance(text, ast.JoinedStr):
        return False
    place = text.values.index(node)
    before = text.values[place - 1] if place else None
    return isinstance(before, ast.Constant) and str(before.value).rstrip().endswith("=")


def is_in_text(module: SourceModule, node: ast.AST) -> bool:
    """Whether a node lies in an f-string: places there are not to be relied on (Python 3.11)."""
    return any(isinstance(at, ast.JoinedStr) for at in module.scopes.ancestors(node))


def default_is_none(function: FunctionNode, name: str) -> bool:
    """Whether None is what a parameter holds where the caller says nothing."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = dict(
        zip([a.arg for a in reversed(positional)], reversed(arguments.defaults), strict=False)
    )
    keywords = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    defaults.update({a.arg: default for a, default in keywords if default})
    default = defaults.get(name)
    return isinstance(default, ast.Constant) and default.value is None
