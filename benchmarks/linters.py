"""What performance linters report on code that runs, and what of it is true.

    python benchmarks/linters.py [CASE ...]     (minutes a case; writes results/linters.*)

The example and five published packages, each with its workload. ruff's PERF rules, perflint and
refurb report on the sources; a report counts as hot where `whet profile` sees at least one percent
of the time in the function around it. What a tool can apply itself (ruff's own fixes, refurb's
"Replace `a` with `b`" where `a` stands there) is made a patch, and `whet prove` takes each hot one
through validation and the court; then the tests of the package run. Of whet's own row the reports
are what `whet check` would show in hot places, applied are the fixes that were tried.
"""

from __future__ import annotations

import ast
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
RESULTS = HERE / "results"
HOT_SHARE = 0.01
TRIAL_S = 300
RUN_S = 1500
MOST_PATCHES = 8  # of each tool on each case
PERFLINT = "W8101,W8102,W8201,W8202,W8204,W8205,W8301,W8401,W8402,W8403"
_REPLACE = re.compile(r"Replace `(.+?)` with `(.+?)`(?:$|[ .])")
TOOLS = ("ruff", "perflint", "refurb")


class Case(NamedTuple):
    """Sources and their workload; without a version it is the example of this repository.

    Attributes:
        tests: The tests of the package, which its source distribution brings.
    """

    name: str
    version: str
    workload: str
    package: str
    tests: str


CASES = (
    Case("logstats", "", "-m logstats report data/access.log.gz", "logstats", "tests"),
    Case("werkzeug", "2.3.7", "multipart.py", "werkzeug", "tests/sansio"),
    Case("wcwidth", "0.1.9", "cells.py", "wcwidth", "wcwidth/tests"),
    Case("networkx", "3.1", "components.py", "networkx", "networkx/algorithms/components"),
    Case("zipp", "0.6.0", "archive.py", "zipp.py", "test_zipp.py"),
    Case("pyflakes", "2.5.0", "check.py", "pyflakes", "pyflakes/test"),
)


class Report(NamedTuple):
    """One complaint; `after` is the whole file as the tool would have it, where it says so."""

    tool: str
    rule: str
    file: str
    line: int
    after: str | None


def said(command: list[str], folder: Path) -> str:
    """What a tool prints on standard output; its exit status only says that it found something."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout


def tools(folder: Path) -> Path:
    """An environment with the linters."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin/python"), "-m", "pip", "install", "-q"]
    names = ["ruff", "perflint", "pylint", "refurb"]
    subprocess.run([*pip, *names], check=True, capture_output=True)
    return folder / "bin"


def tree_of(case: Case, folder: Path) -> Path:
    """The sources beside the workload."""
    if not case.version:
        ignored = shutil.ignore_patterns(".whet", "__pycache__")
        shutil.copytree(HERE.parent / "examples" / case.name, folder, ignore=ignored)
        return folder
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    wanted = f"{case.name}=={case.version}"
    subprocess.run([*pip, "--target", str(folder), wanted], check=True, stderr=subprocess.DEVNULL)
    shutil.copy(HERE / "package_workloads" / case.workload, folder)
    if not (folder / case.tests).exists():
        put_tests(case, folder)
    return folder


