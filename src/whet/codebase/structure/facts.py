"""What analyzers need to know of a file: small, so that syntax trees need not be kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from whet.codebase.structure.surface import Surface

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from whet.codebase.structure.lexing import HashedLine
    from whet.codebase.structure.names import Import

_PLAIN = frozenset({"object", "ABC", "Generic"})
MethodKind = Literal["instance", "class", "static", "property"]


@dataclass(slots=True)
class FunctionFacts:
    """A function or method.

    Attributes:
        name: Qualified.
        positional: Parameters that may be given by position, the instance left out.
        answers: It returns something other than None.
        complexity: Cyclomatic, nested functions apart.
        statements: In its body, nested ones included.
        local: Names that it binds, parameters included.
        tested: Classes that `isinstance` and class patterns ask for.
        returned: Length of the tuples it returns; 0: of other things, or of various lengths.
        reads: Attributes of the instance that are read.
        writes: Attributes of the instance that are bound.
        calls: Methods of the instance that are called.
        foreign: Attributes of other objects that are read or bound, methods left out.
        whole: It hands on the instance itself, so that anything may touch anything.
        forgiving: It catches `AttributeError`: it knows that one may be missing.
        promised: Its body is left to subclasses: it is abstract, or raises NotImplementedError.
    """

    name: str
    line: int
    end_line: int
    kind: MethodKind = "instance"
    positional: int = 0
    answers: bool = False
    complexity: int = 1
    statements: int = 0
    local: set[str] = field(default_factory=set)
    tested: set[str] = field(default_factory=set)
    returned: int | None = None
    reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)
    foreign: set[str] = field(default_factory=set)
    whole: bool = False
    forgiving: bool = False
    promised: bool = False

    def add(self, other: FunctionFacts) -> None:
        """Count another function of the same name as a part: a setter, an overload."""
        self.complexity += other.complexity
        self.reads |= other.reads
        self.writes |= other.writes
        self.calls |= other.calls
        self.foreign |= other.foreign
        self.whole = self.whole or other.whole
        self.forgiving = self.forgiving or other.forgiving

    def joined(self, names: Collection[str]) -> set[str]:
        """Those of these methods that it calls, also as properties."""
        return {name for name in self.calls | self.reads | self.writes if name in names}

    @property
    def short(self) -> str:
        """Its own name."""
        return self.name.rpartition(".")[2]

    @property
    def uses(self) -> set[str]:
        """Attributes of the instance that it touches."""
        return self.reads | self.writes


@dataclass(slots=True)
class ClassFacts:
    """A class.

    Attributes:
        name: Qualified.
        bases: As written, without subscripts.
        parts: Its functions, several of one name where there are setters and overloads.
        methods: The same by name, those of one name as one; made by `join`.
        values: Names that its body binds, functions left out.
        dynamic: Names that `hasattr`, `getattr` and the like ask for in it.
    """

    name: str
    line: int
    end_line: int
    bases: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()
    parts: list[FunctionFacts] = field(default_factory=list)
    methods: dict[str, FunctionFacts] = field(default_factory=dict)
    values: set[str] = field(default_factory=set)
    dynamic: set[str] = field(default_factory=set)

    @property
    def stands_alone(self) -> bool:
        """Whether there is no class, above or below, whose methods must connect its own."""
        plain = all(base.rpartition(".")[2] in _PLAIN for base in self.bases)
        return plain and not self.name.endswith("Mixin")

    def join(self) -> None:
        """Make `methods` of `parts`, once all is known of them."""
        for part in self.parts:
            known = self.methods.get(part.short)
            if known is None:
                self.methods[part.short] = replace(part)
            else:
                known.add(part)


@dataclass(frozen=True, slots=True)
class CallFacts:
    """A call by a plain name or of an attribute.

    Attributes:
        name: The last part of what is called.
        given: Arguments given by position; None: some are unpacked.
        unpacked: Names that the result is taken apart into; 0: it is not.
        plain: It is called by a name alone.
        discarded: Nobody takes the result.
    """

    name: str
    given: int | None
    unpacked: int
    line: int
    caller: str
    plain: bool = False
    discarded: bool = False


@dataclass(frozen=True, slots=True)
class LiteralFacts:
    """A number or text that something is compared with.

    Attributes:
        subject: The name of what is compared: a variable, attribute, or called function.
        value: The literal as Python writes it.
    """

    subject: str
    value: str
    line: int
    function: str


@dataclass(slots=True)
class FileFacts:
    """What was found in one file."""

    file: str
    module: str
    is_test: bool
    code_lines: int = 0
    lines: Sequence[HashedLine] = ()
    imports: Sequence[Import] = ()
    functions: list[FunctionFacts] = field(default_factory=list)
    classes: list[ClassFacts] = field(default_factory=list)
    calls: list[CallFacts] = field(default_factory=list)
    literals: list[LiteralFacts] = field(default_factory=list)
    endless: list[tuple[str, int, int]] = field(default_factory=list)  # function, lines
    privates: list[tuple[str, str, int]] = field(default_factory=list)  # object, name, line
    asked: list[tuple[str, str, int, str]] = field(default_factory=list)
    # of imported names: name, what is asked of it, line, function around
    surface: Surface = field(default_factory=Surface)
    bodies: list[tuple[str, int, int, int]] = field(default_factory=list)
    # of functions: name, line, hash as written, hash with local names numbered
