"""A machine without a git configuration, and looks at all that lies below a folder."""

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)


@pytest.fixture
def everything():
    """Every entry below a folder: its kind, mode and bytes or link target."""

    def look(folder):
        found = {}
        for path in sorted(Path(folder).rglob("*")):
            mode = path.lstat().st_mode
            if path.is_symlink():
                content = path.readlink()
            else:
                content = path.read_bytes() if path.is_file() else None
            found[str(path.relative_to(folder))] = (mode, content)
        return found

    return look
