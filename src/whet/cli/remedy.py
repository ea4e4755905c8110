"""What whet knows to cure: a list of all remedies, or the page of one.

Examples:
  whet remedy
  whet remedy membership_in_list
  whet remedy --json
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.cli._common import print_json

if TYPE_CHECKING:
    import argparse

    from whet.remedies import Remedy

SUMMARY = "lists the remedies, or explains one"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `whet remedy`."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="show the page of this remedy")
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """The page or the list."""
    from whet.remedies import find_remedy, load_remedies

    chosen = [find_remedy(arguments.name)] if arguments.name else list(load_remedies())
    if arguments.json:
        from whet.records import to_json

        print_json(to_json({"version": 1, "remedies": [_plain(remedy) for remedy in chosen]}))
    elif arguments.name:
        print(f"{chosen[0].name} ({chosen[0].family})\n\n{chosen[0].page}")
    else:
        width = max(len(remedy.name) for remedy in chosen)
        for remedy in chosen:
            print(f"{remedy.family:<10}  {remedy.name:<{width}}  {remedy.page.splitlines()[0]}")
        print("\n`whet remedy NAME` explains one.")
    return 0


def _plain(remedy: Remedy) -> dict[str, object]:
    return {
        "name": remedy.name,
        "family": remedy.family,
        "title": remedy.title,
        "claims": remedy.claims,
        "keeps_state": remedy.keeps_state,
        "safety": remedy.safety,
        "page": remedy.page,
    }
