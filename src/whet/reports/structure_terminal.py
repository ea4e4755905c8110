"""The structure of a project, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.records import ImportCycle, ModuleStructure, SplitProposal, StructureReport


_SHOWN = 12


def render(report: StructureReport, *, moves: bool = False) -> str:
    """Modules that are worth a look, the largest first, then cycles.

    Args:
        report: What was found.
        moves: Every move of every proposed split, one a line.
    """
    lines = [f"{report.project}: {report.files} modules, {report.code_lines} lines of code"]
    if not report.modules and not report.cycles:
        lines += ["", "No module is too large or tangled."]
    for module in report.modules:
        lines += ["", *_module(module, moves=moves)]
    for cycle in report.cycles:
        lines += ["", *_cycle(cycle)]
    if any(module.split for module in report.modules) and not moves:
        lines += ["", "`whet check --structure --moves` lists every move."]
    if report.modules and report.workload is None:
        lines += ["", "Import costs were not measured: name a workload with -w."]
    lines += ["", *(f"Note: {note}" for note in report.notes)] if report.notes else []
    return "\n".join(lines) + "\n"


def _module(module: ModuleStructure, *, moves: bool) -> Iterator[str]:
    hangs = f", cohesion {module.cohesion:.2f}" if module.cohesion is not None else ""
    yield (
        f"{module.file}  {module.code_lines} lines, {module.definitions} definitions{hangs}, "
        f"imports {module.imports}, imported by {module.imported_by}"
    )
    for problem in module.problems:
        yield f"  ! {problem}"
    for each in module.most_complex:
        yield f"    line {each.line}: {each.name}, complexity {each.complexity}"
    if (cost := module.import_cost) is not None:
        memory = "" if cost.memory_bytes is None else f", {cost.memory_bytes / 1e6:.2f} MB"
        yield (
            f"  import: {1000 * cost.self_s:.1f} ms itself, "
            f"{1000 * cost.cumulative_s:.1f} ms with what it imports{memory}"
        )
    if module.split is not None:
        yield from _split(module.split, moves=moves)


def _split(split: SplitProposal, *, moves: bool) -> Iterator[str]:
    share = split.inside + split.crossing
    yield (
        f"  proposed split into {len(split.components)} components, "
        f"{split.crossing} of {share} references cross:"
    )
    for each in split.components:
        uses = f", uses {', '.join(each.uses)}" if each.uses else ""
        names = ", ".join(each.definitions[:4]) + (", …" if len(each.definitions) > 4 else "")  # noqa: PLR2004 -- enough to recognize it
        users = f", imported by {each.used_by_files} files" if each.used_by_files else ""
        yield f"    {each.file}  {each.code_lines} lines{uses}{users}: {names}"
    if split.stays:
        yield f"    stays in the package itself: {', '.join(split.stays)}"
    if moves:
        for move in split.moves:
            yield f"    move {move.name} ({move.kind}, line {move.line}) to {move.target}"


def _cycle(cycle: ImportCycle) -> Iterator[str]:
    yield f"import cycle of {len(cycle.modules)} modules: {', '.join(cycle.modules)}"
    shown = sorted(cycle.edges, key=lambda edge: (edge.names, edge.importer))[:_SHOWN]
    for edge in shown:
        yield f"    {edge.importer}:{edge.line} imports {edge.imported} ({edge.names} names)"
    if len(cycle.edges) > len(shown):
        yield f"    and {len(cycle.edges) - len(shown)} more imports"
    yield f"  cheapest to turn round or defer: {cycle.cut.importer} imports {cycle.cut.imported}"
