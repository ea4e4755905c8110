"""A missing key that is found out by its exception, again and again.

What
    `try: value = table[key]` with `except KeyError:` where the key is often not there.

Why slow
    Raising and catching takes several times as long as asking whether the key is there.

Evidence needed
    From the run: the table was always a plain dict, keys were plain, and more than a fifth of the
    look-ups failed.

Before
    try:
        count = counts[word]
    except KeyError:
        count = 0

After
    if word in counts:
        count = counts[word]
    else:
        count = 0

Safety
    Gated: types and the rate are those that the run showed, and one thread did it. The handler
    may not name the exception, raise, or call anything that could ask for it.

When not
    Rare failures (a `try` that raises nothing is free on Python 3.11 and newer), `defaultdict` and
    other subclasses, `else` or `finally`, more than one statement in the `try`; tables that
    threads of the file could reach.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.codebase.scopes import FUNCTIONS
from whet.records import CallSite, Edit, Span
from whet.remedies._admission import plain_probe
from whet.remedies._asking import asked, looks, others_than
from whet.remedies._locals import in_brackets
from whet.remedies._names import simple
from whet.remedies._places import (
    alone_on_its_lines,
    found_again,
    hot_function,
    new_match,
    walk_function,
)
from whet.remedies.calls._words import CHANGING_METHODS, PURE_BUILTINS
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match

NAME = "key_missing_by_exception"
LEAST_RATE = 0.2
LEAST_TRIES = 100
# Nanoseconds, CPython 3.11: a look-up that raises 130, one that does not 15; asking first 12.
RAISE_NS, FIND_NS, ASK_NS = 130.0, 15.0, 12.0
_THREADS = frozenset({
    "Thread", "ThreadPool", "ThreadPoolExecutor", "Timer", "_thread", "futures", "threading",
    "to_thread", "run_in_executor",
})  # fmt: skip
_CAUGHT = frozenset({"KeyError", "LookupError", "IndexError"})
_ASKS_OR_LEAVES = (ast.Raise, ast.Await, ast.Yield, ast.YieldFrom, ast.With, ast.AsyncWith,
                   ast.Try, ast.Assert, ast.Import, ast.ImportFrom, ast.Delete)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class _Try:
    """The statement, its look-up, and an expression that is reached only if it succeeds."""

    statement: ast.Try
    handler: ast.ExceptHandler
    lookup: ast.Subscript
    reached: ast.expr


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every look-up of the hot function whose KeyError is caught."""
    function = hot_function(module, hot)
    return [_match(module, each) for each in _find(module, function)] if function else []


def _find(module: SourceModule, function: FunctionNode) -> list[_Try]:
    found = [_try(node) for node in walk_function(function)]
    return [each for each in found if each is not None and _may_be(module, each)]


def _try(node: ast.AST) -> _Try | None:
    match node:
        case ast.Try(
            body=[
                ast.Assign(targets=[ast.Name()], value=ast.Subscript() as lookup)
                | ast.Return(value=ast.Subscript() as lookup)
            ],
            handlers=[handler],
            orelse=[],
            finalbody=[],
        ):
            return _Try(statement=node, handler=handler, lookup=lookup, reached=lookup)
        case ast.Try(
            body=[ast.AugAssign(target=ast.Subscript() as lookup, value=added)],
            handlers=[handler],
            orelse=[],
            finalbody=[],
        ) if simple(added):
            return _Try(statement=node, handler=handler, lookup=lookup, reached=added)
        case _:
            return None


def _may_be(module: SourceModule, each: _Try) -> bool:
    """Whether only the exception tells the `try` from an `if`."""
    return (
        _is_held(module, each.lookup.value)
        and _is_key(each.lookup.slice)
        and "\n" not in module.text_of(each.lookup.slice) + module.text_of(each.lookup.value)
        and not _is_shared(module, each.lookup.value)
        and each.handler.name is None
        and _catches(module, each.handler.type)
        and all(_is_quiet(module, node) for part in each.handler.body for node in ast.walk(part))
        and alone_on_its_lines(module, each.statement)
        and _colon(module, each) is not None
    )


def _is_held(module: SourceModule, table: ast.expr) -> bool:
    """Whether reading the table twice is the same as once: a name, or a plain attribute of one."""
    match table:
        case ast.Name():
            return True
        case ast.Attribute(value=ast.Name(), attr=attribute):
            classes = [scope for scope in module.scopes.all if scope.is_class]
            return not any(attribute in scope.bindings for scope in classes)
        case _:
            return False


def _is_shared(module: SourceModule, table: ast.expr) -> bool:
    """Whether a file that speaks of threads lets them reach the table, to take keys away."""
    if not _THREADS & module.words:
        return False
    if not isinstance(table, ast.Name):
        return True
    scopes = module.scopes
    owner = scopes.owner(table.id, scopes.scope_of(table))
    if owner is None or not isinstance(owner.node, FUNCTIONS):
        return True
    return any(isinstance(each, ast.arg) for each in scopes.bindings(owner, table.id))


def _is_key(key: ast.expr) -> bool:
    return simple(key) or (isinstance(key, ast.Tuple) and all(simple(part) for part in key.elts))


