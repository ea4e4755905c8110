"""Whatever is installed, changed and removed in whatever order: nothing of the user is lost."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from whet.codebase.activity import hooks_report, install_hooks, uninstall_hooks

NAMES = ("post-commit", "pre-commit", "commit-msg")
STEPS = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(NAMES), st.sampled_from((0o755, 0o644, 0o700))),
    st.tuples(st.just("link"), st.sampled_from(NAMES), st.just("../../own.sh")),
    st.tuples(st.just("remove"), st.sampled_from(NAMES), st.none()),
    st.tuples(st.just("path"), st.none(), st.sampled_from((None, "own hooks", ".git/mine"))),
    st.tuples(st.just("install"), st.none(), st.booleans()),
    st.tuples(st.just("uninstall"), st.none(), st.none()),
    st.tuples(st.just("commit"), st.none(), st.none()),
)


class Machine:
    """A repository, what its user made of it, and whether whet's hooks are in."""

    def __init__(self, path):
        self.path = path
        self.installed = False
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "A")
        self.git("config", "user.email", "a@b")
        self.script = '#!/bin/sh\necho "${0##*/}" >>ran\n'
        (path / "own.sh").write_text(self.script)
        (path / "own.sh").chmod(0o755)
        for folder in ("own hooks", ".git/mine"):
            (path / folder).mkdir()

    def git(self, *words):
        return subprocess.run(["git", *words], cwd=self.path, check=True, capture_output=True)

    def folder(self):
        shown = subprocess.run(["git", "config", "core.hooksPath"], cwd=self.path,
                               capture_output=True, check=False)  # fmt: skip
        return self.path / (shown.stdout.decode().strip() or ".git/hooks")

    def look(self):
        roots = (".git/hooks", ".git/mine", "own hooks", ".git/whet", ".git/whet-hooks")
        found = {"config": (self.path / ".git/config").read_bytes()}
        for root in roots:
            for path in sorted((self.path / root).rglob("*")):
                content = path.readlink() if path.is_symlink() else path.read_bytes()
                found[str(path.relative_to(self.path))] = path.lstat().st_mode, content
        return found

    def change(self, kind, name, value):
        """What a user does while whet's hooks are not in."""
        if kind == "path":
            if value is None:
                subprocess.run(["git", "config", "--unset-all", "core.hooksPath"], cwd=self.path,
                               check=False)  # fmt: skip
            else:
                self.git("config", "core.hooksPath", value)
            return
        path = self.folder() / name
        path.unlink(missing_ok=True)
        if kind == "write":
            path.write_text(self.script)
            path.chmod(value)
        elif kind == "link":
            path.symlink_to(value)

    def expected_runs(self):
        return [n for n in ("pre-commit", "commit-msg", "post-commit")
                if os.access(self.user_folder / n, os.X_OK)]  # fmt: skip


def play(machine, steps):
    machine.user_folder = machine.folder()
    state = machine.look()
    expected = machine.expected_runs()
    for kind, name, value in steps:
        if kind == "install":
            install_hooks(machine.path, pre_commit=value)
            machine.installed = True
            assert all(hook.runs for hook in hooks_report(machine.path).hooks)
        elif kind == "uninstall":
            uninstall_hooks(machine.path)
            machine.installed = False
            assert machine.look() == state
        elif kind == "commit":
            (machine.path / "ran").unlink(missing_ok=True)
            spool = machine.path / ".git/whet/spool"
            before = len(spool.read_text().splitlines()) if spool.exists() else 0
            machine.git("commit", "-q", "--allow-empty", "-m", "x")
            ran = machine.path / "ran"
            assert (ran.read_text().split() if ran.exists() else []) == expected
            if machine.installed:
                assert len(spool.read_text().splitlines()) == before + 1
        elif not machine.installed:
            machine.change(kind, name, value)
            machine.user_folder, state = machine.folder(), machine.look()
            expected = machine.expected_runs()
    uninstall_hooks(machine.path)
    assert machine.look() == state


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEPS, min_size=3, max_size=9))
def test_after_any_steps_everything_is_as_the_user_left_it(steps):
    folder = Path(tempfile.mkdtemp(prefix="hooks-")).resolve()
    try:
        play(Machine(folder), steps)
    finally:
        shutil.rmtree(folder)