def put_tests(case: Case, tree: Path) -> None:
    """Put the tests from the source distribution beside the package."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    with tempfile.TemporaryDirectory() as scratch:
        words = ["--no-deps", "--no-binary", ":all:", "-d", scratch]
        wanted = f"{case.name}=={case.version}"
        subprocess.run([*pip, *words, wanted], check=True, stderr=subprocess.DEVNULL)
        with tarfile.open(next(Path(scratch).glob("*.tar.gz"))) as archive:
            archive.extractall(scratch, filter="data")
        tests = next(Path(scratch).glob(f"*/{case.tests}"))
        if tests.is_dir():
            shutil.copytree(tests, tree / case.tests)
        else:
            shutil.copy(tests, tree / case.tests)


def reports(tree: Path, case: Case, binaries: Path) -> list[Report]:
    """What all tools say about the sources of a case."""
    return [
        *by_ruff(tree, case.package, binaries),
        *by_perflint(tree, case.package, binaries),
        *by_refurb(tree, case.package, binaries),
    ]


def by_ruff(tree: Path, package: str, binaries: Path) -> list[Report]:
    """Rules of the family PERF, preview ones too, with the fixes that ruff has."""
    words = ["check", "--isolated", "--preview", "--select", "PERF", "--output-format", "json"]
    found = []
    for row in json.loads(said([str(binaries / "ruff"), *words, package], tree) or "[]"):
        file = str(Path(row["filename"]).relative_to(tree))
        after = _edited((tree / file).read_text(), row["fix"]["edits"]) if row["fix"] else None
        found.append(Report("ruff", row["code"], file, row["location"]["row"], after))
    return found


def _edited(text: str, edits: list[dict[str, Any]]) -> str:
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))

    def at(place: dict[str, int]) -> int:
        return starts[place["row"] - 1] + place["column"] - 1

    for edit in sorted(edits, key=lambda e: -at(e["location"])):
        begin, end = at(edit["location"]), at(edit["end_location"])
        text = text[:begin] + (edit["content"] or "") + text[end:]
    return text


def by_perflint(tree: Path, package: str, binaries: Path) -> list[Report]:
    """Perflint only tells."""
    words = ["--load-plugins=perflint", "--disable=all", f"--enable={PERFLINT}"]
    words += ["--output-format=json", package]
    rows = json.loads(said([str(binaries / "pylint"), *words], tree) or "[]")
    return [
        Report("perflint", row["message-id"], row["path"], row["line"], None)
        for row in rows
        if row["message-id"].startswith("W8")
    ]


def by_refurb(tree: Path, package: str, binaries: Path) -> list[Report]:
    """Refurb tells what to write instead; where that text stands on the line, it can be done."""
    found = []
    text = said([str(binaries / "refurb"), "--quiet", package], tree)
    for file, line, column, rule, message in re.findall(
        r"^(.+?):(\d+):(\d+) \[(FURB\d+)\]: (.*)$", text, re.MULTILINE
    ):
        after = _replaced((tree / file).read_text(), int(line), int(column) - 1, message)
        found.append(Report("refurb", rule, file, int(line), after))
    return found


def _replaced(source: str, line: int, column: int, message: str) -> str | None:
    wanted = _REPLACE.search(message)
    lines = source.splitlines(keepends=True)
    if wanted is None or not lines[line - 1][column:].startswith(wanted[1]):
        return None
    rest = lines[line - 1][column + len(wanted[1]) :]
    lines[line - 1] = lines[line - 1][:column] + wanted[2] + rest
    changed = "".join(lines)
    try:
        ast.parse(changed)
    except SyntaxError:
        return None
    return changed


def whet(tree: Path, case: Case, *arguments: str) -> dict[str, Any]:
    """The JSON document that a command of whet prints."""
    command = [sys.executable, "-m", "whet", *arguments, "-w", case.workload]
    command += ["--python", sys.executable, "--json", "-q"]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise SystemExit(f"{' '.join(command)}: {done.returncode}\n{done.stderr}") from None


def hot_lines(tree: Path, case: Case) -> dict[str, set[int]]:
    """Lines of the functions that take at least a percent of the time, by file."""
    functions = whet(tree, case, "profile", "--instruments", "cpu")["cpu"]["functions"]
    total_s = max((function["total_s"] for function in functions), default=0.0)
    found: dict[str, set[int]] = {}
    for function in functions:
        path = tree / function["file"]
        if function["total_s"] < HOT_SHARE * total_s or not path.is_file():
            continue
        for node in ast.walk(ast.parse(path.read_bytes())):
            named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)]) if named else 0
            if named and function["line"] in (node.lineno, first):
                lines = range(first, (node.end_lineno or first) + 1)
                found.setdefault(function["file"], set()).update(lines)
    return found


def tried(tree: Path, case: Case, report: Report) -> str:
    """What `whet prove` says of the change that a tool proposes."""
    before = (tree / report.file).read_text()
    rows = difflib.unified_diff(
        before.splitlines(keepends=True), (report.after or "").splitlines(keepends=True),
        f"a/{report.file}", f"b/{report.file}",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        patch = Path(folder) / "change.patch"
        patch.write_text("".join(rows))
        document = whet(tree, case, "prove", str(patch), "--budget", str(TRIAL_S))
    verdicts = document.get("verdicts") or [document]
    return str(verdicts[0].get("outcome") or "not proven")


def outcomes_of(tree: Path, tests: str) -> set[str]:
    """The tests that pass."""
    words = ["-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", tests]
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *words], cwd=tree, capture_output=True, text=True, check=False,
        env=environment,
    )  # fmt: skip
    return set(re.findall(r"^PASSED (.+)$", done.stdout, re.MULTILINE))


def breaks_a_test(tree: Path, case: Case, report: Report, passing: set[str]) -> bool:
    """Whether a test of the case that passes does not pass with the change."""
    path = tree / report.file
    before = path.read_text()
    path.write_text(report.after or "")
    try:
        return not passing <= outcomes_of(tree, case.tests)
    finally:
        path.write_text(before)


def try_case(case: Case, binaries: Path) -> dict[str, Any]:
    """All tools on one case."""
    with tempfile.TemporaryDirectory(prefix="whet-linters-") as scratch:
        tree = tree_of(case, Path(scratch) / "tree")
        hot = hot_lines(tree, case)
        found = reports(tree, case, binaries)
        passing = outcomes_of(tree, case.tests)
        rows = {tool: row(tree, case, tool, found, hot, passing) for tool in TOOLS}
        rows["whet"] = own_row(tree, case, passing)
    return {
        "case": case.name,
        "version": case.version,
        "tests_passing": len(passing),
        "tools": rows,
    }


def row(
    tree: Path, case: Case, tool: str, found: list[Report], hot: dict[str, set[int]],
    passing: set[str],
) -> dict[str, Any]:  # fmt: skip
    """What became of one tool's reports."""
    mine = [report for report in found if report.tool == tool]
    warm = [report for report in mine if report.line in hot.get(report.file, ())]
    ready = [report for report in warm if report.after is not None][:MOST_PATCHES]
    outcomes = Counter(tried(tree, case, report) for report in ready)
    return {
        "reports": len(mine),
        "rules": dict(Counter(report.rule for report in mine)),
        "hot": len(warm),
        "applied": len(ready),
        "outcomes": dict(outcomes),
        "tests_broken": sum(breaks_a_test(tree, case, r, passing) for r in ready),
    }


