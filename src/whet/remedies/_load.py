"""Remedies found by their place: every module of a family folder that has a `REMEDY`.

Installed packages add theirs as entry points of the group `whet.remedies`.
"""

from __future__ import annotations

import difflib
from dataclasses import replace
from functools import cache, wraps
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from whet.errors import UsageError, WhetError
from whet.remedies.remedy import Remedy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_P = ParamSpec("_P")
_R = TypeVar("_R")

PLUGINS = "whet.remedies"


@cache
def load_remedies() -> tuple[Remedy, ...]:
    """All remedies, by family and name; those of plug-ins come last.

    Raises:
        UsageError: A plug-in cannot be used.
    """
    folder = Path(__file__).parent
    files = sorted(folder.glob("[a-z]*/[a-z]*.py"))
    modules = [import_module(f"whet.remedies.{file.parent.name}.{file.stem}") for file in files]
    own: list[Remedy] = [module.REMEDY for module in modules]
    return (*own, *plugin_remedies(metadata.entry_points(group=PLUGINS), {r.name for r in own}))


def plugin_remedies(
    entries: Iterable[metadata.EntryPoint], taken: Iterable[str]
) -> tuple[Remedy, ...]:
    """The remedies that installed packages bring.

    Args:
        entries: Each names a `Remedy`.
        taken: Names that they may not have.

    Raises:
        UsageError: One cannot be loaded, is no remedy, or has the name of another.
    """
    names = set(taken)
    found: list[Remedy] = []
    for entry in sorted(entries, key=lambda each: each.name):
        remedy = _plugin(entry)
        if remedy.name in names:
            raise _unusable(entry, f"the remedy {remedy.name!r} exists already")
        if (remedy.rewrite is None) != (remedy.safety == "advice"):
            raise _unusable(entry, "a remedy without `rewrite` is advice, and only that")
        names.add(remedy.name)
        found.append(_named(remedy, entry))
    return tuple(found)


def _plugin(entry: metadata.EntryPoint) -> Remedy:
    try:
        loaded = entry.load()
    except Exception as error:
        reason = f"cannot be loaded: {type(error).__name__}: {error}"
        raise _unusable(entry, reason) from error
    if not isinstance(loaded, Remedy):
        raise _unusable(entry, f"is of type {type(loaded).__name__}, not a Remedy")
    return loaded


def _named(remedy: Remedy, entry: metadata.EntryPoint) -> Remedy:
    """The remedy, whose failures name the package that brought it."""

    def named(part: Callable[_P, _R]) -> Callable[_P, _R]:
        @wraps(part)
        def called(*args: _P.args, **keywords: _P.kwargs) -> _R:
            try:
                return part(*args, **keywords)
            except WhetError:
                raise
            except Exception as error:
                reason = f"{part.__name__} failed: {type(error).__name__}: {error}"
                raise _unusable(entry, reason) from error

        return called

    return replace(
        remedy,
        detect=named(remedy.detect),
        admit=named(remedy.admit),
        rewrite=None if remedy.rewrite is None else named(remedy.rewrite),
    )


def _unusable(entry: metadata.EntryPoint, reason: str) -> UsageError:
    package = f" of {entry.dist.name}" if entry.dist else ""
    what = f"plug-in {entry.name!r} ({entry.value}){package}"
    return UsageError(what, reason, "Repair or uninstall the package")


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
