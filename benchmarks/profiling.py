"""What profiling costs, and whether it finds the right function first.

    python benchmarks/profiling.py             writes results/profiling.{md,json}
    python benchmarks/profiling.py --quick     writes results/profiling_quick.{md,json}

Each workload runs plain, plain again (the noise of the machine), under whet's instruments, under
cProfile and under pyinstrument, interleaved in a new random order every round; figures are medians
of (CPU time of the whole process tree / CPU time of the plain run of the same round) with their
95 % interval, and the same of wall time, without the time in which a program is held until py-spy
has found it. A ceiling is held where the interval lies below it, exceeded where it lies above, and
not decided else. `files` is the worst case on purpose: nothing but opening a small cached file.
`brief` is the same for a tenth of a second, over before py-spy has read the interpreter's symbols,
which takes the same time whatever the program: it shows that fixed cost. `--quick` measures the
instruments with tight ceilings alone, in more rounds. The packages that are profiled are installed
into a scratch environment first. Results are written workload by workload; `--only` measures some
anew and keeps the others.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from contextlib import suppress
from math import comb
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import msgspec

from whet.errors import InstrumentError
from whet.profiling import profile
from whet.profiling._py_spy import record
from whet.profiling._rig import Measured, Rig
from whet.profiling.allocations import memray_folder
from whet.workloads import (
    Launch,
    Meter,
    describe_environment,
    inspect_interpreter,
    parse_target,
    run,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from whet.profiling._rig import LaunchOf
    from whet.records import RunOutcome
    from whet.workloads import ProbePlan

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
PACKAGES = ("sqlparse==0.6.1", "networkx==3.6.1", "sqlglot==30.30.0", "pyinstrument==5.1.3")
CEILINGS = {"cpu": 1.25, "memory": 1.02, "io": 1.2, "imports": 1.05, "allocations": 4.0}

WORKLOADS = {
    "sqlparse": """
import sqlparse
text = "select a, sum(c) from t join u on t.i = u.i where x in (1, 2) group by a order by 1;" * 40
for _ in range(24):
    sqlparse.format(text, reindent=True, keyword_case="upper")
""",
    "networkx": """
import networkx
graph = networkx.gnm_random_graph(220, 1400, seed=1)
for _ in range(14):
    networkx.betweenness_centrality(graph)
""",
    "sqlglot": """
import sqlglot
for _ in range(3000):
    sqlglot.transpile("select a, sum(c) from t join u on t.i = u.i where x in (1, 2)")
""",
    "hot": """
def hot(rounds):
    seen = []
    for k in range(rounds):
        key = k * 7919 % 6007
        if key not in seen:
            seen.append(key)
    return len(seen)
hot(14000)
hot(14000)
hot(14000)
hot(14000)
""",
    "files": """
for n in range(120000):
    with open(__file__, "rb") as file:
        file.read()
""",
    "brief": """
for n in range(12000):
    with open(__file__, "rb") as file:
        file.read()
