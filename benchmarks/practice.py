"""Whether whet finds by itself what made packages faster, and leaves flat ones alone.

    python benchmarks/practice.py [NAME ...]     (minutes a package; writes results/practice.*)

The source distribution of the release *before* a known improvement is unpacked, its dependencies
are installed into an environment of its own, and `whet run` gets nothing but a script that uses
the package. A practice package passes when a fix in it is proven and the whole script is at least
1.2 times as fast. Flat packages are controls: their history shows nothing to gain, so no fix in
them may be kept unless the court proves it on the whole script too. Where a remedy does not reach
what its authors changed, the reason stands in the table.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
RESULTS = HERE / "results"
WANTED = 1.2
BUDGET_S = 1500  # of which it takes what it needs; more on a busy machine


class Case(NamedTuple):
    """One release and a script that uses it.

    Attributes:
        function: What its authors made faster in the next release; "": the package is flat.
        needs: What the package needs to run.
        why: Why no remedy does what its authors did.
    """

    package: str
    version: str
    workload: str
    function: str = ""
    needs: tuple[str, ...] = ()
    why: str = ""


CASES = (
    Case("wcwidth", "0.1.9", "cells.py", "wcwidth"),
    Case("zipp", "0.6.0", "archive.py", "Path._implied_dirs", ("more-itertools",)),
    Case("networkx", "3.1", "components.py", "_plain_bfs", (),
         "the authors went around a view object to the private dictionary behind it, and stop "
         "when all nodes are seen: knowledge about graphs; the order of the sets may change too"),
    Case("werkzeug", "2.3.7", "multipart.py", "MultipartDecoder._parse_data", ("markupsafe",),
         "another algorithm: where to search on is remembered between calls, which is right only "
         "because of what the parser knows about line breaks"),
    # In the place of pyflakes 2.5.0, whose authors removed a feature (comments with types).
    Case("networkx", "2.6.3", "betweenness.py", "_single_source_shortest_path_basic"),
    Case("pdfminer.six", "20170720", "damaged.py", "PDFParser.do_keyword",
         ("six", "pycryptodome", "chardet")),
    Case("sqlparse", "0.5.1", "flat_sqlparse.py"),
    Case("natsort", "8.4.0", "flat_natsort.py"),
    Case("tomlkit", "0.13.2", "flat_tomlkit.py"),
    Case("markdown-it-py", "3.0.0", "flat_markdown.py", "", ("mdurl",)),
    Case("h11", "0.14.0", "flat_h11.py"),
)  # fmt: skip


def unpacked(case: Case, folder: Path) -> tuple[Path, Path]:
    """The tree with the workload in it, and the interpreter of its environment."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    wanted = [f"{case.package}=={case.version}", "-d", str(folder)]
    words = ["download", "--no-deps", "--no-binary", ":all:"]
    subprocess.run([*pip, *words, *wanted], check=True, capture_output=True)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder / "tree", filter="data")
    tree = next((folder / "tree").iterdir())
    shutil.copy(HERE / "package_workloads" / case.workload, tree)
    subprocess.run([sys.executable, "-m", "venv", str(folder / "env")], check=True)
    python = folder / "env" / "bin" / "python"
    if case.needs:
        install = [str(python), "-m", "pip", "install", "--quiet", *case.needs]
        subprocess.run(install, check=True, capture_output=True)
    return tree, python


def whet(tree: Path, *arguments: str) -> dict[str, Any]:
    """The JSON document that a command of whet prints."""
    command = [sys.executable, "-m", "whet", *arguments]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    try:
        document: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise SystemExit(f"{' '.join(command)}: {done.returncode}\n{done.stderr}") from None
    return document


def try_case(case: Case) -> dict[str, Any]:
    """One row of the table."""
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="whet-practice-") as scratch:
        tree, python = unpacked(case, Path(scratch))
        words = ["-w", case.workload, "--python", str(python), "--budget", str(BUDGET_S), "-q"]
        if (tree / "src").is_dir():
            words += ["--env", "PYTHONPATH=src"]
        whet(tree, "run", *words, "--json")
        full = whet(tree, "report", "--format", "full")
    kept = [verdict for verdict in full["fix_verdicts"] if verdict["kept"]]
    whole = full["whole"][0] if full["whole"] else None
    return {
        "package": case.package,
        "version": case.version,
        "function": case.function,
        "findings": len(full["findings"]),
        "admitted": sum(found["refused"] is None for found in full["findings"]),
        "kept": [{key: fix[key] for key in ("remedy", "file", "line")} for fix in kept],
        "not_kept": [
            f"{fix['remedy']} {fix['file']}:{fix['line']}: {fix['reason']}"
            for fix in full["fix_verdicts"]
            if not fix["kept"]
        ],
        "whole": whole and {key: whole[key] for key in ("outcome", "effect", "low", "high")},
        "elapsed_s": round(time.monotonic() - started_s, 1),
        "load_1m": round(os.getloadavg()[0], 1),
        "passed": _passed(case, whole),
    }


def _passed(case: Case, whole: dict[str, Any] | None) -> bool:
    if not case.function:
        return whole is None or whole["outcome"] == "faster"
    return bool(whole and whole["outcome"] == "faster" and 1 / whole["effect"] >= WANTED)


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as Markdown."""
    text = (
        "# Packages that became faster, before they did\n\n`python benchmarks/practice.py`. "
        "Ratios are CPU time before / after of the whole script, with the interval at the "
        "confidence of the court.\n\n"
        "| package | what its authors improved | kept by whet | whole script | load | |\n"
        "| --- | --- | --- | --- | ---: | --- |\n"
    )
    why = {case[:2]: case.why for case in CASES}
    for row in rows:
        fixes = ", ".join(f"{f['remedy']} {f['file']}:{f['line']}" for f in row["kept"])
        whole = row["whole"]
        gain = "-"
        if whole:
            gain = (
                f"{whole['outcome']}, {1 / whole['effect']:.2f} "
                f"[{1 / whole['high']:.2f}, {1 / whole['low']:.2f}]"
            )
        end = "pass" if row["passed"] else why[row["package"], row["version"]] or "**fails**"
        text += (
            f"| {row['package']} {row['version']} | {row['function'] or 'flat'} "
            f"| {fixes or 'none'} | {gain} | {row['load_1m']} | {end} |\n"
        )
    return text


def main() -> int:
    """Try the cases named, or all; keep the earlier rows of the others."""
    path, wanted = RESULTS / "practice.json", set(sys.argv[1:])
    known = json.loads(path.read_text()) if path.exists() else []
    rows = {(row["package"], row["version"]): row for row in known}
    for case in CASES:
        if not wanted or {case.package, f"{case.package}=={case.version}"} & wanted:
            rows[case[:2]] = try_case(case)
            print(json.dumps(rows[case[:2]]), flush=True)
            ordered = [rows[each[:2]] for each in CASES if each[:2] in rows]
            path.write_text(json.dumps(ordered, indent=1) + "\n")
            (RESULTS / "practice.md").write_text(table(ordered))
    unexplained = [rows[case[:2]] for case in CASES if not case.why and case[:2] in rows]
    return 0 if all(row["passed"] for row in unexplained) else 1


if __name__ == "__main__":
    sys.exit(main())
