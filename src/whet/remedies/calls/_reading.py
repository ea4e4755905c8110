"""Files that a function reads, and by which path."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.remedies.calls._purity import Purity

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule

PARSERS = frozenset({
    "ast.literal_eval", "csv.DictReader", "csv.reader", "json.load", "json.loads",
    "tomllib.load", "tomllib.loads",
})  # fmt: skip
_LIBRARIES = frozenset({"ast", "csv", "json", "tomllib"})
PATHS = frozenset({"str", "bytes", "pathlib.PosixPath", "pathlib._local.PosixPath"})
_HANDLE_METHODS = frozenset({"close", "read", "readline", "readlines"})
_PATH_METHODS = frozenset({"read_bytes", "read_text"})


def read_path(module: SourceModule, call: ast.AST) -> ast.expr | None:
    """The path of a call that opens a file for reading, or reads it whole; None: another call."""
    match call:
        case ast.Call(func=ast.Attribute(value=path, attr=method)) if method in _PATH_METHODS:
            return _path_inside(module, path) if _all_constant(call) else None
        case ast.Call(func=ast.Name() as func, args=[path, *rest], keywords=keywords):
            modes = [*rest[:1], *(k.value for k in keywords if k.arg == "mode")]
            known = {k.arg for k in keywords} <= {"mode", "encoding", "errors", "newline"}
            plain = module.scopes.is_builtin(func, "open") and known and len(rest) <= 1
            constant = _all_constant(call, skip=1) and not isinstance(path, ast.Starred)
            return path if plain and constant and all(_is_read_mode(m) for m in modes) else None
        case _:
            return None


def _path_inside(module: SourceModule, node: ast.expr) -> ast.expr:
    match node:
        case ast.Call(func=func, args=[path], keywords=[]):
            made = module.scopes.dotted(func) == "pathlib.Path"
            return path if made and not isinstance(path, ast.Starred) else node
        case _:
            return node


def _all_constant(call: ast.Call, skip: int = 0) -> bool:
    values = [*call.args[skip:], *(keyword.value for keyword in call.keywords)]
    named = all(keyword.arg is not None for keyword in call.keywords)
    return named and all(isinstance(value, ast.Constant) for value in values)


def _is_read_mode(mode: ast.expr) -> bool:
    return (
        isinstance(mode, ast.Constant)
        and isinstance(mode.value, str)
        and "r" in mode.value
        and not set(mode.value) & set("wax+")
    )


class ReadPurity(Purity):
    """Purity of a function that may also read one file, by a path that is one of its parameters.

    Attributes:
        paths: The mentions of the parameter where the file is opened.
    """

    def __init__(self, module: SourceModule, function: FunctionNode) -> None:
        self.paths: list[ast.Name] = []
        self._function = function
        self._handles = _handles(module, function)
        super().__init__(module, function)

    def _reason(self, function: FunctionNode, node: ast.AST) -> str:
        own = function is self._function
        reason = self._against_read(node) if own else None
        if own and reason is None:
            reason = self._against_library(node)
        return super()._reason(function, node) if reason is None else reason

    def _against_read(self, node: ast.AST) -> str | None:
        """What speaks against a node that opens or reads a file; None: it does neither."""
        parent = self._module.scopes.parent(node)
        match node:
            case ast.With(items=items):
                opened = all(self._read(item.context_expr) for item in items)
                return "" if opened else None
            case ast.Call():
                return self._against_opening(read_path(self._module, node))
            case ast.Name(id="open"):
                return "" if self._read(parent) else None
            case ast.Attribute(attr=method) if method in _PATH_METHODS:
                return "" if self._read(parent) else None
            case ast.Attribute(value=value, attr=method) if method in _HANDLE_METHODS:
                known = isinstance(value, ast.Name) and value.id in self._handles
                return "" if known or self._read(value) else None
            case _:
                return None

    def _against_opening(self, path: ast.expr | None) -> str | None:
        if path is None:
            return None
        if not (isinstance(path, ast.Name) and self._is_parameter(path)):
            return "it reads a file that it names itself"
        self.paths.append(path)
        return ""

    def _against_library(self, node: ast.AST) -> str | None:
        """What speaks against a node that names a parser or `Path`; None: it does not."""
        if not isinstance(node, ast.Name | ast.Attribute) or not isinstance(node.ctx, ast.Load):
            return None
        dotted = self._module.scopes.dotted(node)
        if dotted == "pathlib.Path":
            return "" if self._read_around(node) else None
        if dotted in PARSERS:
            call = self._module.scopes.parent(node)
            plain = isinstance(call, ast.Call) and call.func is node and not call.keywords
            return "" if plain else "it parses in a way of its own"
        return "" if dotted in _LIBRARIES and isinstance(node, ast.Name) else None

    def _read(self, node: ast.AST | None) -> bool:
        return node is not None and read_path(self._module, node) is not None

    def _read_around(self, node: ast.AST) -> bool:
        """Whether `Path(...)` is made only to be read."""
        call = self._module.scopes.parent(node)
        attribute = self._module.scopes.parent(call) if call is not None else None
        around = self._module.scopes.parent(attribute) if attribute is not None else None
        return self._read(around)

    def _is_parameter(self, path: ast.Name) -> bool:
        inner = self._module.scopes.inner(self._function)
        bindings = self._module.scopes.bindings(inner, path.id)
        return len(bindings) == 1 and isinstance(bindings[0], ast.arg)


def _handles(module: SourceModule, function: FunctionNode) -> set[str]:
    """Local names that `with open(...) as name` binds, and nothing else does."""
    scopes = module.scopes
    bindings = scopes.inner(function).bindings
    return {
        name
        for name, nodes in bindings.items()
        if all(_is_handle(module, scopes.parent(node)) for node in nodes)
    }


def _is_handle(module: SourceModule, node: ast.AST | None) -> bool:
    return isinstance(node, ast.withitem) and read_path(module, node.context_expr) is not None
