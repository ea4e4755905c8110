"""Whether code could write files, as far as source tells."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.remedies.calls._reading import PARSERS, read_path
from whet.remedies.calls._words import CHANGING_METHODS, PURE_METHODS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule

_WRITING_BUILTINS = frozenset({"__import__", "compile", "eval", "exec", "input", "open"})
_QUIET_PACKAGES = frozenset({
    "bisect", "collections", "copy", "datetime", "decimal", "fractions", "functools", "hashlib",
    "heapq", "itertools", "math", "operator", "os.path", "re", "statistics", "string", "textwrap",
})  # fmt: skip
_QUIET_CALLS = PARSERS | {"json.dumps", "pathlib.Path"}
_QUIET_METHODS = (
    PURE_METHODS | CHANGING_METHODS | {"close", "read", "read_bytes", "read_text", "readline"}
    | {"findall", "finditer", "fullmatch", "group", "groups", "match", "readlines", "search"}
    | {"most_common", "popleft", "sub", "write", "writelines"}
)  # fmt: skip
_WRITING_METHODS = frozenset({
    "open", "popen", "remove", "rename", "system", "touch", "truncate", "unlink", "write_bytes",
    "write_text",
})  # fmt: skip
_WAITING = frozenset({"poll", "sleep", "wait", "wait_for"})


def may_write(module: SourceModule, block: ast.AST, but: ast.Call | None = None) -> bool:
    """Whether a block calls anything, but for one call, that is not known to leave files alone.

    What is written to files that are open already is not looked at: these are other files.
    """
    calls = (call for call in _calls(module, block) if call is not but)
    return any(not _is_quiet(module, call.func) for call in calls)


def writes(module: SourceModule, block: ast.AST) -> bool:
    """Whether a block calls, by itself or by functions of the module, what writes files."""
    for call in _calls(module, block):
        if module.scopes.is_builtin(call.func, "open"):
            return True
        if isinstance(call.func, ast.Attribute) and call.func.attr in _WRITING_METHODS:
            return True
        package = (module.scopes.dotted(call.func) or "").partition(".")[0]
        if package in {"shutil", "subprocess"}:
            return True
    return False


def _calls(module: SourceModule, block: ast.AST) -> Iterator[ast.Call]:
    """The calls of a block and of the plain functions that it reaches, but for those that read."""
    pending: list[ast.AST] = [block]
    known: set[FunctionNode] = set()
    while pending:
        for node in ast.walk(pending.pop()):
            if not isinstance(node, ast.Call) or read_path(module, node) is not None:
                continue
            called = _function(module, node.func)
            if called is None:
                yield node
            elif called not in known:
                known.add(called)
                pending.append(called)


def waits(block: ast.AST) -> bool:
    """Whether a block waits for somebody else, who may write a file meanwhile."""
    called = [node.func for node in ast.walk(block) if isinstance(node, ast.Call)]
    names = [getattr(func, "attr", getattr(func, "id", "")) for func in called]
    return bool(_WAITING & set(names))


def _function(module: SourceModule, func: ast.expr) -> FunctionNode | None:
    """The plain function of the module that a name stands for."""
    scopes = module.scopes
    if not isinstance(func, ast.Name):
        return None
    owner = scopes.owner(func.id, scopes.scope_of(func))
    match scopes.bindings(owner, func.id) if owner is not None else []:
        case [ast.FunctionDef(decorator_list=[]) as only]:
            return only
        case _:
            return None


def _is_quiet(module: SourceModule, func: ast.expr) -> bool:
    if module.scopes.is_builtin(func):
        return getattr(func, "id", "") not in _WRITING_BUILTINS
    dotted = module.scopes.dotted(func)
    if dotted is not None:
        return dotted in _QUIET_CALLS or dotted.rpartition(".")[0] in _QUIET_PACKAGES
    return isinstance(func, ast.Attribute) and func.attr in _QUIET_METHODS
