"""From an admitted finding to a concrete change."""

from __future__ import annotations

import difflib
import hashlib
import re
from typing import TYPE_CHECKING

from whet.errors import WhetError
from whet.records import Finding, Fix
from whet.remedies._load import find_remedy

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule

_LINE = re.compile(r"[^\n]*\n|[^\n]+")  # form feeds end no line


def propose_fix(module: SourceModule, finding: Finding) -> Fix:
    """The fix of a finding, written against the module that the finding was made in.

    Raises:
        WhetError: The finding has no match, was refused, or the file is another by now.
    """
    remedy = find_remedy(finding.remedy)
    refused = finding.refused is not None or finding.safety == "advice"
    if finding.match is None or remedy.rewrite is None or refused:
        reason = finding.refused or "it is advice: there is nothing to rewrite"
        raise WhetError(f"finding {finding.finding_id}", f"cannot be fixed: {reason}")
    matches = (finding.match, *finding.parts)
    edits = tuple(
        dict.fromkeys(edit for match in matches for edit in remedy.rewrite(module, match))
    )
    name = finding.function or "<module>"
    touched = {name, *(each for match in matches for each in match.data.get("functions", ()))}
    patch = unified_diff(module.source, module.apply(edits), module.file, module.encoding)
    return Fix(
        fix_id=hashlib.sha256(f"{finding.finding_id}\n{patch}".encode()).hexdigest()[:12],
        title=f"{remedy.title} ({name})",
        remedy=remedy.name,
        file=finding.file,
        line=finding.line,
        function=finding.function,
        functions=tuple(f"{finding.file}::{touched_name}" for touched_name in sorted(touched)),
        claims=remedy.claims,
        keeps_state=remedy.keeps_state,
        safety=finding.safety,
        attainable_gain=finding.attainable_gain,
        edits=edits,
        patch=patch,
        evidence=finding.evidence,
        finding_id=finding.finding_id,
        family=remedy.family,
    )


def unified_diff(before: bytes, after: bytes, file: str, encoding: str = "utf-8") -> str:
    """A patch as text; in a file that is not UTF-8 it is for reading, the edits are the fix."""
    rows = difflib.unified_diff(
        _LINE.findall(before.decode(encoding)),
        _LINE.findall(after.decode(encoding)),
        f"a/{file}",
        f"b/{file}",
    )
    return "".join(
        row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in rows
    )
