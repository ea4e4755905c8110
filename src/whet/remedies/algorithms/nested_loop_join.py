"""A loop in a loop that looks for the rows with an equal key.

What
    `for a in left: for b in right: if a.key == b.key: …`, also as a comprehension, with
    `a["key"]`, `a[0]`, tuples of such, further conditions behind `and`, or
    `if a.key != b.key: continue`.

Why slow
    Every row of one list is compared with every row of the other; an index finds those with an
    equal key at once.

Evidence needed
    From the run: the list of the inner loop was always a list or tuple; the keys can be hashed and
    compare as builtins do (no custom `__eq__`, no NaN); attributes are stored values of classes of
    this module, items are those of plain dicts, lists and tuples; how many pairs were compared.

Before
    def joined(orders, customers):
        for order in orders:
            for customer in customers:
                if customer["id"] == order["customer"]:
                    print(order["what"], customer["name"])

After
    def joined(orders, customers):
        customers_by_id = {}
        for customer in customers:
            customers_by_id.setdefault(customer["id"], []).append(customer)
        for order in orders:
            for customer in customers_by_id.get(order["customer"], ()):
                if customer["id"] == order["customer"]:
                    print(order["what"], customer["name"])

Safety
    Gated by evidence. The rows come in the same order, duplicates included, and the condition
    stays where it is. Lists and rows that somebody else may hold are left alone if the loops call
    anything that could change them. The key of every row is read before the loops: a row without
    one raises there, even where the loops would not have come to it.

When not
    Keys that cannot be hashed or have an equality of their own, properties, conditions other than
    equality in front, an `else` of the condition, the inner loop's name used behind it, few rows.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from whet.remedies._admission import plain_probe, runs_code, types_of
from whet.remedies._places import found_again, hot_function, new_match
from whet.remedies._plain_classes import are_of, plain_classes
from whet.remedies.algorithms._join_shapes import Join, find_joins
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match, ValueEvidence

NAME = "nested_loop_join"
FEWEST_ROWS = 16
LEAST_REMOVABLE = 0.2
# Nanoseconds, CPython 3.11: comparing the keys of one pair (14 to 54), putting one row into an
# index (93 to 127), asking it (68 to 76).
PAIR_NS, INDEX_NS, ASK_NS = 35.0, 110.0, 75.0
_ROWS = frozenset({"dict", "list", "tuple"})
_UNCHANGING = frozenset({"bytes", "int", "str", "tuple"})


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every join by nested loops in the hot function."""
    function = hot_function(module, hot)
    return [_match(module, join) for join in find_joins(module, function)] if function else []


def _match(module: SourceModule, join: Join) -> Match:
    values = [
        ("rows", join.rows), ("entry", join.entry),
        ("row key", join.row_key), ("outer key", join.outer_key),
    ]  # fmt: skip
    classes: dict[str, list[str]] = {}
    for side, key in (("row", join.row_key), ("outer", join.outer_key)):
        for part in _parts(key):
            match part:
                case ast.Attribute(value=held, attr=attribute):
                    values.append((f"{side} object {attribute}", held))
                    classes[attribute] = plain_classes(module, attribute)
                case ast.Subscript(value=held):
                    values.append((f"{side} place", held))
                case _:
                    pass
    return new_match(
        module,
        NAME,
        join.rows,
        f"every row of {join.rows.id!r} is compared for each key that is looked for",
        safety="gated",
        values=values,
        lines=join.lines,
        data={"classes": classes, "private": join.private, "disturbed": join.disturbed},
    )


def _parts(key: ast.expr) -> Iterator[ast.expr]:
    yield from key.elts if isinstance(key, ast.Tuple) else [key]


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether the run shows that an index answers alike, and pays."""
    sites = [(s.role, evidence.values[s.site]) for s in match.values if s.site in evidence.values]
    seen = dict(sites)
    rows, pairs = seen.get("rows"), seen.get("row key")
    outer, entry = seen.get("outer key"), seen.get("entry")
    if rows is None or pairs is None or outer is None or entry is None or not pairs.observations:
        return refused("the run never came here")
    if not types_of(rows.types) <= {"list", "tuple"}:
        return refused(f"the rows are held in {', '.join(sorted(types_of(rows.types)))}")
    if reason := plain_probe(pairs) or plain_probe(outer) or _against(match, sites):
        return refused(reason)
    size = rows.size_median or 0.0
    facts: dict[str, Any] = {
        "pairs": pairs.observations,
        "rows_median": size,
        "indexes_made": entry.observations,
    }
    if size < FEWEST_ROWS:
        return refused(f"there are few rows ({size:g})", **facts)
    new = rows.observations * ASK_NS + entry.observations * size * INDEX_NS
    removable = max(0.0, 1 - new / (pairs.observations * PAIR_NS))
    if removable < LEAST_REMOVABLE:
        return refused("making the index would cost as much as it saves", **facts)
    return Admission(evidence=facts, removable=round(removable, 4))


def _against(match: Match, sites: list[tuple[str, ValueEvidence]]) -> str | None:
    """Why reading the keys may do something, or something may change them; None: neither."""
    by_place = [value for role, value in sites if role.endswith(" place")]
    for value in by_place:
        if strange := types_of(value.types) - _ROWS:
            return f"keys are read from {', '.join(sorted(strange))}"
    for role, value in sites:
        attribute = role.partition(" object ")[2]
        classes = match.data["classes"].get(attribute, ())
        if attribute and not are_of(value.types, classes, match.file):
            strange = types_of(value.types) - set(classes)
            return f"{attribute} may be more than a stored value in {', '.join(sorted(strange))}"
    return _against_change(match, dict(sites), by_place)


def _against_change(
    match: Match, seen: dict[str, ValueEvidence], by_place: list[ValueEvidence]
) -> str | None:
    disturbed = match.data["disturbed"] or runs_code([seen["entry"]])
    if not disturbed:
        return None
    held = match.data["private"] or seen["rows"].max_references == 0
    fixed = all(types_of(value.types) <= _UNCHANGING for value in by_place)
    objects = any(" object " in role for role in seen)
    if held and fixed and not objects:
        return None
    return f"the loops might change what they compare: {disturbed}"


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """An index made before the loops, and asked by the inner one.

    Raises:
        WhetError: The match is not in the module any more.
    """
    join = found_again(module, match, find_joins, lambda each: each.rows)
    table = module.fresh_name(f"{join.rows.id}_by_{_word(join.row_key)}")
    indent = module.indent_of(join.before) or ""
    deeper = indent + ("\t" if "\t" in indent else "    ")
    target, key = module.text_of(join.target), module.text_of(join.row_key)
    row = target
    if isinstance(join.target, ast.Tuple):
        names = [module.text_of(part) for part in join.target.elts]
        row = f"({', '.join(names)}{',' if len(names) == 1 else ''})"
    lines = (
        f"{indent}{table} = {{}}\n"
        f"{indent}for {target} in {join.rows.id}:\n"
        f"{deeper}{table}.setdefault({key}, []).append({row})\n"
    )
    asked = f"{table}.get({module.text_of(join.outer_key)}, ())"
    return (
        module.insert_before_line(join.before.lineno, lines),
        module.replace(join.rows, asked),
    )


def _word(key: ast.expr) -> str:
    match key:
        case ast.Attribute(attr=word):
            return word
        case ast.Subscript(slice=ast.Constant(value=str(word))) if word.isidentifier():
            return word
        case _:
            return "key"


REMEDY = Remedy(
    name=NAME,
    family="algorithms",
    title="Join by an index",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
