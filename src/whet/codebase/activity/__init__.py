"""Commits noted by hooks at the least cost and recorded without loss."""

from whet.codebase.activity.following import follow
from whet.codebase.activity.hooks import hooks_report, install_hooks, uninstall_hooks
from whet.codebase.activity.ingest import ingest
from whet.codebase.activity.ledger import commits_by_day, recorded_commits

__all__ = [
    "commits_by_day",
    "follow",
    "hooks_report",
    "ingest",
    "install_hooks",
    "recorded_commits",
    "uninstall_hooks",
]