""",
}
TRUTH = {  # what each is known to spend most of its time in, by reading and by line timers
    "networkx": "_single_source_shortest_path_basic",
    "hot": "hot",
}


QUICK = ("again", "cpu", "memory", "io", "imports")
EACH_TAIL = 0.025  # of a 95 % interval
ROUNDS = {True: 12, False: 9}


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="only instruments with tight ceilings"
    )
    parser.add_argument("--rounds", type=int, help="default: 9, or 12 with --quick")
    parser.add_argument("--environment", type=Path, help="reuse this scratch environment")
    parser.add_argument("--only", nargs="*", choices=tuple(WORKLOADS), help="default: all")
    options = parser.parse_args()
    rounds = options.rounds or ROUNDS[options.quick]
    path = RESULTS / ("profiling_quick.json" if options.quick else "profiling.json")
    rows = {}
    if options.only and path.exists():
        rows = {row["workload"]: row for row in json.loads(path.read_text())["workloads"]}
    with tempfile.TemporaryDirectory(prefix="whet-bench-") as folder:
        python = prepared(options.environment or Path(folder) / "env")
        root = Path(folder) / "project"
        root.mkdir()
        for name, source in WORKLOADS.items():
            if name in (options.only or WORKLOADS):
                figures = measured(name, source, root, python, rounds, quick=options.quick)
                rows[name] = {"workload": name, **figures}
                written(path, [rows[each] for each in WORKLOADS if each in rows])
    print(path.with_suffix(".md").read_text())


def written(path: Path, rows: list[dict[str, object]]) -> None:
    """The rows that there are so far, as JSON and as a table."""
    environment = describe_environment(inspect_interpreter(sys.executable))
    document = {
        "command": "python benchmarks/profiling.py" + (" --quick" if "quick" in path.stem else ""),
        "cores": environment.cores,
        "python": ".".join(map(str, sys.version_info[:3])),
        "workloads": rows,
    }
    RESULTS.mkdir(exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n")
    path.with_suffix(".md").write_text(table(document))


def prepared(environment: Path) -> Path:
    """The interpreter of an environment that has the packages."""
    python = environment / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
    return python


def measured(
    name: str, source: str, root: Path, python: Path, rounds: int, *, quick: bool
) -> dict[str, object]:
    """Ratios of one workload by tool, and the functions that whet names first."""
    path = root / f"{name}_workload.py"  # never the name of what it imports
    path.write_text(source)
    interpreter = inspect_interpreter(str(python))

    def launch_of(plan: ProbePlan | None, wrap: tuple[str, ...]) -> Launch:
        workload = parse_target(path.name, root)
        return Launch(workload=workload, root=root, interpreter=interpreter, plan=plan, wrap=wrap)

    with tempfile.TemporaryDirectory(prefix="whet-rig-") as scratch:
        rig = Rig(launch_of, Path(scratch))
        tools = tools_of(rig, root, python)
        if quick:
            tools = {tool: tools[tool] for tool in QUICK}
        samples = interleaved(name, rig, tools, rounds)
        cpu = profile(launch_of, ("cpu",)).cpu
    first = [each.name for each in cpu.functions[:3]] if cpu else []
    shares = [round(each.self_share, 3) for each in cpu.functions[:3]] if cpu else []
    return {
        **samples,
        "rounds": rounds,
        "load_1m": describe_environment(interpreter).load_1m,
        "first": first,
        "shares": shares,
        "right": name not in TRUTH or (bool(first) and first[0] == TRUTH[name]),
        "errors": cpu.errors if cpu else None,
    }


def tools_of(rig: Rig, root: Path, python: Path) -> dict[str, Callable[[], Measured]]:
    """One run of the workload under each tool."""

    def bare(meter: Meter | None = None) -> Measured:
        return Measured(rig.plain(meter), None)

    def other(words: str) -> Measured:
        return Measured(foreign(root, rig.launch_of, f"{python} -m {words}"), None)

    return {
        "again": bare,
        "cpu": lambda: record(rig, 100.0).measured,
        "memory": lambda: bare(Meter(0.01)),
        "io": lambda: rig.probed({"io": {}}),
        "imports": lambda: rig.probed({"imports": {}}),
        "calls": lambda: rig.probed({"counter": {}}),
        "allocations": lambda: with_memray(rig),
        "tracemalloc": lambda: rig.probed({"allocations": {}}),
        "cProfile": lambda: other("cProfile -o x.pstats"),
        "pyinstrument": lambda: other("pyinstrument -o x.txt"),
    }


def interleaved(
    name: str, rig: Rig, tools: dict[str, Callable[[], Measured]], rounds: int
) -> dict[str, object]:
    """Ratios to the plain run of the same round, by tool."""
    ratios: dict[str, list[float]] = {tool: [] for tool in tools}
    walls: dict[str, list[float]] = {tool: [] for tool in tools}
    plain_s = []
    for once in tools.values():  # what a first run caches shall not count
        with suppress(InstrumentError):
            once()
    for _ in range(rounds):
        plain = rig.plain()
        if plain.exit_code != 0:
            sys.exit(f"{name}: {plain.stderr.tail}")
        plain_s.append(plain.cpu_s)
        for tool in random.sample(list(tools), len(tools)):
            try:
                found = tools[tool]()
            except InstrumentError as error:
                print(f"{name}: {tool}: {error}", file=sys.stderr)
                continue
            ratios[tool].append(found.outcome.cpu_s / plain.cpu_s)
            walls[tool].append((found.outcome.wall_s - found.held_s()) / plain.wall_s)
    return {
        "plain_cpu_s": median(plain_s),
        "ratios": {tool: round(median(each), 3) for tool, each in ratios.items()},
        "interval": {tool: interval(each) for tool, each in ratios.items()},
        "wall_ratios": {tool: round(median(each), 3) for tool, each in walls.items()},
    }


def interval(values: list[float]) -> list[float]:
    """The distribution-free 95 % interval of the median, from order statistics (sign test)."""
    ordered, count = sorted(values), len(values)
    below, tail = 0, 0.5**count
    while tail <= EACH_TAIL and below < count // 2:  # P(Binomial(n, 1/2) <= below) stays under it
        below += 1
        tail += comb(count, below) * 0.5**count
    first = max(below - 1, 0)
    return [round(ordered[first], 3), round(ordered[count - 1 - first], 3)]


def answer(tool: str, bounds: list[float]) -> str:
    """Whether a ceiling is held, by the interval of the ratio."""
    ceiling = CEILINGS.get(tool)
    if ceiling is None:
        return ""
    low, high = bounds
    return " held" if high <= ceiling else " EXCEEDED" if low > ceiling else " not decided"


def with_memray(rig: Rig) -> Measured:
    """A run with the allocations that whet prefers: its own memray, carried into the target."""
    out = rig.new_file("memray")
    out.mkdir()
    return rig.probed({"memray": {"package": str(memray_folder()), "out": str(out)}})


def foreign(root: Path, launch_of: LaunchOf, command: str) -> RunOutcome:
    """A run of the same script under another profiler."""
    script = max(root.glob("*.py"), key=lambda each: each.stat().st_mtime).name
    launch = launch_of(None, ())
    workload = parse_target(f"{command} {script}", root)
    return run(msgspec.structs.replace(launch, workload=workload))


def table(document: dict[str, object]) -> str:
    """The figures as Markdown."""
    rows = document["workloads"]
    tools = list(rows[0]["ratios"])  # type: ignore[index]  # a list of dicts
    loads = [row["load_1m"] for row in rows if row["load_1m"] is not None]  # type: ignore[attr-defined]  # a list of dicts
    about = (
        f"`{document['command']}`, Python {document['python']}, {document['cores']} cores, "
        f"{rows[0]['rounds']} rounds, load up to {max(loads, default=0):.1f}. "  # type: ignore[index]  # a list of dicts
        "CPU time of the whole process tree, instrumented / plain: medians of interleaved rounds "
        "(95 % interval); wall: the same of wall time. `again` is the plain run once more."
    )
    lines = [
        "# Profiling: cost and truth",
        "",
        about,
        "",
        "| workload | plain s | " + " | ".join(tools) + " |",
        "| --- " * (2 + len(tools)) + "|",
    ]
    for row in rows:  # type: ignore[attr-defined]  # a list of dicts
        cells = [
            "{:.2f} ({:.2f}-{:.2f}), wall {:.2f}{}".format(
                row["ratios"][tool],
                *row["interval"][tool],
                row["wall_ratios"][tool],
                answer(tool, row["interval"][tool]),
            )
            for tool in tools
        ]
        lines.append(f"| {row['workload']} | {row['plain_cpu_s']:.2f} | {' | '.join(cells)} |")
    ceilings = [f"≤ {CEILINGS[tool]}" if tool in CEILINGS else "" for tool in tools]
    lines += [f"| ceiling | | {' | '.join(ceilings)} |", "", "First by self time:", ""]
    lines += [
        f"- {row['workload']}: "
        + ", ".join(f"`{n}` {s:.0%}" for n, s in zip(row["first"], row["shares"], strict=True))
        + ("" if row["workload"] not in TRUTH else " (right)" if row["right"] else " (WRONG)")
        for row in rows  # type: ignore[attr-defined]  # a list of dicts
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
