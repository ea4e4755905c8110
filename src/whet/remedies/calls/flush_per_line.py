"""A file flushed after every line that a loop writes.

What
    `out.flush()` in a loop, on a file that the function has opened for writing around the loop.

Why slow
    Each flush is a call of the operating system; the buffer exists so that one call writes
    thousands of lines.

Evidence needed
    From the run: it was exactly a file of the language's own, how often it was flushed, and that
    the function read no file meanwhile, by which somebody could have noticed.

Before
    with open(path, "w") as out:
        for line in lines:
            out.write(line)
            out.flush()

After
    with open(path, "w") as out:
        for line in lines:
            out.write(line)

Safety
    Needs consent: a killed program loses what the buffer holds, and another program that follows
    the file sees the lines later, as does a function of this one that asks for its size. What the
    file holds in the end is the same.

When not
    Journals, progress files and pipes that somebody follows, anything that must survive a crash,
    modules that fork.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.codebase.scopes import LOOPS
from whet.records import CallSite, Edit, Span
from whet.remedies._admission import types_of
from whet.remedies._asking import asked
from whet.remedies._places import (
    alone_on_its_lines,
    found_again,
    hot_function,
    new_match,
    walk_function,
)
from whet.remedies.calls._loops import only_used_in, without_lines
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match

NAME = "flush_per_line"
LEAST_FLUSHES = 50
_FILES = frozenset({"_io.BufferedWriter", "_io.TextIOWrapper"})
_ELSEWHERE = (ast.Yield, ast.YieldFrom, ast.Await)
_FORKS = frozenset({"ProcessPoolExecutor", "fork", "forkpty", "multiprocessing"})
_METHODS = frozenset({"flush", "write", "writelines"})


@dataclass(frozen=True, slots=True)
class _Flush:
    """A statement that flushes, and the name of the file."""

    statement: ast.Expr
    file: ast.Name


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every flush in a loop of the hot function."""
    function = hot_function(module, hot)
    if function is None:
        return []
    found = []
    for flush in _flushes(module, function):
        site = CallSite(
            site=f"{NAME}:{module.file}:{flush.statement.lineno}#f", file=module.file,
            name=module.scopes.qualified_name(function), line=function.lineno, asks=("files",),
        )  # fmt: skip
        match = new_match(
            module,
            NAME,
            flush.statement,
            f"{flush.file.id!r} is flushed at every turn of a loop",
            safety="consent",
            values=[("file", flush.file)],
            calls=(site,),
        )
        found.append(match)
    return found


def _flushes(module: SourceModule, function: FunctionNode) -> Iterator[_Flush]:
    nodes = list(walk_function(function))
    if isinstance(function, ast.AsyncFunctionDef) or any(isinstance(n, _ELSEWHERE) for n in nodes):
        return
    if _FORKS & module.words:  # a child would write again what the buffer holds
        return
    for node in nodes:
        match node:
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name() as file, attr="flush"),
                    args=[],
                    keywords=[],
                )
            ) if _can_go(module, function, node, file):
                yield _Flush(node, file)
            case _:
                pass


def _can_go(
    module: SourceModule, function: FunctionNode, statement: ast.Expr, file: ast.Name
) -> bool:
    """Whether a flush stands in a loop inside of the `with` that opens its file."""
    block = module.scopes.parent(statement)
    if not alone_on_its_lines(module, statement) or statement.lineno != statement.end_lineno:
        return False
    bodies = [getattr(block, part, None) or [] for part in ("body", "orelse", "finalbody")]
    if not any(statement in body and len(body) > 1 for body in bodies):
        return False
    in_loop = False
    for parent in module.scopes.ancestors(statement):
        in_loop = in_loop or isinstance(parent, LOOPS)
        if isinstance(parent, ast.With) and _opens(module, parent, file.id):
            own = only_used_in(module, function, file.id, parent)
            return in_loop and own and _only_written(module, function, file.id)
    return False


def _opens(module: SourceModule, block: ast.With, name: str) -> bool:
    return any(
        isinstance(item.optional_vars, ast.Name)
        and item.optional_vars.id == name
        and isinstance(item.context_expr, ast.Call)
        and module.scopes.is_builtin(item.context_expr.func, "open")
        for item in block.items
    )


def _only_written(module: SourceModule, function: FunctionNode, name: str) -> bool:
    """Whether the file stays in the function: it is written to and printed to, nothing else."""
    scopes = module.scopes
    for use in scopes.uses(scopes.inner(function), name):
        parent = scopes.parent(use)
        match parent:
            case ast.withitem():
                continue
            case ast.Attribute(attr=method) if method in _METHODS:
                continue
            case ast.keyword(arg="file"):
                call = scopes.parent(parent)
                if isinstance(call, ast.Call) and scopes.is_builtin(call.func, "print"):
                    continue
                return False
            case _:
                return False
    return True


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether a plain file was flushed often."""
    seen, call = asked(match, evidence).get("file", []), evidence.calls.get(match.calls[0].site)
    if not seen or call is None:
        return refused("the run never came here")
    facts = {"flushes": seen[0].observations}
    if odd := types_of(seen[0].types) - _FILES:
        return refused(f"it is of type {', '.join(sorted(odd))}", **facts)
    if seen[0].observations < LEAST_FLUSHES:
        return refused("it is flushed seldom", **facts)
    if call.files_read is None or call.files_read:
        return refused("files are read meanwhile, this one perhaps", **facts)
    return Admission(evidence=facts, removable=1.0)


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The line taken out; a comment on it stays."""
    found = found_again(module, match, _flushes, lambda each: each.statement).statement
    end = found.end_col_offset or 0
    rest = module.lines[found.lineno - 1][end:]
    if not rest.strip():
        return (without_lines(module, found.lineno, found.lineno),)
    span = Span(
        line=found.lineno,
        column=found.col_offset,
        end_line=found.lineno,
        end_column=end + len(rest) - len(rest.lstrip()),
    )
    return (Edit(file=module.file, span=span, text=""),)


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Let the buffer decide when a file is written",
    claims="wall_time",
    keeps_state=False,
    safety="consent",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
