"""The commands around sessions say what they did and fail in one line."""

import json
import subprocess

import pytest

from whet.cli import main


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text("print(sum(i * i for i in range(200000)))\n")
    monkeypatch.chdir(folder)
    return folder


def test_run_prints_exactly_one_json_document_and_status_lists_it(project, capsys):
    assert main(["run", "--json", "--quiet", "--budget", "30", "--report", "r.md"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert next(iter(document)) == "optimization_session"
    assert (project / "r.md").read_text()
    assert main(["status", "--json"]) == 0
    sessions = json.loads(capsys.readouterr().out)["sessions"]
    assert [s["session_id"] for s in sessions] == [document["optimization_session"]["session_id"]]
    assert main(["status"]) == 0
    assert main(["status", sessions[0]["session_id"]]) == 0
    assert main(["revert"]) == 2
    assert main(["fix", "--decline", "nothing"]) == 2
    assert main(["clean"]) == 0
    assert main(["clean", "--all", "--yes"]) == 0
    assert not (project / ".whet").exists()


def test_the_overview_names_the_next_step(project, capsys):
    assert main([]) == 0
    assert "app.py (chosen by the only script)" in capsys.readouterr().out
    assert main(["overview", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["next"] == "whet run"
    assert list(project.iterdir()) == [project / "app.py"]


def test_a_dry_run_runs_nothing(project, capsys):
    assert main(["run", "--dry-run", "--for", "memory"]) == 0
    assert "nothing was run" in capsys.readouterr().out
    assert not (project / ".whet").exists()


def test_config_names_every_origin(project, capsys):
    (project / "whet.yaml").write_text("budget_s: 12\n")
    assert main(["config"]) == 0
    assert "12" in capsys.readouterr().out
    assert main(["config", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["settings"]["budget_s"]
    assert found["value"] == 12
    assert found["origin"].endswith("whet.yaml:1")
    assert main(["config", "--schema"]) == 0
    assert "$defs" in json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--in-place", "--branch", "x"],
        ["run", "no-such-folder"],
        ["run", "--env", "novalue", "--dry-run"],
        ["run", "--hook", "no_such_module:f"],
        ["run", "--budget", "-1"],
        ["prove", "no-such-change"],
        ["status", "opt-x"],
        ["clean", "no-such-folder"],
    ],
)
@pytest.mark.usefixtures("project")
def test_a_wrong_command_line_is_one_line_and_exit_code_2(capsys, words):
    assert main(words) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.usefixtures("project")
def test_completion_knows_commands_and_options(capsys, shell):
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "selftest" in script
    assert "allow-dirty" in script
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
