"""The same file read and parsed at every turn of a loop.

What
    A loop that reads a file by a path that does not change in the loop, into a name that the
    loop only looks at.

Why slow
    The same bytes are read, decoded and parsed at every turn.

Evidence needed
    From the run: how often the file was read; that nobody wrote or replaced a file that the
    function read while it read it again. From the source: the path is the same at every turn, and
    what was read is only looked at.

Before
    for row in rows:
        with open("rates.json") as file:
            rates = json.load(file)
        total += row.amount * rates[row.currency]

After
    rates = None
    for row in rows:
        if rates is None:
            with open("rates.json") as file:
                rates = json.load(file)
        total += row.amount * rates[row.currency]

Safety
    Gated where nothing that the loop calls can write files, as far as the source shows: the file
    is still read where it was read first, so that a loop without turns reads nothing and errors
    appear where they did; the run must show that it did not change meanwhile. Needs consent where
    the loop calls something else, which may write the file in another run. A file that another
    program writes while the loop runs would be seen too late.

When not
    Files that the loop or anybody else writes, content that the loop changes or hands on,
    loops that wait, generators and coroutines (the file may change meanwhile).
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.codebase.scopes import LOOPS
from whet.records import CallSite
from whet.remedies._asking import asked
from whet.remedies._places import (
    alone_on_its_lines,
    found_again,
    hot_function,
    new_match,
    walk_function,
)
from whet.remedies.calls._looks import only_looked_at
from whet.remedies.calls._loops import (
    has_long_text,
    indent_unit,
    indented,
    is_invariant,
    only_used_in,
    stored_in,
)
from whet.remedies.calls._quiet import may_write, waits
from whet.remedies.calls._reading import PARSERS, read_path
from whet.remedies.calls._words import PURE_BUILTINS, PURE_METHODS
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match

NAME = "file_read_in_loop"
LEAST_READS = 3
_READS = frozenset({"read", "readlines", "read_text", "read_bytes"})
_LAZY = frozenset({"enumerate", "filter", "map", "reversed", "zip"})
_STRANGE = (
    ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.Await, ast.Lambda, ast.GeneratorExp, ast.Starred,
    ast.ListComp, ast.SetComp, ast.DictComp,
)  # fmt: skip
_WAITS = (ast.Yield, ast.YieldFrom, ast.Await, ast.AsyncFor, ast.AsyncWith)


@dataclass(frozen=True, slots=True)
class _Read:
    """A statement that reads a file into a name, and the outermost loop that may read it once."""

    statement: ast.stmt
    loop: ast.stmt
    name: str
    path: ast.expr


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every statement in a loop that reads the same file into a name."""
    function = hot_function(module, hot)
    if function is None:
        return []
    name = module.scopes.qualified_name(function)
    found = []
    for read in _reads(module, function):
        site = CallSite(
            site=f"{NAME}:{module.file}:{read.statement.lineno}#f", file=module.file, name=name,
            line=function.lineno, asks=("files",),
        )  # fmt: skip
        match = new_match(
            module,
            NAME,
            read.statement,
            f"a file is read into {read.name!r} at every turn of a loop",
            safety="consent" if may_write(module, read.loop) else "gated",
            values=[("path", read.path)],
            calls=(site,),
        )
        found.append(match)
    return found


def _reads(module: SourceModule, function: FunctionNode) -> Iterator[_Read]:
    nodes = list(walk_function(function))
    if isinstance(function, ast.AsyncFunctionDef) or any(isinstance(n, _WAITS) for n in nodes):
        return
    if module.scopes.star_import:
        return
    for node in nodes:
        read = _read(module, function, node) if isinstance(node, ast.stmt) else None
        if read is not None:
            yield read


def _read(module: SourceModule, function: FunctionNode, statement: ast.stmt) -> _Read | None:
    handle, assignment = _shape(module, function, statement)
    match assignment:
        case ast.Assign(targets=[ast.Name(id=name) as target], value=value):
            pass
        case _:
            return None
    paths = [p for n in ast.walk(statement) if (p := read_path(module, n)) is not None]
    if len(paths) != 1 or not _is_plain_reading(module, value, handle):
        return None
    loop = _loop_of(module, function, statement, name, paths[0])
    if loop is None or not _only_after(module, function, statement, target):
        return None
    if has_long_text(statement) or module.indent_of(statement) is None:
        return None
    return _Read(statement, loop, name, paths[0])


def _shape(
    module: SourceModule, function: FunctionNode, statement: ast.stmt
) -> tuple[str, ast.stmt | None]:
    """The name of the handle, and the assignment, of a reading statement."""
    match statement:
        case ast.With(
            items=[ast.withitem(context_expr=opened, optional_vars=ast.Name(id=handle))],
            body=[inner],
        ) if read_path(module, opened) is not None:
            own = only_used_in(module, function, handle, statement)
            return handle, inner if own else None
        case ast.Assign():
            return "", statement
        case _:
            return "", None


