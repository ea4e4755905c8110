import pytest

from whet.errors import TargetError
from whet.records import Workload
from whet.workloads import discover, parse_target


@pytest.mark.parametrize(
    ("text", "argv", "workload"),
    [
        ("app.py", (), {"kind": "script", "target": "app.py"}),
        ("./app.py -n 'a b'", (), {"kind": "script", "target": "app.py", "argv": ("-n", "a b")}),
        ("app.py", ("x|y",), {"kind": "script", "target": "app.py", "argv": ("x|y",)}),
        ("-m pkg.tool 1", (), {"kind": "module", "target": "pkg.tool", "argv": ("1",)}),
        ("pkg.mod:func", (), {"kind": "callable", "target": "pkg.mod:func"}),
        ("pkg:Class.method", (), {"kind": "callable", "target": "pkg:Class.method"}),
        ("pytest", (), {"kind": "pytest"}),
        ("pytest -k x", (), {"kind": "pytest", "argv": ("-k", "x")}),
        ("pytest:tests/test_a.py::test_b", (), {"kind": "pytest",
                                                "target": "tests/test_a.py::test_b"}),
        ("git", (), {"kind": "git"}),
        ("git log", (), {"kind": "command", "argv": ("git", "log")}),
        ("python -m http.server", (), {"kind": "command",
                                       "argv": ("python", "-m", "http.server")}),
        ("", ("python", "app.py"), {"kind": "command", "argv": ("python", "app.py")}),
        ("sh -c 'a | b'", (), {"kind": "command", "argv": ("sh", "-c", "a | b")}),
    ],
)  # fmt: skip
def test_a_text_names_a_workload(project, write, text, argv, workload):
    write("app.py", "")
    write("tests/test_a.py", "")
    assert parse_target(text, project, argv) == Workload(**workload)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("ap.py", r"there is no 'ap.py'.*Did you mean 'app.py'"),
        ("../outside.py", "lies outside the project"),
        ("'unclosed", "is not a command line"),
        ("a | b", "without a shell"),
        ("-m", "needs the name of a module"),
        ("-m not-a-module", "needs the name of a module"),
        ("pytest:tests/gone.py", "there is no 'tests/gone.py'"),
        ("./no/such/program", "there is no"),
    ],
)
def test_what_cannot_be_run_is_refused_with_the_reason(project, write, text, message):
    write("app.py", "")
    (project.parent / "outside.py").write_text("")
    with pytest.raises(TargetError, match=message):
        parse_target(text, project)


def test_a_script_typed_in_a_subfolder_is_found(project, write, monkeypatch):
    write("tools/job.py", "")
    monkeypatch.chdir(project / "tools")
    assert parse_target("job.py", project).target == "tools/job.py"


def test_a_program_that_copies_of_the_project_lack_is_used_where_it_lies(project, write):
    write("run.sh", "")
    write("env/pyvenv.cfg", "")
    write("env/bin/python", "")
    (project.parent / "tool").write_text("")
    first = {
        text: parse_target("", project, (text, "x")).argv[0]
        for text in ("./run.sh", "env/bin/python", "../tool")
    }
    assert first == {
        "./run.sh": "./run.sh",
        "env/bin/python": str(project / "env/bin/python"),
        "../tool": str(project.parent / "tool"),
    }


GUARD = "if __name__ == '__main__':\n    pass\n"


@pytest.mark.parametrize(
    ("files", "workload"),
    [
        (
            {"tests/test_speed.py": "def test_it(benchmark):\n    pass", "tests/test_a.py": ""},
            {"kind": "pytest", "target": "tests/test_speed.py",
             "chosen_by": "pytest-benchmark tests"},
        ),
        (
            {"benchmarks/run.py": GUARD, "tests/test_a.py": ""},
            {"kind": "script", "target": "benchmarks/run.py", "chosen_by": "benchmarks/"},
        ),
        ({"a.py": GUARD, "tests/test_a.py": ""}, {"kind": "pytest", "chosen_by": "test suite"}),
        ({"a.py": ""}, {"kind": "script", "target": "a.py", "chosen_by": "the only script"}),
        (
            {"a.py": GUARD, "parts.py": "", "setup.py": GUARD},
            {"kind": "script", "target": "a.py", "chosen_by": "the only script"},
        ),
        (
            {".git/HEAD": "ref: x", "main.c": ""},
            {"kind": "git", "chosen_by": "git repository without Python"},
        ),
        (
            {"env/pyvenv.cfg": "", "env/lib/test_x.py": "", "a.py": ""},
            {"kind": "script", "target": "a.py", "chosen_by": "the only script"},
        ),
    ],
)  # fmt: skip
def test_a_workload_is_discovered_in_the_documented_order(project, write, files, workload):
    for name, text in files.items():
        write(name, text)
    assert discover(project) == Workload(**workload)


def test_the_configured_workload_comes_first(project, write):
    write("tests/test_a.py", "")
    configured = Workload(kind="module", target="x", chosen_by="[tool.whet]")
    assert discover(project, configured) == configured


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.py": GUARD, "b.py": GUARD}, "more than one script: a.py, b.py. Name one: -w a.py"),
        ({"src/tool/__main__.py": "", "src/tool/__init__.py": ""}, "Try -w '-m tool'"),
        ({"pkg/__init__.py": "", "pyproject.toml": "[project.scripts]\nx='y:z'"}, "COMMAND"),
        ({"src/pkg/core.py": ""}, "-w pkg.core:FUNCTION"),
        ({"readme.txt": ""}, "no Python files and no git repository"),
    ],
)
def test_a_project_without_a_workload_says_what_to_type(project, write, files, message):
    for name, text in files.items():
        write(name, text)
    with pytest.raises(TargetError) as caught:
        discover(project)
    assert message in str(caught.value)


def test_a_project_that_is_no_folder_is_refused(project, write):
    with pytest.raises(TargetError, match="is not a folder"):
        discover(write("file", ""))
    with pytest.raises(TargetError, match="does not exist"):
        discover(project / "gone")
