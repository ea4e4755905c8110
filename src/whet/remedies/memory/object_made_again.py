"""The same object made again and again, with the same arguments.

What
    `Class(...)` in a function that runs often, where every argument was the same each time.

Why slow
    Construction is paid each time for an object like the one before.

Evidence needed
    From the run: how often the object was made, and that each argument had one value only.

Before
    def shown(amount):
        return Formatter("de", 2).format(amount)

After
    FORMATTER = Formatter("de", 2)

    def shown(amount):
        return FORMATTER.format(amount)

Safety
    Advice: an object that keeps state between calls, or that several threads use, must not be
    shared; a pool that hands each user a clean one is the cure then.

When not
    Objects that are changed, cheap ones, ones that hold a connection or a file for one use.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.remedies._asking import asked
from whet.remedies.calls._often import calls_of
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match

NAME = "object_made_again"
LEAST_MADE = 100
REMOVABLE = 0.9
MOST_ARGUMENTS = 6


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """Advice for every instance that the hot function makes of a class of the project."""
    return calls_of(module, hot, NAME, _describe)


def _describe(
    module: SourceModule, call: ast.Call
) -> tuple[str, list[tuple[str, ast.expr]]] | None:
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    unpacked = any(isinstance(a, ast.Starred) for a in arguments)
    unpacked = unpacked or any(keyword.arg is None for keyword in call.keywords)
    if not arguments or unpacked or len(arguments) > MOST_ARGUMENTS:
        return None
    name = _class_of(module, call.func)
    if name is None:
        return None
    values = [("made", call), *(("argument", a) for a in arguments if not _is_constant(a))]
    return f"a {name} is made again with the same arguments", values


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)


def _class_of(module: SourceModule, func: ast.expr) -> str | None:
    """The name of a class of this module, or of one imported whose name is written like one."""
    scopes = module.scopes
    if not isinstance(func, ast.Name):
        return None
    if scopes.owner(func.id, scopes.scope_of(func)) is not scopes.module:
        return None
    match scopes.bindings(scopes.module, func.id):
        case [ast.ClassDef(body=body)]:
            made = any(isinstance(row, ast.FunctionDef) and row.name == "__init__" for row in body)
            return func.id if made else None
        case [ast.ImportFrom()]:
            return func.id if func.id[:1].isupper() and not func.id.isupper() else None
        case _:
            return None


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether it was made often, each time alike."""
    seen = asked(match, evidence)
    if "made" not in seen:
        return refused("the run never came here")
    made = seen["made"][0].observations
    facts = {"made": made}
    arguments = seen.get("argument", [])
    if len(arguments) < sum(site.role == "argument" for site in match.values):
        return refused("not every argument was seen", **facts)
    if any(value.distinct_values != 1 for value in arguments):
        return refused("the arguments differ", **facts)
    if made < LEAST_MADE:
        return refused("it is made seldom", **facts)
    return Admission(evidence=facts, removable=round(REMOVABLE * (1 - 1 / made), 4))


REMEDY = Remedy(
    name=NAME,
    family="memory",
    title="Make an object once, or keep a pool of it",
    claims="cpu_time",
    keeps_state=True,
    safety="advice",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=None,
)
