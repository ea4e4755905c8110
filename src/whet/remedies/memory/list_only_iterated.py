"""A list made only to be gone through once, by the loop behind it.

What
    `rows = [parse(line) for line in lines]` followed by `for row in rows:`, where nothing else
    uses the list; also `for row in [...]:`.

Why slow
    Every element exists at the same time before the first one is used.

Evidence needed
    From the run: how long the list was, that elements are made of plain immutable values, that
    what they come from cannot be changed by the loop (a range, a tuple, a text, a file that the
    function opens and reads no further, or a list that nobody else holds), and that the function
    raised nothing. From the source: purity of whatever makes an element, and that no function
    binds the names which it reads.

Before
    rows = [parse(line) for line in file]
    for row in rows:
        total += row.size

After
    rows = (parse(line) for line in file)
    for row in rows:
        total += row.size

Safety
    Gated by evidence: pure elements of values that stay are the same whenever they are made. An
    error in one of them would appear after the loop has worked on those before it, and elements
    behind a `break` are not made.

When not
    Lists that are used again or measured, elements that depend on what the loop changes, generator
    functions and coroutines, short lists.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.codebase.syntax import span_of
from whet.records import CallSite, Edit, Span
from whet.remedies._admission import NUMBERS, PLAIN, types_of
from whet.remedies._asking import asked, kinds_of
from whet.remedies._places import found_again, hot_function, new_match, walk_function
from whet.remedies.calls._loops import stored_in
from whet.remedies.memory._elements import Elements, elements_of
from whet.remedies.memory._opened import block_of, is_used_before
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match, ValueEvidence

NAME = "list_only_iterated"
LEAST_ELEMENTS = 5_000
REMOVABLE = 0.9
_STEADY = frozenset({"bytes", "frozenset", "range", "str", "tuple"})
_FILES = frozenset({"_io.BufferedReader", "_io.TextIOWrapper"})
_INPUTS = PLAIN | NUMBERS | {"frozenset", "range", "tuple"}
_WAITS = (ast.Yield, ast.YieldFrom, ast.Await)


@dataclass(frozen=True, slots=True)
class _Gone:
    """A list comprehension and the loop that goes through it."""

    elements: Elements
    loop: ast.For


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every list of the hot function that one loop goes through."""
    function = hot_function(module, hot)
    found = []
    for gone in _lists(module, function) if function is not None else ():
        assert function is not None  # noqa: S101 -- there are lists in it
        made = gone.elements.made
        site = CallSite(
            site=f"{NAME}:{module.file}:{made.lineno}:{made.col_offset}#f", file=module.file,
            name=module.scopes.qualified_name(function), line=function.lineno, asks=("files",),
        )  # fmt: skip
        match = new_match(
            module,
            NAME,
            made,
            "a list is made to be gone through once",
            safety="gated",
            values=[
                ("list", made),
                ("source", gone.elements.source),
                *(("input", name) for name in gone.elements.inputs),
            ],
            calls=(site,),
            data={
                "own": _is_own_source(module, function, gone),
                "own_file": _is_own_file(module, function, gone),
            },
        )
        found.append(match)
    return found


def _lists(module: SourceModule, function: FunctionNode) -> Iterator[_Gone]:
    nodes = list(walk_function(function))
    waits = any(isinstance(node, _WAITS) for node in nodes) or "StopIteration" in module.words
    if waits or module.scopes.star_import or isinstance(function, ast.AsyncFunctionDef):
        return
    for loop in [node for node in nodes if isinstance(node, ast.For)]:
        made = _made_for(module, function, loop)
        if made is None or not module.text_of(made).startswith("["):
            continue
        elements = elements_of(module, made)
        if elements is None or not _stays(module, elements, loop):
            continue
        if all(_is_steady(module, function, name) for name in elements.outer):
            yield _Gone(elements, loop)


def _made_for(module: SourceModule, function: FunctionNode, loop: ast.For) -> ast.ListComp | None:
    """The list that a loop goes through and that nobody else sees."""
    if isinstance(loop.iter, ast.ListComp):
        return loop.iter
    if not isinstance(loop.iter, ast.Name):
        return None
    scopes, name = module.scopes, loop.iter.id
    owner = scopes.inner(function)
    bindings = scopes.bindings(owner, name)
    if name in owner.declared or len(bindings) != 1 or len(scopes.uses(owner, name)) != 2:  # noqa: PLR2004 -- bound, and used
        return None
    match scopes.parent(bindings[0]):
        case ast.Assign(targets=[ast.Name()], value=ast.ListComp() as made) as assignment:
            pass
        case _:
            return None
    block = scopes.parent(loop)
    for part in ("body", "orelse", "finalbody"):
        rows = getattr(block, part, None)
        if isinstance(rows, list) and loop in rows:
            place = rows.index(loop)
            return made if place and rows[place - 1] is assignment else None
    return None


