"""Delivery: patch files, a branch with one commit a fix, or in place.

HEAD, index and work tree of the user stay as they are except for `--in-place`, which touches
clean files only.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from whet.codebase.git import dirty_files, git, head, top_level, try_git
from whet.errors import DeployError, UsageError
from whet.records import Deployment
from whet.session.changes import Files, digest, files_after, leads_out, patch_of, replace_file
from whet.store.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from whet.records import Fix, SessionRecord

_AUTHOR = {"GIT_AUTHOR_NAME": "whet", "GIT_AUTHOR_EMAIL": "whet@localhost"}


def kept_fixes(session: SessionRecord, only: Sequence[str] = ()) -> tuple[Fix, ...]:
    """The kept fixes of a session, in the order they were kept.

    Args:
        session: Its record.
        only: Ids, beginnings of ids, or remedies; all if empty.

    Raises:
        UsageError: Nothing was kept, or not what is asked for.
    """
    by_id = {fix.fix_id: fix for fix in session.fixes}
    kept = [by_id[v.fix_id] for v in session.fix_verdicts if v.kept and v.fix_id in by_id]
    kept = [fix for fix in kept if fix.edits]  # a change brought from outside is its bringer's
    unknown = [o for o in only if not any(_is(fix, o) for fix in kept)]
    if unknown or not kept:
        what = f"fix {unknown[0]!r}" if unknown else "fixes"
        reason = f"session {session.session_id} kept none{' of this name' if unknown else ''}"
        raise UsageError(what, reason, "`whet report` tells what it found")
    return tuple(fix for fix in kept if not only or any(_is(fix, o) for o in only))


def _is(fix: Fix, name: str) -> bool:
    return fix.fix_id.startswith(name) or fix.remedy == name.replace("-", "_")


def steps(project: Path, fixes: Sequence[Fix]) -> list[tuple[Files, Files]]:
    """Before and after of every fix's files, each upon those before it.

    Raises:
        DeployError: A file changed since the session measured it.
    """
    found: list[tuple[Files, Files]] = []
    for number, fix in enumerate(fixes):
        own = {edit.file for edit in fix.edits}
        for file in own:
            _unchanged(project, fix, file)
        earlier = files_after(project, fixes[:number])
        before = {file: earlier.get(file, (project / file).read_bytes()) for file in sorted(own)}
        after = files_after(project, fixes[: number + 1])
        found.append((before, {file: after[file] for file in sorted(own)}))
    return found


def _unchanged(project: Path, fix: Fix, file: str) -> None:
    path = project / file
    if leads_out(project, file):
        reason = f"is a link to {path.resolve()}, out of the project"
        raise DeployError(str(path), reason, "Change that file by hand; `whet report` shows how")
    measured = fix.sources.get(file)
    if not path.is_file() or (measured and digest(path.read_bytes()) != measured):
        raise DeployError(
            str(path), "changed since the session measured it", "Run `whet run` again"
        )


def deploy_patches(
    project: Path, session: SessionRecord, fixes: Sequence[Fix], folder: Path
) -> Deployment:
    """A file a fix, `0001-remedy.patch` and so on, to be applied in this order."""
    del session
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, (fix, (before, after)) in enumerate(
            zip(fixes, steps(project, fixes), strict=True), 1
        ):
            path = folder / f"{number:04d}-{fix.remedy}.patch"
            path.write_bytes(patch_of(before, after))
    except OSError as error:
        raise DeployError(str(folder), error.strerror or str(error)) from error
    return Deployment(fix_ids=tuple(f.fix_id for f in fixes), form="patch", target=str(folder))


def deploy_in_place(
    project: Path,
    session: SessionRecord,
    fixes: Sequence[Fix],
    backups: Path,
    *,
    allow_dirty: bool = False,
    announce: Callable[[Deployment], object] = lambda _deployment: None,
) -> Deployment:
    """The fixes written into the project, each file in one step and saved before.

    Args:
        project: The user's project.
        session: What the fixes were proven in.
        fixes: In the order they were kept.
        backups: Folder for the originals.
        allow_dirty: Also files that are not committed.
        announce: Hears of the deployment before the first file is written: once that is on
            disk, `revert` can take back what a killed whet had half done.

    Raises:
        DeployError: A file is not committed (without `allow_dirty`), or changed since.
    """
    del session
    steps(project, fixes)
    after = files_after(project, fixes)
    if not allow_dirty:
        _refuse_dirty(project, sorted(after))
    saved: dict[str, str] = {}
    done: list[str] = []
    deployment = Deployment(
        fix_ids=tuple(fix.fix_id for fix in fixes),
        form="in-place",
        target=str(project),
        after={file: digest(raw) for file, raw in after.items()},
    )
    try:
        for file in sorted(after):
            kept = backups / file
            kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            replace_file(kept, (project / file).read_bytes())
            saved[file] = str(kept)
        deployment = msgspec.structs.replace(deployment, backups=saved)
        announce(deployment)
        for file, raw in sorted(after.items()):
            done.append(file)
            replace_file(project / file, raw, staging=backups)
    except BaseException as error:
        for file in done:
            replace_file(project / file, Path(saved[file]).read_bytes(), staging=backups)
        if not isinstance(error, OSError):
            raise
        reason = f"{error.strerror}; nothing was changed"
        raise DeployError(str(project), reason) from error
    return deployment


def _refuse_dirty(project: Path, files: list[str]) -> None:
    if top_level(project) is None or head(project) is None:
        return
    dirty = dirty_files(project, files)
    if dirty:
        raise DeployError(
            ", ".join(dirty),
            "has changes that are not committed",
            "Commit them, or give --allow-dirty, or deliver with --patch or --branch",
        )


def deploy_branch(
    project: Path, session: SessionRecord, fixes: Sequence[Fix], name: str
) -> Deployment:
    """A branch from HEAD with one commit a fix; its message carries the evidence.

    Raises:
        DeployError: No repository, no commit, the branch exists, or HEAD holds other content.
    """
    top = top_level(project)
    base = head(project) if top else None
    if top is None or base is None:
        reason = "is no git repository with a commit, so it can have no branch"
        raise DeployError(str(project), reason, "Deliver with --patch or --in-place")
    reference = f"refs/heads/{name}"
    if try_git(top, "check-ref-format", reference).exit_code or name.startswith("-"):
        raise UsageError(f"branch {name!r}", "is no name git takes")
    if not try_git(top, "rev-parse", "--verify", "--quiet", reference).exit_code:
        raise DeployError(f"branch {name!r}", "exists already", "Choose another name")
    prefix = project.resolve().relative_to(top.resolve())
    commits: list[str] = []
    for fix, (before, after) in zip(fixes, steps(project, fixes), strict=True):
        if not commits:
            _as_committed(top, base, prefix, project, fixes)
        del before
        message = commit_message(session, fix)
        commits.append(_commit(top, commits[-1] if commits else base, prefix, after, message))
    git(top, "update-ref", "-m", "whet: proven fixes", reference, commits[-1], "0" * len(base))
    ids = tuple(fix.fix_id for fix in fixes)
    return Deployment(fix_ids=ids, form="branch", target=name, commits=tuple(commits))


def _as_committed(top: Path, base: str, prefix: Path, project: Path, fixes: Sequence[Fix]) -> None:
    """The branch starts from HEAD: what was measured has to be what is committed there."""
    for file in sorted({edit.file for fix in fixes for edit in fix.edits}):
        shown = try_git(top, "cat-file", "blob", f"{base}:{(prefix / file).as_posix()}")
        if shown.exit_code or not _same(shown.stdout, (project / file).read_bytes()):
            reason = "differs from what is committed, so a branch from HEAD would not be what was"
            raise DeployError(file, f"{reason} measured", "Commit it first, or use --patch")


def _same(committed: bytes, here: bytes) -> bool:
    return committed == here or committed == here.replace(b"\r\n", b"\n")


def _commit(top: Path, parent: str, prefix: Path, files: Files, message: str) -> str:
    with scratch_folder("index") as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git(top, "read-tree", parent, environment=index)
        for file, raw in files.items():
            place = (prefix / file).as_posix()
            entry = git(top, "ls-tree", parent, "--", place).split()
            old = git(top, "cat-file", "blob", entry[2].decode())
            stored = raw.replace(b"\r\n", b"\n") if b"\r\n" not in old else raw
            blob = git(top, "hash-object", "-w", "--stdin", stdin=stored).decode().strip()
            row = f"{entry[0].decode()},{blob},{place}"
            git(top, "update-index", "--cacheinfo", row, environment=index)
        tree = git(top, "write-tree", environment=index).decode().strip()
    return (
        git(top, "commit-tree", tree, "-p", parent, "-F", "-", stdin=os.fsencode(message),
            environment=_identity(top))
        .decode()
        .strip()
    )  # fmt: skip


def _identity(top: Path) -> dict[str, str]:
    """The user's own name where git knows it, whet's where it does not."""
    if not try_git(top, "var", "GIT_COMMITTER_IDENT").exit_code:
        known = try_git(top, "config", "user.email")
        if not known.exit_code and known.stdout.strip():
            return {}
    return {**_AUTHOR, "GIT_COMMITTER_NAME": "whet", "GIT_COMMITTER_EMAIL": "whet@localhost"}


def commit_message(session: SessionRecord, fix: Fix) -> str:
    """What was changed, why, and what the court found."""
    verdict = next(v for v in session.fix_verdicts if v.fix_id == fix.fix_id)
    rows = [
        _one_line(fix.title),
        "",
        f"{fix.file}:{fix.line}, remedy {fix.remedy}.",
        "",
        "Verdict:",
    ]
    for found in verdict.verdicts:
        if found.effect is None or found.low is None or found.high is None:
            rows.append(f"- {found.metric}: {found.outcome}")
            continue
        rows.append(
            f"- {found.metric}: {found.outcome}, {found.effect:.3f} of what it was "
            f"({found.confidence:.0%} interval {found.low:.3f} to {found.high:.3f}, "
            f"{found.processes} units, {found.design})"
        )
    validation = session.validations.get(fix.fix_id)
    if validation is not None:
        rows += [
            "",
            (
                f"Results {validation.outcome}: {validation.calls_compared} calls compared, "
                f"{validation.calls_replayed} replayed, "
                f"{validation.inputs_generated} inputs made up, {validation.tests_run} tests run, "
                f"{validation.outputs_compared} outputs compared."
            ),
        ]
        rows += [f"Not reached: {name}" for name in validation.not_reached[:10]]
    rows += ["", f"Found by whet, session {session.session_id}."]
    return "\n".join(rows) + "\n"


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
