"""`whet report`, through the command line and a real store."""

from __future__ import annotations

import json

import msgspec
import pytest

from whet.cli import main
from whet.reports import a3
from whet.store import open_store


@pytest.fixture
def project(tmp_path, session, monkeypatch):
    """A project with one finished session in its store."""
    folder = tmp_path / "project"
    folder.mkdir()
    keep(folder, session)
    monkeypatch.chdir(folder)
    return folder


def keep(project, session):
    folder = open_store(project).new_session()
    folder.save(msgspec.structs.replace(session, session_id=folder.session_id))
    return folder.session_id


@pytest.mark.usefixtures("project")
def test_the_latest_session_is_shown_as_text(capsys):
    assert main(["report"]) == 0
    assert "CPU time 2.50\u00d7 faster" in capsys.readouterr().out


def test_another_session_is_shown_by_name(project, session, capsys):
    first = open_store(project).session().session_id
    keep(project, msgspec.structs.replace(session, whole=()))
    assert main(["report", first]) == 0
    assert first in capsys.readouterr().out


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("words", "start"),
    [
        (["--json"], '{\n  "optimization_session"'),
        (["--format", "json"], '{\n  "optimization_session"'),
        (["--format", "full"], '{\n  "session_id"'),
        (["--format", "html"], "<!DOCTYPE html>"),
        (["--format", "markdown"], "# whet:"),
        (["--format", "csv"], "session_id,scope"),
    ],
)
def test_every_format_goes_to_stdout(capsys, words, start):
    assert main(["report", *words]) == 0
    assert capsys.readouterr().out.startswith(start)


@pytest.mark.parametrize(
    ("name", "start"),
    [("r.html", "<!DOCTYPE"), ("r.md", "# whet"), ("r.csv", "session_id"), ("r.json", "{"),
     ("r.txt", "/home")],
)  # fmt: skip
def test_the_ending_of_the_file_chooses_the_format(project, capsys, name, start):
    assert main(["report", "-o", name]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"wrote {name}\n"
    assert (project / name).read_text().startswith(start)


def test_the_fixed_key_document_of_the_store_is_that_of_the_session(project, capsys):
    main(["report", "--json"])
    document = json.loads(capsys.readouterr().out)
    expected = json.loads(a3.render(open_store(project).session().load()))
    assert document == expected


@pytest.mark.usefixtures("project")
def test_values_are_redacted_unless_asked_for(capsys):
    main(["report", "--format", "full"])
    assert "visa-4111" not in capsys.readouterr().out
    main(["report", "--format", "full", "--show-values"])
    assert "visa-4111" in capsys.readouterr().out


def test_a_baseline_is_put_beside_and_called_a_hint(project, session, capsys):
    faster = msgspec.structs.replace(session.profile, plain_cpu_s=0.3)
    open_store(project).save_baseline("main", faster)
    assert main(["report", "--baseline", "main"]) == 0
    text = capsys.readouterr().out
    assert "beside baseline 'main' (measured earlier: a hint, not a verdict)" in text
    assert "CPU time of a run: 300 ms then, 600 ms now (2.00 times)" in text
    assert "peak memory: 30.0 MB then, 30.0 MB now (1.00 times)" in text


def test_a_baseline_of_other_figures_names_what_moved(project, session, capsys):
    from whet.records import Workload

    cpu = session.profile.cpu
    moved = msgspec.structs.replace(cpu.functions[0], self_share=0.1)
    other = msgspec.structs.replace(
        session.profile,
        workload=Workload(kind="pytest"),
        plain_cpu_s=0,
        memory=None,
        io=None,
        cpu=msgspec.structs.replace(cpu, functions=(moved,)),
    )
    open_store(project).save_baseline("old", other)
    main(["report", "--baseline", "old"])
    text = capsys.readouterr().out
    assert "another workload: 'pytest' then" in text
    assert "total (shop/cart.py): 10.0 % of the time then, 66.0 % now" in text
    open_store(project).save_baseline("none", msgspec.structs.replace(other, cpu=None))
    assert main(["report", "--baseline", "none"]) == 0


def test_a_session_without_profile_has_nothing_to_put_beside(project, session, capsys):
    open_store(project).save_baseline("main", session.profile)
    keep(project, msgspec.structs.replace(session, profile=None))
    main(["report", "--baseline", "main"])
    assert "the session holds no profile" in capsys.readouterr().out


@pytest.mark.usefixtures("project")
def test_a_terminal_gets_color_unless_it_does_not_want_it(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    main(["report"])
    assert "\x1b[1m" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    main(["report"])
    assert "\x1b[" not in capsys.readouterr().out


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (["nonsense"], "session 'nonsense': there is none of this name", 2),
        (["--project", "missing"], "project 'missing': is no folder", 2),
        (["--json", "--format", "csv"], "--json: contradicts --format csv", 2),
        (["--format", "pdf"], "invalid choice: 'pdf'", 2),
        (["--baseline", "none"], "baseline 'none': is not kept here", 2),
        (["-o", "missing/report.html"], "cannot be written: No such file", 3),
    ],
)
def test_what_cannot_be_shown_is_one_clear_error(capsys, words, said, code):
    assert main(["report", *words]) == code
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_project_without_a_session_says_what_makes_one(tmp_path, capsys):
    assert main(["report", "--project", str(tmp_path)]) == 2
    assert "`whet run` makes one" in capsys.readouterr().err