def _stays(module: SourceModule, elements: Elements, loop: ast.For) -> bool:
    """Whether the loop neither binds nor mentions what the elements come from."""
    stored = stored_in(loop)
    body = {
        node.id
        for row in [*loop.body, *loop.orelse]
        for node in ast.walk(row)
        if isinstance(node, ast.Name)
    }
    match elements.source:
        case ast.Name(id=name):
            quiet = name not in body
        case ast.Call(func=func):
            quiet = module.scopes.is_builtin(func, "range")
        case _:
            quiet = False
    return quiet and not elements.outer & stored


def _is_steady(module: SourceModule, function: FunctionNode, name: str) -> bool:
    """Whether only the function itself binds a name that its elements are made of."""
    scopes = module.scopes
    if any(name in scope.declared for scope in scopes.all):
        return False  # a function that the loop calls may bind it
    owner = scopes.owner(name, scopes.inner(function))
    if owner is None or owner is scopes.inner(function):
        return True
    once = owner is scopes.module and len(scopes.bindings(owner, name)) == 1
    seen = module.outside is None or {name, "*"} & module.outside
    return once and not seen


def _is_own_source(module: SourceModule, function: FunctionNode, gone: _Gone) -> bool:
    """Whether nobody but the function holds what its elements come from."""
    match gone.elements.source:
        case ast.Name(id=name) as source:
            scopes = module.scopes
            owner = scopes.inner(function)
            own = scopes.owner(name, scopes.scope_of(source)) is owner
            return own and all(scopes.scope_of(use) is owner for use in scopes.uses(owner, name))
        case _:
            return True


def _is_own_file(module: SourceModule, function: FunctionNode, gone: _Gone) -> bool:
    """Whether a file that elements may come from is opened here and not used later."""
    match gone.elements.source:
        case ast.Name() as source:
            opened = block_of(module, function, source) is not None
            return opened and is_used_before(module, function, source, gone.elements.made)
        case _:
            return False


def admit(match: Match, evidence: Evidence) -> Admission:  # noqa: PLR0911 -- one return a reason
    """Whether the list was long, and nothing could change what its elements are made of."""
    seen, call = asked(match, evidence), evidence.calls.get(match.calls[0].site)
    if not {"list", "source"} <= set(seen) or call is None:
        return refused("the run never came here")
    made = seen["list"][0]
    facts = {"lists": made.observations, "elements_most": made.size_max}
    inputs = seen.get("input", [])
    if len(inputs) < sum(site.role == "input" for site in match.values):
        return refused("not everything that elements are made of was seen", **facts)
    if odd := kinds_of(inputs) - _INPUTS:
        return refused(f"elements are made of {', '.join(sorted(odd))}", **facts)
    if any(value.size_max is not None and not _is_plain(value) for value in inputs):
        return refused("elements are made of what others may change", **facts)
    if reason := _against_source(match, seen["source"][0]):
        return refused(reason, **facts)
    if call.raised:
        return refused("it raised exceptions, in the middle of the list perhaps", **facts)
    if call.files_changed is None or call.files_changed:
        return refused("a file was written while it was read", **facts)
    if (made.size_max or 0) < LEAST_ELEMENTS:
        return refused("the lists are short", **facts)
    return Admission(evidence=facts, removable=REMOVABLE)


def _is_plain(value: ValueEvidence) -> bool:
    """Whether a container that elements are made of holds nothing that can change, deeply."""
    kinds = types_of(value.types)
    if kinds <= _INPUTS - {"frozenset", "tuple"}:
        return True
    return value.elements_complete and value.element_shapes is not None


def _against_source(match: Match, source: ValueEvidence) -> str | None:
    """Why the loop may change what the elements come from; None: it cannot."""
    kinds = types_of(source.types)
    if kinds & _FILES and not match.data["own_file"]:
        return "elements come from a file that others may go on reading"
    if kinds <= _STEADY | _FILES:
        return None
    own = match.data["own"] and source.max_references == 0
    if kinds <= _STEADY | _FILES | {"list"} and own:
        return None
    return f"elements come from a {', '.join(sorted(kinds))} that others may hold"


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """Parentheses in the place of brackets."""
    gone = found_again(module, match, _lists, lambda each: each.elements.made)
    span = span_of(gone.elements.made)
    opening = Span(
        line=span.line, column=span.column, end_line=span.line, end_column=span.column + 1
    )
    closing = Span(
        line=span.end_line, column=span.end_column - 1, end_line=span.end_line,
        end_column=span.end_column,
    )  # fmt: skip
    return (
        Edit(file=module.file, span=opening, text="("),
        Edit(file=module.file, span=closing, text=")"),
    )


REMEDY = Remedy(
    name=NAME,
    family="memory",
    title="Make elements one by one for the loop",
    claims="peak_memory",
    keeps_state=False,
    safety="gated",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
