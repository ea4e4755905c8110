'''A package that loads slow modules only to hand their names on.

What
    `from .part import Name` in a package's `__init__.py`, where the file itself does nothing with
    the names but list them in `__all__`.

Why slow
    Whoever imports anything of the package loads all of it, at every start of the program.

Evidence needed
    From the import profile: the imports' share of all time. From the run: the imports changed
    nothing that others can see, and loaded no submodule that others may live on. Whether the run
    needs the names all the same, the trial shows.

Before
    from .part import Name

    __all__ = ["Name"]

After
    TYPE_CHECKING = False
    if TYPE_CHECKING:
        from .part import Name

    _LOADED_LATER = {"Name": (".part", "Name"), "part": (".part", "")}


    def __getattr__(name):
        """What the package hands on, loaded when it is asked for."""
        ...

    __all__ = ["Name"]

Safety
    Gated by evidence. `from package import Name`, `package.Name`, `package.part` and
    `from package import *` find what they found before. An import that fails does so when a name
    is first asked for; a name that its module binds anew before that is found as it is then.

When not
    No `__all__` (a star import would find less); names used in the file itself; a `__getattr__` or
    `__dir__` of its own; a name that is also that of a submodule; parts of parts; imports inside
    `try` or `if`.
'''

from __future__ import annotations

import ast
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from whet.codebase.syntax import span_of
from whet.records import Edit, Match
from whet.remedies._library_calls import builtins_are_plain
from whet.remedies._places import alone_on_its_lines
from whet.remedies.imports._effects import admit_imports, held_packages
from whet.remedies.imports._statements import (
    asks_for_globals,
    changes_finding,
    type_checking,
    under_type_checking,
    whole_lines,
)
from whet.remedies.remedy import Admission, Remedy, gone

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace

NAME = "package_loads_all"
LEAST_SHARE = 0.01
TABLE = "_LOADED_LATER"
DEFINITION = '''
TABLE = ENTRIES


def __getattr__(name):
    """What the package hands on, loaded when it is asked for."""
    if name not in TABLE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module, attribute = TABLE[name]
    found = import_module(module, __name__)
    value = globals()[name] = getattr(found, attribute) if attribute else found
    return value


def __dir__():
    return sorted({*globals(), *TABLE})
'''


class Handed(NamedTuple):
    """An import whose names are only handed on, and the module as it is written, dot and all."""

    statement: ast.ImportFrom
    written: str


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """One match for all slow imports of a package that it only hands on."""
    handed = [each for each in _handed(module) if _share(hot, each) >= LEAST_SHARE]
    if not handed:
        return []
    names = [_loaded(hot, each) for each in handed]
    heaviest = max(names, key=lambda name: hot.imports[name])
    first = handed[0].statement
    return [
        Match(
            match_id=f"{NAME}:{module.file}",
            remedy=NAME,
            file=module.file,
            span=span_of(first),
            function="",
            message=f"the package loads {', '.join(names)} only to hand names on",
            safety="gated",
            imports=tuple(names),
            lines=tuple(each.statement.lineno for each in handed),
            data={
                "module": heaviest,
                "modules": names,
                "lines": [each.statement.lineno for each in handed],
                "held": sorted(held_packages(module)),
            },
        )
    ]


def _share(hot: HotPlace, handed: Handed) -> float:
    return hot.imports.get(_loaded(hot, handed), 0.0)


def _loaded(hot: HotPlace, handed: Handed) -> str:
    """The absolute name of the imported module, by the path of the package."""
    if not handed.written.startswith("."):
        return handed.written
    parts = PurePosixPath(hot.file).parts[:-1]
    for start in range(len(parts)):
        name = ".".join(parts[start:]) + handed.written
        if name in hot.imports:
            return name
    return ""


