"""How a file names the library `yaml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from whet.codebase.syntax import SourceModule
    from whet.records import Edit


def library(module: SourceModule, names: Collection[str]) -> tuple[str, tuple[Edit, ...]]:
    """How the file names `yaml`, with the import that this may need.

    Args:
        module: The file.
        names: The functions of which it imports one, where it does not import the library.
    """
    scopes = module.scopes
    origins = {bound: scopes.import_origin(bound) or "" for bound in list(scopes.module.bindings)}
    for bound, origin in origins.items():
        if origin == "yaml":
            return bound, ()
    bound = next(bound for bound, origin in origins.items() if origin in names)
    line = scopes.statement_of(scopes.bindings(scopes.module, bound)[0]).lineno
    name = module.fresh_name("_yaml")
    return name, (module.insert_before_line(line, f"import yaml as {name}\n"),)
