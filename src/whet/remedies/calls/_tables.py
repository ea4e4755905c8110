"""Tables of a module in which functions look things up, and whether anything in them changes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.codebase.scopes import COMPREHENSIONS, LOOPS
from whet.remedies.calls._looks import only_looked_at

if TYPE_CHECKING:
    from collections.abc import Collection

    from whet.codebase.syntax import SourceModule

_COPIES = frozenset({"dict", "frozenset", "list", "range", "set", "sorted", "tuple"})
_SCALARS = frozenset({"abs", "bool", "bytes", "float", "int", "len", "ord", "str"})


class Tables:
    """Tables whose elements may be containers, which other code could reach and change.

    A change of the table itself is the affair of whoever looks at it; this is about what lies
    inside of it, and about objects that it shares with other names.
    """

    def __init__(self, module: SourceModule) -> None:
        self._module = module
        self._names: set[str] = set()

    def see(self, name: str, value: ast.expr) -> bool:
        """Note a table by its only value; returns whether it comes from another module."""
        if not holds_immutable(self._module, value):
            self._names.add(name)
        return isinstance(value, ast.Name | ast.Attribute) and bool(
            self._module.scopes.dotted(value)
        )

    def reason(self, root: str, functions: Collection[str]) -> str:
        """Why something inside of a table may change; "" if nothing may.

        Args:
            root: The function that is asked about: nobody changes what it gives back.
            functions: It and all that it calls; they are known to change nothing.
        """
        scopes = self._module.scopes
        pending, known = sorted(self._names), set(self._names)
        while pending:
            name = pending.pop()
            (binding,) = scopes.bindings(scopes.module, name)
            if not self._is_quiet(name, root, functions, known):
                return f"what {name} holds may change"
            for used in ast.walk(scopes.parent(binding) or binding):
                if isinstance(used, ast.Name) and used.id not in known:
                    known.add(used.id)
                    bound = scopes.bindings(scopes.module, used.id)
                    values = [_value_of(scopes.parent(node)) for node in bound]
                    if not any(isinstance(node, ast.Name) for node in bound):
                        continue  # a function, a class, an import or a builtin
                    if len(values) != 1 or values[0] is None:
                        return f"{used.id}, which {name} is made of, may change"
                    if not _is_immutable(self._module, values[0]):
                        pending.append(used.id)
        return ""

    def _is_quiet(
        self, name: str, root: str, functions: Collection[str], tables: Collection[str]
    ) -> bool:
        """Whether all code only looks at a table and at what lies inside of it."""
        scopes = self._module.scopes
        closed = {root, *(at for at in functions if self._is_called_by(at, functions))}
        for use in scopes.uses(scopes.module, name):
            around = scopes.function_of(use)
            if around is not None and around.name in closed:
                continue
            if isinstance(use.ctx, ast.Store) or _is_made_of(self._module, use, tables):
                continue
            if not only_looked_at(self._module, [use]):
                return False
        return True

    def _is_called_by(self, name: str, functions: Collection[str]) -> bool:
        """Whether nobody but some functions gets what one of them gives back."""
        scopes = self._module.scopes
        around = [scopes.function_of(use) for use in scopes.uses(scopes.module, name)]
        return all(at is not None and at.name in functions for at in around)


def _is_made_of(module: SourceModule, use: ast.Name, tables: Collection[str]) -> bool:
    """Whether a table is read to make another one that is looked at as well, or to be copied."""
    statement = module.scopes.statement_of(use)
    if module.scopes.parent(statement) is not module.scopes.tree:
        return False
    match statement, module.scopes.parent(use):
        case ast.Assign(targets=[ast.Name(id=name)]), ast.Call() if name in tables:
            return True
        case ast.Assign() | ast.AnnAssign(), ast.Call(func=ast.Name(id=name) as func):
            return name in _COPIES and module.scopes.is_builtin(func)
        case _:
            return False


def _value_of(node: ast.AST | None) -> ast.expr | None:
    return node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None


def is_assigned_once(module: SourceModule, statement: ast.AST | None) -> bool:
    """Whether a statement at the top of a module runs at most once, as it is imported."""
    if statement is None:
        return False
    around = [statement, *module.scopes.ancestors(statement)]
    return not any(
        isinstance(node, (*LOOPS, ast.FunctionDef, ast.AsyncFunctionDef, *COMPREHENSIONS))
        for node in around
    )


def holds_immutable(  # noqa: PLR0911 -- one return a kind
    module: SourceModule, value: ast.expr
) -> bool:
    """Whether an expression makes a container of its own with nothing in it that can change."""
    match value:
        case ast.List(elts=elements) | ast.Set(elts=elements) | ast.Tuple(elts=elements):
            return all(_is_immutable(module, element) for element in elements)
        case ast.Dict(keys=keys, values=values):
            parts = [*keys, *values]
            return all(part is not None and _is_immutable(module, part) for part in parts)
        case ast.ListComp(elt=element) | ast.SetComp(elt=element) | ast.GeneratorExp(elt=element):
            return _is_immutable(module, element)
        case ast.DictComp(value=element):
            return _is_immutable(module, element)
        case ast.Call(func=ast.Name(id=name) as func, args=[only], keywords=[]):
            made = name in _COPIES and module.scopes.is_builtin(func)
            return made and (name == "range" or holds_immutable(module, only))
        case ast.Call(func=ast.Attribute(value=ast.Constant(), attr="split" | "splitlines")):
            return True
        case _:
            return _is_immutable(module, value)


def _is_immutable(module: SourceModule, value: ast.expr) -> bool:
    """Whether an expression certainly makes a number, a text, or a tuple of them."""
    match value:
        case ast.Constant() | ast.JoinedStr() | ast.Compare():
            return True
        case ast.UnaryOp(operand=operand):
            return _is_immutable(module, operand)
        case ast.BinOp(left=left, right=right):
            return _is_immutable(module, left) and _is_immutable(module, right)
        case ast.Tuple(elts=elements):
            return all(_is_immutable(module, element) for element in elements)
        case ast.Call(func=ast.Name(id=name) as func):
            return name in _SCALARS and module.scopes.is_builtin(func)
        case _:
            return False
