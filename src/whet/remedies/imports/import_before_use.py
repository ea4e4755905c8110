"""Slow imports at the top of a module, for an interpreter that can put them off by itself.

What
    `import x` or `from x import y` at the top of a module that runs on Python 3.15 or newer.

Why slow
    The import runs at every start of the program, whether it is needed or not. From Python 3.15
    on the interpreter loads modules that a file lists in `__lazy_modules__` at their first use.

Evidence needed
    From the import profile: the imports' share of all time. From the run: the imports changed
    nothing that others can see, and loaded no submodule that others may live on. Whether the run
    needs the modules all the same, the trial shows.

Before
    import pandas

After
    __lazy_modules__ = ["pandas"]

    import pandas

Safety
    Gated by evidence. Older interpreters ignore the list, so the file stays good for them; names
    stay where they are, for other files and for tests that replace them. An import that fails
    does so at its first use.

When not
    Interpreters before 3.15; files that look at their names by `globals()` and the like, or take
    something out of `sys.path` or `sys.modules`; a `__lazy_modules__` of the file's own; relative
    imports; imports inside `try` or `if`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.codebase.syntax import span_of
from whet.records import Match
from whet.remedies._places import alone_on_its_lines
from whet.remedies.imports._effects import admit_imports, held_packages
from whet.remedies.imports._statements import (
    ImportStatement,
    asks_for_globals,
    changes_finding,
    loads_for_others,
    only_module,
)
from whet.remedies.remedy import Admission, Remedy, gone

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace

NAME = "import_before_use"
LEAST_SHARE = 0.01
FIRST_PYTHON = (3, 15)
_LIST = "__lazy_modules__"


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """One match for all slow imports at the top of a module."""
    if module.tree is None or hot.python is None or hot.python < FIRST_PYTHON:
        return []
    if _LIST in module.words or module.scopes.star_import or asks_for_globals(module):
        return []
    if changes_finding(module):
        return []
    slow = [each for each in _imports(module) if _share(hot, each) >= LEAST_SHARE]
    names = list(dict.fromkeys(only_module(each) or "" for each in slow))
    if not names:
        return []
    first = slow[0]
    return [
        Match(
            match_id=f"{NAME}:{module.file}",
            remedy=NAME,
            file=module.file,
            span=span_of(first),
            function="",
            message=f"{', '.join(names)} could be loaded at first use",
            safety="gated",
            imports=tuple(names),
            lines=tuple(each.lineno for each in slow),
            data={
                "module": max(names, key=lambda name: hot.imports[name]),
                "modules": names,
                "held": sorted(held_packages(module)),
            },
        )
    ]


def _share(hot: HotPlace, statement: ImportStatement) -> float:
    return hot.imports.get(only_module(statement) or "", 0.0)


def _imports(module: SourceModule) -> list[ImportStatement]:
    return [
        node
        for node in module.scopes.tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        and alone_on_its_lines(module, node)
        and only_module(node) not in {None, "__future__"}
        and not loads_for_others(module, node)
    ]


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether none of the imports does anything beside defining its module."""
    return admit_imports(match, evidence, match.data["modules"])


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The list above the first import.

    Raises:
        WhetError: The match is not in the module any more.
    """
    imports = _imports(module) if module.tree else []
    if match.span not in [span_of(each) for each in imports]:
        raise gone(match)
    listed = ", ".join(f'"{name}"' for name in match.data["modules"])
    line = min(each.lineno for each in imports)
    return (module.insert_before_line(line, f"{_LIST} = [{listed}]\n\n"),)


REMEDY = Remedy(
    name=NAME,
    family="imports",
    title="Load modules at their first use",
    claims="cpu_time",
    keeps_state=True,
    safety="gated",
    share="import",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
