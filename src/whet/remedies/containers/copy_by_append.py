"""A loop that does nothing but append what it goes through.

What
    `for item in items: copied.append(item)`.

Why slow
    Each element takes several steps of the interpreter; `extend` copies all of them in one.

Evidence needed
    From the run: what is appended to was always a list, what is gone through was always a builtin
    container (no code of the user's runs between two elements), and how many elements it had.

Before
    for item in items:
        copied.append(item)

After
    copied.extend(items)

Safety
    Gated: the types are those that the run showed. The loop's variable must be used nowhere else,
    and the list must certainly be there before the loop.

When not
    Iterators and generators (they could look at the list while it grows), few elements. A loop
    that changes or picks elements is no such pattern: a comprehension gains 1.0 to 1.15 times.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.codebase.syntax import span_of
from whet.records import Edit, Span
from whet.remedies._asking import asked, looks, median_size, missed, others_than
from whet.remedies._locals import bound_before, in_brackets, uses_of_own
from whet.remedies._places import (
    alone_on_its_lines,
    found_again,
    hot_function,
    new_match,
    walk_function,
)
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match

NAME = "copy_by_append"
FEWEST = 16
# Nanoseconds, CPython 3.11: one element in the loop 20, by `extend` 3; `extend` itself 40.
LOOP_NS, EXTEND_NS, CALL_NS = 20.0, 3.0, 40.0
_CONTAINERS = frozenset(
    {
        "bytes",
        "collections.deque",
        "deque",
        "dict",
        "dict_items",
        "dict_keys",
        "dict_values",
        "frozenset",
        "list",
        "range",
        "set",
        "str",
        "tuple",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Copy:
    """The loop, and the call in it."""

    loop: ast.For
    call: ast.Call
    copied: ast.Name


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every loop of the hot function that only appends."""
    function = hot_function(module, hot)
    return [_match(module, copy) for copy in _find(module, function)] if function else []


def _find(module: SourceModule, function: FunctionNode) -> list[_Copy]:
    found = [_copy(node) for node in walk_function(function)]
    return [copy for copy in found if copy is not None and _may_be(module, function, copy)]


def _copy(node: ast.AST) -> _Copy | None:
    match node:
        case ast.For(
            target=ast.Name(id=item),
            body=[
                ast.Expr(
                    value=ast.Call(
                        func=ast.Attribute(value=ast.Name() as copied, attr="append"),
                        args=[ast.Name(id=appended)],
                        keywords=[],
                    ) as call
                )
            ],
            orelse=[],
        ) if item == appended:
            return _Copy(loop=node, call=call, copied=copied)
        case _:
            return None


def _may_be(module: SourceModule, function: FunctionNode, copy: _Copy) -> bool:
    """Whether nothing but the elements tells the loop from `extend`."""
    assert isinstance(copy.loop.target, ast.Name)  # noqa: S101 -- _copy has seen to it
    item = uses_of_own(module, function, copy.loop.target.id)
    around = {copy.loop.target, copy.call.args[0]}
    iterated = {n.id for n in ast.walk(copy.loop.iter) if isinstance(n, ast.Name)}
    strange = (ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.Await, ast.Starred)
    return (
        set(item) == around
        and len(item) == len(around)
        and copy.copied.id not in iterated | {copy.loop.target.id}
        and bool(uses_of_own(module, function, copy.copied.id))
        and bound_before(module, function, copy.copied.id, copy.loop) is not None
        and not any(isinstance(node, strange) for node in ast.walk(copy.loop.iter))
        and alone_on_its_lines(module, copy.loop)
        and "#" not in module.text_between(_head(copy)) + module.text_between(_between(copy))
    )


def _head(copy: _Copy) -> Span:
    """From the beginning of the loop to what is gone through."""
    loop, items = span_of(copy.loop), span_of(copy.loop.iter)
    return Span(line=loop.line, column=loop.column, end_line=items.line, end_column=items.column)


def _between(copy: _Copy) -> Span:
    """From what is gone through to the end of the call."""
    items, call = span_of(copy.loop.iter), span_of(copy.loop)
    return Span(
        line=items.end_line,
        column=items.end_column,
        end_line=call.end_line,
        end_column=call.end_column,
    )


def _match(module: SourceModule, copy: _Copy) -> Match:
    return new_match(
        module,
        NAME,
        copy.loop,
        f"a loop does nothing but append to {copy.copied.id!r}",
        safety="gated",
        values=[("items", copy.loop.iter), ("copied", copy.copied)],
    )


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether builtin containers were copied into lists, and large ones."""
    if reason := missed(match, evidence):
        return refused(reason)
    seen = asked(match, evidence)
    reason = others_than({"list"}, seen["copied"], "what is appended to")
    reason = reason or others_than(_CONTAINERS, seen["items"], "what is gone through")
    if reason:
        return refused(reason)
    loops = looks(seen["items"])
    items = max(median_size(seen["items"]), looks(seen["copied"]) / loops)
    facts = {"loops": loops, "elements": round(items, 1)}
    if items < FEWEST:
        return refused(f"few elements are copied at a time ({items:g})", **facts)
    removable = 1 - (CALL_NS + items * EXTEND_NS) / (CALL_NS + items * LOOP_NS)
    return Admission(evidence=facts, removable=round(removable, 4))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """`extend` in the place of the loop.

    Raises:
        WhetError: The match is not in the module any more.
    """
    copy = found_again(module, match, _find, lambda found: found.loop)
    items = copy.loop.iter
    bare = isinstance(items, ast.Tuple) and not in_brackets(module, items)
    opening, closing = ("((", "))") if bare else ("(", ")")
    return (
        Edit(file=module.file, span=_head(copy), text=f"{copy.copied.id}.extend{opening}"),
        Edit(file=module.file, span=_between(copy), text=closing),
    )


REMEDY = Remedy(
    name=NAME,
    family="containers",
    title="Copy all elements at once",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
