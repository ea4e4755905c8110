"""Writes observation into a syntax tree: function bodies and single expressions.

A function keeps its identity, signature, decorators, defaults, docstring and line numbers, and
gets no frame of its own around it: its body becomes

    __whet_token_N__ = __whet_tick_N__()
    __whet_token_N__ = (
        __whet_enter__(N, __whet_token_N__, (a, b, ...))
        if __whet_token_N__ >= __whet_next_N__ else None
    )
    try:
        ... return VALUE if __whet_token_N__ is None else __whet_result__(__whet_token_N__, VALUE)
        ... yield likewise ...
        if __whet_token_N__ is not None: __whet_result__(__whet_token_N__, None)
    except BaseException:
        __whet_raised__(N, __whet_token_N__)
        raise
    finally:
        if __whet_token_N__ is not None: __whet_leave__(__whet_token_N__, (a, b, ...))

where N is the site's number, so that two sites of one function do not disturb each other. A call
that is not looked at (see `_gate`) runs the program's own code and a few comparisons.

An expression becomes

    __whet_value__(N, EXPR) if __whet_tick_vN__() >= __whet_next_vN__ else EXPR

The words are built-ins while the observation lasts.
"""

from __future__ import annotations

import ast
from copy import deepcopy

from whet_probe._gate import NEXT, TICK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ENTER, RESULT, YIELD = "__whet_enter__", "__whet_result__", "__whet_yield__"
RAISED, LEAVE, VALUE, MAIN = "__whet_raised__", "__whet_leave__", "__whet_value__", "__whet_main__"
TOKEN = "__whet_token_%d__"  # noqa: S105 - the name of a local variable, by site

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_INNER = (*_FUNCTIONS, ast.ClassDef, ast.Lambda)
_SEES_LOCALS = {"locals", "vars", "dir", "eval", "exec"}
_OWN_BARE = {"vars", "dir"}  # these look at the locals only without arguments


class FunctionSite:
    """A function to observe.

    Args:
        number: What `__whet_enter__` is called with.
        name: Qualified name; "<locals>" may be left out.
        line: Of the `def`, to tell functions of one name apart; None observes all of them.
    """

    def __init__(self, number: int, name: str, line: int | None = None) -> None:
        self.number = number
        self.name = _bare(name)
        self.line = line
        self.found: list[ast.AST] = []
        self.refused = ""
        self.parameters: tuple[list[str], list[str], str, str] = ([], [], "", "")
        self.kind = "function"
        self.generator = False
        self.qualified = ""


class ValueSite:
    """An expression to observe: its exact span and what `__whet_value__` is called with."""

    def __init__(self, number: int, span: tuple[int, int, int, int]) -> None:
        self.number = number
        self.span = span
        self.refused = "no expression has this span"


def instrument(
    tree: ast.Module, functions: list[FunctionSite], values: list[ValueSite]
) -> ast.Module:
    """The tree with observation written in; the sites say what was found or refused."""
    if values:
        tree = _Values(values).visit(tree)
    _choose(tree, functions)
    for site in functions:
        for node in site.found:
            _observe(node, site)
    return ast.fix_missing_locations(tree)


def announce_main(tree: ast.Module) -> None:
    """Call `__whet_main__` before anything else in a module."""
    place = _body_start(tree.body, future=True)
    call = ast.Expr(_call(MAIN, _call("globals")))
    tree.body.insert(place, _at(call, tree.body[place] if place < len(tree.body) else None))
    ast.fix_missing_locations(tree)


def _bare(name: str) -> str:
    return name.replace("<locals>.", "")


def _choose(tree: ast.Module, functions: list[FunctionSite]) -> None:
    """Find the definitions of the sites: by name and line, else by name alone."""
    definitions: dict[str, list[tuple[Any, str, str]]] = {}
    _collect(tree, "", "module", definitions)
    for site in functions:
        candidates = definitions.get(site.name, [])
        exact = [entry for entry in candidates if _line_of(entry[0], site.line)]
        for node, name, place in exact or candidates:
            site.qualified = name
            reason = _reason_against(node)
            if reason:
                site.refused = reason
                continue
            site.found.append(node)
            site.kind = _kind(node, place)
        if not candidates:
            site.refused = "not defined in this file"


