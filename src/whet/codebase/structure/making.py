"""Whether making a definition does nothing but make it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whet.codebase.structure.top import Top
    from whet.codebase.syntax import SourceModule

_DECORATORS = frozenset({
    "abc.abstractmethod", "contextlib.asynccontextmanager", "contextlib.contextmanager",
    "dataclasses.dataclass", "enum.unique", "functools.cache", "functools.cached_property",
    "functools.lru_cache", "functools.singledispatch", "functools.total_ordering",
    "typing.final", "typing.no_type_check", "typing.override", "typing.runtime_checkable",
    "typing.type_check_only",
})  # fmt: skip
_BUILT_IN_DECORATORS = frozenset({"classmethod", "property", "staticmethod"})
_MAKERS = frozenset({
    "collections.Counter", "collections.OrderedDict", "collections.defaultdict",
    "collections.deque", "collections.namedtuple", "dataclasses.field", "datetime.date",
    "datetime.datetime", "datetime.time", "datetime.timedelta", "decimal.Decimal", "enum.auto",
    "fractions.Fraction", "functools.partial", "itertools.count",
    "operator.attrgetter", "operator.itemgetter", "operator.methodcaller", "re.compile",
    "struct.Struct", "threading.Lock", "threading.RLock", "threading.local",
    "types.MappingProxyType", "typing.NewType", "typing.ParamSpec", "typing.TypeVar",
    "typing.cast", "weakref.WeakKeyDictionary", "weakref.WeakSet", "weakref.WeakValueDictionary",
})  # fmt: skip
_BUILT_IN_MAKERS = frozenset({
    "bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "object",
    "range", "set", "slice", "str", "tuple", "len", "max", "min", "ord", "chr", "sorted", "sum",
    "zip", "enumerate", "reversed", "type",
})  # fmt: skip
_METACLASSES = frozenset({"abc.ABCMeta", "enum.EnumMeta", "enum.EnumType"})
_PLAIN = (
    ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.BinOp, ast.UnaryOp,
    ast.BoolOp, ast.Compare, ast.IfExp, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.Starred,
    ast.JoinedStr, ast.FormattedValue, ast.Lambda, ast.arguments, ast.arg, ast.ListComp,
    ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension, ast.keyword,
    ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.Call,
)  # fmt: skip


def is_logger(module: SourceModule, node: ast.stmt) -> bool:
    """Whether a statement binds the logger of its module, `logging.getLogger(__name__)`."""
    match node:
        case (
            ast.Assign(value=ast.Call(func=func, args=[ast.Name(id="__name__")], keywords=[]))
            | ast.AnnAssign(value=ast.Call(func=func, args=[ast.Name(id="__name__")], keywords=[]))
        ):
            return module.scopes.dotted(func) == "logging.getLogger"
        case _:
            return False


@dataclass(frozen=True)
class Making:
    """What the making of definitions of one module calls."""

    top: Top

    def objection(self, node: ast.stmt) -> str:
        """Why making it may do more than that; "" if it does not."""
        if is_logger(self.top.module, node):
            return ""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return self._function(node)
        if isinstance(node, ast.ClassDef):
            return self._class(node)
        if isinstance(node, ast.Assign | ast.AnnAssign):
            return self._values([node.value] if node.value is not None else [])
        return "its statement does more than define it"

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
        arguments = node.args
        values = [*arguments.defaults, *(each for each in arguments.kw_defaults if each)]
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [each for each in (arguments.vararg, arguments.kwarg) if each]
        values += [each.annotation for each in every if each.annotation]
        values += [node.returns] if node.returns else []
        return self._decorators(node.decorator_list) or self._values(values)

    def _class(self, node: ast.ClassDef) -> str:
        for keyword in node.keywords:
            if keyword.arg == "metaclass" and self._origin(keyword.value) not in _METACLASSES:
                return "its metaclass may do anything"
        objection = self._decorators(node.decorator_list)
        objection = objection or self._values([*node.bases, *(k.value for k in node.keywords)])
        for each in node.body:
            if objection:
                break
            objection = self._member(each)
        return objection

    def _member(self, node: ast.stmt) -> str:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return self._function(node)
            case ast.Assign(value=value) | ast.Expr(value=value):
                return self._values([value])
            case ast.AnnAssign(value=value, annotation=annotation):
                return self._values([annotation, *([value] if value is not None else [])])
            case ast.Pass():
                return ""
            case _:
                return "its body does more than define"

    def _decorators(self, decorators: Iterable[ast.expr]) -> str:
        for each in decorators:
            called = each.func if isinstance(each, ast.Call) else each
            known = self._origin(called) in _DECORATORS or self._built_in(called) in (
                _BUILT_IN_DECORATORS
            )
            accessor = isinstance(called, ast.Attribute) and called.attr in {
                "deleter", "getter", "setter",
            }  # fmt: skip
            if not known and not accessor:
                return f"its decorator {ast.unparse(called)} may do anything"
            if isinstance(each, ast.Call):
                given = [*each.args, *(keyword.value for keyword in each.keywords)]
                if objection := self._values(given):
                    return objection
        return ""

    def _values(self, values: Iterable[ast.expr]) -> str:
        for value in values:
            for each in ast.walk(value):
                if not isinstance(each, _PLAIN):
                    return f"it works out {ast.unparse(value)[:40]}"
                if isinstance(each, ast.Call) and not self._makes(each.func):
                    return f"it calls {ast.unparse(each.func)[:40]}"
        return ""

    def _makes(self, func: ast.expr) -> bool:
        return self._origin(func) in _MAKERS or self._built_in(func) in _BUILT_IN_MAKERS

    def _origin(self, node: ast.expr) -> str:
        return self.top.module.scopes.dotted(node) or ""

    def _built_in(self, node: ast.expr) -> str:
        named = isinstance(node, ast.Name) and node.id not in self.top.statements
        return node.id if named and node.id not in self.top.imports else ""  # type: ignore[attr-defined]  # a Name
