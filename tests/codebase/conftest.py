"""Real repositories, made by the git command line and nothing of whet."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_WHO = {
    "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Bo", "GIT_COMMITTER_EMAIL": "bo@example.org",
    "GIT_AUTHOR_DATE": "2026-03-01T10:00:00+0200", "GIT_COMMITTER_DATE": "2026-03-02T11:00:00Z",
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
}  # fmt: skip


class Repository:
    """A repository that tests write to."""

    def __init__(self, path: Path):
        self.path = path

    def git(self, *arguments, stdin=None, **environment):
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env=os.environ | _WHO | environment,
            input=stdin,
            capture_output=True,
            check=True,
        )
        return done.stdout

    def write(self, name, content="x\n"):
        path = self.path / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, message="change", **files):
        for name, content in files.items():
            self.write(name.replace("_py", ".py"), content)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-F", "-", stdin=message.encode())
        return self.head()

    def head(self):
        return self.git("rev-parse", "HEAD").decode().strip()

    def state(self):
        """Every file below .git with its bytes: what must not change."""
        return {
            str(path.relative_to(self.path)): path.read_bytes()
            for path in sorted((self.path / ".git").rglob("*"))
            if path.is_file()
        }


@pytest.fixture
def make_repository(tmp_path):
    def make(name="repository", *options):
        path = tmp_path / name
        path.mkdir()
        repository = Repository(path)
        repository.git("init", "-q", "-b", "main", *options)
        return repository

    return make


@pytest.fixture
def repository(make_repository):
    return make_repository()


@pytest.fixture
def no_git(monkeypatch, tmp_path, repository):  # noqa: ARG001 - it must be made with git
    empty = tmp_path / "no-programs"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))


@pytest.fixture
def old_git(tmp_path, monkeypatch):
    """Puts a git on the path that says it is old and knows only what that one knew."""
    real = shutil.which("git")

    def make(version):
        program = tmp_path / f"git-{version}" / "git"
        program.parent.mkdir()
        program.write_text(
            f"""#!/bin/sh
for word in "$@"; do
  case "$word" in
    version) echo "git version {version}.0"; exit 0;;
    --diff-merges=*|--write-tree) echo "fatal: unrecognized argument: $word" >&2; exit 128;;
  esac
done
exec {real} "$@"
"""
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")

    return make
