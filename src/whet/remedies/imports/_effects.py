"""Whether an import may happen later, or not at all: what it does beside defining a module."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, Match

# Imports of the standard library that do something besides defining names.
_WITH_EFFECTS = frozenset({
    "__future__", "__main__", "antigravity", "codecs", "encodings", "faulthandler", "idlelib",
    "lib2to3", "locale", "logging", "multiprocessing", "readline", "rlcompleter", "signal",
    "site", "sitecustomize", "this", "threading", "tkinter", "turtle", "unittest",
    "usercustomize", "warnings",
})  # fmt: skip


def effects_against(match: Match, evidence: Evidence) -> str:
    """Why the module that a match names has to be imported when it is; "" if nothing is known.

    `match.data` holds the "module", and as "held" the packages that somebody holds by name.
    """
    name = str(match.data["module"])
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names:
        return f"importing {top} has effects of its own" if top in _WITH_EFFECTS else ""
    seen = evidence.imports.get(name)
    if seen is None:
        return f"importing {name} may have effects: it was not watched"
    if seen.effects:
        return f"importing {name} has effects: {', '.join(seen.effects)}"
    held = set(match.data.get("held", ()))
    lived_on = [extra for extra in seen.extras if extra.partition(".")[0] in held]
    if lived_on:
        return f"importing {name} loads {lived_on[0]}, which others may live on"
    return ""


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
