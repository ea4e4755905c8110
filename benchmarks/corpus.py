"""Whether a fix ever changes what real functions do: a corpus that nobody here wrote.

    python benchmarks/corpus.py [PACKAGE ...]     (minutes a package; resumes; results/corpus.*)

The source distribution of each package is unpacked beside an environment of its own. Every
function that the package's own tests reach counts as hot, whatever it costs. What the remedies
find there is asked for evidence (the tests, observed), rewritten, and validated on the tests with
the changed functions observed, as `whet fix` does; only the court is left out, since nothing here
needs to be faster. Tests use short lists and few calls, so most fixes would not pay and would not
be tried: sizes and numbers of calls are magnified before the remedies decide, all else that they
ask of the evidence stays as it was seen. What validation refutes alone is counted and dropped.
Then the package's tests run on the original and with all fixes that are left: a test whose outcome
differs is a changed behavior, and there must be none.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree import ElementTree as ET

import msgspec

from whet.codebase import project_files
from whet.codebase.cache import FileCache
from whet.codebase.syntax import SourceModule, apply_edits
from whet.diagnosis import find_matches, findings, read_hot_modules
from whet.errors import WhetError
from whet.profiling._places import Places
from whet.profiling.counting import counts
from whet.proof.evidence import MAX_SITES, collect_evidence
from whet.proof.validate import Checks, Pair, validate
from whet.records import Evidence, Fix, HotPlace, Profile
from whet.remedies import load_remedies, propose_fix
from whet.session.changes import put_files
from whet.workloads import (
    Launch,
    ProbePlan,
    describe_environment,
    find_interpreter,
    install_probe,
    make_copies,
    parse_target,
    read_lines,
    run,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from whet.records import CallEvidence, Finding, Match, ValueEvidence
    from whet.workloads import CopySet

RESULTS = Path(__file__).parent / "results"
LEDGER = RESULTS / "corpus.jsonl"
LONGEST_S = 600.0
SAFETIES = frozenset({"safe", "gated"})
LARGER, OFTENER = 1_000, 30  # values and their sizes; calls
NO_CODE = {
    "test",
    "tests",
    "testing",
    "docs",
    "doc",
    "examples",
    "bench",
    "benchmarks",
    "setup.py",
}


class Package(NamedTuple):
    """A source distribution whose tests run offline.

    Attributes:
        tests: What `pytest:` is given; empty: what the package's own settings say.
        needs: What the tests need beside pytest.
        skip: Words for pytest: tests that fail or differ between two runs of the original.
    """

    name: str
    version: str
    tests: str = "tests"
    needs: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()


CORPUS = (
    Package("boltons", "24.0.0", needs=("pytest<8",)),
    Package("more-itertools", "10.5.0"),
    Package("toolz", "0.12.1", "toolz/tests"),
    Package("tabulate", "0.9.0", "test"),
    Package("mistune", "3.0.2"),
    Package("sqlparse", "0.5.1"),
    Package("lark", "1.2.2", ""),
    Package("pyparsing", "3.1.4", "tests/test_simple_unit.py"),  # the others take minutes a run
    Package("inflect", "7.4.0", needs=("typeguard", "more-itertools")),
    Package(
        "python-dateutil",
        "2.9.0",
        needs=("pytest<9", "six", "freezegun", "pytest-cov", "hypothesis"),
    ),
    Package("babel", "2.16.0", needs=("freezegun", "pytz")),
    Package("textdistance", "4.6.3", needs=("hypothesis",)),
    Package("networkx", "3.1", "networkx/algorithms"),
    Package("docutils", "0.21.2", "test/test_parsers/test_rst"),
    Package("pycparser", "2.22"),
    Package("markdown", "3.7", "tests/test_legacy.py", needs=("pyyaml",)),
    Package("html2text", "2024.2.26", "test"),
    Package("jinja2", "3.1.4", needs=("markupsafe", "trio")),
    Package("packaging", "24.1", needs=("pretend",)),
    Package("parse", "1.20.2"),
    Package("prettytable", "3.11.0", needs=("wcwidth", "pytest-lazy-fixtures")),
    Package("pycodestyle", "2.12.1"),
    Package("natsort", "8.4.0", needs=("hypothesis", "pytest-mock")),
    Package("asttokens", "2.4.1", needs=("six", "astroid")),
    Package("sqlglot", "25.20.0", "tests/test_optimizer.py"),
)


def unpacked(package: Package, folder: Path) -> tuple[Path, Path]:
    """The tree of the source distribution, and the interpreter of its environment."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    wanted = f"{package.name}=={package.version}"
    subprocess.run(
        [*pip, "download", "--no-deps", "--no-binary", ":all:", "-d", str(folder), wanted],
        check=True, capture_output=True,
    )  # fmt: skip
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder / "tree", filter="data")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "env")], check=True)
    python = folder / "env" / "bin" / "python"
    subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "pytest", *package.needs],
        check=True, capture_output=True,
    )  # fmt: skip
    return next((folder / "tree").iterdir()), python


