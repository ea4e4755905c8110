"""A path object made for every element of a loop.

What
    `Path(folder) / name`, `Path(text).suffix` and the like inside of a loop or comprehension.

Why slow
    A path object takes its text apart and puts it together again; `os.path` works on the text.

Evidence needed
    From the run: how many path objects were made.

Before
    return [str(Path(folder) / name) for name in names]

After
    return [os.path.join(folder, name) for name in names]

Safety
    Advice only: a path object drops `.` parts and repeated slashes, and whoever gets it may need
    an object. `os.path.splitext`, `basename` and `dirname` answer for a text what `suffix`,
    `name` and `parent` answer for a path, but not for every odd one (`.bashrc`, `a/..`).

When not
    Few paths; paths that are opened or listed, which costs far more.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.remedies._library_calls import hot_calls
from whet.remedies._places import hot_function, new_match, outermost_loop
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match

NAME = "path_object_in_loop"
NAMES = frozenset({"pathlib.Path", "pathlib.PurePath", "pathlib.PurePosixPath"})
LEAST_PATHS = 500
REMOVABLE = 0.8
PARTS = frozenset({
    "name", "stem", "suffix", "suffixes", "parent", "parts", "with_suffix", "with_name",
    "joinpath", "as_posix", "is_absolute",
})  # fmt: skip


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every path that the hot function makes in a loop to work on its text."""
    function = hot_function(module, hot)
    found = []
    for call in hot_calls(module, hot, NAMES):
        in_loop = function is not None and outermost_loop(module, call, function) is not None
        if in_loop and _is_taken_apart(module.scopes.parent(call), call):
            message = "a path object is made for every element, though only its text matters"
            values = [("path", call)]
            found.append(new_match(module, NAME, call, message, safety="advice", values=values))
    return found


def _is_taken_apart(parent: ast.AST | None, call: ast.Call) -> bool:
    match parent:
        case ast.BinOp(left=left, op=ast.Div()):
            return left is call
        case ast.Attribute(attr=attr):
            return attr in PARTS
        case _:
            return False


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether there were many paths."""
    value = evidence.values.get(match.values[0].site)
    if value is None or not value.observations:
        return refused("the run never came here")
    facts = {"paths": value.observations}
    if value.observations < LEAST_PATHS:
        return refused("there are few paths", **facts)
    return Admission(evidence=facts, removable=REMOVABLE)


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Work on the text of paths in loops",
    claims="cpu_time",
    keeps_state=False,
    safety="advice",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=None,
)
