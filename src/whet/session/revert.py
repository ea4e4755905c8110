"""Taking back what was delivered, byte for byte, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from whet.codebase.git import git, top_level, try_git
from whet.errors import DeployError, UsageError
from whet.session.changes import digest, replace_file
from whet.session.deploy import deploy_in_place

if TYPE_CHECKING:
    from whet.records import Deployment, Fix, SessionRecord
    from whet.store import SessionFolder


def revert(project: Path, folder: SessionFolder, fix: str | None = None) -> list[str]:
    """Take back what a session delivered into the project; one fix of it if `fix` is given.

    Returns:
        What was done, a sentence each.

    Raises:
        UsageError: Nothing is delivered, or not this fix.
        DeployError: A file or branch changed since; it is named and nothing is touched.
    """
    session = folder.load()
    active = [d for d in session.deployments if not d.reverted]
    if fix is not None:
        active = [d for d in active if any(known.startswith(fix) for known in d.fix_ids)]
    if not active:
        reason = "nothing of it is delivered" + (f" under fix {fix!r}" if fix else "")
        raise UsageError(f"session {session.session_id}", reason, "`whet status` shows what is")
    for deployment in active:
        _check(project, deployment)
    said: list[str] = []
    for deployment in active:
        said.append(_take_back(project, deployment))
        session = _with(session, msgspec.structs.replace(deployment, reverted=True), deployment)
        folder.save(session)
        rest = _without(session, deployment, fix)
        if rest and deployment.form == "in-place":
            session = _again(project, folder, session, rest)
            said.append(f"{len(rest)} other fixes stay")
    return said


def _again(
    project: Path, folder: SessionFolder, session: SessionRecord, rest: tuple[Fix, ...]
) -> SessionRecord:
    """The fixes that stay, written once more."""
    keep = folder.folder("backups") / f"{len(session.deployments)}-again"
    done = deploy_in_place(
        project,
        session,
        rest,
        keep,
        allow_dirty=True,
        announce=lambda deployment: folder.save(_with(session, deployment)),
    )
    session = _with(session, done)
    folder.save(session)
    return session


def _with(
    session: SessionRecord, deployment: Deployment, instead_of: Deployment | None = None
) -> SessionRecord:
    others = tuple(known for known in session.deployments if known is not instead_of)
    return msgspec.structs.replace(session, deployments=(*others, deployment))


def _without(session: SessionRecord, deployment: Deployment, fix: str | None) -> tuple[Fix, ...]:
    if fix is None:
        return ()
    by_id = {known.fix_id: known for known in session.fixes}
    return tuple(by_id[i] for i in deployment.fix_ids if not i.startswith(fix) and i in by_id)


def _check(project: Path, deployment: Deployment) -> None:
    for file, sha in deployment.after.items():
        path = project / file
        saved = Path(deployment.backups[file])
        if not saved.is_file():
            raise DeployError(str(path), f"cannot be restored: {saved} is gone")
        # A whet that was killed has written some files and not others.
        known = {sha, digest(saved.read_bytes())}
        if not path.is_file() or digest(path.read_bytes()) not in known:
            reason = "changed since whet wrote it, so it is left alone"
            raise DeployError(str(path), reason, "Undo your changes there, or edit it by hand")
    if deployment.form == "branch":
        top = top_level(project) or project
        now = try_git(top, "rev-parse", "--verify", "--quiet", f"refs/heads/{deployment.target}")
        if not now.exit_code and now.stdout.decode().strip() != deployment.commits[-1]:
            what = f"branch {deployment.target!r}"
            raise DeployError(what, "has other commits by now, so it is left alone")
        checked_out = try_git(top, "symbolic-ref", "--quiet", "HEAD").stdout.decode().strip()
        if checked_out == f"refs/heads/{deployment.target}":
            raise DeployError(
                f"branch {deployment.target!r}", "is checked out", "Switch to another branch first"
            )


def _take_back(project: Path, deployment: Deployment) -> str:
    if deployment.form == "in-place":
        for file, saved in deployment.backups.items():
            replace_file(project / file, Path(saved).read_bytes(), staging=Path(saved).parent)
        return f"restored {', '.join(deployment.backups)}"
    if deployment.form == "branch":
        top = top_level(project) or project
        reference = f"refs/heads/{deployment.target}"
        if try_git(top, "rev-parse", "--verify", "--quiet", reference).exit_code:
            return f"branch {deployment.target} is gone already"
        git(top, "update-ref", "-d", reference, deployment.commits[-1])
        return f"removed branch {deployment.target}"
    return f"the patches in {deployment.target} were never applied by whet; they stay"