def _is_plain_reading(module: SourceModule, value: ast.expr, handle: str) -> bool:
    """Whether a value is made by reading, parsing and pure work on that alone."""
    names = set()
    for node in ast.walk(value):
        if isinstance(node, _STRANGE):
            return False
        if isinstance(node, ast.Call) and not _is_plain_call(module, node):
            return False
        if isinstance(node, ast.Name) and node.id == handle:
            names.add(handle)
    if not handle:
        return any(read_path(module, node) is not None for node in ast.walk(value))
    iterated = isinstance(value, ast.Name) and value.id == handle
    return bool(names) and not iterated


def _is_plain_call(module: SourceModule, call: ast.Call) -> bool:
    if read_path(module, call) is not None:
        return True
    dotted = module.scopes.dotted(call.func)
    if dotted is not None:
        return dotted in PARSERS - {"csv.reader", "csv.DictReader"} | {
            "pathlib.Path",
            "os.path.join",
        }
    match call.func:
        case ast.Name(id=name):
            pure = name in PURE_BUILTINS - _LAZY
            return pure and module.scopes.is_builtin(call.func)
        case ast.Attribute(attr=method):
            return method in PURE_METHODS | _READS
        case _:
            return False


def _loop_of(
    module: SourceModule, function: FunctionNode, statement: ast.stmt, name: str, path: ast.expr
) -> ast.stmt | None:
    """The outermost loop in which the path stays and outside of which the name is not used."""
    best: ast.stmt | None = None
    for parent in module.scopes.ancestors(statement):
        if parent is function:
            break
        if isinstance(parent, ast.stmt) and isinstance(parent, LOOPS):
            in_body = any(statement in set(ast.walk(inner)) for inner in parent.body)
            steady = (
                in_body
                and is_invariant(module, path, parent)
                and not waits(parent)
                and _reads_steady(statement, parent, name)
            )
            if not steady:
                break
            if alone_on_its_lines(module, parent) and only_used_in(module, function, name, parent):
                best = parent
    return best


def _reads_steady(statement: ast.stmt, loop: ast.stmt, name: str) -> bool:
    """Whether nothing else that the statement mentions is bound anew in the loop."""
    own = stored_in(statement)
    elsewhere = {
        node.id
        for node in ast.walk(loop)
        if isinstance(node, ast.Name)
        and not isinstance(node.ctx, ast.Load)
        and node not in set(ast.walk(statement))
    }
    loaded = {
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    return not (loaded | {name} | own) & elsewhere


def _only_after(
    module: SourceModule, function: FunctionNode, statement: ast.stmt, target: ast.Name
) -> bool:
    """Whether the name is only looked at, after the statement and within the same block."""
    scopes = module.scopes
    uses = scopes.uses(scopes.inner(function), target.id)
    loads = [use for use in uses if isinstance(use.ctx, ast.Load)]
    block = scopes.parent(statement)
    for use in loads:
        later = use.lineno > (statement.end_lineno or statement.lineno)
        around = list(scopes.ancestors(use))
        if not later or block not in around or scopes.function_of(use) is not function:
            return False
        if any(isinstance(node, ast.Lambda | ast.GeneratorExp) for node in around):
            return False
    return bool(loads) and len(uses) == len(loads) + 1 and only_looked_at(module, loads)


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether the file was read again and again, and stayed as it was."""
    paths = asked(match, evidence).get("path", [])
    call = evidence.calls.get(match.calls[0].site)
    if not paths or call is None or not call.calls:
        return refused("the run never came here")
    facts = {
        "reads": paths[0].observations,
        "calls": call.calls,
        "most_reads_of_one_file_in_a_call": call.files_most_in_one_call,
    }
    if call.files_changed is None or call.files_most_in_one_call is None:
        return refused("whether the file changes is not known", **facts)
    if call.files_changed:
        return refused("a file was written between two reads", **facts)
    if call.files_most_in_one_call < LEAST_READS:
        return refused("no file is read again within the loop", **facts)
    removable = 1 - call.calls / paths[0].observations
    if removable <= 0:
        return refused("no file is read again within the loop", **facts)
    return Admission(evidence=facts, removable=round(removable, 4))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The reading, where nothing was read yet."""
    read = found_again(module, match, _reads, lambda each: each.statement)
    statement, loop = read.statement, read.loop
    parent = module.scopes.parent(statement)
    outer = parent if isinstance(parent, ast.stmt) else loop
    unit = indent_unit(module, outer, statement)
    outside, indent = module.indent_of(loop) or "", module.indent_of(statement) or ""
    return (
        module.insert_before_line(loop.lineno, f"{outside}{read.name} = None\n"),
        module.insert_before_line(statement.lineno, f"{indent}if {read.name} is None:\n"),
        *indented(module, statement.lineno, statement.end_lineno or statement.lineno, unit),
    )


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Read a file once for a whole loop",
    claims="wall_time",
    keeps_state=False,
    safety="consent",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
