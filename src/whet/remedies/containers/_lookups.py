"""Lists that a loop asks again and again where, or how often, they hold something."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whet.records import CallSite
from whet.remedies._admission import plain_members, plain_probe, runs_code, types_of
from whet.remedies._lists import (
    assigned_values,
    entry_of,
    is_bound_before,
    is_kept_private,
    is_lazy,
    is_own_list,
    is_parameter,
    local_mentions,
    loops_around,
    may_be_missing,
    steady_loop,
)
from whet.remedies._places import is_in_text, new_match, walk_function
from whet.remedies.calls._disturbance import disturbance
from whet.remedies.remedy import Admission, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, Match, ValueEvidence

SHORTEST = 8
LEAST_REMOVABLE = 0.2
# Nanoseconds, CPython 3.11, as for membership (benchmarks/remedy_costs.py); asking a table took
# 33 to 102.
COMPARE_NS, ASK_NS = 9.0, 60.0
_STRANGE = (ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr, ast.Starred)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lookup:
    """A list and the calls of one of its methods in one loop.

    Attributes:
        name: The local name that holds the list.
        calls: `name.method(x)`, by place.
        before: The statement before which a table can be made: the loop, or what holds it.
        entry: What is evaluated once whenever the loop begins; None: only the function's calls
            tell how often it does.
        private: Nobody but the function holds the list.
        disturbed: What in the loop could change a list that somebody else holds; "": nothing.
    """

    name: str
    calls: tuple[ast.Call, ...]
    before: ast.stmt
    entry: ast.expr | None
    private: bool
    disturbed: str


def find_lookups(module: SourceModule, function: FunctionNode, method: str) -> Iterator[Lookup]:
    """The lists of a function that a loop asks by a method, and that stay as they are in it."""
    named: dict[str, list[ast.Call]] = {}
    for node in walk_function(function):
        name = _asked(module, node, method)
        if name:
            named.setdefault(name, []).append(node)  # type: ignore[arg-type] # _asked has seen to it
    for name, calls in named.items():
        mentions = local_mentions(module, function, name)
        by_loop: dict[tuple[ast.stmt, ast.AST], list[ast.Call]] = {}
        for call in calls if mentions else ():
            loop = steady_loop(module, function, call, mentions)
            if loop is not None:
                by_loop.setdefault((module.scopes.statement_of(loop), loop), []).append(call)
        for (before, loop), asked in by_loop.items():
            counted = entry_of(loop) is not None or not loops_around(module, before, function)
            if may_be_missing(module, function, mentions, before):
                continue
            if counted and is_bound_before(module, function, mentions, before):
                yield _lookup(module, function, mentions, loop, asked)


def _asked(module: SourceModule, node: ast.AST, method: str) -> str | None:
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=name), attr=attr), args=[wanted], keywords=[]
        ) if attr == method:
            plain = not any(isinstance(inner, _STRANGE) for inner in ast.walk(wanted))
            bare = isinstance(wanted, ast.GeneratorExp | ast.Lambda)
            placed = not (is_in_text(module, node) or is_lazy(module, node))
            return name if plain and placed and not bare else None
        case _:
            return None


def _lookup(
    module: SourceModule,
    function: FunctionNode,
    mentions: list[ast.Name],
    loop: ast.AST,
    calls: list[ast.Call],
) -> Lookup:
    name = mentions[0].id
    values = assigned_values(module, mentions)
    own = bool(values) and all(is_own_list(module, value) for value in values or ())
    given = is_parameter(module, function, name)
    private = own and not given and is_kept_private(module, mentions)
    before = module.scopes.statement_of(loop)
    return Lookup(
        name=name,
        calls=tuple(calls),
        before=before,
        entry=entry_of(loop),
        private=private,
        disturbed="" if private else disturbance(module, function, before),
    )


def match_of(module: SourceModule, remedy: str, lookup: Lookup, what: str) -> Match:
    """The match of a lookup, with what must be seen."""
    values: list[tuple[str, ast.expr]] = []
    for call in lookup.calls:
        assert isinstance(call.func, ast.Attribute)  # noqa: S101 -- find_lookups has seen to it
        values += [("container", call.func.value), ("probe", call.args[0])]
    values += [("entry", lookup.entry)] if lookup.entry is not None else []
    first = lookup.calls[0]
    function = module.scopes.function_of(first)
    assert function is not None  # noqa: S101 -- it was found in one
    qualified = module.scopes.qualified_name(function)
    site = CallSite(
        site=f"{remedy}:{module.file}:{first.lineno}:{first.col_offset}#f",
        file=module.file,
        name=qualified,
        line=function.lineno,
    )
    return new_match(
        module,
        remedy,
        first,
        f"a loop asks the list {lookup.name!r} {what}",
        safety="gated",
        values=values,
        calls=() if lookup.entry is not None else (site,),
        lines=(call.lineno for call in lookup.calls),
        data={"private": lookup.private, "disturbed": lookup.disturbed},
    )


def admit_lookup(match: Match, evidence: Evidence, *, build_ns: float, part: float) -> Admission:
    """Whether the run shows that a table answers alike, and pays.

    Args:
        match: From `match_of`.
        evidence: What the run showed.
        build_ns: Nanoseconds an element to make the table.
        part: Share of the list that the method looks at.
    """
    seen: dict[str, list[ValueEvidence]] = {}
    for site in match.values:
        value = evidence.values.get(site.site)
        if value is not None and value.observations:
            seen.setdefault(site.role, []).append(value)
    containers, probes = seen.get("container", []), seen.get("probe", [])
    if not containers or len(probes) < sum(site.role == "probe" for site in match.values):
        return refused("the run did not come to every place that the table would be asked at")
    if reason := _against(match, containers, probes, seen.get("entry", [])):
        return refused(reason)
    builds = sum(value.observations for value in seen.get("entry", ()))
    builds += sum(evidence.calls[c.site].calls for c in match.calls if c.site in evidence.calls)
    if not builds:
        return refused("it is not known how often the table would be made")
    asked = sum(value.observations for value in containers)
    size = sum((v.size_median or 0.0) * v.observations for v in containers) / asked
    facts: dict[str, Any] = {"lookups": asked, "size_median": size, "tables_made": builds}
    if size < SHORTEST:
        return refused(f"the list is short ({size:g} elements)", **facts)
    old = asked * (size * part * COMPARE_NS + ASK_NS)
    removable = max(0.0, 1 - (asked * ASK_NS + builds * size * build_ns) / old)
    if removable < LEAST_REMOVABLE:
        return refused("making the table would cost as much as it saves", **facts)
    return Admission(evidence=facts, removable=round(removable, 4))


def _against(
    match: Match,
    containers: list[ValueEvidence],
    probes: list[ValueEvidence],
    entries: list[ValueEvidence],
) -> str | None:
    for value in containers:
        types = types_of(value.types)
        if not types <= {"list", "tuple"}:
            return f"it held {', '.join(sorted(types))}"
        if reason := plain_members(value):
            return reason
        disturbed = match.data["disturbed"] or runs_code(entries)
        held = match.data["private"] or value.max_references == 0 or types == {"tuple"}
        if disturbed and not held:
            return f"the loop might change the list: {disturbed}"
    for value in probes:
        if reason := plain_probe(value):
            return reason
    return None
