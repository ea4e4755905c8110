"""Exported trees are byte for byte what was committed."""

import os

import pytest

from whet.codebase import export_tree
from whet.errors import GitError, StoreError, TargetError


def test_a_tree_is_written_as_committed(repository, tmp_path):
    repository.git("config", "core.autocrlf", "true")
    repository.git("config", "filter.x.smudge", "tr a b")
    repository.git("config", "filter.x.clean", "cat")
    repository.write(".gitattributes", "*.py filter=x ident\nhidden export-ignore\n")
    repository.write("deep/a.py", "aaa $Id$\n")
    repository.write("hidden", "x")
    repository.write("run", "#!/bin/sh\n")
    repository.write("large", os.urandom(3 << 20))
    repository.write("empty", b"")
    repository.write(b"bad\xff\nname", "y")
    (repository.path / "run").chmod(0o755)
    (repository.path / "link").symlink_to("deep/a.py")
    commit = repository.commit()
    repository.write("deep/a.py", "later")
    before = repository.state()

    written = export_tree(repository.path, "main", tmp_path / "out")

    out = tmp_path / "out"
    assert written == (commit, 8, (), ())
    assert (out / "deep/a.py").read_bytes() == b"aaa $Id$\n"
    assert (out / "hidden").read_text() == "x"
    assert (out / "large").read_bytes() == (repository.path / "large").read_bytes()
    assert (out / "empty").read_bytes() == b""
    assert (out / os.fsdecode(b"bad\xff\nname")).read_text() == "y"
    assert os.access(out / "run", os.X_OK)
    assert not os.access(out / "hidden", os.X_OK)
    assert (out / "link").readlink() == (repository.path / "link").readlink()
    assert repository.state() == before


def test_old_commits_bare_and_sha_256_repositories_export_too(make_repository, tmp_path):
    source = make_repository("source", "--object-format=sha256")
    first = source.commit(a_py="1")
    source.commit(a_py="2")
    source.git("clone", "-q", "--bare", ".", str(tmp_path / "bare"))
    export_tree(tmp_path / "bare", "HEAD~1", tmp_path / "out")
    assert (tmp_path / "out/a.py").read_text() == "1"
    assert len(first) == 64


def test_submodules_and_large_file_pointers_are_named(repository, make_repository, tmp_path):
    nested = make_repository("repository/nested")
    nested.commit(b_py="1")
    repository.write(
        "big.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
    )
    repository.commit()
    written = export_tree(repository.path, "HEAD", tmp_path / "out")
    assert written.submodules == ("nested",)
    assert written.lfs_pointers == ("big.bin",)
    assert list((tmp_path / "out/nested").iterdir()) == []


def test_only_an_empty_destination_is_filled(repository, tmp_path):
    repository.commit(a_py="1")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine").write_text("keep")
    with pytest.raises(TargetError, match="is not empty"):
        export_tree(repository.path, "HEAD", tmp_path / "out")
    with pytest.raises(StoreError, match=r"Not a directory|File exists"):
        export_tree(repository.path, "HEAD", tmp_path / "out/mine")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


def test_an_unknown_reference_writes_nothing(repository, tmp_path):
    repository.commit()
    with pytest.raises(TargetError, match="no such commit"):
        export_tree(repository.path, "mian", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["..", ".git", ".GIT"])
def test_names_that_lead_elsewhere_are_refused(repository, tmp_path, name):
    repository.commit(a_py="1")
    blob = repository.git("rev-parse", "HEAD:a.py").strip().decode()
    inner = repository.git("mktree", stdin=f"100644 blob {blob}\tevil\n".encode()).strip().decode()
    # `mktree` refuses such names, `hash-object --literally` writes what it is given.
    raw = b"40000 " + name.encode() + b"\0" + bytes.fromhex(inner)
    asked = ("hash-object", "-t", "tree", "-w", "--literally", "--stdin")
    tree = repository.git(*asked, stdin=raw).strip().decode()
    commit = repository.git("commit-tree", tree, "-m", "evil").strip().decode()
    with pytest.raises(GitError, match="forbidden path"):
        export_tree(repository.path, commit, tmp_path / "out")


def test_a_damaged_repository_is_said(repository, tmp_path):
    repository.commit(a_py="1")
    blob = repository.git("rev-parse", "HEAD:a.py").decode().strip()
    (repository.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(GitError, match=r"a\.py in .*missing from the repository"):
        export_tree(repository.path, "HEAD", tmp_path / "out")


def test_a_truncated_object_is_said(repository, tmp_path):
    repository.write("large", os.urandom(4 << 20))
    repository.commit()
    blob = repository.git("rev-parse", "HEAD:large").decode().strip()
    path = repository.path / ".git/objects" / blob[:2] / blob[2:]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[: 1 << 20])
    with pytest.raises(GitError, match=r"missing from the repository|ended before"):
        export_tree(repository.path, "HEAD", tmp_path / "out")
