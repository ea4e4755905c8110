"""How a project's modules are built and hang together."""

from __future__ import annotations

from typing import Literal

from whet.records._base import Record


class FunctionComplexity(Record, frozen=True):
    """How many ways lead through a function."""

    name: str  # qualified
    line: int
    complexity: int  # cyclomatic: 1 and one for each decision
    code_lines: int


class UnusedImport(Record, frozen=True):
    """A name that is imported at the top of a module and occurs nowhere else in the project."""

    name: str  # as bound
    line: int


class ImportEdge(Record, frozen=True):
    """One module of the project imports another when it is itself imported."""

    importer: str
    imported: str
    line: int
    names: int  # how many names it takes


class ImportCycle(Record, frozen=True):
    """Modules that need each other to be imported."""

    modules: tuple[str, ...]
    edges: tuple[ImportEdge, ...]
    cut: ImportEdge  # the one that takes the fewest names: the cheapest to turn round or defer


class SplitComponent(Record, frozen=True):
    """Definitions that belong together by who uses whom."""

    name: str
    file: str  # where they would go
    definitions: tuple[str, ...]
    code_lines: int
    uses: tuple[str, ...] = ()  # other components, none of which uses this one
    used_by_files: int = 0  # files outside of the module that import something of it


class SplitMove(Record, frozen=True):
    """One definition and where it would go."""

    name: str
    kind: Literal["function", "class", "value"]
    line: int
    end_line: int
    target: str  # file
    component: str


class SplitProposal(Record, frozen=True):
    """How a large module could be taken apart, old import paths kept."""

    components: tuple[SplitComponent, ...]
    moves: tuple[SplitMove, ...]
    stays: tuple[str, ...] = ()  # what the module keeps
    crossing: int = 0  # references between components
    inside: int = 0  # references within components


class ImportCost(Record, frozen=True):
    """What importing a module takes in the workload that was run."""

    self_s: float
    cumulative_s: float
    memory_bytes: int | None


class ModuleStructure(Record, frozen=True):
    """One module; `problems` says why it is worth a look."""

    file: str
    module: str
    code_lines: int  # without blank lines, comments and docstrings
    definitions: int  # at the top level
    complexity: int  # of all functions together
    cohesion: float | None  # share of the code in the largest group of definitions that use
    # each other; None: fewer than two definitions
    groups: int  # such groups
    imports: int  # modules of the project that it imports
    imported_by: int  # modules of the project that import it
    problems: tuple[str, ...] = ()
    most_complex: tuple[FunctionComplexity, ...] = ()
    unused_imports: tuple[UnusedImport, ...] = ()
    split: SplitProposal | None = None
    import_cost: ImportCost | None = None  # None: not measured


class StructureReport(Record, frozen=True):
    """What `whet check --structure` found; modules with problems only, the worst first."""

    project: str
    files: int  # modules that were read
    code_lines: int
    modules: tuple[ModuleStructure, ...]
    cycles: tuple[ImportCycle, ...]
    workload: str | None = None  # in which the imports were measured
    notes: tuple[str, ...] = ()  # what could not be read
    version: int = 1
