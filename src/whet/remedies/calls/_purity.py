"""Whether a function's result depends on nothing but its arguments, as far as source can tell.

Allowed are the language's own operators, builtins and methods of builtin types that change
nothing, names of the module that are bound once and never changed, and other functions of the
module of which the same holds. Everything else is refused by name.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.remedies._names import Use, use_of
from whet.remedies._places import walk_function
from whet.remedies.calls._tables import Tables, is_assigned_once
from whet.remedies.calls._words import CHANGING_METHODS, PURE_BUILTINS, PURE_METHODS

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule

PURE_MODULES = frozenset({"math", "cmath", "string", "unicodedata", "operator", "posixpath"})
_IMPURE_MEMBERS = frozenset({
    "abspath", "exists", "expanduser", "expandvars", "getatime", "getctime", "getmtime",
    "getsize", "isdevdrive", "isdir", "isfile", "isjunction", "islink", "ismount", "lexists",
    "realpath", "relpath", "samefile", "sameopenfile",
})  # fmt: skip
_REFUSED = {
    ast.Global: "it declares global names",
    ast.Nonlocal: "it declares nonlocal names",
    ast.Import: "it imports",
    ast.ImportFrom: "it imports",
    ast.Yield: "it is a generator",
    ast.YieldFrom: "it is a generator",
    ast.Await: "it is a coroutine",
    ast.With: "it enters a context",
    ast.AsyncWith: "it enters a context",
    ast.AsyncFor: "it is a coroutine",
    ast.Lambda: "it makes functions",
    ast.FunctionDef: "it makes functions",
    ast.AsyncFunctionDef: "it makes functions",
    ast.ClassDef: "it makes classes",
    ast.Delete: "it deletes names or elements",
}


class Purity:
    """The answer for one function and all that it calls.

    Attributes:
        reason: What speaks against it; "" if nothing does.
        trusted: Names that were taken for constants because of how they are written.
        recursive: Whether it reaches itself.
        functions: Every function that was looked at, by name.
    """

    def __init__(self, module: SourceModule, function: FunctionNode) -> None:
        self.reason = ""
        self.trusted: set[str] = set()
        self.recursive = False
        self.functions: set[str] = {function.name}
        self._module = module
        self._tables = Tables(module)
        pending = [function]
        while pending and not self.reason:
            pending.extend(self._look(pending.pop()))
        self.reason = self.reason or self._tables.reason(function.name, self.functions)

    def _look(self, function: FunctionNode) -> list[FunctionNode]:
        """Look at one function; returns those that it calls and that were not looked at."""
        found: list[FunctionNode] = []
        for node in walk_function(function):
            reason = self._reason(function, node)
            if reason:
                self.reason = reason
                return []
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                callee = self._callee(node)
                if callee is None:
                    continue
                self.recursive = self.recursive or callee.name in self.functions
                if callee.name not in self.functions:
                    self.functions.add(callee.name)
                    found.append(callee)
        return found

    def _reason(self, function: FunctionNode, node: ast.AST) -> str:
        """What speaks against one node; a stricter or laxer purity may answer otherwise."""
        return _REFUSED.get(type(node), "") or self._against(function, node)

    def _against(  # noqa: PLR0911 -- one return a kind
        self, function: FunctionNode, node: ast.AST
    ) -> str:
        match node:
            case ast.Name(ctx=ast.Load()):
                return self._against_name(function, node)
            case ast.Attribute(ctx=ast.Load()):
                return self._against_attribute(function, node)
            case ast.Attribute():
                return "it sets attributes"
            case ast.Subscript(ctx=ast.Store() | ast.Del(), value=value):
                return "" if self._is_own(function, value) else "it changes what it did not make"
            case ast.Call(func=func) if not isinstance(func, ast.Attribute):
                return self._against_called(func)
            case ast.AugAssign(target=ast.Name(id=name)):
                own = self._is_own_name(function, name) or self._is_counter(function, name)
                return "" if own else "it changes what it did not make"
            case ast.Compare(ops=ops):
                return self._against_identity(node) if _has_identity(ops) else ""
            case _:
                return ""

    def _against_called(self, func: ast.expr) -> str:
        scopes = self._module.scopes
        if not isinstance(func, ast.Name):
            return "it calls what it has worked out"
        owner = scopes.owner(func.id, scopes.scope_of(func))
        return "" if owner in {None, scopes.module} else f"it calls {func.id}, which it was given"

    def _against_identity(self, node: ast.Compare) -> str:
        singletons = all(
            isinstance(side, ast.Constant) and (side.value is None or isinstance(side.value, bool))
            for side in node.comparators
        )
        return "" if singletons else "it compares identities"

    def _against_name(self, function: FunctionNode, node: ast.Name) -> str:
        scopes = self._module.scopes
        owner = scopes.owner(node.id, scopes.scope_of(node))
        if owner is None:
            pure = node.id in PURE_BUILTINS and not scopes.star_import
            return "" if pure else f"it uses {node.id}"
        if owner is not scopes.module:
            inside = owner.node is function or function in set(scopes.ancestors(owner.node))
            return "" if inside else f"it reads {node.id} of an enclosing function"
        if self._callee(node) is not None:
            return ""
        return self._against_global(node)

    def _callee(self, node: ast.Name) -> FunctionNode | None:
        """The module's own function that a name stands for, bound once and undecorated."""
        scopes = self._module.scopes
        if scopes.owner(node.id, scopes.scope_of(node)) is not scopes.module:
            return None
        match scopes.bindings(scopes.module, node.id):
            case [ast.FunctionDef() as only] if not only.decorator_list:
                return only if scopes.parent(only) is scopes.tree else None
            case [ast.FunctionDef(decorator_list=[memo]) as only] if _is_cache(self._module, memo):
                return only if scopes.parent(only) is scopes.tree else None
            case _:
                return None

    def _against_global(  # noqa: PLR0911 -- one return a reason
        self, node: ast.Name
    ) -> str:
        scopes, name = self._module.scopes, node.id
        bindings = scopes.bindings(scopes.module, name)
        if len(bindings) != 1:
            return f"{name} is bound more than once"
        match bindings[0]:
            case ast.Import() | ast.ImportFrom():
                return self._against_import(node)
            case ast.Name():
                pass
            case _:
                return f"it uses {name}"
        assigned = scopes.parent(bindings[0])
        if not is_assigned_once(self._module, assigned):
            return f"{name} may be assigned again"
        if (
            scopes.uses(None, "globals")
            or {"setattr", "__name__", "modules"} <= self._module.words
        ):
            return f"{name} may be assigned through the module"
        value = assigned.value if isinstance(assigned, ast.Assign | ast.AnnAssign) else None
        immutable = value is not None and _makes_immutable(self._module, value)
        uses = scopes.uses(scopes.module, name)
        if not immutable and any(self._may_change(use) for use in uses):
            return f"{name} may change"
        if not immutable and value is not None and self._tables.see(name, value):
            self.trusted.add(name)
        outside = self._module.outside
        if not name.startswith("_") and (outside is None or {name, "*"} & outside):
            self.trusted.add(name)
        return ""

    def _may_change(self, use: ast.Name) -> bool:
        """Whether a mention of a module-level name changes its object or gives it away."""
        scopes = self._module.scopes
        parent = scopes.parent(use)
        if isinstance(parent, ast.Attribute):
            return parent.attr not in PURE_METHODS
        if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name):
            around = scopes.function_of(use)  # what it calls is looked at as well
            looked_at = around is not None and around.name in self.functions
            if looked_at and self._callee(parent.func) is not None:
                return False
        return use_of(self._module, use) in {Use.CHANGED, Use.APPENDED, Use.ESCAPES, Use.RETURNED}

    def _against_import(self, node: ast.Name) -> str:
        origin = self._module.scopes.dotted(node) or ""
        package, _, member = origin.rpartition(".")
        if origin in PURE_MODULES or (package in PURE_MODULES and member not in _IMPURE_MEMBERS):
            return ""
        if node.id.isupper():  # written as a constant; another module could still change it
            self.trusted.add(node.id)
            return ""
        return f"it uses {node.id}, imported from elsewhere"

    def _against_attribute(self, function: FunctionNode, node: ast.Attribute) -> str:
        parent = self._module.scopes.parent(node)
        dotted = self._module.scopes.dotted(node)
        if dotted is not None:
            package, _, member = dotted.rpartition(".")
            pure = package in PURE_MODULES and member not in _IMPURE_MEMBERS
            return "" if pure else f"it uses {dotted}"
        if not (isinstance(parent, ast.Call) and parent.func is node):
            return f"it reads the attribute {node.attr}"
        if node.attr in PURE_METHODS:
            return ""
        if node.attr in CHANGING_METHODS and self._is_own(function, node.value):
            return ""
        return f"it calls the method {node.attr}"

    def _is_own(self, function: FunctionNode, value: ast.expr) -> bool:
        return isinstance(value, ast.Name) and self._is_own_name(function, value.id)

    def _is_own_name(self, function: FunctionNode, name: str) -> bool:
        """Whether a name only ever holds containers that the function itself made."""
        values = self._values(function, name)
        return bool(values) and all(_makes_container(self._module, value) for value in values)

    def _is_counter(self, function: FunctionNode, name: str) -> bool:
        """Whether a name holds numbers or strings, whose `+=` changes no object."""
        values = self._values(function, name)
        return bool(values) and all(_makes_immutable(self._module, value) for value in values)

    def _values(self, function: FunctionNode, name: str) -> list[ast.expr]:
        """What is assigned to a local name; empty if something else binds it too."""
        scopes = self._module.scopes
        values: list[ast.expr] = []
        for binding in scopes.bindings(scopes.inner(function), name):
            match scopes.parent(binding):
                case ast.Assign(targets=[ast.Name()], value=value):
                    values.append(value)
                case ast.AugAssign():
                    continue
                case _:
                    return []
        return values


