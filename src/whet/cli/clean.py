"""What whet keeps for a project, how much it takes, and its removal.

Examples:
  whet clean
  whet clean --sessions --yes
  whet clean --all --yes
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from whet.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from whet.store import Store

SUMMARY = "shows and removes what whet keeps"
_BYTES_IN_MB = 1e6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `whet clean`."""
    parser.add_argument("project", nargs="?", default=".", metavar="PROJECT", type=Path)
    parser.add_argument("--sessions", action="store_true", help="remove sessions")
    parser.add_argument(
        "--all", action="store_true", help="remove everything: sessions, baselines, declined fixes"
    )
    parser.add_argument("--yes", action="store_true", help="really remove; without it: only shown")
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Show, and remove where asked."""
    from whet.records import to_json
    from whet.session.setup import resolve_project
    from whet.store import open_store
    from whet.store.scratch import abandoned

    store = open_store(resolve_project(arguments.project))
    rows = store.usage() if store.folder.is_dir() else []
    leftovers = abandoned()
    if arguments.json:
        import json

        document = {
            "version": 1,
            "folder": str(store.folder),
            "kept": json.loads(to_json(rows)),
            "leftover_copies": [str(path) for path in leftovers],
        }
        print(json.dumps(document))
    else:
        print(f"{store.folder}: {sum(row.bytes for row in rows) / _BYTES_IN_MB:.1f} MB")
        for row in rows:
            print(f"  {row.name}: {row.bytes / _BYTES_IN_MB:.2f} MB in {row.files} files")
        for path in leftovers:
            print(f"  left over by a killed whet: {path}")
    if arguments.yes:
        _remove(store, arguments, leftovers)
    return 0


def _remove(store: Store, arguments: argparse.Namespace, leftovers: list[Path]) -> None:
    from whet.store.scratch import remove_scratch

    if store.folder.is_dir() and (arguments.all or arguments.sessions):
        with store.lock():
            _refuse_delivered(store)
            store.remove(None if arguments.all else store.sessions())
    for path in leftovers:
        remove_scratch(path)


def _refuse_delivered(store: Store) -> None:
    """What `whet revert` needs is not thrown away behind the user's back."""
    for folder in store.sessions():
        if store.is_needed(folder):
            reason = "its fixes are delivered, and `whet revert` could not take them back"
            what = f"session {folder.session_id}"
            raise UsageError(what, reason, f"Remove {folder.path} by hand if you are sure")
