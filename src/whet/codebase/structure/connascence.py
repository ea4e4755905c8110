"""Connascence: what must change together, so far as the source alone decides it.

Sources: Page-Jones, "Comparing Techniques by Means of Encapsulation and Connascence",
Communications of the ACM 35 (1992); the kinds in the order of their strength: name, type,
meaning, position, algorithm; then, at run time, execution, timing, value, identity.

What calls mean is decided by names: a finding is made only where one function of the project bears
the name. Each rule reports coupling between places that are far apart, not inside one function.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.records.analysis import CodePlace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from whet.codebase.structure.facts import CallFacts, ClassFacts, FileFacts, FunctionFacts

NOT_DECIDABLE = {
    "timing": "when things happen is decided by schedulers and machines, not by the source",
    "value": "which values must agree is decided by what runs, such as a sum that must be kept",
    "identity": "whether two names mean one object is decided by what runs",
}

# pylint's `max-positional-arguments` (R0917): more are too many to keep in order.
POSITIONS = 5
UNPACKED = 4  # elements of a tuple whose order callers must know
MEANT = 3  # places that compare with the same literal
TESTED = 3  # classes that are told apart by asking


@dataclass(frozen=True)
class Coupling:
    """Places that must change together.

    Attributes:
        kind: Of connascence.
        message: What must agree.
        places: The first is where it is best mended.
        strength: What was counted.
    """

    kind: str
    message: str
    places: tuple[CodePlace, ...]
    strength: dict[str, float]


def couplings(facts: Sequence[FileFacts]) -> Iterator[Coupling]:
    """All couplings between the files of a project; tests are left out."""
    code = [each for each in facts if not each.is_test]
    yield from of_name(code)
    yield from of_type(code)
    yield from of_meaning(code)
    yield from of_position(code)
    yield from of_algorithm(code)
    yield from of_execution(code)


def of_name(facts: Sequence[FileFacts]) -> Iterator[Coupling]:
    """Names that a module keeps to itself, used by other packages of the project."""
    owners = {each.module: each for each in facts}
    found: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for each in facts:
        bound = {i.bound: f"{i.target}.{i.name}" if i.name else i.target for i in each.imports}
        taken = [(i.target, i.name or "", i.line) for i in each.imports]
        taken += [(bound.get(owner, owner), name, line) for owner, name, line in each.privates]
        for target, name, line in taken:
            private = name.startswith("_") and not name.endswith("__")
            is_module = f"{target}.{name}" in owners
            if private and not is_module and target in owners and _far(each.module, target):
                found[target, each.file].append((name, line))
    for (target, file), uses in sorted(found.items()):
        names = sorted({name for name, _ in uses})
        places = [CodePlace(file=file, line=line, end_line=line) for _, line in uses]
        said = f"uses what {target} keeps to itself: {', '.join(names)}"
        yield Coupling("name", said, tuple(places), {"names": len(names), "uses": len(uses)})


def _far(one: str, other: str) -> bool:
    """Whether two modules lie in different packages, none of them around the other."""
    here, there = one.rpartition(".")[0], other.rpartition(".")[0]
    return not (
        (f"{one}.").startswith(f"{there}.")
        or (f"{other}.").startswith(f"{here}.")
        or one == there
        or other == here
    )


def of_type(facts: Sequence[FileFacts]) -> Iterator[Coupling]:
    """Functions that tell the same three or more classes of the project apart by asking."""
    own = {kind.name.rpartition(".")[2] for each in facts for kind in each.classes}
    found: dict[frozenset[str], list[CodePlace]] = defaultdict(list)
    for each in facts:
        for function in each.functions:
            tested = frozenset(function.tested & own)
            if len(tested) >= TESTED:
                found[tested].append(_at(each, function))
    for tested, places in sorted(found.items(), key=lambda item: sorted(item[0])):
        if len(places) > 1:
            names = ", ".join(sorted(tested))
            said = f"{len(places)} functions tell the same classes apart by asking: {names}"
            measures = {"classes": float(len(tested)), "functions": float(len(places))}
            yield Coupling("type", said, tuple(places), measures)


def of_meaning(facts: Sequence[FileFacts]) -> Iterator[Coupling]:
    """Literals whose meaning several files know: the same name compared with the same values."""
    found: dict[tuple[str, str], list[CodePlace]] = defaultdict(list)
    for each in facts:
        for literal in each.literals:
            place = CodePlace(
                file=each.file, line=literal.line, end_line=literal.line, symbol=literal.function
            )
            found[literal.subject, literal.value].append(place)
    subjects: dict[str, dict[str, list[CodePlace]]] = defaultdict(dict)
    for (subject, value), places in sorted(found.items()):
        if len(places) >= MEANT and len({place.file for place in places}) > 1:
            subjects[subject][value] = places
    for subject, values in subjects.items():
        every = [place for places in values.values() for place in places]
        files = len({place.file for place in every})
        said = f"{len(every)} places in {files} files compare {subject} with {_few(values)}"
        measures = {"values": float(len(values)), "places": float(len(every)),
                    "files": float(files)}  # fmt: skip
        told = f"{said}: named constants would say it once"
        yield Coupling("meaning", told, tuple(every), measures)


def _few(names: Iterable[str], most: int = 3) -> str:
    """Names to know something by, the rest as a number."""
    every = list(names)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def of_position(facts: Sequence[FileFacts]) -> Iterator[Coupling]:
    """Orders of parameters and of returned tuples that callers must know."""
    functions = unique_functions(facts)
    calls: dict[str, list[tuple[FileFacts, CallFacts]]] = defaultdict(list)
    for each in facts:
        for call in each.calls:
            if call.name in functions and (call.given or 0) >= POSITIONS:
                calls[call.name].append((each, call))
    for name, found in sorted(calls.items()):
        owner, function = functions[name]
        fitting = [(e, c) for e, c in found if (c.given or 0) <= function.positional]
        if fitting and function.positional > POSITIONS:
            most = max(c.given or 0 for _, c in fitting)
            said = (
                f"{function.name} takes {function.positional} parameters by position, and "
                f"{len(fitting)} calls give it up to {most} so: name them"
            )
            places = (_at(owner, function), *(_called_at(e, c) for e, c in fitting))
            measures = {"parameters": float(function.positional), "calls": float(len(fitting))}
            yield Coupling("position", said, places, measures)
    yield from _of_returned(facts, functions)


def _of_returned(
    facts: Sequence[FileFacts], functions: Mapping[str, tuple[FileFacts, FunctionFacts]]
) -> Iterator[Coupling]:
    unpacked: dict[str, list[CodePlace]] = defaultdict(list)
    for each in facts:
        for call in each.calls:
            known = functions.get(call.name) if call.unpacked >= UNPACKED else None
            if known is not None and known[1].returned == call.unpacked:
                unpacked[call.name].append(_called_at(each, call))
    for name, places in sorted(unpacked.items()):
        owner, function = functions[name]
        said = (
            f"{function.name} returns {function.returned} values by position, and "
            f"{len(places)} places take them apart: a record would name them"
        )
        measures = {"values": float(function.returned or 0), "places": float(len(places))}
        yield Coupling("position", said, (_at(owner, function), *places), measures)


def of_algorithm(facts: Sequence[FileFacts]) -> Iterator[Coupling]:
    """Functions that do the same with other names of parameters and variables."""
    found: dict[int, list[tuple[int, CodePlace]]] = defaultdict(list)
    for each in facts:
        ends = {(f.name, f.line): f.end_line for f in each.functions}
        for name, line, written, numbered in each.bodies:
            end = ends.get((name, line), line)
            place = CodePlace(file=each.file, line=line, end_line=end, symbol=name)
            found[numbered].append((written, place))
    groups = [group for group in found.values() if len({written for written, _ in group}) > 1]
    for group in sorted(groups, key=lambda g: (g[0][1].file, g[0][1].line)):
        names = ", ".join(sorted({place.symbol for _, place in group}))
        said = f"{len(group)} functions do the same under other names: {names}"
        places = tuple(place for _, place in group)
        lines = float(places[0].end_line - places[0].line)
        yield Coupling("algorithm", said, places, {"functions": len(group), "lines": lines})


def of_execution(facts: Sequence[FileFacts]) -> Iterator[Coupling]:
    """Methods that work only after another one was called: it alone makes what they read."""
    for each in facts:
        for kind in each.classes:
            if kind.decorators or not kind.stands_alone:
                continue  # bases and decorators may make attributes too
            if {"__getattr__", "__getattribute__", "__slots__"} & {*kind.methods, *kind.values}:
                continue
            late: dict[tuple[str, ...], list[tuple[str, list[str]]]] = defaultdict(list)
            for name, makers, readers in _made_late(kind.methods, kind.values | kind.dynamic):
                late[tuple(makers)].append((name, readers))
            for who, found in late.items():
                yield _late(each, kind, who, found)


def _late(
    facts: FileFacts,
    kind: ClassFacts,
    makers: Sequence[str],
    found: Sequence[tuple[str, list[str]]],
) -> Coupling:
    readers = list(dict.fromkeys(name for _, names in found for name in names))
    attributes = [name for name, _ in found]
    verb = "is" if len(attributes) == 1 else "are"
    said = (
        f"{_few(attributes)} of {kind.name} {verb} there only after "
        f"{' or '.join(makers[:3])}{' or others' if len(makers) > 3 else ''} was called, "  # noqa: PLR2004 -- enough to know it by
        f"and {_few(readers)} read {'it' if len(attributes) == 1 else 'them'}"
    )
    places = tuple(_at(facts, kind.methods[name]) for name in (*readers, *makers))
    measures = {"attributes": float(len(attributes)), "readers": float(len(readers))}
    return Coupling("execution", said, places, measures)


# A call of one of these may be a method of a built-in type, a file, a thread or a queue.
_BUILT_IN = (str, bytes, list, dict, set, frozenset, int, float, type)
_OTHERS = (
    "acquire", "close", "flush", "open", "put", "read", "readline", "release", "run", "seek",
    "send", "set", "start", "stop", "submit", "wait", "write",
)  # fmt: skip
_COMMON = frozenset(_OTHERS).union(*map(dir, _BUILT_IN))
_BEFORE_ALL = frozenset({"__init__", "__new__", "__post_init__", "__enter__", "__aenter__",
                         "__set_name__", "__init_subclass__", "__setstate__"})  # fmt: skip


def _made_late(
    methods: Mapping[str, FunctionFacts], known: set[str]
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Attributes, who makes them, and who reads them without making them."""
    early = set(_BEFORE_ALL & methods.keys())
    left = list(early)
    while left:  # what constructors call belongs to them
        for name in methods[left.pop()].joined(methods) - early:
            early.add(name)
            left.append(name)
    made = known | {name for method in early for name in methods[method].writes} | methods.keys()
    makers: dict[str, list[str]] = defaultdict(list)
    for name, method in methods.items():
        if method.kind in {"instance", "property"}:
            for attribute in method.writes - made:
                makers[attribute].append(name)
    for attribute, who in sorted(makers.items()):
        inside = _callers_and(who, methods)
        readers = [
            name
            for name, method in methods.items()
            if attribute in method.reads
            and name not in inside
            and not method.forgiving
            and not name.startswith("_")
        ]
        if readers:
            yield attribute, who, readers


def _callers_and(makers: Iterable[str], methods: Mapping[str, FunctionFacts]) -> set[str]:
    """Methods that make an attribute, themselves or by calling one that does."""
    found = set(makers)
    while more := {n for n, m in methods.items() if n not in found and m.joined(found)}:
        found |= more
    return found


def unique_functions(
    facts: Sequence[FileFacts],
) -> dict[str, tuple[FileFacts, FunctionFacts]]:
    """Functions whose name no other one of the project bears, nor a method of a common type."""
    found: dict[str, tuple[FileFacts, FunctionFacts] | None] = {}
    for each in facts:
        for function in each.functions:
            name = function.short
            found[name] = None if name in found else (each, function)
        for kind in each.classes:  # a class of the same name could be meant
            found[kind.name.rpartition(".")[2]] = None
    return {
        name: place for name, place in found.items() if place is not None and name not in _COMMON
    }


def _at(facts: FileFacts, function: FunctionFacts) -> CodePlace:
    return CodePlace(
        file=facts.file, line=function.line, end_line=function.end_line, symbol=function.name
    )


def _called_at(facts: FileFacts, call: CallFacts) -> CodePlace:
    return CodePlace(file=facts.file, line=call.line, end_line=call.line, symbol=call.caller)
