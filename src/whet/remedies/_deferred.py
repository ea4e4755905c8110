"""Something that a loop grows by making it anew: its parts are collected, and joined once.

The statement `grown = joined(grown, part)` becomes `parts.append(part)`; before the loop stands
`parts = []`, after it one statement that joins. What `grown` holds before and after the loop is
the same; inside of the loop nobody may look at it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.codebase.scopes import LOOPS
from whet.remedies._locals import (
    bound_before,
    bound_only_by_names,
    holds_comment,
    interrupted,
    uses_of_own,
)
from whet.remedies._places import alone_on_its_lines, walk_function

if TYPE_CHECKING:
    from collections.abc import Callable

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit

    Recognize = Callable[[ast.Assign], "Growth | None"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Growth:
    """One statement that grows a local name: `grown` is where the old value is read."""

    statement: ast.Assign
    grown: ast.Name
    part: ast.expr


@dataclass(frozen=True, kw_only=True, slots=True)
class Deferred:
    """A local name that one loop grows, by one or more statements.

    Attributes:
        loop: The outermost loop in which nothing else touches the name.
        initial: The value that it certainly has before, or the parameter.
    """

    name: str
    loop: ast.stmt
    growths: tuple[Growth, ...]
    initial: ast.expr | ast.arg

    @property
    def lines(self) -> set[int]:
        """The lines of all growths."""
        spans = [(g.statement.lineno, g.statement.end_lineno or 0) for g in self.growths]
        return {line for first, last in spans for line in range(first, last + 1)}

    def unit_of_indent(self, module: SourceModule) -> str:
        """What one more level of indentation is in the loop."""
        outer = module.indent_of(self.loop) or ""
        body: list[ast.stmt] = getattr(self.loop, "body", [])
        inner = module.indent_of(body[0]) or ""
        return inner.removeprefix(outer) or "    "


def find_deferred(
    module: SourceModule, function: FunctionNode, recognize: Recognize
) -> list[Deferred]:
    """The names that loops of a function grow, by the place of their first growth."""
    found: dict[str, list[Growth]] = {}
    for node in walk_function(function):
        growth = recognize(node) if isinstance(node, ast.Assign) else None
        if growth is not None:
            found.setdefault(growth.grown.id, []).append(growth)
    deferred = []
    for name, growths in found.items():
        uses = uses_of_own(module, function, name)
        if uses and bound_only_by_names(module, function, name):
            deferred.extend(_by_loop(module, function, growths, uses))
    return sorted(deferred, key=lambda each: each.growths[0].statement.lineno)


def _by_loop(
    module: SourceModule, function: FunctionNode, growths: list[Growth], uses: list[ast.Name]
) -> list[Deferred]:
    loops: dict[ast.stmt, list[Growth]] = {}
    for growth in growths:
        loop = _loop_of(module, function, growth, growths, uses)
        if loop is not None:
            loops.setdefault(loop, []).append(growth)
    found = []
    for loop, inside in loops.items():
        name = inside[0].grown.id
        initial = bound_before(module, function, name, loop)
        if initial is not None and _can_be_rewritten(module, function, loop, inside):
            found.append(Deferred(name=name, loop=loop, growths=tuple(inside), initial=initial))
    return found


def _loop_of(
    module: SourceModule,
    function: FunctionNode,
    growth: Growth,
    growths: list[Growth],
    uses: list[ast.Name],
) -> ast.stmt | None:
    """The outermost loop around a growth in which nothing but growths touches the name."""
    own = {each.grown for each in growths} | {each.statement.targets[0] for each in growths}
    best: ast.stmt | None = None
    for parent in module.scopes.ancestors(growth.statement):
        if parent is function:
            break
        if isinstance(parent, LOOPS):
            inside = set(ast.walk(parent))
            if any(use in inside and use not in own for use in uses):
                break
            best = parent
    return best


def _can_be_rewritten(
    module: SourceModule, function: FunctionNode, loop: ast.stmt, growths: list[Growth]
) -> bool:
    return (
        alone_on_its_lines(module, loop)
        and not interrupted(module, function, loop)
        and all(_part_stands_alone(growth) for growth in growths)
        and not any(holds_comment(module, growth.statement) for growth in growths)
    )


def _part_stands_alone(growth: Growth) -> bool:
    """Whether the part can be evaluated without the old value being looked at in between."""
    strange = (ast.NamedExpr, ast.Starred, ast.Yield, ast.YieldFrom, ast.Await)
    return not any(isinstance(node, strange) for node in ast.walk(growth.part))


def collect_and_join(
    module: SourceModule, deferred: Deferred, joined: Callable[[str], list[str]]
) -> tuple[Edit, ...]:
    """The edits; `joined` gives, for the name of the parts, the lines after the loop."""
    parts = module.fresh_name(f"{deferred.name.lstrip('_')}_parts")
    indent = module.indent_of(deferred.loop) or ""
    after = "".join(f"{indent}{line}\n" for line in joined(parts))
    edits = [
        module.insert_before_line(deferred.loop.lineno, f"{indent}{parts} = []\n"),
        *(
            module.replace(each.statement, f"{parts}.append({module.text_of(each.part)})")
            for each in deferred.growths
        ),
        module.insert_after(deferred.loop, after),
    ]
    return tuple(edits)


def collect_and_join_any(
    module: SourceModule, deferred: Deferred, joined: Callable[[str], str]
) -> tuple[Edit, ...]:
    """The edits where nothing may be joined without parts; `joined` gives the expression."""
    unit = deferred.unit_of_indent(module)
    return collect_and_join(
        module,
        deferred,
        lambda parts: [f"if {parts}:", f"{unit}{deferred.name} = {joined(parts)}"],
    )
