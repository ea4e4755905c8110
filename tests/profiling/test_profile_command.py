import json
import pickle

import pytest

from whet.cli import main


@pytest.fixture
def project(tmp_path, monkeypatch):
    root = tmp_path / "project"
    root.mkdir()
    (root / "app.py").write_text(
        "import sys\n"
        "def grind(n):\n    return sum(i * i for i in range(n))\n"
        "grind(1_200_000)\nprint(sys.argv[1:])\n"
    )
    monkeypatch.chdir(root)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    return root


def test_a_command_is_profiled_exported_and_kept(project, capsys):
    out = project.parent
    exports = [
        f"--export={name}={out / name}"
        for name in ("json", "csv", "speedscope", "pprof", "flamegraph", "text")
    ]
    words = ["--", "python3", "app.py", "--flag"]
    argv = [
        "--json",
        "-q",
        "--instruments",
        "cpu,io",
        "--save-baseline",
        "first",
        *exports,
        *words,
    ]
    assert main(["profile", *argv]) == 0
    document = json.loads(capsys.readouterr().out)
    function = document["cpu"]["functions"][0]
    assert {"name", "file", "line", "self_s", "total_s", "self_share", "calls"} <= set(function)
    assert (function["name"], function["file"]) == ("grind", "app.py")
    assert document["workload"]["argv"] == ["python3", "app.py", "--flag"]
    assert set(document["io"]) >= {"file_reads", "file_writes", "network_calls", "subprocesses"}
    assert document["overhead_ratio"] > 0
    assert (out / "flamegraph").read_text().startswith("<!doctype html>")
    assert "grind" in (out / "text").read_text()
    assert all((out / name.partition("=")[2].split("=")[0]).stat().st_size for name in exports)
    kept = json.loads((project / ".whet/baselines/first.json").read_bytes())
    assert kept["bottlenecks"] == document["bottlenecks"]
    assert (project / ".whet").stat().st_mode & 0o777 == 0o700
    assert sorted(path.name for path in project.iterdir()) == [".whet", "app.py"]


@pytest.mark.usefixtures("project")
def test_people_get_tables(capsys):
    argv = ["profile", "app.py", "--instruments", "memory,imports", "-q", "--env", "A=1"]
    assert main([*argv, "--cwd", ".", "--repetitions", "1"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("app.py:")
    assert "Memory: peak" in shown
    assert "CPU time of each instrumented run" in shown


def test_what_reaches_outside_is_refused_before_it_is_repeated(project, capsys):
    home = project / "home.py"
    home.write_text("import os\nopen(os.path.expanduser('~/.whet-test-effect'), 'a').close()\n")
    assert main(["profile", "home.py", "-q", "--instruments", "io"]) == 3
    from pathlib import Path

    path = Path("~/.whet-test-effect").expanduser()
    path.unlink(missing_ok=True)
    assert "reaches outside its copy" in capsys.readouterr().err


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--export", "svg=x", "app.py"], "FORMAT=FILE"),
        (["--export", "csv", "app.py"], "FORMAT=FILE"),
        (["--rate", "0", "app.py"], "between 1 and 1000"),
        (["--limit", "0", "app.py"], "below 1"),
        (["--duration", "0", "--pid", "1"], "above 0"),
        (["--pid", "1", "--read", "x"], "more than one"),
        (["--env", "A", "app.py"], "NAME=VALUE"),
        (["--instruments", "gpu", "--allow-effects", "app.py"], "instrument 'gpu'"),
        (["--read", "missing"], "No such file"),
        (["--pid", "4194305"], "not running"),
        (["nothing.py"], "nothing.py"),
    ],
)
def test_bad_input_gets_one_clear_line(capsys, argv, said):
    assert main(["profile", "-q", *argv]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("name", ["../up", "", "a/b", "-x y"])
def test_a_baseline_has_a_plain_name(project, name):
    from whet.cli.profile import save_baseline
    from whet.errors import UsageError

    with pytest.raises(UsageError, match="baseline"):
        save_baseline(project, name, None)


def test_files_that_cannot_be_written_are_errors_not_tracebacks(project):
    from pathlib import Path

    from whet.cli.profile import _write, save_baseline
    from whet.errors import StoreError

    with pytest.raises(StoreError, match="No such file"):
        _write(Path("missing/folder/file"), b"")
    (project / ".whet").write_text("a file")
    with pytest.raises(StoreError, match="baseline"):
        save_baseline(project, "x", None)


def test_a_profile_made_elsewhere_is_shown(project, capsys):
    import cProfile

    profiler = cProfile.Profile()
    profiler.runcall(sorted, [1])
    profiler.dump_stats("x.pstats")
    assert main(["profile", "--read", "x.pstats"]) == 0
    assert "by cProfile" in capsys.readouterr().out
    assert main(["profile", "--read", "x.pstats", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sampler"] == "cProfile"
    (project / "x.dat").write_text("MEM 1.0 1.0\nMEM 2.0 2.0\n")
    assert main(["profile", "--read", "x.dat"]) == 0
    assert "peak 2.1 MB" in capsys.readouterr().out


def test_a_pickle_is_never_run(project):
    (project / "x.lprof").write_bytes(pickle.dumps(print))
    assert main(["profile", "--read", "x.lprof"]) == 2


def test_a_running_program_is_shown(project, capsys):
    import subprocess
    import sys

    (project / "spin.py").write_text("print('up', flush=True)\nwhile True: sum(range(1000))\n")
    with subprocess.Popen([sys.executable, "spin.py"], stdout=subprocess.PIPE) as program:
        try:
            program.stdout.readline()
            assert main(["profile", "--pid", str(program.pid), "--duration", "1"]) == 0
        finally:
            program.kill()
    assert "spin.py" in capsys.readouterr().out
