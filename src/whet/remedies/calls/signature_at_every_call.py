"""The signature of the same function worked out again and again.

What
    `inspect.signature(function)` in a hot function.

Why slow
    A signature is put together in Python from the function's code, defaults and annotations,
    some microseconds each time.

Evidence needed
    From the run: what was asked about were plain functions, and few of them.

Before
    def call(handler, values):
        names = inspect.signature(handler).parameters
        ...

After
    def _signature_of(function, known=WeakKeyDictionary(), plain=type(lambda: None)):
        ...


    def call(handler, values):
        names = _signature_of(handler).parameters
        ...

Safety
    Gated by evidence. Only plain functions are remembered, each as long as it lives, and as long
    as its code, its defaults and what it wraps are the same objects; everything else is asked
    about as before. Annotations that are replaced meanwhile are not noticed.

When not
    Files that set `__signature__`, `__wrapped__`, annotations or defaults themselves; further
    arguments to `signature`; functions that are made anew for every call.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.remedies._admission import types_of
from whet.remedies._library_calls import (
    builtins_are_plain,
    call_again,
    hot_calls,
    imported_above,
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

NAME = "signature_at_every_call"
NAMES = frozenset({"inspect.signature"})
WANTED = "_signature_of"
LEAST_CALLS_A_FUNCTION = 4
REMOVABLE = 0.85
_CHANGING = frozenset({
    "__signature__", "__wrapped__", "__annotations__", "__defaults__", "__kwdefaults__",
    "__code__",
})  # fmt: skip
DEFINITION = '''
def NAME(function, known=WEAK(), plain=type(lambda: None)):
    """As `signature`; that of a plain function is worked out once."""
    if type(function) is not plain:
        return SIGNATURE(function)
    parts = function.__code__, function.__defaults__, function.__kwdefaults__
    parts += tuple(map(function.__dict__.get, ("__wrapped__", "__signature__")))
    found = known.get(function)
    if found is None or any(old is not new for old, new in zip(found[0], parts)):
        found = known[function] = parts, SIGNATURE(function)
    return found[1]
'''


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every signature that the hot function asks for."""
    calls = hot_calls(module, hot, NAMES)
    if not calls or _may_change(module):
        return []
    above = imported_above(module, module.scopes.functions[0], {"weakref"})
    if not above or not builtins_are_plain(module, ["type", "any", "map", "tuple", "zip"]):
        return []
    found = []
    for call in calls:
        function = only_argument(call)
        if function is not None and not is_inside(module, call, own_definitions(module, WANTED)):
            message = "a signature is worked out at every call"
            values = [("function", function)]
            found.append(new_match(module, NAME, call, message, safety="gated", values=values))
    return found


def _may_change(module: SourceModule) -> bool:
    """Whether the file touches what signatures are made of; what a fix brought does not count."""
    if not _CHANGING & module.words:
        return False
    own = own_definitions(module, WANTED)
    touching = [
        node
        for node in ast.walk(module.scopes.tree)
        if (isinstance(node, ast.Attribute) and node.attr in _CHANGING)
        or (isinstance(node, ast.Constant) and node.value in _CHANGING)
    ]
    return not all(is_inside(module, node, own) for node in touching)


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether few plain functions were asked about."""
    value = evidence.values.get(match.values[0].site)
    if value is None or not value.observations:
        return refused("the run never came here")
    facts = {"signatures": value.observations, "functions": value.distinct_objects}
    if types_of(value.types) != {"function"}:
        return refused("it asks about more than plain functions", **facts)
    functions = value.distinct_objects
    if functions is None or functions * LEAST_CALLS_A_FUNCTION > value.observations:
        return refused("too few calls ask about the same function", **facts)
    return Admission(evidence=facts, removable=REMOVABLE)


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The remembering function, and its use.

    Raises:
        WhetError: The match is not in the module any more.
    """
    call = call_again(module, match, NAMES)
    spelling, imports = import_of(module, "inspect", "signature")  # one for all calls of the file
    weak, more = import_of(module, "weakref", "WeakKeyDictionary")
    text = DEFINITION.replace("SIGNATURE", spelling).replace("WEAK", weak)
    name, edits = shared_definition(module, WANTED, text)
    return (*imports, *more, *edits, module.replace(call.func, name))


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Work out a function's signature once",
    claims="cpu_time",
    keeps_state=True,
    safety="gated",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