def _handed(module: SourceModule) -> list[Handed]:
    """The imports of a package file that are only handed on."""
    if module.tree is None or PurePosixPath(module.file).name != "__init__.py":
        return []
    scopes = module.scopes
    own = {"__getattr__", "__dir__"} & set(scopes.module.bindings)
    if own or scopes.star_import or asks_for_globals(module) or changes_finding(module):
        return []
    if not builtins_are_plain(module, ["AttributeError", "getattr", "globals", "sorted"]):
        return []
    listed = _listed(module)
    found = []
    for node in module.tree.body:
        if isinstance(node, ast.ImportFrom) and alone_on_its_lines(module, node):
            written = "." * node.level + (node.module or "")
            if _binds_no_more(module, node) and all(
                _is_only_listed(module, alias, listed) for alias in node.names
            ):
                found.append(Handed(node, written))
    submodules = {each.written.rpartition(".")[2] for each in found}
    return [each for each in found if not submodules & set(_bound(each.statement))]


def _binds_no_more(module: SourceModule, node: ast.ImportFrom) -> bool:
    """Whether nobody finds anything by this import but its names, and the part of the package."""
    if node.level == 1:
        return bool(node.module) and "." not in (node.module or "")
    top = (node.module or "").partition(".")[0]
    own = top in PurePosixPath(module.file).parts  # `from package.part import …` in itself
    held = node.module != top and top in held_packages(module)
    return node.level == 0 and top != "__future__" and not own and not held


def _listed(module: SourceModule) -> frozenset[str]:
    """The names in a plain `__all__`; none where it is worked out."""
    bindings = module.scopes.bindings(module.scopes.module, "__all__")
    once = len(module.scopes.uses(module.scopes.module, "__all__")) == 1
    match module.scopes.parent(bindings[0]) if len(bindings) == 1 and once else None:
        case ast.Assign(value=ast.List(elts=elements) | ast.Tuple(elts=elements)):
            pass
        case ast.AnnAssign(value=ast.List(elts=elements) | ast.Tuple(elts=elements)):
            pass
        case _:
            return frozenset()
    values = [node.value for node in elements if isinstance(node, ast.Constant)]
    return frozenset(value for value in values if isinstance(value, str))


def _is_only_listed(module: SourceModule, alias: ast.alias, listed: frozenset[str]) -> bool:
    name = alias.asname or alias.name
    scopes = module.scopes
    return (
        name in listed
        and len(scopes.bindings(scopes.module, name)) == 1
        and not scopes.uses(scopes.module, name)
    )


def _bound(statement: ast.ImportFrom) -> list[str]:
    return [alias.asname or alias.name for alias in statement.names]


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether none of the imports does anything beside defining its module."""
    own = match.data["modules"]
    return admit_imports(match, evidence, own, set(own))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The imports left to type checkers, and the function that loads what is asked for.

    Raises:
        WhetError: The match is not in the module any more.
    """
    lines = match.data["lines"]
    handed = [each for each in _handed(module) if each.statement.lineno in lines]
    if len(handed) != len(lines) or span_of(handed[0].statement) != match.span:
        raise gone(match)
    table = module.fresh_name(TABLE)
    definition = DEFINITION.strip().replace("TABLE", table).replace("ENTRIES", _entries(handed))
    checking, imports = type_checking(module, handed[0].statement)
    edits = [*imports]
    for number, each in enumerate(handed):
        text = under_type_checking(module, each.statement, checking)
        behind = "" if number else f"\n{definition}\n\n"  # what is imported next may need it
        edits.append(Edit(file=module.file, span=whole_lines(each.statement), text=text + behind))
    return tuple(edits)


def _entries(handed: list[Handed]) -> str:
    entries: dict[str, tuple[str, str]] = {}
    for each in handed:
        for alias in each.statement.names:
            entries[alias.asname or alias.name] = (each.written, alias.name)
        if each.written.startswith("."):
            entries[each.written[1:]] = (each.written, "")  # `package.part` was bound as well
    rows = [f'    "{name}": ("{part}", "{held}"),' for name, (part, held) in entries.items()]
    return "\n".join(["{", *rows, "}"])


REMEDY = Remedy(
    name=NAME,
    family="imports",
    title="Load what a package hands on when it is asked for",
    claims="cpu_time",
    keeps_state=True,
    safety="gated",
    share="import",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
