"""An asv suite is a workload: each of its benchmarks runs once, as asv would call it."""

from __future__ import annotations

import json
import sys

import pytest

from whet.errors import TargetError
from whet.workloads import Launch, discover, find_interpreter, parse_target, run
from whet_probe import _asv

SUITE = """
import sys

def setup(*case):
    print("module setup", *case)

def time_plain():
    print("plain")

def time_sized(size):
    print("sized", size)
time_sized.params = [10, 20]

class Sorting:
    params = [[1, 2], ["a"]]

    def setup_cache(self):
        return "cached"

    def setup(self, cached, size, name):
        if size == 2:
            raise NotImplementedError
        print("setup", cached, size, name)

    def teardown(self, *case):
        print("teardown")

    def peakmem_sort(self, cached, size, name):
        print("sort", size)

    def helper(self):
        raise AssertionError("no benchmark")
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "asv.conf.json").write_text(
        '{\n  // where they lie: "http://not.a/comment"\n  "version": 1,\n'
        '  "benchmark_dir": "bench/suite",\n}\n'
    )
    folder = tmp_path / "bench" / "suite"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "sorting.py").write_text(SUITE)
    (folder / "more.py").write_text("from .sorting import time_plain\ndef track_one(): return 7\n")
    return tmp_path


def output(project, workload):
    interpreter = find_interpreter(project, python=sys.executable)
    outcome = run(Launch(workload=workload, root=project, interpreter=interpreter))
    return outcome.exit_code, outcome.stdout.tail.splitlines()


def test_a_project_with_an_asv_suite_is_measured_by_it(project):
    (project / "test_it.py").write_text("def test_it(): pass\n")
    workload = discover(project)
    assert (workload.kind, workload.target, workload.chosen_by) == (
        "asv", "bench/suite", "asv suite",
    )  # fmt: skip
    assert output(project, workload) == (0, [
        "module setup cached 1 a", "setup cached 1 a", "sort 1", "teardown",
        "module setup cached 2 a",  # and the case is skipped
        "module setup", "plain",
        "module setup 10", "sized 10", "module setup 20", "sized 20",
        "5 benchmark cases",
    ])  # fmt: skip


def test_benchmarks_are_chosen_by_the_beginning_of_their_names(project):
    workload = parse_target("asv sorting.time_s", project)
    assert workload.spelled == "asv sorting.time_s"
    assert output(project, workload)[1][-1] == "2 benchmark cases"
    assert output(project, parse_target("asv nothing", project)) == (4, ["0 benchmark cases"])


def test_the_driver_counts_the_cases_that_ran(project, monkeypatch, capsys):
    monkeypatch.chdir(project)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    specification = {"folder": "bench/suite", "roots": [str(project)], "argv": ["sorting.Sor"]}
    try:
        assert _asv.main(specification) == 0
        assert capsys.readouterr().out.splitlines()[-1] == "1 benchmark cases"
        assert _asv.main({**specification, "argv": []}) == 0
        assert capsys.readouterr().out.splitlines()[-1] == "5 benchmark cases"
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "suite"]:
            del sys.modules[name]


def test_commands_of_asv_itself_stay_commands(project):
    assert parse_target("asv run --quick", project).kind == "command"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "is not readable"),
        ("[]", "names the folder None"),
        (json.dumps({"benchmark_dir": "nowhere"}), "names the folder 'nowhere'"),
        (json.dumps({"benchmark_dir": "../bench"}), "names the folder '../bench'"),
    ],
)
def test_an_unusable_configuration_is_told(project, text, reason):
    (project / "asv.conf.json").write_text(text)
    with pytest.raises(TargetError, match=reason):
        discover(project)


def test_asv_without_a_suite_is_told(tmp_path):
    with pytest.raises(TargetError, match=r"there is no asv\.conf\.json"):
        parse_target("asv", tmp_path)
