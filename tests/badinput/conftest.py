"""A small project, and whet on it: in this process where that shows the same, else in its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from whet.cli import main


@pytest.fixture
def project(tmp_path):
    """A project with a program that runs and a file that is no Python."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "ok.py").write_text("print(sum(range(1000)))\n")
    (folder / "broken.py").write_text("def x(:\n")
    return folder


@pytest.fixture
def whet(capfd, monkeypatch):
    """Runs a command line in this process; gives exit code, stdout and stderr."""

    def run(*words, cwd=None, env=None):
        with monkeypatch.context() as patched:
            if cwd is not None:
                patched.chdir(cwd)
            for name, value in (env or {}).items():
                patched.setenv(name, value)
            code = main([os.fspath(word) for word in words])
        out, err = capfd.readouterr()
        return Done(code, out, err)

    return run


@pytest.fixture
def spawn_whet():
    """Runs a command line in a process of its own."""

    def run(*words, cwd, env=None, before=(), timeout=60):
        done = subprocess.run(
            [*before, sys.executable, "-P", "-m", "whet", *map(os.fspath, words)],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


class Done:
    """How a command line ended."""

    def __init__(self, code, out, err):
        self.code = code
        self.out = out
        self.err = err

    def refused(self, code, *words):
        """Check that it was refused in one line which holds these words."""
        assert self.code == code, self.err
        assert "Traceback" not in self.err + self.out
        last = self.err.strip().splitlines()[-1]
        assert last.startswith("whet: ")
        for word in words:
            assert word in last

    def fine(self):
        """Check that it went well, and give what it printed."""
        assert self.code == 0, self.err
        assert "Traceback" not in self.err
        return self.out


@pytest.fixture
def tree_of():
    """Everything below a folder but whet's own state: types, modes, content."""

    def tree(folder):
        found = {}
        for base, folders, files in os.walk(folder):
            folders[:] = [name for name in folders if name != ".whet"]
            for name in (*folders, *files):
                path = Path(base, name)
                status = path.lstat()
                if path.is_symlink():
                    content = path.readlink()
                else:
                    content = path.read_bytes() if path.is_file() else None
                found[os.path.relpath(path, folder)] = (status.st_mode, content)
        return found

    return tree
