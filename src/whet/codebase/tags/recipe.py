"""How facts were made: when any of it changes, what the cache holds is no longer current."""

from __future__ import annotations

import hashlib
import os
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from whet.codebase.tags.languages import all_languages
from whet.codebase.tags.symbols import FORMAT, SYMBOLS


@cache
def recipe() -> bytes:
    """Eight bytes that stand for form, queries, and the versions of parser and grammars.

    Versions are read from the names of the installed distributions' folders: asking
    `importlib.metadata` for each of them costs more than checking 2,000 files.
    """
    digest = hashlib.sha1(usedforsecurity=False)
    digest.update(f"{FORMAT} {SYMBOLS} {sys.version_info[:2]}".encode())
    for language in all_languages():
        described = (*language[:2], language.query, language.filenames, sorted(language.builtin))
        digest.update(repr(described).encode())
        digest.update(_version(language.package).encode())
    digest.update(_version("tree-sitter").encode())
    return digest.digest()[:8]


def _version(package: str) -> str:
    name = package.replace("-", "_")
    found = find_spec(name)
    if found is None or found.origin is None:
        return "missing"
    folder = Path(found.origin).parent
    for installed in _distributions(folder.parent):
        if installed.startswith(f"{name}-"):
            return installed
    return " ".join(f"{p.name} {p.stat().st_size}" for p in sorted(folder.iterdir()))


@cache
def _distributions(folder: Path) -> tuple[str, ...]:
    names = os.listdir(folder)  # noqa: PTH208 - hundreds of entries, on every run
    return tuple(sorted(name for name in names if name.endswith(".dist-info")))
