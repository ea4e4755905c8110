"""A list made only to be summed up, or put into a set or dict.

What
    `sum([... for ...])`, likewise `min`, `max`, `set`, `frozenset`, `dict`; also where the list
    has a name that nothing but this one call in the next statement uses.

Why slow
    The whole list exists before the first element is looked at; a generator hands out one element
    after the other.

Evidence needed
    From the run: how long the list was, that its elements are of plain builtin types (so that
    nothing of the user's runs when they are added, compared or hashed), and that the function
    raised nothing.

Before
    total = sum([size(row) for row in rows])

After
    total = sum(size(row) for row in rows)

Safety
    Gated by evidence: the same elements in the same order; only elements of other types could
    tell that they are made and used in turn, and of two errors that wait in the data the other
    one may be raised. It takes up to a fifth more time (a generator is
    resumed for every element), so that it is offered for long lists and judged on memory.

When not
    `"".join(...)`, `sorted(...)`, `tuple(...)` (they make a list or its like anyway), lists that
    are used again, short lists, elements of functions that may stop iterations (`next`) or that
    call the function itself again.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.codebase.syntax import span_of
from whet.records import CallSite, Edit, Span
from whet.remedies._admission import NUMBERS, PLAIN, ordered_elements, plain_members, types_of
from whet.remedies._asking import asked
from whet.remedies._places import (
    found_again,
    hot_function,
    is_in_text,
    new_match,
    walk_function,
)
from whet.remedies.calls._words import PURE_METHODS
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match, ValueEvidence

NAME = "list_only_consumed"
LEAST_ELEMENTS = 10_000
REMOVABLE = 0.9
_HASHING = frozenset({"dict", "frozenset", "set"})
_ORDERING = frozenset({"max", "min"})
_STRANGE = (ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.Await, ast.Lambda)
_LOOKING = frozenset({"breakpoint", "dir", "eval", "exec", "locals", "next", "super", "vars"})


@dataclass(frozen=True, slots=True)
class _List:
    """A list comprehension that one call uses up, directly or by a name."""

    made: ast.ListComp
    call: ast.Call
    consumer: str


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every list comprehension of the hot function that one builtin uses up."""
    function = hot_function(module, hot)
    found = []
    for each in _lists(module, function) if function is not None else ():
        assert function is not None  # noqa: S101 -- there are lists in it
        site = CallSite(
            site=f"{NAME}:{module.file}:{each.made.lineno}:{each.made.col_offset}#f",
            file=module.file, name=module.scopes.qualified_name(function), line=function.lineno,
        )  # fmt: skip
        match = new_match(
            module,
            NAME,
            each.made,
            f"a list is made only for {each.consumer}()",
            safety="gated",
            values=[("list", each.made)],
            calls=(site,),
            data={"consumer": each.consumer},
        )
        found.append(match)
    return found


def _lists(module: SourceModule, function: FunctionNode) -> Iterator[_List]:
    if module.scopes.star_import or isinstance(function, ast.AsyncFunctionDef):
        return
    if {"StopIteration", "__next__"} & module.words:  # a generator makes a RuntimeError of it
        return
    for node in walk_function(function):
        if isinstance(node, ast.ListComp) and not _is_strange(module, function, node):
            used = _use_of(module, function, node)
            call = module.scopes.parent(used) if used is not None else None
            consumer = _consumer(module, call, used)
            if isinstance(call, ast.Call) and consumer is not None:
                yield _List(node, call, consumer)


def _is_strange(module: SourceModule, function: FunctionNode, made: ast.ListComp) -> bool:
    """Whether a comprehension may do something else when it is made bit by bit.

    A function that calls itself in it would come to the limit of recursion sooner: generators
    have frames.
    """
    for node in ast.walk(made):
        if isinstance(node, _STRANGE) or (isinstance(node, ast.comprehension) and node.is_async):
            return True
        if isinstance(node, ast.Name) and node.id in {*_LOOKING, function.name}:
            return True
        if isinstance(node, ast.Attribute) and node.attr == function.name:
            return True
    if module.scopes.uses(None, "next") and _calls_others(module, made):
        return True
    return is_in_text(module, made) or not module.text_of(made).startswith("[")


def _calls_others(module: SourceModule, made: ast.ListComp) -> bool:
    """Whether functions make the elements that may let a StopIteration out."""
    called = [node.func for node in ast.walk(made) if isinstance(node, ast.Call)]
    return not all(
        module.scopes.is_builtin(func)
        or (isinstance(func, ast.Attribute) and func.attr in PURE_METHODS)
        for func in called
    )


