"""How often file contents come from memory, with and without loading ahead.

    python benchmarks/codebase_memory.py [FOLDER]    (a minute; writes results/codebase_memory.*)

Readers of one run share `whet.codebase.cache.FileCache` over a folder of sources (without one, the
standard library of this Python). Hit rates are of files asked for; what was loaded ahead stands
beside, so nothing that was read is hidden.
"""

from __future__ import annotations

import json
import random
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

RESULTS = Path(__file__).parent / "results"
MB = 1_000_000


def in_order(files: list[str]) -> list[str]:
    """One reader takes every file once."""
    return files


def three_readers(files: list[str]) -> list[str]:
    """Three readers, one after the other."""
    return files * 3


def three_in_step(files: list[str]) -> list[str]:
    """Three readers that go through the files side by side, some files apart."""
    padded = [None] * 40
    lanes = ([*files, *padded, *padded], [*padded, *files, *padded], [*padded, *padded, *files])
    return [file for step in zip(*lanes, strict=True) for file in step if file is not None]


def neighborhoods(files: list[str]) -> list[str]:
    """Somebody looks at a few files around one, then elsewhere."""
    dice = random.Random(7)
    starts = [dice.randrange(len(files)) for _ in range(len(files) // 4)]
    return [file for at in starts for file in files[at : at + 6]]


def by_chance(files: list[str]) -> list[str]:
    """No order at all: nothing can be foretold."""
    dice = random.Random(7)
    return [dice.choice(files) for _ in files]


PATTERNS: tuple[Callable[[list[str]], list[str]], ...] = (
    in_order, three_readers, three_in_step, neighborhoods, by_chance,
)  # fmt: skip


def measure(root: Path, files: list[str], order: list[str], *, ahead: bool, limit: int) -> Any:
    """The statistics after all of `order` was read."""
    from whet.codebase.cache import FileCache
    from whet.records import to_json

    cache = FileCache(root, files=files, limit_bytes=limit, load_ahead=ahead)
    for file in order:
        cache.read(file)
    return json.loads(to_json(cache.statistics()))


def rate(value: float | None) -> str:
    """A share as percent."""
    return "not known" if value is None else f"{100 * value:.1f} %"


def main() -> None:
    """Measure every pattern twice and write the results."""
    root = Path(sys.argv[1] if sys.argv[1:] else sysconfig.get_path("stdlib"))
    found = sorted(p for p in root.rglob("*.py") if "site-packages" not in p.parts)
    files = [path.relative_to(root).as_posix() for path in found]
    size = sum(path.stat().st_size for path in found)
    rows = []
    for limit in (100 * MB, size // 4):
        for pattern in PATTERNS:
            order = pattern(files)
            row = {"pattern": pattern.__name__, "limit_bytes": limit, "asked": len(order)}
            for name, ahead in (("with", True), ("without", False)):
                row[name] = measure(root, files, order, ahead=ahead, limit=limit)
            rows.append(row)
    head = (
        "order", "limit MB", "hit rate without", "with loading ahead", "loaded ahead / asked",
        "used of those used or dropped", "switched off", "fragmentation",
    )  # fmt: skip
    lines = [
        "# Files from memory", "",
        f"{len(files)} files, {size / MB:.1f} MB.", "",
        f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}",
    ]  # fmt: skip
    for row in rows:
        ahead = row["with"]["prefetch"]
        cells = (
            row["pattern"].replace("_", " "), f"{row['limit_bytes'] / MB:.1f}",
            rate(row["without"]["hit_rate"]), rate(row["with"]["hit_rate"]),
            rate(ahead["loaded"] / row["asked"]), rate(ahead["hit_rate"]),
            "no" if ahead["active"] else "yes", rate(row["with"]["fragmentation"]),
        )  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    (RESULTS / "codebase_memory.json").write_text(json.dumps(rows, indent=1) + "\n")
    (RESULTS / "codebase_memory.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
