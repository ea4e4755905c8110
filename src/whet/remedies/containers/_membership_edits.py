"""Writes the set that stands in for a list, or beside it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.codebase.syntax import span_of
from whet.records import Edit, Span
from whet.remedies._places import found_again
from whet.remedies.containers._members import find_containers

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule
    from whet.records import Match
    from whet.remedies.containers._container import Container


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The edits that make the membership tests ask a set.

    Raises:
        WhetError: The match is not in the module any more.
    """
    container = found_again(module, match, find_containers, lambda found: found.probes[0])
    if container.form == "literal":
        return _brackets(module, container.probes[0].comparators[0])
    if container.form == "replace":
        return _replaced(module, container)
    return _accompanied(module, container)


def _replaced(module: SourceModule, container: Container) -> tuple[Edit, ...]:
    assert container.binding is not None  # noqa: S101 -- a replaced list has one
    edits = [*_set_of(module, container.binding.value)]
    for call in container.appends:
        end = span_of(call.func)
        name = Span(
            line=end.end_line,
            column=end.end_column - len("append"),
            end_line=end.end_line,
            end_column=end.end_column,
        )
        edits.append(Edit(file=module.file, span=name, text="add"))
    return tuple(edits)


def _set_of(module: SourceModule, value: ast.expr) -> tuple[Edit, ...]:
    match value:
        case ast.List(elts=[]):
            return (module.replace(value, "set()"),)
        case ast.List() | ast.ListComp():
            return _brackets(module, value)
        case ast.Call(func=ast.Name(id="list")):
            return (module.replace(value.func, "set"),)
        case _:
            return (module.replace(value, f"set({module.text_of(value)})"),)


def _brackets(module: SourceModule, node: ast.expr) -> tuple[Edit, ...]:
    span = span_of(node)
    opening = Span(
        line=span.line, column=span.column, end_line=span.line, end_column=span.column + 1
    )
    closing = Span(
        line=span.end_line,
        column=span.end_column - 1,
        end_line=span.end_line,
        end_column=span.end_column,
    )
    return (
        Edit(file=module.file, span=opening, text="{"),
        Edit(file=module.file, span=closing, text="}"),
    )


def _accompanied(module: SourceModule, container: Container) -> tuple[Edit, ...]:
    existing = _existing(module, container)
    beside = existing or _companion_name(module, container)
    edits = [module.replace(probe.comparators[0], beside) for probe in container.probes]
    maker = "frozenset" if container.at_module_level else "set"
    binding = container.binding
    empty = binding is not None and isinstance(binding.value, ast.List) and not binding.value.elts
    line = f"{beside} = {maker}({'' if empty else container.name})\n"
    if existing is not None:
        return tuple(edits)
    if container.before is not None:
        indent = module.indent_of(container.before) or ""
        edits.append(module.insert_before_line(container.before.lineno, indent + line))
    elif container.after is not None:
        indent = module.indent_of(container.after) or ""
        edits.append(module.insert_after(container.after, indent + line))
    for call in container.appends:
        statement = module.scopes.statement_of(call)
        indent = module.indent_of(statement) or ""
        added = module.text_of(call.args[0])
        edits.append(module.insert_after(statement, f"{indent}{beside}.add({added})\n"))
    return tuple(edits)


def _companion_name(module: SourceModule, container: Container) -> str:
    if not container.at_module_level:
        return module.fresh_name(f"{container.name.rpartition('.')[2].lstrip('_')}_set")
    suffix = "_SET" if container.name.isupper() else "_set"
    return module.fresh_name(f"_{container.name.lstrip('_')}{suffix}")


def _existing(module: SourceModule, container: Container) -> str | None:
    """The set that an earlier fix has put beside a list of the module."""
    for node in module.tree.body if module.tree and container.at_module_level else ():
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Call(func=ast.Name(id="frozenset"), args=[ast.Name(id=of)], keywords=[]),
            ) if of == container.name and len(module.scopes.module.bindings[name]) == 1:
                return name
            case _:
                pass
    return None
