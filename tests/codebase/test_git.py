"""The hardened runner: it executes nothing of a repository and says clearly what git refused."""

import os

import pytest

from whet.codebase.git import (
    branches,
    dirty_files,
    git,
    head,
    is_bare,
    is_dirty,
    is_shallow,
    resolve,
    stream_git,
    top_level,
    try_git,
)
from whet.errors import GitError, TargetError


def test_programs_that_a_repository_configures_do_not_run(repository, tmp_path):
    trap = tmp_path / "trap"
    evil = f"touch {trap}; cat"
    repository.commit(a_py="1\n")
    for key in ("core.fsmonitor", "filter.x.clean", "diff.x.command", "diff.x.textconv",
                "core.pager", "diff.external"):  # fmt: skip
        repository.git("config", key, evil)
    hook = repository.path / ".git/hooks/post-index-change"
    hook.write_text(f"#!/bin/sh\n{evil}\n")
    hook.chmod(0o755)
    repository.write(".gitattributes", "*.py filter=x diff=x\n")
    repository.write("a.py", "2\n")

    assert dirty_files(repository.path) == [".gitattributes", "a.py"]
    assert b"+2" in git(repository.path, "diff")
    git(repository.path, "log", "-p")
    git(repository.path, "ls-files", "-co", "--exclude-standard")
    assert not trap.exists()


def test_reading_changes_nothing_in_the_repository(repository):
    repository.commit(a_py="1\n")
    os.utime(repository.path / "a.py", (0, 0))
    before = repository.state()
    assert not is_dirty(repository.path)
    assert repository.state() == before


def test_a_hook_s_environment_does_not_lead_to_another_repository(
    repository, make_repository, monkeypatch
):
    other = make_repository("other")
    other.commit("theirs")
    repository.commit("ours", a_py="")
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.path / ".git/index"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.path))
    assert git(repository.path, "log", "--format=%s") == b"ours\n"
    assert top_level(repository.path) == repository.path


def test_dirty_files_are_modified_staged_deleted_and_untracked_ones(repository):
    repository.commit(a_py="1", b_py="1", c_py="1")
    repository.write(".gitignore", "ignored\n")
    repository.commit()
    assert dirty_files(repository.path) == []
    repository.write("a.py", "2")
    repository.write("new name.py", "2")
    repository.write("ignored", "2")
    (repository.path / "b.py").unlink()
    repository.git("mv", "c.py", "d.py")
    everything = ["a.py", "b.py", "c.py", "d.py", "new name.py"]
    assert dirty_files(repository.path) == everything
    assert dirty_files(repository.path, untracked=False) == everything[:-1]
    assert dirty_files(repository.path, ["a.py", "*.py"]) == ["a.py"]
    assert not is_dirty(repository.path, ["ignored"])


def test_dirty_names_that_are_no_utf_8_open(repository):
    repository.commit()
    repository.write(b"bad\xffname", "x")
    (name,) = dirty_files(repository.path)
    assert (repository.path / name).read_text() == "x"


def test_dirty_paths_are_relative_to_the_directory_asked(repository):
    repository.write("sub/a.py", "1")
    repository.commit()
    repository.write("sub/a.py", "2")
    repository.write("a.py", "2")
    assert dirty_files(repository.path / "sub", ["a.py"]) == ["sub/a.py"]


def test_an_empty_repository_has_no_head(repository):
    assert head(repository.path) is None
    assert branches(repository.path) == []
    assert not is_shallow(repository.path)
    with pytest.raises(TargetError, match="no such commit"):
        resolve(repository.path, "HEAD")


def test_head_and_references_resolve_to_commits(repository):
    first = repository.commit()
    repository.git("tag", "-a", "v1", "-m", "one")
    second = repository.commit()
    assert head(repository.path) == second
    assert resolve(repository.path, "HEAD~1") == first
    assert resolve(repository.path, "v1") == first


@pytest.mark.parametrize("name", ["feture", "", "-x", "--all", "a b", "HEAD:nothing"])
def test_unknown_references_are_refused(repository, name):
    repository.commit()
    repository.git("branch", "feature")
    with pytest.raises(TargetError, match="no such commit, branch or tag") as refused:
        resolve(repository.path, name)
    if name == "feture":
        assert "Did you mean 'feature'?" in str(refused.value)


def test_branches_may_include_remote_ones(repository, make_repository):
    repository.commit()
    repository.git("branch", "topic/x")
    clone = make_repository("clone")
    clone.git("remote", "add", "origin", str(repository.path))
    clone.git("fetch", "-q", "origin")
    assert branches(repository.path) == ["main", "topic/x"]
    assert branches(clone.path) == []
    assert branches(clone.path, remote=True) == ["origin/main", "origin/topic/x"]


def test_top_level_is_none_outside_and_in_bare_repositories(tmp_path, repository, make_repository):
    (repository.path / "deep").mkdir()
    bare = make_repository("bare", "--bare")
    assert top_level(repository.path / "deep") == repository.path
    assert top_level(tmp_path) is None
    assert top_level(bare.path) is None
    assert is_bare(bare.path)
    assert not is_bare(repository.path)
    assert not is_bare(tmp_path)


def test_a_missing_directory_is_said(tmp_path):
    with pytest.raises(GitError, match="there is no such directory"):
        top_level(tmp_path / "nowhere")
    with pytest.raises(GitError, match="there is no such directory"):
        list(stream_git(tmp_path / "nowhere", "log"))


@pytest.mark.usefixtures("no_git")
def test_a_missing_git_is_said(tmp_path):
    with pytest.raises(GitError, match=r"cannot be started.*Install git"):
        git(tmp_path, "status")
    with pytest.raises(GitError, match="cannot be started"):
        list(stream_git(tmp_path, "log"))
    assert top_level(tmp_path) is None


def test_refusals_are_one_line_with_git_s_own_reason(tmp_path, repository):
    with pytest.raises(GitError, match="not a git repository") as outside:
        git(tmp_path, "log")
    assert "\n" not in str(outside.value)
    with pytest.raises(GitError, match=r"git log in .*unknown revision"):
        git(repository.path, "log", "nothing")
    with pytest.raises(GitError, match=r"git log in .*unknown revision"):
        list(stream_git(repository.path, "log", "nothing"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")
def test_a_repository_of_another_user_is_refused_with_the_way_out(repository):
    repository.commit()
    for path in (repository.path, repository.path / ".git"):
        os.chown(path, 12345, 12345)
    for question in (top_level, head, lambda path: resolve(path, "HEAD")):
        with pytest.raises(GitError, match=r"another user.*safe.directory"):
            question(repository.path)


def test_a_broken_repository_is_refused(repository):
    repository.commit()
    (repository.path / ".git/config").write_text("[core\n")
    with pytest.raises(GitError, match="bad config"):
        top_level(repository.path)


def test_streams_are_split_at_nul_bytes_and_may_be_left_early(repository):
    for n in range(30):
        repository.commit(f"commit {n}")
    pieces = stream_git(repository.path, "log", "-z", "--format=%s")
    assert next(pieces) == b"commit 29"
    pieces.close()
    assert list(stream_git(repository.path, "log", "--format=%s", "-2", separator=b"\n")) == [
        b"commit 29",
        b"commit 28",
    ]


def test_a_failure_can_be_an_answer(repository):
    assert try_git(repository.path, "rev-parse", "--verify", "-q", "HEAD").exit_code == 1
