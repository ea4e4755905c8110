"""Whether whet sees what made five published packages faster.

    python benchmarks/packages.py [NAME ...]     (about ten minutes; writes results/packages.*)

For each package, the release before and the one after a known improvement are installed into
scratch folders beside the same workload. `whet profile` on the old one must name the improved
function among its first three by own or by total time; `whet compare` must call the new one
faster, its interval touching the known range widened by a quarter. The known ranges were measured
inside warm processes; whet judges whole runs, start-up and imports included.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
RESULTS = HERE / "results"
WIDENED = 1.25


class Case(NamedTuple):
    """One improvement in the history of a package."""

    package: str
    before: str
    after: str
    workload: str
    functions: tuple[str, ...]  # qualified names, or a class and a dot
    low: float  # known range of time before / time after
    high: float


CASES = (
    Case("werkzeug", "2.3.7", "2.3.8", "multipart.py", ("MultipartDecoder.",), 7.0, 10.4),
    Case("wcwidth", "0.1.9", "0.2.5", "cells.py", ("wcwidth",), 3.2, 4.3),
    Case("networkx", "3.1", "3.2", "components.py", ("_plain_bfs",), 1.6, 1.9),
    Case("zipp", "0.6.0", "1.2.0", "archive.py",
         ("Path.iterdir", "Path.is_dir", "Path._implied_dirs", "_implied_dirs"), 2.8, 3.2),
    Case("pyflakes", "2.5.0", "3.0.1", "check.py", ("Checker.", "_collect_type_comments"),
         1.3, 1.4),
)  # fmt: skip


def install(case: Case, version: str, folder: Path) -> Path:
    """A folder with one release, what it needs, and the workload."""
    wanted = f"{case.package}=={version}"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--target", str(folder), wanted], check=True, stderr=subprocess.DEVNULL)
    shutil.copy(HERE / "package_workloads" / case.workload, folder)
    return folder


def whet(*arguments: str) -> dict:
    """The JSON document that a command of whet prints."""
    command = [
        sys.executable,
        "-m",
        "whet",
        *arguments,
        "--python",
        sys.executable,
        "--json",
        "-q",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise SystemExit(f"{' '.join(command)}: {done.returncode}\n{done.stderr}") from None


def leading(case: Case, functions: list[dict]) -> tuple[str | None, list[str]]:
    """The improved function if it leads, and the leaders by own and by total time."""
    ranked = [sorted(functions, key=lambda f: -f[key])[:3] for key in ("self_s", "total_s")]
    names = [f["name"] for ranking in ranked for f in ranking if case.package in f["file"]]
    found = next((n for n in names for asked in case.functions if _is(n, asked)), None)
    return found, [f["name"] for ranking in ranked for f in ranking]


def _is(name: str, asked: str) -> bool:
    return name.startswith(asked) if asked.endswith(".") else name == asked


def try_case(case: Case) -> dict:
    """One row of the table."""
    with tempfile.TemporaryDirectory(prefix="whet-packages-") as scratch:
        old = install(case, case.before, Path(scratch) / "old")
        new = install(case, case.after, Path(scratch) / "new")
        profile = whet(
            "profile", "--project", str(old), "-w", case.workload, "--instruments", "cpu"
        )
        verdict = whet("compare", "-w", case.workload, str(old), str(new))
    if "error" in profile or "error" in verdict:
        raise SystemExit(f"{case.package}: {profile.get('error')} {verdict.get('error')}")
    found, leaders = leading(case, profile["cpu"]["functions"])
    low, high = (1 / verdict[k] if verdict[k] else None for k in ("high", "low"))
    near = None not in {low, high} and low <= case.high * WIDENED and high >= case.low / WIDENED
    return {
        "package": case.package,
        "before": case.before,
        "after": case.after,
        "function": found,
        "leaders_by_self_then_total": leaders,
        "outcome": verdict["outcome"],
        "ratio": 1 / verdict["effect"] if verdict["effect"] else None,
        "low": low,
        "high": high,
        "confidence": verdict["confidence"],
        "processes": verdict["processes"],
        "elapsed_s": verdict["elapsed_s"],
        "known_low": case.low,
        "known_high": case.high,
        "load_1m": verdict["verdicts"][0]["environment"]["load_1m"],
        "passed": found is not None and verdict["outcome"] == "faster" and near,
    }


def table(rows: list[dict]) -> str:
    """The rows as Markdown."""
    lines = [
        "# Five packages that became faster",
        "",
        "`python benchmarks/packages.py`. Ratios are time before / time after of whole runs.",
        "",
        (
            "| package | function among the first three | verdict | ratio, interval "
            "| known range | runs | load | |"
        ),
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [_line(row) for row in rows]
    return "\n".join(lines) + "\n"


def _line(row: dict) -> str:
    ratio = "-"
    if row["low"] and row["high"]:
        ratio = f"{row['ratio']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
    return (
        f"| {row['package']} {row['before']} → {row['after']} | {row['function'] or 'no'} | "
        f"{row['outcome']} | {ratio} | {row['known_low']}-{row['known_high']} | "
        f"{row['processes']} | {row['load_1m']:.1f} | {'pass' if row['passed'] else '**fails**'} |"
    )


def main() -> int:
    """Run the cases named, or all; keep the earlier rows of the others."""
    path = RESULTS / "packages.json"
    known = json.loads(path.read_text()) if path.exists() else []
    rows = {row["package"]: row for row in known}
    for case in CASES:
        if not sys.argv[1:] or case.package in sys.argv[1:]:
            rows[case.package] = try_case(case)
            print(_line(rows[case.package]), flush=True)
            ordered = [rows[c.package] for c in CASES if c.package in rows]
            RESULTS.mkdir(exist_ok=True)
            path.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n")
            (RESULTS / "packages.md").write_text(table(ordered))
    return 0 if all(row["passed"] for row in rows.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