def _line_of(node: Any, line: int | None) -> bool:
    if line is None:
        return False
    first = min([node.lineno] + [word.lineno for word in node.decorator_list])
    return bool(first <= line <= node.lineno)


def _collect(
    node: ast.AST, prefix: str, place: str, definitions: dict[str, list[tuple[Any, str, str]]]
) -> None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (*_FUNCTIONS, ast.ClassDef)):
            name = prefix + child.name
            if isinstance(child, ast.ClassDef):
                _collect(child, name + ".", "class", definitions)
                continue
            definitions.setdefault(_bare(name), []).append((child, name, place))
            _collect(child, name + ".<locals>.", "function", definitions)
        else:
            _collect(child, prefix, place, definitions)


def _kind(node: Any, place: str) -> str:
    """How the function is called from outside, for a replay."""
    names = {word.id for word in node.decorator_list if isinstance(word, ast.Name)}
    if place == "function":
        return "nested"
    if place == "class":
        for name in ("staticmethod", "classmethod"):
            if name in names:
                return name
        return "method" if node.name != "__new__" else "staticmethod"
    return "function"


def _reason_against(node: Any) -> str:
    for inner in _own_nodes(node):
        if not isinstance(inner, ast.Call) or not isinstance(inner.func, ast.Name):
            continue
        if inner.func.id in _SEES_LOCALS and (inner.func.id not in _OWN_BARE or not inner.args):
            return "it looks at its own local variables (%s)" % inner.func.id
    return ""


def _own_nodes(node: Any) -> list[ast.AST]:
    """The nodes of a function's body without those of functions and classes inside."""
    found: list[ast.AST] = []
    stack: list[ast.AST] = list(node.body)
    while stack:
        inner = stack.pop()
        found.append(inner)
        if not isinstance(inner, _INNER):
            stack.extend(ast.iter_child_nodes(inner))
    return found


def _observe(node: Any, site: FunctionSite) -> None:
    own = _own_nodes(node)
    site.generator = any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in own)
    site.parameters = named, only, star, double = _parameters(node.args)
    names = named + only + [name for name in (star, double) if name]
    is_async_generator = site.generator and isinstance(node, ast.AsyncFunctionDef)
    place = _body_start(node.body)
    body = node.body[place:]
    first = body[0] if body else node.body[-1]
    token = TOKEN % site.number
    rewrite = _Returns(token, keep_returns=is_async_generator)
    body = [rewrite.visit(statement) for statement in body]
    last = body[-1] if body else first
    if not is_async_generator and not isinstance(last, (ast.Return, ast.Raise)):
        body.append(
            _at(_if_looked_at(token, _call(RESULT, _name(token), ast.Constant(None))), last)
        )
    rebound = _rebound(own, node)
    number = ast.Constant(site.number)
    tick = ast.Assign([_name(token, ast.Store())], _call(TICK % site.number))
    enter = ast.Assign([_name(token, ast.Store())], ast.IfExp(
        ast.Compare(_name(token), [ast.GtE()], [_name(NEXT % site.number)]),
        _call(
            ENTER, number, _name(token), ast.Tuple([_name(name) for name in names], ast.Load())
        ),
        ast.Constant(None),
    ))  # fmt: skip
    kept: list[ast.expr] = [
        ast.Constant(None) if name in rebound else _name(name) for name in names
    ]
    guard = ast.Try(
        body=body or [ast.Pass()],
        handlers=[ast.ExceptHandler(
            type=_name("BaseException"), name=None,
            body=[ast.Expr(_call(RAISED, number, _name(token))), ast.Raise()],
        )],
        orelse=[],
        finalbody=[_if_looked_at(token, _call(LEAVE, _name(token), ast.Tuple(kept, ast.Load())))],
    )  # fmt: skip
    node.body[place:] = [_at(tick, first), _at(enter, first), _at(guard, first, last)]


def _parameters(arguments: ast.arguments) -> tuple[list[str], list[str], str, str]:
    named = [argument.arg for argument in arguments.posonlyargs + arguments.args]
    only = [argument.arg for argument in arguments.kwonlyargs]
    star = arguments.vararg.arg if arguments.vararg else ""
    double = arguments.kwarg.arg if arguments.kwarg else ""
    return named, only, star, double


