"""The map of a repository: the definitions that matter most, as they stand in their files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from whet.codebase.tags.extraction import Unfit, as_utf8
from whet.codebase.tags.languages import all_languages
from whet.codebase.tags.ranking import Definition, Ranking, rank
from whet.codebase.tags.reading import LARGEST_BYTES, load
from whet.codebase.tags.symbols import SYMBOLS, unpack
from whet.records import MapFile, MapSymbol, RepositoryMap, printable

if TYPE_CHECKING:
    from pathlib import Path

    from whet.codebase.tags.run import TagRun

_CHARACTERS = 4  # of a token, by the usual rule of thumb
_WIDEST = 100  # characters of a source line that are shown


def map_repository(
    root: Path, run: TagRun, *, lines: int | None = None, tokens: int | None = None
) -> RepositoryMap:
    """The most important definitions that fit.

    Args:
        root: Where the files lie.
        run: Whose files have not been taken yet.
        lines: That the map may have, those that name files included; None: no limit.
        tokens: That it may have, estimated; None: no limit.
    """
    families = {lang.name: lang.family or lang.name for lang in all_languages()}
    ambient = {lang.name: lang.ambient for lang in all_languages()}
    library = {lang.name: lang.library() for lang in all_languages()}
    packed = (
        (file.path, families[file.facts.language], unpack(file.facts.tags))
        for file in run.files()
        if file.facts
    )
    ranking = rank(packed, ambient, library)
    shown, used, cost = _chosen(root, ranking, lines, tokens)
    files = [
        MapFile(
            file=printable(path),
            rank=ranking.files[path],
            symbols=tuple(sorted(symbols, key=lambda symbol: (symbol.line, symbol.name))),
        )
        for path, symbols in shown.items()
    ]
    files.sort(key=lambda file: (-sum(symbol.rank for symbol in file.symbols), file.file))
    return RepositoryMap(
        files=tuple(files),
        lines=used,
        tokens=cost,
        definitions=len(ranking.definitions),
        references=ranking.references,
    )


def map_text(found: RepositoryMap) -> str:
    """The map for people and language models: files, and below them lines of source."""
    parts = []
    for file in found.files:
        parts.append(f"{file.file}:\n")
        parts += [_line(symbol) for symbol in file.symbols]
    return "".join(parts)


def _line(symbol: MapSymbol) -> str:
    return f"{symbol.line:>6}  {symbol.source or f'{symbol.symbol} {symbol.name}'}\n"


def _chosen(
    root: Path, ranking: Ranking, lines: int | None, tokens: int | None
) -> tuple[dict[str, list[MapSymbol]], int, int]:
    """Definitions by rank until the next one would not fit, with the lines and tokens used."""
    sources: dict[str, list[str]] = {}
    shown: dict[str, list[MapSymbol]] = {}
    used = characters = 0
    for definition in ranking.definitions:
        symbol = _symbol(root, definition, sources)
        new = definition.file not in shown
        more = 1 + new
        head = len(printable(definition.file)) + 2 if new else 0
        size = characters + len(_line(symbol)) + head
        if lines is not None and used + more > lines:
            break
        if tokens is not None and -(-size // _CHARACTERS) > tokens:
            break
        shown.setdefault(definition.file, []).append(symbol)
        used, characters = used + more, size
    return shown, used, -(-characters // _CHARACTERS)


def _symbol(root: Path, definition: Definition, sources: dict[str, list[str]]) -> MapSymbol:
    if definition.file not in sources:
        sources[definition.file] = _lines_of(root, definition.file)
    lines = sources[definition.file]
    text = lines[definition.line - 1].strip() if definition.line <= len(lines) else ""
    if len(text) > _WIDEST:
        text = text[: _WIDEST - 1] + "…"
    return MapSymbol(
        name=definition.name,
        symbol=SYMBOLS[definition.code][1],
        line=definition.line,
        rank=definition.rank,
        source=text,
    )


def _lines_of(root: Path, file: str) -> list[str]:
    try:
        _, data = load(os.fsencode(root / file), LARGEST_BYTES)
        source, _ = as_utf8(data, "Python" if file.endswith(".py") else "")
    except (OSError, Unfit):
        return []
    return source.decode("utf-8", "replace").split("\n")
