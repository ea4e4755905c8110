"""What whet's hook adds to a commit, and whether ingestion loses commits when it is killed.

    python benchmarks/codebase_hooks.py cost          (rounds of commits, interleaved)
    python benchmarks/codebase_hooks.py loss          (10,000 commits, the ingester killed)
    python benchmarks/codebase_hooks.py analyze DIR   (all analyzers on an unpacked package)
    python benchmarks/codebase_hooks.py table         (results/codebase_hooks.md of what is there)

`cost`: one repository a way, each round makes one `git commit --allow-empty` in every repository
in shuffled order; CPU time is that of git and all it starts, wall time beside it; the figure is
the median of the differences to the bare commit of the same round. `loss`: commits are made by
`git fast-import` and by `git commit` while an ingester runs that is killed with SIGKILL after a
random time, again and again; at the end every commit that git has must be recorded once.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
FILE = RESULTS / "codebase_hooks.json"
ROUNDS = 60
COMMITS = 10_000
WHO = {
    "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@b", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
}  # fmt: skip
OWN_HOOK = "#!/bin/sh\n:\n"
PYTHON_HOOK = f"#!/bin/sh\nexec {sys.executable} -I -S -c pass\n"
GITPYTHON_LIKE = f"#!/bin/sh\nexec {sys.executable} -I -c 'import sqlite3, json, subprocess'\n"


def git(where: Path, *words: str, stdin: bytes = b"") -> bytes:
    """What git prints."""
    done = subprocess.run(
        ["git", *words], cwd=where, env=os.environ | WHO, input=stdin, capture_output=True,
        check=True,
    )  # fmt: skip
    return done.stdout


def make(folder: Path, hook: str | None = None) -> Path:
    """A repository with one commit, and a post-commit hook if one is given."""
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "gc.auto", "0")
    git(folder, "commit", "-q", "--allow-empty", "-m", "first")
    if hook is not None:
        path = folder / ".git/hooks/post-commit"
        path.write_text(hook)
        path.chmod(0o755)
    return folder


def cost() -> dict[str, object]:
    """Median CPU and wall milliseconds that each way adds to a bare commit."""
    from whet.codebase.activity import install_hooks

    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary)
        ways = {
            "no hook": make(base / "bare"),
            "whet": make(base / "whet"),
            "an empty hook of one's own": make(base / "own", OWN_HOOK),
            "whet, then the empty hook": make(base / "chained", OWN_HOOK),
            "whet through core.hooksPath": make(base / "redirected"),
            "whet with --pre-commit, nothing relevant": make(base / "fast"),
            "python -I -S -c pass": make(base / "python", PYTHON_HOOK),
            "python with sqlite3, json, subprocess": make(base / "heavy", GITPYTHON_LIKE),
        }
        (base / "shared").mkdir()
        git(base / "redirected", "config", "core.hooksPath", str(base / "shared"))
        for name in ("whet", "chained", "redirected"):
            install_hooks(base / name)
        install_hooks(base / "fast", pre_commit=True)
        samples: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name in random.sample(list(ways), len(ways)):
                samples[name].append(commit_ms(ways[name]))
    return {name: _row(values, samples["no hook"]) for name, values in samples.items()}


def commit_ms(where: Path) -> tuple[float, float]:
    """CPU and wall milliseconds of one empty commit."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    git(where, "commit", "-q", "--allow-empty", "-m", "x")
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return 1000 * cpu, 1000 * wall


def _row(values: list[tuple[float, float]], bare: list[tuple[float, float]]) -> dict[str, float]:
    cpu = statistics.median(v[0] - b[0] for v, b in zip(values, bare, strict=True))
    wall = statistics.median(v[1] - b[1] for v, b in zip(values, bare, strict=True))
    least = min(v[1] for v in values) - min(b[1] for b in bare)
    return {
        "added_cpu_ms": round(cpu, 2), "added_wall_ms": round(wall, 2),
        "added_wall_min_ms": round(least, 2),
        "commit_cpu_ms": round(statistics.median(v[0] for v in values), 2),
    }  # fmt: skip


