"""Scanning, commits and alignment beside git itself, pathspec, GitPython and PyDriller.

    python benchmarks/codebase_git.py                        (about ten minutes; writes results)
    python benchmarks/codebase_git.py scan commits history   (only these)
    python benchmarks/codebase_git.py commits --repository PATH --name NAME   (an own one)
    python benchmarks/codebase_git.py --rounds 3 --small     (to see that it works)

Material: the source distributions of Django and sympy, unpacked three times, with nested ignore
files and an ignored environment, under the ignore file that pytest has (46 patterns), and again
under one of three patterns; a history of 50,000 commits with 60 branches by `git fast-import`, the
newest 300 of which are read by all (`commits`), and the newest 10,000 by whet and git (`history`).
Peers are installed into an environment of their own. Each way runs in a fresh process, imports
what it needs, and then takes its own CPU time and that of its children over the work alone; each
round runs all ways in shuffled order. The figure is the median, ratios are medians of ratios
within a round. Peak memory is that of the process itself, without git's. Each way also says what
it found.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / "results"
FILE = RESULTS / "codebase_git.json"
WAYS = HERE / "codebase_git_ways.py"
SOURCES = ("django==5.2.8", "sympy==1.13.3")
IGNORING = "pytest==9.0.1"  # its ignore file is used
FEW = ".venv/\n*.pyc\n__pycache__/\n"
PEERS = ("gitpython", "pydriller", "pathspec")
COPIES = 3
COMMITS, BRANCHES = 50_000, 60
MANY = 10_000
WHO = {
    "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@b", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
}  # fmt: skip
_SCANS = {
    "ways": (
        "git ls-files",
        "whet, unchecked",
        "whet",
        "whet without git",
        "walk and pathspec",
        "walk and pathspec, nested",
    ),
    "base": "git ls-files",
}
SUBJECTS = {
    "scan": _SCANS,
    "scan, three patterns": _SCANS,
    "commits": {
        "ways": ("whet", "git log", "GitPython", "PyDriller", "PyDriller, totals only"),
        "base": "whet",
    },
    # Many commits, for what grows with their number; the peers would take minutes for each run.
    "history": {"ways": ("whet", "git log"), "base": "whet"},
    "align": {
        "ways": ("whet", "whet, no conflicts", "git per question", "GitPython"),
        "base": "whet",
    },
}


def git(where: Path, *words: str, stdin: bytes = b"") -> bytes:
    """What git prints."""
    return subprocess.run(
        ["git", *words], cwd=where, env=os.environ | WHO, input=stdin, capture_output=True,
        check=True,
    ).stdout  # fmt: skip


def environment(folder: Path) -> Path:
    """An interpreter that has the peers."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin/python"
    subprocess.run([str(python), "-m", "pip", "install", "-q", *PEERS], check=True)
    return python


def tree(folder: Path, python: Path, *, small: bool) -> Path:
    """Unpacked packages under git, with nested rules and an ignored environment."""
    top = folder / "tree"
    sources = SOURCES[:1] if small else SOURCES
    _download(python, folder / "sources", sources)
    _download(python, folder / "ignoring", (IGNORING,))
    for number in range(1 if small else COPIES):
        place = top / f"copy{number}"
        place.mkdir(parents=True)
        for archive in sorted((folder / "sources").iterdir()):
            with tarfile.open(archive) as packed:
                packed.extractall(place, filter="data")
    site = next((python.parent.parent / "lib").glob("*/site-packages"))
    subprocess.run(["cp", "-r", str(site), str(top / ".venv")], check=True)
    (top / ".gitignore").write_bytes(_ignore_file(next((folder / "ignoring").iterdir())))
    for number, place in enumerate(sorted(top.glob("copy*/*/*/"))):
        if number % 3 == 0:
            (place / ".gitignore").write_text("*.tmp\n!kept.tmp\n")
            (place / "kept.tmp").touch()
            (place / "other.tmp").touch()
    git(top, "init", "-q")
    git(top, "add", "-A")
    git(top, "commit", "-q", "-m", "all")
    for number, place in enumerate(sorted(top.glob("copy*/*/*/*.py"))):
        if number % 40 == 0:
            place.unlink()
    return top


def _download(python: Path, folder: Path, packages: tuple[str, ...]) -> None:
    names = ",".join(package.partition("==")[0] for package in packages)
    pip = [str(python), "-m", "pip", "download", "-q", "--no-deps", "--no-binary", names]
    subprocess.run([*pip, "-d", str(folder), *packages], check=True)


def _ignore_file(archive: Path) -> bytes:
    """The ignore file at the top of a source distribution."""
    with tarfile.open(archive) as packed:
        for member in packed:
            if member.name.count("/") == 1 and member.name.endswith("/.gitignore"):
                return packed.extractfile(member).read()
    raise SystemExit(f"{archive.name} has no ignore file")


def history(folder: Path, *, small: bool) -> Path:
    """A repository of many commits and branches; the same each time."""
    commits, branches = (2000, 10) if small else (COMMITS, BRANCHES)
    place = folder / "history"
    place.mkdir()
    git(place, "init", "-q", "-b", "main")
    writer = subprocess.Popen(
        ["git", "fast-import", "--quiet"], cwd=place, env=os.environ | WHO, stdin=subprocess.PIPE
    )
    assert writer.stdin is not None
    for piece in _stream(commits, branches):
        writer.stdin.write(piece)
    writer.stdin.close()
    if writer.wait():
        raise SystemExit("git fast-import failed")
    git(place, "repack", "-q", "-a", "-d", "-f", "--window=5")
    return place


