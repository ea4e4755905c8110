"""Questions about an import statement at the top of a module."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeAlias

from whet.records import Span
from whet.remedies.imports._effects import held_packages

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit

ImportStatement: TypeAlias = ast.Import | ast.ImportFrom

_SEES_GLOBALS = frozenset({"globals", "eval", "exec", "vars", "dir"})


def asks_for_globals(module: SourceModule) -> bool:
    """Whether the file looks at its names by other means than naming them."""
    if not _SEES_GLOBALS & module.words:
        return False
    return any(module.scopes.uses(None, name) for name in _SEES_GLOBALS)


_ADDING = frozenset({"append", "extend", "insert"})
_FINDING = frozenset({"sys.meta_path", "sys.modules", "sys.path", "sys.path_hooks"})


def changes_finding(module: SourceModule) -> bool:
    """Whether the file changes what later imports find, other than by adding to `sys.path`."""
    if "sys" not in module.words:
        return False
    scopes = module.scopes
    for node in ast.walk(scopes.tree):
        if isinstance(node, ast.Name | ast.Attribute) and scopes.dotted(node) in _FINDING:
            parent = scopes.parent(node)
            adds = (
                isinstance(parent, ast.Attribute)
                and parent.attr in _ADDING
                and scopes.dotted(node) == "sys.path"
            )
            reads = (
                isinstance(parent, ast.Compare)
                or (isinstance(parent, ast.Attribute) and parent.attr == "get")
                or (isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Load))
            )
            if not (adds or reads):
                return True
    return False


def only_module(statement: ImportStatement) -> str | None:
    """The one module that a statement imports; None where it is not so plain."""
    if isinstance(statement, ast.ImportFrom):
        star = any(alias.name == "*" for alias in statement.names)
        return statement.module if statement.level == 0 and not star else None
    match statement.names:
        case [ast.alias(name=name, asname=bound)] if bound is not None or "." not in name:
            return name
        case _:
            return None  # `import a.b` binds a submodule that others may see


def bound_names(statement: ImportStatement) -> list[str]:
    """The names that a statement binds, of which `only_module` knows the module."""
    return [alias.asname or alias.name for alias in statement.names]


def is_used_outside(module: SourceModule, statement: ImportStatement) -> bool:
    """Whether other files use a name of the statement, or nobody looked."""
    return module.outside is None or bool({*bound_names(statement), "*"} & module.outside)


def loads_for_others(module: SourceModule, statement: ImportStatement) -> bool:
    """Whether somebody may find a submodule in its package only because of this statement."""
    origin = only_module(statement) or ""
    top = origin.partition(".")[0]
    if origin == top and isinstance(statement, ast.Import):
        return False  # what it loads, everybody else imports for himself
    return top in held_packages(module)


def is_exported(module: SourceModule, name: str) -> bool:
    """Whether a name stands in a string, for instance in `__all__`."""
    return any(
        isinstance(node, ast.Constant) and node.value == name
        for node in ast.walk(module.scopes.tree)
    )


def whole_lines(statement: ast.stmt) -> Span:
    """The lines of a statement that stands alone on them."""
    last = (statement.end_lineno or statement.lineno) + 1
    return Span(line=statement.lineno, column=0, end_line=last, end_column=0)


def under_type_checking(module: SourceModule, statement: ast.stmt, checking: str) -> str:
    """The lines of a statement under a condition, its layout and comments as they are."""
    lines = [line.decode() for line in module.lines[statement.lineno - 1 : statement.end_lineno]]
    indented = "".join(f"    {line}" for line in lines)
    end = "" if indented.endswith(("\n", "\r")) else "\n"
    return f"if {checking}:\n{indented}{end}"


def type_checking(module: SourceModule, statement: ast.stmt) -> tuple[str, tuple[Edit, ...]]:
    """How to ask whether a type checker reads the file, above a statement.

    Where the file does not import `typing`, which takes milliseconds, a name of its own does it:
    type checkers take TYPE_CHECKING for true, whoever binds it.
    """
    scopes = module.scopes
    for name in list(scopes.module.bindings):
        origin = scopes.import_origin(name)
        if origin not in {"typing", "typing.TYPE_CHECKING"}:
            continue
        line = scopes.statement_of(scopes.bindings(scopes.module, name)[0]).lineno
        if line < statement.lineno:
            return name if origin != "typing" else f"{name}.TYPE_CHECKING", ()
    if _own_switch(module, statement):
        return "TYPE_CHECKING", ()
    if "TYPE_CHECKING" in module.words:  # bound below, or somewhere deeper
        name = module.fresh_name("_typing")
        text = f"import typing as {name}\n"
        return f"{name}.TYPE_CHECKING", (module.insert_before_line(statement.lineno, text),)
    line = next(
        node.lineno
        for node in scopes.tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        and getattr(node, "module", None) != "__future__"
    )  # one place for all fixes of a file
    text = "TYPE_CHECKING = False\n"
    return "TYPE_CHECKING", (module.insert_before_line(line, text),)


def _own_switch(module: SourceModule, statement: ast.stmt) -> bool:
    """Whether the file says `TYPE_CHECKING = False` above a statement."""
    scopes = module.scopes
    match [scopes.parent(node) for node in scopes.bindings(scopes.module, "TYPE_CHECKING")]:
        case [ast.Assign(value=ast.Constant(value=False)) as only]:
            return scopes.parent(only) is scopes.tree and only.lineno < statement.lineno
        case _:
            return False