def loss(commits: int) -> dict[str, object]:
    """Commits go on while the ingester is killed at random; what is recorded in the end."""
    from whet.codebase.activity import ingest, install_hooks

    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as temporary:
        where = make(Path(temporary) / "r")
        install_hooks(where)
        made, killed, kept = 1, 0, 0
        began = time.perf_counter()
        while made < commits:
            child = subprocess.Popen(
                [sys.executable, "-m", "whet", "track", "ingest", str(where), "--batch", "100",
                 "-q"], env=os.environ | WHO, stdout=subprocess.DEVNULL,
            )  # fmt: skip
            deadline = time.perf_counter() + chance.uniform(1.0, 8.0)
            while time.perf_counter() < deadline and made < commits:
                grown = min(chance.randrange(1, 40), commits - made)
                grow(where, grown, made)
                git(where, "commit", "-q", "--allow-empty", "-m", "by hand")
                git(where, "commit", "-q", "--amend", "--allow-empty", "-m", "amended")
                made += grown + 2
            if child.poll() is None:
                child.send_signal(signal.SIGKILL)
                killed += 1
            child.wait()
        grown_s = time.perf_counter() - began
        began = time.perf_counter()
        report = ingest(where)
        last_s = time.perf_counter() - began
        expected = set(git(where, "rev-list", "--all", "--reflog").decode().split())
        with sqlite3.connect(where / ".whet/activity.sqlite") as book:
            found = [sha for (sha,) in book.execute("SELECT sha FROM commits")]
            kept = book.execute("SELECT count(*) FROM files").fetchone()[0]
        book.close()
    return {
        "commits": len(expected), "recorded": len(found), "distinct": len(set(found)),
        "missing": len(expected - set(found)), "unknown": len(set(found) - expected),
        "ingesters_killed": killed, "recorded_by_the_last_one": report.recorded,
        "file_changes": kept, "seconds": round(grown_s, 1), "last_ingestion_s": round(last_s, 2),
    }  # fmt: skip


def grow(where: Path, number: int, start: int) -> None:
    """Commits on main, each changing one small file."""
    stream = []
    for at in range(start, start + number):
        text = f"change {at}"
        origin = "from refs/heads/main^0\n" if at == start else ""
        stream.append(
            f"commit refs/heads/main\ncommitter A <a@b> {1_700_000_000 + at} +0000\n"
            f"data {len(text)}\n{text}\n{origin}M 644 inline d{at % 13}/f{at % 97}.py\n"
            f"data {len(text)}\n{text}\n"
        )
    git(where, "fast-import", "--quiet", stdin="".join(stream).encode())


def analyzed(folder: Path) -> dict[str, object]:
    """CPU seconds and peak memory of `whet analyze` on one tree."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "whet", "analyze", str(folder), "--json", "-q"],
        capture_output=True, check=True,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    report = json.loads(done.stdout)
    return {
        "tree": folder.name, "files": report["files"], "code_lines": report["code_lines"],
        "cpu_s": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 2),
        "peak_mb": round(after.ru_maxrss / 1000),
        "findings": {run["analyzer"]: run["findings"] for run in report["runs"]},
    }  # fmt: skip


def condition() -> dict[str, object]:
    """The machine and how busy it was."""
    git_says = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True)
    return {
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(), "git": git_says.stdout.split()[-1],
        "load_1m": round(os.getloadavg()[0], 1),
        "sh": Path(shutil.which("sh") or "").resolve().name,
    }  # fmt: skip


def table(results: dict[str, dict[str, dict[str, object]]]) -> str:
    """The results as a page."""
    lines = ["# Hooks, ingestion and analyzers", ""]
    if "cost" in results:
        said = f"{ROUNDS} rounds, one empty commit a way and round"
        lines += [
            _heading("cost", said, results["cost"]["condition"]), "",
            "| post-commit hook | added CPU ms | added wall ms | min to min | the whole commit |",
            "| --- | --- | --- | --- | --- |",
        ]  # fmt: skip
        for name, row in results["cost"]["ways"].items():
            figures = [
                row[key]
                for key in ("added_cpu_ms", "added_wall_ms", "added_wall_min_ms", "commit_cpu_ms")
            ]  # type: ignore[index]  # a row
            lines.append(f"| {name} | " + " | ".join(f"{figure:.1f}" for figure in figures) + " |")
    for name in ("loss", "analyze"):
        if name in results:
            head = _heading(name, "one run", results[name]["condition"])
            lines += ["", head, "", "| figure | value |", "| --- | --- |"]
            rows = results[name]["result"]
            lines += [
                f"| {key.replace('_', ' ')} | {_cell(value)} |" for key, value in rows.items()
            ]
    return "\n".join(lines) + "\n"


def _heading(name: str, what: str, said: dict[str, object]) -> str:
    machine = ", ".join(f"{key} {value}" for key, value in said.items())
    return f"`python benchmarks/codebase_hooks.py {name}`: {what}; {machine}."


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {number}" for key, number in value.items())
    return f"{value:,}" if isinstance(value, int) else str(value)


def main() -> None:
    """Measure one thing, keep it beside the others, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("cost", "loss", "analyze", "table"))
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--commits", type=int, default=COMMITS)
    arguments = parser.parse_args()
    results = json.loads(FILE.read_text()) if FILE.exists() else {}
    said = condition()
    if arguments.what == "cost":
        results["cost"] = {"condition": said, "ways": cost()}
    elif arguments.what == "loss":
        results["loss"] = {"condition": said, "result": loss(arguments.commits)}
    elif arguments.what == "analyze":
        if arguments.folder is None:
            parser.error("analyze needs the folder of an unpacked package")
        results["analyze"] = {"condition": said, "result": analyzed(arguments.folder)}
    FILE.write_text(json.dumps(results, indent=1) + "\n")
    page = table(results)
    (RESULTS / "codebase_hooks.md").write_text(page)
    print(page)


if __name__ == "__main__":
    main()
