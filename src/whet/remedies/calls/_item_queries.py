"""Loops and comprehensions that ask one query for every item, and do nothing that it could see."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.remedies._library_calls import builtins_are_plain
from whet.remedies._lists import bound_names, is_bound_before, local_mentions
from whet.remedies._locals import holds_comment, looks_at_locals
from whet.remedies._objects import is_plain_class
from whet.remedies._places import alone_on_its_lines, is_in_text, walk_function
from whet.remedies.calls._disturbance import disturbance
from whet.remedies.calls._loops import (
    directly_in,
    has_inner_functions,
    is_invariant,
    methods_called,
    stored_in,
)
from whet.remedies.calls._often import constant_text
from whet.remedies.calls._queries import BUILTINS, MOST_PARAMETERS, ManySelect, select_for_many
from whet.remedies.calls._words import CHANGING_METHODS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule

    Repeated = ast.For | ast.ListComp | ast.SetComp | ast.DictComp

_FETCHES = frozenset({"fetchall", "fetchone"})
_STRANGE = (ast.Yield, ast.YieldFrom, ast.Await, ast.Global, ast.Nonlocal)
_ENDS = (ast.Break, ast.Return)
_LOOPS = (ast.For, ast.While, ast.comprehension)
_ITERABLES = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.List, ast.ListComp)
_PLAIN_WAY = (
    ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Call, ast.keyword, ast.Subscript,
    ast.Attribute, ast.BinOp, ast.UnaryOp, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.Starred,
)  # fmt: skip
_PASSES_FUNCTIONS = frozenset({"filter", "map"})


@dataclass(frozen=True, slots=True)
class ItemQuery:
    """A query that is asked for every item of one loop, in parts.

    Attributes:
        whole: The loop or comprehension.
        target: What it binds to each item.
        items: What it goes through.
        asker: The cursor or connection, in the call.
        execute: The call that asks.
        answer: The call of `fetchone` or `fetchall`; it holds `execute` where they are chained.
        parameters: One or two expressions of the item.
        select: The query for many items.
    """

    whole: Repeated
    target: ast.expr
    items: ast.expr
    asker: ast.expr
    execute: ast.Call
    answer: ast.Call
    parameters: list[ast.expr]
    select: ManySelect

    @property
    def fetches_one(self) -> bool:
        """Whether a single row is asked for, not a list."""
        return isinstance(self.answer.func, ast.Attribute) and self.answer.func.attr == "fetchone"

    @property
    def is_chained(self) -> bool:
        """Whether asking and fetching are one expression."""
        return self.execute in ast.walk(self.answer)


def item_queries(module: SourceModule, function: FunctionNode) -> Iterator[ItemQuery]:
    """The queries of a function that one query for many items can stand in for."""
    nodes = list(walk_function(function))
    plain = isinstance(function, ast.FunctionDef) and builtins_are_plain(module, BUILTINS)
    if not plain or any(isinstance(node, _STRANGE) for node in nodes):
        return
    if looks_at_locals(module, function):
        return
    for node in nodes:
        for whole, target, items, body in _repeated(node):
            query = _query(module, whole, body, target, items)
            if query is not None and _is_alone(module, function, query, body):
                yield query


def _repeated(node: ast.AST) -> Iterator[tuple[Repeated, ast.expr, ast.expr, list[ast.AST]]]:
    """Of a loop: itself, its target, what it goes through, and what it does for each item."""
    match node:
        case ast.For(orelse=[]):
            yield node, node.target, node.iter, [*node.body]
        case ast.ListComp(generators=[only]) | ast.SetComp(generators=[only]):
            if not only.ifs:
                yield node, only.target, only.iter, [node.elt]
        case ast.DictComp(generators=[only]):
            if not only.ifs:
                yield node, only.target, only.iter, [node.key, node.value]
        case _:
            pass


def _query(
    module: SourceModule,
    whole: Repeated,
    body: list[ast.AST],
    target: ast.expr,
    items: ast.expr,
) -> ItemQuery | None:
    """The only query of a loop, if it is one of the plain kind."""
    calls = [n for part in body for n in ast.walk(part) if _is_execute(n)]
    match calls:
        case [
            ast.Call(
                func=ast.Attribute(value=asker),
                args=[sql, ast.Tuple(elts=elements) | ast.List(elts=elements)],
                keywords=[],
            ) as call
        ]:
            pass
        case _:
            return None
    text = constant_text(module, sql)
    exported = isinstance(sql, ast.Name) and {sql.id, "*"} & (module.outside or frozenset())
    unknown = isinstance(sql, ast.Name) and module.outside is None
    select = select_for_many(text) if text and not exported and not unknown else None
    answer = _answer(module, body, asker, call)
    if select is None or answer is None or len(elements) != select.parameters:
        return None
    return ItemQuery(whole, target, items, asker, call, answer, elements, select)


def _is_execute(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(attr=name)):
            return name.startswith("execute")
        case _:
            return False


def _answer(
    module: SourceModule, body: list[ast.AST], asker: ast.expr, execute: ast.Call
) -> ast.Call | None:
    """The only call that fetches what a call has asked for; None: the asker is used otherwise."""
    same = ast.dump(asker)
    mentions = [n for part in body for n in ast.walk(part) if _is_like(n, same)]
    others = [node for node in mentions if node is not asker]
    if not others:
        return _fetch(module, execute)
    if len(others) > 1 or not isinstance(module.scopes.parent(execute), ast.Expr):
        return None
    return _fetch(module, others[0]) if _follows(module, body, execute, others[0]) else None


def _is_like(node: ast.AST, dumped: str) -> bool:
    return isinstance(node, ast.Name | ast.Attribute) and ast.dump(node) == dumped


def _follows(module: SourceModule, body: list[ast.AST], first: ast.AST, later: ast.AST) -> bool:
    """Whether a node lies in a later statement of a body than a call that is a statement of it."""
    at = [n for n, part in enumerate(body) if part is module.scopes.parent(first)]
    then = [n for n, part in enumerate(body) if later in ast.walk(part)]
    return bool(at) and at[0] < then[0]


def _fetch(module: SourceModule, fetched: ast.AST) -> ast.Call | None:
    attribute = module.scopes.parent(fetched)
    call = module.scopes.parent(attribute) if attribute is not None else None
    match attribute, call:
        case ast.Attribute(attr=name), ast.Call(func=func, args=[], keywords=[]):
            return call if func is attribute and name in _FETCHES else None
        case _:
            return None


def _is_alone(
    module: SourceModule, function: FunctionNode, query: ItemQuery, body: list[ast.AST]
) -> bool:
    """Whether nothing else in the loop has to do with the query, and it is asked at every turn."""
    whole = query.whole
    first = next(n for n, part in enumerate(body) if query.execute in ast.walk(part))
    skips = any(isinstance(n, ast.Continue) for part in body[:first] for n in ast.walk(part))
    return (
        not skips
        and not any(isinstance(node, _ENDS) for node in ast.walk(whole))
        and _is_reached(module, query)
        and _goes_through_list(module, query)
        and all(_is_of_item(module, query, body, element) for element in query.parameters)
        and len(query.parameters) <= MOST_PARAMETERS
        and any(_mentions(element, bound_names(query.target)) for element in query.parameters)
        and _is_steady(module, function, query)
        and _is_quiet(module, function, query, body)
    )


def _is_reached(module: SourceModule, query: ItemQuery) -> bool:
    """Whether every turn comes to the query, once, where another expression may stand for it."""
    inner: ast.AST = query.answer
    for parent in module.scopes.ancestors(inner):
        if parent is query.whole:
            break
        if not _leads_on(parent, inner):
            return False
        inner = parent
    if query.is_chained:
        return True
    statement = module.scopes.parent(query.execute)
    assert isinstance(statement, ast.Expr)  # noqa: S101 -- see `_answer`
    assert isinstance(query.whole, ast.For)  # noqa: S101 -- statements lie in loops
    return directly_in(query.whole.body, statement) and alone_on_its_lines(module, statement)


def _leads_on(parent: ast.AST, inner: ast.AST) -> bool:
    match parent:
        case ast.If(test=test) | ast.IfExp(test=test):
            return inner is test
        case ast.Try(body=body):
            return inner in body
        case ast.Compare(left=left, comparators=others):
            return inner is left or inner is others[0]
        case ast.Call(func=ast.Name(id=name)) if name in _PASSES_FUNCTIONS:
            return False
        case _:
            return isinstance(parent, _PLAIN_WAY)


def _goes_through_list(module: SourceModule, query: ItemQuery) -> bool:
    items, target = query.items, query.target
    odd = any(isinstance(n, ast.NamedExpr) for n in ast.walk(items))
    plain = isinstance(items, _ITERABLES) and not odd and not holds_comment(module, items)
    return (
        plain
        and bool(bound_names(target))
        and not holds_comment(module, target)
        and not is_in_text(module, query.whole)
    )


def _is_of_item(
    module: SourceModule, query: ItemQuery, body: list[ast.AST], element: ast.expr
) -> bool:
    """Whether a parameter is known before the loop begins, and working it out changes nothing."""
    names = bound_names(query.target)
    changed = set().union(*(stored_in(part) for part in body))
    match element:
        case ast.Name(id=name) if name in names:
            return name not in changed
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=int())):
            return name in names - changed
        case ast.Name():
            return is_invariant(module, element, query.whole)  # type: ignore[arg-type] # walked only
        case ast.Constant(value=value):
            return isinstance(value, int | str) and "\n" not in module.text_of(element)
        case _:
            return False


def _mentions(element: ast.expr, names: Collection[str]) -> bool:
    return any(isinstance(node, ast.Name) and node.id in names for node in ast.walk(element))


def _is_steady(module: SourceModule, function: FunctionNode, query: ItemQuery) -> bool:
    """Whether the asker is there before the loop, and the same at every turn."""
    scopes, asker = module.scopes, query.asker
    base = asker.value if isinstance(asker, ast.Attribute) else asker
    if not isinstance(base, ast.Name):
        return False
    if base.id in bound_names(query.target) or not is_invariant(module, base, query.whole):  # type: ignore[arg-type] # walked only
        return False
    if isinstance(asker, ast.Attribute):
        return _is_set_by_init(module, function, asker, base)
    owner = scopes.owner(base.id, scopes.scope_of(base))
    if owner is scopes.module:
        (binding,) = scopes.bindings(owner, base.id)
        statement = scopes.statement_of(binding)
        return scopes.parent(statement) is scopes.tree
    statement = scopes.statement_of(query.whole)
    mentions = local_mentions(module, function, base.id)
    entered = any(
        isinstance(around, ast.With) and base.id in _entered(around)
        for around in scopes.ancestors(query.whole)
    )
    return bool(mentions) and (entered or is_bound_before(module, function, mentions, statement))


def _entered(block: ast.With) -> set[str]:
    return {
        item.optional_vars.id for item in block.items if isinstance(item.optional_vars, ast.Name)
    }


def _is_set_by_init(
    module: SourceModule, function: FunctionNode, asker: ast.Attribute, base: ast.Name
) -> bool:
    """Whether this is an attribute of `self` that `__init__` of a plain class sets for sure."""
    scopes, holder = module.scopes, module.scopes.parent(function)
    if not isinstance(holder, ast.ClassDef) or _itself(function) != base.id:
        return False
    if function.decorator_list or len(scopes.bindings(scopes.inner(function), base.id)) != 1:
        return False
    deleted = any(
        isinstance(n, ast.Attribute) and n.attr == asker.attr and isinstance(n.ctx, ast.Del)
        for n in ast.walk(holder)
    )
    own = asker.attr in scopes.inner(holder).bindings
    if own or deleted or not is_plain_class(module, holder):
        return False
    makers = [n for n in holder.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
    return len(makers) == 1 and _sets(makers[0], asker.attr)


def _itself(function: FunctionNode) -> str | None:
    """What a method calls its object."""
    return next((argument.arg for argument in function.args.args), None)


def _sets(maker: ast.FunctionDef, name: str) -> bool:
    """Whether a method sets an attribute of its object, whenever it comes to its end."""
    if any(isinstance(node, ast.Return) for node in ast.walk(maker)):
        return False
    for statement in maker.body:
        match statement:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=of), attr=attr)]):
                if (of, attr) == (_itself(maker), name):
                    return True
            case _:
                pass
    return False


def _is_quiet(
    module: SourceModule, function: FunctionNode, query: ItemQuery, body: list[ast.AST]
) -> bool:
    """Whether the rest of the loop leaves the database alone, as far as the source tells."""
    asking: set[ast.AST] = {query.answer, query.execute}
    rest = ast.Module(body=[_without(part, asking) for part in body], type_ignores=[])  # type: ignore[misc] # a bag of nodes
    statement = module.scopes.parent(query.answer)
    named: set[str] = set()
    if isinstance(statement, ast.Assign):
        named = {target.id for target in statement.targets if isinstance(target, ast.Name)}
    for node in ast.walk(rest):
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            return False
        if isinstance(node, _LOOPS) and not _goes_through(node, named):
            return False
    return not has_inner_functions(rest) and not disturbance(module, function, rest)


def owners_of_methods(module: SourceModule, query: ItemQuery) -> list[ast.expr]:
    """What the rest of the loop calls methods on that change nothing of plain objects.

    Rows and containers that the function made itself are left out.
    """
    asking = {query.answer, query.execute}
    before = set(ast.walk(query.items))
    return [
        call.func.value
        for call in methods_called(module, query.whole, before | asking)
        if isinstance(call.func, ast.Attribute)
        and call.func.attr not in CHANGING_METHODS
        and not asking & set(ast.walk(call.func.value))
    ]


def _goes_through(loop: ast.AST, names: Collection[str]) -> bool:
    """Whether a loop only goes through what a name holds: iterators may do anything."""
    iterated = getattr(loop, "iter", None)
    return isinstance(iterated, ast.Name) and iterated.id in names


def _without(node: ast.AST, parts: Collection[ast.AST]) -> ast.AST:
    """A node without some of its parts; what holds none of them is the node itself."""
    if node in parts:
        return ast.Constant(value=None)
    if not any(inner in parts for inner in ast.walk(node)):
        return node
    made = copy.copy(node)
    for name, value in ast.iter_fields(node):
        if isinstance(value, ast.AST):
            setattr(made, name, _without(value, parts))
        elif isinstance(value, list):
            setattr(
                made, name, [_without(v, parts) if isinstance(v, ast.AST) else v for v in value]
            )
    return made
