"""Arguments and steps of delivery, shared by `whet run` and `whet fix`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from whet.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from whet.records import Deployment, SessionRecord, StageState
    from whet.store import SessionFolder

_DEFAULT_BRANCH = "whet/fixes"


def add_delivery_arguments(parser: argparse.ArgumentParser) -> None:
    """`--patch`, `--branch`, `--in-place`, `--allow-dirty`."""
    group = parser.add_argument_group("delivery")
    group.add_argument("--patch", metavar="DIR", type=Path, help="one patch file a fix")
    group.add_argument(
        "--branch", nargs="?", const=_DEFAULT_BRANCH, metavar="NAME",
        help=f"a branch with one commit a fix (default name: {_DEFAULT_BRANCH})",
    )  # fmt: skip
    group.add_argument("--in-place", action="store_true", help="change the project's files")
    group.add_argument(
        "--allow-dirty", action="store_true", help="with --in-place: also files not committed"
    )


def check_delivery(arguments: argparse.Namespace) -> None:
    """Refuse two forms at once, before anything is run."""
    chosen = [arguments.patch is not None, arguments.branch is not None, arguments.in_place]
    if sum(chosen) > 1:
        raise UsageError("delivery", "takes one of --patch, --branch and --in-place", "Choose one")


def deliver(
    arguments: argparse.Namespace,
    project: Path,
    session: SessionRecord,
    only: tuple[str, ...] = (),
) -> tuple[SessionRecord, list[str]]:
    """Deliver the kept fixes as asked; patches into the session's folder by default."""
    from whet.store import open_store

    project = project.resolve()
    store = open_store(project)
    with store.lock():
        return _deliver(arguments, project, store.session(session.session_id), only)


def _delivered(stages: tuple[StageState, ...]) -> tuple[StageState, ...]:
    import msgspec

    return tuple(
        msgspec.structs.replace(stage, status="done", reason="")
        if stage.name == "deploy"
        else stage
        for stage in stages
    )


def _deliver(
    arguments: argparse.Namespace, project: Path, folder: SessionFolder, only: tuple[str, ...]
) -> tuple[SessionRecord, list[str]]:
    import msgspec

    from whet.session import deploy

    session = folder.load()

    def save(deployment: Deployment) -> SessionRecord:
        grown = (*session.deployments, deployment)
        changed = msgspec.structs.replace(
            session, deployments=grown, stages=_delivered(session.stages)
        )
        folder.save(changed)
        return changed

    fixes = deploy.kept_fixes(session, only)
    count = f"{len(fixes)} fix{'es' if len(fixes) > 1 else ''}"
    if arguments.branch is not None:
        done = deploy.deploy_branch(project, session, fixes, arguments.branch)
        said = [f"{count} on branch {done.target}; look with: git log -p {done.target}"]
    elif arguments.in_place:
        backups = folder.folder("backups") / str(len(session.deployments))
        try:
            done = deploy.deploy_in_place(
                project, session, fixes, backups,
                allow_dirty=arguments.allow_dirty, announce=save,
            )  # fmt: skip
        except BaseException:
            folder.save(session)  # it was announced and taken back
            raise
        said = [f"{count} written into {project}; take back with: whet revert"]
    else:
        target = arguments.patch or folder.folder("patches")
        done = deploy.deploy_patches(project, session, fixes, target)
        place = shlex.quote(str(target))
        said = [f"{count} as patches in {target}; apply with: git apply {place}/*.patch"]
    return save(done), said
