"""Bytes that are lengthened piece by piece.

What
    `data += chunk` in a loop, where `data` began in the same function, as a bytes literal or as
    what a call returned.

Why slow
    Bytes cannot grow: each addition copies all that was there before. A bytearray grows in place.

Evidence needed
    From the run: what is added, and what a call returned for a beginning, is of the exact type
    `bytes`, and how long the whole became.

Before
    data = b""
    for chunk in chunks:
        data += chunk
    return data

After
    data = bytearray()
    for chunk in chunks:
        data += chunk
    return bytes(data)

Safety
    Gated by evidence. The bytearray never leaves the function: whatever reads it behind the loop,
    or returns it from there, gets bytes; otherwise only its length and its truth may be asked for
    inside of the loop.

When not
    Names that are bound otherwise or read in the loop, additions of anything but bytes, short
    data.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.codebase.scopes import COMPREHENSIONS
from whet.remedies._admission import types_of
from whet.remedies._lists import is_lazy, is_parameter, local_mentions, within
from whet.remedies._places import (
    found_again,
    hot_function,
    is_in_text,
    new_match,
    outermost_loop,
    walk_function,
)
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeGuard

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match

NAME = "bytes_added"
SHORTEST = 8_000
# Bytes whose copying takes as long as the rest of an addition, CPython 3.11: 10,000 take 86 ns.
BREAK_EVEN = 8_000.0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Growing:
    """A name that holds bytes, with what is done to it.

    Attributes:
        begun: What it is bound to, once: a literal, or a call.
        additions: The statements `name += piece`, by place.
        wholes: Mentions behind the loops that need bytes.
    """

    name: str
    begun: ast.Constant | ast.Call
    additions: tuple[ast.AugAssign, ...]
    wholes: tuple[ast.Name, ...]


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every name of the hot function whose bytes grow in a loop."""
    function = hot_function(module, hot)
    return [_match(module, found) for found in _growing(module, function)] if function else []


def _growing(module: SourceModule, function: FunctionNode) -> Iterator[_Growing]:
    names = [
        node.target.id
        for node in walk_function(function)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
    ]
    for name in dict.fromkeys(names):
        found = _found(module, function, name)
        if found is not None:
            yield found


def _found(module: SourceModule, function: FunctionNode, name: str) -> _Growing | None:
    scopes = module.scopes
    if is_parameter(module, function, name):
        return None
    bindings: list[ast.Assign] = []
    additions: list[ast.AugAssign] = []
    reads: list[ast.Name] = []
    for node in local_mentions(module, function, name):
        match scopes.parent(node):
            case ast.Assign(targets=[ast.Name() as target], value=value) as statement if (
                target is node and isinstance(value, ast.Constant | ast.Call)
            ):
                bindings.append(statement)
            case ast.AugAssign(target=ast.Name() as target, op=ast.Add()) as statement if (
                target is node
            ):
                additions.append(statement)
            case _ if isinstance(node.ctx, ast.Load):
                reads.append(node)
            case _:
                return None
    begun = bindings[0].value if len(bindings) == 1 else None
    if not _may_be_bytes(begun):
        return None
    loops = [
        outermost_loop(module, at, scopes.parent(bindings[0]) or function) for at in additions
    ]
    known = [loop for loop in loops if loop is not None]
    wholes = [node for node in reads if not _asks_little(module, node)]
    outside = not any(_is_inside(module, node, known) for node in wholes)
    if not (known and len(known) == len(loops) and outside and _has_names(module, function)):
        return None
    return _Growing(
        name=name,
        begun=begun,
        additions=tuple(additions),
        wholes=tuple(wholes),
    )


def _may_be_bytes(begun: ast.expr | None) -> TypeGuard[ast.Constant | ast.Call]:
    """Whether it is a literal of bytes, or a call, which the run is asked about."""
    if isinstance(begun, ast.Constant):
        return isinstance(begun.value, bytes)
    return isinstance(begun, ast.Call)


def _has_names(module: SourceModule, function: FunctionNode) -> bool:
    """Whether `bytes` and `bytearray` are what they say."""
    inner = module.scopes.inner(function)
    return all(module.scopes.owner(name, inner) is None for name in ("bytes", "bytearray"))


def _asks_little(module: SourceModule, node: ast.Name) -> bool:
    """Whether a mention asks only for what bytes and bytearray answer alike, at once."""
    match module.scopes.parent(node):
        case ast.Call(func=ast.Name(id="len") as func, args=[_], keywords=[]):
            return module.scopes.is_builtin(func)
        case ast.If(test=test) | ast.While(test=test):
            return test is node
        case ast.UnaryOp(op=ast.Not()):
            return True
        case _:
            return False


def _is_inside(module: SourceModule, node: ast.AST, loops: list[ast.AST]) -> bool:
    """Whether bytes would be made of a mention again and again, or where no source can go."""
    if is_lazy(module, node) or is_in_text(module, node):
        return True
    statement = module.scopes.statement_of(node)
    if isinstance(statement, ast.Return):  # ends the loop
        return any(isinstance(at, COMPREHENSIONS) for at in module.scopes.ancestors(node))
    return any(within(module, node, loop) for loop in loops)


def _match(module: SourceModule, found: _Growing) -> Match:
    values = [("added", statement.value) for statement in found.additions]
    values += [("whole", node) for node in found.wholes]
    if isinstance(found.begun, ast.Call):
        values.append(("begun", found.begun))
    return new_match(
        module,
        NAME,
        found.additions[0],
        f"the bytes {found.name!r} are copied for every addition",
        safety="gated",
        values=values,
        lines=(statement.lineno for statement in found.additions),
    )


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether only bytes were added, to bytes, and enough of them for a gain."""
    sites = [(s.role, evidence.values.get(s.site)) for s in match.values]
    added = [value for role, value in sites if role == "added" and value is not None]
    wholes = [value for role, value in sites if role == "whole" and value is not None]
    additions = sum(value.observations for value in added)
    if not additions:
        return refused("the run never came here")
    types = {name for value in added for name in types_of(value.types)}
    if types != {"bytes"}:
        return refused(f"something of type {', '.join(sorted(types))} is added")
    begun = [value for role, value in sites if role == "begun"]
    types = {name for value in begun for name in (types_of(value.types) if value else ("?",))}
    if types - {"bytes"}:
        return refused(f"it begins as something of type {', '.join(sorted(types))}")
    size = max((value.size_max or 0 for value in wholes), default=0)
    facts = {"additions": additions, "bytes_max": size}
    if size < SHORTEST:
        return refused(f"it is short (up to {size} bytes)", **facts)
    return Admission(evidence=facts, removable=round(1 - 1 / (1 + size / 2 / BREAK_EVEN), 4))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """A bytearray in the place of the bytes.

    Raises:
        WhetError: The match is not in the module any more.
    """
    found = found_again(module, match, _growing, lambda each: each.additions[0])
    empty = isinstance(found.begun, ast.Constant) and not found.begun.value
    begun = "" if empty else module.text_of(found.begun)
    edits = [module.replace(found.begun, f"bytearray({begun})")]
    edits += [module.replace(node, f"bytes({found.name})") for node in found.wholes]
    return tuple(edits)


REMEDY = Remedy(
    name=NAME,
    family="containers",
    title="Let bytes grow in a bytearray",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
