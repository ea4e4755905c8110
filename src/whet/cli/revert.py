"""Take back what whet delivered, byte for byte: a whole session or one fix of it.

A file or branch that changed since is named and nothing is touched.

Examples:
  whet revert
  whet revert opt-20261121-033313-001
  whet revert 3f9c2a71d0b4
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from whet.store import SessionFolder, Store

SUMMARY = "takes back what was delivered, byte for byte"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `whet revert`."""
    parser.add_argument(
        "what", nargs="?", metavar="SESSION|FIX", help="default: the latest delivery"
    )
    parser.add_argument("--project", default=".", metavar="DIR", type=Path)
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Take it back."""
    from whet.session.revert import revert
    from whet.session.setup import resolve_project
    from whet.store import open_store

    project = resolve_project(arguments.project)
    store = open_store(project)
    folder, fix = _meant(store, arguments.what)
    with store.lock():
        said = revert(_project_of(folder, project), folder, fix)
    if arguments.json:
        import json

        print(json.dumps({"version": 1, "session_id": folder.session_id, "done": said}))
    else:
        print(*said, sep="\n")
    return 0


def _project_of(folder: SessionFolder, project: Path) -> Path:
    """Where the session's fixes lie: in the project named, or in one beside it in the store."""
    from whet.records import printable
    from whet.session.setup import resolve_project

    recorded = folder.load().project
    # A name that is not UTF-8 is spelled out in the record; only the user can give it as it is.
    return project if recorded == printable(str(project)) else resolve_project(Path(recorded))


def _meant(store: Store, what: str | None) -> tuple[SessionFolder, str | None]:
    """The session and, where one is named, the fix."""
    if what is None:
        for folder in reversed(store.sessions()):
            active = [d for d in folder.load().deployments if not d.reverted]
            if any(d.form != "patch" for d in active):
                return folder, None
        return store.session(), None
    if what.startswith("opt-"):
        return store.session(what), None
    for folder in reversed(store.sessions()):
        deployments = folder.load().deployments
        if any(i.startswith(what) for d in deployments if not d.reverted for i in d.fix_ids):
            return folder, what
    return store.session(what), None
