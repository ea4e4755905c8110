"""A text of an object that a loop grows.

What
    `self.text += part` in a loop of a method, where nobody looks at `self.text` before the loop
    ends.

Why slow
    CPython extends a text in place only where a local name is the one that holds it; a text that
    an object holds is copied as a whole each time.

Evidence needed
    From the run: the parts were plain strings, the object was of the class itself, what the loop
    goes through were builtin containers or text files, one thread did it, and how many parts
    there were.

Before
    for line in lines:
        self.text += line

After
    text_grown = self.text
    try:
        for line in lines:
            text_grown += line
    finally:
        self.text = text_grown

Safety
    Gated: nobody may look at the attribute while the loop runs, which the run's types and threads
    show. Each part is added when it was, by the same `+=`; an exception leaves the object with
    the text that it had come to.

When not
    The text is read in the loop; the loop calls anything but builtins and methods of builtin
    types; few parts; classes with bases, `__slots__` or attributes of their own making.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.records import CallSite, Edit, Span
from whet.remedies._asking import asked, kinds_of, looks, median_size, missed, others_than
from whet.remedies._places import found_again, hot_function, new_match
from whet.remedies.containers._attribute_growth import Growing, find_growing
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match

NAME = "text_grown_in_attribute"
FEWEST_PARTS = 100
SHORTEST = 4_000
# Nanoseconds, CPython 3.11: `self.s += x` takes 45 and 9 more for each 1,000 characters of `s`;
# `s += x` takes 25.
ADD_NS, ADD_1000_NS, APPEND_NS = 45.0, 9.0, 25.0
_ITERATED = frozenset({
    "_io.TextIOWrapper", "collections.deque", "dict", "dict_items", "dict_keys", "dict_values",
    "frozenset", "list", "range", "set", "str", "tuple",
})  # fmt: skip


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every text of its object that a loop of the hot method grows."""
    function = hot_function(module, hot)
    return [_match(module, each) for each in find_growing(module, function)] if function else []


def _match(module: SourceModule, each: Growing) -> Match:
    function = module.scopes.function_of(each.loop)
    assert function is not None  # noqa: S101 -- it was found in one
    site = CallSite(
        site=f"{NAME}:{module.file}:{function.lineno}#f",
        file=module.file,
        name=module.scopes.qualified_name(function),
        line=function.lineno,
    )
    return new_match(
        module,
        NAME,
        each.growths[0],
        f"the text {each.own}.{each.attribute} grows in a loop",
        safety="gated",
        values=[
            ("object", each.first.value),
            *(("part", growth.value) for growth in each.growths),
            *(("iterated", iterable) for iterable in each.iterated),
        ],
        calls=(site,),
        lines=(n for g in each.growths for n in range(g.lineno, (g.end_lineno or g.lineno) + 1)),
        data={"class": each.holder.name},
    )


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether the parts were plain strings, and the text long enough."""
    if reason := missed(match, evidence):
        return refused(reason)
    seen = asked(match, evidence)
    kinds = kinds_of(seen["object"])
    if {kind.rpartition(".")[2] for kind in kinds} != {match.data["class"]} or len(kinds) > 1:
        return refused(f"the object was of type {', '.join(sorted(kinds))}")
    reason = others_than({"str"}, seen["part"], "a part")
    if reason := reason or others_than(
        _ITERATED, seen.get("iterated", []), "what is gone through"
    ):
        return refused(reason)
    call = evidence.calls.get(match.calls[0].site)
    if call is None or not call.calls or call.threads > 1:
        return refused("another thread could look at the text meanwhile")
    parts = looks(seen["part"]) / call.calls
    length = parts * max(1.0, median_size(seen["part"]))
    facts = {"parts": looks(seen["part"]), "calls": call.calls, "characters": round(length)}
    if parts < FEWEST_PARTS or length < SHORTEST:
        return refused(f"the text is short (about {length:.0f} characters)", **facts)
    old = ADD_NS + ADD_1000_NS * length / 2_000
    return Admission(evidence=facts, removable=round(1 - APPEND_NS / old, 4))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """Grow a local name, and give the text back when the loop ends, in whatever way.

    Raises:
        WhetError: The match is not in the module any more.
    """
    each = found_again(module, match, find_growing, lambda found: found.growths[0])
    loop = each.loop
    grown = module.fresh_name(f"{each.attribute.lstrip('_')}_grown")
    indent = module.indent_of(loop) or ""
    inner = module.indent_of(loop.body[0]) or ""
    unit = inner.removeprefix(indent) or "    "
    held = f"{each.own}.{each.attribute}"
    last = loop.end_lineno or loop.lineno
    return (
        module.insert_before_line(loop.lineno, f"{indent}{grown} = {held}\n{indent}try:\n"),
        *(
            _indented(module, line, unit)
            for line in range(loop.lineno, last + 1)
            if module.lines[line - 1].strip()
        ),
        *(module.replace(growth.target, grown) for growth in each.growths),
        module.insert_after(loop, f"{indent}finally:\n{indent}{unit}{held} = {grown}\n"),
    )


def _indented(module: SourceModule, line: int, unit: str) -> Edit:
    point = Span(line=line, column=0, end_line=line, end_column=0)
    return Edit(file=module.file, span=point, text=unit)


REMEDY = Remedy(
    name=NAME,
    family="containers",
    title="Grow a text of an object in a local name",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
