"""Who binds and who uses a name: lexical scopes of one module, by the rules of the language."""

from __future__ import annotations

import ast
import builtins
from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
_OWN_SCOPE = (*FUNCTIONS, ast.ClassDef, ast.Lambda, *COMPREHENSIONS)
_BUILTINS = frozenset(dir(builtins))


class Scope:
    """One scope: what is bound in it and what is named in it directly."""

    def __init__(self, node: ast.AST, parent: Scope | None) -> None:
        self.node = node
        self.parent = parent
        self.bindings: defaultdict[str, list[ast.AST]] = defaultdict(list)
        self.names: defaultdict[str, list[ast.Name]] = defaultdict(list)
        self.declared: dict[str, str] = {}  # name -> "global" or "nonlocal"

    @property
    def is_class(self) -> bool:
        """Whether functions inside do not see its names."""
        return isinstance(self.node, ast.ClassDef)


class Scopes:
    """All scopes of one module, with the parents of nodes and qualified names."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.module = Scope(tree, None)
        self.all: list[Scope] = [self.module]
        self.functions: list[FunctionNode] = []
        self.star_import = False
        self._parents: dict[ast.AST, ast.AST] = {}
        self._of_node: dict[ast.AST, Scope] = {}
        self._inner: dict[ast.AST, Scope] = {tree: self.module}
        pending: list[tuple[ast.AST, ast.AST, Scope]] = [
            (node, tree, self.module) for node in reversed(tree.body)
        ]
        while pending:  # a stack of its own: deep trees are real
            node, parent, scope = pending.pop()
            self._parents[node] = parent
            self._of_node[node] = scope
            self._note(node, scope)
            children = list(self._children(node, scope))
            pending.extend((child, node, at) for child, at in reversed(children))
        self.functions.sort(key=lambda function: (function.lineno, function.col_offset))

    def _children(self, node: ast.AST, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
        inner = scope
        if isinstance(node, _OWN_SCOPE):
            inner = self._inner[node] = Scope(node, scope)
            self.all.append(inner)
        outside = _evaluated_outside(node)
        first = isinstance(node, ast.comprehension) and self._is_first(node)
        for child in ast.iter_child_nodes(node):
            default = isinstance(node, ast.arguments) and not isinstance(child, ast.arg)
            iterable = isinstance(node, ast.comprehension) and first and child is node.iter
            if default or iterable or isinstance(node, ast.arg):  # arg: its annotation
                yield child, scope.parent or scope
            elif isinstance(child, ast.arguments):
                yield child, inner
            else:
                yield child, scope if child in outside else inner

    def _is_first(self, node: ast.comprehension) -> bool:
        parent = self._parents[node]
        return isinstance(parent, COMPREHENSIONS) and parent.generators[0] is node

    def _note(self, node: ast.AST, scope: Scope) -> None:
        match node:
            case ast.Name(id=name, ctx=ctx):
                target = scope
                if isinstance(self._parents[node], ast.NamedExpr) and not isinstance(
                    ctx, ast.Load
                ):
                    while isinstance(target.node, COMPREHENSIONS) and target.parent:
                        target = target.parent
                target.names[name].append(node)
                if not isinstance(ctx, ast.Load):
                    target.bindings[name].append(node)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                scope.bindings[name].append(node)
                self.functions.append(node)
            case ast.ClassDef(name=name):
                scope.bindings[name].append(node)
            case ast.arg(arg=name):
                scope.bindings[name].append(node)
            case ast.Import() | ast.ImportFrom():
                self._note_import(node, scope)
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                kind = "global" if isinstance(node, ast.Global) else "nonlocal"
                scope.declared.update(dict.fromkeys(names, kind))
            case _:
                _note_rare(node, scope)

    def _note_import(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        for alias in node.names:
            if alias.name == "*":
                self.star_import = True
            else:
                bound = alias.asname or alias.name.split(".")[0]
                scope.bindings[bound].append(node)

    @cached_property
    def _uses(self) -> dict[tuple[Scope | None, str], list[ast.Name]]:
        uses: defaultdict[tuple[Scope | None, str], list[ast.Name]] = defaultdict(list)
        for scope in self.all:
            for name, nodes in scope.names.items():
                uses[self.owner(name, scope), name].extend(nodes)
        for nodes in uses.values():
            nodes.sort(key=lambda node: (node.lineno, node.col_offset))
        return dict(uses)

    def owner(self, name: str, scope: Scope) -> Scope | None:
        """The scope that a name in `scope` belongs to; None: a builtin, or nobody binds it."""
        at: Scope | None = scope
        while at is not None:
            declared = at.declared.get(name)
            if declared == "global":
                return self.module
            visible = at is scope or not at.is_class
            if declared is None and visible and name in at.bindings:
                return at
            at = at.parent
        return None

    def bindings(self, owner: Scope, name: str) -> list[ast.AST]:
        """What binds a name of `owner`, from `global` and `nonlocal` elsewhere too."""
        found = [] if owner.declared.get(name) else list(owner.bindings.get(name, ()))
        for scope in self.all:
            elsewhere = scope is not owner and name in scope.declared
            if elsewhere and self.owner(name, scope) is owner:
                found.extend(scope.bindings.get(name, ()))
        return found

    def uses(self, owner: Scope | None, name: str) -> list[ast.Name]:
        """Every place where a name of `owner` is loaded, stored or deleted."""
        return self._uses.get((owner, name), [])

    def scope_of(self, node: ast.AST) -> Scope:
        """The scope that a node is evaluated in."""
        return self._of_node[node]

    def inner(self, node: ast.AST) -> Scope:
        """The scope that a function, class, lambda or comprehension opens."""
        return self._inner[node]

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node around a node."""
        return self._parents.get(node)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, innermost first, the module last."""
        at = self._parents.get(node)
        while at is not None:
            yield at
            at = self._parents.get(at)

    def function_of(self, node: ast.AST) -> FunctionNode | None:
        """The innermost `def` around a node, not itself."""
        for at in self.ancestors(node):
            if isinstance(at, FUNCTIONS):
                return at
        return None

    def statement_of(self, node: ast.AST) -> ast.stmt:
        """The innermost statement around a node, itself included."""
        at: ast.AST = node
        while not isinstance(at, ast.stmt):
            at = self._parents[at]
        return at

    def qualified_name(self, node: ast.AST) -> str:
        """As `__qualname__` of a function or class; for other nodes, of what is around them."""
        parts: list[str] = []
        for at in [node, *self.ancestors(node)]:
            if isinstance(at, FUNCTIONS):
                parts.extend(["<locals>", at.name] if parts else [at.name])
            elif isinstance(at, ast.ClassDef):
                parts.append(at.name)
        return ".".join(reversed(parts))

    def is_builtin(self, node: ast.AST, name: str | None = None) -> bool:
        """Whether a node is a name of `builtins` that nothing in the module shadows."""
        return (
            isinstance(node, ast.Name)
            and (name is None or node.id == name)
            and node.id in _BUILTINS
            and not self.star_import
            and self.owner(node.id, self._of_node[node]) is None
        )

    def dotted(self, node: ast.AST) -> str | None:
        """What an expression refers to through module-level imports, such as "re.compile".

        None unless the name is bound by one import statement only.
        """
        trail: list[str] = []
        while isinstance(node, ast.Attribute):
            trail.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or self.star_import:
            return None
        if self.owner(node.id, self._of_node[node]) is not self.module:
            return None
        origin = self.import_origin(node.id)
        return ".".join([origin, *reversed(trail)]) if origin else None

    def import_origin(self, name: str) -> str | None:
        """What a module-level name was imported from, such as "re" or "collections.deque"."""
        bindings = self.bindings(self.module, name)
        if len(bindings) != 1 or self._parents.get(bindings[0]) is not self.tree:
            return None
        node = bindings[0]
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname == name:
                    return alias.name
                if alias.asname is None and alias.name.split(".")[0] == name:
                    return name
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return f"{'.' * node.level}{node.module or ''}.{alias.name}"
        return None


def _evaluated_outside(node: ast.AST) -> frozenset[ast.AST]:
    """Children of a function or class that the enclosing scope evaluates."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return frozenset([*node.decorator_list, *([node.returns] if node.returns else [])])
        case ast.ClassDef():
            return frozenset([*node.decorator_list, *node.bases, *node.keywords])
        case _:
            return frozenset()


def _note_rare(node: ast.AST, scope: Scope) -> None:
    match node:
        case ast.ExceptHandler(name=str(name)):
            scope.bindings[name].append(node)
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            scope.bindings[name].append(node)
        case ast.MatchMapping(rest=str(name)):
            scope.bindings[name].append(node)
        case _ if type(node).__name__ in {"TypeVar", "ParamSpec", "TypeVarTuple"}:
            scope.bindings[str(getattr(node, "name", ""))].append(node)  # Python 3.12
        case _:
            pass
