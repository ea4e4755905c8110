"""A session stops cleanly, goes on where it stopped, and leaves the project as it is."""

import json

import pytest

from whet.cli import main
from whet.errors import EffectsRefused, WorkloadFailed
from whet.session import Options, optimize
from whet.settings import Settings, load_settings
from whet.store import open_store
from whet.workloads import make_copies


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text("print(sum(i * i for i in range(200000)))\n")
    return folder


def settings_of(project, **overrides):
    return load_settings(project, overrides={"budget_s": 40.0, **overrides}).settings


def test_an_interrupted_session_continues_and_measures_nothing_twice(project):
    before = sorted(path.name for path in project.iterdir())
    seen = []

    def stop(moment, stage, _record):
        seen.append((moment, stage))
        if (moment, stage) == ("after", "profile"):
            raise KeyboardInterrupt

    settings = settings_of(project)
    with pytest.raises(KeyboardInterrupt):
        optimize(project, settings, options=Options(hooks=(stop,)))
    stopped = open_store(project).session().load()
    assert stopped.status == "interrupted"
    assert seen[0] == ("before", "workload")
    done = optimize(project, settings)
    assert done.session_id == stopped.session_id
    assert done.status == "done"
    assert done.profile == stopped.profile
    assert done.tuning_reason
    assert {goal.reached for goal in done.goals} == {None}
    assert {path.name for path in project.iterdir()} - set(before) == {".whet"}
    again = optimize(project, settings)
    assert again.session_id != done.session_id


def test_switched_off_profiling_skips_what_needs_it(project):
    (project / "whet.yaml").write_text("optimization: {profiling_enabled: false}\n")
    done = optimize(project, settings_of(project))
    states = {stage.name: stage.status for stage in done.stages}
    assert states["profile"] == states["diagnose"] == states["evidence"] == "skipped"
    assert done.profile is None


def test_a_check_copies_and_reads_once_says_so_and_again_does_neither(
    project, monkeypatch, capsys
):
    made = []

    def noted(*arguments, **more):
        made.append(arguments[1])
        return make_copies(*arguments, **more)

    monkeypatch.setattr("whet.session.setup.make_copies", noted)
    (project / "other.py").write_text("import app\n")
    monkeypatch.chdir(project)
    assert main(["check", "-q", "-w", "app.py", "--cache-stats"]) == 0
    said = capsys.readouterr().out
    assert "sources: 2 read, " in said
    assert "facts of sources: hit rate 50.0 %" in said
    kept = open_store(project).session().load().file_cache
    assert kept.reads == 2
    assert kept.reads_saved >= 2
    assert main(["check", "-q", "-w", "app.py", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["file_cache"]["reads"] == 2
    assert made == [("a",)]


def test_a_workload_that_reaches_outside_is_refused_with_a_list(project):
    code = "try:\n    open('/proc/no-such-file', 'w')\nexcept OSError:\n    pass\n"
    (project / "app.py").write_text(code)
    with pytest.raises(EffectsRefused, match=r"write /proc/no-such-file .*--allow-effects"):
        optimize(project, settings_of(project))


def test_a_failing_workload_is_refused_with_what_it_said(project):
    (project / "app.py").write_text("raise SystemExit('no input')\n")
    with pytest.raises(WorkloadFailed, match="ended with exit status 1: no input"):
        optimize(project, settings_of(project))
    assert open_store(project).session().load().status == "failed"


def test_the_plan_is_stated_before_anything_is_repeated(project):
    events = []
    optimize(
        project, settings_of(project), options=Options(on_event=events.append, until="workload")
    )
    plan = next(event for event in events if event.kind == "plan")
    assert plan.data["runs"] >= 2
    assert all(event.at for event in events)
    kept = [event for event in events if event.kind != "progress"]
    assert list(open_store(project).session().events()) == kept


def test_settings_are_kept_with_the_session(project):
    done = optimize(project, Settings(budget_s=30.0), options=Options(until="workload"))
    assert done.settings["budget_s"] == 30.0
