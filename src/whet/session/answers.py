"""What a candidates command answered: unified diffs told apart, applied and made into fixes.

An answer is one unified diff, or several of them for the same place, each behind a line
`=== candidate: TITLE`. Text before the first `--- ` of a diff is for people.
"""

from __future__ import annotations

import difflib
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from whet.codebase.syntax import SourceModule, apply_edits
from whet.errors import WhetError
from whet.records import Edit, Fix, Span
from whet.session.changes import digest
from whet.session.outside import functions_that_differ
from whet.store.scratch import scratch_folder

if TYPE_CHECKING:
    from whet.records import HotPlace, Metric, Safety

_MARK = re.compile(r"^=== candidate:?[ \t]*(.*)$", re.MULTILINE)
_NAMED = re.compile(r"^(?:--- |\+\+\+ )([^\t\n]+)", re.MULTILINE)
_OTHERWISE = re.compile(
    r"^(?:rename |copy |deleted file|new file|old mode|new mode|GIT binary|Binary files )",
    re.MULTILINE,
)
_HUNK = re.compile(r"^@@ ", re.MULTILINE)
_LINE = re.compile(r"\r\n|\r|\n")
_TITLE_LENGTH = 100
_PATH = "/usr/local/bin:/usr/bin:/bin"


class Candidate(NamedTuple):
    """One proposal: a title and a unified diff."""

    title: str
    diff: str


def candidates_of(text: str) -> tuple[Candidate, ...]:
    """The proposals of an answer; none in an empty one.

    Raises:
        WhetError: There is text, but no unified diff in it.
    """
    if not text.strip():
        return ()
    first, *rest = _MARK.split(text)
    titled = list(zip(rest[::2], rest[1::2], strict=True)) or [("", first)]
    return tuple(
        Candidate(_plain(title) or f"candidate {number}", _diff_in(body))
        for number, (title, body) in enumerate(titled, 1)
    )


def _plain(title: str) -> str:
    return "".join(char for char in title if char.isprintable()).strip()[:_TITLE_LENGTH]


def _diff_in(body: str) -> str:
    start = re.search(r"^(?:diff --git |--- )", body, re.MULTILINE)
    if start is None or _HUNK.search(body) is None:
        shown = " ".join(body.split())[:60]
        raise WhetError("a candidate", f"holds no unified diff: {shown!r}")
    return body[start.start() :].rstrip("\n") + "\n"


def patched(source: bytes, file: str, diff: str) -> bytes:
    """The file as the diff makes it.

    Args:
        source: The file as it is.
        file: Its path relative to the project, the only one that the diff may touch.
        diff: A unified diff; its paths may begin with `a/` and `b/`.

    Raises:
        WhetError: It touches other files, does not apply, or changes nothing.
    """
    for name in _NAMED.findall(diff):
        if name.strip() not in {file, f"a/{file}", f"b/{file}"}:
            raise WhetError("a candidate", f"touches {name.strip()!r}, not only {file}")
    if found := _OTHERWISE.search(diff):
        raise WhetError("a candidate", f"does more than change lines: {found.group().strip()}")
    prefixed = all(name.startswith(("a/", "b/")) for name in _NAMED.findall(diff))
    with scratch_folder("candidate") as folder:
        path = Path(folder) / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source)
        done = subprocess.run(
            ["git", "apply", "--whitespace=nowarn", "--recount", f"-p{int(prefixed)}", "-"],
            cwd=folder, input=diff.encode(), capture_output=True, check=False,
            env={"PATH": _PATH, "GIT_CEILING_DIRECTORIES": str(folder),
                 "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"},
        )  # fmt: skip
        if done.returncode or path.is_symlink() or not path.is_file():
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise WhetError("a candidate", f"does not apply: {said[0] if said else 'unreadable'}")
        after = path.read_bytes()
    if after == source:
        raise WhetError("a candidate", "changes nothing")
    return after


def fix_of(
    candidate: Candidate, before: SourceModule, place: HotPlace, claims: Metric, safety: Safety
) -> Fix:
    """A candidate as a fix, upon the file as it is.

    Args:
        candidate: The proposal.
        before: The module of the place.
        place: The place that was asked about: what it takes, a candidate can gain at the most.
        claims: The metric that it will be judged on.
        safety: What the level makes of changes that only evidence speaks for.

    Raises:
        WhetError: It cannot be applied, or leaves a file that does not parse.
    """
    raw = patched(before.source, before.file, candidate.diff)
    after = SourceModule(raw, before.file)
    if after.tree is None:
        raise WhetError("a candidate", f"leaves a file that does not parse ({after.reason})")
    edits = edits_between(before, after)
    if not edits or apply_edits(before.source, edits) != raw:
        raise WhetError("a candidate", "changes the encoding or the line endings of the file")
    functions = functions_that_differ(before, after)
    fix_id = digest(f"{before.file}\n{candidate.diff}".encode())[:12]
    return Fix(
        fix_id=fix_id,
        finding_id=fix_id,  # nobody found it but who wrote it; consent is given by this name
        title=f"{candidate.title} ({place.name})",
        remedy="candidate",
        file=before.file,
        line=edits[0].span.line,
        function=place.name,
        functions=functions,
        claims=claims,
        keeps_state=True,  # nobody said that it does not
        safety=safety,
        attainable_gain=round(min(1.0, place.total_share), 6),
        edits=edits,
        patch=candidate.diff,
        evidence={
            "share": round(place.total_share, 6),
            "from": "the candidates command",
            "differs": "nothing that was seen; whet knows of no reason why it is equal for all",
        },
        sources={before.file: digest(before.source)},
    )


def edits_between(before: SourceModule, after: SourceModule) -> tuple[Edit, ...]:
    """Edits that make one module of the other, whole lines at a time."""
    old = [line.decode() for line in before.lines]
    new = [line.decode() for line in after.lines]
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return tuple(
        Edit(file=before.file, span=_rows(old, first, last), text=_text(new[start:end]))
        for kind, first, last, start, end in matcher.get_opcodes()
        if kind != "equal"
    )


def _text(rows: list[str]) -> str:
    return _LINE.sub("\n", "".join(rows))


def _rows(rows: list[str], first: int, last: int) -> Span:
    """The stretch of some whole lines, counted from 0, the last one exclusive."""
    if last < len(rows) or not rows or rows[-1].endswith(("\n", "\r")):
        return Span(line=first + 1, column=0, end_line=last + 1, end_column=0)
    end = len(rows[-1].encode())
    start = (first + 1, 0) if first < len(rows) else (len(rows), end)
    return Span(line=start[0], column=start[1], end_line=len(rows), end_column=end)
