"""A heavy part of every object that hardly any object uses.

What
    `self.part = Part(...)` in `__init__`, where the line takes much of the time or memory, and an
    attribute that is read for few of the objects.

Why slow
    Every object pays for what most of them never need.

Evidence needed
    From the run: how many of the parts were made, and how often the module read the attribute.

Before
    class Document:
        def __init__(self, text):
            self.text = text
            self.index = build_index(text)

After
    class Document:
        def __init__(self, text):
            self.text = text

        @cached_property
        def index(self):
            return build_index(self.text)

Safety
    Advice: making the part later is another moment for its exceptions and effects, and what it is
    made of may have changed by then. Reads from other modules are not counted.

When not
    Parts that check their input, register themselves, or must exist from the start.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.remedies._asking import asked, looks
from whet.remedies._places import hot_function, new_match, walk_function
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match

NAME = "attribute_seldom_used"
LEAST_MADE = 20
MOST_READS = 0.1  # of the parts made
MOST_SITES = 12
_LIGHT = frozenset({
    "bool", "bytes", "defaultdict", "deque", "dict", "float", "frozenset", "int", "len", "list",
    "range", "set", "str", "tuple",
})  # fmt: skip


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """Advice for every part that a hot `__init__` makes."""
    function = hot_function(module, hot)
    if function is None or function.name != "__init__" or module.scopes.star_import:
        return []
    return [
        new_match(
            module,
            NAME,
            assignment,
            f"every object makes its {attribute!r}, and hardly one of them is read",
            safety="advice",
            values=[("made", assignment.value), *(("read", node) for node in reads)],
        )
        for attribute, assignment, reads in _parts(module, function)
    ]


def _parts(
    module: SourceModule, function: FunctionNode
) -> Iterator[tuple[str, ast.Assign, list[ast.Attribute]]]:
    own = function.args.args[0].arg if function.args.args else ""
    for node in walk_function(function):
        match node:
            case ast.Assign(
                targets=[ast.Attribute(value=ast.Name(id=name), attr=attribute)],
                value=ast.Call(func=func),
            ) if name == own and not _is_light(func):
                reads = _reads(module, attribute)
                if len(reads) <= MOST_SITES:
                    yield attribute, node, reads
            case _:
                pass


def _is_light(func: ast.expr) -> bool:
    word = func.id if isinstance(func, ast.Name) else getattr(func, "attr", "")
    return word in _LIGHT


def _reads(module: SourceModule, attribute: str) -> list[ast.Attribute]:
    assert module.tree is not None  # noqa: S101 -- callers have matched in the tree
    return [
        node
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute)
        and node.attr == attribute
        and isinstance(node.ctx, ast.Load)
    ]


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether many were made and few read."""
    seen = asked(match, evidence)
    if "made" not in seen:
        return refused("the run never came here")
    made, reads = looks(seen["made"]), looks(seen.get("read", []))
    facts = {"made": made, "reads": reads}
    if made < LEAST_MADE:
        return refused("few are made", **facts)
    if reads > made * MOST_READS:
        return refused("they are used", **facts)
    return Admission(evidence=facts, removable=round(1 - reads / made, 4))


REMEDY = Remedy(
    name=NAME,
    family="memory",
    title="Make a seldom used part when it is asked for",
    claims="cpu_time",
    keeps_state=True,
    safety="advice",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=None,
)