def _if_looked_at(token: str, call: ast.Call) -> ast.If:
    is_not_none = ast.Compare(_name(token), [ast.IsNot()], [ast.Constant(None)])
    return ast.If(is_not_none, [ast.Expr(call)], [])


def _rebound(own: list[ast.AST], node: Any) -> set[str]:
    """Names that the body assigns or deletes: what they held at entry may be gone at exit."""
    found = set()
    for inner in own:
        if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            found.add(inner.id)
        elif isinstance(inner, ast.ExceptHandler) and inner.name:
            found.add(inner.name)
        elif isinstance(inner, ast.alias):
            found.add((inner.asname or inner.name).partition(".")[0])
        elif isinstance(inner, (*_FUNCTIONS, ast.ClassDef)):
            found.add(inner.name)
        elif type(inner).__name__ in ("MatchAs", "MatchStar", "MatchMapping"):
            found.update(str(getattr(inner, word, None)) for word in ("name", "rest"))
    for inner in ast.walk(node):  # a function inside may rebind by `nonlocal`
        if isinstance(inner, ast.Nonlocal):
            found.update(inner.names)
    return found


def _body_start(body: list[Any], *, future: bool = False) -> int:
    """Where the body begins: after the docstring (and `from __future__` imports)."""
    place = 0
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        place = 1 if isinstance(body[0].value.value, str) else 0
    while future and place < len(body):
        statement = body[place]
        if not isinstance(statement, ast.ImportFrom) or statement.module != "__future__":
            break
        place += 1
    return place


class _Returns(ast.NodeTransformer):
    """Rewrites the returns and yields of one function, not of those inside it."""

    def __init__(self, token: str, *, keep_returns: bool) -> None:
        self.token = token
        self.keep_returns = keep_returns

    def _leave_alone(self, node: Any) -> Any:
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = visit_Lambda = _leave_alone  # noqa: N815 - names of ast

    def visit_Return(self, node: Any) -> Any:
        """`return X` tells X first."""
        self.generic_visit(node)
        if self.keep_returns:
            return node
        value = node.value or _at(ast.Constant(None), node)
        node.value = self._told(RESULT, value)
        return node

    def visit_Yield(self, node: Any) -> Any:
        """`yield X` tells X first."""
        self.generic_visit(node)
        value = node.value or _at(ast.Constant(None), node)
        node.value = self._told(YIELD, value)
        return node

    def _told(self, word: str, value: Any) -> Any:
        """The value itself, or told first if the call is looked at."""
        token = _name(self.token)
        is_none = ast.Compare(token, [ast.Is()], [ast.Constant(None)])
        told = _call(word, token, deepcopy(value))
        return _at(ast.IfExp(is_none, value, told), value)


class _Values(ast.NodeTransformer):
    """Wraps the outermost expression of each span."""

    def __init__(self, values: list[ValueSite]) -> None:
        self._by_span = {site.span: site for site in values}

    def generic_visit(self, node: Any) -> Any:
        """Children first: a span inside a span is wrapped too."""
        site = self._site(node)
        super().generic_visit(node)
        if site is None:
            return node
        site.refused = ""
        key = "v%d" % site.number
        is_due = ast.Compare(_call(TICK % key), [ast.GtE()], [_name(NEXT % key)])
        told = _call(VALUE, ast.Constant(site.number), deepcopy(node))
        return _at(ast.IfExp(is_due, told, node), node)

    def _site(self, node: Any) -> ValueSite | None:
        if not isinstance(node, ast.expr) or isinstance(node, ast.Starred):
            return None
        span = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
        site = self._by_span.get(span)  # type: ignore[arg-type] # positions are set after parsing
        if site is None or not site.refused:
            return None
        if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            site.refused = "the expression is assigned to"
            return None
        self._by_span.pop(span)  # type: ignore[arg-type] # same
        return site


def _name(word: str, context: ast.expr_context | None = None) -> ast.Name:
    return ast.Name(word, context or ast.Load())


def _call(word: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(_name(word), list(arguments), [])


def _at(node: Any, first: Any, last: Any = None) -> Any:
    """The node at the place of another; what is inside gets it by `fix_missing_locations`."""
    if first is not None:
        node.lineno, node.col_offset = first.lineno, first.col_offset
        last = last or first
        node.end_lineno, node.end_col_offset = last.end_lineno, last.end_col_offset
    return node
