"""Nothing of a project runs that its workload does not run."""

import subprocess

import pytest

IN_THIS_PROCESS = (
    "overview", "config", "doctor", "run --dry-run", "status", "clean", "check -q", "report",
)  # fmt: skip
MODULES = (
    "sitecustomize", "usercustomize", "conftest", "setup", "yaml", "msgspec", "json", "psutil",
    "whet_probe", "test_app", "noxfile",
)  # fmt: skip


@pytest.fixture
def hostile(tmp_path):
    """A project whose every file leaves a mark when it runs; only `app.py` is the workload."""
    folder = tmp_path / "project"
    marks = tmp_path / "marks"
    for path in (folder, marks):
        path.mkdir()
    (folder / "app.py").write_text("print(sum(range(1000)))\n")
    for name in MODULES:
        code = f"open({str(marks / name)!r}, 'w').close()\n"
        (folder / f"{name}.py").write_text(code)
    script = folder / "mark.sh"
    script.write_text(f'#!/bin/sh\ntouch "{marks}/$(basename "$0")-$1"\n')
    script.chmod(0o755)
    for words in (
        ("init", "-q"),
        ("config", "core.fsmonitor", str(script)),
        ("config", "core.pager", str(script)),
        ("config", "core.editor", str(script)),
        ("config", "diff.external", str(script)),
        ("config", "filter.mark.clean", str(script)),
        ("config", "filter.mark.smudge", str(script)),
        ("config", "alias.status", f"!{script}"),
    ):
        subprocess.run(["git", *words], cwd=folder, check=True)
    (folder / ".gitattributes").write_text("*.py filter=mark diff=mark\n")
    for hook in ("post-checkout", "pre-commit", "post-index-change", "reference-transaction"):
        path = folder / ".git" / "hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_text(script.read_text())
        path.chmod(0o755)
    settings = "workload: app.py\noptimization: {profiling_enabled: false}\n"
    (folder / "whet.yaml").write_text(settings)
    (folder / "pyproject.toml").write_text(
        "[build-system]\nrequires = []\nbuild-backend = 'setup'\nbackend-path = ['.']\n"
        "[tool.pytest.ini_options]\naddopts = '-p conftest'\n"
    )
    return folder


def test_no_file_or_setting_of_a_hostile_project_runs(hostile, whet):
    for line in IN_THIS_PROCESS:
        whet(*line.split(), cwd=hostile).fine()
        assert list((hostile.parent / "marks").iterdir()) == [], line
    words = ("profile", "-q", "--instruments", "memory,io,imports")
    whet(*words, cwd=hostile).fine()
    assert list((hostile.parent / "marks").iterdir()) == []


def test_the_folder_whet_is_started_in_lends_it_no_modules(hostile):
    from subprocess import run
    from sys import executable

    done = run(
        [executable, "-m", "whet", "run", "--dry-run"],
        cwd=hostile, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    marks = {path.name for path in (hostile.parent / "marks").iterdir()}
    assert marks <= {"json"}, "only what `python -m` itself may load before whet begins"


def test_a_hook_of_the_users_own_is_found_in_the_current_folder(whet, project):
    (project / "mine.py").write_text("")
    words = ("check", "-q", "-w", "ok.py", "--hook", "mine:absent")
    whet(*words, cwd=project).refused(2, "module 'mine' has no attribute 'absent'")
