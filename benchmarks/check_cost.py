"""What `whet check` costs in a large project once the profile and the evidence are there.

    python benchmarks/check_cost.py [--keep DIR]     (minutes; writes results/check_cost.*)

Django (more than 800 files of Python) renders templates and validates forms. `whet check` holds a
session on it; then fresh processes diagnose again from the records of that session: they list the
project's files, read the hot ones, search the others for names, match all remedies at all hot
places, and rank what the evidence admits. Imports of whet are part of the time. For each remedy
its detection alone is measured as well, on all hot places and on every function of the hot files.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "results"
PACKAGE = "Django==4.2.11"
WORKLOAD = "package_workloads/forms.py"
LIMIT_S = 5.0
RUNS = 5
ROUNDS = 3


def installed(folder: Path) -> Path:
    """The package with what it needs and the workload, as one project under git."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--target", str(folder), PACKAGE], check=True, stderr=subprocess.DEVNULL)
    shutil.copy(HERE / WORKLOAD, folder)
    git = ["git", "-C", str(folder)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "-A"], check=True)
    return folder


def check(project: Path) -> None:
    """Run `whet check`."""
    command = [sys.executable, "-m", "whet", "check", str(project), "-w", "forms.py"]
    command += ["--python", sys.executable, "--budget", "1500", "--level", "high", "--json", "-q"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"whet check: {done.returncode}\n{done.stderr}")


def checked(project: Path) -> Path:
    """The folder of the session that a first `whet check` held."""
    check(project)
    return max((project / ".whet" / "sessions").iterdir())


def continued(project: Path) -> dict[str, float]:
    """Seconds of a `whet check` that goes on with a session in which all is done."""
    before, started_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    check(project)
    wall_s = time.perf_counter() - started_s
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": wall_s, "cpu_s": cpu_s, "load_1m": round(os.getloadavg()[0], 1)}


def diagnose(project: Path, session: Path) -> dict[str, Any]:
    """Diagnose from the records; seconds of each step, all imports included."""
    started_s = time.perf_counter()
    from whet.codebase import project_files
    from whet.codebase.cache import FileCache
    from whet.diagnosis import (
        find_matches,
        findings,
        function_finder,
        hot_places,
        read_hot_modules,
    )
    from whet.records import Evidence, Profile, from_json
    from whet.remedies import load_remedies

    remedies = load_remedies()
    profile = from_json((session / "profile.json").read_bytes(), Profile)
    evidence = from_json((session / "evidence.json").read_bytes(), Evidence)
    loaded_s = time.perf_counter()
    files, sources = project_files(project), FileCache(project)
    listed_s = time.perf_counter()
    hot = hot_places(profile, files, function_at=function_finder(sources))
    placed_s = time.perf_counter()
    modules, _ = read_hot_modules(sources, hot, files)
    read_s = time.perf_counter()
    matches = find_matches(modules, hot, remedies)
    matched_s = time.perf_counter()
    found = findings(matches, evidence, profile, hot, remedies=remedies, level="high")
    ended_s = time.perf_counter()
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "files": sum(str(file).endswith(".py") for file in files),
        "hot_places": len(hot),
        "hot_files": len(modules),
        "remedies": len(remedies),
        "matches": len(matches),
        "findings": len(found),
        "load_s": loaded_s - started_s,
        "list_s": listed_s - loaded_s,
        "place_s": placed_s - listed_s,
        "read_s": read_s - placed_s,
        "match_s": matched_s - read_s,
        "rank_s": ended_s - matched_s,
        "wall_s": ended_s - started_s,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss * 1024 / 1e6,
    }


def detections(project: Path, session: Path) -> dict[str, dict[str, float]]:
    """CPU milliseconds of each remedy's detection, the least of a few rounds on parsed files."""
    from whet.codebase import project_files
    from whet.codebase.cache import FileCache
    from whet.diagnosis import function_finder, hot_places, read_hot_modules
    from whet.records import HotPlace, Profile, from_json
    from whet.remedies import load_remedies

    profile = from_json((session / "profile.json").read_bytes(), Profile)
    files, sources = project_files(project), FileCache(project)
    hot = hot_places(profile, files, function_at=function_finder(sources))
    modules, _ = read_hot_modules(sources, hot, files)
    by_file = {module.file: module for module in modules if module.tree is not None}
    places = [place for place in hot if place.file in by_file]
    every = [
        HotPlace(
            file=module.file, name=module.scopes.qualified_name(function), line=function.lineno,
            self_share=1.0, total_share=1.0,
        )
        for module in by_file.values()
        for function in module.functions()
    ]  # fmt: skip
    found: dict[str, dict[str, float]] = {}
    for remedy in load_remedies():
        costs = {"hot_ms": places, "every_ms": every}
        found[remedy.name] = {
            name: min(_passing_ms(remedy, by_file, here) for _ in range(ROUNDS))
            for name, here in costs.items()
        }
    return found


