"""Independent waits, one after the other.

What
    `[fetch(item) for item in items]`, assigned or returned, with a function of the module that
    mostly waits: for a server, a disk, a program.

Why slow
    The waits add up, although the answers do not depend on each other.

Evidence needed
    From the run: that the calls spent most of their time waiting and how long, that the arguments
    were plain and not changed. From the source: the function declares no global names.

Before
    pages = [fetch(address) for address in addresses]

After
    with ThreadPoolExecutor(max_workers=8) as pool:
        pages = list(pool.map(fetch, addresses))

Safety
    Needs consent: the calls run at the same time in threads, so everything that the function uses
    must allow that, and its effects come in any order. Results keep their order; the first
    exception in that order is raised, when the calls that are under way have ended. Eight at
    once are a load for whoever is asked.

When not
    Calls that depend on each other, servers that limit requests, connections and cursors that
    belong to one thread, functions that compute (threads share one interpreter).
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.codebase.syntax import span_of
from whet.records import CallSite, Edit, Span
from whet.remedies._admission import PLAIN, types_of
from whet.remedies._asking import asked
from whet.remedies._places import (
    alone_on_its_lines,
    found_again,
    hot_function,
    import_of,
    new_match,
    walk_function,
)
from whet.remedies.calls._loops import indent_unit
from whet.remedies.calls._reading import PATHS
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match

NAME = "waits_in_a_row"
WORKERS = 8
LEAST_CALLS = 4
LEAST_WAIT_S = 0.002  # a call; a thread's turn costs about a tenth of that
LEAST_WAITING = 0.7  # share of the time of calls
_ARGUMENTS = PLAIN | PATHS | {"float"}


@dataclass(frozen=True, slots=True)
class _Waits:
    """A list of calls, the statement that holds it and the function that is called."""

    statement: ast.Assign | ast.Return
    made: ast.ListComp
    called: ast.Name
    items: ast.expr
    function: FunctionNode


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every list of calls of one function that the hot function makes."""
    function = hot_function(module, hot)
    found = []
    for waits in _waits(module, function) if function is not None else ():
        site = CallSite(
            site=f"{NAME}:{module.file}:{waits.made.lineno}#f", file=module.file,
            name=waits.called.id, line=waits.function.lineno, asks=("time",),
        )  # fmt: skip
        match = new_match(
            module,
            NAME,
            waits.statement,
            f"calls of {waits.called.id} wait one after the other",
            safety="consent",
            values=[("items", waits.items)],
            calls=(site,),
        )
        found.append(match)
    return found


def _waits(module: SourceModule, function: FunctionNode) -> Iterator[_Waits]:
    nodes = list(walk_function(function))
    strange = any(isinstance(node, ast.Yield | ast.YieldFrom) for node in nodes)
    if isinstance(function, ast.AsyncFunctionDef) or strange or module.scopes.star_import:
        return
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name()], value=ast.ListComp() as made):
                statement: ast.Assign | ast.Return = node
            case ast.Return(value=ast.ListComp() as made):
                statement = node
            case _:
                continue
        match made:
            case ast.ListComp(
                elt=ast.Call(func=ast.Name() as called, args=[ast.Name(id=given)], keywords=[]),
                generators=[ast.comprehension(target=ast.Name(id=item), iter=items, ifs=[])],
            ) if given == item and not made.generators[0].is_async:
                pass
            case _:
                continue
        target = _target(module, called)
        comment = "#" in module.text_of(made)
        if target is not None and alone_on_its_lines(module, statement) and not comment:
            yield _Waits(statement, made, called, items, target)


def _target(module: SourceModule, called: ast.Name) -> FunctionNode | None:
    """The plain function of the module that a name stands for."""
    scopes = module.scopes
    if scopes.owner(called.id, scopes.scope_of(called)) is not scopes.module:
        return None
    match scopes.bindings(scopes.module, called.id):
        case [ast.FunctionDef(decorator_list=[]) as node] if scopes.parent(node) is scopes.tree:
            pass
        case _:
            return None
    shared = (ast.Global, ast.Nonlocal, ast.Yield, ast.YieldFrom)
    return None if any(isinstance(n, shared) for n in walk_function(node)) else node


def admit(match: Match, evidence: Evidence) -> Admission:  # noqa: PLR0911 -- one return a reason
    """Whether the calls mostly waited."""
    items, call = asked(match, evidence).get("items", []), evidence.calls.get(match.calls[0].site)
    if not items or call is None or not call.described:
        return refused("the run never came here")
    wall_s, cpu_s = call.wall_s, call.cpu_s
    facts = {"calls": call.calls, "lists": items[0].observations, "wall_s": wall_s, "cpu_s": cpu_s}
    if wall_s is None or cpu_s is None:
        return refused("how long the calls waited is not known", **facts)
    if call.threads > 1 or call.arguments_mutated:
        return refused("it runs in threads already, or changes its arguments", **facts)
    if odd := types_of(call.argument_types) - _ARGUMENTS:
        return refused(f"arguments of {', '.join(sorted(odd))} may be shared", **facts)
    if call.calls < LEAST_CALLS * items[0].observations:
        return refused("few calls are made for a list", **facts)
    waiting = 1 - cpu_s / wall_s if wall_s > 0 else 0.0
    if waiting < LEAST_WAITING or wall_s < LEAST_WAIT_S * call.described:
        return refused("the calls hardly wait", **facts)
    return Admission(evidence=facts, removable=round(waiting * (1 - 1 / WORKERS), 4))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The statement inside of a pool."""
    waits = found_again(module, match, _waits, lambda each: each.statement)
    statement = waits.statement
    maker, imports = import_of(module, "concurrent.futures", "ThreadPoolExecutor")
    indent, unit = module.indent_of(statement) or "", _unit(module, statement)
    pool = module.fresh_name("pool")
    items = module.text_of(waits.items)
    bare = isinstance(waits.items, ast.Tuple) and not items.startswith("(")
    given = f"({items})" if bare else items
    head = f"with {maker}(max_workers={WORKERS}) as {pool}:\n{indent}{unit}"
    span = span_of(statement)
    start = Span(line=span.line, column=span.column, end_line=span.line, end_column=span.column)
    return (
        *imports,
        Edit(file=module.file, span=start, text=head),
        module.replace(waits.made, f"list({pool}.map({waits.called.id}, {given}))"),
    )


def _unit(module: SourceModule, statement: ast.stmt) -> str:
    parent = module.scopes.parent(statement)
    return indent_unit(module, parent, statement) if isinstance(parent, ast.stmt) else "    "


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Wait for several answers at once",
    claims="wall_time",
    keeps_state=False,
    safety="consent",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
