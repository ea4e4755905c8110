"""All built-in analyzers over one project, a pass through each file."""

from __future__ import annotations

import gc
import hashlib
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.codebase.structure.cohesion import (
    COMPLEXITY,
    FOREIGN,
    LEAST_GROUP,
    LEAST_METHODS,
    TIGHT,
    foreign_data,
    groups_of_methods,
    tight_cohesion,
    weighted_methods,
)
from whet.codebase.structure.collecting import facts_of
from whet.codebase.structure.connascence import NOT_DECIDABLE, couplings
from whet.codebase.structure.cycles import import_cycles
from whet.codebase.structure.duplication import LEAST_LINES, LEAST_TOKENS, clones
from whet.codebase.structure.mece import duties
from whet.codebase.structure.names import import_edges, module_names
from whet.codebase.structure.safety import breaches
from whet.records.analysis import AnalysisReport, AnalyzerRun, CodePlace, StructureFinding
from whet.records.event import Event, ignore_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Literal

    from whet.codebase.structure.facts import ClassFacts, FileFacts
    from whet.codebase.structure.promises import Promise
    from whet.codebase.syntax import SourceModule
    from whet.records.event import OnEvent

    Analyzer = Callable[[Sequence[FileFacts], "Limits"], Iterator[StructureFinding]]
    Level = Literal["note", "warning", "error"]
    Name = Literal[
        "connascence", "god-object", "duplication", "cohesion", "cycle", "safety", "mece"
    ]

_TOLD_EVERY = 200  # files
_LONG_CLONE = 2  # times the least length: worth a warning


@dataclass(frozen=True)
class Limits:
    """From where on a place is a finding; their sources stand beside the measures.

    Attributes:
        clone_tokens: Least length of a copy.
        clone_lines: Least lines of a copy.
        god_complexity: WMC of a god object, at least.
        god_foreign: ATFD of a god object, above.
        god_cohesion: TCC of a god object, below; 0 to 1.
        class_methods: Of a class whose cohesion is looked at, at least.
        promises: What documents tell of, for the gaps between them and the code.
    """

    clone_tokens: int = LEAST_TOKENS
    clone_lines: int = LEAST_LINES
    god_complexity: int = COMPLEXITY
    god_foreign: int = FOREIGN
    god_cohesion: float = TIGHT
    class_methods: int = LEAST_METHODS
    promises: Sequence[Promise] = ()


def analyze(
    project: str,
    modules: Iterable[SourceModule],
    *,
    only: Sequence[str] = (),
    limits: Limits | None = None,
    total: int | None = None,
    on_event: OnEvent = ignore_event,
) -> AnalysisReport:
    """What hangs together badly in a project, the gravest first.

    Args:
        project: Its name, for the report.
        modules: Its Python files; a generator, so that no tree is kept.
        only: Names of `ANALYZERS`; all of them if empty.
        limits: From where on a place is a finding.
        total: How many files there are, for the progress.
        on_event: Hears of the progress.
    """
    bounds = limits or Limits()
    notes: list[str] = []
    with _without_collector():
        facts = list(_facts(modules, notes, total, on_event))
        findings: list[StructureFinding] = []
        runs = []
        for name in only or tuple(ANALYZERS):
            began = time.perf_counter()
            found = list(ANALYZERS[name](facts, bounds))
            findings += found
            took = time.perf_counter() - began
            rules = Counter(finding.rule for finding in found)
            runs.append(AnalyzerRun(analyzer=name, findings=len(found), elapsed_s=round(took, 3),
                                    counts=dict(sorted(rules.items()))))  # fmt: skip
    order = {"error": 0, "warning": 1, "note": 2}
    findings.sort(key=lambda f: (order[f.level], f.analyzer, f.place.file, f.place.line))
    return AnalysisReport(
        project=project,
        files=len(facts),
        code_lines=sum(each.code_lines for each in facts),
        findings=tuple(findings),
        runs=tuple(runs),
        not_decidable=NOT_DECIDABLE if not only or "connascence" in only else {},
        notes=tuple(notes),
    )


