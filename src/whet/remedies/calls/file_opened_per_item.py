"""A file opened, appended to and closed at every turn of a loop.

What
    `with open(path, "a") as out:` inside of a loop, with a path that stays the same.

Why slow
    Opening and closing a file takes ten to a hundred times as long as writing a line to it.

Evidence needed
    From the run: how often the file was opened in how many loops, and that the function read no
    file meanwhile, by which somebody could have noticed.

Before
    for line in lines:
        with open("log.txt", "a") as out:
            out.write(line)

After
    with open("log.txt", "a") as out:
        for line in lines:
            out.write(line)

Safety
    Needs consent: what is written reaches the file when the buffer is full or the loop ends, so
    a killed program loses the last lines, another reader sees them later, and the lines of
    several writing programs, or of several functions of this one, mix in other places. A loop
    without turns creates the file.

When not
    Logs that must survive a crash, files that several programs append to, files that are moved
    away (rotated) while the loop runs, other modes than appending.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.records import CallSite
from whet.remedies._asking import asked
from whet.remedies._places import alone_on_its_lines, found_again, hot_function, new_match
from whet.remedies.calls._loops import (
    directly_in,
    has_inner_functions,
    has_long_text,
    indent_unit,
    indented,
    is_invariant,
    loops_in,
    only_used_in,
    without_lines,
)
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match

NAME = "file_opened_per_item"
LEAST_OPENED = 10
_APPENDS = frozenset({"a", "ab", "at", "ba"})


@dataclass(frozen=True, slots=True)
class _Opening:
    """A `with` that opens a file for appending, and the loop that it is done in."""

    loop: ast.For
    block: ast.With
    path: ast.expr


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every loop of the hot function that opens one file at every turn."""
    function = hot_function(module, hot)
    found = []
    for opening in _openings(module, function) if function is not None else ():
        assert function is not None  # noqa: S101 -- there are openings in it
        site = CallSite(
            site=f"{NAME}:{module.file}:{opening.block.lineno}#f", file=module.file,
            name=module.scopes.qualified_name(function), line=function.lineno, asks=("files",),
        )  # fmt: skip
        match = new_match(
            module,
            NAME,
            opening.block,
            "a file is opened for every item",
            safety="consent",
            values=[("path", opening.path), ("items", opening.loop.iter)],
            calls=(site,),
        )
        found.append(match)
    return found


def _openings(module: SourceModule, function: FunctionNode) -> Iterator[_Opening]:
    for loop in loops_in(function):
        blocks = [node for node in loop.body if isinstance(node, ast.With)]
        if len(blocks) != 1 or not directly_in(loop.body, blocks[0]):
            continue
        block = blocks[0]
        match block.items:
            case [ast.withitem(context_expr=ast.Call() as call, optional_vars=ast.Name(id=name))]:
                path = _appended(module, call)
            case _:
                continue
        if path is None or not only_used_in(module, function, name, block):
            continue
        if is_invariant(module, path, loop) and _can_be_moved(module, loop, block):
            yield _Opening(loop, block, path)


def _appended(module: SourceModule, call: ast.Call) -> ast.expr | None:
    """The path of a call that opens a file for appending; None: another call."""
    modes = [*call.args[1:2], *(k.value for k in call.keywords if k.arg == "mode")]
    others = [*call.args[2:], *(k.value for k in call.keywords if k.arg != "mode")]
    named = {keyword.arg for keyword in call.keywords} <= {"mode", "encoding", "errors", "newline"}
    match modes:
        case [ast.Constant(value=str(mode))] if mode in _APPENDS:
            plain = all(isinstance(other, ast.Constant) for other in others)
            opens = module.scopes.is_builtin(call.func, "open") and len(call.args) <= 2  # noqa: PLR2004 -- path and mode
            return call.args[0] if plain and opens and named and call.args else None
        case _:
            return None


def _can_be_moved(module: SourceModule, loop: ast.For, block: ast.With) -> bool:
    header_ends = block.body[0].lineno > block.lineno and block.items[0].context_expr
    one_line = isinstance(header_ends, ast.expr) and header_ends.end_lineno == block.lineno
    iterated = any(isinstance(node, ast.NamedExpr | ast.Lambda) for node in ast.walk(loop.iter))
    return (
        one_line
        and not iterated
        and alone_on_its_lines(module, loop)
        and alone_on_its_lines(module, block)
        and _is_even(module, loop, block)
        and not has_long_text(loop)
        and not has_inner_functions(loop)
        and b"\\\n" not in b"".join(module.lines[loop.lineno - 1 : loop.end_lineno])
    )


def _is_even(module: SourceModule, loop: ast.For, block: ast.With) -> bool:
    """Whether the lines of both blocks are indented alike, so that one can take in the other."""
    deeper = (module.indent_of(block) or "") + indent_unit(module, loop, block)
    return module.indent_of(block.body[0]) == deeper


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether one file was opened many times in few loops, and nothing was read meanwhile."""
    seen, call = asked(match, evidence), evidence.calls.get(match.calls[0].site)
    if set(seen) != {"path", "items"} or call is None:
        return refused("the run never came here")
    opened, loops = seen["path"][0].observations, seen["items"][0].observations
    facts = {"opened": opened, "loops": loops}
    if call.files_read is None or call.files_read:
        return refused("files are read meanwhile, this one perhaps", **facts)
    if opened < LEAST_OPENED or opened < 2 * loops:
        return refused("few items are written in a loop", **facts)
    return Admission(evidence=facts, removable=round(1 - loops / opened, 4))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The loop put inside of the `with`."""
    opening = found_again(module, match, _openings, lambda each: each.block)
    loop, block = opening.loop, opening.block
    unit = indent_unit(module, loop, block)
    outside = module.indent_of(loop) or ""
    header = module.lines[block.lineno - 1][block.col_offset :].decode().rstrip("\r\n")
    last = loop.end_lineno or loop.lineno
    before = indented(module, loop.lineno, block.lineno - 1, unit)
    after = indented(module, (block.end_lineno or last) + 1, last, unit)
    return (
        module.insert_before_line(loop.lineno, f"{outside}{header}\n"),
        *before,
        without_lines(module, block.lineno, block.lineno),
        *after,
    )


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Open a file once for all items",
    claims="wall_time",
    keeps_state=False,
    safety="consent",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
