"""Counting in a list, again and again.

What
    `items.count(x)` in a loop or a comprehension that leaves `items` as it is.

Why slow
    Each call compares `x` with every element; a Counter has counted all of them in one pass.

Evidence needed
    From the run: it was always a list or tuple; its elements and all that was counted can be
    hashed and compare as builtins do (no custom `__eq__`, no NaN); how long the list was, how
    often it was asked and how often a table would be made.

Before
    def frequencies(words):
        return {word: words.count(word) for word in words}

After
    def frequencies(words):
        words_counts = Counter(words)
        return {word: words_counts[word] for word in words}

Safety
    Gated by evidence. A list that somebody else may hold is left alone if the loop calls
    anything that could change it.

When not
    Elements that cannot be hashed or have an equality of their own, short lists, few calls for
    each list, lists that change in the loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.remedies._places import found_again, hot_function, import_of
from whet.remedies.containers._lookups import Lookup, admit_lookup, find_lookups, match_of
from whet.remedies.remedy import Admission, Remedy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match

NAME = "count_in_loop"
BUILD_NS = 60.0  # of one element of a Counter, CPython 3.11: 51 to 67


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every list of the hot function that a loop counts in."""
    function = hot_function(module, hot)
    found = _lookups(module, function) if function else ()
    return [match_of(module, NAME, each, "how often it holds something") for each in found]


def _lookups(module: SourceModule, function: FunctionNode) -> Iterator[Lookup]:
    for lookup in find_lookups(module, function, "count"):
        outer = [_around(module, lookup, index) for index in range(len(lookup.calls))]
        if not any("#" in text or "," in text for text in outer):
            yield lookup


def _around(module: SourceModule, lookup: Lookup, index: int) -> str:
    """The source of a call without what is counted: a comment there would be lost."""
    call = lookup.calls[index]
    return module.text_of(call).replace(module.text_of(call.args[0]), "", 1)


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether a Counter answers alike, and pays."""
    return admit_lookup(match, evidence, build_ns=BUILD_NS, part=1.0)


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """A Counter made before the loop.

    Raises:
        WhetError: The match is not in the module any more.
    """
    found = found_again(module, match, _lookups, lambda each: each.calls[0])
    maker, imports = import_of(module, "collections", "Counter")
    table = module.fresh_name(f"{found.name}_counts")
    indent = module.indent_of(found.before) or ""
    line = f"{indent}{table} = {maker}({found.name})\n"
    asked = [
        module.replace(call, f"{table}[{module.text_of(call.args[0])}]") for call in found.calls
    ]
    return (*imports, module.insert_before_line(found.before.lineno, line), *asked)


REMEDY = Remedy(
    name=NAME,
    family="containers",
    title="Count once, in a Counter",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
