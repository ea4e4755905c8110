"""A slow import at the top of a module that the run does not need.

What
    `import x` or `from x import y` at the top of a module whose names are used only inside of
    functions that the run never called.

Why slow
    The import runs at every start of the program, whether its names are needed or not.

Evidence needed
    From the import profile: the import's share of all time. From the run: none of the functions
    that use its names was called; for modules beyond the standard library also that the import
    changed nothing that others can see (hooks, filters, handlers, registries, patched modules)
    and loaded no submodule that others may live on.

Before
    import xmlrpc.client as rpc

    def send(text):
        return rpc.ServerProxy(URL).post(text)

After
    def send(text):
        import xmlrpc.client as rpc
        return rpc.ServerProxy(URL).post(text)

Safety
    Gated by evidence. Modules that register something when imported are not moved: those of the
    standard library are known, others the run has watched. Names that other files of the project
    mention stay, since they may replace them in the module (tests do); so do submodules of
    packages that the project also holds by `import package`, which may live on what this import
    happened to load. An import that fails does so at its first use instead of at the start.
    What `from x import y` brings is looked up at each call: constants (`Y`) of modules beyond the
    standard library, which a program may bind anew, are therefore not moved.

When not
    Names used at module level, in class bodies, decorators, defaults or annotations; functions
    with variables of the same names, that ask for `locals()`, or that `numba` and the like
    translate; files that take something out of
    `sys.path` or `sys.modules`; imports inside `try` or `if`; re-exported names; relative imports.
"""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

from whet.codebase.scopes import FUNCTIONS
from whet.codebase.syntax import span_of
from whet.records import CallSite, Edit, Match, Span
from whet.remedies._places import alone_on_its_lines
from whet.remedies.imports._effects import effects_against, held_packages
from whet.remedies.imports._statements import (
    asks_for_globals,
    bound_names,
    changes_finding,
    is_exported,
    is_used_outside,
    loads_for_others,
    only_module,
)
from whet.remedies.remedy import Admission, Remedy, gone, refused

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace
    from whet.remedies.imports._statements import ImportStatement

NAME = "heavy_import_unused"
LEAST_SHARE = 0.01
_COMPILERS = frozenset({"cython", "numba", "taichi", "tensorflow", "torch", "triton"})


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every slow import of a module that only functions use."""
    if module.tree is None or not hot.imports or module.scopes.star_import:
        return []
    if asks_for_globals(module) or changes_finding(module):
        return []
    found = []
    for statement in module.tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom) and alone_on_its_lines(
            module, statement
        ):
            origin = only_module(statement)
            share = hot.imports.get(origin or "", 0.0)
            stays = (
                share < LEAST_SHARE
                or is_used_outside(module, statement)
                or loads_for_others(module, statement)
                or _brings_constants(statement, origin or "")
            )
            users = [] if stays else _users(module, statement)
            if origin and users:
                found.append(_match(module, statement, origin, users))
    return found


def _brings_constants(statement: ImportStatement, origin: str) -> bool:
    """Whether a name may be bound anew in its module, so that it matters when it is looked up."""
    own = origin.partition(".")[0] in sys.stdlib_module_names
    named = isinstance(statement, ast.ImportFrom) and any(
        a.name.isupper() for a in statement.names
    )
    return named and not own


def _users(module: SourceModule, statement: ImportStatement) -> list[FunctionNode]:
    """The outermost functions that use the names; empty if anything else does, or nothing."""
    scopes = module.scopes
    users: list[FunctionNode] = []
    for name in bound_names(statement):
        if is_exported(module, name) or len(scopes.bindings(scopes.module, name)) != 1:
            return []
        for use in scopes.uses(scopes.module, name):
            function = _outermost_function(module, use)
            if function is None or not _can_take(module, function, bound_names(statement)):
                return []
            users.append(function)
    return sorted(set(users), key=lambda function: function.lineno)


def _outermost_function(module: SourceModule, use: ast.Name) -> FunctionNode | None:
    """The function in whose body a name is evaluated, that no other function is around."""
    found: FunctionNode | None = None
    child: ast.AST = use
    for parent in module.scopes.ancestors(use):
        if isinstance(parent, FUNCTIONS):
            found = parent if child in parent.body else None
        elif isinstance(parent, ast.ClassDef) and found is None:
            return None
        child = parent
    return found


def _can_take(module: SourceModule, function: FunctionNode, names: list[str]) -> bool:
    """Whether a function can begin with the import, and means nothing else by any of the names."""
    first, own = _first_statement(function), module.scopes.inner(function)
    within = set(ast.walk(function))
    scopes = [scope for scope in module.scopes.all if scope.node in within]
    taken = any(name in own.bindings for name in names)
    taken = taken or any(name in scope.declared for scope in scopes for name in names)
    listed = any(isinstance(n, ast.Name) and n.id == "locals" for n in ast.walk(function))
    placed = first.lineno > function.lineno and module.indent_of(first) is not None
    return placed and not (taken or listed or _is_translated(module, function))


def _is_translated(module: SourceModule, function: FunctionNode) -> bool:
    """Whether a compiler that knows no imports reads a function, or one in it."""
    if not _COMPILERS & module.words:
        return False
    decorators = [
        node for inner in ast.walk(function) for node in getattr(inner, "decorator_list", [])
    ]
    names = [
        module.scopes.dotted(node.func if isinstance(node, ast.Call) else node)
        for node in decorators
    ]
    return any((name or "").partition(".")[0] in _COMPILERS for name in names)


def _first_statement(function: FunctionNode) -> ast.stmt:
    """The statement before which the import goes: the first behind the docstring."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return function.body[1] if documented and len(function.body) > 1 else first


