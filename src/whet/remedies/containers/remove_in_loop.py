"""Elements removed from a list one by one.

What
    `for x in list(items): if test(x): items.remove(x)`, and
    `for x in gone: if x in items: items.remove(x)`.

Why slow
    Each removal looks for the element from the start and moves all that stand behind it.

Evidence needed
    From the run: it was always a list; its elements are of one plain type (or, for a test, of
    classes of this module that equal nothing but themselves); how long it was and how many
    elements were removed.

Before
    def without_short(words):
        for word in list(words):
            if len(word) < 3:
                words.remove(word)

After
    def without_short(words):
        words[:] = [word for word in words if not (len(word) < 3)]

Safety
    Gated by evidence. The list stays the same object, and what is removed is the same with
    duplicates too: a Counter tells how many of each shall go. Tests may call nothing that could
    see the list while it shrinks. Where a test raises, the list stays whole: the loop would have
    removed some elements before.

When not
    Removals without a test (the ValueError of a missing element must stay), elements with an
    equality of their own, tests that read the list, a loop that does more, short lists.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from whet.remedies._admission import plain_members, types_of
from whet.remedies._lists import (
    assigned_values,
    is_forgotten,
    is_kept_private,
    is_own_list,
    is_parameter,
    local_mentions,
)
from whet.remedies._places import (
    alone_on_its_lines,
    found_again,
    hot_function,
    import_of,
    new_match,
    walk_function,
)
from whet.remedies._plain_classes import are_of, identity_classes
from whet.remedies.calls._disturbance import disturbance
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match, ValueEvidence

NAME = "remove_in_loop"
SHORTEST = 32
LEAST_REMOVED = 4
# Nanoseconds, CPython 3.11: comparing one element in `remove`; passing one in the new loop.
COMPARE_NS = 14.0
PASS_NS = {"test": 20.0, "others": 180.0}
_HOLDERS = {"list", "tuple", "set", "frozenset"}  # a Counter takes the values of a dict for counts
_ALIKE = ({"int"}, {"str"}, {"bytes"})  # equal elements cannot be told apart


@dataclass(frozen=True, kw_only=True, slots=True)
class _Removal:
    """A loop that removes elements.

    Attributes:
        form: "test": those that a test names; "others": those that another container holds.
        removed: The list, where an element is removed from it.
        source: The list that is copied, or the other container.
    """

    form: Literal["test", "others"]
    loop: ast.For
    target: ast.Name
    removed: ast.Name
    source: ast.Name
    test: ast.expr


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every loop of the hot function that removes elements one by one."""
    function = hot_function(module, hot)
    return [_match(module, found) for found in _removals(module, function)] if function else []


def _removals(module: SourceModule, function: FunctionNode) -> Iterator[_Removal]:
    for node in walk_function(function):
        found = _removal(module, node)
        if found is not None and _may_go(module, function, found):
            yield found


def _removal(module: SourceModule, node: ast.AST) -> _Removal | None:
    match node:
        case ast.For(
            target=ast.Name(id=element) as target,
            iter=iterable,
            body=[
                ast.If(
                    test=test,
                    body=[
                        ast.Expr(
                            value=ast.Call(
                                func=ast.Attribute(value=ast.Name() as removed, attr="remove"),
                                args=[ast.Name(id=gone)],
                                keywords=[],
                            )
                        )
                    ],
                    orelse=[],
                )
            ],
            orelse=[],
        ) if gone == element:
            pass
        case _:
            return None
    copied = _copied(module, iterable)
    if copied is not None and copied.id == removed.id:
        form: Literal["test", "others"] = "test"
        source = copied
    elif isinstance(iterable, ast.Name) and _asks_for(test, element, removed.id):
        form, source = "others", iterable
    else:
        return None
    return _Removal(form=form, loop=node, target=target, removed=removed, source=source, test=test)


def _copied(module: SourceModule, iterable: ast.expr) -> ast.Name | None:
    """The name in `list(name)`, `name[:]` or `name.copy()`."""
    match iterable:
        case ast.Call(func=ast.Name(id="list" | "tuple") as func, args=[ast.Name() as name]):
            return name if module.scopes.is_builtin(func) and not iterable.keywords else None
        case ast.Subscript(value=ast.Name() as name, slice=ast.Slice(None, None, None)):
            return name
        case ast.Call(func=ast.Attribute(value=ast.Name() as name, attr="copy"), args=[]):
            return name
        case _:
            return None


def _asks_for(test: ast.expr, element: str, name: str) -> bool:
    match test:
        case ast.Compare(left=ast.Name(id=left), ops=[ast.In()], comparators=[ast.Name(id=right)]):
            return left == element and right == name
        case _:
            return False


def _may_go(module: SourceModule, function: FunctionNode, found: _Removal) -> bool:
    """Whether one pass over the list does the same as far as the source tells."""
    mentions = local_mentions(module, function, found.removed.id)
    if not mentions or not alone_on_its_lines(module, found.loop):
        return False
    if "#" in module.text_of(found.loop) or found.target.id == found.removed.id:
        return False
    if not is_forgotten(module, function, found.loop, found.target.id):
        return False
    if found.form == "others":
        others = local_mentions(module, function, found.source.id)
        known = bool(others) and found.source.id != found.removed.id
        return known and (_is_own(module, function, mentions) or _is_own(module, function, others))
    strange = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.Lambda)
    parts = list(ast.walk(found.test))
    reads = any(isinstance(part, ast.Name) and part.id == found.removed.id for part in parts)
    odd = any(isinstance(part, strange) for part in parts)
    if reads or odd or disturbance(module, function, found.test):
        return False
    named = any(_gives_name(module, mention) for mention in mentions)
    seen = named or _measures_others(module, found)
    return not seen or _is_own(module, function, mentions)


