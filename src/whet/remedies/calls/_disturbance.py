"""What a part of a function could change that it does not name."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.remedies._lists import assigned_values, local_mentions
from whet.remedies.calls._purity import PURE_MODULES, Purity
from whet.remedies.calls._words import CHANGING_METHODS, PURE_BUILTINS, PURE_METHODS

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule

_QUIET_BUILTINS = PURE_BUILTINS | {"print", "repr", "type", "hash", "id", "callable"}
_TAKES_FUNCTIONS = frozenset({"map", "filter", "sorted", "min", "max", "sum"})
_QUIET_METHODS = PURE_METHODS | {"write"}
_HANDS_OVER = (
    ast.Yield, ast.YieldFrom, ast.Await, ast.AsyncFor, ast.AsyncWith, ast.With, ast.Delete,
    ast.Global, ast.Nonlocal, ast.Import, ast.ImportFrom, ast.ClassDef,
)  # fmt: skip
_PASSING_ON = frozenset({
    f"itertools.{name}"
    for name in ("chain", "chain.from_iterable", "compress", "cycle", "islice", "pairwise",
                 "product", "repeat", "zip_longest")
})  # fmt: skip
_PASSING_ON_ONE = frozenset({  # with a second argument they call what they are given
    "more_itertools.flatten", "more_itertools.unique_everseen", "more_itertools.unique_justseen",
})  # fmt: skip


def passes_on(module: SourceModule, call: ast.Call) -> bool:
    """Whether a call makes an iterator that does nothing but go through what it is given.

    That must be worked out on the spot, where it can be looked at: what a name holds may itself be
    an iterator that does anything.
    """
    dotted = module.scopes.dotted(call.func) or ""
    alone = len(call.args) == 1 and not call.keywords
    seen = all(isinstance(arg, ast.GeneratorExp | ast.Call | ast.Constant) for arg in call.args)
    return seen and (dotted in _PASSING_ON or (alone and dotted in _PASSING_ON_ONE))


class Quiet(Purity):
    """A laxer purity: generator functions, and iterators that pass on what they are given."""

    def _reason(self, function: FunctionNode, node: ast.AST) -> str:
        match node:
            case ast.Yield() | ast.YieldFrom():
                statement = self._module.scopes.parent(node)
                return "" if isinstance(statement, ast.Expr) else "it is sent values"
            case ast.Name(ctx=ast.Load()) if self._is_plumbing(node):
                return ""
            case ast.Attribute(ctx=ast.Load()):
                outer = self._module.scopes.parent(node)
                whole = outer if isinstance(outer, ast.Attribute) else node
                call = self._module.scopes.parent(whole)
                if isinstance(call, ast.Call) and call.func is whole:
                    return "" if passes_on(self._module, call) else super()._reason(function, node)
            case _:
                pass
        return super()._reason(function, node)

    def _is_plumbing(self, node: ast.Name) -> bool:
        """Whether a name is a library of iterators, or an iterator that is called."""
        parent = self._module.scopes.parent(node)
        if isinstance(parent, ast.Call) and parent.func is node:
            return passes_on(self._module, parent)
        library = self._module.scopes.dotted(node) in {"itertools", "more_itertools"}
        return library and isinstance(parent, ast.Attribute)


def disturbance(module: SourceModule, function: FunctionNode, block: ast.AST) -> str:
    """What in a part of a function could change objects that it does not name; "": nothing.

    Operators and plain methods are taken for quiet; calls of functions that are not known to be
    pure, and changes of what the function did not make itself, are not.
    """
    for node in ast.walk(block):
        if isinstance(node, _HANDS_OVER):
            return "it hands control to others"
        match node:
            case ast.Call():
                reason = _against_call(module, function, node)
                if reason:
                    return reason
            case ast.Subscript(ctx=ast.Store() | ast.Del(), value=held):
                if not _is_own(module, function, held):
                    return f"it stores into {ast.unparse(held)}"
            case ast.AugAssign(target=ast.Name(id=name)):
                if not _is_own_value(module, function, name):
                    return f"it changes {name}"
            case ast.AugAssign(target=ast.Attribute() as target):
                return f"it changes {ast.unparse(target)}"
            case _:
                pass
    return ""


def _against_call(module: SourceModule, function: FunctionNode, call: ast.Call) -> str:
    scopes = module.scopes
    match call.func:
        case ast.Name(id=name) if scopes.is_builtin(call.func):
            quiet = name in _QUIET_BUILTINS and not _hands_function(module, call)
            return "" if quiet else f"it calls {name}"
        case ast.Name(id=name):
            return "" if is_pure_function(module, call.func) else f"it calls {name}"
        case ast.Attribute(attr=method, value=held):
            dotted = scopes.dotted(call.func) or ""
            known = dotted.rpartition(".")[0] in PURE_MODULES or passes_on(module, call)
            changing = method in CHANGING_METHODS and _is_own(module, function, held)
            quiet = known or changing or (not dotted and method in _QUIET_METHODS)
            return "" if quiet else f"it calls {ast.unparse(call.func)}"
        case _:
            return "it calls what it has worked out"


def _hands_function(module: SourceModule, call: ast.Call) -> bool:
    assert isinstance(call.func, ast.Name)  # noqa: S101 -- a builtin is a name
    handed = [keyword.value for keyword in call.keywords if keyword.arg in {"key", "default"}]
    if call.func.id in {"map", "filter"}:
        handed.extend(call.args[:1])
    return any(
        not (isinstance(node, ast.Lambda) or module.scopes.is_builtin(node)) for node in handed
    )


def is_pure_function(module: SourceModule, func: ast.Name) -> bool:
    """Whether a name is that of a function of the module, or of a known module, that is pure.

    A generator function is, too, if it only reads: what goes through it cannot tell.
    """
    scopes = module.scopes
    if scopes.owner(func.id, scopes.scope_of(func)) is not scopes.module:
        return False
    match scopes.bindings(scopes.module, func.id):
        case [ast.FunctionDef(decorator_list=[]) as only]:
            return not Quiet(module, only).reason
        case _:
            return (scopes.dotted(func) or "").rpartition(".")[0] in PURE_MODULES


def _is_own(module: SourceModule, function: FunctionNode, held: ast.expr) -> bool:
    """Whether a container was made by the function itself, so that it is nobody else's list."""
    if not isinstance(held, ast.Name):
        return False
    values = assigned_values(module, local_mentions(module, function, held.id))
    return bool(values) and all(_makes(module, value) for value in values or ())


