"""Which files a scan finds: what git says, with git and without it."""

import os
import random
import subprocess

import pytest

from whet.codebase.scan import ScanOptions, scan, scan_names
from whet.codebase.scan._joined import tells_names_apart
from whet.codebase.scan._presence import Presence
from whet.errors import GitError, TargetError
from whet.records import to_json
from whet.records.scan import ScannedFile

WAYS = pytest.mark.parametrize("use_git", [True, False], ids=["git", "rignore"])


@pytest.fixture(params=["names told apart", "names folded"])
def file_system(request, monkeypatch):
    """Where a file has several names, git's answer is checked name by name."""
    if request.param == "names folded":
        monkeypatch.setattr("whet.codebase.scan._git.tells_names_apart", lambda _folder: False)
    return request.param


def found(folder, **options):
    batches = scan_names(folder, ScanOptions(**options))
    names = [name for batch in batches for name in batch]
    assert len(names) == len(set(names))
    return sorted(names)


def listed(folder, *options, **environment):
    """Git's own answer, but what is no file: nested repositories, and what is gone."""
    out = subprocess.run(
        ["git", *options, "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=folder, env=os.environ | environment, capture_output=True, check=True,
    ).stdout  # fmt: skip
    names = {os.fsdecode(name) for name in out.split(b"\0") if name}
    return sorted(
        name
        for name in names
        if (path := folder / name).is_symlink() or path.is_file()
        if path.parent.resolve() == folder.resolve() / os.path.dirname(name)  # noqa: PTH120
    )


def nested_rules(repository):
    repository.write(".gitignore", "*.log\nbuild/\n/only-here\nsecret\\ file\n\\#odd\n**/deep/*.x")
    repository.write("kept/.gitignore", "!important.log\n*.tmp\n")
    for name in ("a.log", "kept/important.log", "kept/other.log", "kept/x.tmp", "build/out",
                 "sub/build/out", "only-here", "sub/only-here", "secret file", "#odd",
                 "a/deep/f.x", "a/deep/f.y", "build.py", ".hidden/file"):  # fmt: skip
        repository.write(name)


def negation(repository):
    repository.write(".gitignore", "*\n!*/\n!*.py\nclosed/\n!closed/in.py\n")
    for name in ("a.py", "a.txt", "deep/er/b.py", "deep/er/b.txt", "closed/in.py"):
        repository.write(name)


def excluded_by_the_repository(repository):
    (repository.path / ".git/info").mkdir(exist_ok=True)
    (repository.path / ".git/info/exclude").write_text("mine\n*.swp\n")
    for name in ("mine", "sub/mine", "a.swp", "b"):
        repository.write(name)


def excluded_by_the_repository_s_configuration(repository):
    repository.write("../elsewhere", "*.cfg\n!kept.cfg\n")
    repository.git("config", "core.excludesFile", str(repository.path.parent / "elsewhere"))
    repository.write("sub/.gitignore", "!a.log\n*.log\n")
    for name in ("a.cfg", "kept.cfg", "sub/a.cfg", "sub/b.cfg"):
        repository.write(name)


def symbolic_links(repository):
    repository.write("real/file")
    for name, target in (("to-folder", "real"), ("to-file", "real/file"), ("gone", "nowhere"),
                         ("loop", "loop"), ("up", "..")):  # fmt: skip
        (repository.path / name).symlink_to(target)
    repository.write("was-folder/file")
    repository.git("add", "was-folder", "to-folder")
    (repository.path / "was-folder/file").unlink()
    (repository.path / "was-folder").rmdir()
    (repository.path / "was-folder").symlink_to("real")


def repositories_inside(repository):
    inner = repository.path / "inner"
    inner.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=inner, check=True)
    repository.write("inner/theirs")
    repository.write("not-one/.git/nothing")
    repository.write("not-one/file")
    repository.write("dangling/.git", "gitdir: ../nowhere\n")
    repository.write("dangling/file")
    repository.git("commit", "-q", "--allow-empty", "-m", "first")
    head = repository.head()
    repository.write("module/file")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{head},module")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{head},not-checked-out")
    repository.write("own", "x")


def odd_names(repository):
    for name in (b"new\nline", b"tab\there", "naïve/ünder".encode(), b" lead",
                 b'quote".py', b"back\\slash", b"-dash", b"H x", b"? y", b":(top)z"):  # fmt: skip
        repository.write(name)
    repository.git("add", "--", "*line", "H x")
    repository.write(".gitignore", b"*.py\n!raw*\n")


