"""All lines of a file held at once, to be gone through one after the other.

What
    `for line in file.readlines():`, also in a comprehension or under `enumerate`, where the file
    was opened by the same function.

Why slow
    `readlines` makes a list of every line before the first one is looked at; the file itself gives
    one line after the other from a small buffer.

Evidence needed
    From the run: it was exactly a file of the language's own, how many lines it had, and that no
    file which the function reads was written or replaced meanwhile.

Before
    with open(path) as file:
        for line in file.readlines():
            count(line)

After
    with open(path) as file:
        for line in file:
            count(line)

Safety
    Gated by evidence: the lines are the same. A file that somebody changes while the loop runs,
    or bytes that cannot be decoded, would be noticed later, after some of the lines. Needs consent
    where the loop writes files: in another run it could be this one.

When not
    Generators and coroutines (the file may change while they wait), files that the loop uses in
    another way too, or that somebody holds under another name (a reader, an iterator, a function),
    short files.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.codebase.scopes import COMPREHENSIONS, LOOPS
from whet.records import CallSite
from whet.remedies._admission import types_of
from whet.remedies._asking import asked
from whet.remedies._places import found_again, hot_function, new_match, walk_function
from whet.remedies.calls._quiet import writes
from whet.remedies.calls._reading import read_path
from whet.remedies.memory._consumed import is_used_up, loop_around
from whet.remedies.memory._opened import block_of, is_used_before
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match

NAME = "whole_file_lines"
LEAST_LINES = 1_000
REMOVABLE = 0.9  # of what the lines take: a list of them against one line and a buffer
_FILES = frozenset({"_io.BufferedRandom", "_io.BufferedReader", "_io.TextIOWrapper"})
_WAITS = (ast.Yield, ast.YieldFrom, ast.Await)


@dataclass(frozen=True, slots=True)
class _Lines:
    """A call of `readlines`, and the file: a name, or the call that opens it."""

    call: ast.Call
    file: ast.expr


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every list of lines in the hot function that is only gone through."""
    function = hot_function(module, hot)
    found = []
    for lines in _lines(module, function) if function is not None else ():
        assert function is not None  # noqa: S101 -- there are lines in it
        site = CallSite(
            site=f"{NAME}:{module.file}:{lines.call.lineno}#f", file=module.file,
            name=module.scopes.qualified_name(function), line=function.lineno, asks=("files",),
        )  # fmt: skip
        match = new_match(
            module,
            NAME,
            lines.call,
            "all lines of a file are held to be gone through once",
            safety="consent"
            if writes(module, loop_around(module, lines.call) or function)
            else "gated",
            values=[("lines", lines.call), ("file", lines.file)],
            calls=(site,),
        )
        found.append(match)
    return found


def _lines(module: SourceModule, function: FunctionNode) -> Iterator[_Lines]:
    nodes = list(walk_function(function))
    waits = any(isinstance(node, _WAITS) for node in nodes)
    if isinstance(function, ast.AsyncFunctionDef) or waits or module.scopes.star_import:
        return
    for node in nodes:
        match node:
            case ast.Call(func=ast.Attribute(value=file, attr="readlines"), args=[], keywords=[]):
                pass
            case _:
                continue
        if not is_used_up(module, node):
            continue
        opened = isinstance(file, ast.Call) and isinstance(file.func, ast.Name)
        opened = opened and read_path(module, file) is not None
        own = isinstance(file, ast.Name) and _is_left_alone(module, function, node, file)
        if opened or own:
            yield _Lines(node, file)


def _is_left_alone(
    module: SourceModule, function: FunctionNode, call: ast.Call, file: ast.Name
) -> bool:
    """Whether the file is opened by a `with` of the function and used before the loop only."""
    loop, block = loop_around(module, call), block_of(module, function, file)
    if loop is None or block is None or _is_repeated(module, loop, block):
        return False
    return is_used_before(module, function, file, call)


def _is_repeated(module: SourceModule, loop: ast.AST, block: ast.AST | None) -> bool:
    """Whether another loop goes around a loop within the block that holds the file open."""
    for parent in module.scopes.ancestors(loop):
        if parent is block:
            return False
        if isinstance(parent, (*LOOPS, *COMPREHENSIONS)):
            return True
    return True


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether files were long, and stayed as they were."""
    seen, call = asked(match, evidence), evidence.calls.get(match.calls[0].site)
    if set(seen) != {"lines", "file"} or call is None:
        return refused("the run never came here")
    lines, file = seen["lines"][0], seen["file"][0]
    facts = {"lists": lines.observations, "lines_most": lines.size_max}
    if odd := types_of(file.types) - _FILES:
        return refused(f"the file is of type {', '.join(sorted(odd))}", **facts)
    if call.files_changed is None or call.files_changed:
        return refused("a file was written while it was read", **facts)
    if call.raised:
        return refused("it raised exceptions, in the middle of a file perhaps", **facts)
    if (lines.size_max or 0) < LEAST_LINES:
        return refused("the files are short", **facts)
    return Admission(evidence=facts, removable=REMOVABLE)


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The file itself in the place of its list of lines."""
    lines = found_again(module, match, _lines, lambda each: each.call)
    return (module.replace(lines.call, module.text_of(lines.file)),)


REMEDY = Remedy(
    name=NAME,
    family="memory",
    title="Go through a file line by line",
    claims="peak_memory",
    keeps_state=False,
    safety="consent",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
