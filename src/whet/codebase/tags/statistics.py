"""What is defined in a tree, counted by kind and file."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from whet.codebase.tags.symbols import GROUPS
from whet.records import FileIdentifiers, IdentifierStatistics, printable

if TYPE_CHECKING:
    from whet.codebase.tags.run import FileTags, TagRun

KINDS = (*GROUPS, "unknown", "references")
_SHORTEST_S = 1e-3  # below it a rate tells nothing


def count_identifiers(run: TagRun) -> IdentifierStatistics:
    """The definitions of every file by kind, and in all.

    Args:
        run: Whose files have not been taken yet.
    """
    files = tuple(_of_file(file) for file in run.files(tags=False) if file.facts is not None)
    totals = {kind: sum(getattr(file, kind) for file in files) for kind in KINDS}
    elapsed_s = run.elapsed_s or 0.0
    return IdentifierStatistics(
        files=files,
        totals=totals,
        languages=dict(sorted(Counter(file.language for file in files).items())),
        problems=tuple(run.problems),
        files_read=run.parsed,
        processes=run.processes,
        elapsed_s=elapsed_s,
        files_per_s=len(files) / elapsed_s if elapsed_s > _SHORTEST_S else None,
    )


def _of_file(file: FileTags) -> FileIdentifiers:
    facts = file.facts
    assert facts is not None  # noqa: S101 - the caller left those out
    modified = datetime.fromtimestamp(file.identity.mtime_ns / 1e9, UTC)
    return FileIdentifiers(
        file=printable(file.path),
        language=facts.language,
        size_bytes=file.identity.size,
        lines=facts.lines,
        modified=modified.isoformat(timespec="seconds").replace("+00:00", "Z"),
        **dict(zip(KINDS, facts.counts, strict=True)),
    )
