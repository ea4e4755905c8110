"""Duties that several modules share, or none holds.

MECE: mutually exclusive, collectively exhaustive (Minto, "The Pyramid Principle", 1987). A duty is
told by what its functions call and by the words they are made of. Two functions of different
modules do the same duty if most of what they call is the same, what few others call counting
most, and they speak of it in the same words. A gap is a name that is promised (exported,
imported, asked of a module, left to subclasses, documented) and that nothing defines.

Sources: Maletic and Marcus, "Supporting Program Comprehension Using Semantic and Structural
Information", ICSE (2001): vocabulary and structure together tell concepts apart; Salton and
Buckley, "Term-Weighting Approaches in Automatic Text Retrieval" (1988): what is rare counts most.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import combinations
from math import log
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from whet.codebase.structure.naming import words_of
from whet.codebase.structure.surfaces import Surfaces
from whet.records.analysis import CodePlace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from whet.codebase.structure.facts import ClassFacts, FileFacts, FunctionFacts
    from whet.codebase.structure.promises import Promise

SAME_CALLS = 0.4  # share of what two functions call, by weight
SAME_WORDS = 0.35  # share of their words
LEAST_CALLS = 3  # that two functions have in common
NEARLY_ALL = 0.8  # share from which on the calls need not be rare
CONVENTION = 4  # files that define a name: it is an interface that they agree on
LEAST_STATEMENTS = 3  # of one of them, unless all of it is the same
_OFTEN = 0.02  # of all functions: what more of them call tells no duty
_OFTEN_AT_LEAST, _OFTEN_AT_MOST = 10, 50
# Programs of their own: what they have in common with others, they show to their readers.
_ASIDE = frozenset({
    "benchmark", "benchmarks", "demo", "demos", "doc", "docs", "example", "examples", "sample",
    "samples", "scripts", "tools", "tutorial", "tutorials",
})  # fmt: skip


@dataclass(frozen=True)
class Duty:
    """A finding.

    Attributes:
        rule: Its name.
        message: What is there.
        places: The first is where it is best mended.
        measures: What was counted.
    """

    rule: str
    message: str
    places: tuple[CodePlace, ...]
    measures: dict[str, float] = field(default_factory=dict)


def duties(facts: Sequence[FileFacts], promises: Iterable[Promise] = ()) -> Iterator[Duty]:
    """All duties that are shared or not held; tests, examples and documentation code left out.

    Args:
        facts: Of all Python files.
        promises: Names that documents tell of.
    """
    code = [each for each in facts if not each.is_test and not _is_aside(each.file)]
    yield from shared_duties(code)
    surfaces = Surfaces(facts)
    yield from missing_names(code, surfaces)
    yield from unheld_duties(code, facts)
    yield from broken_promises(promises, surfaces)


def _is_aside(file: str) -> bool:
    return bool(_ASIDE & set(PurePosixPath(file).parts[:-1]))


@dataclass(frozen=True, eq=False)
class _Doer:
    """A function, with what it calls and the words it is made of."""

    file: str
    function: FunctionFacts
    calls: frozenset[str]
    words: frozenset[str]
    named: frozenset[str]

    @property
    def place(self) -> CodePlace:
        one = self.function
        return CodePlace(file=self.file, line=one.line, end_line=one.end_line, symbol=one.name)


def shared_duties(facts: Sequence[FileFacts]) -> Iterator[Duty]:
    """Sets of modules whose functions do the same."""
    doers = [doer for each in facts for doer in _doers(each)]
    calls = Counter(name for doer in doers for name in doer.calls)
    weights = {name: log(1 + len(doers) / count) for name, count in calls.items()}
    rare = _rare(calls, len(doers))
    agreed = _conventions(facts)
    groups: dict[int, set[int]] = {number: {number} for number in range(len(doers))}
    closeness: dict[frozenset[int], float] = {}
    for one, other in sorted(_pairs(doers, rare)):
        if doers[one].function.short == doers[other].function.short in agreed:
            continue
        close = _closeness(doers[one], doers[other], weights, rare)
        if close is not None:
            closeness[frozenset((one, other))] = close
            joined = groups[one] | groups[other]
            groups.update(dict.fromkeys(joined, joined))
    found: dict[frozenset[str], list[list[int]]] = defaultdict(list)
    for group in {frozenset(group) for group in groups.values() if len(group) > 1}:
        found[frozenset(doers[number].file for number in group)].append(sorted(group))
    for files, members in sorted(found.items(), key=lambda item: sorted(item[0])):
        yield _shared(sorted(files), [[doers[n] for n in group] for group in sorted(members)],
                      closeness, weights, doers)  # fmt: skip


def _doers(facts: FileFacts) -> Iterator[_Doer]:
    called: dict[str, set[str]] = defaultdict(set)
    for call in facts.calls:
        called[call.caller.partition(".<locals>")[0]].add(call.name)
    for each in {each.name: each for each in facts.functions}.values():  # the last of overloads
        special = each.short.startswith("__") and each.short.endswith("__")
        if "<locals>" not in each.name and not special and len(called[each.name]) >= LEAST_CALLS:
            named = frozenset(words_of(each.short))
            words = named.union(*(words_of(name) for name in each.local))
            yield _Doer(facts.file, each, frozenset(called[each.name]), words, named)


def _rare(calls: Mapping[str, int], doers: int) -> frozenset[str]:
    """What few functions call: it tells what they are about."""
    often = min(max(_OFTEN_AT_LEAST, _OFTEN * doers), _OFTEN_AT_MOST)
    return frozenset(name for name, count in calls.items() if count <= often)


def _conventions(facts: Sequence[FileFacts]) -> frozenset[str]:
    """Names of functions that several files have because something expects them there."""
    files = Counter(name for each in facts for name in {f.short for f in each.functions})
    return frozenset(name for name, count in files.items() if count >= CONVENTION)


def _pairs(doers: Sequence[_Doer], rare: frozenset[str]) -> set[tuple[int, int]]:
    """Functions of different files that have something rare in common."""
    callers: dict[str, list[int]] = defaultdict(list)
    for number, doer in enumerate(doers):
        for name in doer.calls & rare:
            callers[name].append(number)
    return {
        pair
        for numbers in callers.values()
        for pair in combinations(numbers, 2)
        if doers[pair[0]].file != doers[pair[1]].file
    }


def _closeness(
    one: _Doer, other: _Doer, weights: Mapping[str, float], rare: frozenset[str]
) -> float | None:
    """How much of what two functions call is the same; None: they do not do the same duty."""
    same, every = one.calls & other.calls, one.calls | other.calls
    if len(same) < LEAST_CALLS or not one.named & other.named:
        return None
    if one.function.short in other.calls or other.function.short in one.calls:
        return None  # one leaves it to the other
    if max(one.function.statements, other.function.statements) < LEAST_STATEMENTS:
        return None
    close = sum(weights[name] for name in same) / sum(weights[name] for name in every)
    words = len(one.words & other.words) / len(one.words | other.words)
    least = SAME_CALLS if len(same & rare) >= LEAST_CALLS else NEARLY_ALL
    return close if close >= least and words >= SAME_WORDS else None


def _shared(
    files: Sequence[str],
    groups: Sequence[Sequence[_Doer]],
    closeness: Mapping[frozenset[int], float],
    weights: Mapping[str, float],
    doers: Sequence[_Doer],
) -> Duty:
    numbers = {id(doer): number for number, doer in enumerate(doers)}
    members = [doer for group in groups for doer in group]
    own = {numbers[id(doer)] for doer in members}
    close = [value for pair, value in closeness.items() if pair <= own]
    names = [" and ".join(sorted({d.function.name for d in group})) for group in groups]
    calls = frozenset.intersection(*(doer.calls for doer in groups[0]))
    evidence = ", ".join(sorted(calls, key=lambda name: (-weights[name], name))[:4])
    more = f"; and {len(names) - 2} more" if len(names) > 2 else ""  # noqa: PLR2004 - enough to know it by
    said = (
        f"{len(files)} modules share {'a duty' if len(names) == 1 else f'{len(names)} duties'}: "
        f"{'; '.join(names[:2])}{more} (all call {evidence})"
    )
    measures = {
        "modules": float(len(files)), "duties": float(len(groups)),
        "functions": float(len(members)), "least_same_calls": round(min(close), 2),
    }  # fmt: skip
    return Duty("mece-shared-duty", said, tuple(doer.place for doer in members), measures)


def missing_names(facts: Sequence[FileFacts], surfaces: Surfaces) -> Iterator[Duty]:
    """Names that are exported by, imported from, or asked of a module that does not have them."""
    for each in facts:
        for name, line in each.surface.exports:
            if each.module and not surfaces.offers(each.module, name):
                said = f"__all__ promises {name}, which {each.module} does not define"
                yield Duty("mece-missing-name", said, (_line(each.file, line),))
        for target, name, line in (*_imported(each), *_asked(each, surfaces)):
            if target in surfaces.files and not surfaces.offers(target, name):
                owner = surfaces.files[target]
                said = f"{name} is taken from {target}, which does not define it"
                places = (_line(each.file, line), _line(owner.file, 1))
                yield Duty("mece-missing-name", said, places)


def _imported(facts: FileFacts) -> Iterator[tuple[str, str, int]]:
    """Names that a file imports, and what would fail if they were not there."""
    for each in facts.imports:
        if each.name and each.name != "*" and not each.guarded and each.when != "types":
            package = f"{each.target}.{each.name}".startswith(f"{facts.module}.")
            built = each.name.startswith("_") and package  # an extension, or written on building
            if not built:
                yield each.target, each.name, each.line


def _asked(facts: FileFacts, surfaces: Surfaces) -> Iterator[tuple[str, str, int]]:
    """Names that a file asks of modules of the project which it has imported whole."""
    modules: dict[str, str] = {}
    for each in facts.imports:
        full = f"{each.target}.{each.name}" if each.name else each.target
        plain = each.name is not None or each.bound == each.target or "." not in each.target
        taken = (
            each.name
            and each.target in surfaces.files
            and each.name in (surfaces.files[each.target].surface.bound)
        )
        if plain and full in surfaces.files and not taken:
            modules[each.bound] = full
    local = {each.name: each.local for each in facts.functions}
    members = {name for kind in facts.classes for name in (*kind.methods, *kind.values)}
    for owner, name, line, function in facts.asked:
        parts = function.split(".<locals>.")
        around = [".<locals>.".join(parts[: n + 1]) for n in range(len(parts))]
        hidden = any(owner in local.get(each, ()) for each in around)
        if owner in modules and not hidden and owner not in members:
            yield modules[owner], name, line


def unheld_duties(code: Sequence[FileFacts], facts: Sequence[FileFacts]) -> Iterator[Duty]:
    """Methods that a class leaves to others, that are called, and that no subclass has."""
    below: dict[str, list[ClassFacts]] = defaultdict(list)
    for each in facts:
        for kind in each.classes:
            for base in kind.bases:
                below[base.rpartition(".")[2]].append(kind)
    called = {call.name for each in code for call in each.calls if not call.plain}
    for each in code:
        for kind in each.classes:
            heirs = [] if "__subclasshook__" in kind.methods else _heirs(kind.name, below)
            for method in kind.parts if heirs else ():
                held = any(method.short in {*heir.methods, *heir.values} for heir in heirs)
                if method.promised and not held and method.short in called:
                    said = (
                        f"{method.name} is left to subclasses and called, and none of "
                        f"{len(heirs)} has it"
                    )
                    place = CodePlace(file=each.file, line=method.line, end_line=method.end_line,
                                      symbol=method.name)  # fmt: skip
                    yield Duty("mece-unheld-duty", said, (place,), {"subclasses": len(heirs)})


def _heirs(name: str, below: Mapping[str, Sequence[ClassFacts]]) -> list[ClassFacts]:
    """All subclasses, by name; none if one of them has a base that could bring methods."""
    found: dict[int, ClassFacts] = {}
    left = [name]
    while left:
        for heir in below.get(left.pop().rpartition(".")[2], ()):
            if len(heir.bases) > 1:
                return []
            if id(heir) not in found:
                found[id(heir)] = heir
                left.append(heir.name)
    return list(found.values())


def broken_promises(promises: Iterable[Promise], surfaces: Surfaces) -> Iterator[Duty]:
    """Names of the project in documents that no module defines."""
    told: dict[str, list[CodePlace]] = defaultdict(list)
    for each in promises:
        missing = _missing(each.name, surfaces)
        if missing:
            told[missing].append(_line(each.file, each.line))
    for missing, places in told.items():
        module, _, name = missing.rpartition(".")
        said = f"documents tell of {name} in {module}, which does not define it"
        yield Duty("mece-missing-in-documents", said, tuple(places), {"places": len(places)})


def _missing(name: str, surfaces: Surfaces) -> str:
    """The part of a dotted name that is not there, with its module; "": all of it may be."""
    parts = name.split(".")
    for count in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:count])
        if module in surfaces.files:
            inside = parts[count]
            return "" if surfaces.offers(module, inside) else f"{module}.{inside}"
    return ""


def _line(file: str, line: int) -> CodePlace:
    return CodePlace(file=file, line=line, end_line=line)
