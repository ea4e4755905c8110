"""A sort by a function that compares two elements.

What
    `sorted(items, key=cmp_to_key(compare))` and `items.sort(key=cmp_to_key(compare))`.

Why slow
    A function of the program is called for every comparison, about n log n times; a key is
    worked out n times.

Evidence needed
    From the run: how often the comparing function was called.

Before
    def compare(a, b):
        return (a.age > b.age) - (a.age < b.age)

    def by_age(people):
        return sorted(people, key=cmp_to_key(compare))

After
    def by_age(people):
        return sorted(people, key=lambda person: person.age)

Safety
    Advice: which key gives the same order, only the author can say. Measured on CPython 3.11:
    9.3 times as fast.

When not
    Orders that no key expresses, short lists.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.codebase.scopes import FUNCTIONS
from whet.records import CallSite
from whet.remedies._places import hot_function, new_match, walk_function
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match

NAME = "sort_by_comparing"
FEWEST_CALLS = 1_000
REMOVABLE = 0.8  # of the time of a sort: 9.3 times as fast, measured on CPython 3.11


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every sort by a comparing function of the module."""
    function = hot_function(module, hot)
    found = []
    for node in walk_function(function) if function else ():
        compare = _compare(module, node)
        if compare is not None and isinstance(node, ast.keyword):
            found.append(_match(module, node.value, compare))
    return found


def _compare(module: SourceModule, node: ast.AST) -> FunctionNode | None:
    """The module's own function that a `key=cmp_to_key(function)` names."""
    scopes = module.scopes
    match node:
        case ast.keyword(arg="key", value=ast.Call(func=func, args=[ast.Name() as name])):
            wrapped = scopes.dotted(func) == "functools.cmp_to_key"
            owned = scopes.owner(name.id, scopes.scope_of(name)) is scopes.module
            bindings = scopes.bindings(scopes.module, name.id) if owned and wrapped else []
        case _:
            return None
    first = bindings[0] if len(bindings) == 1 else None
    return first if isinstance(first, FUNCTIONS) else None


def _match(module: SourceModule, node: ast.expr, compare: FunctionNode) -> Match:
    name = module.scopes.qualified_name(compare)
    site = CallSite(
        site=f"{NAME}:{module.file}:{compare.lineno}#f",
        file=module.file,
        name=name,
        line=compare.lineno,
    )
    return new_match(
        module,
        NAME,
        node,
        f"{name} is called for every comparison of a sort: consider a key",
        safety="advice",
        values=[("key", node)],
        calls=(site,),
    )


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether the comparing function was called often."""
    call = evidence.calls.get(match.calls[0].site)
    if call is None or not call.calls:
        return refused("the run never compared")
    sorts = sum(v.observations for s in match.values if (v := evidence.values.get(s.site)))
    facts = {"comparisons": call.calls, "sorts": sorts}
    if call.calls < FEWEST_CALLS:
        return refused("too few comparisons for a gain", **facts)
    return Admission(evidence=facts, removable=REMOVABLE)


REMEDY = Remedy(
    name=NAME,
    family="algorithms",
    title="Sort by a key",
    claims="cpu_time",
    keeps_state=False,
    safety="advice",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=None,
)
