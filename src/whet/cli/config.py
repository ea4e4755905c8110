"""Every effective setting and where it came from.

Examples:
  whet config
  whet config . --config strict.yaml --json
  whet config --schema
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from whet.cli._common import print_json

if TYPE_CHECKING:
    import argparse

SUMMARY = "prints every effective setting and where it came from"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `whet config`."""
    parser.add_argument("project", nargs="?", default=".", metavar="PROJECT", type=Path)
    parser.add_argument("--config", metavar="FILE", help="settings file (YAML)")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of settings")
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Print them."""
    import json

    import msgspec

    from whet.session.setup import resolve_project
    from whet.settings import flat, json_schema, load_settings

    if arguments.schema:
        print_json(json.dumps(json_schema(), indent=2).encode())
        return 0
    config = Path(arguments.config) if arguments.config else None
    loaded = load_settings(resolve_project(arguments.project), config)
    values = msgspec.to_builtins(flat(loaded.settings))
    if arguments.json:
        rows = {
            key: {"value": value, "origin": loaded.origins[key]} for key, value in values.items()
        }
        document = {"version": 1, "file": loaded.file, "settings": rows}
        print_json(json.dumps(document).encode())
        return 0
    width = max(map(len, values))
    for key, value in values.items():
        print(f"{key:<{width}}  {json.dumps(value)}  ({loaded.origins[key]})")
    return 0
