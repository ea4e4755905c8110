"""Which files belong to a project, inside and outside of repositories."""

import os

import pytest

from whet.codebase import project_files
from whet.codebase.files import is_excluded
from whet.errors import TargetError


def tree(repository):
    for name in ("a.py", "deep/b.py", "deep/.hidden", "build/out.py", "kept/cache.log",
                 "__pycache__/a.pyc", "env/bin/python", "env/pyvenv.cfg", ".whet/state",
                 "node_modules/x.js", "x.pyc"):  # fmt: skip
        repository.write(name)
    repository.write(".gitignore", "build/\n*.log\n")
    repository.write("kept/.gitignore", "!cache.log\n")
    (repository.path / "link").symlink_to("deep")
    (repository.path / "dangling").symlink_to("nowhere")


EXPECTED = [".gitignore", "a.py", "dangling", "deep/.hidden", "deep/b.py", "kept/.gitignore",
            "kept/cache.log", "link"]  # fmt: skip


def test_tracked_and_new_files_count_but_not_ignored_ones(repository):
    tree(repository)
    assert project_files(repository.path) == EXPECTED
    repository.git("add", "a.py")
    assert project_files(repository.path) == EXPECTED


def test_ignore_rules_also_count_outside_of_repositories(repository, tmp_path):
    tree(repository)
    (repository.path / ".git").rename(tmp_path / "away")
    notes = []
    assert project_files(repository.path, on_event=notes.append) == EXPECTED
    assert notes == []


@pytest.mark.usefixtures("no_git")
def test_without_git_the_same_files_are_found_and_that_is_said(repository):
    tree(repository)
    notes = []
    assert project_files(repository.path, on_event=notes.append) == EXPECTED
    assert ["the rules are read without it" in note.message for note in notes] == [True]


@pytest.mark.usefixtures("no_git")
def test_without_git_nested_repositories_are_left_alone(repository):
    repository.write("a.py")
    for name in ("HEAD", "objects/x", "refs/x"):
        repository.write(f"nested/.git/{name}")
    repository.write("nested/b.py")
    assert project_files(repository.path) == ["a.py"]


def test_a_project_may_lie_deep_in_a_repository(repository):
    tree(repository)
    repository.commit()
    assert project_files(repository.path / "deep") == [".hidden", "b.py"]


def test_tracked_files_count_though_ignored_and_deleted_ones_do_not(repository):
    repository.commit(a_py="1", b_py="1")
    repository.write(".gitignore", "*.py\n")
    (repository.path / "b.py").unlink()
    assert project_files(repository.path) == [".gitignore", "a.py"]


def test_the_content_of_nested_repositories_is_theirs(repository, make_repository):
    repository.commit(a_py="1")
    nested = make_repository("repository/nested")
    nested.commit(b_py="1")
    assert project_files(repository.path) == ["a.py"]
    repository.git("add", "nested")
    assert project_files(repository.path) == ["a.py"]


def test_an_unmerged_file_is_listed_once(repository):
    repository.commit(a_py="1\n")
    repository.git("checkout", "-qb", "other")
    repository.commit(a_py="2\n")
    repository.git("checkout", "-q", "main")
    repository.commit(a_py="3\n")
    with pytest.raises(Exception, match="merge"):
        repository.git("merge", "other")
    assert project_files(repository.path) == ["a.py"]


def test_names_that_are_no_utf_8_or_hold_newlines_open(repository):
    repository.write(b"bad\xff\nname.py")
    (name,) = project_files(repository.path)
    assert (repository.path / name).exists()
    assert os.fsencode(name) == b"bad\xff\nname.py"


def test_symlink_loops_are_entries(repository):
    (repository.path / "loop").symlink_to(".")
    (repository.path / "self").symlink_to("self")
    assert project_files(repository.path) == ["loop", "self"]


def test_special_files_are_none_of_the_project(repository):
    os.mkfifo(repository.path / "pipe")
    repository.write("a.py")
    assert project_files(repository.path) == ["a.py"]


def test_patterns_exclude_paths_directories_and_parts(repository):
    tree(repository)
    assert project_files(repository.path, ["deep", "*.log", ".git*", "link", "dang*"]) == ["a.py"]
    assert is_excluded("a/b/c.py", ["a/b"])
    assert is_excluded("a/b/c.py", ["b/"])
    assert is_excluded("a/b/c.py", ["*.py"])
    assert not is_excluded("a/b/c.py", ["c"])


def test_a_missing_project_is_refused(tmp_path):
    with pytest.raises(TargetError, match="no such directory"):
        project_files(tmp_path / "nowhere")


def test_a_bare_repository_has_no_files_and_that_is_said(make_repository):
    notes = []
    bare = make_repository("bare", "--bare")
    assert project_files(bare.path, on_event=notes.append) == []
    assert "bare repository" in notes[0].message


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")
def test_a_repository_that_git_refuses_is_listed_without_it(repository):
    tree(repository)
    for path in (repository.path, repository.path / ".git"):
        os.chown(path, 12345, 12345)
    notes = []
    assert project_files(repository.path, on_event=notes.append) == EXPECTED
    assert "another user" in notes[0].message