def tracked_although_ignored_and_gone(repository):
    repository.write(".gitignore", "*.log\nout/\n")
    for name in ("a.log", "out/kept", "deleted", "dir/deleted", "becomes", "becomes-pipe"):
        repository.write(name)
    repository.git("add", "-f", ".")
    repository.write("b.log")
    repository.write("out/new")
    for name in ("deleted", "dir/deleted", "becomes", "becomes-pipe"):
        (repository.path / name).unlink()
    (repository.path / "dir").rmdir()
    repository.write("becomes/file")
    os.mkfifo(repository.path / "becomes-pipe")
    os.mkfifo(repository.path / "pipe")


def an_unmerged_file(repository):
    for content, branch in (("base", "main"), ("mine", "mine"), ("theirs", "theirs")):
        if branch != "main":
            repository.git("checkout", "-q", "main", "-b", branch)
        repository.commit(a_py=content, **{branch: "x"})
    with pytest.raises(subprocess.CalledProcessError):
        repository.git("merge", "-q", "mine")


def tracked_inside_a_repository_inside(repository):
    repository.write("inner/ours")
    repository.write("inner/new")
    repository.write("inner/skipped.log")
    repository.write(".gitignore", "*.log\n")
    repository.git("add", "inner/ours")
    subprocess.run(["git", "init", "-q"], cwd=repository.path / "inner", check=True)


SITUATIONS = (
    tracked_inside_a_repository_inside, nested_rules, negation, excluded_by_the_repository,
    excluded_by_the_repository_s_configuration, symbolic_links, repositories_inside, odd_names,
    tracked_although_ignored_and_gone, an_unmerged_file,
)  # fmt: skip


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.__name__)
def test_a_scan_is_what_git_lists_and_is_there(repository, situation, file_system):
    assert file_system
    situation(repository)
    expected = listed(repository.path)
    assert expected
    assert found(repository.path) == expected
    subprocess.run(["git", "add", "-A", "--ignore-errors"], cwd=repository.path, check=False)
    assert found(repository.path) == listed(repository.path)


@pytest.mark.parametrize("situation", SITUATIONS[1:], ids=lambda situation: situation.__name__)
def test_a_scan_without_git_is_what_git_lists_and_is_there(repository, situation):
    situation(repository)
    assert found(repository.path, use_git=False) == listed(repository.path)
    subprocess.run(["git", "add", "-A", "--ignore-errors"], cwd=repository.path, check=False)
    assert found(repository.path, use_git=False) == listed(repository.path)


