"""What whet knows to cure: a list of all remedies, or the page of one.

Examples:
  whet remedy --list
  whet remedy membership_in_list
  whet remedy --list --json
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.cli._common import print_json

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from whet.remedies import Remedy

SUMMARY = "lists the remedies, or explains one"
NOT_MEASURED = "not measured"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `whet remedy`."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="show the page of this remedy")
    parser.add_argument(
        "--list", action="store_true", help="all of them, one a line; so does giving no NAME"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """The page or the list."""
    from whet.errors import UsageError
    from whet.remedies import find_remedy, load_remedies

    if arguments.name and arguments.list:
        raise UsageError(f"remedy {arguments.name!r}", "is given together with --list")
    chosen = [find_remedy(arguments.name)] if arguments.name else list(load_remedies())
    if arguments.json:
        from whet.records import to_json

        print_json(to_json({"version": 1, "remedies": [_plain(remedy) for remedy in chosen]}))
    elif arguments.name:
        print(page(chosen[0]))
    else:
        print("\n".join(table(chosen)))
        print(f"\n{len(chosen)} remedies; `whet remedy NAME` explains one.")
    return 0


def table(remedies: Sequence[Remedy]) -> list[str]:
    """A line for each remedy, under a heading."""
    from whet.remedies import measured_gains, sections_of

    gains = measured_gains()
    rows = [("family", "remedy", "safety", "claims", "measured", "")]
    for remedy in remedies:
        gain = gains.get(remedy.name)
        measured = f"{gain.ratio:.3g}x" if gain else NOT_MEASURED
        first = sections_of(remedy.page)[""].partition("\n")[0]
        rows.append((remedy.family, remedy.name, remedy.safety, remedy.claims, measured, first))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def page(remedy: Remedy) -> str:
    """Everything that is known of one remedy, for reading."""
    from whet.remedies import measured_gains, sections_of

    sections = sections_of(remedy.page)
    gain = measured_gains().get(remedy.name)
    kind = "advice, never a change" if remedy.rewrite is None else f"at most {remedy.safety!r}"
    parts = [
        f"{remedy.name} ({remedy.family})\n{sections.pop('')}",
        f"Fix\n    {remedy.title}; {kind}; judged by {remedy.claims}",
        *(f"{heading}\n{_indented(body)}" for heading, body in sections.items()),
        f"Measured gain\n    {gain.said if gain else NOT_MEASURED}",
        f"Measure it again\n    {_again(remedy)}",
    ]
    return "\n\n".join(parts)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())


def _again(remedy: Remedy) -> str:
    if remedy.detect.__module__.startswith("whet."):
        return f"python benchmarks/remedies.py {remedy.name}   (in whet's source)"
    return "see the package that brought it"


def _plain(remedy: Remedy) -> dict[str, object]:
    from whet.remedies import measured_gains, sections_of

    sections = sections_of(remedy.page)
    return {
        "name": remedy.name,
        "family": remedy.family,
        "title": remedy.title,
        "claims": remedy.claims,
        "keeps_state": remedy.keeps_state,
        "safety": remedy.safety,
        "rewrites": remedy.rewrite is not None,
        "summary": sections[""],
        "sections": {
            heading.lower().replace(" ", "_"): body
            for heading, body in sections.items()
            if heading
        },
        "measured_gain": measured_gains().get(remedy.name),
        "measure_again": _again(remedy),
        "page": remedy.page,
    }