def _stream(commits: int, branches: int):  # noqa: ANN202 - a generator of bytes
    """`git fast-import` commands: a main line with merges, and branches off its last part."""
    chance = random.Random(1)
    files: dict[int, list[str]] = {}
    mark = 0
    for number in range(commits):
        mark += 1
        yield f"commit refs/heads/main\nmark :{mark}\n".encode()
        yield _who(number)
        if number and number % 10 == 0:
            yield f"merge :{max(1, mark - chance.randint(2, 9))}\n".encode()
        for _ in range(chance.randint(1, 3)):
            yield _edit(chance, files, chance.randrange(1500))
    for number in range(branches):
        start = mark - chance.randint(0, commits // 25)
        own = {key: list(lines) for key, lines in files.items() if key % branches == number}
        for step in range(chance.randint(1, 8)):
            own_mark = mark + 1 + number * 10 + step
            yield f"commit refs/heads/topic{number:02}\nmark :{own_mark}\n".encode()
            yield _who(commits + number)
            if step == 0:
                yield f"from :{start}\n".encode()
            key = chance.choice([*own, number % 7])
            own.setdefault(key, list(files[key]))
            yield _edit(chance, own, key)


def _who(number: int) -> bytes:
    when = 1_500_000_000 + 600 * number
    text = f"Change number {number}\n\nIt changes some lines.\n"
    return f"committer A <a@b> {when} +0000\ndata {len(text)}\n{text}".encode()


def _edit(chance: random.Random, files: dict[int, list[str]], key: int) -> bytes:
    lines = files.setdefault(key, [f"line {n} of file {key}\n" for n in range(60)])
    for _ in range(chance.randint(1, 5)):
        lines[chance.randrange(len(lines))] = f"changed to {chance.random()}\n"
    if chance.random() < 0.3:  # noqa: PLR2004 - three in ten
        lines.insert(chance.randrange(len(lines)), f"new {chance.random()}\n")
    text = "".join(lines)
    return f"M 100644 inline src/part{key % 40}/file{key}.py\ndata {len(text)}\n{text}\n".encode()


def one(python: Path, subject: str, way: str, place: Path, number: int) -> dict:
    """One run of one way in a fresh process."""
    interpreter = sys.executable if way.startswith("whet") else str(python)
    words = [interpreter, str(WAYS), subject.partition(",")[0], way, str(place), str(number)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{subject}, {way}: {done.stderr}")
    return json.loads(done.stdout)


def measured(python: Path, subject: str, place: Path, number: int, rounds: int) -> dict:
    """All ways of a subject, interleaved."""
    ways = SUBJECTS[subject]["ways"]
    base = SUBJECTS[subject]["base"]
    runs: dict[str, list[dict]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in random.sample(ways, len(ways)):
            runs[way].append(one(python, subject, way, place, number))
    return {
        way: {
            "cpu_ms": round(statistics.median(run["cpu_ms"] for run in own), 1),
            f"times_{base}": round(
                statistics.median(
                    run["cpu_ms"] / reference["cpu_ms"]
                    for run, reference in zip(own, runs[base], strict=True)
                ),
                2,
            ),
            "peak_mb": max(run["peak_mb"] for run in own),
            "found": own[-1]["found"],
        }
        for way, own in runs.items()
    }


def table(results: dict) -> str:
    """The results as a page."""
    parts = ["# Scanning, commits and alignment\n", "`python benchmarks/codebase_git.py`"]
    for title, entry in results.items():
        parts.append(f"\n## {title}\n\n{entry['machine']}\n")
        ratio = next(key for key in next(iter(entry["ways"].values())) if key.startswith("times_"))
        parts.append(f"| way | CPU ms | times {ratio[6:]} | peak memory, MB | found |")
        parts.append("| --- | --- | --- | --- | --- |")
        parts += [
            f"| {way} | {row['cpu_ms']} | {row[ratio]} | {row['peak_mb']} | {row['found']} |"
            for way, row in entry["ways"].items()
        ]
    return "\n".join(parts) + "\n"


def machine(rounds: int) -> str:
    """What the figures depend on."""
    version = subprocess.run(["git", "version"], capture_output=True, text=True, check=True)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{time.strftime('%Y-%m-%d')}; {rounds} rounds; {version.stdout.strip()}, Python "
        f"{platform.python_version()}, {os.cpu_count()} cores, load {load}"
    )


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("subjects", nargs="*", default=list(SUBJECTS), metavar="SUBJECT")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--commits", type=int, default=300, help="read by each way of `commits`")
    parser.add_argument("--repository", type=Path, help="a history of your own")
    parser.add_argument("--name", default="", help="of that history, in the results")
    parser.add_argument("--python", type=Path, help="an interpreter that has the peers")
    parser.add_argument("--small", action="store_true", help="less material; nothing is written")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="whet-bench-") as folder:
        python = arguments.python or environment(Path(folder) / "peers")
        own = arguments.repository
        for subject in arguments.subjects:
            if subject.startswith("scan"):
                place = Path(folder) / "tree"
                if not place.exists():
                    tree(Path(folder), python, small=arguments.small)
                if subject != "scan":
                    (place / ".gitignore").write_text(FEW)
            elif own is None:
                own = history(Path(folder), small=arguments.small)
                place = own
            else:
                place = own
            number = {"align": 50, "history": MANY}.get(subject, arguments.commits)
            ways = measured(python, subject, place, number, arguments.rounds)
            title = f"{subject}, {arguments.name}" if arguments.name else subject
            found = {title: {"machine": machine(arguments.rounds), "ways": ways}}
            print(table(found), flush=True)
            if not arguments.small:
                results = (json.loads(FILE.read_text()) if FILE.is_file() else {}) | found
                FILE.write_text(json.dumps(results, indent=1) + "\n")
                FILE.with_suffix(".md").write_text(table(results))


if __name__ == "__main__":
    main()
