"""Which definitions of a module can move to another file without anybody noticing.

A definition may move where making it does nothing but make it: no call that could have an effect,
no name that is not imported or defined plainly, nothing that asks which module it lies in. What
uses a definition that stays, stays too: no part may import the module that it was taken from.
"""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from whet.codebase.structure.making import Making, is_logger
from whet.codebase.structure.references import Definition, bound_names, first_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from whet.codebase.structure.top import Top
    from whet.codebase.syntax import SourceModule

_BUILTINS = frozenset(dir(builtins))
_OF_THE_MODULE = frozenset({
    "globals", "exec", "eval", "vars", "__name__", "__file__", "__spec__", "__package__",
    "__loader__", "__path__", "__doc__", "__builtins__", "__import__",
})  # fmt: skip
_ASKS_WHERE = frozenset({
    "sys.modules", "sys._getframe", "inspect.stack", "inspect.currentframe", "inspect.getmodule",
    "warnings.warn", "warnings.warn_explicit", "pkgutil.get_data", "importlib.import_module",
})  # fmt: skip
_REPLACING = frozenset({"setattr", "delattr", "patch", "object", "dict", "multiple", "setitem"})


def staying(
    top: Top, definitions: Mapping[str, Definition], project: Sequence[SourceModule]
) -> dict[str, str]:
    """The definitions that must stay where they are, each with the reason.

    Args:
        top: The module.
        definitions: Its definitions, by name.
        project: All files of the project: what replaces a name from outside keeps it in place.
    """
    found: dict[str, str] = {}
    replaced = dict(_replaced(top, definitions, project))
    asking = [each.words for each in project if "__subclasses__" in each.words]
    for name, each in definitions.items():
        reason = _own_reason(top, each) or replaced.get(name, "")
        if not reason and any(words & _family(top.statements[name][0]) for words in asking):
            reason = "the project asks for the subclasses of classes, in their order"
        if reason:
            found[name] = reason
    while True:
        more = {
            name: f"it uses {used}, which stays"
            for name, each in definitions.items()
            if name not in found
            and (used := next((other for other in each.uses if other in found), None))
        }
        if not more:
            return found
        found |= more


def _family(node: ast.stmt) -> set[str]:
    """The names of a class and of its bases; none for anything but a class."""
    if not isinstance(node, ast.ClassDef):
        return set()
    bases = (ast.unparse(each).rpartition(".")[2] for each in node.bases)
    return {node.name, *bases} - _BUILTINS


def _own_reason(top: Top, definition: Definition) -> str:
    """Why a definition stays, as far as it itself tells; "" if nothing speaks against a move."""
    name, statements = definition.name, top.statements[definition.name]
    node = statements[0]
    if len(statements) > 1:
        return "it is bound more than once"
    if name in top.imports or name in top.type_imports:
        return "it is imported, too"
    if name in top.at_once:
        return "a statement of the module works on it at once"
    if name in top.assigned_anew:
        return "a function assigns it anew"
    if bound_names(node) != [(name, definition.kind)] or _shares_lines(top, node):
        return "its statement does more than define it"
    return _asks(top, node) or _unknown(top, node) or Making(top).objection(node)


def _shares_lines(top: Top, node: ast.stmt) -> bool:
    """Whether another statement stands on its lines, by a semicolon."""
    first, last = first_line(node), node.end_lineno or node.lineno
    return any(
        other is not node and first_line(other) <= last and (other.end_lineno or 0) >= first
        for other in top.body
    )


def _asks(top: Top, node: ast.stmt) -> str:
    """Whether a definition asks which module it lies in."""
    if is_logger(top.module, node):
        return "it names the program's logger" if top.program else ""
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and each.id in _OF_THE_MODULE:
            return f"it uses {each.id}"
        if isinstance(each, ast.Attribute | ast.Name):
            dotted = top.module.scopes.dotted(each) or ""
            if dotted in _ASKS_WHERE:
                return f"{dotted} tells in which file it stands"
        text = each.value if isinstance(each, ast.Constant) else None
        if isinstance(text, str) and ">>> " in text and "doctest" in top.module.words:
            return "its examples are run from this module"
        inner = isinstance(each, ast.ClassDef) and each is not node
        if inner:
            return "a class within it bears the name of this module"
    return ""


def _unknown(top: Top, node: ast.stmt) -> str:
    """A name that is neither built in, imported plainly, defined plainly, nor the node's own."""
    own = set(_own_names(node))
    known = _BUILTINS | own | set(top.imports) | set(top.type_imports) | set(top.statements)
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load) and each.id not in known:
            return f"it uses {each.id}, which is neither imported nor defined plainly"
    return ""


def _own_names(node: ast.AST) -> Iterator[str]:
    """What a definition binds within itself."""
    for each in ast.walk(node):
        match each:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name):
                yield name
            case ast.Import() | ast.ImportFrom():
                yield from (a.asname or a.name.partition(".")[0] for a in each.names)
            case ast.ExceptHandler(name=str(name)):
                yield name
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name
            case ast.MatchMapping(rest=str(name)):
                yield name
            case _:
                pass


def _replaced(
    top: Top, definitions: Mapping[str, Definition], project: Sequence[SourceModule]
) -> Iterator[tuple[str, str]]:
    """Definitions that some file replaces or may replace in the module, with the reason."""
    last = top.name.rpartition(".")[2]
    for module in project:
        if module.tree is None or last not in module.words:
            continue
        for node in ast.walk(module.tree):
            for name in _assigned_outside(node, top.name):
                if name in definitions:
                    yield name, f"{module.file} replaces it from outside"


def _assigned_outside(node: ast.AST, module: str) -> Iterator[str]:
    match node:
        case ast.Attribute(value=ast.Name() | ast.Attribute(), attr=name, ctx=ast.Store()):
            yield name
        case ast.Attribute(value=ast.Name() | ast.Attribute(), attr=name, ctx=ast.Del()):
            yield name
        case ast.Call(func=ast.Attribute(attr=called) | ast.Name(id=called)) if (
            called in _REPLACING
        ):
            for each in [*node.args, *(keyword.value for keyword in node.keywords)]:
                match each:
                    case ast.Constant(value=str(text)) if text.startswith(f"{module}."):
                        yield text[len(module) + 1 :].partition(".")[0]
                    case ast.Constant(value=str(text)):
                        yield text
                    case _:
                        pass
            yield from (keyword.arg for keyword in node.keywords if keyword.arg)
        case _:
            pass
