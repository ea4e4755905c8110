"""Questions that several remedies ask the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whet.records import ValueEvidence

PLAIN = frozenset({"int", "str", "bytes", "bool", "NoneType"})
NUMBERS = frozenset({"int", "bool", "float"})


def types_of(names: Iterable[str]) -> set[str]:
    """Exact type names without the module of builtins."""
    return {name.removeprefix("builtins.") for name in names}


def plain_members(value: ValueEvidence) -> str | None:
    """Why the elements of a container may not become those of a set; None: they may."""
    if value.described == 0:
        return "it was never seen at work"
    if not value.elements_complete:
        return "it was too large to be looked at in full"
    if value.hashable is not True:
        return "some elements cannot be hashed"
    if value.plain_equality is not True:
        return "some elements compare in a way of their own (custom __eq__, NaN)"
    return None


def plain_probe(value: ValueEvidence) -> str | None:
    """Why a value may not be looked up in a set; None: it may."""
    types = types_of(value.types)
    if value.observations == 0:
        return "it was never seen at work"
    if types <= PLAIN:
        return None
    deep = types <= PLAIN | {"float", "tuple", "frozenset"}
    if deep and value.hashable is True and value.plain_equality is True:
        return None
    return f"what is looked for is of type {', '.join(sorted(types - PLAIN))}"


_RUNS_NOTHING = frozenset({
    "_io.TextIOWrapper", "bytes", "collections.Counter", "collections.OrderedDict",
    "collections.defaultdict", "collections.deque", "dict", "dict_items", "dict_keys",
    "dict_values", "enumerate", "frozenset", "list", "range", "set", "str", "tuple", "zip",
})  # fmt: skip


def runs_code(values: Iterable[ValueEvidence]) -> str | None:
    """Why code of the program may run between two passes of a loop; None: none does.

    Args:
        values: What the loop goes through.
    """
    odd = {name for value in values for name in types_of(value.types)} - _RUNS_NOTHING
    return f"it goes through what is of type {', '.join(sorted(odd))}" if odd else None


def ordered_elements(value: ValueEvidence) -> str | None:
    """Why elements have no total order under `<`; None: they have one."""
    if value.described == 0:
        return "it was never seen at work"
    if not value.elements_complete:
        return "it was too large to be looked at in full"
    kinds = types_of(value.element_types)
    one_kind = kinds <= {"int", "bool"} or kinds in ({"str"}, {"bytes"})
    if one_kind or value.total_order is True:
        return None
    if kinds <= NUMBERS and value.plain_equality is True:
        return None
    return f"elements of type {', '.join(sorted(kinds))} are not known to have a total order"


def ordered_values(value: ValueEvidence) -> str | None:
    """Why the values of an expression have no total order among themselves; None: they have."""
    if not value.observations:
        return "it was never seen at work"
    kinds = types_of(value.types)
    if kinds <= {"int", "bool"} or kinds in ({"str"}, {"bytes"}):
        return None
    if kinds <= NUMBERS and value.plain_equality is True and value.described == value.observations:
        return None
    return f"values of type {', '.join(sorted(kinds))} are not known to have a total order"
