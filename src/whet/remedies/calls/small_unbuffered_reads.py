"""Many small reads of a file that was opened without a buffer.

What
    `with open(path, "rb", buffering=0) as file:` and many calls of `file.read(size)` with a small
    size.

Why slow
    Every read is a call of the operating system; with a buffer one such call serves hundreds.

Evidence needed
    From the run: how many reads there were, and how small they were.

Before
    with open(path, "rb", buffering=0) as file:
        while chunk := file.read(16):
            count(chunk)

After
    with open(path, "rb") as file:
        while chunk := file.read(16):
            count(chunk)

Safety
    Needs consent: for a plain file the bytes are the same. A pipe, a terminal or a device gives
    what is there when it is read without a buffer, and waits for the whole size with one; what is
    read ahead is not seen by others who share the descriptor.

When not
    Devices and pipes, descriptors that are shared or handed on, files that grow while they are
    read.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.codebase.syntax import span_of
from whet.records import Edit, Span
from whet.remedies._admission import types_of
from whet.remedies._asking import asked, looks, median_size
from whet.remedies._places import found_again, hot_function, new_match, walk_function
from whet.remedies.calls._loops import only_used_in
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match

NAME = "small_unbuffered_reads"
LEAST_READS = 200
SMALL_BYTES = 4_096
_MODES = frozenset({"rb", "br"})


@dataclass(frozen=True, slots=True)
class _Opened:
    """A `with` that opens a file without a buffer, and the reads inside of it."""

    call: ast.Call
    reads: tuple[ast.Call, ...]


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every file of the hot function that is read without a buffer."""
    function = hot_function(module, hot)
    return [
        new_match(
            module,
            NAME,
            opened.call,
            "a file is read in small parts without a buffer",
            safety="consent",
            values=[("read", read) for read in opened.reads],
            lines=[opened.call.lineno, *(read.lineno for read in opened.reads)],
        )
        for opened in (_opened(module, function) if function is not None else ())
    ]


def _opened(module: SourceModule, function: FunctionNode) -> Iterator[_Opened]:
    for node in walk_function(function):
        match node:
            case ast.With(
                items=[
                    ast.withitem(context_expr=ast.Call() as call, optional_vars=ast.Name(id=name))
                ]
            ):
                unbuffered = _is_unbuffered(module, call)
            case _:
                continue
        reads = _reads(module, function, name)
        if not unbuffered or not reads or "#" in module.text_between(_behind_mode(call)):
            continue
        if only_used_in(module, function, name, node):
            yield _Opened(call, reads)


def _behind_mode(call: ast.Call) -> Span:
    """From the mode to the end of the argument behind it."""
    mode = span_of(call.args[1])
    behind = span_of(call.args[2] if len(call.args) > 2 else call.keywords[0])  # noqa: PLR2004 -- path, mode, buffering
    return Span(
        line=mode.end_line, column=mode.end_column,
        end_line=behind.end_line, end_column=behind.end_column,
    )  # fmt: skip


def _is_unbuffered(module: SourceModule, call: ast.Call) -> bool:
    """Whether a call opens a file for reading bytes, and says last that there is no buffer."""
    match call:
        case ast.Call(args=[_, ast.Constant(value=mode), value], keywords=[]):
            pass
        case ast.Call(
            args=[_, ast.Constant(value=mode)],
            keywords=[ast.keyword(arg="buffering", value=value)],
        ):
            pass
        case _:
            return False
    none = isinstance(value, ast.Constant) and type(value.value) is int and value.value == 0
    return none and mode in _MODES and module.scopes.is_builtin(call.func, "open")


def _reads(module: SourceModule, function: FunctionNode, name: str) -> tuple[ast.Call, ...]:
    """All uses of a file, if they are nothing but reads of some size."""
    scopes = module.scopes
    reads: list[ast.Call] = []
    for use in scopes.uses(scopes.inner(function), name):
        if not isinstance(use.ctx, ast.Load):
            continue
        attribute = scopes.parent(use)
        call = scopes.parent(attribute) if attribute is not None else None
        match attribute, call:
            case ast.Attribute(attr="read"), ast.Call(args=[size], keywords=[]) if (
                call.func is attribute and not isinstance(size, ast.Starred)
            ):
                reads.append(call)
            case _:
                return ()
    return tuple(reads)


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether there were many reads, and small ones."""
    reads = asked(match, evidence).get("read", [])
    if not reads:
        return refused("the run never came here")
    size = median_size(reads)
    facts = {"reads": looks(reads), "bytes_median": size}
    if odd := {kind for read in reads for kind in types_of(read.types)} - {"bytes"}:
        return refused(f"what is read is of type {', '.join(sorted(odd))}", **facts)
    if size > SMALL_BYTES:
        return refused("the reads are large", **facts)
    if looks(reads) < LEAST_READS:
        return refused("there are few reads", **facts)
    return Admission(evidence=facts, removable=0.9)


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The call without the argument."""
    opened = found_again(module, match, _opened, lambda each: each.call)
    span = _behind_mode(opened.call)
    return (Edit(file=module.file, span=span, text=""),)


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Read a file through a buffer",
    claims="wall_time",
    keeps_state=False,
    safety="consent",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
