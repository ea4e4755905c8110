"""Which loaded modules are the measured code's: through links, never the standard library."""

import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from whet_probe import _start


@pytest.fixture
def loaded(monkeypatch):
    """Pretends that modules with these files are loaded; returns what is said of them."""

    def modules(files, **plan):
        table = {}
        for name, file in files.items():
            table[name] = ModuleType(name)
            table[name].__file__ = None if file is None else str(file)
        monkeypatch.setattr(_start.sys, "modules", table)
        found = _start._modules({"root": None, "origin": None, **plan})
        monkeypatch.undo()
        return found

    return modules


def test_modules_are_told_apart_by_where_they_really_lie(loaded, tmp_path):
    root, origin = tmp_path / "root", tmp_path / "origin"
    for folder in (root / "pkg", origin / "pkg"):
        folder.mkdir(parents=True)
        (folder / "one.py").touch()
    (tmp_path / "link.py").symlink_to(origin / "pkg" / "one.py")
    (tmp_path / "linked").symlink_to(root / "pkg")
    files = {
        "pkg.one": root / "pkg" / "one.py",
        "file_link": tmp_path / "link.py",
        "folder_link": tmp_path / "linked" / "one.py",
        "elsewhere": tmp_path / "other.py",
        "none": None,
    }
    inside, shadowing = loaded(files, root=str(root), origin=str(origin))
    one = str(Path("pkg", "one.py"))
    assert inside == [["pkg.one", one], ["folder_link", one]]
    assert shadowing == [["file_link", one]]


def test_the_standard_library_is_passed_over_unless_it_is_what_is_measured(loaded):
    library = Path(os.__file__).parent
    files = {"os": os.__file__, "tool": library / "site-packages" / "tool.py"}
    tool = str(Path("site-packages", "tool.py"))
    assert loaded(files, root=str((library / "site-packages").resolve())) == (
        [["tool", "tool.py"]],
        [],
    )
    assert loaded(files, root=str(library.resolve())) == ([["os", "os.py"], ["tool", tool]], [])
    inside, _ = loaded(files, root=str(library.resolve().parent))
    assert [name for name, _ in inside] == ["os", "tool"]


def test_relative_files_start_where_the_program_began(loaded, tmp_path, monkeypatch):
    monkeypatch.setattr(_start._Process, "folder", str(tmp_path))
    (tmp_path / "app.py").touch()
    inside, _ = loaded({"__main__": "app.py"}, root=str(tmp_path.resolve()))
    assert inside == [["__main__", "app.py"]]
    assert sys.modules["os"] is os
