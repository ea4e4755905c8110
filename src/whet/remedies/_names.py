"""What a piece of source does with a list that a name or attribute holds."""

from __future__ import annotations

import ast
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule


class Use(Enum):
    """What one mention of a list does with it."""

    BOUND = auto()  # assigned by a plain `name = value`
    PROBED = auto()  # right side of `in` or `not in`
    APPENDED = auto()  # `name.append(x)` as a statement
    CALLED = auto()  # another method called on it
    INDEXED = auto()  # `name[...]` read
    READ = auto()  # looked through here and now: iterated, measured, tested, copied
    RETURNED = auto()  # handed to the caller as the function ends
    ESCAPES = auto()  # somebody else may keep it or change it
    CHANGED = auto()  # changed in a way that nobody follows


READERS = frozenset(
    {
        "all",
        "any",
        "bool",
        "dict",
        "enumerate",
        "filter",
        "float",
        "frozenset",
        "int",
        "isinstance",
        "len",
        "list",
        "map",
        "max",
        "min",
        "print",
        "repr",
        "reversed",
        "set",
        "sorted",
        "str",
        "sum",
        "tuple",
        "type",
        "zip",
    }
)
_LAZY = frozenset({"enumerate", "filter", "map", "reversed", "zip"})
READING_METHODS = frozenset({"copy", "count", "index"})


def use_of(module: SourceModule, node: ast.expr) -> Use:  # noqa: PLR0911 -- one return a kind
    """What a mention (a name, or an attribute such as `self.items`) does with the list."""
    context = getattr(node, "ctx", None)
    parent = module.scopes.parent(node)
    if not isinstance(context, ast.Load):
        plain = isinstance(parent, ast.Assign) and parent.targets == [node]
        annotated = isinstance(parent, ast.AnnAssign) and parent.value is not None
        return Use.BOUND if plain or annotated else Use.CHANGED
    match parent:
        case ast.Attribute():
            return _method_use(module, parent)
        case ast.Subscript() if parent.value is node:
            return Use.INDEXED if isinstance(parent.ctx, ast.Load) else Use.CHANGED
        case ast.Compare():
            return _compared(parent, node)
        case ast.Call() if node in parent.args and module.scopes.is_builtin(parent.func):
            return _builtin_use(module, parent)
        case ast.Return():
            return Use.RETURNED
        case _:
            whole: ast.AST = node
            while isinstance(parent, ast.BoolOp):  # only the truth of it may matter
                whole, parent = parent, module.scopes.parent(parent)
            return Use.READ if _looked_through(parent, whole) else Use.ESCAPES


def _method_use(module: SourceModule, attribute: ast.Attribute) -> Use:
    call = module.scopes.parent(attribute)
    if not (isinstance(call, ast.Call) and call.func is attribute):
        return Use.ESCAPES
    statement = module.scopes.parent(call)
    plain = len(call.args) == 1 and not call.keywords and not isinstance(call.args[0], ast.Starred)
    if attribute.attr == "append" and plain and isinstance(statement, ast.Expr):
        return Use.APPENDED
    return Use.CALLED


def _compared(compare: ast.Compare, node: ast.expr) -> Use:
    single = len(compare.ops) == 1
    if (
        single
        and compare.comparators[0] is node
        and isinstance(compare.ops[0], ast.In | ast.NotIn)
    ):
        return Use.PROBED
    identity = any(isinstance(op, ast.Is | ast.IsNot) for op in compare.ops)
    return Use.READ if identity or single else Use.ESCAPES


def _builtin_use(module: SourceModule, call: ast.Call) -> Use:
    assert isinstance(call.func, ast.Name)  # noqa: S101 -- a builtin is a name
    if call.func.id not in READERS:
        return Use.ESCAPES
    if call.func.id not in _LAZY:
        return Use.READ
    around = module.scopes.parent(call)
    return Use.READ if _looked_through(around, call) else Use.ESCAPES


def _looked_through(parent: ast.AST | None, node: ast.AST) -> bool:
    match parent:
        case ast.For() | ast.AsyncFor() | ast.comprehension():
            return parent.iter is node
        case ast.If() | ast.While() | ast.IfExp() | ast.Assert():
            return parent.test is node
        case ast.UnaryOp(op=ast.Not()) | ast.Starred() | ast.FormattedValue():
            return True
        case ast.BinOp(op=ast.Add() | ast.Mult() | ast.Mod()):
            return True
        case _:
            return False


_FRESH_CALLS = frozenset({"list", "sorted"})
_FRESH_METHODS = frozenset({"split", "rsplit", "splitlines", "readlines", "copy", "findall"})


def makes_new_list(module: SourceModule, value: ast.expr) -> bool:
    """Whether an expression makes a list that nobody else holds, as far as the source tells."""
    match value:
        case ast.List() | ast.ListComp():
            return True
        case ast.Call(func=ast.Name(id=name)) if name in _FRESH_CALLS:
            return module.scopes.is_builtin(value.func)
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in _FRESH_METHODS
        case ast.BinOp(op=ast.Add() | ast.Mult()):
            return makes_new_list(module, value.left) or makes_new_list(module, value.right)
        case _:
            return False


_OTHER_CALLS = frozenset(
    {
        "Counter",
        "OrderedDict",
        "bytearray",
        "bytes",
        "defaultdict",
        "deque",
        "dict",
        "float",
        "frozenset",
        "int",
        "len",
        "range",
        "set",
        "str",
        "tuple",
    }
)


_TEXT_METHODS = frozenset(
    {
        "capitalize",
        "casefold",
        "decode",
        "encode",
        "format",
        "items",
        "join",
        "keys",
        "lower",
        "lstrip",
        "replace",
        "rstrip",
        "strip",
        "title",
        "upper",
        "values",
    }
)


def is_no_list(value: ast.expr) -> bool:
    """Whether an expression certainly makes something else than a list."""
    match value:
        case ast.Dict() | ast.Set() | ast.DictComp() | ast.SetComp() | ast.Tuple():
            return True
        case ast.Constant() | ast.JoinedStr() | ast.GeneratorExp() | ast.Lambda():
            return True
        case ast.Call(func=ast.Attribute(attr=name)) if name in _TEXT_METHODS:
            return True
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name in _OTHER_CALLS
        case _:
            return False


def simple(node: ast.expr) -> bool:
    """Whether evaluating an expression twice is the same as once, and free."""
    return isinstance(node, ast.Name | ast.Constant)
