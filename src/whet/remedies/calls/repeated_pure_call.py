"""A pure function called with the same arguments again and again.

What
    A function of a module (or a static method) whose result depends on its arguments only, and
    which the run called mostly with arguments that it had seen before.

Why slow
    The same answer is worked out many times.

Evidence needed
    From the run: the hit rate that a memo would have had, how many different arguments there
    were, that arguments are ints, strings, bytes, bools or None, that results are deeply
    immutable, and that no I/O happened. From the source: purity of the function and of all that
    it calls.

Before
    def width(char):
        ...

After
    @lru_cache(maxsize=4096, typed=True)
    def width(char):
        ...

Safety
    Gated by evidence, whatever the source shows: a list as an argument, which no run has given,
    would be a TypeError, -0.0 would get the answer of 0.0, and a result that can be changed would
    be shared. Constants that other modules hold or could replace, and recursion (the memo's own
    frames count against the recursion limit), rest on the run too. The memo is bounded and lives
    as long as the process; `typed` keeps 1, 1.0 and True apart.

When not
    Few hits (a memo without hits is slower), mutable results, floats (0.0 and -0.0 are equal),
    tuples (typed does not look inside), methods (the memo would keep their objects alive),
    generators, coroutines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.codebase.syntax import first_line, span_of
from whet.records import CallSite, Edit, Match, Span
from whet.remedies._admission import types_of
from whet.remedies._library_calls import imported_above
from whet.remedies._places import hot_function, import_of
from whet.remedies.calls._purity import Purity, is_only_called, is_plain_function
from whet.remedies.remedy import Admission, Remedy, gone, refused

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace

NAME = "repeated_pure_call"
ENTRIES = 4096
LEAST_HIT_RATE = 0.5
LEAST_CALLS = 50
_KEYS = frozenset({"int", "str", "bytes", "bool", "NoneType"})


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match if the hot function is pure as far as its source tells."""
    function = hot_function(module, hot)
    if function is None or not is_plain_function(module, function):
        return []
    if not is_only_called(module, function) or not imported_above(module, function, {"functools"}):
        return []
    purity = Purity(module, function)
    if purity.reason:
        return []
    name = module.scopes.qualified_name(function)
    match_id = f"{NAME}:{module.file}:{function.lineno}"
    site = CallSite(site=f"{match_id}#f", file=module.file, name=name, line=function.lineno)
    whole = span_of(function)
    span = Span(
        line=whole.line, column=whole.column, end_line=whole.line, end_column=whole.column + 3
    )
    return [
        Match(
            match_id=match_id,
            remedy=NAME,
            file=module.file,
            span=span,
            function=name,
            message=f"{name} is pure and may be asked the same again and again",
            safety="gated",
            calls=(site,),
            lines=(function.lineno,),
            data={"trusted": sorted(purity.trusted), "recursive": purity.recursive},
        )
    ]


def admit(match: Match, evidence: Evidence) -> Admission:  # noqa: PLR0911 -- one return a reason
    """Whether the run shows enough hits, and nothing that a memo would change."""
    call = evidence.calls.get(match.calls[0].site)
    if call is None or not call.calls:
        return refused("the run never called it")
    facts = {
        "calls": call.calls,
        "hit_rate": call.hit_rate,
        "distinct_arguments": call.distinct_arguments,
        **({"taken for constant": match.data["trusted"]} if match.data.get("trusted") else {}),
    }
    if call.io_events:
        return refused("it does I/O", **facts)
    if call.generator or call.arguments_mutated:
        return refused("it changes its arguments or yields", **facts)
    if not types_of(call.argument_types) <= _KEYS or call.arguments_immutable is not True:
        kinds = ", ".join(sorted(types_of(call.argument_types) - _KEYS)) or "unknown kinds"
        return refused(f"arguments of {kinds} are no safe keys", **facts)
    if call.results_immutable is not True:
        return refused("its results can be changed by whoever gets them", **facts)
    if call.hit_rate is None or call.distinct_arguments is None:
        return refused("how often arguments come again is not known", **facts)
    if call.distinct_arguments > ENTRIES:
        return refused(f"more than {ENTRIES} different arguments", **facts)
    if call.calls < LEAST_CALLS or call.hit_rate < LEAST_HIT_RATE:
        return refused("too few calls repeat their arguments", **facts)
    return Admission(evidence=facts, removable=round(call.hit_rate, 4))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The decorator, under `staticmethod` where there is one."""
    function = module.function_at(match.span.line) if module.tree else None
    found = function is not None and function.lineno == match.span.line
    if function is None or not found or module.scopes.qualified_name(function) != match.function:
        raise gone(match)
    cache, imports = import_of(module, "functools", "lru_cache")
    indent = module.indent_of(function) or ""
    line = f"{indent}@{cache}(maxsize={ENTRIES}, typed=True)\n"
    place = function.lineno if function.decorator_list else first_line(function)
    return (*imports, module.insert_before_line(place, line))


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Remember results of a pure function",
    claims="cpu_time",
    keeps_state=True,
    safety="gated",
    share="function",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