@WAYS
def test_the_user_s_own_rules_count(repository, use_git, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    repository.write("../git/ignore", "*.bak\n.DS_Store\n")
    for name in ("a.bak", "a.py", "sub/.DS_Store"):
        repository.write(name)
    assert found(repository.path, use_git=use_git) == ["a.py"]


@WAYS
def test_any_folder_of_a_repository_can_be_scanned(repository, use_git):
    nested_rules(repository)
    repository.git("add", "-f", "build/out")
    for name in ("kept", "sub", "a/deep", "build", ".hidden"):
        expected = listed(repository.path / name)
        assert found(repository.path / name, use_git=use_git) == expected
    assert found(repository.path / "build", use_git=use_git) == ["out"]
    assert found(repository.path / "sub/build", use_git=use_git) == []


@WAYS
def test_a_folder_outside_of_repositories_follows_its_own_rules(repository, tmp_path, use_git):
    nested_rules(repository)
    expected = listed(repository.path)
    (repository.path / ".git").rename(tmp_path / "away")
    (tmp_path / ".gitignore").write_text("*\n")
    assert found(repository.path, use_git=use_git) == expected
    kept = [name for name in expected if not name.startswith(("kept/", "a/"))]
    assert found(repository.path, use_git=use_git, exclude=("kept/", "deep")) == kept


@WAYS
@pytest.mark.parametrize("version", [2, 3, 4])
def test_every_version_of_the_index_is_read(repository, use_git, version):
    for name in ("a", "a/b", "ab", "a-b", "long/" + "x" * 200, "long/" + "x" * 201):
        if name != "a":
            repository.write(name)
    repository.write(".gitignore", "*\n")
    repository.git("add", "-Af")
    if version == 3:
        repository.write("later")
        repository.git("add", "-f", "--intent-to-add", "later")
    repository.git("update-index", "--index-version", str(version))
    assert (repository.path / ".git/index").read_bytes()[7] == version
    assert found(repository.path, use_git=use_git) == listed(repository.path)


@WAYS
def test_repositories_with_longer_hashes_are_scanned(make_repository, use_git):
    repository = make_repository("long", "--object-format=sha256")
    repository.write(".gitignore", "*.log\n")
    repository.write("a.log")
    repository.write("deep/b.log")
    repository.git("add", "-f", "a.log", "deep/b.log")
    assert found(repository.path, use_git=use_git) == [".gitignore", "a.log", "deep/b.log"]


@WAYS
def test_a_work_tree_beside_its_repository_is_scanned(repository, use_git, tmp_path):
    repository.write(".gitignore", "*.log\n")
    repository.commit(a_py="1")
    repository.git("worktree", "add", "-q", str(tmp_path / "second"))
    (repository.path / ".git/info").mkdir(exist_ok=True)
    (repository.path / ".git/info/exclude").write_text("mine\n")
    second = tmp_path / "second"
    for name in ("mine", "b.log", "c.py"):
        (second / name).write_text("")
    assert found(second, use_git=use_git) == listed(second) == [".gitignore", "a.py", "c.py"]


@WAYS
def test_names_that_are_no_utf_8_are_found_or_counted(repository, use_git):
    for name in (b"tracked\xff", b"new\xfe", b"folder\xfd/file", b"plain"):
        repository.write(name)
    repository.git("add", b"tracked\xff")
    events = []
    names = found(repository.path, use_git=use_git, on_event=events.append)
    notes = [event.message for event in events if event.kind == "note"]
    if use_git:
        assert (names, notes) == (listed(repository.path), [])
    else:
        assert [os.fsencode(name) for name in names] == [b"plain", b"tracked\xff"]
        assert "are no UTF-8" in notes[0]


@WAYS
def test_files_that_a_sparse_checkout_leaves_out_are_not_there(repository, use_git):
    repository.commit(a_py="1", b_py="2")
    repository.git("update-index", "--skip-worktree", "a.py", "b.py")
    (repository.path / "a.py").unlink()
    assert found(repository.path, use_git=use_git) == ["b.py"]


PATTERNS = (
    "*.log", "!x.log", "build/", "/a", "a/b", "**/foo", "foo/**", "a/**/b", "*", "!*/", "!bar.py",
    "\\#h", "\\!n", "[ab]", "[!a]", "trail\\ ", "trail ", "a?b", "*.t*p", "/foo/*", "!foo/", "é",
    "[[]x]", "!/foo/bar.py", "**", "x.log/", "!a", "[a-", "\\a", "[^b]", "*/b", "***", "#h", "",
)  # fmt: skip
NAMES = ("a", "b", "foo", "bar.py", "x.log", "build", "a b", "é", "[x]", "#h", "!n", "d.tmp",
         " lead", "trail ", "A")  # fmt: skip


def grow(chance, folder, depth=0):
    for name in chance.sample(NAMES, chance.randint(1, 5)):
        path = folder / name
        if depth < 3 and chance.random() < 0.5:
            path.mkdir()
            grow(chance, path, depth + 1)
        else:
            path.touch()
    if chance.random() < 0.5:
        rules = "\n".join(chance.sample(PATTERNS, chance.randint(1, 4)))
        (folder / ".gitignore").write_text(rules + chance.choice(["", "\n", "\r\n"]))


@pytest.mark.parametrize("seed", range(25))
def test_both_ways_agree_with_git_on_any_rules(repository, seed):
    chance = random.Random(seed)
    grow(chance, repository.path)
    expected = listed(repository.path)
    for name in chance.sample(expected, min(3, len(expected))):
        repository.git("add", "-f", "--", f":(literal){name}")
    assert found(repository.path) == expected
    assert found(repository.path, use_git=False) == expected
    inside = [path for path in repository.path.iterdir() if path.is_dir() and path.name != ".git"]
    for folder in inside[:2]:
        assert found(folder, use_git=False) == found(folder) == listed(folder)


def test_git_s_raw_answer_may_name_what_is_gone(repository):
    tracked_although_ignored_and_gone(repository)
    raw = found(repository.path, present=False)
    assert set(raw) - set(found(repository.path)) == {
        "becomes", "becomes-pipe", "deleted", "dir/deleted",
    }  # fmt: skip


def test_a_record_says_what_was_asked_for(repository):
    repository.write("a.py", "123\n")
    repository.write("b.py")
    (repository.path / "link").symlink_to("a.py")
    repository.git("add", "a.py")
    assert {file.path: file for file in scan(repository.path)} == {
        "a.py": ScannedFile(path="a.py", tracked=True),
        "b.py": ScannedFile(path="b.py", tracked=False),
        "link": ScannedFile(path="link", tracked=False),
    }
    described = {file.path: file for file in scan(repository.path, details=True)}
    assert described["a.py"] == ScannedFile(
        path="a.py",
        tracked=True,
        kind="file",
        size_bytes=4,
        modified_ns=(repository.path / "a.py").stat().st_mtime_ns,
    )
    assert (described["link"].kind, described["link"].size_bytes) == ("symlink", 4)


def test_names_of_any_bytes_become_records(repository):
    repository.write(b"raw\xff.py")
    (file,) = scan(repository.path)
    assert os.fsencode(file.path) == b"raw\xff.py"
    assert b"raw\\\\udcff.py" in to_json(file)


def test_large_trees_come_in_batches_with_progress(repository):
    for number in range(2000):
        repository.write(f"folder-{number % 7}/a-name-that-is-rather-long-{number:050}")
    repository.git("add", "folder-1", "folder-2")
    (repository.path / f"folder-1/a-name-that-is-rather-long-{1:050}").unlink()
    events = []
    batches = list(scan_names(repository.path, ScanOptions(on_event=events.append)))
    assert len(batches) > 2
    assert sum(map(len, batches)) == 1999
    assert [event.count for event in events][-1] == 1999
    assert sorted(name for batch in batches for name in batch) == listed(repository.path)


def test_a_scan_may_be_left_early(repository):
    nested_rules(repository)
    files = scan(repository.path)
    assert next(files).path
    files.close()


def test_a_folder_that_cannot_be_scanned_is_said(tmp_path, repository, make_repository):
    with pytest.raises(TargetError, match="there is no such directory"):
        found(tmp_path / "nowhere")
    bare = make_repository("bare", "--bare")
    with pytest.raises(TargetError, match="bare repository"):
        found(bare.path)
    repository.commit(a_py="1")
    (repository.path / ".git/index").write_bytes(b"DIRC garbage")
    with pytest.raises(GitError, match="index"):
        found(repository.path)
    events = []
    without = found(repository.path, use_git=False, on_event=events.append)
    assert without == ["a.py"]
    assert ["cannot be read without git" in event.message for event in events[:1]] == [True]
    (repository.path / ".git/index").unlink()
    (repository.path / ".git/index").mkdir()
    events.clear()
    assert found(repository.path, use_git=False, on_event=events.append) == ["a.py"]
    assert "Is a directory" in events[0].message
    (repository.path / ".git/index").rmdir()
    (repository.path / ".git/config").unlink()
    assert found(repository.path, use_git=False) == ["a.py"]


def test_a_split_index_is_said_without_git(repository):
    repository.write(".gitignore", "*.log\n")
    repository.write("a.log")
    repository.git("add", "-f", "a.log", ".gitignore")
    repository.git("update-index", "--split-index")
    events = []
    assert found(repository.path, use_git=False, on_event=events.append) == [".gitignore"]
    assert "ignores are left out" in events[0].message


@pytest.mark.usefixtures("no_git")
def test_without_git_the_rules_hold_and_that_is_said(repository):
    nested_rules(repository)
    events = []
    names = found(repository.path, on_event=events.append)
    assert "build/out" not in names
    assert "kept/important.log" in names
    assert [event.message for event in events if event.kind == "note"] == [
        "git cannot be started: No such file or directory: the rules are read without it"
    ]


def test_file_systems_that_fold_names_are_told(tmp_path, monkeypatch):
    plain = tmp_path / "folder"
    plain.mkdir()
    assert tells_names_apart(plain)
    (tmp_path / "FOLDER").symlink_to("folder")  # as it looks where names are folded
    assert not tells_names_apart(plain)
    digits = tmp_path / "1"
    digits.mkdir()
    assert not tells_names_apart(digits)  # nobody knows
    monkeypatch.setattr("sys.platform", "darwin")
    assert not tells_names_apart(plain)


def test_a_repository_of_another_user_is_refused_and_can_be_read_without_git(repository):
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    repository.commit(a_py="1")
    os.chown(repository.path, 4711, 4711)
    os.chown(repository.path / ".git", 4711, 4711)
    with pytest.raises(GitError, match="another user"):
        found(repository.path)
    assert found(repository.path, use_git=False) == ["a.py"]


def test_files_that_vanish_while_they_are_scanned_are_left_out(repository):
    for name in ("a.py", "b.py", "c.py"):
        repository.write(name)
    files = scan(repository.path, details=True)
    first = next(files).path
    for name in {"a.py", "b.py", "c.py"} - {first}:
        (repository.path / name).unlink()
    assert list(files) == []


def test_a_folder_that_cannot_be_listed_is_asked_name_by_name(tmp_path):
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed/file").touch()
    there = Presence(str(tmp_path))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.scandir", refuse)
        assert there.files(["closed/file", "closed/gone", "gone/file"]) == ["closed/file"]


def refuse(_path):
    raise PermissionError(13, "Permission denied")


def test_programs_that_a_repository_configures_do_not_run_in_a_scan(repository, tmp_path):
    mark = tmp_path / "ran"
    repository.write("spy", f"#!/bin/sh\ntouch {mark}\n")
    (repository.path / "spy").chmod(0o755)
    repository.commit(a_py="1")
    repository.git("config", "core.fsmonitor", str(repository.path / "spy"))
    repository.git("config", "core.fsmonitorHookVersion", "2")
    before = repository.state()
    assert found(repository.path) == ["a.py", "spy"]
    assert not mark.exists()
    assert repository.state() == before
