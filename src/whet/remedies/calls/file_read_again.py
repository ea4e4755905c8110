"""A function that reads and parses the same unchanged files again and again.

What
    A function whose result depends on nothing but its arguments and the content of the file that
    one of them names, and which the run called mostly for files that it had read before.

Why slow
    The same bytes are read, decoded and parsed many times; asking for the state of a file is all
    that it takes to know that nothing changed.

Evidence needed
    From the run: how many files its calls opened and how many different ones; that none of them
    was written, replaced or found changed in between; that no caller changed a result (containers
    of built-in values are looked at again when the program ends); that arguments are plain. From
    the source: nothing but reading, parsing and pure work in the function.

Before
    def load(path):
        with open(path) as file:
            return json.load(file)

After
    def load(path):
        _status = os.stat(path)
        _state = (_status.st_dev, _status.st_ino, _status.st_size,
                  _status.st_mtime_ns, _status.st_ctime_ns)
        return _load_once(path, _state)


    @lru_cache(maxsize=64, typed=True)
    def _load_once(path, _state):
        with open(path) as file:
            return json.load(file)

Safety
    Gated where the source shows that all callers only look at the result, or where the results
    are immutable: device, inode, size and both times of the file are asked at each call, so that
    a file that was changed is read again. Needs consent where results can be changed and go to
    callers that the source does not show: they would share one object. A file that is
    rewritten with as many bytes within one tick of the file system's clock is not noticed, nor is
    what the kernel writes into its own files (`/proc`, `/sys`).

When not
    Files that are written meanwhile, results that callers change, generators, methods, functions
    that do anything beside reading.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.records import CallSite, Match
from whet.remedies._admission import types_of
from whet.remedies._places import alone_on_its_lines, hot_function, import_of, new_match
from whet.remedies.calls._looks import only_looked_at
from whet.remedies.calls._purity import is_only_called, is_plain_function
from whet.remedies.calls._reading import PATHS, ReadPurity
from whet.remedies.remedy import Admission, Remedy, gone, refused

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import CallEvidence, Edit, Evidence, HotPlace

NAME = "file_read_again"
ENTRIES = 64
LEAST_READS = 3
LEAST_REPEATED = 0.5
_ARGUMENTS = PATHS | {"int", "bool", "NoneType"}
_RESULTS = frozenset({"str", "bytes", "int", "float", "bool", "NoneType", "tuple", "frozenset"})
_HELD = frozenset({"list", "dict", "set"})


@dataclass(frozen=True, slots=True)
class _Reader:
    """A function that can be split; `path` is the parameter, `first` where the body begins."""

    function: FunctionNode
    path: str
    first: ast.stmt
    seen_through: bool


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match if the hot function reads one file and is pure beside it."""
    function = hot_function(module, hot)
    reader = _reader(module, function) if function is not None else None
    if reader is None:
        return []
    function = reader.function
    name = module.scopes.qualified_name(function)
    site = CallSite(
        site=f"{NAME}:{module.file}:{function.lineno}#f", file=module.file, name=name,
        line=function.lineno, asks=("files", "results"),
    )  # fmt: skip
    return [
        new_match(
            module,
            NAME,
            reader.first,
            f"{name} may read the same files again and again",
            safety="gated" if reader.seen_through else "consent",
            calls=(site,),
            lines=(reader.first.lineno,),
            data={"path": reader.path, "parameters": len(_parameters(function))},
        )
    ]


def _reader(module: SourceModule, function: FunctionNode) -> _Reader | None:
    scopes = module.scopes
    if scopes.star_import or not is_plain_function(module, function):
        return None
    if scopes.parent(function) is not scopes.tree or not is_only_called(module, function):
        return None
    documented = ast.get_docstring(function) is not None
    body = function.body[1:] if documented else function.body
    if not body or not alone_on_its_lines(module, body[0]) or _has_default(function):
        return None
    if any(scopes.import_origin(each.arg) for each in _parameters(function)):
        return None  # the new lines may need what the parameter hides
    path = _path_of(module, function, body[0])
    if path is None or function.body[0].lineno == function.lineno:
        return None
    return _Reader(function, path, body[0], _callers_only_look(module, function))


def _path_of(module: SourceModule, function: FunctionNode, first: ast.stmt) -> str | None:
    """The parameter that names the one file of a function that is pure but for reading it."""
    purity = ReadPurity(module, function)
    if purity.reason or purity.trusted or purity.recursive or len(purity.paths) != 1:
        return None
    path = purity.paths[0]
    return path.id if _comes_first(module, path, first) else None


def _comes_first(module: SourceModule, path: ast.Name, first: ast.stmt) -> bool:
    """Whether the file is certainly opened by the first statement, with nothing that catches."""
    for parent in module.scopes.ancestors(path):
        if parent is first:
            return isinstance(first, ast.With | ast.Assign | ast.AnnAssign | ast.Return)
        if not isinstance(parent, ast.Call | ast.Attribute | ast.withitem | ast.keyword):
            return False
    return False


def _parameters(function: FunctionNode) -> list[ast.arg]:
    arguments = function.args
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]


def _has_default(function: FunctionNode) -> bool:
    """Whether a path could be left out: None cannot be asked for its state."""
    return bool(function.args.defaults) and len(function.args.defaults) == len(function.args.args)


