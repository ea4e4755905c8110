"""Which commits a query finds, and the forms in which they are handed on."""

import json

import pytest

from whet.codebase.git import git_version
from whet.codebase.history import CSV_COLUMNS, CommitQuery, commits, line_of, rows_of
from whet.codebase.history._log import merge_option
from whet.errors import GitError, TargetError, UsageError
from whet.records import to_json
from whet.records.commits import ChangedFile, CommitLine
from whet.records.history import FileChange


def found(repository, **query):
    return list(commits(repository.path, CommitQuery(**query)))


def subjects(repository, **query):
    return [commit.message.strip() for commit in found(repository, **query)]


def dated(repository, message, day, **files):
    when = dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), f"{day}T12:00:00Z")
    for name, content in files.items():
        repository.write(name.replace("_py", ".py"), content)
    repository.git("add", "-A")
    repository.git("commit", "-q", "--allow-empty", "-m", message, **when)
    return repository.head()


@pytest.fixture
def forked(repository):
    dated(repository, "base", "2024-01-01", a_py="1\n")
    repository.git("tag", "v1")
    repository.git("checkout", "-qb", "topic")
    dated(repository, "topic", "2024-02-01", b_py="1\n")
    repository.git("checkout", "-q", "main")
    dated(repository, "main", "2024-03-01", a_py="2\n", c_py="3\n")
    return repository


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ((), ["main", "base"]),
        (("topic",), ["topic", "base"]),
        (("v1..topic",), ["topic"]),
        (("v1..",), ["main"]),
        (("..topic",), ["topic"]),
        (("main...topic",), ["main", "topic"]),
        (("^v1",), ["main"]),
        (("topic", "main", "^v1"), ["main", "topic"]),
        (("main~1",), ["base"]),
        (("HEAD..HEAD",), []),
    ],
)
def test_ranges_mean_what_they_mean_to_git(forked, ranges, expected):
    assert subjects(forked, ranges=ranges) == expected


@pytest.mark.parametrize("name", ["no-such", "--all", "-n1", "v1..no-such", "", "--output=x"])
def test_a_range_that_is_none_is_refused(forked, name):
    with pytest.raises(TargetError, match="no such commit"):
        found(forked, ranges=(name,))
    assert not (forked.path / "x").exists()


def test_every_branch_and_tag_can_be_asked_for(forked, make_repository):
    forked.git("checkout", "-q", "--detach")
    dated(forked, "tagged", "2024-04-01")
    forked.git("tag", "only-here")
    forked.git("checkout", "-q", "main")
    assert subjects(forked, every_branch=True) == ["tagged", "main", "topic", "base"]
    assert subjects(forked, every_branch=True, ranges=("^v1",)) == ["tagged", "main", "topic"]
    assert subjects(make_repository("empty"), every_branch=True) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"since": "2024-02-15"}, ["main"]),
        ({"until": "2024-02-15"}, ["base"]),
        ({"since": "2023-12-01", "until": "2024-01-15"}, ["base"]),
        ({"since": "1.year"}, []),
        ({"since": "yesterday"}, []),
        ({"since": "Jan 5 2024 12:00:00"}, ["main"]),
        ({"since": "20 years ago"}, ["main", "base"]),
        ({"until": "2.weeks.ago", "limit": 1}, ["main"]),
    ],
)
def test_commits_can_be_asked_for_by_date(forked, query, expected):
    assert subjects(forked, **query) == expected


@pytest.mark.parametrize(
    "text",
    ["1.yaer", "soon", "2024-02-31", "2024-13-01", "1960-01-01", "200 years ago", "60.years", "",
     "--", "x"],
)  # fmt: skip
def test_a_date_that_git_would_guess_is_refused(forked, text):
    with pytest.raises(UsageError, match="date"):
        found(forked, since=text)


def test_paths_choose_commits_and_these_are_listed_whole(forked):
    (commit,) = found(forked, paths=("c.py",))
    assert [change.path for change in commit.files] == ["a.py", "c.py"]
    assert subjects(forked, paths=("a.py",)) == ["main", "base"]
    assert subjects(forked, paths=("*.py",)) == []  # a name, not a pattern


def test_without_line_counts_files_are_named_all_the_same(forked):
    forked.git("mv", "a.py", "renamed.py")
    forked.write("raw", b"\0")
    dated(forked, "renamed", "2024-05-01")
    newest = found(forked, line_counts=False)[0]
    assert newest.files == (
        FileChange(path="a.py", status="D", added=None, deleted=None),
        FileChange(path="raw", status="A", added=None, deleted=None),
        FileChange(path="renamed.py", status="A", added=None, deleted=None),
    )


def test_a_clone_without_contents_says_what_is_missing_and_still_lists_files(forked, tmp_path):
    forked.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "partial"
    forked.git("clone", "-q", "--bare", "--filter=blob:none", f"file://{forked.path}", str(clone))
    before = sorted(clone.rglob("*"))
    with pytest.raises(GitError, match="missing from this partial clone"):
        list(commits(clone))
    without = list(commits(clone, CommitQuery(line_counts=False)))
    assert [[change.path for change in commit.files] for commit in without] == [
        ["a.py", "c.py"], ["a.py"],
    ]  # fmt: skip
    assert sorted(clone.rglob("*")) == before


def test_a_line_holds_exactly_what_is_promised(forked):
    forked.write("raw", b"\0")
    forked.git("mv", "a.py", "renamed.py")
    sha = dated(forked, "last", "2024-06-01")
    newest = found(forked)[0]
    line = line_of(newest)
    assert line == CommitLine(
        sha=sha,
        author="Ada",
        email="ada@example.org",
        date="2024-06-01T12:00:00+00:00",
        parents=newest.parents,
        message="last\n",
        files=(
            ChangedFile(path="raw", old_path=None, added=None, deleted=None),
            ChangedFile(path="renamed.py", old_path="a.py", added=0, deleted=0),
        ),
    )
    document = json.loads(to_json(line))
    assert list(document) == ["sha", "author", "email", "date", "parents", "message", "files"]
    assert list(document["files"][0]) == ["path", "old_path", "added", "deleted"]


