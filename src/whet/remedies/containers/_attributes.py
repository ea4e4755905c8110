"""Lists that an object holds in an attribute which its `__init__` makes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.codebase.scopes import FUNCTIONS
from whet.remedies._names import makes_new_list

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule


def attribute_mentions(
    module: SourceModule, function: FunctionNode, attribute: ast.Attribute
) -> list[ast.Attribute]:
    """Every mention in a method of `self.name`; empty unless it is a plain attribute.

    Plain: `self` is the method's first parameter and never bound anew, and `__init__` of the same
    class assigns a new list to the attribute.
    """
    owner = module.scopes.parent(function)
    parameters = [*function.args.posonlyargs, *function.args.args]
    self_name = attribute.value
    if not (isinstance(owner, ast.ClassDef) and parameters and isinstance(self_name, ast.Name)):
        return []
    bindings = module.scopes.bindings(module.scopes.inner(function), self_name.id)
    if self_name.id != parameters[0].arg or bindings != [parameters[0]]:
        return []
    if function.decorator_list or not _is_made(module, owner, attribute.attr):
        return []
    return [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute)
        and node.attr == attribute.attr
        and isinstance(node.value, ast.Name)
        and node.value.id == self_name.id
    ]


def _is_made(module: SourceModule, owner: ast.ClassDef, name: str) -> bool:
    """Whether `__init__` of a class assigns a new list to an attribute, and nothing defines it."""
    for node in owner.body:
        if isinstance(node, FUNCTIONS) and node.name == name:
            return False  # a property, perhaps
    for node in owner.body:
        if isinstance(node, ast.FunctionDef) and node.name == "__init__" and node.args.args:
            self_name = node.args.args[0].arg
            return any(_assigns(module, inner, self_name, name) for inner in ast.walk(node))
    return False


def _assigns(module: SourceModule, node: ast.AST, self_name: str, name: str) -> bool:
    match node:
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=of), attr=attr)], value=value):
            return of == self_name and attr == name and makes_new_list(module, value)
        case ast.AnnAssign(target=ast.Attribute(value=ast.Name(id=of), attr=attr), value=value):
            made = value is not None and makes_new_list(module, value)
            return of == self_name and attr == name and made
        case _:
            return False


def leaves_alone(module: SourceModule, loop: ast.stmt, attribute: ast.Attribute) -> bool:
    """Whether a statement only reads attributes of the object: no method, no hand-over."""
    assert isinstance(attribute.value, ast.Name)  # noqa: S101 -- attribute_mentions has seen to it
    for node in ast.walk(loop):
        if not (isinstance(node, ast.Name) and node.id == attribute.value.id):
            continue
        around = module.scopes.parent(node)
        if not (isinstance(around, ast.Attribute) and isinstance(around.ctx, ast.Load)):
            return False
        call = module.scopes.parent(around)
        if isinstance(call, ast.Call) and call.func is around:
            return False
    return True
