"""What whet finds and proves by itself in large published applications.

    python benchmarks/applications.py [--repository NAME=DIR ...] [NAME ...]

The source distribution of each application is unpacked (more than 20,000 lines of Python each),
its own tests run, `whet run` works on it with a small workload, and the tests run again with what
was kept. Where a source distribution brings no tests, a clone of the application's repository
gives those of the same release. Writes results/applications.*; some five minutes an application.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
RESULTS = HERE / "results"
BUDGET_S = 1500


class Application(NamedTuple):
    """A release, the workload, and its tests.

    Attributes:
        package: The folder of the sources, which hold the tests too.
        tag: The release in the application's repository, from which `package` is taken where the
            source distribution brings no tests.
        tests: What pytest is given.
    """

    name: str
    version: str
    workload: str
    package: str
    tests: tuple[str, ...]
    tag: str = ""


APPLICATIONS = (
    Application("networkx", "3.1", "trees.py", "networkx",
                ("networkx/generators", "networkx/algorithms/tree")),
    Application("XlsxWriter", "3.1.9", "formulas.py", "xlsxwriter", ("xlsxwriter/test/worksheet",),
                "RELEASE_3.1.9"),
)  # fmt: skip


def unpacked(application: Application, folder: Path, repository: Path | None) -> Path:
    """The application's tree with its tests and the workload."""
    if application.tag and repository is not None:
        archive = folder / "tree.tar"
        subprocess.run(
            [
                "git",
                "-C",
                str(repository),
                "archive",
                "-o",
                str(archive),
                application.tag,
                "--",
                application.package,
            ],
            check=True,
        )
        tree = folder / "tree"
    else:
        wanted = f"{application.name}=={application.version}"
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
        subprocess.run([*pip, "-d", str(folder), wanted], check=True, capture_output=True)
        archive = next(folder.glob("*.tar.gz"))
        tree = folder / "tree"
    with tarfile.open(archive) as opened:
        opened.extractall(tree, filter="data")
    root = tree if (tree / application.package).is_dir() else next(tree.iterdir())
    shutil.copy(HERE / "application_workloads" / application.workload, root)
    return root


def lines_of(root: Path, package: str) -> int:
    """Lines of Python in the package, tests left out."""
    return sum(
        len(path.read_bytes().splitlines())
        for path in (root / package).rglob("*.py")
        if not {"test", "tests"} & set(path.parts)
    )


def tested(root: Path, application: Application) -> str | None:
    """How the application's tests end; None: it brought none."""
    present = [name for name in application.tests if (root / name).exists()]
    if not present:
        return None
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *present],
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    last = done.stdout.strip().splitlines()[-1]
    return re.sub(r" in [\d.]+s.*", "", last.strip("= "))


def whet(root: Path, *arguments: str) -> str:
    """What a command of whet prints."""
    command = [sys.executable, "-m", "whet", *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode > 1:
        raise SystemExit(f"{' '.join(command)}: {done.returncode}\n{done.stderr}")
    return done.stdout


def try_one(application: Application, repository: Path | None) -> dict[str, Any]:
    """One application, from the release to the tests with what was kept."""
    with tempfile.TemporaryDirectory(prefix="whet-applications-") as name:
        root = unpacked(application, Path(name), repository)
        before = tested(root, application)
        words = ["-w", application.workload, "--python", sys.executable, "-q"]
        whet(root, "run", *words, "--budget", str(BUDGET_S), "--json")
        session = json.loads(whet(root, "report", "--format", "full"))
        lines = lines_of(root, application.package)
        whet(root, "fix", *words, "--in-place", "--allow-dirty", "--json")
        after = tested(root, application)
    return {
        "application": f"{application.name} {application.version}",
        "lines": lines,
        "tests_before": before,
        "tests_after": after,
        "kept": [
            {key: verdict[key] for key in ("remedy", "file", "line", "reason")}
            for verdict in session["fix_verdicts"]
            if verdict["kept"]
        ],
        "whole": [
            {key: verdict[key] for key in ("metric", "outcome", "effect", "low", "high")}
            for verdict in session["whole"]
        ],
    }


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as Markdown."""
    text = (
        "# Large applications\n\n`python benchmarks/applications.py`. Ratios are CPU time before "
        "/ after of the whole workload, with the 99 % interval.\n\n"
        "| application | lines | fixes kept | whole workload | tests before | tests after |\n"
        "| --- | ---: | --- | --- | --- | --- |\n"
    )
    for row in rows:
        fixes = ", ".join(f"{f['remedy']} {f['file']}:{f['line']}" for f in row["kept"]) or "none"
        gain = "-"
        if row["whole"]:
            first = row["whole"][0]
            gain = (
                f"{first['outcome']}, {1 / first['effect']:.2f} "
                f"[{1 / first['high']:.2f}, {1 / first['low']:.2f}]"
            )
        text += (
            f"| {row['application']} | {row['lines']:,} | {fixes} | {gain} "
            f"| {row['tests_before'] or 'none'} | {row['tests_after'] or 'none'} |\n"
        )
    return text


def main() -> int:
    """Try the applications named, or all; keep the earlier rows of the others."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--repository", action="append", default=[], metavar="NAME=DIR")
    arguments = parser.parse_args()
    repositories = dict(each.split("=", 1) for each in arguments.repository)
    path = RESULTS / "applications.json"
    known = json.loads(path.read_text()) if path.exists() else []
    rows = {row["application"].split()[0]: row for row in known}
    for application in APPLICATIONS:
        if arguments.names and application.name not in arguments.names:
            continue
        given = repositories.get(application.name)
        rows[application.name] = try_one(application, Path(given) if given else None)
        print(json.dumps(rows[application.name]), flush=True)
        path.write_text(json.dumps(list(rows.values()), indent=1) + "\n")
        (RESULTS / "applications.md").write_text(table(list(rows.values())))
    green = all(row["tests_before"] == row["tests_after"] for row in rows.values())
    return 0 if green else 1


if __name__ == "__main__":
    sys.exit(main())
