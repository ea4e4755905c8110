"""Tags beside aider's repository map and universal-ctags, on the same files.

    python benchmarks/codebase_tags.py [--every N] [--rounds N]    (about five minutes for all)

Material is the source distribution of Django 5.2.8, its Python files alone (`--every 4`: each
fourth of them), copied into a temporary folder. Every figure comes from a process of its own; the
contestants take turns in each round, and medians are shown. CPU seconds (user and system, child
processes included) begin after imports, so a busy machine disturbs them less than wall time; the
machine's condition stands beside them. Peers are installed into a temporary environment, unless
`--peers FOLDER` names one that has them. Writes results/codebase_tags.{json,md}.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import warnings
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "results"
DJANGO = "Django==5.2.8"
PEER = "aider-chat==0.86.2"
WARM_RUNS = 5  # in a round: one takes 0.03 s, so anything disturbs it
ODD_STEP = 7  # files between two that the run with one changed file looks at

AIDER = """
import json, resource, sys, time
from pathlib import Path
from aider.repomap import RepoMap
class Io:
    def read_text(self, name):
        return Path(name).read_text(errors="replace")
    def tool_output(self, *args, **kwargs): pass
    tool_warning = tool_error = tool_output
class Model:
    def token_count(self, text): return len(text) // 4
root = Path(sys.argv[1])
files = sorted(root.rglob("*.py"))
began, wall = time.process_time(), time.perf_counter()
repository = RepoMap(map_tokens=1024, root=str(root), main_model=Model(), io=Io())
tags = sum(len(list(repository.get_tags(str(p), str(p.relative_to(root))))) for p in files)
print(json.dumps({
    "cpu_s": time.process_time() - began, "wall_s": time.perf_counter() - wall, "tags": tags,
    "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
}))
"""


def cpu_s() -> tuple[float, float]:
    """CPU seconds of this process and of its ended children."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    own, children = (resource.getrusage(kind) for kind in kinds)
    return own.ru_utime + own.ru_stime, children.ru_utime + children.ru_stime


def measure_whet(root: Path, processes: int, cache: str | None) -> dict[str, Any]:
    """One pass of whet in this process, after its imports and those of the grammar."""
    from whet.codebase.cache import FactCache
    from whet.codebase.tags import TagOptions, TagRun
    from whet.codebase.tags.extraction import extract

    extract(b"", "Python")
    path = Path(cache) if cache else None
    own, children = cpu_s()
    wall = time.perf_counter()
    threshold = 0 if processes > 1 else 10**12
    options = TagOptions(processes=processes, threshold_bytes=threshold)
    run = TagRun(root, options, FactCache(path))
    run.update()
    wall = time.perf_counter() - wall
    own, children = (
        after - before for after, before in zip(cpu_s(), (own, children), strict=True)
    )
    peak = [resource.getrusage(k).ru_maxrss * 1024 for k in (0, resource.RUSAGE_CHILDREN)]
    return {
        "cpu_s": own + children, "own_cpu_s": own, "children_cpu_s": children, "wall_s": wall,
        "peak_bytes": peak[0], "child_peak_bytes": peak[1], "files": run.total,
        "parsed": run.parsed,
    }  # fmt: skip


def measure_bare(root: Path) -> dict[str, Any]:
    """The bound: read, parse, captures, nothing else."""
    from whet.codebase.tags.extraction import _tools

    parser, cursor, _ = _tools("Python")
    files = sorted(root.rglob("*.py"))
    began, wall = time.process_time(), time.perf_counter()
    for path in files:
        tree = parser.parse(path.read_bytes())
        for nodes in cursor.captures(tree.root_node).values():
            for node in nodes:
                _ = (node.start_point[0], node.text)
    return {"cpu_s": time.process_time() - began, "wall_s": time.perf_counter() - wall}


