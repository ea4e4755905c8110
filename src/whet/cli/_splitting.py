"""`whet check --structure --split FILE`: a module taken apart, as a patch."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from whet.cli._common import print_json

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from whet.codebase.structure.parting import Parting
    from whet.codebase.syntax import SourceModule


def show_split(arguments: argparse.Namespace, project: Path, modules: list[SourceModule]) -> int:
    """Print the patch; what moved and what did not goes to standard error."""
    from whet.codebase.structure.parting import take_apart
    from whet.session.changes import patch_of

    parting = take_apart(arguments.split, modules)
    before = {f: (project / f).read_bytes() for f in parting.files if (project / f).is_file()}
    patch = patch_of(before, parting.files)
    if arguments.json:
        document = {
            "version": 1,
            "module": arguments.split,
            "moved": parting.moved,
            "stays": parting.stays,
            "settable": parting.settable,
            "patch": patch.decode(errors="surrogateescape"),
        }
        print_json(json.dumps(document).encode())
        return 0
    sys.stdout.buffer.write(patch)
    sys.stdout.flush()
    _tell(parting)
    return 0


def _tell(parting: Parting) -> None:
    for file, names in parting.moved.items():
        print(f"{file}: {', '.join(names)}", file=sys.stderr)
    for name, reason in parting.stays.items():
        print(f"stays: {name}, since {reason}", file=sys.stderr)
    if parting.settable:
        listed = ", ".join(parting.settable)
        text = "who assigns one of these in the module, outside of this project, reaches nobody"
        print(f"note: {text} any more: {listed}", file=sys.stderr)
    print("Nothing was run or changed. To have it proven: whet prove THIS.patch", file=sys.stderr)
