"""A memo without a bound, of which hardly an entry is ever asked for again.

What
    `@cache` or `@lru_cache(maxsize=None)` on a pure function of the module that the run called
    with ever new arguments.

Why slow
    Every argument and every result is kept until the program ends; what is never asked for again
    is only memory.

Evidence needed
    From the run: how often the function was asked and how often it had to work (all its calls are
    seen), that arguments are ints, strings, bytes or None, and that results are deeply immutable.
    From the source: purity of the function.

Before
    @cache
    def digest(text):
        ...

After
    @lru_cache(maxsize=4096)
    def digest(text):
        ...

Safety
    Gated by evidence: an entry that was dropped is worked out again, to an equal result. A
    program that comes back to more than 4096 arguments works more.

When not
    Recursive functions (they live on their memo), functions that other modules call, results that
    can be changed or are compared by identity, more than one hit in ten.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.records import CallSite
from whet.remedies._admission import PLAIN, types_of
from whet.remedies._asking import asked, looks
from whet.remedies._places import found_again, hot_function, import_of, new_match
from whet.remedies.calls._purity import Purity
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import CallEvidence, Edit, Evidence, HotPlace, Match

NAME = "unbounded_cache"
ENTRIES = 4096
MOST_SITES = 12
MOST_HITS = 0.1


@dataclass(frozen=True, slots=True)
class _Memo:
    """A function with its memo, and all calls of it in the module."""

    function: FunctionNode
    decorator: ast.expr
    calls: tuple[ast.Call, ...]


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match if the hot function has a memo without a bound, or calls one that has."""
    function = hot_function(module, hot)
    if function is None or module.outside is None:  # who else calls it is not known
        return []
    return [_match(module, memo) for memo in _memos(module, function)]


def _match(module: SourceModule, memo: _Memo) -> Match:
    name = memo.function.name
    match_id = f"{NAME}:{module.file}:{memo.function.lineno}"
    site = CallSite(site=f"{match_id}#f", file=module.file, name=name, line=memo.function.lineno)
    return new_match(
        module,
        NAME,
        memo.decorator,
        f"{name} remembers every result for ever",
        safety="gated",
        values=[("call", call) for call in memo.calls],
        calls=(site,),
        lines=(memo.decorator.lineno, *(call.lineno for call in memo.calls)),
        data={"functions": [name]},
    )


def _memos(module: SourceModule, function: FunctionNode) -> Iterator[_Memo]:
    scopes = module.scopes
    calls_in = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    named = {called.id for called in calls_in if isinstance(called, ast.Name)}
    for name in sorted({function.name, *named}):
        match scopes.bindings(scopes.module, name):
            case [ast.FunctionDef(decorator_list=[decorator]) as node]:
                pass
            case _:
                continue
        if scopes.parent(node) is not scopes.tree or _bound(module, decorator) is None:
            continue
        calls = _all_calls(module, name)
        purity = Purity(module, node)
        plain = not (purity.reason or purity.recursive or purity.trusted)
        within = {at.name for call in calls if (at := scopes.function_of(call)) is not None}
        if calls and plain and not within & purity.functions:
            yield _Memo(node, decorator, calls)


def _bound(module: SourceModule, decorator: ast.expr) -> ast.expr | None:
    """What has to be replaced so that a memo gets a bound; None: it has one, or is no memo."""
    dotted = module.scopes.dotted
    match decorator:
        case ast.Name() | ast.Attribute() if dotted(decorator) == "functools.cache":
            return decorator
        case ast.Call(func=func, args=[], keywords=keywords):
            pass
        case ast.Call(func=func, args=[ast.Constant(value=None) as size], keywords=[]):
            return size if dotted(func) == "functools.lru_cache" else None
        case _:
            return None
    sizes = [k.value for k in keywords if k.arg == "maxsize"]
    others = {keyword.arg for keyword in keywords} - {"maxsize", "typed"}
    none = len(sizes) == 1 and isinstance(sizes[0], ast.Constant) and sizes[0].value is None
    return sizes[0] if none and not others and dotted(func) == "functools.lru_cache" else None


def _all_calls(module: SourceModule, name: str) -> tuple[ast.Call, ...]:
    """Every call of a function; empty if it is used in another way or from elsewhere."""
    scopes = module.scopes
    if {name, "*"} & (module.outside or frozenset()):
        return ()
    calls: list[ast.Call] = []
    for use in scopes.uses(scopes.module, name):
        match scopes.parent(use):
            case ast.Call(func=func) as call if func is use:
                calls.append(call)
            case _:
                return ()
    return tuple(calls) if len(calls) <= MOST_SITES else ()


def admit(match: Match, evidence: Evidence) -> Admission:  # noqa: PLR0911 -- one return a reason
    """Whether hardly anything was asked for twice."""
    call = evidence.calls.get(match.calls[0].site)
    asked_for = looks(asked(match, evidence).get("call", []))
    if call is None or not call.calls or not asked_for:
        return refused("the run never called it")
    hits = max(0.0, 1 - call.calls / asked_for)
    facts = {"asked": asked_for, "remembered": call.calls, "hits": round(hits, 4)}
    if call.results_immutable is not True:
        return refused("its results can be changed by whoever gets them", **facts)
    if odd := _odd_keys(call):
        return refused(f"arguments of type {odd} may be equal and different", **facts)
    if call.io_events:
        return refused("it does I/O", **facts)
    if call.calls <= 2 * ENTRIES:
        return refused("few results are remembered", **facts)
    if hits > MOST_HITS:
        return refused("what it remembers is asked for again", **facts)
    return Admission(evidence=facts, removable=round(1 - ENTRIES / call.calls, 4))


def _odd_keys(call: CallEvidence) -> str:
    """The types of arguments of which a memo may take one for another: 1, 1.0 and True."""
    kinds = types_of(call.argument_types)
    odd = kinds - PLAIN
    return ", ".join(sorted(odd or ({"bool", "int"} if {"bool", "int"} <= kinds else set())))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The bound."""
    memo = found_again(module, match, _memos, lambda each: each.decorator)
    bound = _bound(module, memo.decorator)
    assert bound is not None  # noqa: S101 -- _memos has seen to it
    if bound is not memo.decorator:
        return (module.replace(bound, str(ENTRIES)),)
    cache, imports = import_of(module, "functools", "lru_cache")
    return (*imports, module.replace(bound, f"{cache}(maxsize={ENTRIES})"))


REMEDY = Remedy(
    name=NAME,
    family="memory",
    title="Bound a memo that is hardly asked again",
    claims="peak_memory",
    keeps_state=True,
    safety="gated",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
