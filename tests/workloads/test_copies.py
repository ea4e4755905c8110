import os
import socket
import stat

import pytest

from whet.errors import MeasurementError, TargetError, UsageError
from whet.workloads import ProbePlan, make_copies, origin_of, read_lines, shadowed
from whet.workloads import copies as module


def tree(root):
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def test_copies_are_full_siblings_outside_with_names_of_equal_length(project, write):
    write("pkg/a.py", "x = 1")
    write("build/out.so", "product")
    write(".env", "untracked")
    with make_copies(project) as copies:
        a, b = copies["a"], copies["b"]
        assert tree(a) == tree(b) == tree(project)
        assert len(str(a)) == len(str(b))
        assert a.parent.parent == b.parent.parent
        assert a.name == project.name
        assert project not in a.parents
        assert origin_of(a) == project
        assert stat.S_IMODE(copies.folder.stat().st_mode) == 0o700
    assert not copies.folder.exists()
    assert origin_of(project) is None


def test_what_is_no_part_of_the_project_is_left_out(project, write):
    for name in ("env/pyvenv.cfg", "env/lib/x.py", "__pycache__/a.pyc", ".whet/x", "a.py",
                 "node_modules/x.js", "data/huge.bin", "data/small.txt", ".git/HEAD"):  # fmt: skip
        write(name, "")
    with make_copies(project, excludes=["*.bin"]) as copies:
        assert tree(copies["a"]) == [".git", ".git/HEAD", "a.py", "data", "data/small.txt"]


def test_a_large_git_folder_is_left_out_and_noted(project, write, monkeypatch):
    write(".git/objects/pack", "x" * 100)
    write("a.py", "")
    monkeypatch.setattr(module, "_GIT_LIMIT_BYTES", 50)
    with make_copies(project) as copies:
        assert tree(copies["a"]) == ["a.py"]
        assert copies.notes == ("'.git' is large: not copied",)


def test_links_stay_links_and_lead_into_the_copy(project, write, tmp_path):
    write("real.txt", "text")
    (tmp_path / "outside.txt").write_text("outside")
    (project / "relative").symlink_to("real.txt")
    (project / "absolute").symlink_to(project / "real.txt")
    (project / "outward").symlink_to("../outside.txt")
    (project / "away").symlink_to("/etc")
    (project / "loop").symlink_to("loop")
    (project / "up").symlink_to(".")
    with make_copies(project) as copies:
        a = copies["a"]
        assert str((a / "relative").readlink()) == "real.txt"
        assert str((a / "absolute").readlink()) == str(a / "real.txt")
        assert (a / "outward").read_text() == "outside"
        assert str((a / "away").readlink()) == "/etc"
        assert str((a / "loop").readlink()) == "loop"
        assert str((a / "up").readlink()) == "."


def test_modes_and_times_are_kept_and_special_files_noted(project, write):
    script = write("run.sh", "#!/bin/sh")
    script.chmod(0o755)
    write("locked/file", "").chmod(0o400)
    (project / "locked").chmod(0o500)
    os.utime(script, (1_000_000, 1_000_000))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(project / "s"))
        copies = make_copies(project)
    assert stat.S_IMODE((copies["a"] / "run.sh").stat().st_mode) == 0o755
    assert stat.S_IMODE((copies["a"] / "locked").stat().st_mode) == 0o500
    assert (copies["a"] / "run.sh").stat().st_mtime == 1_000_000
    assert copies.notes == ("'s' is neither file, folder nor link: not copied",)
    copies.remove()
    assert not copies.folder.exists()


def test_names_that_are_not_utf8_are_copied(project):
    name = os.fsdecode(b"caf\xe9.txt")
    try:
        (project / name).write_text("x")
    except OSError:
        pytest.skip("this file system refuses such names")
    with make_copies(project) as copies:
        assert (copies["a"] / name).read_text() == "x"


def test_a_disk_that_is_too_small_is_refused_before_anything_is_copied(
    project, write, monkeypatch
):
    write("a", "x" * 1000)
    usage = type("Usage", (), {"free": 100})
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(MeasurementError, match="need 0 MB, 0 MB are free"):
        make_copies(project)


def test_a_failing_copy_leaves_nothing_behind(project, write, monkeypatch, tmp_path):
    write("a", "x")

    def fail(*_args, **_options):
        raise OSError(28, "No space left on device", "a")

    monkeypatch.setattr(module.shutil, "copy2", fail)
    parent = tmp_path / "parent"
    parent.mkdir()
    with pytest.raises(MeasurementError, match="No space left"):
        make_copies(project, parent=parent)
    assert list(parent.iterdir()) == []


def test_impossible_copies_are_refused(project, tmp_path):
    with pytest.raises(TargetError, match="is not a folder"):
        make_copies(tmp_path / "gone")
    with pytest.raises(TargetError, match="inside the project"):
        make_copies(project, parent=project)
    with pytest.raises(UsageError, match="equal length"):
        make_copies(project, ("a", "bb"))


def test_large_copies_tell_their_progress(project, write, monkeypatch):
    write("a", "x")
    monkeypatch.setattr(module, "_HUGE_BYTES", 0)
    events = []
    make_copies(project, on_event=events.append).remove()
    assert [(event.count, event.total) for event in events] == [(0, 2), (1, 2)]


def test_the_copy_runs_even_where_the_original_is_installed(project, write, launch, tmp_path):
    from whet.workloads import run

    write("src/pkg/__init__.py", "WHERE = __file__")
    write("app.py", "import pkg; print(pkg.WHERE)")
    with make_copies(project) as copies:
        plan = ProbePlan(instruments={}, out=tmp_path / "good", root=copies["a"])
        environment = {"PYTHONPATH": str(project / "src")}
        outcome = run(launch(root=copies["a"], plan=plan, environment=environment))
        assert outcome.stdout.head == f"{copies['a']}/src/pkg/__init__.py\n"
        assert shadowed(read_lines(tmp_path / "good")) == ()


def test_a_module_of_the_original_that_ran_instead_is_told(project, write, launch, tmp_path):
    from whet.workloads import run

    write("src/pkg/__init__.py", "")
    write("app.py", f"import sys; sys.path.insert(0, {str(project / 'src')!r}); import pkg")
    with make_copies(project) as copies:
        plan = ProbePlan(instruments={}, out=tmp_path / "bad", root=copies["a"])
        run(launch(root=copies["a"], plan=plan))
        assert shadowed(read_lines(tmp_path / "bad")) == ("src/pkg/__init__.py",)
