"""Whether instances of a class of the module are plain: what is set on them is what is read."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule

_OWN_WAYS = frozenset({
    "__copy__", "__deepcopy__", "__delattr__", "__getattr__", "__getattribute__", "__getstate__",
    "__reduce__", "__reduce_ex__", "__setattr__", "__setstate__", "__slots__",
})  # fmt: skip


def is_plain_class(module: SourceModule, holder: ast.ClassDef) -> bool:
    """Whether a class of the module has instances with a dictionary and nothing in between.

    It has no bases and no metaclass, no decorator but `dataclass` without slots, and nothing in
    the module goes about attributes in a way of its own.
    """
    scopes = module.scopes
    bases = all(scopes.is_builtin(base, "object") for base in holder.bases)
    decorators = all(data_class(module, node) is not None for node in holder.decorator_list)
    top = scopes.parent(holder) is scopes.tree
    quiet = not _OWN_WAYS & module.words and not scopes.star_import
    return bases and decorators and top and quiet and not holder.keywords


def data_class(module: SourceModule, decorator: ast.expr) -> dict[str | None, ast.expr] | None:
    """The settings of `@dataclass(...)`; None: it is another decorator, or one with slots."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    if module.scopes.dotted(called) != "dataclasses.dataclass":
        return None
    keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
    found = {keyword.arg: keyword.value for keyword in keywords}
    return None if {"slots", None} & set(found) else found
