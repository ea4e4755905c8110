"""A data frame that a loop grows by putting it together anew each time.

What
    `frame = pd.concat([frame, part], ignore_index=True)` in a loop, where nobody looks at `frame`
    before the loop ends.

Why slow
    Each time all rows so far are copied.

Evidence needed
    From the run: the parts were frames, all with the same columns and element types, and so was
    what grew (or it was without columns at first).

Before
    for file in files:
        part = pd.read_csv(file)
        frame = pd.concat([frame, part], ignore_index=True)

After
    frame_parts = []
    for file in files:
        part = pd.read_csv(file)
        frame_parts.append(part)
    if frame_parts:
        frame = pd.concat([frame, *frame_parts], ignore_index=True)

Safety
    Gated: with parts of one form it does not matter whether they are put together one by one or
    all at once. Only parts that are made anew in each turn, by pandas itself, and are not used
    afterwards are collected; nobody can change them meanwhile.

When not
    Parts of several forms (element types would be found in another order), indexes that are kept,
    frames that are read in the loop. Thousands of tiny parts gain time and take memory until they
    are put together: the court may refuse for that.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.codebase.scopes import LOOPS
from whet.remedies._asking import asked, looks, missed, others_than
from whet.remedies._deferred import Deferred, Growth, collect_and_join_any, find_deferred
from whet.remedies._locals import uses_of_own
from whet.remedies._places import found_again, hot_function, new_match
from whet.remedies.numeric._frames import FRAMES, forms_of
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match

NAME = "frame_grown_in_loop"
FEWEST_PARTS = 10
_EMPTY = "DataFrame[]"
_DISPLAYS = (ast.Dict, ast.List, ast.ListComp, ast.DictComp, ast.Constant)


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every frame that a loop of the hot function grows."""
    function = hot_function(module, hot)
    return [_match(module, frame) for frame in _find(module, function)] if function else []


def _find(module: SourceModule, function: FunctionNode) -> list[Deferred]:
    found = find_deferred(module, function, lambda statement: _growth(module, statement))
    return [
        each
        for each in found
        if len(each.growths) == 1 and _is_fresh(module, function, each.growths[0])
    ]


def _growth(module: SourceModule, statement: ast.Assign) -> Growth | None:
    match statement:
        case ast.Assign(
            targets=[ast.Name(id=name)],
            value=ast.Call(
                func=func,
                args=[ast.List(elts=[ast.Name(id=again) as grown, part])],
                keywords=[ast.keyword(arg="ignore_index", value=ast.Constant(value=True))],
            ),
        ) if name == again and module.scopes.dotted(func) == "pandas.concat":
            return Growth(statement=statement, grown=grown, part=part)
        case _:
            return None


def _is_fresh(module: SourceModule, function: FunctionNode, growth: Growth) -> bool:
    """Whether the part is a new frame each time, and nobody touches it once it is collected."""
    if not isinstance(growth.part, ast.Name):
        return _makes_frame(module, growth.part)
    name = growth.part.id
    uses = uses_of_own(module, function, name)
    stores = [use for use in uses if isinstance(use.ctx, ast.Store)]
    if len(stores) != 1:
        return False
    made = module.scopes.parent(stores[0])
    if not (isinstance(made, ast.Assign) and made.targets == stores):
        return False
    block = module.scopes.parent(growth.statement)
    together = isinstance(block, LOOPS) and {made, growth.statement} <= set(block.body)
    last = (growth.statement.lineno, growth.statement.col_offset)
    before = all((use.lineno, use.col_offset) < last for use in uses if use is not growth.part)
    return together and before and _makes_frame(module, made.value)


def _makes_frame(module: SourceModule, value: ast.expr) -> bool:
    """Whether pandas makes a frame that shares nothing with what the program holds."""
    if not isinstance(value, ast.Call):
        return False
    origin = module.scopes.dotted(value.func) or ""
    if origin.startswith("pandas.read_"):
        return True
    arguments = [*value.args, *(keyword.value for keyword in value.keywords)]
    return origin == "pandas.DataFrame" and all(isinstance(a, _DISPLAYS) for a in arguments)


def _match(module: SourceModule, frame: Deferred) -> Match:
    growth = frame.growths[0]
    return new_match(
        module,
        NAME,
        growth.statement,
        f"the frame {frame.name!r} is put together anew in each turn of a loop",
        safety="gated",
        values=[("frame", growth.grown), ("part", growth.part)],
    )


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether all parts were frames of one form."""
    if reason := missed(match, evidence):
        return refused(reason)
    seen = asked(match, evidence)
    for role in ("frame", "part"):
        if reason := others_than(FRAMES, seen[role], f"the {role}"):
            return refused(reason)
    parts, whole = forms_of(seen["part"]), forms_of(seen["frame"])
    if len(parts) != 1 or not whole:
        return refused("the parts had several forms")
    if not whole <= parts | {_EMPTY}:
        return refused("the frame had other columns or element types than the parts")
    count = looks(seen["part"])
    facts = {"parts": count, "form": next(iter(parts))}
    if count < FEWEST_PARTS:
        return refused(f"few parts ({count})", **facts)
    return Admission(evidence=facts, removable=round(1 - 2 / count, 4))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """Collect the parts, and put them together behind the loop.

    Raises:
        WhetError: The match is not in the module any more.
    """
    frame = found_again(module, match, _find, lambda found: found.growths[0].statement)
    call = frame.growths[0].statement.value
    assert isinstance(call, ast.Call)  # noqa: S101 -- _growth has seen to it
    concat, name = module.text_of(call.func), frame.name
    return collect_and_join_any(
        module, frame, lambda parts: f"{concat}([{name}, *{parts}], ignore_index=True)"
    )


REMEDY = Remedy(
    name=NAME,
    family="numeric",
    title="Put the parts of a frame together once",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
