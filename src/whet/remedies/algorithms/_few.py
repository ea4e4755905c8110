"""Sorts of which a few elements are used: which, by what order, and whether that pays."""

from __future__ import annotations

import ast
from math import log2
from typing import TYPE_CHECKING, Protocol

from whet.codebase.scopes import FUNCTIONS
from whet.remedies._admission import NUMBERS, ordered_elements, ordered_values, types_of
from whet.remedies._places import default_is_none, new_match, walk_function
from whet.remedies.remedy import Admission, refused

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, Match, ValueEvidence

ACTS = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)
"""Expressions that may do something, so their order counts."""

LEAST_ELEMENTS = 32
LEAST_RATIO = 8  # of all elements to used ones; below it the sort is as quick
_IDENTICAL_TIES = ({"int"}, {"str"}, {"bytes"})  # equal elements cannot be told apart


class Few(Protocol):
    """A sort of which a few elements are used, as far as the evidence for it goes.

    Attributes:
        few: The constant number of elements used, or the expression of it.
        last: It is the last one that is used.
        key: The key function.
    """

    @property
    def few(self) -> int | ast.expr: ...
    @property
    def last(self) -> bool: ...
    @property
    def key(self) -> ast.expr | None: ...


def match_of_few(
    module: SourceModule,
    name: str,
    node: ast.expr | ast.stmt,
    message: str,
    sites: list[tuple[str, ast.expr]],
    sort: Few,
) -> Match:
    """The match of a sort, which asks for what its elements or keys are.

    Args:
        module: Where it stands.
        name: Of the remedy.
        node: What is rewritten.
        message: What is wrong with it.
        sites: The expressions that hold the elements, by name.
        sort: What is known of it.
    """
    wanted = [*sites, *(key_parts(module, sort.key) or ())]
    if isinstance(sort.few, ast.expr):
        wanted.append(("few", sort.few))
    return new_match(
        module,
        name,
        node,
        message,
        safety="gated",
        values=wanted,
        data={
            "few": sort.few if isinstance(sort.few, int) else None,
            "last": sort.last,
            "keyed": sort.key is not None,
            "key_is_plain": is_plain_key(module, sort.key),
        },
    )


def truth_of(node: ast.expr) -> bool | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, bool) else None


def used_by(index: ast.expr) -> tuple[int | ast.expr, bool] | None:
    """How many of the elements a subscript uses, and whether it is the last one."""
    match index:
        case ast.Constant(value=0):
            return (1, False) if index.value is not False else None
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1)):
            return 1, True
        case ast.Slice(lower=None | ast.Constant(value=0 | None), upper=upper, step=None):
            pass
        case _:
            return None
    match upper:
        case ast.Constant(value=int(few)) if few >= 1 and few is not True:
            return few, False
        case ast.Name() | ast.Attribute():
            return upper, False
        case _:
            return None


def key_parts(module: SourceModule, key: ast.expr | None) -> list[tuple[str, ast.expr]] | None:
    """What a key function returns, a tuple by its places; None: it cannot be seen.

    Tuples whose places are each totally ordered are totally ordered themselves.
    """
    returned: list[ast.expr | None] = []
    match key:
        case ast.Lambda():
            returned = [key.body]
        case ast.Name():
            scopes = module.scopes
            function = scopes.bindings(scopes.module, key.id)
            owned = scopes.owner(key.id, scopes.scope_of(key)) is scopes.module
            if owned and len(function) == 1 and isinstance(function[0], ast.FunctionDef):
                nodes = [] if function[0].decorator_list else walk_function(function[0])
                returned = [node.value for node in nodes if isinstance(node, ast.Return)]
        case _:
            return None
    parts: list[tuple[str, ast.expr]] = []
    shapes = set()
    for value in returned:
        if value is None:
            return None
        places = value.elts if isinstance(value, ast.Tuple) else [value]
        shapes.add(len(places) if isinstance(value, ast.Tuple) else 0)
        parts.extend((f"key{place}", node) for place, node in enumerate(places))
    starred = any(isinstance(node, ast.Starred) for _, node in parts)
    return parts if len(shapes) == 1 and not starred else None


