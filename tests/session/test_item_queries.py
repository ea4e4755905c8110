"""From a program that asks for each item to one that asks for many, by what its run shows."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

from whet.codebase.syntax import SourceModule
from whet.diagnosis import find_matches, findings
from whet.proof.evidence import collect_evidence
from whet.records import HotPlace, Workload
from whet.remedies import find_remedy, propose_fix
from whet.workloads import Launch, find_interpreter

APP = """\
import sqlite3

SIZE = "SELECT size FROM part WHERE name = ?"


class Store:
    def __init__(self, connection):
        self.connection = connection
        connection.row_factory = FACTORY

    def sizes(self, wanted):
        found = []
        for name, count in wanted:
            row = self.connection.execute(SIZE, (name,)).fetchone()
            if row is None:
                found.append(None)
                continue
            found.append(row[0] * count)
        return found


connection = sqlite3.connect(":memory:")
connection.execute("CREATE TABLE part (name TEXT COLLATE NOCASE, size REAL)")
rows = [(f"n{n % 90}", n / 7) for n in range(100)]
connection.executemany("INSERT INTO part VALUES (?, ?)", rows)
print(Store(connection).sizes([(name, 2) for name in ["N5", *map("n{}".format, range(120))]]))
"""


def judged(folder, source):
    """The module of a program and the findings of its run."""
    (folder / "app.py").write_text(source)
    module = SourceModule.parse(folder / "app.py", root=folder, outside=frozenset())
    place = HotPlace(
        file="app.py", name="Store.sizes", line=11, self_share=1.0, total_share=1.0,
        line_totals={14: 0.9},
    )  # fmt: skip
    remedies = [find_remedy("query_per_item")]
    interpreter = find_interpreter(folder, sys.executable)

    def launch_of(plan, wrap):
        workload = Workload(kind="script", target="app.py")
        return Launch(
            workload=workload, root=folder, interpreter=interpreter, plan=plan, wrap=wrap
        )

    matches = find_matches([module], [place], remedies)
    evidence = collect_evidence(launch_of, matches)
    profile = SimpleNamespace(cpu=None)
    return module, findings(matches, evidence, profile, [place], remedies=remedies, level="high")


def output(folder):
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_run_admits_the_rewrite_and_the_program_says_the_same(tmp_path):
    source = APP.replace("FACTORY", "None")
    module, (finding,) = judged(tmp_path, source)
    assert (finding.safety, finding.refused) == ("consent", None)
    assert finding.evidence["queries"] == 121
    assert "at one moment" in finding.evidence["differs"]
    before = output(tmp_path)
    fix = propose_fix(module, finding)
    assert fix.safety == "consent"
    (tmp_path / "app.py").write_bytes(module.apply(fix.edits))
    assert b"_row_of_each(" in (tmp_path / "app.py").read_bytes()
    assert output(tmp_path) == before


def test_where_the_run_shows_other_rows_it_is_told_as_advice(tmp_path):
    _, (finding,) = judged(tmp_path, APP.replace("FACTORY", "sqlite3.Row"))
    assert (finding.safety, finding.refused) == ("advice", None)
    assert finding.evidence["not rewritten"] == "a row was of type sqlite3.Row"
