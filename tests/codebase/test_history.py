"""Commit data and branch comparison, exact on merges, renames and odd encodings."""

import json
import subprocess
import sys

import pytest

import whet.codebase
from whet.codebase import compare_branches, extract_commit_data
from whet.codebase.alignment import default_branch
from whet.codebase.branches import main
from whet.errors import GitError, TargetError, UsageError
from whet.records import from_json, to_json
from whet.records.history import BranchComparison, CommitData, DiffStatistics, FileChange


def commits(repository, *arguments, **options):
    return list(extract_commit_data(repository.path, *arguments, **options))


def test_a_commit_carries_people_dates_message_and_files(repository):
    first = repository.commit("one\n\nbody\n", a_py="1\n2\n")
    second = repository.commit("two", a_py="1\n3\n4\n")
    newest, oldest = commits(repository)
    assert newest == CommitData(
        commit=second,
        parents=(first,),
        author="Ada",
        author_email="ada@example.org",
        authored_at="2026-03-01T10:00:00+02:00",
        committer="Bo",
        committer_email="bo@example.org",
        committed_at="2026-03-02T11:00:00+00:00",
        message="two\n",
        files=(FileChange(path="a.py", status="M", added=2, deleted=1),),
    )
    assert (oldest.commit, oldest.parents, oldest.message) == (first, (), "one\n\nbody\n")
    assert (newest.added, newest.deleted) == (2, 1)
    assert from_json(to_json(newest), CommitData) == newest


def test_renames_copies_binaries_and_deletions(repository):
    text = "".join(f"line {n}\n" for n in range(50))
    repository.commit(a_py=text, b_py="1\n")
    repository.git("mv", "a.py", "with tab\t.py")
    repository.git("rm", "-q", "b.py")
    repository.write("raw", b"\0\1\2")
    repository.commit()
    newest, _ = commits(repository)
    assert newest.files == (
        FileChange(path="b.py", status="D", added=0, deleted=1),
        FileChange(path="raw", status="A", added=None, deleted=None),
        FileChange(path="with tab\t.py", status="R", added=0, deleted=0, old_path="a.py"),
    )
    assert (newest.added, newest.deleted) == (0, 1)


def test_commits_without_files_do_not_confuse_their_neighbors(repository):
    messages = ["empty", "with file", "empty again", "", "last"]
    for n, message in enumerate(messages):
        files = {"a_py": f"{n}\n"} if "file" in message or message == "last" else {}
        for name, content in files.items():
            repository.write(name.replace("_py", ".py"), content)
        repository.git("add", "-A")
        repository.git("commit", "-q", "--allow-empty", "--allow-empty-message", "-m", message)
    found = commits(repository)
    assert [commit.message.strip() for commit in found] == messages[::-1]
    assert [len(commit.files) for commit in found] == [1, 0, 0, 1, 0]


def test_merges_are_compared_with_their_first_parent(repository):
    base = repository.commit(a_py="1\n")
    repository.git("checkout", "-qb", "topic")
    repository.commit(b_py="1\n2\n")
    repository.git("checkout", "-q", "main")
    main_side = repository.commit(c_py="1\n")
    repository.git("merge", "-q", "--no-edit", "topic")
    merge = commits(repository)[0]
    assert merge.parents[0] == main_side
    assert merge.files == (FileChange(path="b.py", status="A", added=2, deleted=0),)
    assert commits(repository)[-1].commit == base


def test_messages_cannot_forge_records(repository):
    forged = f"x\n\n:100644 100644 a b M\n1\t1\tfake.py\n{'0' * 40}\n\x01\x02"
    repository.commit(forged, a_py="1\n")
    (commit,) = commits(repository)
    assert commit.message.strip() == forged.strip()
    assert [change.path for change in commit.files] == ["a.py"]


def test_odd_encodings_keep_every_byte_visible(repository):
    repository.write(b"caf\xe9.py", "1\n")
    repository.write("naïve.py", "1\n")
    repository.git("add", "-A")
    tree = repository.git("write-tree").decode().strip()
    header = f"tree {tree}\nauthor J\xfcrgen <j@x> 1 +0000\ncommitter B <b@x> 1 +0000\n"
    for encoding, message in (("encoding ISO-8859-1\n", "gr\xfc\xdfe"), ("", "raw \xe9")):
        raw = f"{header}{encoding}\n{message}\n".encode("latin-1")
        commit = repository.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=raw)
        repository.git("update-ref", "refs/heads/main", commit.decode().strip())
        (found,) = commits(repository)
        if encoding:
            assert (found.author, found.message) == ("Jürgen", "grüße\n")
        else:
            assert (found.author, found.message) == ("J\\xfcrgen", "raw \\xe9\n")
        assert found.files[0].path == "caf\\xe9.py"
        assert found.files[0].path_bytes == b"caf\xe9.py"
        assert (found.files[1].path, found.files[1].path_bytes) == ("naïve.py", None)
        assert to_json(found)


def test_the_walk_begins_where_asked_and_ends_at_the_limit(repository):
    first = repository.commit("one", a_py="1")
    repository.commit("two", b_py="1")
    repository.commit("three", a_py="2")
    assert [c.message for c in commits(repository, limit=2)] == ["three\n", "two\n"]
    assert [c.commit for c in commits(repository, first)] == [first]
    assert [c.message for c in commits(repository, paths=["a.py"])] == ["three\n", "one\n"]
    with pytest.raises(TargetError, match="no such commit"):
        commits(repository, "mian")


def test_an_empty_repository_has_no_commits_and_no_branches(repository):
    assert commits(repository) == []
    assert compare_branches(repository.path) == ()
    assert default_branch(repository.path) is None
    assert main([str(repository.path)]) == 0


