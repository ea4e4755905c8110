"""Whether an import may happen later, or not at all: what it does beside defining a module."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

from whet.remedies.remedy import Admission, refused

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, Match

# Imports of the standard library that do something besides defining names.
_WITH_EFFECTS = frozenset({
    "__future__", "__main__", "antigravity", "codecs", "encodings", "faulthandler", "idlelib",
    "lib2to3", "locale", "logging", "multiprocessing", "readline", "rlcompleter", "signal",
    "site", "sitecustomize", "this", "threading", "tkinter", "turtle", "unittest",
    "usercustomize", "warnings",
})  # fmt: skip


def effects_against(
    name: str, evidence: Evidence, held: Iterable[str], known: Collection[str] = ()
) -> str:
    """Why a module has to be imported when it is; "" if nothing speaks for it.

    Args:
        name: Of the module.
        evidence: What its import did.
        held: The packages that somebody holds by name, from `held_packages`.
        known: Submodules that can be found as before, whoever loads them.
    """
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names:
        return f"importing {top} has effects of its own" if top in _WITH_EFFECTS else ""
    seen = evidence.imports.get(name)
    if seen is None:
        return f"importing {name} may have effects: it was not watched"
    if seen.effects:
        return f"importing {name} has effects: {', '.join(seen.effects)}"
    packages = set(held)
    extras = [extra for extra in seen.extras if extra not in known]
    lived_on = [extra for extra in extras if extra.partition(".")[0] in packages]
    return f"importing {name} loads {lived_on[0]}, which others may live on" if lived_on else ""


def admit_imports(
    match: Match, evidence: Evidence, names: Iterable[str], known: Collection[str] = ()
) -> Admission:
    """Admitted if the import of each module was watched and did nothing beside defining it.

    Args:
        match: Whose data tells the packages that are held by name.
        evidence: What the imports did.
        names: Of the modules.
        known: As for `effects_against`.
    """
    modules = list(names)
    for name in modules:
        if name not in evidence.imports:
            return refused(f"whether the run imports {name} was not watched")
        if reason := effects_against(name, evidence, match.data["held"], known):
            return refused(reason)
    return Admission(evidence={"modules": modules}, removable=1.0)


def held_packages(module: SourceModule) -> set[str]:
    """Top-level packages that this file or others hold by `import package`."""
    held = {name[:-1] for name in module.outside or () if name.endswith(".")}
    for node in ast.walk(module.scopes.tree):
        if isinstance(node, ast.Import):
            held |= {
                alias.name.partition(".")[0]
                for alias in node.names
                if alias.asname is None or "." not in alias.name
            }
    return held
