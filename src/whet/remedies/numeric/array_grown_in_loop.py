"""An array that a loop grows by one element at a time.

What
    `array = np.append(array, number)` in a loop, where nobody looks at `array` before it ends.

Why slow
    Arrays cannot grow: each time all elements are copied into a new one.

Evidence needed
    From the run: numbers of one type were appended to an array of one dimension whose element type
    never changed.

Before
    for line in lines:
        array = np.append(array, float(line))

After
    array_parts = []
    for line in lines:
        array_parts.append(float(line))
    if array_parts:
        array = np.append(array, array_parts)

Safety
    Gated: types are those that the run showed; numbers beyond 64 bits would make an array of
    objects either way.

When not
    Arrays are appended (they may be changed later), several types of numbers, an `axis`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.remedies._asking import asked, kinds_of, looks, missed, others_than
from whet.remedies._deferred import Deferred, Growth, collect_and_join_any, find_deferred
from whet.remedies._places import found_again, hot_function, new_match
from whet.remedies.numeric._frames import ARRAYS, forms_of
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match

NAME = "array_grown_in_loop"
FEWEST_PARTS = 50
_NUMBERS = frozenset({"float", "int", "numpy.float64", "numpy.int64"})
_FORMS = frozenset({"float64[1]", "int64[1]"})
# Microseconds, NumPy 2.4: one `np.append` takes 4 at least; collecting a number 0.08.
APPEND_US, COLLECT_US = 4.0, 0.08


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every array that a loop of the hot function grows."""
    function = hot_function(module, hot)
    return [_match(module, array) for array in _find(module, function)] if function else []


def _find(module: SourceModule, function: FunctionNode) -> list[Deferred]:
    found = find_deferred(module, function, lambda statement: _growth(module, statement))
    return [each for each in found if len(each.growths) == 1]


def _growth(module: SourceModule, statement: ast.Assign) -> Growth | None:
    match statement:
        case ast.Assign(
            targets=[ast.Name(id=name)],
            value=ast.Call(func=func, args=[ast.Name(id=again) as grown, part], keywords=[]),
        ) if name == again and module.scopes.dotted(func) == "numpy.append":
            return Growth(statement=statement, grown=grown, part=part)
        case _:
            return None


def _match(module: SourceModule, array: Deferred) -> Match:
    growth = array.growths[0]
    return new_match(
        module,
        NAME,
        growth.statement,
        f"the array {array.name!r} is copied to grow by one element",
        safety="gated",
        values=[("array", growth.grown), ("number", growth.part)],
    )


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether numbers of one type were appended to an array that kept its own."""
    if reason := missed(match, evidence):
        return refused(reason)
    seen = asked(match, evidence)
    reason = others_than(ARRAYS, seen["array"], "what grows")
    if reason := reason or others_than(_NUMBERS, seen["number"], "what is appended"):
        return refused(reason)
    if len(kinds_of(seen["number"])) != 1:
        return refused("numbers of several types were appended")
    forms = forms_of(seen["array"])
    if len(forms) != 1 or not forms <= _FORMS:
        return refused(f"the array was of {', '.join(sorted(forms)) or 'unknown types'}")
    count = looks(seen["number"])
    facts = {"appended": count, "form": next(iter(forms))}
    if count < FEWEST_PARTS:
        return refused(f"few numbers are appended ({count})", **facts)
    return Admission(evidence=facts, removable=round(1 - COLLECT_US / APPEND_US, 4))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """Collect the numbers, and append them behind the loop.

    Raises:
        WhetError: The match is not in the module any more.
    """
    array = found_again(module, match, _find, lambda found: found.growths[0].statement)
    call = array.growths[0].statement.value
    assert isinstance(call, ast.Call)  # noqa: S101 -- _growth has seen to it
    append, name = module.text_of(call.func), array.name
    return collect_and_join_any(module, array, lambda parts: f"{append}({name}, {parts})")


REMEDY = Remedy(
    name=NAME,
    family="numeric",
    title="Append all numbers to an array at once",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
