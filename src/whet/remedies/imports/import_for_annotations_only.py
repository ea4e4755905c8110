"""A slow import whose names stand in annotations only.

What
    `from x import Y` at the top of a module with `from __future__ import annotations`, where `Y`
    is used nowhere but in annotations.

Why slow
    The import runs at every start of the program, for names that only type checkers read: such a
    module's annotations are kept as texts.

Evidence needed
    From the import profile: the import's share of all time. For modules beyond the standard
    library, from the run: the import changed nothing that others can see.

Before
    from __future__ import annotations

    from pandas import DataFrame

    def rows(frame: DataFrame) -> int:
        return len(frame)

After
    from __future__ import annotations

    TYPE_CHECKING = False
    if TYPE_CHECKING:
        from pandas import DataFrame

    def rows(frame: DataFrame) -> int:
        return len(frame)

Safety
    Gated by evidence. Whoever evaluates annotations at run time needs the names: so nothing is
    done where an annotated function has a decorator, where a class has one, has bases or annotated
    fields, or where the file or others speak of `get_type_hints` and the like.

When not
    Without the `__future__` import; names that other files take from this module or replace in
    it; imports inside `try` or `if`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.codebase.scopes import FUNCTIONS
from whet.codebase.syntax import span_of
from whet.records import Edit, Match
from whet.remedies._places import alone_on_its_lines
from whet.remedies._words import ANNOTATION_WORDS
from whet.remedies.imports._effects import admit_imports, held_packages
from whet.remedies.imports._statements import (
    asks_for_globals,
    bound_names,
    is_exported,
    is_used_outside,
    loads_for_others,
    only_module,
    type_checking,
    under_type_checking,
    whole_lines,
)
from whet.remedies.remedy import Admission, Remedy, gone

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace
    from whet.remedies.imports._statements import ImportStatement

NAME = "import_for_annotations_only"
LEAST_SHARE = 0.01
# Words of code that evaluates annotations.
_EVALUATING = ANNOTATION_WORDS | {
    "BaseModel", "NamedTuple", "TypedDict", "attr", "attrs", "inject", "pydantic", "signature",
}  # fmt: skip


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every slow import of a module whose names stand in annotations only."""
    if module.tree is None or not hot.imports or module.scopes.star_import:
        return []
    if not _keeps_annotations_as_text(module) or asks_for_globals(module):
        return []
    if _EVALUATING & (module.words | (module.outside or frozenset())):
        return []
    found = []
    for statement in module.tree.body:
        origin = _origin(module, statement)
        if origin and hot.imports.get(origin, 0.0) >= LEAST_SHARE:
            assert isinstance(statement, ast.Import | ast.ImportFrom)  # noqa: S101 -- it has an origin
            found.append(_match(module, statement, origin))
    return found


def _keeps_annotations_as_text(module: SourceModule) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "annotations" for alias in node.names)
        for node in module.scopes.tree.body
    )


def _origin(module: SourceModule, statement: ast.stmt) -> str | None:
    """The module that a statement imports for annotations alone."""
    if not isinstance(statement, ast.Import | ast.ImportFrom):
        return None
    origin = only_module(statement)
    if origin in {None, "__future__", "typing"} or not alone_on_its_lines(module, statement):
        return None
    if is_used_outside(module, statement) or loads_for_others(module, statement):
        return None
    return origin if _is_for_annotations(module, statement) else None


def _is_for_annotations(module: SourceModule, statement: ImportStatement) -> bool:
    """Whether every use of a statement's names is in an annotation that nobody evaluates."""
    scopes = module.scopes
    uses: list[ast.Name] = []
    for name in bound_names(statement):
        if is_exported(module, name) or len(scopes.bindings(scopes.module, name)) != 1:
            return False
        uses.extend(scopes.uses(scopes.module, name))
    return bool(uses) and all(_is_kept_as_text(module, use) for use in uses)


def _is_kept_as_text(module: SourceModule, use: ast.Name) -> bool:
    child: ast.AST = use
    for parent in module.scopes.ancestors(use):
        match parent:
            case ast.arg() if child is parent.annotation:
                return _is_plain_function(module, parent)
            case ast.FunctionDef() | ast.AsyncFunctionDef() if child is parent.returns:
                return _is_plain_function(module, child)
            case ast.AnnAssign() if child is parent.annotation:
                return not isinstance(module.scopes.parent(parent), ast.ClassDef)
            case ast.stmt():
                return False
            case _:
                child = parent
    return False


def _is_plain_function(module: SourceModule, node: ast.AST) -> bool:
    """Whether nobody is handed the function around an annotation, or its class."""
    for parent in module.scopes.ancestors(node):
        if isinstance(parent, FUNCTIONS) and parent.decorator_list:
            return False
        if isinstance(parent, ast.ClassDef) and (
            parent.decorator_list or parent.bases or parent.keywords
        ):
            return False
    return True


def _match(module: SourceModule, statement: ImportStatement, origin: str) -> Match:
    return Match(
        match_id=f"{NAME}:{module.file}:{statement.lineno}",
        remedy=NAME,
        file=module.file,
        span=span_of(statement),
        function="",
        message=f"{origin} is imported at every start and used in annotations only",
        safety="gated",
        imports=(origin,),
        lines=(statement.lineno,),
        data={"module": origin, "held": sorted(held_packages(module))},
    )


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether the import may be left out."""
    return admit_imports(match, evidence, [match.data["module"]])


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The import put under `if TYPE_CHECKING:`.

    Raises:
        WhetError: The match is not in the module any more.
    """
    for statement in module.tree.body if module.tree else ():
        if isinstance(statement, ast.Import | ast.ImportFrom) and span_of(statement) == match.span:
            return _edits(module, statement)
    raise gone(match)


def _edits(module: SourceModule, statement: ImportStatement) -> tuple[Edit, ...]:
    checking, imports = type_checking(module, statement)
    text = under_type_checking(module, statement, checking)
    return (*imports, Edit(file=module.file, span=whole_lines(statement), text=text))


REMEDY = Remedy(
    name=NAME,
    family="imports",
    title="Import for type checkers only",
    claims="cpu_time",
    keeps_state=True,
    safety="gated",
    share="import",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
