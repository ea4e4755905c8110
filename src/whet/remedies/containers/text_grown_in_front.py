"""A text that a loop grows at its front.

What
    `text = part + text` in a loop, where nobody looks at `text` before the loop ends.

Why slow
    Each time the whole text is copied behind the new part. (Growing at the end, `text += part`,
    is no such pattern: CPython extends a local text in place.)

Evidence needed
    From the run: the parts and the text were always plain strings, and how long the text grew.

Before
    text = ""
    for line in lines:
        text = line + text
    return text

After
    text = ""
    text_parts = []
    for line in lines:
        text_parts.append(line)
    if text_parts:
        text = "".join(reversed(text_parts)) + text
    return text

Safety
    Gated: a part that is no string raises its TypeError at the end of the loop, not in it. The
    text must be a local name that begins as a string, and neither the loop nor a handler around
    it may read it.

When not
    The text is read in the loop or belongs to an object, short texts, parts with their own `+`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.remedies._asking import asked, looks, missed, others_than
from whet.remedies._deferred import Deferred, Growth, collect_and_join_any, find_deferred
from whet.remedies._places import found_again, hot_function, new_match
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match

NAME = "text_grown_in_front"
SHORTEST = 4_000
# Nanoseconds, CPython 3.11: a short `x + s` takes 27 and 9 more for each 1,000 characters of `s`;
# appending and joining take 19.
ADD_NS, ADD_1000_NS, APPEND_NS = 27.0, 9.0, 19.0


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every text that a loop of the hot function grows at its front."""
    function = hot_function(module, hot)
    return [_match(module, text) for text in _find(module, function)] if function else []


def _find(module: SourceModule, function: FunctionNode) -> list[Deferred]:
    return [
        each
        for each in find_deferred(module, function, _growth)
        if isinstance(each.initial, ast.JoinedStr)
        or (isinstance(each.initial, ast.Constant) and isinstance(each.initial.value, str))
    ]


def _growth(statement: ast.Assign) -> Growth | None:
    match statement:
        case ast.Assign(
            targets=[ast.Name(id=name)],
            value=ast.BinOp(left=part, op=ast.Add(), right=ast.Name(id=again) as grown),
        ) if again == name:
            return Growth(statement=statement, grown=grown, part=part)
        case _:
            return None


def _match(module: SourceModule, deferred: Deferred) -> Match:
    sites = [("part", each.part) for each in deferred.growths]
    sites += [("text", each.grown) for each in deferred.growths]
    return new_match(
        module,
        NAME,
        deferred.growths[0].statement,
        f"the text {deferred.name!r} grows at its front",
        safety="gated",
        values=sites,
        lines=deferred.lines,
    )


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether all parts were plain strings, and the text long enough."""
    if reason := missed(match, evidence):
        return refused(reason)
    seen = asked(match, evidence)
    for role in ("part", "text"):
        if reason := others_than({"str"}, seen[role], f"the {role}"):
            return refused(reason)
    longest = max(value.size_max or 0 for value in seen["text"])
    facts = {"parts": looks(seen["part"]), "characters_max": longest}
    if longest < SHORTEST:
        return refused(f"the text is short (up to {longest} characters)", **facts)
    old = ADD_NS + ADD_1000_NS * longest / 2_000
    return Admission(evidence=facts, removable=round(1 - APPEND_NS / old, 4))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """Collect the parts, and join them behind the loop, the last one first.

    Raises:
        WhetError: The match is not in the module any more.
    """
    text = found_again(module, match, _find, lambda found: found.growths[0].statement)
    name = text.name
    return collect_and_join_any(module, text, lambda parts: f'"".join(reversed({parts})) + {name}')


REMEDY = Remedy(
    name=NAME,
    family="containers",
    title="Join a text once that grows at its front",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
