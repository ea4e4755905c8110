"""What the cache of sources in memory saves, and where it does not.

    python benchmarks/codebase_memory.py [FOLDER]  (three minutes; results/codebase_memory.*)

Four things, over a folder of Python (without one, the standard library of this Python): how often
contents come from memory in several orders; `whet analyze`, which reads each file once, with the
cache and without; the sources of a session's diagnosis, asked for again and again, with one cache
and with a new one each time; and analyzing where each read waits, with and without reading ahead.
Waiting is simulated by sleeping before each read. CPU time, interleaved, medians of the rounds;
wall time only where waiting is what is measured.
"""

from __future__ import annotations

import json
import os
import random
import sys
import sysconfig
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

RESULTS = Path(__file__).parent / "results"
MB = 1_000_000
ROUNDS = 7
DIAGNOSES = 3  # of one session: diagnosis, evidence, and one renewal
HOT = 5  # files that hold hot places
WAIT_S = 0.005  # of one read over a network
WAITED_FILES = 200
LEFT_OUT = frozenset({"site-packages", "test", "tests", "idlelib", "lib2to3"})


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


def hit_rates(root: Path, files: list[str], order: list[str], *, ahead: bool, limit: int) -> Any:
    """The statistics after all of `order` was read, every read taken for slow if `ahead`."""
    from whet.codebase.cache import FileCache
    from whet.records import to_json

    ticks = iter(range(1 << 60)).__next__
    clock: Callable[[], float] = ticks if ahead else lambda: 0.0
    with FileCache(root, files=files, limit_bytes=limit, clock=clock) as cache:
        for file in order:
            cache.read(file)
        return json.loads(to_json(cache.statistics()))


def cpu_s(work: Callable[[], object]) -> float:
    """CPU time of this process, all its threads together."""
    began = time.process_time()
    work()
    return time.process_time() - began


def wall_s(work: Callable[[], object]) -> float:
    """Wall time: waiting counts."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def compared(
    ways: dict[str, Callable[[], object]], clock: Callable[[Callable[[], object]], float]
) -> dict[str, float]:
    """Medians of interleaved rounds, every other one in the opposite order."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(ROUNDS):
        for name in list(ways)[:: 1 if number % 2 else -1]:
            taken[name].append(clock(ways[name]))
    return {name: round(median(times), 4) for name, times in taken.items()}


def analyses(root: Path, files: list[str]) -> dict[str, float]:
    """`analyze` with contents from the disk, and through the cache."""
    from whet.codebase.cache import FileCache
    from whet.codebase.structure import analyze, modules_of

    def through() -> None:
        with FileCache(root, limit_bytes=10 * MB, files=files) as cache:
            analyze("p", modules_of(root, files, cache))

    ways = {"disk": lambda: analyze("p", modules_of(root, files)), "cache": through}
    return compared(ways, cpu_s)


def diagnoses(root: Path, files: list[str]) -> dict[str, Any]:
    """The sources of hot places, three times, with one cache and with a new one each time."""
    from whet.codebase.cache import FileCache
    from whet.diagnosis import module_of, read_hot_modules
    from whet.records import HotPlace, to_json

    largest = sorted(files, key=lambda file: -(root / file).stat().st_size)[:HOT]
    hot = [
        HotPlace(file=file, name="f", line=1, self_share=0.1, total_share=0.1) for file in largest
    ]
    kept: dict[str, Any] = {}

    def session(*, shared: bool) -> None:
        cache = FileCache(root, limit_bytes=12 * MB, trees=1000, memory_bytes=50 * MB)
        for _ in range(DIAGNOSES):
            read_hot_modules(cache, hot, files)
            for place in hot:  # a fix is written for each
                module_of(cache, place.file)
            kept["statistics"] = json.loads(to_json(cache.statistics()))
            if not shared:
                cache = FileCache(root, limit_bytes=12 * MB, trees=1000, memory_bytes=50 * MB)

    ways = {"new each time": lambda: session(shared=False), "shared": lambda: session(shared=True)}
    times = compared(ways, cpu_s)
    session(shared=True)
    return {**times, "statistics": kept["statistics"]}


def waits(root: Path, files: list[str]) -> dict[str, Any]:
    """Analyzing where each read waits: read as it comes, and ahead."""
    from whet.codebase.cache import FileCache, Identity
    from whet.codebase.structure import analyze, modules_of
    from whet.records import to_json

    some = files[:WAITED_FILES]
    kept: dict[str, Any] = {}

    def load(path: Path) -> tuple[Identity, bytes]:
        time.sleep(WAIT_S)
        with path.open("rb") as opened:
            return Identity.of(os.fstat(opened.fileno())), opened.read()

    def run(known: list[str]) -> None:
        with FileCache(root, limit_bytes=10 * MB, files=known, load=load) as cache:
            analyze("p", modules_of(root, some, cache))
            kept["statistics"] = json.loads(to_json(cache.statistics()))

    times = compared({"as asked": lambda: run([]), "ahead": lambda: run(some)}, wall_s)
    run(some)
    return {**times, "files": len(some), "wait_s": WAIT_S, "statistics": kept["statistics"]}


