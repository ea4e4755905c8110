"""What profiling costs, and whether it finds the right function first.

    python benchmarks/profiling.py [--rounds 5]       write results/profiling.{md,json}

Each workload runs plain, under whet's instruments, under cProfile and under pyinstrument,
interleaved in a new random order every round; figures are medians of (CPU time of the whole
process tree / CPU time of the plain run of the same round). The packages that are profiled are
installed into a scratch environment first.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from whet.errors import InstrumentError
from whet.profiling import profile
from whet.profiling._py_spy import record
from whet.profiling._rig import Rig
from whet.profiling.allocations import memray_folder
from whet.records import RunOutcome  # noqa: TC001 - one import more costs a script nothing
from whet.workloads import Launch, Meter, describe_environment, inspect_interpreter, parse_target

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
PACKAGES = ("sqlparse==0.6.1", "networkx==3.6.1", "sqlglot==30.30.0", "pyinstrument==5.1.3")
CEILINGS = {"cpu": 1.25, "memory": 1.02, "io": 1.2, "imports": 1.05, "allocations": 4.0}

WORKLOADS = {
    "sqlparse": """
import sqlparse
text = "select a, sum(c) from t join u on t.i = u.i where x in (1, 2) group by a order by 1;" * 40
for _ in range(7):
    sqlparse.format(text, reindent=True, keyword_case="upper")
""",
    "networkx": """
import networkx
graph = networkx.gnm_random_graph(220, 1400, seed=1)
for _ in range(5):
    networkx.betweenness_centrality(graph)
""",
    "sqlglot": """
import sqlglot
for _ in range(700):
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
""",
    "files": """
import os
for n in range(12000):
    with open(__file__, "rb") as file:
        file.read()
""",
}
TRUTH = {  # what each is known to spend most of its time in, by reading and by line timers
    "networkx": "_single_source_shortest_path_basic",
    "hot": "hot",
}


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--environment", type=Path, help="reuse this scratch environment")
    parser.add_argument("--only", nargs="*", choices=tuple(WORKLOADS), help="default: all")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="whet-bench-") as folder:
        python = prepared(options.environment or Path(folder) / "env")
        root = Path(folder) / "project"
        root.mkdir()
        found = [
            {"workload": name, **measured(name, source, root, python, options.rounds)}
            for name, source in WORKLOADS.items()
            if name in (options.only or WORKLOADS)
        ]
    environment = describe_environment(inspect_interpreter(sys.executable))
    document = {
        "rounds": options.rounds,
        "cores": environment.cores,
        "load_1m": environment.load_1m,
        "python": ".".join(map(str, sys.version_info[:3])),
        "workloads": found,
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "profiling.json").write_text(json.dumps(document, indent=1) + "\n")
    text = table(document)
    (RESULTS / "profiling.md").write_text(text)
    print(text)


def prepared(environment: Path) -> Path:
    """The interpreter of an environment that has the packages."""
    python = environment / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
    return python


def measured(name: str, source: str, root: Path, python: Path, rounds: int) -> dict[str, object]:
    """Ratios of one workload by tool, and the functions that whet names first."""
    path = root / f"{name}_workload.py"  # never the name of what it imports
    path.write_text(source)
    interpreter = inspect_interpreter(str(python))

    def launch_of(plan: object, wrap: tuple[str, ...], target: str = path.name) -> Launch:
        workload = parse_target(target, root)
        return Launch(workload=workload, root=root, interpreter=interpreter, plan=plan, wrap=wrap)

    with tempfile.TemporaryDirectory(prefix="whet-rig-") as scratch:
        rig = Rig(launch_of, Path(scratch))
        tools = {
            "cpu": lambda: record(rig, 100.0).measured.outcome,
            "memory": lambda: rig.plain(Meter(0.01)),
            "io": lambda: rig.probed({"io": {}}).outcome,
            "imports": lambda: rig.probed({"imports": {}}).outcome,
            "calls": lambda: rig.probed({"counter": {}}).outcome,
            "allocations": lambda: with_memray(rig),
            "tracemalloc": lambda: rig.probed({"allocations": {}}).outcome,
            "cProfile": lambda: foreign(root, launch_of, f"{python} -m cProfile -o x.pstats"),
            "pyinstrument": lambda: foreign(root, launch_of, f"{python} -m pyinstrument -o x.txt"),
        }
        ratios: dict[str, list[float]] = {tool: [] for tool in tools}
        plain_s = []
        for _ in range(rounds):
            outcome = rig.plain()
            if outcome.exit_code != 0:
                sys.exit(f"{name}: {outcome.stderr.tail}")
            plain = outcome.cpu_s
            plain_s.append(plain)
            for tool in random.sample(list(tools), len(tools)):
                try:
                    ratios[tool].append(tools[tool]().cpu_s / plain)
                except InstrumentError as error:
                    print(f"{name}: {tool}: {error}", file=sys.stderr)
        cpu = profile(launch_of, ("cpu",)).cpu
    first = [each.name for each in cpu.functions[:3]] if cpu else []
    shares = [round(each.self_share, 3) for each in cpu.functions[:3]] if cpu else []
    return {
        "plain_cpu_s": median(plain_s),
        "ratios": {tool: round(median(each), 3) for tool, each in ratios.items()},
        "spread": {tool: [round(min(e), 3), round(max(e), 3)] for tool, e in ratios.items()},
        "first": first,
        "shares": shares,
        "right": name not in TRUTH or (bool(first) and first[0] == TRUTH[name]),
        "errors": cpu.errors if cpu else None,
    }


def with_memray(rig: Rig) -> RunOutcome:
    """A run with the allocations that whet prefers: its own memray, carried into the target."""
    out = rig.new_file("memray")
    out.mkdir()
    return rig.probed({"memray": {"package": str(memray_folder()), "out": str(out)}}).outcome


def foreign(root: Path, launch_of: object, command: str) -> object:
    """A run of the same script under another profiler."""
    from whet.workloads import run

    script = max(root.glob("*.py"), key=lambda each: each.stat().st_mtime).name
    return run(launch_of(None, (), f"{command} {script}"))  # type: ignore[operator]  # a closure


def table(document: dict[str, object]) -> str:
    """The figures as Markdown."""
    rows = document["workloads"]
    tools = list(rows[0]["ratios"])  # type: ignore[index]  # a list of dicts
    about = (
        f"`python benchmarks/profiling.py --rounds {document['rounds']}`, "
        f"Python {document['python']}, {document['cores']} cores, "
        f"load {document['load_1m']:.1f} at the end. CPU time of the whole process tree, "
        "instrumented / plain: medians of interleaved rounds (smallest to largest)."
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
        spreads = {tool: "{:.2f}-{:.2f}".format(*row["spread"][tool]) for tool in tools}
        cells = [f"{row['ratios'][tool]:.2f} ({spreads[tool]})" for tool in tools]
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
