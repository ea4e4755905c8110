"""The smallest element of a list, found and removed by going through all of it.

What
    `smallest = min(items)` and `items.remove(smallest)`, one after the other in `while items:`;
    also `items.remove(min(items))`.

Why slow
    Both go through the list; a heap gives its smallest element in a few comparisons.

Evidence needed
    From the run: the elements have a total order, and equal ones cannot be told apart (all of one
    exact type, those within tuples included); how many there were.

Before
    while items:
        smallest = min(items)
        items.remove(smallest)
        items.append(smallest // 2)

After
    heapify(items)
    while items:
        smallest = heappop(items)
        heappush(items, smallest // 2)

Safety
    Gated: the types are those that the run showed. The list is made in the function, nobody else
    sees it, and nothing asks for its order: it is only measured, tested, appended to and taken
    from.

When not
    `key=`, lists that are read in order or live on after the loop, elements whose equals differ
    (1 and True, 0.0 and -0.0), short lists.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from whet.codebase.scopes import LOOPS
from whet.remedies._admission import ordered_elements, types_of
from whet.remedies._asking import asked, looks, median_size, missed, others_than
from whet.remedies._lists import is_lazy
from whet.remedies._locals import bound_before, uses_of_own
from whet.remedies._names import Use, makes_new_list, use_of
from whet.remedies._places import (
    alone_on_its_lines,
    found_again,
    hot_function,
    import_of,
    new_match,
    walk_function,
)
from whet.remedies.algorithms._pairs import (
    Pair,
    method_call,
    owner_of,
    pairs_in,
    without_statement,
)
from whet.remedies.containers._emptiness import holds_some
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match

NAME = "smallest_by_min_and_remove"
SHORTEST = 16
# Nanoseconds, CPython 3.11: finding and removing take 130 and 10.6 an element; popping and pushing
# on a heap 100 and 13 for each doubling.
SCAN_NS, ELEMENT_NS, HEAP_NS, DOUBLING_NS = 130.0, 10.6, 100.0, 13.0
_BEFORE = {Use.BOUND, Use.APPENDED, Use.READ}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Smallest:
    """The call of `min`, the statement that removes, and the loop with its appending calls.

    Attributes:
        removal: The statement to take out; None: it is the one that holds the `min`.
    """

    least: ast.Call
    items: ast.Name
    removal: ast.stmt | None
    loop: ast.While
    appends: tuple[ast.Call, ...]


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every list of the hot function whose smallest element is searched for."""
    function = hot_function(module, hot)
    return [_match(module, each) for each in _find(module, function)] if function else []


def _find(module: SourceModule, function: FunctionNode) -> list[_Smallest]:
    found = [_from_pair(module, pair) for pair in pairs_in(module, function)]
    found += [_from_one(module, node) for node in walk_function(function)]
    candidates = [each for each in found if each is not None]
    kept = [_followed(module, function, each) for each in candidates]
    return [each for each in kept if each is not None]


def _least(module: SourceModule, node: ast.AST | None) -> tuple[ast.Call, ast.Name] | None:
    match node:
        case ast.Call(func=func, args=[ast.Name() as items], keywords=[]) if (
            module.scopes.is_builtin(func, "min")
        ):
            return node, items
        case _:
            return None


def _from_pair(module: SourceModule, pair: Pair) -> _Smallest | None:
    removal = method_call(pair.second, "remove", 1)
    match pair.first:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            pass
        case _:
            return None
    least = _least(module, value)
    if removal is None or least is None or owner_of(removal).id != least[1].id:
        return None
    removed = removal.args[0]
    if not (isinstance(removed, ast.Name) and removed.id == name != least[1].id):
        return None
    return _placed(module, pair.first, least, pair.second)


def _from_one(module: SourceModule, node: ast.AST) -> _Smallest | None:
    removal = method_call(node, "remove", 1) if isinstance(node, ast.Expr) else None
    least = _least(module, removal.args[0]) if removal is not None else None
    if removal is None or least is None or owner_of(removal).id != least[1].id:
        return None
    assert isinstance(node, ast.Expr)  # noqa: S101 -- as above
    return _placed(module, node, least, None)


def _placed(
    module: SourceModule,
    statement: ast.stmt,
    least: tuple[ast.Call, ast.Name],
    removal: ast.stmt | None,
) -> _Smallest | None:
    loop = module.scopes.parent(statement)
    if not (isinstance(loop, ast.While) and alone_on_its_lines(module, loop)):
        return None
    if not holds_some(module, least[1], least[0]) or loop.orelse:
        return None
    return _Smallest(least=least[0], items=least[1], removal=removal, loop=loop, appends=())