def _callers_only_look(module: SourceModule, function: FunctionNode) -> bool:
    """Whether the source shows all callers, and each only looks at what it gets."""
    if module.outside is None or {function.name, "*"} & module.outside:
        return _returns_text(function)
    calls: list[ast.expr] = []
    for use in module.scopes.uses(module.scopes.module, function.name):
        call = module.scopes.parent(use)
        if not (isinstance(call, ast.Call) and call.func is use):
            return _returns_text(function)
        calls.extend(_mentions(module, call))
    return bool(calls) and (only_looked_at(module, calls) or _returns_text(function))


def _mentions(module: SourceModule, call: ast.Call) -> list[ast.expr]:
    """The call, or where it is assigned to a local name, the places that read this name."""
    around = module.scopes.parent(call)
    match around:
        case ast.Assign(targets=[ast.Name(id=name)]):
            owner = module.scopes.owner(name, module.scopes.scope_of(around.targets[0]))
            if owner is None or owner is module.scopes.module:
                return [call]
            uses = module.scopes.uses(owner, name)
            return [use for use in uses if isinstance(use.ctx, ast.Load)]
        case _:
            return [call]


def _returns_text(function: FunctionNode) -> bool:
    """Whether every result is written as text or a number, which nobody can change."""
    returned = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
    return all(_is_text(value) for value in returned)


def _is_text(value: ast.expr | None) -> bool:
    match value:
        case None | ast.Constant() | ast.JoinedStr():
            return True
        case ast.Call(func=ast.Attribute(value=inner, attr="read" | "read_text" | "read_bytes")):
            return not isinstance(inner, ast.Constant)
        case ast.Call(
            func=ast.Attribute(value=inner, attr="strip" | "lower" | "upper" | "rstrip")
        ):
            return _is_text(inner)
        case ast.Call(func=ast.Name(id="int" | "float" | "len" | "str")):
            return True
        case _:
            return False


def admit(match: Match, evidence: Evidence) -> Admission:  # noqa: PLR0911 -- one return a reason
    """Whether the same files were read again, unchanged, and their results were left alone."""
    call = evidence.calls.get(match.calls[0].site)
    if call is None or not call.calls:
        return refused("the run never called it")
    reads, distinct = call.files_read or 0, call.files_distinct
    facts = {"calls": call.calls, "files_read": reads, "different_files": distinct}
    if call.files_changed is None or distinct is None:
        return refused("which files it read is not known", **facts)
    if call.files_changed:
        return refused("files were written between two reads", **facts)
    keys = _ARGUMENTS if match.data["parameters"] > 1 else PATHS
    if not types_of(call.argument_types) <= keys:
        kinds = ", ".join(sorted(types_of(call.argument_types) - keys))
        return refused(f"arguments of {kinds} are no safe keys", **facts)
    if reason := _against_results(call):
        return refused(reason, **facts)
    if distinct > ENTRIES or (call.distinct_arguments or 0) > ENTRIES:
        return refused(f"more than {ENTRIES} different files", **facts)
    repeated = 1 - distinct / reads if reads else 0.0
    if call.hit_rate is not None:
        repeated = min(repeated, call.hit_rate)
    if reads - distinct < LEAST_READS or repeated < LEAST_REPEATED:
        return refused("few files are read again", **facts)
    return Admission(evidence=facts, removable=round(repeated, 4))


def _against_results(call: CallEvidence) -> str | None:
    kinds = types_of(call.result_types)
    if call.results_immutable is True:
        return None
    if not kinds <= _RESULTS | _HELD:
        return f"results of type {', '.join(sorted(kinds - _RESULTS - _HELD))} may hold state"
    if not call.results_kept:
        return "it is not known whether callers change the results"
    return "callers change the results" if call.results_changed else None


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The function split in two: one asks for the file's state, one remembers what it read."""
    function = module.function_at(match.span.line) if module.tree else None
    reader = _reader(module, function) if function is not None else None
    if reader is None or reader.first.lineno != match.span.line:
        raise gone(match)
    cache, imports = import_of(module, "functools", "lru_cache")
    stat, more = import_of(module, "os", "stat")
    text = _text(module, reader, cache, stat)
    return (*imports, *more, module.insert_before_line(reader.first.lineno, text))


def _text(module: SourceModule, reader: _Reader, cache: str, stat: str) -> str:
    function = reader.function
    indent = module.indent_of(reader.first) or ""
    inner = module.fresh_name(f"_{function.name.lstrip('_')}_once")
    status, state = module.fresh_name("_status"), module.fresh_name("_state")
    names = [parameter.arg for parameter in _parameters(function)]
    fields = ("st_dev", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns")
    rows = "".join(f"{indent}{indent}{status}.{field},\n" for field in fields)
    return (
        f"{indent}{status} = {stat}({reader.path})\n"
        f"{indent}{state} = (\n{rows}{indent})\n"
        f"{indent}return {inner}({', '.join([*names, state])})\n"
        f"\n\n@{cache}(maxsize={ENTRIES}, typed=True)\n"
        f"def {inner}({', '.join([*names, state])}):\n"
    )


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Read a file again only when it has changed",
    claims="wall_time",
    keeps_state=True,
    safety="consent",
    share="function",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
