"""Remedies found by their place: every module of a family folder that has a `REMEDY`."""

from __future__ import annotations

import difflib
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from whet.errors import UsageError

if TYPE_CHECKING:
    from whet.remedies.remedy import Remedy


@cache
def load_remedies() -> tuple[Remedy, ...]:
    """All remedies, by family and name."""
    folder = Path(__file__).parent
    files = sorted(folder.glob("[a-z]*/[a-z]*.py"))
    modules = [import_module(f"whet.remedies.{file.parent.name}.{file.stem}") for file in files]
    remedies: list[Remedy] = [module.REMEDY for module in modules]
    return tuple(remedies)


def find_remedy(name: str) -> Remedy:
    """The remedy of a name; hyphens and underscores are alike.

    Raises:
        UsageError: There is none, with the nearest name.
    """
    by_name = {remedy.name: remedy for remedy in load_remedies()}
    wanted = name.replace("-", "_")
    if wanted in by_name:
        return by_name[wanted]
    near = difflib.get_close_matches(wanted, by_name, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else "`whet remedy` lists them"
    raise UsageError(f"remedy {name!r}", "there is none of this name", hint)