def _followed(module: SourceModule, function: FunctionNode, each: _Smallest) -> _Smallest | None:
    """The same with its appending calls; None: somebody could see the order of the list."""
    name = each.items.id
    own = {each.items}
    removing = each.removal or module.scopes.statement_of(each.least)
    call = method_call(removing, "remove", 1)
    own.update({owner_of(call)} if call is not None else set())
    inside = set(ast.walk(each.loop))
    appends = []
    uses = uses_of_own(module, function, name)
    if not uses or not _is_made_here(module, function, each):
        return None
    for use in uses:
        if use in own:
            continue
        found = use_of(module, use)
        before = use not in inside and use.lineno < each.loop.lineno
        if found is Use.APPENDED and use in inside:
            attribute = module.scopes.parent(use)
            made = module.scopes.parent(attribute) if attribute is not None else None
            plain = method_call(made, "append", 1) if made is not None else None
            if plain is None:
                return None
            appends.append(plain)
        elif not (before and found in _BEFORE and not is_lazy(module, use)) and not _asks_for_size(
            module, use
        ):
            return None
    return _Smallest(
        least=each.least,
        items=each.items,
        removal=each.removal,
        loop=each.loop,
        appends=tuple(appends),
    )


def _is_made_here(module: SourceModule, function: FunctionNode, each: _Smallest) -> bool:
    """Whether the list is a new one whenever the loop begins."""
    scopes, name = module.scopes, each.items.id
    bindings = scopes.bindings(scopes.inner(function), name)
    made = bound_before(module, function, name, each.loop)
    if len(bindings) != 1 or not isinstance(made, ast.expr):
        return False
    return makes_new_list(module, made) and _loop_around(module, bindings[0]) is _loop_around(
        module, each.loop
    )


def _loop_around(module: SourceModule, node: ast.AST) -> ast.AST | None:
    return next((at for at in module.scopes.ancestors(node) if isinstance(at, LOOPS)), None)


def _asks_for_size(module: SourceModule, use: ast.Name) -> bool:
    """Whether a mention only asks how many elements there are, or whether one is there."""
    parent = module.scopes.parent(use)
    match parent:
        case ast.While(test=test) | ast.If(test=test) | ast.IfExp(test=test):
            return test is use
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Call(func=func, args=[_]):
            return module.scopes.is_builtin(func, "len")
        case _:
            return use_of(module, use) is Use.PROBED


def _match(module: SourceModule, each: _Smallest) -> Match:
    last = each.removal.lineno if each.removal else each.least.lineno
    return new_match(
        module,
        NAME,
        each.least,
        f"the smallest element of {each.items.id!r} is searched and removed",
        safety="gated",
        values=[("items", each.items), *(("item", call.args[0]) for call in each.appends)],
        lines={each.least.lineno, last},
    )


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether the elements had a total order, equal ones are alike, and there were many."""
    if reason := missed(match, evidence):
        return refused(reason)
    seen = asked(match, evidence)
    items = seen["items"]
    if reason := others_than({"list"}, items, "what is searched"):
        return refused(reason)
    (value,) = items
    kinds = types_of(value.element_types)
    reason = ordered_elements(value) or others_than(
        kinds, seen.get("item", []), "what is put into it"
    )
    if reason:
        return refused(reason)
    if value.element_shapes is None or len(value.element_shapes) != 1:
        return refused("equal elements may differ, and another of them would come first")
    size = median_size(items)
    facts = {"searches": looks(items), "elements_median": size}
    if size < SHORTEST:
        return refused(f"the list is short ({size:g} elements)", **facts)
    new = HEAP_NS + DOUBLING_NS * max(1, int(size)).bit_length()
    removable = 1 - new / (SCAN_NS + size * ELEMENT_NS)
    return Admission(evidence=facts, removable=round(max(0.0, removable), 4))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """A heap in the place of the list.

    Raises:
        WhetError: The match is not in the module any more.
    """
    each = found_again(module, match, _find, lambda found: found.least)
    name = each.items.id
    words, imports = _heap_words(module)
    taken = f"{words['heappop']}({name})"
    removing = module.scopes.statement_of(each.least) if each.removal is None else each.least
    edits = [module.replace(removing, taken)]
    if each.removal is not None:
        edits.append(without_statement(module, each.removal))
    for call in each.appends:
        pushed = f"{words['heappush']}({name}, {module.text_of(call.args[0])})"
        edits.append(module.replace(call, pushed))
    line = f"{module.indent_of(each.loop) or ''}{words['heapify']}({name})\n"
    return (*imports, module.insert_before_line(each.loop.lineno, line), *edits)


def _heap_words(module: SourceModule) -> tuple[dict[str, str], tuple[Edit, ...]]:
    """How to write the functions of a heap, and the one import that they still need."""
    words = {}
    needed: list[Edit] = []
    for word in ("heapify", "heappop", "heappush"):
        words[word], imports = import_of(module, "heapq", word)
        needed.extend(imports)
    froms = [edit for edit in needed if "from heapq" in edit.text]
    if len(froms) < len(words):
        return words, tuple(needed)
    return words, (
        msgspec.structs.replace(froms[0], text=froms[0].text.replace("heapify", ", ".join(words))),
    )


REMEDY = Remedy(
    name=NAME,
    family="algorithms",
    title="Take the smallest element from a heap",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