def in_process(command: list[str], *words: str) -> dict[str, Any]:
    """The figures that another process prints."""
    done = subprocess.run([*command, *words], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def whet(root: Path, processes: int, cache: Path | None = None) -> dict[str, Any]:
    """One pass of whet in a fresh process."""
    command = [sys.executable, __file__, "--measure", str(root), str(processes)]
    return in_process([*command, str(cache or "")])


def ctags(root: Path) -> dict[str, Any] | None:
    """Definitions only, by universal-ctags where it is installed."""
    program = shutil.which("ctags")
    if program is None:
        return None
    before, wall = cpu_s()[1], time.perf_counter()
    command = [program, "-R", "--languages=Python", "--output-format=json", "-f", "-", str(root)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        return None
    return {"cpu_s": cpu_s()[1] - before, "wall_s": time.perf_counter() - wall}


def material(folder: Path, every: int) -> Path:
    """Django's Python files below a folder."""
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
    given = os.environ.get("WHET_DJANGO_SDIST")
    if given is None:
        subprocess.run([*pip, DJANGO, "-d", str(folder)], check=True)
        given = str(next(folder.glob("*.tar.gz")))
    with tarfile.open(given) as archive:
        archive.extractall(folder / "all", filter="data")
    root = folder / "tree"
    files = sorted(path for path in (folder / "all").rglob("*.py") if path.is_file())
    for path in files[::every]:
        place = root / path.relative_to(folder / "all")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)
    return root


def peers(folder: Path) -> Path:
    """An interpreter that has aider."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run([str(folder / "bin/pip"), "install", "-q", PEER], check=True)
    return folder / "bin/python"


def round_of(root: Path, aider: Path, folder: Path, number: int) -> dict[str, Any]:
    """Everything once, in an order that changes from round to round."""
    cache = folder / f"cache{number}.sqlite"
    known = root / ".aider.tags.cache.v4"
    contestants = [
        ("bare", lambda: in_process([sys.executable, __file__, "--bare", str(root)])),
        ("whet, one process", lambda: whet(root, 1)),
        ("whet, two processes", lambda: whet(root, 2)),
        ("aider", lambda: in_process([str(aider), "-c", AIDER, str(root)])),
        ("ctags", lambda: ctags(root)),
    ]
    for path in root.glob(".aider*"):
        shutil.rmtree(path)
    turn = number % len(contestants)
    found = {name: run() for name, run in contestants[turn:] + contestants[:turn]}
    found["aider, warm"] = in_process([str(aider), "-c", AIDER, str(root)])
    found["whet, into the cache"] = whet(root, 1, cache)
    warm = [whet(root, 1, cache) for _ in range(WARM_RUNS)]
    found["whet, nothing changed"] = sorted(warm, key=lambda run: run["cpu_s"])[WARM_RUNS // 2]
    changed = sorted(root.rglob("*.py"))[ODD_STEP * (number + 1)]
    changed.write_text(changed.read_text() + f"\nchanged_{number} = {number}\n")
    found["whet, one file changed"] = whet(root, 1, cache)
    assert found["whet, nothing changed"]["parsed"] == 0
    assert found["whet, one file changed"]["parsed"] == 1
    assert not known.exists() or found["aider"] is not None
    return found


def reference(source: bytes) -> set[tuple[str, int, str]]:
    """(name, line, kind) by `ast`: definitions, module variables, calls."""
    tree = ast.parse(source)
    found = set()
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        found |= {(t.id, t.lineno, "def") for t in targets if isinstance(t, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add((node.name, node.lineno, "def"))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found.add((node.func.id, node.func.lineno, "ref"))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            found.add((node.func.attr, node.func.end_lineno, "ref"))
    return found


def agreement(root: Path) -> dict[str, Any]:
    """How many valid files have exactly the tags of their syntax tree, here and in the library."""
    import sysconfig

    from whet.codebase.tags.extraction import extract
    from whet.codebase.tags.symbols import SYMBOLS, unpack

    warnings.simplefilter("ignore")
    rows = {}
    for name, top in (("Django", root), ("stdlib", Path(sysconfig.get_path("stdlib")))):
        files = tags = 0
        differing = []
        for path in sorted(top.rglob("*.py")):
            if "site-packages" in path.parts:
                continue
            source = path.read_bytes()
            try:
                expected = reference(source)
            except (SyntaxError, ValueError, RecursionError):
                continue
            packed = unpack(extract(source, "Python").tags)
            found = {(name, line, SYMBOLS[code][0]) for line, name, code in packed}
            files, tags = files + 1, tags + len(expected)
            if found != expected:
                differing.append(str(path.relative_to(top)))
        rows[name] = {"valid_files": files, "tags": tags, "differing": differing}
    return rows


def summary(rounds: list[dict[str, Any]], files: int) -> dict[str, Any]:
    """Medians over the rounds, and the ratios that are the targets."""
    names = [name for name in rounds[0] if rounds[0][name] is not None]
    middle = {
        name: {
            key: median(r[name][key] for r in rounds) for key in rounds[0][name] if key != "tags"
        }
        for name in names
    }
    one, two, aider = (
        middle[name] for name in ("whet, one process", "whet, two processes", "aider")
    )
    ratios = {
        "aider / whet, cold, CPU": median(
            r["aider"]["cpu_s"] / r["whet, one process"]["cpu_s"] for r in rounds
        ),
        "files/s of CPU, cold, one process": files / one["cpu_s"],
        "whet / bare parse and captures, CPU": median(
            r["whet, one process"]["cpu_s"] / r["bare"]["cpu_s"] for r in rounds
        ),
        "two processes / one, wall": median(
            r["whet, two processes"]["wall_s"] / r["whet, one process"]["wall_s"] for r in rounds
        ),
        "two processes / one, total CPU": two["cpu_s"] / one["cpu_s"],
        "two processes / one, CPU of the busier": max(
            two["own_cpu_s"], two["children_cpu_s"]
        ) / one["cpu_s"],
        "warm, nothing changed, CPU ms": 1e3 * middle["whet, nothing changed"]["cpu_s"],
        "warm, nothing changed, CPU ms without git": (
            1e3 * middle["whet, nothing changed"]["own_cpu_s"]
        ),
        "warm, one file changed, CPU ms": 1e3 * middle["whet, one file changed"]["cpu_s"],
        "aider warm / whet warm, CPU": median(
            r["aider, warm"]["cpu_s"] / r["whet, nothing changed"]["cpu_s"] for r in rounds
        ),
        "peak MB, one process": one["peak_bytes"] / 1e6,
        "peak MB, with one worker, both": (two["peak_bytes"] + two["child_peak_bytes"]) / 1e6,
        "peak MB of aider": aider["peak_bytes"] / 1e6,
    }  # fmt: skip
    return {"medians": middle, "ratios": ratios}


def table(found: dict[str, Any]) -> str:
    """The results for people."""
    lines = ["# Tags: whet beside its peers", "", f"{found['condition']}", ""]
    lines += ["| contestant | CPU s | wall s | peak MB |", "| --- | --- | --- | --- |"]
    for name, row in found["medians"].items():
        peak = f"{row['peak_bytes'] / 1e6:.0f}" if "peak_bytes" in row else ""
        lines.append(f"| {name} | {row['cpu_s']:.3f} | {row['wall_s']:.3f} | {peak} |")
    lines += ["", "| figure | measured |", "| --- | --- |"]
    lines += [f"| {name} | {value:.2f} |" for name, value in found["ratios"].items()]
    lines += ["", "| agreement with `ast` | valid files | tags | files that differ |"]
    lines += ["| --- | --- | --- | --- |"]
    lines += [
        f"| {name} | {row['valid_files']} | {row['tags']} | {len(row['differing'])} |"
        for name, row in found["agreement"].items()
    ]
    return "\n".join(lines) + "\n"


def condition(files: int, rounds: int) -> str:
    """The machine and its state."""
    load = os.getloadavg()[0]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{files} Python files of {DJANGO}; {rounds} interleaved rounds, medians; Python "
        f"{platform.python_version()} on {platform.system()}, {cores} usable cores of "
        f"{os.cpu_count()}, load {load:.1f} at the end"
        + (": wall time of two processes tells nothing here" if cores == 1 or load > 1 else "")
        + "."
    )


def main() -> None:
    """Measure everything and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--no-agreement", action="store_true")
    parser.add_argument("--measure", nargs=3)
    parser.add_argument("--bare", type=Path)
    given = parser.parse_args()
    if given.measure:
        root, processes, cache = given.measure
        print(json.dumps(measure_whet(Path(root), int(processes), cache or None)))
        return
    if given.bare:
        print(json.dumps(measure_bare(given.bare)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        aider = given.peers / "bin/python" if given.peers else peers(folder / "peers")
        root = material(folder, given.every)
        subprocess.run(["git", "init", "-q", str(root)], check=True)
        subprocess.run(["git", "-C", str(root), "add", "."], check=True)
        files = sum(1 for _ in root.rglob("*.py"))
        rounds = []
        for number in range(given.rounds):
            rounds.append(round_of(root, aider, folder, number))
            print(f"round {number + 1} of {given.rounds}", file=sys.stderr)
        found = summary(rounds, files)
        found["agreement"] = {} if given.no_agreement else agreement(root)
    found["condition"] = condition(files, given.rounds)
    found["rounds"] = rounds
    if given.every == 1:
        (RESULTS / "codebase_tags.json").write_text(json.dumps(found, indent=1) + "\n")
        (RESULTS / "codebase_tags.md").write_text(table(found))
    print(table(found))


if __name__ == "__main__":
    main()
