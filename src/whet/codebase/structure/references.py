"""What a module defines at its top level, and which definition uses which."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from whet.codebase.syntax import SourceModule

Kind = Literal["function", "class", "value"]
_TYPE = re.compile(r"[\w.]+(?:\s*[\[\],|]\s*[\w.]*)+")  # such as "dict[str, Table | None]"


@dataclass(frozen=True)
class Definition:
    """One top-level function, class or value with the lines that belong to it.

    Attributes:
        name: As bound.
        line: The first, with decorators; lines count from 1, `end_line` inclusive.
        lines: That hold code.
        uses: Other definitions of the module, with how often.
        rebinds: Values of the module that it assigns by `global`: they must stay together.
    """

    name: str
    kind: Kind
    line: int
    end_line: int
    lines: int
    uses: Mapping[str, int]
    rebinds: frozenset[str] = frozenset()


def definitions_of(module: SourceModule, lines: frozenset[int]) -> tuple[Definition, ...]:
    """The definitions of a module, in the order of their lines.

    A name that is bound twice at the top level is one definition over all its statements.
    """
    if module.tree is None:
        return ()
    nodes: dict[str, list[ast.stmt]] = {}
    kinds: dict[str, Kind] = {}
    for node in module.tree.body:
        for name, kind in bound_names(node):
            nodes.setdefault(name, []).append(node)
            kinds[name] = kind
    found = []
    for name, own in nodes.items():
        used = Counter(each for node in own for each in names_read(node))
        start = min(first_line(node) for node in own)
        end = max(node.end_lineno or node.lineno for node in own)
        numbers = {n for node in own for n in range(first_line(node), (node.end_lineno or 0) + 1)}
        uses = {each: count for each, count in used.items() if each in nodes and each != name}
        found.append(
            Definition(
                name=name, kind=kinds[name], line=start, end_line=end,
                lines=len(numbers & lines), uses=uses, rebinds=_rebound(own) & nodes.keys(),
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda each: (each.line, each.name)))


def bound_names(node: ast.stmt) -> list[tuple[str, Kind]]:
    """What a definition or an assignment binds, with its kind; nothing for other statements."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return [(name, "function")]
        case ast.ClassDef(name=name):
            return [(name, "class")]
        case ast.Assign(targets=targets):
            return [(name, "value") for target in targets for name in _targets(target)]
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.AugAssign(target=ast.Name(id=name)):
            return [(name, "value")]
        case _:
            return []


def _targets(target: ast.expr) -> list[str]:
    match target:
        case ast.Name(id=name):
            return [name]
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return [name for part in parts for name in _targets(part)]
        case _:
            return []


def first_line(node: ast.stmt) -> int:
    """The first line of a statement, decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)])


def names_read(node: ast.stmt) -> Iterable[str]:
    """Names that a statement reads, those in quoted annotations included."""
    for each in ast.walk(node):
        match each:
            case ast.Name(id=name, ctx=ast.Load()):
                yield name
            case ast.Constant(value=str(text)) if text.isidentifier():
                yield text
            case ast.Constant(value=str(text)) if _TYPE.fullmatch(text):
                yield from re.findall(r"[^\W\d]\w*", text)
            case _:
                pass


def _rebound(nodes: Iterable[ast.stmt]) -> frozenset[str]:
    return frozenset(
        name
        for node in nodes
        for each in ast.walk(node)
        if isinstance(each, ast.Global)
        for name in each.names
    )


def groups_of(definitions: Iterable[Definition]) -> list[frozenset[str]]:
    """Definitions that use each other, directly or through others, the most code first."""
    known = {each.name: each for each in definitions}
    neighbors: dict[str, set[str]] = {name: set() for name in known}
    for each in known.values():
        for other in each.uses:
            neighbors[each.name].add(other)
            neighbors[other].add(each.name)
    found: list[frozenset[str]] = []
    left = set(known)
    while left:
        group, edge = set(), {min(left)}
        while edge:
            group |= edge
            edge = {far for near in edge for far in neighbors[near]} - group
        left -= group
        found.append(frozenset(group))
    return sorted(found, key=lambda group: (-sum(known[n].lines for n in group), min(group)))