def may_be_none(module: SourceModule, few: int | ast.expr) -> bool:
    """Whether the number of elements used may be None, which means all of them.

    So it is where a parameter of that name is None by default, in any function of the module: an
    attribute mostly holds what such a parameter gave.
    """
    match few:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            word = name.lstrip("_")
            functions = [n for n in ast.walk(module.scopes.tree) if isinstance(n, FUNCTIONS)]
            return any(default_is_none(f, at) for f in functions for at in {name, word})
        case _:
            return False


def is_plain_key(module: SourceModule, key: ast.expr | None) -> bool:
    """Whether a key is `len` or a method of strings, which give ints and strings."""
    match key:
        case ast.Name(id="len"):
            return module.scopes.is_builtin(key)
        case ast.Attribute(value=ast.Name(id="str") as owner, attr="lower" | "casefold" | "upper"):
            return module.scopes.is_builtin(owner)
        case _:
            return False


def admit_few(match: Match, evidence: Evidence) -> Admission:
    """Whether the run shows a total order and enough elements."""
    found = [(s.role, evidence.values[s.site]) for s in match.values if s.site in evidence.values]
    seen = dict(found)
    keys = [(role, value) for role, value in found if role.startswith("key")]
    iterable = seen.get("iterable")
    if iterable is None or not iterable.observations:
        return refused("the run never came here")
    if reason := _order(match, seen, keys):
        return refused(reason)
    few = _few(match, seen.get("few"))
    if isinstance(few, str):
        return refused(few)
    size = iterable.size_median
    if "element" in seen:
        size = seen["element"].observations / iterable.observations
    if size is None:
        return refused("it is not known how many elements are sorted")
    facts = {"sorts": iterable.observations, "elements_median": size, "used": few}
    if size < LEAST_ELEMENTS or size < few * LEAST_RATIO:
        return refused("too few elements are sorted for a gain", **facts)
    removable = max(0.0, 1 - 1.5 / log2(size))
    return Admission(evidence=facts, removable=round(removable, 4))


def _order(
    match: Match, seen: dict[str, ValueEvidence], keys: list[tuple[str, ValueEvidence]]
) -> str | None:
    """Why what is compared has no total order; None: it has."""
    if match.data["keyed"]:
        return None if match.data["key_is_plain"] else _order_of_keys(keys)
    reason = ordered_values(seen["element"]) if "element" in seen else None
    if reason is None and "element" not in seen:
        reason = ordered_elements(seen["iterable"])
    if reason is not None or not match.data["last"]:
        return reason
    made = seen["element"].types if "element" in seen else seen["iterable"].element_types
    if types_of(made) not in _IDENTICAL_TIES:
        return "equal elements may differ, and the last of them is used"
    return None


def _order_of_keys(keys: list[tuple[str, ValueEvidence]]) -> str | None:
    kinds: dict[str, set[str]] = {}
    for role, value in keys:
        if not value.observations:
            continue  # a `return` that the run never came to
        if reason := ordered_values(value):
            return reason
        kinds.setdefault(role, set()).update(types_of(value.types))
    if not kinds:
        return "what the key function returns was not seen"
    mixed = [found for found in kinds.values() if len(found) > 1 and not found <= NUMBERS]
    return "keys are of several types" if mixed else None


def _few(match: Match, seen: ValueEvidence | None) -> int | str:
    """How many elements are used at the most, or why that is not known."""
    if match.data["few"] is not None:
        return int(match.data["few"])
    if seen is None or seen.smallest is None or types_of(seen.types) != {"int"}:
        return "it is not known how many elements are used"
    if seen.smallest < 1:
        return "the number of elements used was below one"
    return seen.smallest