def rate(value: float | None) -> str:
    """A share as percent."""
    return "not known" if value is None else f"{100 * value:.1f} %"


def pattern_rows(root: Path, files: list[str], size: int) -> list[dict[str, Any]]:
    """Hit rates of all orders, with all in memory and with a quarter."""
    rows = []
    for limit in (100 * MB, size // 4):
        for pattern in PATTERNS:
            order = pattern(files)
            row: dict[str, Any] = {
                "pattern": pattern.__name__, "limit_bytes": limit, "asked": len(order)
            }  # fmt: skip
            for name, ahead in (("with", True), ("without", False)):
                row[name] = hit_rates(root, files, order, ahead=ahead, limit=limit)
            rows.append(row)
    return rows


def pattern_table(rows: list[dict[str, Any]]) -> list[str]:
    """The hit rates as a table."""
    head = (
        "order", "limit MB", "hit rate without", "reading ahead", "read ahead / asked",
        "used of those used or dropped", "switched off", "fragmentation",
    )  # fmt: skip
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    for row in rows:
        ahead = row["with"]["prefetch"]
        cells = (
            row["pattern"].replace("_", " "), f"{row['limit_bytes'] / MB:.1f}",
            rate(row["without"]["hit_rate"]), rate(row["with"]["hit_rate"]),
            rate(ahead["loaded"] / row["asked"]), rate(ahead["hit_rate"]),
            "no" if ahead["active"] else "yes", rate(row["with"]["fragmentation"]),
        )  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def told(one: dict[str, float], many: dict[str, Any], slow: dict[str, Any]) -> list[str]:
    """What was measured, in sentences."""
    used = many["statistics"]
    saved = used["reads_saved"] / (used["reads"] + used["reads_saved"])
    analyzed = (
        "- `whet analyze`: each file is read once, so nothing is saved. CPU through the cache "
        f"{one['cache'] / one['disk']:.2f} of that without."
    )
    diagnosed = (
        f"- A session that diagnoses {DIAGNOSES} times, {HOT} hot files: CPU of reading, "
        f"searching and parsing sources {many['shared'] / many['new each time']:.2f} of that "
        f"without sharing ({many['shared']:.2f} s and {many['new each time']:.2f} s); reads saved "
        f"{rate(saved)}, hit rates of trees {rate(used['tree_hit_rate'])}, of facts "
        f"{rate(used['fact_hit_rate'])}, fragmentation {rate(used['fragmentation'])}."
    )
    waited = (
        f"- Analyzing {slow['files']} files where each read waits {1000 * slow['wait_s']:.0f} ms "
        f"(simulated): wall time reading ahead {slow['ahead'] / slow['as asked']:.2f} of that "
        f"without; hit rate {rate(slow['statistics']['hit_rate'])}."
    )
    return [analyzed, diagnosed, waited]


def main() -> None:
    """Measure and write the results."""
    root = Path(sys.argv[1] if sys.argv[1:] else sysconfig.get_path("stdlib"))
    found = sorted(p for p in root.rglob("*.py") if LEFT_OUT.isdisjoint(p.parts))
    files = [path.relative_to(root).as_posix() for path in found]
    size = sum(path.stat().st_size for path in found)
    load = os.getloadavg()[0]
    rows = pattern_rows(root, files, size)
    one, many, slow = analyses(root, files), diagnoses(root, files), waits(root, files)
    what = f"{root.name}: {len(files)} files, {size / MB:.1f} MB"
    lines = [
        "# Sources from memory", "",
        f"{what}; load {load:.1f} at the start, {ROUNDS} rounds.", "", *told(one, many, slow), "",
        "Hit rates of contents, where every read is slow, and where none is:", "",
        *pattern_table(rows),
    ]  # fmt: skip
    document = {
        "folder": root.name, "files": len(files), "bytes": size, "load": load, "orders": rows,
        "analyze_cpu_s": one, "diagnoses_cpu_s": many, "waiting_wall_s": slow,
    }  # fmt: skip
    (RESULTS / "codebase_memory.json").write_text(json.dumps(document, indent=1) + "\n")
    (RESULTS / "codebase_memory.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
