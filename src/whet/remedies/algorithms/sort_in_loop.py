"""A list that is sorted again after each element put into it.

What
    `items.append(item)` and `items.sort()`, one after the other in a loop, on a list that is
    never out of order otherwise.

Why slow
    Sorting goes through all elements to find that one is out of place; `bisect` finds its place
    in a few comparisons.

Evidence needed
    From the run: the elements are of builtin types that have a total order, no NaN; how many
    there were.

Before
    for item in found:
        items.append(item)
        items.sort()

After
    for item in found:
        insort(items, item)

Safety
    Gated: the types are those that the run showed. A sort is stable, and so is `insort`: the new
    element comes behind its equals. The list must begin empty or sorted, and nothing else in the
    function may bring it out of order or hand it to others while it grows.

When not
    `key=` or `reverse=`, elements that do not compare with all others, short lists.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.remedies._admission import ordered_elements
from whet.remedies._asking import asked, looks, median_size, missed, others_than
from whet.remedies._locals import uses_of_own
from whet.remedies._names import READING_METHODS, Use, use_of
from whet.remedies._places import (
    found_again,
    hot_function,
    import_of,
    new_match,
    outermost_loop,
)
from whet.remedies.algorithms._pairs import (
    Pair,
    method_call,
    owner_of,
    pairs_in,
    without_statement,
)
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match

NAME = "sort_in_loop"
SHORTEST = 32
# Nanoseconds, CPython 3.11: appending and sorting take 100 and 2.6 an element; `insort` 110 and
# 0.13 an element.
SORT_NS, SORT_ELEMENT_NS, INSORT_NS, INSORT_ELEMENT_NS = 100.0, 2.6, 110.0, 0.13
_HARMLESS = {Use.READ, Use.PROBED, Use.INDEXED, Use.RETURNED}
_KEEP_ORDER = READING_METHODS | {"pop", "clear", "remove"}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sort:
    """The two statements and their calls."""

    pair: Pair
    append: ast.Call
    sort: ast.Call


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every list of the hot function that is sorted after each new element."""
    function = hot_function(module, hot)
    return [_match(module, sort) for sort in _find(module, function)] if function else []


def _find(module: SourceModule, function: FunctionNode) -> list[_Sort]:
    found = [_sort(pair) for pair in pairs_in(module, function)]
    sorts = [sort for sort in found if sort is not None]
    return [sort for sort in sorts if _stays_sorted(module, function, sort, sorts)]


def _sort(pair: Pair) -> _Sort | None:
    append, sort = method_call(pair.first, "append", 1), method_call(pair.second, "sort", 0)
    if append is None or sort is None or owner_of(append).id != owner_of(sort).id:
        return None
    return _Sort(pair=pair, append=append, sort=sort)


def _stays_sorted(
    module: SourceModule, function: FunctionNode, sort: _Sort, sorts: list[_Sort]
) -> bool:
    """Whether the list is in order whenever an element is appended."""
    name = owner_of(sort.sort).id
    own = {owner_of(call) for each in sorts for call in (each.append, each.sort)}
    uses = uses_of_own(module, function, name)
    bindings = module.scopes.bindings(module.scopes.inner(function), name)
    if not uses or outermost_loop(module, sort.append, function) is None:
        return False
    if not all(_begins_sorted(module, binding) for binding in bindings):
        return False
    return all(use in own or _keeps_order(module, use) for use in uses)


def _begins_sorted(module: SourceModule, binding: ast.AST) -> bool:
    parent = module.scopes.parent(binding)
    if not isinstance(parent, ast.Assign | ast.AnnAssign):
        return False
    match parent.value:
        case ast.List(elts=[] | [ast.Constant()]):
            return True
        case ast.Call(func=func, args=[_], keywords=[]):
            return module.scopes.is_builtin(func, "sorted")
        case ast.Call(func=func, args=[], keywords=[]):
            return module.scopes.is_builtin(func, "list")
        case _:
            return False


def _keeps_order(module: SourceModule, use: ast.Name) -> bool:
    found = use_of(module, use)
    if found is Use.BOUND or found in _HARMLESS:
        return True
    attribute = module.scopes.parent(use)
    called = isinstance(attribute, ast.Attribute) and attribute.attr in _KEEP_ORDER
    return found is Use.CALLED and called


def _match(module: SourceModule, sort: _Sort) -> Match:
    return new_match(
        module,
        NAME,
        sort.pair.first,
        f"the list {owner_of(sort.sort).id!r} is sorted after each new element",
        safety="gated",
        values=[("items", owner_of(sort.sort)), ("item", sort.append.args[0])],
        lines={sort.append.lineno, sort.sort.lineno},
    )


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether the elements had a total order, and were many."""
    if reason := missed(match, evidence):
        return refused(reason)
    seen = asked(match, evidence)
    items = seen["items"]
    if reason := others_than({"list"}, items, "what is sorted"):
        return refused(reason)
    if reason := ordered_elements(items[0]):
        return refused(reason)
    size = median_size(items)
    facts = {"sorts": looks(items), "elements_median": size}
    if size < SHORTEST:
        return refused(f"the list is short ({size:g} elements)", **facts)
    new = INSORT_NS + size * INSORT_ELEMENT_NS
    removable = 1 - new / (SORT_NS + size * SORT_ELEMENT_NS)
    return Admission(evidence=facts, removable=round(max(0.0, removable), 4))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """`insort` in the place of both statements.

    Raises:
        WhetError: The match is not in the module any more.
    """
    sort = found_again(module, match, _find, lambda found: found.pair.first)
    insort, imports = import_of(module, "bisect", "insort")
    item = module.text_of(sort.append.args[0])
    return (
        *imports,
        module.replace(sort.append, f"{insort}({owner_of(sort.sort).id}, {item})"),
        without_statement(module, sort.pair.second),
    )


REMEDY = Remedy(
    name=NAME,
    family="algorithms",
    title="Put each element where it belongs instead of sorting again",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
