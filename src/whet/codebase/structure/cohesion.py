"""Classes: what belongs together in them, and those that know and do too much."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from whet.codebase.structure.facts import ClassFacts, FunctionFacts

# Lanza and Marinescu, "Object-Oriented Metrics in Practice" (2006), the strategy "God Class":
# a class that uses the data of more than a few others directly, is very complex, and whose
# methods have little to do with each other.
FOREIGN = 5  # ATFD above "few"
COMPLEXITY = 47  # WMC at least "very high"
TIGHT = 1 / 3  # TCC below one third

LEAST_METHODS = 6  # of a class whose cohesion is looked at
LEAST_GROUP = 2  # methods: one alone is a helper


def foreign_data(kind: ClassFacts) -> int:
    """ATFD: attributes of other objects that its methods use directly, each name once."""
    used = {name for method in kind.methods.values() for name in method.foreign}
    own = {name for method in kind.methods.values() for name in method.uses | method.calls}
    return len(used - own - kind.values - kind.methods.keys())  # not those of its own kind


def weighted_methods(kind: ClassFacts) -> int:
    """WMC: the cyclomatic complexity of all methods together.

    Source: Chidamber and Kemerer, "A Metrics Suite for Object Oriented Design", IEEE Transactions
    on Software Engineering 20 (1994).
    """
    return sum(method.complexity for method in kind.methods.values())


def tight_cohesion(kind: ClassFacts) -> float | None:
    """TCC: share of the pairs of visible methods that use a common attribute, also indirectly.

    None: fewer than two such methods. Source: Bieman and Kang, "Cohesion and Reuse in an
    Object-Oriented System", ACM SSR (1995).
    """
    visible = [m for m in kind.methods.values() if _is_visible(m)]
    if len(visible) < 2:  # noqa: PLR2004 -- one method makes no pair
        return None
    used = [_attributes(kind, method) for method in visible]
    pairs = combinations(used, 2)
    connected = sum(one is None or other is None or bool(one & other) for one, other in pairs)
    return connected / (len(visible) * (len(visible) - 1) / 2)


def groups_of_methods(kind: ClassFacts) -> list[tuple[str, ...]]:
    """Methods that share attributes or call each other, the largest group first: LCOM4 of them.

    Constructors, which touch everything, and methods that touch nothing of the instance, which
    could be functions, are left out, as are class and static methods. Source: Hitz and Montazeri,
    "Measuring Coupling and Cohesion in Object-Oriented Systems" (1995).
    """
    looked = {
        name: method
        for name, method in kind.methods.items()
        if not _is_special(name) and method.kind in {"instance", "property"}
        and (method.uses or method.calls or method.whole)
    }  # fmt: skip
    return _components(looked)


def _components(methods: dict[str, FunctionFacts]) -> list[tuple[str, ...]]:
    leader = {name: name for name in methods}

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    owner: dict[str, str] = {}
    for name, method in methods.items():
        for used in method.uses | method.calls:
            other = used if used in methods else owner.setdefault(used, name)
            leader[find(name)] = find(other)
    unknown = [name for name, method in methods.items() if method.whole]
    if unknown:  # they hand the instance on, which may connect anything
        for name in methods:
            leader[find(name)] = find(unknown[0])
    groups: dict[str, list[str]] = {}
    for name in methods:
        groups.setdefault(find(name), []).append(name)
    return sorted((tuple(group) for group in groups.values()), key=lambda g: (-len(g), g))


def _is_visible(method: FunctionFacts) -> bool:
    return not method.short.startswith("_") and method.kind in {"instance", "property"}


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _attributes(kind: ClassFacts, method: FunctionFacts) -> set[str] | None:
    """What a method touches of the instance, itself and by the methods that it calls.

    None: it hands the instance on, so nobody knows.
    """
    found: set[str] = set()
    seen: set[str] = set()
    left = [method]
    while left:
        each = left.pop()
        if each.name in seen:
            continue
        if each.whole:
            return None
        seen.add(each.name)
        found |= each.uses - kind.methods.keys()
        left += _called(kind, each.uses | each.calls)
    return found


def _called(kind: ClassFacts, names: Iterable[str]) -> Sequence[FunctionFacts]:
    return [kind.methods[name] for name in names if name in kind.methods]