def _makes(module: SourceModule, value: ast.expr) -> bool:
    match value:
        case ast.List() | ast.ListComp() | ast.Set() | ast.SetComp() | ast.Dict() | ast.DictComp():
            return True
        case ast.Call(func=ast.Name(id="list" | "dict" | "set" | "sorted" | "bytearray") as func):
            return module.scopes.is_builtin(func)
        case ast.Call(func=func):
            return (module.scopes.dotted(func) or "").startswith("collections.")
        case ast.BinOp(left=left, op=ast.Mult()):
            return isinstance(left, ast.List)
        case _:
            return False


def _is_own_value(module: SourceModule, function: FunctionNode, name: str) -> bool:
    """Whether `+=` on a local name changes at most what the function made itself."""
    values: list[ast.expr] = []
    for node in local_mentions(module, function, name):
        match module.scopes.parent(node):
            case ast.Assign(targets=[ast.Name() as target], value=value) if target is node:
                values.append(value)
            case ast.AugAssign(target=target) if target is node:
                continue
            case _ if not isinstance(node.ctx, ast.Load):
                return False
            case _:
                continue
    kinds = (ast.Constant, ast.JoinedStr, ast.Compare)
    return bool(values) and all(isinstance(v, kinds) or _makes(module, v) for v in values)