def _use_of(module: SourceModule, function: FunctionNode, made: ast.ListComp) -> ast.expr | None:
    """The expression by which the list is used: itself, or the one mention of its name."""
    parent = module.scopes.parent(made)
    if isinstance(parent, ast.Call):
        return made
    match parent:
        case ast.Assign(targets=[ast.Name(id=name) as target], value=value) if value is made:
            pass
        case _:
            return None
    owner = module.scopes.inner(function)
    if module.scopes.scope_of(target) is not owner or name in owner.declared:
        return None
    if module.scopes.bindings(owner, name) != [target]:
        return None
    loads = [use for use in module.scopes.uses(owner, name) if use is not target]
    return loads[0] if len(loads) == 1 and _follows(module, parent, loads[0]) else None


def _follows(module: SourceModule, assignment: ast.Assign, use: ast.Name) -> bool:
    """Whether a name is used by the next statement, before that does anything else."""
    call = module.scopes.parent(use)
    around = module.scopes.parent(call) if call is not None else None
    while isinstance(around, ast.BinOp) and around.left is call:
        call, around = around, module.scopes.parent(around)
    plain = isinstance(around, ast.Return) or (
        isinstance(around, ast.Assign) and all(isinstance(t, ast.Name) for t in around.targets)
    )
    block = module.scopes.parent(assignment)
    for part in ("body", "orelse", "finalbody"):
        rows = getattr(block, part, None)
        if isinstance(rows, list) and assignment in rows:
            place = rows.index(assignment)
            return plain and rows[place + 1 : place + 2] == [around]
    return False


def _consumer(module: SourceModule, call: ast.AST | None, used: ast.expr | None) -> str | None:
    match call:
        case ast.Call(func=ast.Name(id=name) as func, args=[first, *rest]) if first is used:
            pass
        case _:
            return None
    if not module.scopes.is_builtin(func):
        return None
    named = {keyword.arg for keyword in call.keywords}
    constant = all(isinstance(k.value, ast.Constant) for k in call.keywords)
    constant = constant and all(isinstance(value, ast.Constant) for value in rest)
    if name == "sum":
        return name if constant and len(rest) <= 1 and named <= {"start"} else None
    if name in _ORDERING:
        return name if constant and not rest and named <= {"default"} else None
    return name if name in _HASHING and not rest and not call.keywords else None


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether the list was long, and its elements plain."""
    seen, call = asked(match, evidence).get("list", []), evidence.calls.get(match.calls[0].site)
    if not seen or call is None:
        return refused("the run never came here")
    made = seen[0]
    facts = {"lists": made.observations, "elements_most": made.size_max}
    if reason := _against(match.data["consumer"], made):
        return refused(reason, **facts)
    if call.raised:
        return refused("it raised exceptions, in the middle of the list perhaps", **facts)
    if (made.size_max or 0) < LEAST_ELEMENTS:
        return refused("the lists are short", **facts)
    return Admission(evidence=facts, removable=REMOVABLE)


def _against(consumer: str, made: ValueEvidence) -> str | None:
    """Why using an element may run code of the user's; None: it may not."""
    kinds = types_of(made.element_types)
    if consumer == "sum":
        odd = kinds - NUMBERS
        return f"elements of type {', '.join(sorted(odd))} are added" if odd else None
    if consumer in _ORDERING:
        return None if kinds <= PLAIN | NUMBERS else ordered_elements(made)
    if consumer == "dict":
        return None if kinds == {"tuple"} and made.hashable is True else "pairs are not plain"
    return None if kinds <= PLAIN | {"float"} else plain_members(made)


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """A generator: without brackets where it is alone in the call, else in parentheses."""
    found = found_again(module, match, _lists, lambda each: each.made)
    span = span_of(found.made)
    start, end = (span.line, span.column), (span.end_line, span.end_column)
    alone = found.call.args == [found.made] and not found.call.keywords
    call = span_of(found.call)
    tight = module.text_between(_span(end, (call.end_line, call.end_column))).strip() == ")"
    opening, closing = ("", "") if alone and tight else ("(", ")")
    return (
        Edit(file=module.file, span=_span(start, (start[0], start[1] + 1)), text=opening),
        Edit(file=module.file, span=_span((end[0], end[1] - 1), end), text=closing),
    )


def _span(start: tuple[int, int], end: tuple[int, int]) -> Span:
    return Span(line=start[0], column=start[1], end_line=end[0], end_column=end[1])


REMEDY = Remedy(
    name=NAME,
    family="memory",
    title="Make elements one by one instead of a list",
    claims="peak_memory",
    keeps_state=False,
    safety="gated",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