def _has_identity(ops: list[ast.cmpop]) -> bool:
    return any(isinstance(op, ast.Is | ast.IsNot) for op in ops)


def _makes_container(module: SourceModule, value: ast.expr) -> bool:
    match value:
        case ast.List() | ast.ListComp() | ast.Set() | ast.SetComp() | ast.Dict() | ast.DictComp():
            return True
        case ast.Call(func=ast.Name(id="list" | "dict" | "set" | "sorted") as func):
            return module.scopes.is_builtin(func)
        case ast.BinOp(left=left, op=ast.Mult()):
            return isinstance(left, ast.List)
        case _:
            return False


def _makes_immutable(module: SourceModule, value: ast.expr) -> bool:
    match value:
        case ast.Constant() | ast.JoinedStr():
            return True
        case ast.BinOp(left=left, right=right):
            return _makes_immutable(module, left) and _makes_immutable(module, right)
        case ast.Call(func=ast.Name(id="len" | "ord" | "int" | "str" | "abs" | "float") as func):
            return module.scopes.is_builtin(func)
        case _:
            return False


def _is_cache(module: SourceModule, decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return module.scopes.dotted(called) in {"functools.lru_cache", "functools.cache"}


def is_plain_function(module: SourceModule, function: FunctionNode) -> bool:
    """Whether a function can take a memo by its form: parameters, place, decorators, a result."""
    arguments = function.args
    defaults = [*arguments.defaults, *(d for d in arguments.kw_defaults if d is not None)]
    return (
        isinstance(function, ast.FunctionDef)
        and _is_reached_by_name(module, function)
        and not (arguments.vararg or arguments.kwarg)
        and bool(_parameters(function))
        and all(isinstance(default, ast.Constant) for default in defaults)
        and any(isinstance(node, ast.Return) for node in walk_function(function))
    )


def _is_reached_by_name(module: SourceModule, function: FunctionNode) -> bool:
    """Whether it is a plain function of the module, or a static method of one of its classes."""
    parent = module.scopes.parent(function)
    if not isinstance(parent, ast.ClassDef):
        return parent is module.scopes.tree and not function.decorator_list
    static = [d for d in function.decorator_list if module.scopes.is_builtin(d, "staticmethod")]
    nested = module.scopes.parent(parent) is not module.scopes.tree
    return not nested and len(static) == 1 == len(function.decorator_list)


def _parameters(function: FunctionNode) -> list[ast.arg]:
    arguments = function.args
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]


def is_only_called(module: SourceModule, function: FunctionNode) -> bool:
    """Whether the module treats a function as nothing but a function."""
    scopes = module.scopes
    owner = scopes.scope_of(function)
    if len(scopes.bindings(owner, function.name)) != 1:
        return False
    for use in scopes.uses(owner, function.name):
        parent = scopes.parent(use)
        if isinstance(parent, ast.Attribute | ast.Compare):
            return False
    return True