def _catches(module: SourceModule, kind: ast.expr | None) -> bool:
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    names = {k.id for k in kinds if isinstance(k, ast.Name) and module.scopes.is_builtin(k)}
    return len(kinds) == len(names) and names <= _CAUGHT and names != {"IndexError"}


def _is_quiet(module: SourceModule, node: ast.AST) -> bool:
    """Whether a node of the handler can neither raise on purpose nor ask what is handled."""
    match node:
        case ast.Call(func=ast.Name(id=name) as func):
            return module.scopes.is_builtin(func) and name in PURE_BUILTINS
        case ast.Call(func=ast.Attribute(attr=method)):
            return method in CHANGING_METHODS
        case ast.Call():
            return False
        case _:
            return not isinstance(node, _ASKS_OR_LEAVES)


def _colon(module: SourceModule, each: _Try) -> tuple[Span, Span] | None:
    """The words `try` and `except ...` up to their colons; None: they are written strangely."""
    first, second = each.statement, each.handler
    opening = module.lines[first.lineno - 1][first.col_offset :]
    kind = second.type
    assert kind is not None  # noqa: S101 -- _catches has seen to it
    row = module.lines[(kind.end_lineno or 0) - 1][kind.end_col_offset or 0 :]
    before = module.lines[second.lineno - 1][: second.col_offset]
    begins = module.lines[second.lineno - 1][second.col_offset :].startswith(b"except")
    begins = begins and not before.strip()
    if not (opening.startswith(b"try:") and begins) or kind.end_lineno != second.lineno:
        return None
    closing = row.lstrip(b" )")
    if not closing.startswith(b":"):
        return None
    end = (kind.end_col_offset or 0) + len(row) - len(closing)
    return (
        Span(
            line=first.lineno,
            column=first.col_offset,
            end_line=first.lineno,
            end_column=first.col_offset + len("try"),
        ),
        Span(
            line=second.lineno,
            column=second.col_offset,
            end_line=second.lineno,
            end_column=end,
        ),
    )


def _match(module: SourceModule, each: _Try) -> Match:
    function = module.scopes.function_of(each.statement)
    assert function is not None  # noqa: S101 -- it was found in one
    name = module.scopes.qualified_name(function)
    keys = each.lookup.slice.elts if isinstance(each.lookup.slice, ast.Tuple) else []
    key = keys or [each.lookup.slice]
    site = CallSite(
        site=f"{NAME}:{module.file}:{function.lineno}#f",
        file=module.file,
        name=name,
        line=function.lineno,
    )
    return new_match(
        module,
        NAME,
        each.statement,
        "a missing key is found out by its exception",
        safety="gated",
        values=[
            ("table", each.lookup.value),
            *(("key", part) for part in key),
            ("found", each.reached),
        ],
        calls=(site,),
    )


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether the table was a plain dict, and the key often missing."""
    seen = asked(match, evidence)
    tables, keys = seen.get("table", []), seen.get("key", [])
    if not tables or len(keys) < sum(site.role == "key" for site in match.values):
        return refused("the run never came here")
    if reason := others_than({"dict"}, tables, "the table"):
        return refused(reason)
    for key in keys:
        if reason := plain_probe(key):
            return refused(reason)
    call = evidence.calls.get(match.calls[0].site)
    if call is None or call.threads > 1:
        return refused("another thread could take the key away between the two look-ups")
    tries, found = looks(tables), looks(seen.get("found", []))
    rate = 1 - found / tries
    facts = {"tries": tries, "missing": round(rate, 4)}
    if rate <= LEAST_RATE or tries < LEAST_TRIES:
        return refused("the key is seldom missing", **facts)
    old = rate * RAISE_NS + (1 - rate) * FIND_NS
    new = ASK_NS + (1 - rate) * FIND_NS
    return Admission(evidence=facts, removable=round(max(0.0, 1 - new / old), 4))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """`if key in table:` for `try:`, `else:` for `except KeyError:`.

    Raises:
        WhetError: The match is not in the module any more.
    """
    each = found_again(module, match, _find, lambda found: found.statement)
    words = _colon(module, each)
    assert words is not None  # noqa: S101 -- _may_be has seen to it
    key, table = module.text_of(each.lookup.slice), module.text_of(each.lookup.value)
    if isinstance(each.lookup.slice, ast.Tuple) and not in_brackets(module, each.lookup.slice):
        key = f"({key})"
    nothing = _without_handler(module, each)
    return (
        Edit(file=module.file, span=words[0], text=f"if {key} in {table}"),
        nothing or Edit(file=module.file, span=words[1], text="else"),
    )


def _without_handler(module: SourceModule, each: _Try) -> Edit | None:
    """The handler taken out, where it does nothing and says nothing."""
    first, last = each.handler.lineno, each.handler.end_lineno or each.handler.lineno
    rows = module.lines[first - 1 : last]
    only_passes = [type(node) for node in each.handler.body] == [ast.Pass]
    if not only_passes or any(b"#" in row for row in rows) or not rows[-1].endswith(b"\n"):
        return None
    span = Span(line=first, column=0, end_line=last + 1, end_column=0)
    return Edit(file=module.file, span=span, text="")


REMEDY = Remedy(
    name=NAME,
    family="containers",
    title="Ask for a key before looking it up",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