class Bench:
    """Two copies of a package, and runs of its tests."""

    def __init__(self, package: Package, tree: Path, python: Path, copies: CopySet) -> None:
        target = f"pytest:{package.tests}" if package.tests else "pytest"
        workload = parse_target(target, tree, package.skip)
        roots = "src" if (tree / "src").is_dir() else "."
        self.workload = msgspec.structs.replace(
            workload, env={"PYTHONPATH": roots}, timeout_s=LONGEST_S
        )
        self.interpreter = find_interpreter(tree, str(python))
        self.copies = copies
        self.probe = install_probe(copies.folder / "probe")
        self.numbers = 0

    def launch(self, copy: str, plan: ProbePlan | None = None, *words: str) -> Launch:
        """A run of the tests in one of the copies."""
        workload = msgspec.structs.replace(self.workload, argv=(*self.workload.argv, *words))
        return Launch(
            workload=workload, root=self.copies[copy], interpreter=self.interpreter,
            probe=self.probe, plan=plan, hash_seed=0,
        )  # fmt: skip

    def plan(self, instruments: dict[str, dict[str, Any]]) -> ProbePlan:
        """What the probe shall record in the next run."""
        self.numbers += 1
        out = self.copies.folder / f"out{self.numbers}"
        return ProbePlan(instruments=instruments, out=out, root=self.copies["a"])

    def outcomes(self, copy: str) -> dict[str, str]:
        """Outcome by test."""
        self.numbers += 1
        report = self.copies.folder / f"tests{self.numbers}.xml"
        outcome = run(self.launch(copy, None, f"--junitxml={report}"))
        if not report.is_file():
            said = (outcome.stdout.tail + outcome.stderr.tail)[-800:]
            raise WhetError("the tests", f"wrote no report ({outcome.exit_code}): {said}")
        found = {}
        for case in ET.parse(report).iter("testcase"):
            bad = [child.tag for child in case if child.tag in {"failure", "error", "skipped"}]
            name = f"{case.get('classname')}::{case.get('name')}"
            name = name.replace(str(self.copies[copy]), "")  # some are named by their files
            found[name] = bad[0] if bad else "passed"
        return found

    def reached(self) -> list[HotPlace]:
        """All functions of the package that its tests reach."""
        plan = self.plan({"counter": {"top": 50_000}})
        run(self.launch("a", plan))
        _, calls = counts(read_lines(plan.out), Places(self.copies["a"], (self.probe,)))
        root = self.copies["a"]
        return [
            HotPlace(file=file, name=name, line=line, self_share=1.0, total_share=1.0, calls=count)
            for (name, file, line), count in calls.items()
            if file.endswith(".py")
            and not Path(file).is_absolute()
            and not NO_CODE & set(Path(file).parts)
            and not Path(file).name.startswith(("test_", "conftest"))
            and (root / file).is_file()
        ]

    def evidence(self, matches: Sequence[Match]) -> Evidence:
        """What the tests show about all matches, as many runs as that takes."""
        values, calls = {}, {}
        for batch in batches(matches):
            seen = collect_evidence(
                lambda plan, wrap: msgspec.structs.replace(self.launch("a", plan), wrap=wrap),
                batch,
            )
            values.update(seen.values)
            calls.update(seen.calls)
        return Evidence(values=values, calls=calls)


def batches(matches: Sequence[Match]) -> Iterator[list[Match]]:
    """Matches with at most as many sites as one evidence run observes."""
    batch: list[Match] = []
    sites: set[str] = set()
    for match in matches:
        wanted = {site.site for site in (*match.values, *match.calls)}
        if batch and len(sites | wanted) > MAX_SITES:
            yield batch
            batch, sites = [], set()
        batch.append(match)
        sites |= wanted
    if batch:
        yield batch


