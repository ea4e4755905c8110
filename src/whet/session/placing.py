"""What the copies hold: the original with some fixes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.session.changes import files_after, put_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whet.records import Fix
    from whet.session.work import Run


def place(run: Run, fixes: Sequence[Fix], *copies: str) -> None:
    """Make copies hold the project with these fixes; everything else stays the original's."""
    touched = {edit.file for fix in run.session.record.fixes for edit in fix.edits}
    after = files_after(run.project, fixes)
    files = {f: after.get(f, (run.project / f).read_bytes()) for f in sorted(touched)}
    for copy in copies:
        put_files(run.bench.copies[copy], files)


def kept(run: Run) -> tuple[Fix, ...]:
    """The fixes kept so far, in order."""
    by_id = {fix.fix_id: fix for fix in run.session.record.fixes}
    return tuple(by_id[v.fix_id] for v in run.session.record.fix_verdicts if v.kept)
