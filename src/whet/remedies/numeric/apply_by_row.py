"""A function applied to every row of a data frame, where columns would do.

What
    `frame.apply(lambda row: row["a"] * row["b"], axis=1)`: cells of the row and constants, added,
    subtracted and multiplied.

Why slow
    Each row becomes a Series and costs a call; columns are worked out in one step each.

Evidence needed
    From the run: a DataFrame, never empty, all of whose columns were int64, or all float64.

Before
    return frame.apply(lambda row: row["price"] * row["count"], axis=1)

After
    return (frame["price"] * frame["count"])

Safety
    Gated: with one element type for all columns, a row holds what the columns hold, and each
    result is worked out by the same steps in the same order, so floats are equal to the last bit.
    Ints that overflow wrap around in both, but only rows warn of it, as of floats that do. A
    frame that is empty some day gives an empty column, where `apply` gives an empty frame; one
    with columns of several types keeps ints, where rows would make floats of them.

When not
    Columns of several types (rows hold ints as floats there), empty frames (`apply` gives a frame
    for them), divisions and powers (rows warn where columns are silent), calls, conditions.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.codebase.syntax import span_of
from whet.records import Edit, Span
from whet.remedies._asking import asked, looks, median_size, missed, others_than
from whet.remedies._places import (
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
    from whet.records import Evidence, HotPlace, Match

NAME = "apply_by_row"
FEWEST_ROWS = 50
LARGEST_CONSTANT = 2**31
# Microseconds, pandas 3.1: a row 5, a column operation 60 at least.
ROW_US, COLUMN_US = 5.0, 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Apply:
    """The call, the frame's name, the expression of a row, and the cells in it."""

    call: ast.Call
    frame: ast.Name
    body: ast.expr
    cells: tuple[tuple[str, ast.Name], ...]


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every expression that the hot function applies to rows."""
    function = hot_function(module, hot)
    return [_match(module, each) for each in _find(module, function)] if function else []


def _find(module: SourceModule, function: FunctionNode) -> list[_Apply]:
    found = [_apply(module, node) for node in walk_function(function)]
    return [each for each in found if each is not None]


def _apply(module: SourceModule, node: ast.AST) -> _Apply | None:
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Name() as frame, attr="apply"),
            args=[
                ast.Lambda(
                    args=ast.arguments(
                        posonlyargs=[], args=[row], vararg=None, kwonlyargs=[], kwarg=None,
                        defaults=[],
                    ),
                    body=body,
                )
            ],
            keywords=[ast.keyword(arg="axis", value=ast.Constant(value=1 | "columns"))],
        ):  # fmt: skip
            pass
        case _:
            return None
    cells = _cells(body, row.arg)
    if not cells or row.arg == frame.id or is_in_text(module, node):
        return None
    each = _Apply(call=node, frame=frame, body=body, cells=tuple(cells))
    return None if _comments(module, each) else each


def _cells(node: ast.expr, row: str) -> list[tuple[str, ast.Name]] | None:
    """The cells in an expression of a row; None: it holds something else than sums of products."""
    match node:
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult(), right=right):
            one, other = _cells(left, row), _cells(right, row)
            return None if one is None or other is None else one + other
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _cells(operand, row)
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return [] if abs(value) < LARGEST_CONSTANT else None
        case ast.Subscript(value=ast.Name() as name):
            label = label_of(node, row)
            return None if label is None else [(label, name)]
        case _:
            return None


def _around(each: _Apply) -> tuple[Span, Span]:
    """What stands in the call before and behind the expression."""
    call, body = span_of(each.call), span_of(each.body)
    before = Span(line=call.line, column=call.column, end_line=body.line, end_column=body.column)
    behind = Span(
        line=body.end_line,
        column=body.end_column,
        end_line=call.end_line,
        end_column=call.end_column,
    )
    return before, behind


def _comments(module: SourceModule, each: _Apply) -> bool:
    return any("#" in module.text_between(span) for span in _around(each))


def _match(module: SourceModule, each: _Apply) -> Match:
    return new_match(
        module,
        NAME,
        each.call,
        f"an expression is applied to each row of {each.frame.id!r}",
        safety="gated",
        values=[("frame", each.frame)],
        data={"labels": sorted({label for label, _ in each.cells})},
    )


def admit(match: Match, evidence: Evidence) -> Admission:  # noqa: PLR0911 -- one return a reason
    """Whether all columns were of one element type, and there were many rows."""
    if reason := missed(match, evidence):
        return refused(reason)
    frames = asked(match, evidence)["frame"]
    if reason := others_than(FRAMES, frames, "what it is applied to"):
        return refused(reason)
    forms = [columns_of(form) for form in forms_of(frames)]
    kinds = {kind for form in forms for _, kind in form}
    if kinds not in ({"int64"}, {"float64"}):
        return refused(f"its columns hold {', '.join(sorted(kinds)) or 'unknown types'}")
    for form in forms:
        labels = [label for label, _ in form]
        if any(labels.count(label) != 1 for label in match.data["labels"]):
            return refused("its columns are not known by their labels")
    if not all(frame.size_min for frame in frames):
        return refused("a frame was empty")
    rows = median_size(frames)
    facts = {"frames": looks(frames), "rows_median": rows, "element_type": kinds.pop()}
    if rows < FEWEST_ROWS:
        return refused(f"few rows ({rows:g})", **facts)
    removable = 1 - COLUMN_US / (COLUMN_US + rows * ROW_US)
    return Admission(evidence=facts, removable=round(removable, 4))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The expression itself, with columns in the place of cells.

    Raises:
        WhetError: The match is not in the module any more.
    """
    each = found_again(module, match, _find, lambda found: found.call)
    before, behind = _around(each)
    one = len({label for label, _ in each.cells}) == 1
    return (
        Edit(file=module.file, span=before, text="("),
        *(module.replace(name, each.frame.id) for _, name in each.cells),
        Edit(file=module.file, span=behind, text=").rename(None)" if one else ")"),
    )


REMEDY = Remedy(
    name=NAME,
    family="numeric",
    title="Work out columns instead of rows",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
