"""whet's hooks beside those of real managers: pre-commit, husky and lefthook, where installed.

They are looked for on the path, as `npm install husky lefthook` and `pip install pre-commit` put
them there; nothing is fetched.
"""

import os
import shutil
import subprocess

import pytest

from whet.codebase.activity import hooks_report, install_hooks, uninstall_hooks

PRE_COMMIT = """
repos:
  - repo: local
    hooks:
      - id: look
        name: look
        language: system
        entry: sh -c 'echo {name} >> log'
        always_run: true
        pass_filenames: false
        stages: [{name}]
"""
LEFTHOOK = "{name}:\n  commands:\n    look:\n      run: echo {name} >> log\n"


def run(repository, *words):
    done = subprocess.run(
        words, cwd=repository.path, capture_output=True, text=True, check=False,
        env=os.environ | {"PRE_COMMIT_HOME": str(repository.path.parent / "home")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def set_up_pre_commit(repository, name):
    repository.write(".pre-commit-config.yaml", PRE_COMMIT.format(name=name))
    run(repository, "pre-commit", "install", "--hook-type", name)


def set_up_husky(repository, name):
    run(repository, "husky")
    repository.write(f".husky/{name}", f"echo {name} >> log\n")


def set_up_lefthook(repository, name):
    repository.write("lefthook.yml", LEFTHOOK.format(name=name))
    run(repository, "lefthook", "install")


MANAGERS = {
    "pre-commit": set_up_pre_commit, "husky": set_up_husky, "lefthook": set_up_lefthook
}  # fmt: skip


@pytest.fixture(params=MANAGERS)
def set_up(request):
    """Installs a manager with one hook that notes in the file `log` that it ran."""
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    return MANAGERS[request.param]


def runs_of(repository, message="change"):
    """What a commit adds to the log; it changes a file, else lefthook has nothing to do."""
    log = repository.path / "log"
    number = len(list(repository.path.glob("*.py")))
    repository.write(f"{number}.py", f"x = {number}\n")
    log.unlink(missing_ok=True)
    repository.commit(message)
    return log.read_text().split() if log.exists() else []


def installed_state(repository, everything):
    config = (repository.path / ".git/config").read_bytes()
    return config, everything(repository.path / ".git/hooks"), repository.git("status", "-s")


@pytest.mark.parametrize("name", ["post-commit", "pre-commit"])
def test_a_managers_hooks_go_on_running_and_are_restored_byte_for_byte(
    repository, everything, set_up, name
):
    set_up(repository, name)
    (repository.path / ".git/info/exclude").write_text("log\n")
    assert runs_of(repository) == [name]
    before = installed_state(repository, everything)
    install_hooks(repository.path, pre_commit=True)
    assert runs_of(repository) == [name]
    report = hooks_report(repository.path)
    assert report.pending_marks == 1
    assert all(state.runs for state in report.hooks)
    assert uninstall_hooks(repository.path).notes == ()
    assert installed_state(repository, everything) == before
    assert runs_of(repository) == [name]


@pytest.mark.parametrize("name", ["post-commit", "pre-commit"])
def test_after_a_manager_came_later_both_run_once_whet_is_installed_again(
    repository, set_up, name
):
    install_hooks(repository.path, pre_commit=True)
    set_up(repository, name)
    (repository.path / ".git/info/exclude").write_text("log\n")
    assert runs_of(repository) == [name]
    install_hooks(repository.path, pre_commit=True)
    before = hooks_report(repository.path).pending_marks
    assert runs_of(repository) == [name]
    assert hooks_report(repository.path).pending_marks == before + 1
    uninstall_hooks(repository.path)
    assert runs_of(repository) == [name]