def _passing_ms(remedy: Any, by_file: dict[str, Any], places: list[Any]) -> float:
    started_s = time.process_time()
    for place in places:
        remedy.detect(by_file[place.file], place)
    return (time.process_time() - started_s) * 1e3


def child(word: str, project: Path, session: Path) -> Any:
    """What a fresh process measures."""
    command = [sys.executable, __file__, word, str(project), str(session)]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def table(document: dict[str, Any]) -> str:
    """The results as Markdown."""
    rows = document["runs"]
    first = rows[0]
    text = (
        "# What a check costs after profiling\n\n`python benchmarks/check_cost.py`; "
        f"{document['package']}, load {document['load_1m']}.\n\n"
        f"{first['files']} files, {first['hot_places']} hot places in {first['hot_files']} "
        f"files, {first['remedies']} remedies, {first['matches']} matches, "
        f"{first['findings']} findings. Median of {len(rows)} fresh processes; the limit is "
        f"{LIMIT_S:g} s.\n\n| step | seconds |\n| --- | ---: |\n"
    )
    for key in ("load_s", "list_s", "place_s", "read_s", "match_s", "rank_s", "wall_s", "cpu_s"):
        text += f"| {key[:-2]} | {statistics.median(row[key] for row in rows):.2f} |\n"
    peak = statistics.median(row["peak_mb"] for row in rows)
    text += f"\nPeak memory: {peak:.0f} MB.\n\n"
    again = document["continued"]
    text += (
        "`whet check` again, as a whole, in the session that has its profile and evidence: "
        f"{again['wall_s']:.1f} s, {again['cpu_s']:.1f} s of CPU time, "
        f"load {again['load_1m']}.\n\n"
    )
    text += "## Detection of each remedy\n\n"
    text += "CPU time at all hot places, and at every function of the hot files.\n\n"
    text += "| remedy | hot places, ms | every function, ms |\n| --- | ---: | ---: |\n"
    costs = document["detection"]
    for name in sorted(costs, key=lambda name: -costs[name]["every_ms"]):
        text += f"| {name} | {costs[name]['hot_ms']:.1f} | {costs[name]['every_ms']:.1f} |\n"
    return text


def measure(project: Path) -> int:
    """Hold the session, diagnose again and again, and write the results."""
    sessions = [*(project / ".whet" / "sessions").glob("*/findings.json")]
    session = max(sessions).parent if sessions else checked(project)
    rows = [child("diagnose", project, session) for _ in range(RUNS)]
    document = {
        "package": PACKAGE,
        "load_1m": round(os.getloadavg()[0], 1),
        "runs": rows,
        "continued": continued(project),
        "detection": child("detections", project, session),
    }
    (RESULTS / "check_cost.json").write_text(json.dumps(document, indent=1) + "\n")
    (RESULTS / "check_cost.md").write_text(table(document))
    sys.stdout.write(table(document))
    slowest = max(statistics.median(row["cpu_s"] for row in rows), document["continued"]["cpu_s"])
    return int(slowest > LIMIT_S)


def main() -> int:
    """Measure, or be one of the processes that measure."""
    if sys.argv[1:2] in (["diagnose"], ["detections"]):
        work = {"diagnose": diagnose, "detections": detections}[sys.argv[1]]
        sys.stdout.write(json.dumps(work(Path(sys.argv[2]), Path(sys.argv[3]))))
        return 0
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where the project is left")
    keep: Path | None = parser.parse_args().keep
    if keep is not None:
        return measure(keep if keep.is_dir() else installed(keep))
    with tempfile.TemporaryDirectory(prefix="whet-check-cost-") as folder:
        return measure(installed(Path(folder) / "project"))


if __name__ == "__main__":
    sys.exit(main())
