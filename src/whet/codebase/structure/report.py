"""The structure of a whole project, and what about it is worth a look."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from whet.codebase.structure.cycles import import_cycles
from whet.codebase.structure.measures import code_lines, function_complexities
from whet.codebase.structure.names import import_edges, imports_of, module_names
from whet.codebase.structure.references import definitions_of, groups_of
from whet.codebase.structure.split import propose_split
from whet.records.structure import ModuleStructure, StructureReport, UnusedImport

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from whet.codebase.structure.names import Import
    from whet.codebase.structure.references import Definition
    from whet.codebase.syntax import SourceModule
    from whet.records.structure import FunctionComplexity, ImportEdge

_SHOWN = 5
_LEAST_GROUP = 3  # definitions: smaller groups are constants and the like
_KEPT_ON_PURPOSE = re.compile(rb"#.*\b(?:noqa|import for effects?|pylint: *disable)\b")


@dataclass(frozen=True)
class Thresholds:
    """From where on a module is worth a look.

    Attributes:
        code_lines: Of a module, without blank lines, comments and docstrings.
        complexity: Of a function.
        groups: Of definitions that have nothing to do with each other, in a module with at least
            half of `code_lines`.
    """

    code_lines: int = 400
    complexity: int = 15
    groups: int = 3


def structure_of(
    project: str, modules: Sequence[SourceModule], thresholds: Thresholds | None = None
) -> StructureReport:
    """What is too large or tangled, and how it could be taken apart.

    Args:
        project: Its name, for the report.
        modules: All Python files of the project; those without a tree are noted.
        thresholds: From where on a module is worth a look.
    """
    limits = thresholds or Thresholds()
    names = module_names(module.file for module in modules)
    read = [module for module in modules if module.tree is not None]
    imports = {m.file: imports_of(m, names.get(m.file, "")) for m in read}
    known = set(names.values())
    edges = import_edges({names[f]: found for f, found in imports.items() if f in names}, known)
    cycles = import_cycles(edges)
    tangled = {name for cycle in cycles for name in cycle.modules}
    project_map = _Project(names, imports, edges, tangled, _taken(imports))
    looked = [_looked_at(module, project_map, limits) for module in read]
    found = [each for each in looked if each.problems]
    return StructureReport(
        project=project,
        files=len(modules),
        code_lines=sum(each.code_lines for each in looked),
        modules=tuple(sorted(found, key=lambda each: (-each.code_lines, each.file))),
        cycles=cycles,
        notes=tuple(f"{m.file}: {m.reason}" for m in modules if m.tree is None),
    )


@dataclass(frozen=True)
class _Project:
    names: Mapping[str, str]  # file -> module
    imports: Mapping[str, Sequence[Import]]  # file -> its imports
    edges: Sequence[ImportEdge]
    tangled: set[str]  # modules in cycles
    taken: Mapping[tuple[str, str], set[str]]  # (module, name) -> files that import it


def _taken(imports: Mapping[str, Iterable[Import]]) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for file, statements in imports.items():
        for each in statements:
            if each.name:
                found[each.target, each.name].add(file)
    return found


def _looked_at(module: SourceModule, project: _Project, limits: Thresholds) -> ModuleStructure:
    lines = code_lines(module)
    name = project.names.get(module.file, module.file)
    definitions = definitions_of(module, lines)
    functions = function_complexities(module, lines)
    groups = groups_of(definitions)
    complex_ones = tuple(
        sorted((f for f in functions if f.complexity > limits.complexity),
               key=lambda each: -each.complexity)
    )  # fmt: skip
    unused = unused_imports(module, project.imports[module.file], name, project.taken)
    split = None
    if len(lines) > limits.code_lines:
        users = {each.name: project.taken.get((name, each.name), ()) for each in definitions}
        split = propose_split(module.file, definitions, users=users, siblings=project.names)
    large = [group for group in groups if len(group) >= _LEAST_GROUP]
    if _is_test(module.file):  # made of cases that have nothing to do with each other
        complex_ones, split, large = (), None, []
    size = len(lines), "data" if _is_data(definitions) else "code"
    tangled = name in project.tangled
    problems = tuple(_problems(size, len(large), complex_ones, unused, tangled, limits))
    return ModuleStructure(
        file=module.file,
        module=name,
        code_lines=len(lines),
        definitions=len(definitions),
        complexity=sum(each.complexity for each in functions),
        cohesion=_cohesion(definitions, groups),
        groups=len(groups),
        imports=sum(edge.importer == name for edge in project.edges),
        imported_by=sum(edge.imported == name for edge in project.edges),
        problems=problems,
        most_complex=complex_ones[:_SHOWN],
        unused_imports=unused,
        split=split,
    )


def _is_data(definitions: Sequence[Definition]) -> bool:
    return bool(definitions) and all(each.kind == "value" for each in definitions)


def _is_test(file: str) -> bool:
    path = PurePosixPath(file)
    named = path.name.startswith("test_") or path.stem.endswith("_test")
    return named or path.name == "conftest.py" or bool({"test", "tests"} & set(path.parts))


def _problems(
    size: tuple[int, str],
    groups: int,
    complex_ones: Sequence[FunctionComplexity],
    unused: Sequence[UnusedImport],
    in_cycle: bool,  # noqa: FBT001 -- private, called once
    limits: Thresholds,
) -> Iterable[str]:
    lines, kind = size
    if lines > limits.code_lines:
        yield f"{lines} lines of {kind}, above {limits.code_lines}"
    if groups >= limits.groups and 2 * lines > limits.code_lines:
        yield f"{groups} groups of definitions have nothing to do with each other"
    if complex_ones:
        worst = complex_ones[0]
        more = f" and {len(complex_ones) - 1} more" if len(complex_ones) > 1 else ""
        said = f"{worst.name} has a complexity of {worst.complexity}"
        yield f"{said}, above {limits.complexity}{more}"
    if in_cycle:
        yield "it is part of an import cycle"
    if unused:
        yield f"imports that nothing uses: {', '.join(each.name for each in unused)}"


def _cohesion(definitions: Sequence[Definition], groups: Sequence[frozenset[str]]) -> float | None:
    total = sum(each.lines for each in definitions)
    if len(definitions) < 2 or not total:  # noqa: PLR2004 -- one cannot hang together with itself
        return None
    return round(sum(e.lines for e in definitions if e.name in groups[0]) / total, 3)


def unused_imports(
    module: SourceModule,
    imports: Iterable[Import],
    name: str,
    taken: Mapping[tuple[str, str], set[str]],
) -> tuple[UnusedImport, ...]:
    """Names imported at the top that occur nowhere else in the file and that no other file takes.

    Packages' `__init__` re-export; so does `import x as x`. What stands in a `try`, or bears a
    comment that says so, is kept on purpose.
    """
    if module.file.endswith("__init__.py"):
        return ()
    found = []
    for each in imports:
        reexported = each.name == each.bound and b" as " in module.lines[each.line - 1]
        exempt = each.when == "call" or each.guarded or each.target == "__future__" or reexported
        if exempt or each.bound == "*" or taken.get((name, each.bound)):
            continue
        if _KEPT_ON_PURPOSE.search(module.lines[each.line - 1]):
            continue
        dotted = (
            each.name is None and "." in each.target and each.bound == each.target.split(".")[0]
        )
        if not dotted and len(re.findall(rf"\b{re.escape(each.bound)}\b", module.text)) == 1:
            found.append(UnusedImport(name=each.bound, line=each.line))
    return tuple(found)