def test_the_edge_of_a_shallow_clone_has_unknown_files(repository, tmp_path):
    repository.commit("one", a_py="1")
    repository.commit("two", b_py="1")
    repository.commit("three", a_py="2")
    repository.git("branch", "other", "HEAD~2")
    clone = tmp_path / "clone"
    repository.git("clone", "-q", "--depth=2", "--no-single-branch",
                   f"file://{repository.path}", str(clone))  # fmt: skip
    newest, edge = extract_commit_data(clone)
    assert newest.files is not None
    assert edge.files is None
    assert (edge.added, edge.message) == (0, "two\n")
    (comparison,) = compare_branches(clone, [("main", "origin/other")])
    assert not comparison.complete


def test_branches_are_compared_with_the_default_one(repository):
    base = repository.commit(a_py="1\n")
    repository.git("branch", "same")
    repository.git("checkout", "-qb", "topic/x")
    repository.commit(b_py="1\n2\n")
    repository.write("raw", b"\0")
    topic = repository.commit()
    repository.git("checkout", "-q", "main")
    top = repository.commit(a_py="2\n")
    repository.git("tag", "topic/x", "HEAD")  # the same name must not win
    same, other = compare_branches(repository.path)
    assert same == BranchComparison(
        left="main",
        right="same",
        left_commit=top,
        right_commit=base,
        merge_bases=(base,),
        ahead=0,
        behind=1,
        diff=DiffStatistics(files=0, binary_files=0, added=0, deleted=0),
    )
    assert (other.right, other.right_commit, other.merge_bases) == ("topic/x", topic, (base,))
    assert (other.ahead, other.behind) == (2, 1)
    assert other.diff == DiffStatistics(files=2, binary_files=1, added=2, deleted=0)


def test_named_pairs_keep_their_order_and_renames_count_once(repository):
    text = "".join(f"line {n}\n" for n in range(50))
    repository.commit(a_py=text)
    repository.git("checkout", "-qb", "topic")
    repository.git("mv", "a.py", "b.py")
    repository.commit()
    forward, backward = compare_branches(repository.path, [("main", "topic"), ("topic", "main")])
    assert (forward.ahead, forward.behind) == (1, 0)
    assert (backward.ahead, backward.behind) == (0, 1)
    assert forward.diff == DiffStatistics(files=1, binary_files=0, added=0, deleted=0)
    assert backward.diff.files == 0


def test_unrelated_histories_have_no_base_and_no_diff(repository):
    repository.commit(a_py="1\n")
    repository.git("checkout", "-q", "--orphan", "other")
    repository.commit("other", b_py="1\n")
    repository.git("branch", "third")
    repository.git("checkout", "-q", "third")
    repository.commit("more", c_py="1\n2\n")
    unrelated, related = compare_branches(repository.path, [("main", "other"), ("other", "third")])
    assert (unrelated.merge_bases, unrelated.diff) == ((), None)
    assert (unrelated.ahead, unrelated.behind) == (1, 1)
    assert related.diff == DiffStatistics(files=1, binary_files=0, added=2, deleted=0)


def test_crossed_histories_have_several_bases(repository):
    repository.commit(a_py="1\n")
    repository.git("checkout", "-qb", "other")
    right = repository.commit("right", b_py="1\n")
    repository.git("checkout", "-q", "main")
    left = repository.commit("left", c_py="1\n")
    repository.git("merge", "-q", "--no-edit", right)
    repository.git("checkout", "-q", "other")
    repository.git("merge", "-q", "--no-edit", left)
    (comparison,) = compare_branches(repository.path)
    assert set(comparison.merge_bases) == {left, right}


def test_the_default_branch_is_what_the_remote_says(repository, tmp_path):
    repository.commit()
    repository.git("branch", "trunk")
    repository.git("branch", "develop")
    repository.git("symbolic-ref", "HEAD", "refs/heads/develop")
    assert default_branch(repository.path) == "main"
    repository.git("branch", "-D", "main")
    assert default_branch(repository.path) == "develop"
    clone = tmp_path / "clone"
    repository.git("clone", "-q", ".", str(clone))
    assert default_branch(clone) == "develop"


def test_a_broken_repository_is_said(repository):
    repository.commit(a_py="1")
    repository.git("branch", "other")
    first = repository.head()
    repository.commit(a_py="2")
    (repository.path / ".git/objects" / first[:2] / first[2:]).unlink()
    with pytest.raises((GitError, TargetError)):
        compare_branches(repository.path)
    with pytest.raises(GitError):
        commits(repository)


def test_the_built_in_workload_prints_the_same_json_lines_each_time(repository, tmp_path):
    repository.commit(a_py="1\n")
    repository.git("branch", "other")
    repository.commit(a_py="2\n")
    command = [sys.executable, "-W", "error", "-m", "whet.codebase.branches", str(repository.path)]
    first, second = (subprocess.run(command, capture_output=True, check=True) for _ in range(2))
    assert first.stdout == second.stdout
    comparison, newest, _oldest = map(json.loads, first.stdout.splitlines())
    assert (comparison["right"], comparison["behind"]) == ("other", 1)
    assert newest["files"][0]["path"] == "a.py"
    refused = subprocess.run([*command[:-1], str(tmp_path)], capture_output=True, check=False)
    assert refused.returncode == 1
    assert refused.stderr.startswith(b"whet: git for-each-ref in")
    with pytest.raises(UsageError):
        main([])


def test_the_face_of_the_room():
    for name in whet.codebase.__all__:
        assert callable(getattr(whet.codebase, name))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = whet.codebase.nothing