def _match(
    module: SourceModule, statement: ImportStatement, origin: str, users: list[FunctionNode]
) -> Match:
    match_id = f"{NAME}:{module.file}:{statement.lineno}"
    calls = tuple(
        CallSite(
            site=f"{match_id}#{number}",
            file=module.file,
            name=module.scopes.qualified_name(function),
            line=function.lineno,
        )
        for number, function in enumerate(users)
    )
    return Match(
        match_id=match_id,
        remedy=NAME,
        file=module.file,
        span=span_of(statement),
        function="",
        message=f"{origin} is imported at every start and used in functions only",
        safety="gated",
        calls=calls,
        imports=(origin,),
        lines=(statement.lineno,),
        data={
            "module": origin,
            "functions": [site.name for site in calls],
            "held": sorted(held_packages(module)),
        },
    )


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether the module may be moved, and the run never needed it."""
    reason = effects_against(match.data["module"], evidence, match.data["held"])
    if reason:
        return refused(reason)
    for site in match.calls:
        call = evidence.calls.get(site.site)
        if call is None:
            return refused(f"whether {site.name} is called was not observed")
        if call.calls:
            return refused(f"{site.name} uses it and was called", calls=call.calls)
    used_in = [site.name for site in match.calls]
    return Admission(evidence={"module": match.data["module"], "used_in": used_in}, removable=1.0)


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The import moved into the functions that use it."""
    for statement in module.tree.body if module.tree else ():
        if isinstance(statement, ast.Import | ast.ImportFrom) and span_of(statement) == match.span:
            users = _users(module, statement)
            if users:
                return _edits(module, statement, users)
    raise gone(match)


def _edits(
    module: SourceModule, statement: ImportStatement, users: list[FunctionNode]
) -> tuple[Edit, ...]:
    text = ast.unparse(statement)  # one plain line of the same meaning
    last = statement.end_lineno or statement.lineno
    line = Span(line=statement.lineno, column=0, end_line=last + 1, end_column=0)
    edits = [Edit(file=module.file, span=line, text="")]
    for function in users:
        first = _first_statement(function)
        indent = module.indent_of(first) or ""
        edits.append(module.insert_before_line(_line_of(first), f"{indent}{text}\n"))
    return tuple(edits)


def _line_of(statement: ast.stmt) -> int:
    """The first line of a statement with its decorators."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(node.lineno for node in decorators)])


REMEDY = Remedy(
    name=NAME,
    family="imports",
    title="Import only where it is needed",
    claims="cpu_time",
    keeps_state=True,
    safety="gated",
    share="import",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