def _gives_name(module: SourceModule, mention: ast.Name) -> bool:
    """Whether a mention gives the list another name."""
    match module.scopes.parent(mention):
        case ast.Assign(value=value) | ast.AnnAssign(value=value) | ast.NamedExpr(value=value):
            return value is mention
        case _:
            return False


def _measures_others(module: SourceModule, found: _Removal) -> bool:
    """Whether the test may look at the list by another name, such as `len(self.items)`."""
    for node in ast.walk(found.test):
        if not isinstance(node, ast.Attribute | ast.Subscript):
            continue
        root: ast.expr = node
        while isinstance(root, ast.Attribute | ast.Subscript):
            root = root.value
        if isinstance(root, ast.Name) and root.id == found.target.id:
            continue
        parent = module.scopes.parent(node)
        if module.scopes.dotted(node) or _is_method(module, node):
            continue
        if isinstance(parent, ast.Call | ast.Attribute | ast.Subscript):
            return True
        if isinstance(parent, ast.Compare) and isinstance(parent.ops[0], ast.In | ast.NotIn):
            return True
    return False


def _is_method(module: SourceModule, node: ast.expr) -> bool:
    called = module.scopes.parent(node)
    return isinstance(called, ast.Call) and called.func is node


def _is_own(module: SourceModule, function: FunctionNode, mentions: list[ast.Name]) -> bool:
    """Whether a list is the function's own, and nobody else's."""
    values = assigned_values(module, mentions) or ()
    made = bool(values) and all(is_own_list(module, value) for value in values)
    given = is_parameter(module, function, mentions[0].id)
    return made and not given and is_kept_private(module, mentions)


def _match(module: SourceModule, found: _Removal) -> Match:
    removal = found.loop.body[0]
    assert isinstance(removal, ast.If)  # noqa: S101 -- _removal has seen to it
    values: list[tuple[str, ast.expr]] = [("source", found.source), ("removed", found.removed)]
    return new_match(
        module,
        NAME,
        found.loop,
        f"elements are removed one by one from the list {found.removed.id!r}",
        safety="gated",
        values=values,
        data={"form": found.form, "by_identity": identity_classes(module)},
    )


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether the same elements go, and enough of them for a gain."""
    seen = {s.role: evidence.values[s.site] for s in match.values if s.site in evidence.values}
    source, removed = seen.get("source"), seen.get("removed")
    if source is None or removed is None or not removed.observations:
        return refused("the run removed nothing here")
    if types_of(removed.types) != {"list"}:
        return refused(f"it held {', '.join(sorted(types_of(removed.types)))}")
    if reason := _against(match, source, removed):
        return refused(reason)
    size = removed.size_median or 0.0
    loops, gone = source.observations, removed.observations
    facts = {"loops": loops, "removed": gone, "length_median": size}
    if size < SHORTEST or gone < LEAST_REMOVED * loops:
        return refused("too little is removed for a gain", **facts)
    old = gone * size * COMPARE_NS
    if match.data["form"] == "others":
        old += source.observations * (source.size_median or 0.0) * size / 2 * COMPARE_NS
    new = loops * size * PASS_NS[match.data["form"]]
    removable = max(0.0, 1 - new / (old + new))
    return Admission(evidence=facts, removable=round(removable, 4))


def _against(match: Match, source: ValueEvidence, removed: ValueEvidence) -> str | None:
    if match.data["form"] == "others":
        if strange := types_of(source.types) - _HOLDERS:
            return f"what shall go is held by {', '.join(sorted(strange))}"
        return plain_members(source) or plain_members(removed)
    if not removed.elements_complete:
        return "it was too large to be looked at in full"
    types = types_of(removed.element_types)
    if types in _ALIKE or are_of(types, match.data["by_identity"], match.file):
        return None
    return f"elements of type {', '.join(sorted(types))} may equal others that shall stay"


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """One pass over the list in the place of the loop.

    Raises:
        WhetError: The match is not in the module any more.
    """
    found = found_again(module, match, _removals, lambda each: each.loop)
    name, element = found.removed.id, found.target.id
    if found.form == "test":
        test = _negated(module, found.test)
        made = f"{name}[:] = [{element} for {element} in {name} if {test}]"
        return (module.replace(found.loop, made),)
    maker, imports = import_of(module, "collections", "Counter")
    left, kept = module.fresh_name(f"{found.source.id}_left"), module.fresh_name(f"{name}_kept")
    indent = module.indent_of(found.loop) or ""
    unit = "\t" if "\t" in indent else "    "
    rows = (
        (0, f"{left} = {maker}({found.source.id})"),
        (0, f"{kept} = []"),
        (0, f"for {element} in {name}:"),
        (1, f"if {left}[{element}] > 0:"),
        (2, f"{left}[{element}] -= 1"),
        (1, "else:"),
        (2, f"{kept}.append({element})"),
        (0, f"{name}[:] = {kept}"),
    )
    made = f"\n{indent}".join(unit * depth + text for depth, text in rows)
    return (*imports, module.replace(found.loop, made))


def _negated(module: SourceModule, test: ast.expr) -> str:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = module.text_of(test.operand)
        plain = isinstance(test.operand, ast.Name | ast.Call | ast.Attribute | ast.Subscript)
        return inner if plain and "\n" not in inner else f"({inner})"
    text = module.text_of(test)
    plain = isinstance(test, ast.Name | ast.Call | ast.Attribute | ast.Subscript)
    return f"not {text}" if plain and "\n" not in text else f"not ({text})"


REMEDY = Remedy(
    name=NAME,
    family="containers",
    title="Remove elements in one pass",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
