"""A recursion that hands a copy of the rest to itself.

What
    A function that calls itself with a slice of its own parameter: `total(items[1:])`.

Why slow
    Each call copies what is left: the time grows with the square of the length.

Evidence needed
    From the run: how often it called itself so, and how long the copies were.

Before
    def total(items):
        if not items:
            return 0
        return items[0] + total(items[1:])

After
    def total(items, start=0):
        if start == len(items):
            return 0
        return items[start] + total(items, start + 1)

Safety
    Advice: somebody may keep a slice or change it. Measured on CPython 3.11: 30 times as fast
    for long lists.

When not
    Short sequences; slices that are kept.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.remedies._admission import types_of
from whet.remedies._lists import is_parameter
from whet.remedies._places import hot_function, new_match, walk_function
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match

NAME = "recursion_on_slices"
SHORTEST = 32
FEWEST_CALLS = 100
# Elements whose copying takes as long as the rest of a call, CPython 3.11: 100 take 72 to 95 ns.
BREAK_EVEN = 50.0
_COPIED = frozenset({"bytes", "list", "str", "tuple"})


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every call of the hot function to itself with a slice of a parameter."""
    function = hot_function(module, hot)
    if function is None:
        return []
    return [
        _match(module, function, argument)
        for node in walk_function(function)
        if isinstance(node, ast.Call) and _calls_itself(module, function, node)
        for argument in node.args
        if _is_rest(module, function, argument)
    ]


def _calls_itself(module: SourceModule, function: FunctionNode, call: ast.Call) -> bool:
    scopes = module.scopes
    match call.func:
        case ast.Name(id=name):
            owner = scopes.owner(name, scopes.scope_of(call.func))
            known = owner is not None and scopes.bindings(owner, name) == [function]
            return name == function.name and known
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return name == function.name and isinstance(scopes.parent(function), ast.ClassDef)
        case _:
            return False


def _is_rest(module: SourceModule, function: FunctionNode, argument: ast.expr) -> bool:
    match argument:
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Slice()):
            return is_parameter(module, function, name)
        case _:
            return False


def _match(module: SourceModule, function: FunctionNode, argument: ast.expr) -> Match:
    return new_match(
        module,
        NAME,
        argument,
        f"{function.name} copies the rest for every call of itself: consider an index",
        safety="advice",
        values=[("rest", argument)],
    )


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether long copies were made often."""
    rest = evidence.values.get(match.values[0].site)
    if rest is None or not rest.observations:
        return refused("the run never came here")
    if strange := types_of(rest.types) - _COPIED:
        return refused(f"slices of type {', '.join(sorted(strange))} may be no copies")
    size = rest.size_median or 0.0
    facts = {"copies": rest.observations, "length_median": size, "length_max": rest.size_max}
    if size < SHORTEST or rest.observations < FEWEST_CALLS:
        return refused("the copies are short or few", **facts)
    return Admission(evidence=facts, removable=round(1 - 1 / (1 + size / BREAK_EVEN), 4))


REMEDY = Remedy(
    name=NAME,
    family="algorithms",
    title="Hand on an index in the place of a copy",
    claims="cpu_time",
    keeps_state=False,
    safety="advice",
    share="lines",
    detect=detect,
    admit=admit,
    rewrite=None,
)
