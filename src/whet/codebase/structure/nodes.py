"""Questions about single nodes of a syntax tree."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.structure.facts import MethodKind

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def decisions_of(node: ast.AST) -> int:
    """How many decisions a branch or loop is; boolean operators have one less than operands."""
    match node:
        case ast.BoolOp(values=values):
            return len(values) - 1
        case ast.comprehension(ifs=conditions):
            return 1 + len(conditions)
        case ast.match_case(pattern=ast.MatchAs(pattern=None, name=None), guard=None):
            return 0  # `case _`
        case _:
            return 1


_OWN = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_ENDING = (ast.Return, ast.Raise, ast.Yield, ast.YieldFrom, ast.Await)


def is_endless(loop: ast.While) -> bool:
    """Whether a loop's condition is always true and nothing in it leaves or hands over."""
    if not (isinstance(loop.test, ast.Constant) and loop.test.value):
        return False
    stack: list[tuple[ast.AST, bool]] = [(node, False) for node in loop.body]
    while stack:
        node, inner = stack.pop()
        if isinstance(node, _ENDING) or (isinstance(node, ast.Break) and not inner):
            return False
        if isinstance(node, ast.Call) and last_name(node.func) in {"exit", "_exit", "abort"}:
            return False
        if not isinstance(node, _OWN):
            deeper = inner or isinstance(node, ast.For | ast.AsyncFor | ast.While)
            stack.extend((child, deeper) for child in ast.iter_child_nodes(node))
    return True


def kind_of(node: _Function) -> MethodKind:
    """How a method is bound."""
    names = [dotted(each) for each in node.decorator_list]
    if "staticmethod" in names:
        return "static"
    if "classmethod" in names:
        return "class"
    if any(name.rpartition(".")[2] in {"property", "cached_property", "setter"} for name in names):
        return "property"
    return "instance"


def is_promise(node: _Function) -> bool:
    """Whether a function leaves its duty to others: it is abstract, or says that it is missing."""
    if any(dotted(each).rpartition(".")[2].startswith("abstract") for each in node.decorator_list):
        return True
    match node.body[-1:]:
        case [ast.Raise(exc=ast.Name(id=name) | ast.Call(func=ast.Name(id=name)))]:
            return name == "NotImplementedError" and len(node.body) <= 2  # noqa: PLR2004 - a docstring before it
        case _:
            return False


def parameters(arguments: ast.arguments) -> set[str]:
    """The names of all parameters."""
    every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    rest = (arguments.vararg, arguments.kwarg)
    return {arg.arg for arg in (*every, *(each for each in rest if each is not None))}


def defaults(arguments: ast.arguments) -> Iterator[ast.expr]:
    """What a signature evaluates; annotations are left out: they couple types, not data."""
    yield from arguments.defaults
    yield from (each for each in arguments.kw_defaults if each is not None)


def dotted(node: ast.AST) -> str:
    """A name as written, without calls and subscripts; empty for other expressions."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            owner = dotted(value)
            return f"{owner}.{attr}" if owner else ""
        case ast.Call(func=inner) | ast.Subscript(value=inner):
            return dotted(inner)
        case _:
            return ""


def last_name(node: ast.AST) -> str:
    """The name that a subject goes by; empty for other expressions."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case _:
            return ""


def class_names(node: ast.AST | None) -> Iterator[str]:
    """Classes that are named alone, in a tuple or a union."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            yield name
        case ast.Tuple(elts=parts):
            for part in parts:
                yield from class_names(part)
        case ast.BinOp(left=left, right=right):
            yield from class_names(left)
            yield from class_names(right)
        case _:
            pass


def texts(node: ast.AST) -> Iterator[str]:
    """The text of a literal, if it is one."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case _:
            pass


def meaningful(node: ast.expr) -> str | None:
    """A literal as written, if it means something that its value does not say."""
    match node:
        case ast.Constant(value=str(text)):
            return repr(text) if len(text) > 1 and text.isascii() and _wordy(text) else None
        case ast.Constant(value=bool() | None):
            return None
        case ast.Constant(value=int() | float() as number):
            return repr(number) if abs(number) > 2 else None  # noqa: PLR2004 -- counts and signs
        case _:
            return None


def _wordy(text: str) -> bool:
    return text.replace("_", "").replace("-", "").isalnum()
