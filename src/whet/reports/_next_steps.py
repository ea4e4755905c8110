"""What a user can do after a session: commands with their purpose."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whet.records import Deployment, SessionRecord


def next_commands(session: SessionRecord) -> list[tuple[str, str]]:
    """What a user can do now: commands with their purpose."""
    standing = [entry for entry in session.deployments if not entry.reverted]
    commands = [_after_deployment(entry) for entry in standing]
    if session.status in {"interrupted", "running", "failed"}:
        commands.append(("whet run --resume", "goes on where it stopped"))
    elif session.status == "partial":
        commands.append(("whet run", "goes on from here: fixes, proofs, a patch"))
    elif any(fix.kept for fix in session.fix_verdicts) and not standing:
        commands.append(("whet fix --branch whet/fixes", "delivers the proven fixes"))
    identity = shlex.quote(session.session_id)
    commands.append(
        (f"whet report {identity} --format html -o report.html", "the whole story on one page")
    )
    return commands


def _after_deployment(deployment: Deployment) -> tuple[str, str]:
    target = _quoted(deployment.target)
    if deployment.form == "patch":
        folder = target if target.endswith(".patch") else f"{target}/*.patch"
        return f"git apply {folder}", "applies the proven fixes"
    if deployment.form == "branch":
        return f"git log -p {target}", "one commit a fix, with its evidence; `git merge` takes it"
    return "whet revert", "takes the fixes back, byte for byte"


def _quoted(path: str) -> str:
    """A path for a shell; a leading `~/` stays outside the quotes, where it is understood."""
    home = path.startswith("~/")
    return "~/" + shlex.quote(path[2:]) if home else shlex.quote(path)