def magnified(evidence: Evidence) -> Evidence:
    """The evidence as of a larger input of the same kind: types, sharing and changes stay."""

    def larger(value: ValueEvidence) -> ValueEvidence:
        sizes = {
            name: getattr(value, name) * LARGER
            for name in ("size_min", "size_median", "size_max")
            if getattr(value, name) is not None
        }
        return msgspec.structs.replace(value, observations=value.observations * LARGER, **sizes)

    def oftener(call: CallEvidence) -> CallEvidence:
        calls = call.calls * OFTENER
        known = call.distinct_arguments is not None and call.hit_rate is not None and calls
        return msgspec.structs.replace(
            call, calls=calls, raised=call.raised * OFTENER,
            hit_rate=1 - call.distinct_arguments / calls if known else call.hit_rate,
            repeats=None if call.repeats is None else call.repeats * OFTENER,
        )  # fmt: skip

    return Evidence(
        values={site: larger(value) for site, value in evidence.values.items()},
        calls={site: oftener(call) for site, call in evidence.calls.items()},
        imports=evidence.imports,
    )


def proposed(bench: Bench, found: Sequence[Finding]) -> tuple[list[Fix], Counter[str]]:
    """The fixes of all admitted findings that do not touch the same source."""
    modules: dict[str, SourceModule] = {}
    edits: dict[str, list[Any]] = {}
    fixes, left_out = [], Counter[str]()
    for finding in found:
        if finding.refused is not None or finding.safety not in SAFETIES:
            continue
        root = bench.copies["a"]
        module = modules.setdefault(
            finding.file, SourceModule.parse(root / finding.file, root=root)
        )
        try:
            fix = propose_fix(module, finding)
            together = [*edits.get(finding.file, ()), *fix.edits]
            apply_edits(module.source, together)
        except WhetError as error:
            left_out[error.reason] += 1
            continue
        edits[finding.file] = together
        fixes.append(fix)
    return fixes, left_out


def put(bench: Bench, fixes: Sequence[Fix], every: Sequence[Fix]) -> None:
    """Make copy B hold these fixes and no others."""
    root = bench.copies["a"]
    files = {edit.file for fix in every for edit in fix.edits}
    edits = {f: [e for fix in fixes for e in fix.edits if e.file == f] for f in files}
    put_files(
        bench.copies["b"], {f: apply_edits((root / f).read_bytes(), edits[f]) for f in files}
    )


def refuted(bench: Bench, fixes: Sequence[Fix], every: Sequence[Fix]) -> dict[str, str]:
    """Fixes that validation does not let pass, by id, with the reason; found by halving.

    Those that are refuted only together all count.
    """
    if not fixes:
        return {}
    put(bench, fixes, every)
    joined = msgspec.structs.replace(
        fixes[0],
        fix_id="all",
        functions=tuple(dict.fromkeys(name for fix in fixes for name in fix.functions)),
        keeps_state=any(fix.keeps_state for fix in fixes),
        edits=tuple(edit for fix in fixes for edit in fix.edits),
    )
    pair = Pair(bench.launch("a"), bench.launch("b"))
    found = validate(pair, joined, Checks(mask=True, tests=False, seeds=(0, 1)))
    if found.outcome == "equal":
        return {}
    half = len(fixes) // 2
    if half and (
        parts := refuted(bench, fixes[:half], every) | refuted(bench, fixes[half:], every)
    ):
        return parts
    shown = found.counterexample
    reason = f"{shown.place}: {shown.detail}" if shown else "; ".join(found.notes)
    together = "together with others, " * (half > 0)
    return {fix.fix_id: f"{fix.remedy} {fix.file}:{fix.line} {together}{reason}" for fix in fixes}


def examine(package: Package) -> dict[str, Any]:
    """One package, from its source distribution to the outcome of its tests."""
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="whet-corpus-") as name:
        tree, python = unpacked(package, Path(name))
        with make_copies(tree, ("a", "b")) as copies:
            return _examined(Bench(package, tree, python, copies), package, started_s)