def test_a_table_has_a_row_for_each_file_and_for_commits_without_files(forked):
    dated(forked, "nothing", "2024-06-01")
    rows = [dict(zip(CSV_COLUMNS, row, strict=True)) for c in found(forked) for row in rows_of(c)]
    assert [(row["message"], row["path"], row["added"]) for row in rows] == [
        ("nothing\n", None, None), ("main\n", "a.py", 1), ("main\n", "c.py", 1),
        ("base\n", "a.py", 1),
    ]  # fmt: skip


def test_the_edge_of_a_shallow_clone_is_said_in_a_line(forked, tmp_path):
    clone = tmp_path / "shallow"
    forked.git("clone", "-q", "--depth=1", f"file://{forked.path}", str(clone))
    (edge,) = commits(clone)
    assert line_of(edge).files is None
    assert [row[6] for row in rows_of(edge)] == [None]


def test_bare_repositories_and_long_hashes_are_read(make_repository, tmp_path):
    repository = make_repository("long", "--object-format=sha256")
    dated(repository, "one", "2024-01-01", a_py="1\n")
    sha = dated(repository, "two", "2024-01-02", a_py="2\n")
    assert len(sha) == 64
    bare = tmp_path / "bare"
    repository.git("clone", "-q", "--bare", ".", str(bare))
    for place in (repository.path, bare):
        assert [commit.commit for commit in commits(place, CommitQuery(limit=1))] == [sha]


def test_a_work_tree_and_a_submodule_have_histories_of_their_own(forked, tmp_path):
    forked.git("worktree", "add", "-q", str(tmp_path / "second"), "topic")
    assert [c.message for c in commits(tmp_path / "second", CommitQuery(limit=1))] == ["topic\n"]
    allowed = ("-c", "protocol.file.allow=always")
    forked.git(*allowed, "submodule", "add", "-q", str(tmp_path / "second"), "mod")
    dated(forked, "module", "2024-07-01")
    newest = found(forked)[0]
    assert [(f.path, f.added) for f in newest.files] == [(".gitmodules", 3), ("mod", 1)]
    inner = commits(forked.path / "mod", CommitQuery(limit=1))
    assert [commit.message for commit in inner] == ["topic\n"]


def test_settings_that_change_what_log_prints_do_not_count(forked):
    forked.git("mv", "a.py", "renamed.py")
    dated(forked, "renamed", "2024-05-01", **{"sub/x": "1\n"})
    before = found(forked, paths=("renamed.py",))
    for name, value in (("log.follow", "true"), ("diff.relative", "true"), ("diff.renames", "no"),
                        ("log.showSignature", "true"), ("log.diffMerges", "off"),
                        ("core.quotePath", "true"), ("log.date", "relative"),
                        ("format.pretty", "fuller"), ("log.showRoot", "false")):  # fmt: skip
        forked.git("config", name, value)
    assert found(forked, paths=("renamed.py",)) == before
    inside = commits(forked.path / "sub", CommitQuery(limit=1))
    assert [f.path for commit in inside for f in commit.files] == ["renamed.py", "sub/x"]


def test_programs_that_a_repository_configures_do_not_run_for_a_log(forked, tmp_path):
    mark = tmp_path / "ran"
    spy = tmp_path / "spy"
    spy.write_text(f"#!/bin/sh\ntouch {mark}\n")
    spy.chmod(0o755)
    forked.write(".gitattributes", "*.py diff=spy filter=spy\n")
    dated(forked, "attributes", "2024-06-01")
    for name in ("core.fsmonitor", "core.pager", "pager.log", "diff.external", "gpg.program",
                 "diff.spy.textconv", "diff.spy.command", "filter.spy.clean", "core.sshCommand",
                 "core.hooksPath", "core.alternateRefsCommand"):  # fmt: skip
        forked.git("config", name, str(spy))
    forked.git("config", "log.showSignature", "true")
    before = forked.state()
    assert len(found(forked)) == 3
    assert not mark.exists()
    assert forked.state() == before


def test_a_message_of_many_megabytes_is_read_in_time(forked):
    text = "a long line of a message\n" * 400_000
    forked.git("commit", "-q", "--allow-empty", "-F", "-", stdin=text.encode())
    assert found(forked, limit=1)[0].message == text


def test_an_old_git_finds_the_same(forked, old_git):
    forked.git("merge", "-q", "--no-edit", "topic")
    dated(forked, "after", "2024-08-01", d_py="1")
    before = found(forked)
    assert [len(commit.parents) for commit in before] == [1, 2, 1, 1, 0]
    old_git("2.30")
    assert git_version() == (2, 30)
    assert merge_option(git_version()) == "-m"
    assert found(forked) == before


def test_an_ancient_git_and_a_strange_one_are_refused(forked, old_git):
    old_git("2.17")
    with pytest.raises(GitError, match=r"2\.17 is older than 2\.24"):
        found(forked)
    old_git("odd")
    with pytest.raises(GitError, match="says no version"):
        git_version()


@pytest.mark.usefixtures("no_git")
def test_a_missing_git_is_said_for_commits(repository):
    with pytest.raises(GitError, match="Install git"):
        found(repository)


def test_a_missing_object_is_said_and_not_left_out(forked):
    blob = forked.git("rev-parse", "v1:a.py").decode().strip()
    (forked.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(GitError, match="git log in"):
        found(forked)
