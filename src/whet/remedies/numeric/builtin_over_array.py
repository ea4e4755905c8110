"""A builtin that goes through an array element by element.

What
    `sum(array)`, `min(array)` and `max(array)` of a NumPy array of ints.

Why slow
    The builtin makes an object of every element; the array's own method makes none.

Evidence needed
    From the run: arrays of one dimension and of an integer type (int64 for sums), never empty.

Before
    return sum(counts)

After
    return counts.sum()

Safety
    Gated: on ints the results are equal and of the same type. Sums that overflow wrap around in
    both, but only the builtin warns of it. An array that is empty some day sums up to NumPy's 0
    instead of Python's, and has a ValueError with another text for its smallest element.

When not
    Floats: the array's `sum` adds in another order, which changes the last digits; that is for you
    to decide, so whet refuses. Lists, several dimensions, empty arrays, narrow integers (NumPy
    sums them in a wider type).
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from whet.remedies._asking import asked, looks, median_size, missed, others_than
from whet.remedies._locals import is_editable
from whet.remedies._places import found_again, hot_function, new_match, walk_function
from whet.remedies.numeric._frames import ARRAYS, forms_of, holds_library
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match

NAME = "builtin_over_array"
SHORTEST = 50
_WORDS = frozenset({"sum", "min", "max"})
_INTS = re.compile(r"u?int(8|16|32|64)\[1\]")
# Microseconds, NumPy 2.4: the builtin takes 0.06 an element; the method 3 in all.
ELEMENT_US, METHOD_US = 0.06, 3.0


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every builtin of the hot function that could go through an array."""
    function = hot_function(module, hot)
    if function is None or not holds_library(module, "numpy", "pandas", "scipy"):
        return []
    return [_match(module, call) for call in _find(module, function)]


def _find(module: SourceModule, function: FunctionNode) -> list[ast.Call]:
    found = []
    for node in walk_function(function):
        match node:
            case ast.Call(
                func=ast.Name(id=word) as func, args=[ast.Name() | ast.Attribute()], keywords=[]
            ) if word in _WORDS and module.scopes.is_builtin(func):
                argument = node.args[0]
                if is_editable(module, node) and argument.lineno == argument.end_lineno:
                    found.append(node)
            case _:
                pass
    return found


def _match(module: SourceModule, call: ast.Call) -> Match:
    word = module.text_of(call.func)
    return new_match(
        module,
        NAME,
        call,
        f"the builtin {word} goes through an array element by element",
        safety="gated",
        values=[("array", call.args[0])],
        data={"word": word},
    )


def admit(match: Match, evidence: Evidence) -> Admission:  # noqa: PLR0911 -- one return a reason
    """Whether it was an array of ints."""
    if reason := missed(match, evidence):
        return refused(reason)
    arrays = asked(match, evidence)["array"]
    if reason := others_than(ARRAYS, arrays, "what is gone through"):
        return refused(reason)
    forms = forms_of(arrays)
    if not forms or not all(_INTS.fullmatch(form) for form in forms):
        odd = ", ".join(sorted(f for f in forms if not _INTS.fullmatch(f))) or "unknown types"
        more = ": another order of additions changes floats" if "float" in odd else ""
        return refused(f"the array was of {odd}{more}")
    if match.data["word"] == "sum" and forms != {"int64[1]"}:
        return refused("NumPy sums narrow integers in a wider type")
    if not all(array.size_min for array in arrays):
        return refused("an array was empty")
    size = median_size(arrays)
    facts = {"calls": looks(arrays), "elements_median": size, "forms": sorted(forms)}
    if size < SHORTEST:
        return refused(f"the arrays are short ({size:g} elements)", **facts)
    removable = 1 - METHOD_US / (METHOD_US + size * ELEMENT_US)
    return Admission(evidence=facts, removable=round(removable, 4))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The array's own method.

    Raises:
        WhetError: The match is not in the module any more.
    """
    call = found_again(module, match, _find, lambda found: found)
    array = module.text_of(call.args[0])
    return (module.replace(call, f"{array}.{module.text_of(call.func)}()"),)


REMEDY = Remedy(
    name=NAME,
    family="numeric",
    title="Let an array sum up its ints itself",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
