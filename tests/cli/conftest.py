"""A repository that commands run in, made by the git command line and nothing of whet."""

import os
import subprocess

import pytest


@pytest.fixture
def git():
    """Runs git in the current folder; gives what it prints."""
    return lambda *words: subprocess.run(["git", *words], check=True, capture_output=True).stdout


@pytest.fixture
def repository(tmp_path, monkeypatch, git):
    """An empty repository, the current folder; its author would be a formula to a spreadsheet."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "=Ada")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "ada@example.org")
        monkeypatch.setenv(f"GIT_{who}_DATE", "2026-03-01T10:00:00+0200")
    path = tmp_path / "repository"
    path.mkdir()
    monkeypatch.chdir(path)
    git("init", "-q", "-b", "main")
    return path


@pytest.fixture
def commit(repository, git):
    """Commits all that lies there, after writing files (`a_py` is a.py); gives the new commit."""

    def make(message="x", **files):
        for name, content in files.items():
            (repository / name.replace("_py", ".py")).write_text(content)
        git("add", "-A")
        git("commit", "-q", "--allow-empty", "-m", message)
        return git("rev-parse", "HEAD").decode().strip()

    return make