def own_row(tree: Path, case: Case, passing: set[str]) -> dict[str, Any]:
    """What whet found, tried and kept by itself; the tests run on all that was kept."""
    whet(tree, case, "run", "--budget", str(RUN_S))
    full = json.loads(said([sys.executable, "-m", "whet", "report", "--format", "full"], tree))
    first = [each["verdicts"][:1] for each in full["fix_verdicts"]]
    outcomes = Counter(verdicts[0]["outcome"] for verdicts in first if verdicts)
    validations = full["validations"].values()
    outcomes["refuted"] = sum(each["outcome"] == "different" for each in validations)
    broken = None
    if full["whole"]:
        whet(tree, case, "fix", "--in-place", "--allow-dirty")
        broken = int(not passing <= outcomes_of(tree, case.tests))
    return {
        "reports": len(full["findings"]),
        "rules": dict(Counter(each["remedy"] for each in full["findings"])),
        "hot": len(full["findings"]),
        "applied": len(full["fix_verdicts"]),
        "outcomes": dict(outcomes),
        "tests_broken": broken or 0,
    }


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as Markdown."""
    text = (
        "# Performance linters beside the court\n\n`python benchmarks/linters.py`\n\n"
        "| case | tool | reports | in hot functions | applied by itself | faster | "
        "same, undecided or slower | results differ | tests broken |\n"
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
    )
    for each in rows:
        for tool, row in each["tools"].items():
            outcomes = row["outcomes"]
            faster, wrong = outcomes.get("faster", 0), outcomes.get("refuted", 0)
            broken = "not run" if row["tests_broken"] is None else row["tests_broken"]
            text += (
                f"| {each['case']} | {tool} | {row['reports']} | {row['hot']} | {row['applied']} "
                f"| {faster} | {row['applied'] - faster - wrong} | {wrong} | {broken} |\n"
            )
    return text


def main() -> int:
    """Try the cases named, or all; keep the earlier rows of the others."""
    path = RESULTS / "linters.json"
    known = json.loads(path.read_text()) if path.exists() else []
    rows = {each["case"]: each for each in known}
    with tempfile.TemporaryDirectory(prefix="whet-tools-") as scratch:
        binaries = tools(Path(scratch) / "env")
        for case in CASES:
            if not sys.argv[1:] or case.name in sys.argv[1:]:
                rows[case.name] = try_case(case, binaries)
                print(json.dumps(rows[case.name]), flush=True)
                ordered = [rows[c.name] for c in CASES if c.name in rows]
                path.write_text(json.dumps(ordered, indent=1) + "\n")
                (RESULTS / "linters.md").write_text(table(ordered))
    return 0


if __name__ == "__main__":
    sys.exit(main())
