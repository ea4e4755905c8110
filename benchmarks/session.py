"""What a whole session costs: time, whet's own memory, and the gain on the example.

    python benchmarks/session.py [--project examples/logstats] [--runs 3]

Runs `whet run PROJECT --json` on a copy, samples the resident size of whet's own process (not
the workload's), and writes results/session.{json,md}.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import psutil

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
SAMPLE_S = 0.02
LIMITS = {"elapsed_s": 120.0, "own_peak_mb": 100.0, "speedup": 2.0}


class Spent(NamedTuple):
    """What a session cost."""

    elapsed_s: float
    cpu_s: float
    own_peak_bytes: int
    load_before: float


def main() -> None:
    """Run the sessions and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--project", type=Path, default=HERE.parent / "examples" / "logstats")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    rows = []
    for number in range(options.runs):
        row = one_session(options.project)
        rows.append(row)
        print(number + 1, json.dumps({k: v for k, v in row.items() if k != "fixes"}))
    write(rows)


def one_session(project: Path) -> dict[str, Any]:
    """One `whet run` on a fresh copy of the project."""
    with tempfile.TemporaryDirectory(prefix="bench-session-") as folder:
        copy = Path(folder) / "home" / project.name
        shutil.copytree(project, copy, ignore=shutil.ignore_patterns(".whet", "__pycache__"))
        scratch = Path(folder) / "scratch"
        scratch.mkdir()
        load = os.getloadavg()[0]
        used = children_cpu_s()
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "whet", "run", str(copy), "--json", "--quiet"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "TMPDIR": str(scratch)},
        )
        peak = own_peak(process.pid)
        out, err = process.communicate()
        elapsed = time.monotonic() - started
        spent = Spent(elapsed, children_cpu_s() - used, peak, load)
        if process.returncode:
            raise SystemExit(err.decode())
        report = json.loads(out)
        full = subprocess.run(
            [sys.executable, "-m", "whet", "report", "--format", "full"],
            cwd=copy, capture_output=True, check=True,
        )  # fmt: skip
        return figures(report, json.loads(full.stdout), spent)


def children_cpu_s() -> float:
    """CPU seconds of all ended children, theirs included: on a loaded host what it would take."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def own_peak(pid: int) -> int:
    """The largest resident size of whet's own process until it closes its output."""
    own, peak = psutil.Process(pid), 0
    while own.is_running() and own.status() != psutil.STATUS_ZOMBIE:
        try:
            peak = max(peak, own.memory_info().rss)
        except psutil.Error:
            break
        time.sleep(SAMPLE_S)
    return peak


def figures(report: dict[str, Any], full: dict[str, Any], spent: Spent) -> dict[str, Any]:
    """The figures of one session."""
    whole = full["whole"][0] if full["whole"] else None
    kept = [fix for fix in full["fix_verdicts"] if fix["kept"]]
    return {
        "elapsed_s": round(spent.elapsed_s, 1),
        "cpu_s": round(spent.cpu_s, 1),
        "own_peak_mb": round(spent.own_peak_bytes / 1e6, 1),
        "load_before": round(spent.load_before, 2),
        "runs_used": full["runs_used"],
        "outcome": whole and whole["outcome"],
        "effect": whole and whole["effect"],
        "low": whole and whole["low"],
        "high": whole and whole["high"],
        "speedup": whole and whole["effect"] and round(1 / whole["effect"], 3),
        "confidence": report["benchmark_results"]["confidence_level"],
        "kept": len(kept),
        "kept_excluding_1": sum(fix["verdicts"][0]["high"] < 1 for fix in kept),
        "fixes": [
            {
                "remedy": fix["remedy"],
                "place": f"{fix['file']}:{fix['line']}",
                "kept": fix["kept"],
                "reason": fix["reason"],
                **first_interval(fix),
            }
            for fix in full["fix_verdicts"]
        ],
    }  # fmt: skip


def first_interval(fix: dict[str, Any]) -> dict[str, Any]:
    """Effect and bounds of the verdict on the claimed metric; nothing where none was reached."""
    if not fix["verdicts"]:
        return {}
    return {key: fix["verdicts"][0][key] for key in ("effect", "low", "high")}


def write(rows: list[dict[str, Any]]) -> None:
    """The results as JSON and as a table."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "session.json").write_text(
        json.dumps({"limits": LIMITS, "runs": rows}, indent=1) + "\n"
    )
    lines = [
        "# A whole session on the example", "", "`python benchmarks/session.py`", "",
        f"| figure | limit | measured (median of {len(rows)}) | each |",
        "| --- | --- | --- | --- |",
    ]  # fmt: skip
    for key, limit in LIMITS.items():
        values = [row[key] for row in rows if row[key] is not None]
        middle = f"{median(values):g}" if values else "none"
        sign = "≥" if key == "speedup" else "≤"
        lines.append(f"| {key} | {sign} {limit:g} | {middle} | {', '.join(map(str, values))} |")
    for key in ("cpu_s", "load_before", "runs_used"):
        values = [row[key] for row in rows]
        lines.append(f"| {key} | | {median(values):g} | {', '.join(map(str, values))} |")
    lines += ["", "The last of these sessions:", ""]
    lines += [
        "| fix | kept | effect | 99 % interval | reason |",
        "| --- | --- | --- | --- | --- |",
    ]
    for fix in rows[-1]["fixes"]:
        effect = f"{fix['effect']:.3f}" if fix.get("effect") else "—"
        interval = f"{fix['low']:.3f} to {fix['high']:.3f}" if fix.get("low") else "—"
        kept = "yes" if fix["kept"] else "no"
        reason = "" if fix["kept"] else fix["reason"]
        place = f"{fix['remedy']} {fix['place']}"
        lines.append(f"| {place} | {kept} | {effect} | {interval} | {reason} |")
    (RESULTS / "session.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