@contextmanager
def _without_collector() -> Iterator[None]:
    """Trees hold no cycles: looking for some in them takes three times as long as all else."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _facts(
    modules: Iterable[SourceModule], notes: list[str], total: int | None, on_event: OnEvent
) -> Iterator[FileFacts]:
    number = 0
    for number, module in enumerate(modules, 1):
        if number % _TOLD_EVERY == 0:
            on_event(_progress(number, total, "running"))
        if module.tree is None:
            notes.append(f"{module.file}: {module.reason}")
            continue
        name = module_names([module.file]).get(module.file, "")
        try:
            yield facts_of(module, name)
        except RecursionError:
            notes.append(f"{module.file}: not analyzed: nested too deeply")
    on_event(_progress(number, total, "done"))


def _progress(count: int, total: int | None, status: Literal["running", "done"]) -> Event:
    return Event(
        kind="progress", stage="analyze", message="files read", status=status, count=count,
        total=total,
    )  # fmt: skip


def connascence(facts: Sequence[FileFacts], _limits: Limits) -> Iterator[StructureFinding]:
    """Places that must change together."""
    strong = {"algorithm", "execution"}
    for each in couplings(facts):
        level: Level = "warning" if each.kind in strong else "note"
        key = f"{each.places[0].symbol}:{each.message}"
        yield _finding(
            ("connascence", f"connascence-of-{each.kind}", level), each.message, each.places,
            each.strength, key,
        )  # fmt: skip


def god_objects(facts: Sequence[FileFacts], limits: Limits) -> Iterator[StructureFinding]:
    """Classes that know and do too much."""
    for file, kind in _classes(facts):
        complexity, foreign = weighted_methods(kind), foreign_data(kind)
        if complexity < limits.god_complexity or foreign <= limits.god_foreign:
            continue
        tight = tight_cohesion(kind)
        if tight is None or tight >= limits.god_cohesion:
            continue
        said = (
            f"{kind.name} knows and does too much: its methods have a complexity of {complexity} "
            f"together, use {foreign} attributes of other objects, and {100 * tight:.0f} % of "
            "their pairs have an attribute in common"
        )
        measures = {
            "weighted_methods": float(complexity), "foreign_data": float(foreign),
            "tight_cohesion": round(tight, 3), "methods": float(len(kind.methods)),
        }  # fmt: skip
        place = (_class_place(file, kind),)
        yield _finding(("god-object", "god-object", "warning"), said, place, measures, kind.name)


def cohesion(facts: Sequence[FileFacts], limits: Limits) -> Iterator[StructureFinding]:
    """Classes made of parts that have nothing to do with each other."""
    for file, kind in _classes(facts):
        if len(kind.methods) < limits.class_methods or not kind.stands_alone:
            continue
        groups = groups_of_methods(kind)
        large = [group for group in groups if len(group) >= LEAST_GROUP]
        if len(large) > 1:
            shown = "; ".join(", ".join(group[:3]) for group in large)
            said = (
                f"the methods of {kind.name} fall into {len(large)} groups that have no attribute "
                f"and no call in common: {shown}"
            )
            measures = {"lcom4": float(len(groups)), "large_groups": float(len(large))}
            place = (_class_place(file, kind),)
            yield _finding(("cohesion", "cohesion-lcom4", "note"), said, place, measures,
                           kind.name)  # fmt: skip


def duplication(facts: Sequence[FileFacts], limits: Limits) -> Iterator[StructureFinding]:
    """Code that stands in several places."""
    tests = {each.file for each in facts if each.is_test}
    for clone in clones(facts, tokens=limits.clone_tokens, lines=limits.clone_lines):
        in_code = [place for place in clone.places if place.file not in tests]
        long = clone.tokens >= _LONG_CLONE * limits.clone_tokens and len(in_code) > 1
        places = tuple(sorted(clone.places, key=lambda p: p.file in tests))
        first = places[0]
        lines = first.end_line - first.line + 1
        said = f"{lines} lines ({clone.tokens} tokens) stand in {len(places)} places"
        measures = {"tokens": float(clone.tokens), "places": float(len(places))}
        level: Level = "warning" if long else "note"
        yield _finding(("duplication", "duplicated-code", level), said, places, measures,
                       f"{clone.tokens}:{[p.file for p in places]}")  # fmt: skip


def cycles(facts: Sequence[FileFacts], _limits: Limits) -> Iterator[StructureFinding]:
    """Modules that need each other to be imported."""
    files = {each.module: each.file for each in facts if each.module}
    imports = {each.module: each.imports for each in facts if each.module}
    for cycle in import_cycles(import_edges(imports, files.keys())):
        edges = [cycle.cut, *(edge for edge in cycle.edges if edge != cycle.cut)]
        places = tuple(
            CodePlace(file=files[e.importer], line=e.line, end_line=e.line) for e in edges
        )
        names = ", ".join(cycle.modules[:4]) + (", …" if len(cycle.modules) > 4 else "")  # noqa: PLR2004 -- enough to know it by
        said = (
            f"{len(cycle.modules)} modules import each other in a circle ({names}); the import "
            f"of {cycle.cut.imported} takes the fewest names"
        )
        measures = {"modules": float(len(cycle.modules)), "imports": float(len(cycle.edges))}
        yield _finding(("cycle", "import-cycle", "warning"), said, places, measures,
                       " ".join(cycle.modules))  # fmt: skip


def safety(facts: Sequence[FileFacts], _limits: Limits) -> Iterator[StructureFinding]:
    """Places that break rules for code that must not fail."""
    for each in breaches(facts):
        key = f"{each.places[0].symbol}:{each.message}"
        yield _finding(
            ("safety", each.rule, "note"), each.message, each.places, each.measures, key
        )


def mece(facts: Sequence[FileFacts], limits: Limits) -> Iterator[StructureFinding]:
    """Duties that several modules share, or none holds."""
    for each in duties(facts, limits.promises):
        key = f"{each.places[0].symbol}:{each.message}"
        level: Level = "warning" if each.rule == "mece-missing-name" else "note"
        yield _finding(("mece", each.rule, level), each.message, each.places, each.measures, key)


ANALYZERS: dict[str, Analyzer] = {
    "connascence": connascence,
    "god-object": god_objects,
    "duplication": duplication,
    "cohesion": cohesion,
    "cycle": cycles,
    "safety": safety,
    "mece": mece,
}


def _classes(facts: Sequence[FileFacts]) -> Iterator[tuple[FileFacts, ClassFacts]]:
    for each in facts:
        if not each.is_test:
            for kind in each.classes:
                yield each, kind


def _class_place(file: FileFacts, kind: ClassFacts) -> CodePlace:
    return CodePlace(file=file.file, line=kind.line, end_line=kind.end_line, symbol=kind.name)


def _finding(
    rule: tuple[Name, str, Level],
    message: str,
    places: Sequence[CodePlace],
    measures: dict[str, float],
    key: str,
) -> StructureFinding:
    analyzer, name, level = rule
    identity = hashlib.sha256(f"{name}\0{places[0].file}\0{key}".encode()).hexdigest()[:16]
    return StructureFinding(
        finding_id=identity,
        analyzer=analyzer,
        rule=name,
        level=level,
        place=places[0],
        message=message,
        measures=measures,
        related=tuple(places[1:]),
    )
