"""Rows of a data frame, each made into a Series to read some of its cells.

What
    `for index, row in frame.iterrows():` where the row is only asked for cells, `row["label"]`.

Why slow
    Each row becomes a Series with an index of its own, and each cell is looked up by its label.

Evidence needed
    From the run: it was a DataFrame, its element types, and that each cell asked for was a number
    or a text, always of one type.

Before
    for _, row in frame.iterrows():
        total += row["price"] * row["count"]

After
    frame_places = {label: place for place, label in enumerate(frame.columns)}
    for _, row in zip(frame.index, frame.values):
        total += row[frame_places["price"]] * row[frame_places["count"]]

Safety
    Gated: `iterrows` itself goes through `zip(frame.index, frame.values)`, so that cells keep the
    types that it gives them, those of a common element type included (ints beside floats become
    floats). A label that is not there raises the same KeyError.

When not
    Loops that set cells, where all columns are of one type (rows of arrays could show them); rows
    that are kept, changed or given away, labels that are computed, dates, categories, cells
    that may be missing in columns of text. (Whole columns are several times quicker still, where
    the loop can be written without a loop: that changes types, so whet leaves it to you.)
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.remedies._asking import asked, kinds_of, looks, median_size, missed, others_than
from whet.remedies._locals import is_editable, uses_of_own
from whet.remedies._places import (
    alone_on_its_lines,
    found_again,
    hot_function,
    is_in_text,
    new_match,
    walk_function,
)
from whet.remedies.numeric._frames import (
    FRAMES,
    columns_of,
    forms_of,
    label_of,
)
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match

NAME = "rows_by_iterrows"
FEWEST_ROWS = 20
# Microseconds, pandas 3.1: a row as a Series takes 8, a cell of it 2.5; of an array 0.1 each.
ROW_US, CELL_US, QUICK_US = 8.0, 2.5, 0.1
_PLACES = frozenset({"at", "iat", "iloc", "loc", "values"})
_USED = ("enumerate", "zip")
_CELLS = frozenset({
    "bool", "float", "int", "numpy.bool", "numpy.bool_", "numpy.float64", "numpy.int64", "str",
})  # fmt: skip
_ELEMENTS = re.compile(r"(u?int|float)\d+|bool|object|str")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rows:
    """The loop, the frame's name, and the cells that are read of its rows."""

    loop: ast.For
    call: ast.Call
    frame: ast.Name
    cells: tuple[ast.Subscript, ...]


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every loop of the hot function over the rows of a frame."""
    function = hot_function(module, hot)
    return [_match(module, rows) for rows in _find(module, function)] if function else []


def _find(module: SourceModule, function: FunctionNode) -> list[_Rows]:
    found = [_rows(module, function, node) for node in walk_function(function)]
    return [rows for rows in found if rows is not None]


def _rows(module: SourceModule, function: FunctionNode, node: ast.AST) -> _Rows | None:
    match node:
        case ast.For(
            target=ast.Tuple(elts=[ast.Name(id=index), ast.Name(id=row) as target]),
            iter=ast.Call(
                func=ast.Attribute(value=ast.Name() as frame, attr="iterrows"),
                args=[],
                keywords=[],
            ) as call,
        ) if index != row:
            pass
        case _:
            return None
    cells = _cells(module, function, node, target)
    scopes = module.scopes
    here = scopes.scope_of(node)
    free = not scopes.star_import and not any(scopes.owner(word, here) for word in _USED)
    touched = [n for part in node.body for n in ast.walk(part) if _is_named(n, frame.id)]
    if not cells or not free or touched or frame.id in {index, row}:
        return None
    if not (alone_on_its_lines(module, node) and is_editable(module, call)):
        return None
    return _Rows(loop=node, call=call, frame=frame, cells=tuple(cells))


def _is_named(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _cells(
    module: SourceModule, function: FunctionNode, loop: ast.For, target: ast.Name
) -> list[ast.Subscript]:
    """Every cell that is read of the row; empty where it is used in another way."""
    body = {node for part in loop.body for node in ast.walk(part)}
    found = []
    for use in uses_of_own(module, function, target.id):
        if use is target:
            continue
        parent = module.scopes.parent(use)
        if not isinstance(parent, ast.Subscript) or label_of(parent, target.id) is None:
            return []
        if use not in body or is_in_text(module, use):
            return []
        found.append(parent)
    return found


def _sets_cells(node: ast.AST) -> bool:
    """Whether a node changes cells of a frame, which may be that of the rows by another name."""
    match node:
        case ast.Subscript(value=ast.Attribute(attr=place), ctx=ast.Store() | ast.Del()):
            return place in _PLACES
        case ast.keyword(arg="inplace"):
            return True
        case _:
            return False


def _match(module: SourceModule, rows: _Rows) -> Match:
    cells = [("cell", cell) for cell in rows.cells]
    lines = {cell.lineno for cell in rows.cells}
    return new_match(
        module,
        NAME,
        rows.call,
        f"rows of {rows.frame.id!r} become a Series each to read their cells",
        safety="gated",
        values=[("frame", rows.frame), *cells],
        data={"sets_cells": any(_sets_cells(n) for n in ast.walk(rows.loop))},
        lines={rows.loop.lineno, *lines},
    )


def admit(match: Match, evidence: Evidence) -> Admission:  # noqa: PLR0911 -- one return a reason
    """Whether rows of numbers and texts were read, and many."""
    if reason := missed(match, evidence):
        return refused(reason)
    seen = asked(match, evidence)
    if reason := others_than(FRAMES, seen["frame"], "what is gone through"):
        return refused(reason)
    forms = forms_of(seen["frame"])
    kinds = {kind for form in forms for _, kind in columns_of(form)}
    if not forms or not all(_ELEMENTS.fullmatch(kind) for kind in kinds):
        odd = sorted(kind for kind in kinds if not _ELEMENTS.fullmatch(kind))
        return refused(f"cells of {', '.join(odd) or 'unknown types'} change in a row")
    mixed = all(len({kind for _, kind in columns_of(form)}) > 1 for form in forms)
    if match.data["sets_cells"] and not mixed:
        return refused("cells that the loop sets could be seen in later rows")
    for cell in seen["cell"]:
        if reason := others_than(_CELLS, [cell], "a cell"):
            return refused(reason)
        if len(kinds_of([cell])) > 1:
            return refused(f"cells of one column were {' and '.join(sorted(kinds_of([cell])))}")
    rows = median_size(seen["frame"])
    facts = {"frames": looks(seen["frame"]), "rows_median": rows, "cells": looks(seen["cell"])}
    if rows < FEWEST_ROWS:
        return refused(f"few rows ({rows:g})", **facts)
    cells = len(seen["cell"])
    removable = 1 - QUICK_US * (1 + cells) / (ROW_US + CELL_US * cells)
    return Admission(evidence=facts, removable=round(removable, 4))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The rows as arrays, and cells by their position.

    Raises:
        WhetError: The match is not in the module any more.
    """
    rows = found_again(module, match, _find, lambda found: found.call)
    frame, indent = rows.frame.id, module.indent_of(rows.loop) or ""
    places = module.fresh_name(f"{frame}_places")
    made = f"{{label: place for place, label in enumerate({frame}.columns)}}"
    return (
        module.insert_before_line(rows.loop.lineno, f"{indent}{places} = {made}\n"),
        module.replace(rows.call, f"zip({frame}.index, {frame}.values)"),
        *(
            module.replace(cell.slice, f"{places}[{module.text_of(cell.slice)}]")
            for cell in rows.cells
        ),
    )


REMEDY = Remedy(
    name=NAME,
    family="numeric",
    title="Read cells of rows without making a Series of each",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
