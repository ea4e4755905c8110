"""Cells of a data frame that a loop sets one by one.

What
    `frame.loc[i, "label"] = value`, also with `iloc`, `at` and `iat`, in a loop.

Why slow
    Each assignment looks up row and column, checks types, and may copy a column (or, where the row
    is new, the whole frame).

Evidence needed
    From the run: it was a DataFrame or Series, and how many cells were set.

Before
    for i in frame.index:
        frame.loc[i, "worth"] = worth(i)

After
    frame["worth"] = [worth(i) for i in frame.index]

Safety
    Advice: whet does not rewrite the loop. A column that is set at once takes the type of its
    values; one that is set cell by cell may keep its old type, or change it on the way.

When not
    Few cells, cells that the loop reads again.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.remedies._asking import asked, looks, missed, others_than
from whet.remedies._places import hot_function, new_match, outermost_loop, walk_function
from whet.remedies.numeric._frames import FRAMES, SERIES, holds_library
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match

NAME = "cells_set_in_loop"
FEWEST_CELLS = 50
REMOVABLE = 0.9  # 39 times quicker as one column (3,000 rows), less what makes the values
_PLACES = frozenset({"at", "iat", "iloc", "loc"})


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every assignment to a cell in a loop of the hot function."""
    function = hot_function(module, hot)
    if function is None or not holds_library(module, "pandas"):
        return []
    return [_match(module, statement, frame) for statement, frame in _find(module, function)]


def _find(
    module: SourceModule, function: FunctionNode
) -> list[tuple[ast.Assign | ast.AugAssign, ast.Name]]:
    found = []
    for node in walk_function(function):
        match node:
            case ast.Assign(targets=[target]) | ast.AugAssign(target=target):
                pass
            case _:
                continue
        match target:
            case ast.Subscript(value=ast.Attribute(value=ast.Name() as frame, attr=place)) if (
                place in _PLACES and outermost_loop(module, node, function) is not None
            ):
                found.append((node, frame))
            case _:
                pass
    return found


def _match(module: SourceModule, statement: ast.Assign | ast.AugAssign, frame: ast.Name) -> Match:
    return new_match(
        module,
        NAME,
        statement,
        f"cells of {frame.id!r} are set one by one",
        safety="advice",
        values=[("frame", frame)],
    )


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether many cells of a frame were set."""
    if reason := missed(match, evidence):
        return refused(reason)
    frames = asked(match, evidence)["frame"]
    if reason := others_than(FRAMES | SERIES, frames, "what is set"):
        return refused(reason)
    facts = {"cells": looks(frames)}
    if looks(frames) < FEWEST_CELLS:
        return refused(f"few cells are set ({looks(frames)})", **facts)
    return Admission(evidence=facts, removable=REMOVABLE)


REMEDY = Remedy(
    name=NAME,
    family="numeric",
    title="Set a column at once instead of its cells",
    claims="cpu_time",
    keeps_state=False,
    safety="advice",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=None,
)