def _examined(bench: Bench, package: Package, started_s: float) -> dict[str, Any]:
    first, again = bench.outcomes("a"), bench.outcomes("a")
    steady = {test for test, outcome in first.items() if again.get(test) == outcome}
    if "passed" not in first.values():
        raise WhetError("the tests", f"none of {len(first)} passes, so they would show nothing")
    hot = bench.reached()
    files = project_files(bench.copies["a"])
    modules, _ = read_hot_modules(FileCache(bench.copies["a"]), hot, files)
    remedies = load_remedies()
    matches = find_matches(modules, hot, remedies, least_share=0.0)
    evidence = bench.evidence(matches)
    profile = Profile(
        workload=bench.workload, environment=describe_environment(bench.interpreter),
        plain_wall_s=1.0, plain_cpu_s=1.0,
    )  # fmt: skip
    as_seen, found = (
        findings(matches, shown, profile, hot, remedies=remedies, level="high", least_gain=0.0)
        for shown in (evidence, magnified(evidence))
    )
    fixes, left_out = proposed(bench, found)
    bad = refuted(bench, fixes, fixes)
    kept = [fix for fix in fixes if fix.fix_id not in bad]
    put(bench, kept, fixes)
    after = bench.outcomes("b")
    changed = sorted(t for t in steady if after.get(t) != first[t])
    return {
        "package": package.name,
        "version": package.version,
        "tests": len(first),
        "tests_passed": sum(outcome == "passed" for outcome in first.values()),
        "tests_unsteady": len(first) - len(steady),
        "functions_reached": len(hot),
        "functions_with_a_pattern": len({(m.file, m.function) for m in matches}),
        "matches": len(matches),
        "refused": dict(Counter(f.refused for f in found if f.refused).most_common(12)),
        "admitted_as_seen": sum(
            each.refused is None and each.safety in SAFETIES for each in as_seen
        ),
        "fixes": dict(Counter(fix.remedy for fix in fixes)),
        "left_out": dict(left_out),
        "refuted_by_validation": sorted(bad.values()),
        "fixes_under_test": len(kept),
        "functions_fixed": len({(fix.file, fix.function) for fix in kept}),
        "changed_tests": changed,
        "seconds": round(time.monotonic() - started_s, 1),
    }


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The results as Markdown."""
    text = (
        "# Changed behaviors in a corpus of real functions\n\n"
        "Written by `python benchmarks/corpus.py`. Every function that a package's own tests "
        "reach counts as hot;\nthe fixes that evidence admits and validation lets pass are "
        "applied together, and the tests run again.\nSizes and calls are magnified before "
        "evidence decides, so that what would not pay on so small an input comes under test "
        "too;\nadmitted as seen are those that need no magnifying.\n\n"
        "| package | tests passed | functions reached | with a pattern | admitted as seen "
        "| admitted | refuted by validation | under test | tests changed |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
    )
    for row in rows:
        text += (
            f"| {row['package']} {row['version']} | {row['tests_passed']}/{row['tests']} "
            f"| {row['functions_reached']} | {row['functions_with_a_pattern']} "
            f"| {row['admitted_as_seen']} | {sum(row['fixes'].values())} "
            f"| {len(row['refuted_by_validation'])} | {row['fixes_under_test']} "
            f"| {len(row['changed_tests'])} |\n"
        )
    sums = {
        key: sum(row[key] for row in rows)
        for key in ("functions_reached", "functions_with_a_pattern", "fixes_under_test")
    }
    changed = sum(len(row["changed_tests"]) for row in rows)
    text += (
        f"\nIn all: {sums['functions_reached']:,} functions reached, "
        f"{sums['functions_with_a_pattern']} with a pattern, {sums['fixes_under_test']} fixes "
        f"under test, {changed} tests changed.\n"
    )
    remedies = Counter[str]()
    for row in rows:
        remedies.update(row["fixes"])
    text += "\n| remedy | fixes admitted |\n| --- | ---: |\n"
    text += "".join(f"| {name} | {count} |\n" for name, count in remedies.most_common())
    lines = [
        f"- {row['package']}: {line}" for row in rows for line in row["refuted_by_validation"]
    ]
    if lines:
        text += "\nRefuted by validation, so never offered:\n\n" + "\n".join(lines) + "\n"
    return text


def main(names: Sequence[str]) -> int:
    """Examine what is not in the ledger yet, or what is named; write the table."""
    rows = (
        [json.loads(line) for line in LEDGER.read_text().splitlines()] if LEDGER.exists() else []
    )
    known = {row["package"]: row for row in rows}
    for package in CORPUS:
        if package.name not in (names or [p.name for p in CORPUS if p.name not in known]):
            continue
        print(f"{package.name} {package.version} ...", flush=True)
        try:
            row = examine(package)
        except (WhetError, subprocess.CalledProcessError) as error:
            print(f"{package.name}: not examined: {error}", flush=True)
            continue
        known[package.name] = row
        print(json.dumps(row), flush=True)
        LEDGER.write_text("".join(json.dumps(each) + "\n" for each in known.values()))
        (RESULTS / "corpus.md").write_text(table(list(known.values())))
    return 1 if any(row["changed_tests"] for row in known.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
