r"""More patterns built at run time than the `re` module keeps compiled.

What
    `re.search(pattern, text)` or `re.compile(pattern)` in a hot function, where the pattern is
    worked out at run time and comes again, but only after more than 512 others.

Why slow
    The `re` module keeps 512 compiled patterns. Where a program goes round more of them, each one
    has been thrown away when it comes again, and is compiled anew.

Evidence needed
    From the run: patterns are plain texts, more than 512 and at most 4,096 of them differ, and at
    least half of the calls bring one that was there before.

Before
    def mentions(word, text):
        return re.search(rf"\b{word}\b", text)

After
    _mentions_compiled = lru_cache(maxsize=4096, typed=True)(re.compile)


    def mentions(word, text):
        return _mentions_compiled(rf"\b{word}\b").search(text)

Safety
    Gated by evidence. A pattern that does not compile raises the same error at every call. The
    memory of 4,096 patterns (some 10 KB each) is kept as long as the process lives.

When not
    Few patterns (`re` keeps them itself), patterns without end (every one would be kept for
    nothing), debugging flags, texts whose evaluation may have effects.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.remedies._admission import types_of
from whet.remedies._library_calls import (
    argument_text,
    call_again,
    define_above,
    hot_calls,
    imported_above,
    name_for,
)
from whet.remedies._places import import_of, new_match
from whet.remedies.calls.pattern_in_function import PARAMETERS
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match

NAME = "pattern_built_at_run_time"
NAMES = frozenset(f"re.{method}" for method in PARAMETERS)
KEPT_BY_RE = 512
ENTRIES = 4096
LEAST_HIT_RATE = 0.5
FLAGS = frozenset("A ASCII I IGNORECASE M MULTILINE S DOTALL U UNICODE X VERBOSE".split())  # noqa: SIM905 -- pairs read better in a row
# Methods of text and bytes that change nothing and that a text is often prepared by.
_OF_TEXT = frozenset({"strip", "lstrip", "rstrip", "lower", "upper", "casefold", "replace"})


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every pattern that the hot function builds and hands to `re`."""
    found = []
    for call in hot_calls(module, hot, NAMES):
        if _can_be_split(module, call) and imported_above(module, call, {"re", "functools"}):
            message = "a pattern built at run time is compiled, perhaps again and again"
            values = [("pattern", call.args[0])]
            found.append(new_match(module, NAME, call, message, safety="gated", values=values))
    return found


def _can_be_split(module: SourceModule, call: ast.Call) -> bool:
    """Whether a call is one of compiling and one of a method, evaluated in this order."""
    if not call.args or isinstance(call.args[0], ast.Constant | ast.Starred):
        return False
    parameters = PARAMETERS[_method(module, call)]
    names = [keyword.arg for keyword in call.keywords]
    given = [*parameters[: len(call.args) - 1], *names]
    needed = {name for name in parameters if name in {"repl", "string"}}
    fits = (
        len(call.args) - 1 <= len(parameters)
        and len(set(given)) == len(given)
        and needed <= set(given) <= set(parameters)
    )
    commented = call.lineno != call.end_lineno and "#" in module.text_of(call)
    others = [*call.args[1:], *(keyword.value for keyword in call.keywords)]
    flags = _flags(module, call)
    return (
        fits
        and not commented
        and all(node is flags or _has_no_effect(node) for node in others)
        and (flags is None or _is_plain_flag(module, flags))
    )


def _has_no_effect(node: ast.expr) -> bool:
    """Whether it does not matter that a pattern is compiled before a text is evaluated."""
    match node:
        case ast.Name() | ast.Constant():
            return True
        case ast.Attribute(value=ast.Name()) | ast.Subscript(value=ast.Name()):
            inner = getattr(node, "slice", None)
            return inner is None or isinstance(inner, ast.Name | ast.Constant)
        case ast.Call(func=ast.Attribute(value=value, attr=attr), keywords=[]):
            return attr in _OF_TEXT and all(map(_has_no_effect, [value, *node.args]))
        case _:
            return False


def _is_plain_flag(module: SourceModule, node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _is_plain_flag(module, node.left) and _is_plain_flag(module, node.right)
    package, _, name = (module.scopes.dotted(node) or "").rpartition(".")
    zero = isinstance(node, ast.Constant) and node.value == 0
    return zero or (package == "re" and name in FLAGS)


def _method(module: SourceModule, call: ast.Call) -> str:
    return (module.scopes.dotted(call.func) or "").rpartition(".")[2]


def _flags(module: SourceModule, call: ast.Call) -> ast.expr | None:
    place = PARAMETERS[_method(module, call)].index("flags") + 1
    if len(call.args) > place:
        return call.args[place]
    return next((keyword.value for keyword in call.keywords if keyword.arg == "flags"), None)


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether there are more patterns than `re` keeps, and they come again."""
    value = evidence.values.get(match.values[0].site)
    if value is None or not value.observations:
        return refused("the run never came here")
    facts = {"patterns": value.observations, "distinct": value.distinct_values}
    distinct = value.distinct_values
    if not types_of(value.types) <= {"str", "bytes"} or distinct is None:
        return refused("not all patterns are plain texts", **facts)
    if distinct <= KEPT_BY_RE:
        return refused(f"`re` itself keeps {KEPT_BY_RE} patterns compiled", **facts)
    if distinct > ENTRIES:
        return refused(f"more than {ENTRIES} different patterns", **facts)
    hit_rate = 1 - distinct / max(value.described, 1)
    if hit_rate < LEAST_HIT_RATE:
        return refused("too few patterns come again", **facts)
    return Admission(evidence={**facts, "hit_rate": hit_rate}, removable=round(hit_rate, 4))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The bounded memo of `re.compile`, and its use.

    Raises:
        WhetError: The match is not in the module any more.
    """
    call = call_again(module, match, NAMES)
    cache, imports = import_of(module, "functools", "lru_cache")
    compiler, more = import_of(module, "re", "compile")
    name = name_for(module, call, "_{}_compiled", NAMES)
    memo = f"{name} = {cache}(maxsize={ENTRIES}, typed=True)({compiler})"
    flags = _flags(module, call)
    pattern = argument_text(module, call.args[0])
    compiled = f"{name}({pattern}{f', {module.text_of(flags)}' if flags else ''})"
    used = module.replace(call, compiled + _method_call(module, call, flags))
    return (*imports, *more, define_above(module, call, memo), used)


def _method_call(module: SourceModule, call: ast.Call, flags: ast.expr | None) -> str:
    method = _method(module, call)
    if method == "compile":
        return ""
    kept = [module.text_of(argument) for argument in call.args[1:] if argument is not flags]
    kept += [
        f"{keyword.arg}={module.text_of(keyword.value)}"
        for keyword in call.keywords
        if keyword.arg != "flags"
    ]
    return f".{method}({', '.join(kept)})"


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Keep patterns compiled that come again",
    claims="cpu_time",
    keeps_state=True,
    safety="gated",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
