"""Rules for code that must not fail, fitted to Python.

Source: Holzmann, "The Power of 10: Rules for Developing Safety-Critical Code", IEEE Computer 39
(2006): no recursion (1), a bound for every loop (2), functions of a page (4), results that are
looked at (7). The other rules speak of C: pointers, preprocessor, memory, compiler warnings.

Which results matter is learned from the project itself. Source: Engler et al., "Bugs as Deviant
Behavior", SOSP (2001): where nearly all callers use a result, the one that does not is suspect.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.codebase.structure.connascence import unique_functions
from whet.codebase.structure.cycles import strong_components
from whet.records.analysis import CodePlace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from whet.codebase.structure.facts import CallFacts, FileFacts, FunctionFacts

PAGE_STATEMENTS = 60  # rule 4: "about 60 lines of code", one statement a line
_LEAST_CALLS = 5  # of a function whose results are looked at
_USED = 0.8  # share of calls that use the result


@dataclass(frozen=True)
class Breach:
    """A place that breaks a rule.

    Attributes:
        rule: Its name.
        message: What is there.
        places: The first is the place itself.
        measures: What was counted.
    """

    rule: str
    message: str
    places: tuple[CodePlace, ...]
    measures: dict[str, float]


def breaches(facts: Sequence[FileFacts]) -> Iterator[Breach]:
    """All breaches of the rules; tests are left out."""
    code = [each for each in facts if not each.is_test]
    for each in code:
        yield from long_functions(each)
        yield from recursion(each)
        yield from endless_loops(each)
    yield from unchecked_results(code)


def long_functions(facts: FileFacts) -> Iterator[Breach]:
    """Functions that no page holds."""
    for function in facts.functions:
        if function.statements > PAGE_STATEMENTS:
            said = f"{function.name} has {function.statements} statements, above {PAGE_STATEMENTS}"
            measures = {"statements": float(function.statements)}
            yield Breach("safety-long-function", said, (_at(facts, function),), measures)


def recursion(facts: FileFacts) -> Iterator[Breach]:
    """Functions and methods of one file that call themselves, directly or through each other."""
    known = {function.name: function for function in facts.functions}
    imported = {each.bound for each in facts.imports}  # another function of the same name
    graph: dict[str, set[str]] = {}
    for call in facts.calls:
        own = call.plain and call.name in known and call.name not in imported
        if own and call.caller in known:
            graph.setdefault(call.caller, set()).add(call.name)
    for kind in facts.classes:
        for method in kind.parts:
            called = {f"{kind.name}.{name}" for name in method.calls}
            graph.setdefault(method.name, set()).update(called & known.keys())
    for group in strong_components(graph):
        first = min(group, key=lambda name: known[name].line)
        if len(group) > 1 or first in graph.get(first, ()):
            names = sorted(group, key=lambda name: known[name].line)
            verb = "call each other in a circle" if len(names) > 1 else "calls itself"
            said = f"{', '.join(names)} {verb}: no bound is visible"
            places = tuple(_at(facts, known[name]) for name in names)
            yield Breach("safety-recursion", said, places, {"functions": float(len(group))})


def endless_loops(facts: FileFacts) -> Iterator[Breach]:
    """Loops that nothing in them ends."""
    for function, line, end in facts.endless:
        place = CodePlace(file=facts.file, line=line, end_line=end, symbol=function)
        yield Breach("safety-endless-loop", "nothing in this loop ends it", (place,), {})


def unchecked_results(facts: Sequence[FileFacts]) -> Iterator[Breach]:
    """Calls that drop a result which nearly all other callers use."""
    functions = unique_functions(facts)
    calls: dict[str, list[tuple[FileFacts, CallFacts]]] = defaultdict(list)
    for each in facts:
        for call in each.calls:
            if call.name in functions and functions[call.name][1].answers:
                calls[call.name].append((each, call))
    for name, found in sorted(calls.items()):
        dropped = [(each, call) for each, call in found if call.discarded]
        used = len(found) - len(dropped)
        if not dropped or len(found) < _LEAST_CALLS or used < _USED * len(found):
            continue
        owner, function = functions[name]
        said = f"the result of {function.name} is used in {used} places and dropped here"
        for each, call in dropped:
            place = CodePlace(
                file=each.file, line=call.line, end_line=call.line, symbol=call.caller
            )
            yield Breach("safety-unchecked-result", said, (place, _at(owner, function)),
                         {"used": float(used), "dropped": float(len(dropped))})  # fmt: skip


def _at(facts: FileFacts, function: FunctionFacts) -> CodePlace:
    return CodePlace(
        file=facts.file, line=function.line, end_line=function.end_line, symbol=function.name
    )
