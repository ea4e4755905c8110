"""`copy.deepcopy` of dicts and lists that hold nothing but plain values.

What
    `deepcopy(value)` in a hot function, where the value is what JSON can hold: dicts and lists
    of texts, numbers, booleans and None.

Why slow
    For every part `deepcopy` looks into three tables, keeps a memo and calls a function chosen by
    type; a copy made by hand does only the last of it.

Evidence needed
    From the run: every value was a dict or list of such parts all the way down, no part of it
    reached twice.

Before
    def answer(template):
        return copy.deepcopy(template)

After
    def _deep_copy(value, plain=frozenset({str, int, float, bool, bytes, type(None)})):
        ...


    def answer(template):
        return _deep_copy(template)

Safety
    Safe: the new function notices everything else (subclasses, tuples, objects, a part that is
    reached twice, cycles) and leaves it to `deepcopy`. Only a nesting deep enough for the
    recursion limit may get further than before. Copying through JSON or pickle is no cure: it
    gains nothing, or changes keys and types.

When not
    A memo is handed over, `copy` is changed by the module, its built-ins are hidden.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.remedies._admission import types_of
from whet.remedies._library_calls import (
    builtins_are_plain,
    call_again,
    hot_calls,
    is_inside,
    only_argument,
    own_definitions,
    shared_definition,
)
from whet.remedies._places import import_of, new_match
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match

NAME = "deepcopy_of_plain_data"
WANTED = "_deep_copy"
NAMES = frozenset({"copy.deepcopy"})
# A copy by hand takes 0.3 (a long list of numbers) to 0.7 (a few small dicts) of the time,
# CPython 3.11 and 3.13.
REMOVABLE = 0.7
_BUILTINS = ["type", "frozenset", "str", "int", "float", "bool", "bytes", "set", "id", "dict",
             "list", "LookupError"]  # fmt: skip
DEFINITION = '''
def NAME(value, plain=frozenset({str, int, float, bool, bytes, type(None)})):
    """As `deepcopy`; quicker for dicts and lists of plain values."""
    seen = set()

    def copied(part):
        kind = type(part)
        if kind in plain:
            return part
        if id(part) in seen:
            raise LookupError
        seen.add(id(part))
        if kind is dict:
            return {copied(key): copied(held) for key, held in part.items()}
        if kind is list:
            return [copied(held) for held in part]
        raise LookupError

    try:
        return copied(value)
    except LookupError:
        pass
    return DEEPCOPY(value)
'''


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every deep copy that the hot function makes."""
    found = []
    for call in hot_calls(module, hot, NAMES):
        value = only_argument(call)
        own = own_definitions(module, WANTED)
        if value is None or is_inside(module, call, own):
            continue
        if builtins_are_plain(module, _BUILTINS):
            message = "a deep copy of what may be plain dicts and lists"
            found.append(
                new_match(module, NAME, call, message, safety="safe", values=[("copied", value)])
            )
    return found


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether what was copied is plain."""
    value = evidence.values.get(match.values[0].site)
    if value is None or not value.observations:
        return refused("the run never came here")
    facts = {"copies": value.observations, "types": dict(value.types)}
    if not types_of(value.types) <= {"dict", "list"}:
        return refused("it copies more than dicts and lists", **facts)
    if value.plain_tree is not True:
        return refused("some parts are no plain values, or are shared, or were not seen", **facts)
    return Admission(evidence=facts, removable=REMOVABLE)


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The copying function, and its use.

    Raises:
        WhetError: The match is not in the module any more.
    """
    call = call_again(module, match, NAMES)
    spelling, imports = import_of(module, "copy", "deepcopy")  # one for all calls of the file
    text = DEFINITION.replace("DEEPCOPY", spelling)
    name, edits = shared_definition(module, WANTED, text)
    return (*imports, *edits, module.replace(call.func, name))


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Copy plain dicts and lists by hand",
    claims="cpu_time",
    keeps_state=False,
    safety="safe",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
