"""A folder listed by name, and then asked about every name.

What
    A loop over `os.listdir(folder)` that asks `os.path.isdir`, `isfile`, `islink`, `getsize`,
    `getmtime` or `os.stat` about what it finds.

Why slow
    Every question is a call into the operating system. `os.scandir` brings the kind of every
    entry along with its name, and remembers what it has asked.

Evidence needed
    From the run: how many names there were in all.

Before
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            total += os.path.getsize(path)

After
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_file():
                total += entry.stat().st_size

Safety
    Advice only: `is_file()` and `is_dir()` follow links as `isfile` does, but what has been asked
    once is not asked again, so changes in between are not seen; errors come at another place.

When not
    Few entries; names that are sorted or sliced before they are looked at.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.remedies._library_calls import hot_calls
from whet.remedies._places import new_match
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match

NAME = "stat_after_listdir"
NAMES = frozenset({"os.listdir"})
QUESTIONS = frozenset({
    "os.path.isdir", "os.path.isfile", "os.path.islink", "os.path.getsize", "os.path.getmtime",
    "os.stat", "os.lstat",
})  # fmt: skip
LEAST_NAMES = 50
REMOVABLE = 0.44  # 1.8 times as fast on Linux


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every loop over a listing that asks about its names."""
    found = []
    for call in hot_calls(module, hot, NAMES):
        loop = _loop(module, call)
        questions = [] if loop is None else _questions(module, loop)
        if questions:
            lines = {call.lineno, *(question.lineno for question in questions)}
            message = "every name of a listing is asked about in a call of its own"
            found.append(
                new_match(
                    module,
                    NAME,
                    call,
                    message,
                    safety="advice",
                    values=[("names", call)],
                    lines=lines,
                )
            )
    return found


def _loop(module: SourceModule, call: ast.Call) -> ast.AST | None:
    """The loop or comprehension that goes over a listing, perhaps sorted."""
    parent = module.scopes.parent(call)
    listed: ast.AST = call
    if isinstance(parent, ast.Call) and module.scopes.is_builtin(parent.func, "sorted"):
        listed, parent = parent, module.scopes.parent(parent)
    if isinstance(parent, ast.comprehension):
        return module.scopes.parent(parent) if parent.iter is listed else None
    return parent if isinstance(parent, ast.For) and parent.iter is listed else None


def _questions(module: SourceModule, loop: ast.AST) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(loop)
        if isinstance(node, ast.Call) and module.scopes.dotted(node.func) in QUESTIONS
    ]


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether there were many names."""
    value = evidence.values.get(match.values[0].site)
    if value is None or not value.observations:
        return refused("the run never came here")
    names = int(value.observations * (value.size_median or 0))
    facts = {"listings": value.observations, "names": names}
    if names < LEAST_NAMES:
        return refused("there are few names", **facts)
    return Admission(evidence=facts, removable=REMOVABLE)


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Take kinds and sizes from os.scandir",
    claims="cpu_time",
    keeps_state=False,
    safety="advice",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=None,
)
