"""Every commit is recorded once, whatever became of the marks and of the process."""

import os
import random
import shutil
import signal
import sqlite3
import threading
from pathlib import Path

import pytest

from whet.codebase import extract_commit_data
from whet.codebase.activity import (
    commits_by_day,
    follow,
    hooks_report,
    ingest,
    install_hooks,
    ledger,
    recorded_commits,
)
from whet.codebase.activity._places import places_of
from whet.codebase.activity._reading import read_commits
from whet.codebase.activity.ledger import Ledger, ledger_path, open_ledger
from whet.errors import GitError, StoreError


def recorded(repository, *, every=True):
    return {commit.commit for commit in recorded_commits(repository.path, every=every)}


def reachable(repository, *sources):
    return set(repository.git("rev-list", *(sources or ("--all",))).decode().split())


def grow(repository, number, branch="main", start=0):
    """Commits made at once, each on the last one."""
    stream = []
    for at in range(start, start + number):
        mark = f"commit refs/heads/{branch}\ncommitter A <a@b> {1_700_000_000 + at} +0000\n"
        text = f"change {at}"
        origin = f"from refs/heads/{branch}^0\n" if at == start and start else ""
        body = f"data {len(text)}\n{text}\n{origin}M 644 inline f{at % 7}.py\ndata 2\n{at % 10}\n"
        stream.append(mark + body)
    repository.git("fast-import", "--quiet", stdin="".join(stream).encode())


def test_everything_is_recorded_once_and_a_second_time_nothing(repository):
    grow(repository, 30)
    first = ingest(repository.path, batch=7)
    assert (first.recorded, first.batches, first.total) == (30, 5, 30)
    second = ingest(repository.path, batch=7)
    assert (second.recorded, second.batches, second.total) == (0, 0, 30)
    assert recorded(repository) == reachable(repository)


def test_what_is_recorded_is_what_git_says(repository):
    repository.commit("one\n\nwith \x01 a body", a_py="1\n2\n")
    repository.git("mv", "a.py", "b.py")
    repository.commit("caf\u00e9")
    repository.write(b"\xff.bin", b"\0\1")
    repository.commit("binary")
    repository.git("checkout", "-q", "-b", "side", "HEAD~1")
    repository.commit("side", c_py="3\n")
    repository.git("merge", "-q", "--no-edit", "main")
    ingest(repository.path)
    expected = {c.commit: c for c in extract_commit_data(repository.path, "side")}
    found = {c.commit: c for c in recorded_commits(repository.path)}
    assert found == expected
    assert len(found) == 5


def test_commits_without_marks_are_found(repository):
    install_hooks(repository.path)
    repository.commit("one")
    repository.git("-c", "core.hooksPath=/dev/null", "commit", "-q", "--allow-empty", "-m", "two")
    repository.commit("three")
    repository.git("commit", "-q", "--amend", "--allow-empty", "-m", "three again")
    repository.git("checkout", "-q", "--detach")
    repository.commit("on no branch")
    repository.git("checkout", "-q", "main")
    repository.git("rebase", "-q", "--root", "--force-rebase")
    report = ingest(repository.path)
    assert recorded(repository) == reachable(repository, "--all", "--reflog")
    assert report.recorded == report.on_branches + report.from_reflog
    assert recorded(repository, every=False) == reachable(repository)
    assert not hooks_report(repository.path).pending_marks


def test_a_commit_that_is_pruned_after_it_was_read_stays_recorded(repository):
    repository.commit("one")
    gone = repository.commit("two")
    ingest(repository.path)
    repository.git("reset", "-q", "--hard", "HEAD~1")
    repository.git("reflog", "expire", "--expire=now", "--all")
    repository.git("gc", "-q", "--prune=now")
    repository.commit("three")
    report = ingest(repository.path)
    assert report.recorded == 1
    assert gone in recorded(repository)


def test_a_commit_that_is_pruned_before_it_was_read_is_told_by_its_mark(repository):
    install_hooks(repository.path)
    repository.commit("one")
    gone = repository.commit("two")
    repository.git("reset", "-q", "--hard", "HEAD~1")
    repository.git("reflog", "expire", "--expire=now", "--all")
    repository.git("gc", "-q", "--prune=now")
    report = ingest(repository.path)
    assert (report.recorded, report.lost) == (1, (gone,))


def test_a_reflog_commit_that_comes_to_a_branch_counts_from_then_on(repository):
    repository.commit("one")
    far = repository.commit("two")
    repository.git("reset", "-q", "--hard", "HEAD~1")
    ingest(repository.path)
    assert far not in recorded(repository, every=False)
    repository.git("branch", "back", far)
    assert ingest(repository.path).recorded == 0
    assert far in recorded(repository, every=False)


def test_stashes_and_notes_are_no_work_on_a_branch(repository):
    repository.commit("one", a_py="1\n")
    repository.write("a.py", "2\n")
    repository.git("stash")
    repository.git("notes", "add", "-m", "note")
    ingest(repository.path)
    assert recorded(repository, every=False) == reachable(repository, "main")


def test_tags_of_files_and_of_tags_are_no_obstacle(repository):
    made = repository.commit("one", a_py="1\n")
    repository.git("tag", "file", repository.git("rev-parse", "HEAD:a.py").decode().strip())
    repository.git("tag", "-m", "x", "outer", made)
    repository.git("tag", "-m", "x", "outermost", "outer")
    repository.git("tag", "-m", "x", "tree", "HEAD^{tree}")
    repository.git("branch", "-m", "other")
    assert ingest(repository.path).recorded == 1


def test_a_history_that_was_shallow_is_completed(make_repository, repository):
    grow(repository, 10)
    clone = make_repository("clone")
    url = f"file://{repository.path}"
    clone.git("fetch", "-q", "--depth=3", url, "main:main", "--update-head-ok")
    report = ingest(clone.path)
    assert (report.recorded, report.without_files) == (3, 1)
    clone.git("fetch", "-q", "--unshallow", url, "main:main", "--update-head-ok")
    report = ingest(clone.path)
    assert (report.recorded, report.without_files) == (7, 0)
    assert recorded(clone) == reachable(repository)


def test_commits_whose_objects_are_missing_are_recorded_without_files(repository):
    grow(repository, 6)
    repository.git("repack", "-adq")
    packs = list((repository.path / ".git/objects/pack").glob("*.pack"))
    raw = packs[0].read_bytes()
    shutil.rmtree(repository.path / ".git/objects/pack")
    repository.git("unpack-objects", "-q", stdin=raw)
    blob = repository.git("rev-parse", "HEAD~2:f3.py").decode().strip()
    (repository.path / f".git/objects/{blob[:2]}/{blob[2:]}").unlink()
    report = ingest(repository.path)
    assert report.recorded == 6
    assert 1 <= report.without_files <= 2


def test_a_commit_that_cannot_be_read_at_all_is_named_and_the_others_are_read(repository):
    made = [repository.commit("one"), "1" * 40, repository.commit("two")]
    notes = []
    found = read_commits(repository.path, made, notes)
    assert [commit.commit for commit in found] == [made[0], made[2]]
    assert [note.split(":")[0] for note in notes] == [f"commit {made[1]} cannot be read"]


def test_a_history_with_a_missing_parent_is_one_clear_error(repository):
    tree = repository.git("mktree", stdin=b"").decode().strip()
    raw = f"tree {tree}\nparent {'1' * 40}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\n"
    words = ("hash-object", "-w", "-t", "commit", "--literally", "--stdin")
    broken = repository.git(*words, stdin=raw.encode()).decode()
    (repository.path / ".git/refs/heads/main").write_text(broken)
    with pytest.raises(GitError, match="git rev-list"):
        ingest(repository.path)


def test_bare_linked_and_sha256_repositories_are_read(make_repository, tmp_path):
    modern = make_repository("modern", "--object-format=sha256")
    made = modern.commit("one")
    modern.git("worktree", "add", "-q", str(tmp_path / "tree"), "-b", "side")
    modern.path, top = tmp_path / "tree", modern.path
    far = modern.commit("two")
    assert ingest(modern.path).recorded == 2
    modern.path = top
    assert recorded(modern) == {made, far}
    assert (top / ".whet/activity.sqlite").is_file()


def test_an_empty_repository_has_nothing_to_record(repository):
    report = ingest(repository.path)
    assert (report.recorded, report.total) == (0, 0)
    assert commits_by_day(repository.path) == {}


def test_a_long_history_is_taken_in_by_pieces(repository, monkeypatch):
    grow(repository, 4000)
    asked = []
    unknown = Ledger.unknown
    monkeypatch.setattr(
        Ledger, "unknown", lambda self, shas: asked.append(len(shas)) or unknown(self, shas)
    )
    ingest(repository.path)
    assert sum(asked) == 4000
    assert max(asked) < 2000


def test_what_is_new_between_known_commits_is_read_in_whole_batches(repository):
    grow(repository, 40)
    ingest(repository.path)
    with open_ledger(places_of(repository.path)) as ledger:
        ledger._connection.execute("DELETE FROM tips")
        ledger._connection.execute("DELETE FROM commits WHERE rowid % 4 = 0")
    assert (report := ingest(repository.path, batch=5)).recorded == 10
    assert report.batches == 2
    assert recorded(repository) == reachable(repository)


def test_days_count_commits_of_branches_by_the_author(repository):
    repository.commit("one")
    repository.commit("two")
    repository.git("commit", "-q", "--amend", "--allow-empty", "-m", "three")
    ingest(repository.path)
    assert commits_by_day(repository.path) == {"2026-03-01": 2}


def test_what_was_never_recorded_is_empty_and_nothing_is_made(repository):
    assert list(recorded_commits(repository.path)) == []
    assert commits_by_day(repository.path) == {}
    assert not (repository.path / ".whet").exists()


def test_between_batches_the_machine_rests(repository):
    grow(repository, 9)
    rests = []
    ingest(repository.path, batch=3, pause_s=0.25, sleep=rests.append)
    assert rests == [0.25, 0.25]


class Ticks:
    """Time that moves by sleeping only."""

    def __init__(self):
        self.at = 0.0

    def monotonic_s(self):
        return self.at

    def sleep(self, seconds):
        self.at += seconds


def test_a_burst_of_commits_is_one_ingestion(repository):
    install_hooks(repository.path)
    ticks, looks = Ticks(), []

    def sleep(seconds):
        ticks.sleep(seconds)
        looks.append(ticks.at)
        if len(looks) == 2:
            for number in range(8):
                repository.commit(f"burst {number}")

    reports = follow(repository.path, every_s=5, clock=ticks, sleep=sleep)
    assert next(reports).recorded == 0
    burst = next(reports)
    assert (burst.recorded, burst.marks, ticks.at) == (8, 8, 10)
    repository.git("-c", "core.hooksPath=/dev/null", "commit", "-q", "--allow-empty", "-m", "x")
    assert next(reports).recorded == 1  # without a mark, by the sweep
    assert ticks.at == 70
    reports.close()


def test_marks_that_come_meanwhile_are_kept(repository):
    install_hooks(repository.path)
    repository.commit("one")

    def late(event):
        if event.status == "done":
            return
        with (repository.path / ".git/whet/spool").open("a") as file:
            file.write("later\n")

    assert ingest(repository.path, on_event=late).marks == 1
    assert hooks_report(repository.path).pending_marks == 2


def dies_at(repository, row):
    """An ingester that is killed while it writes its n-th commit."""
    child = os.fork()
    if not child:
        real, seen = ledger._row, [0]

        def counted(*arguments, **options):
            seen[0] += 1
            if seen[0] == row:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **options)

        ledger._row = counted
        try:
            ingest(repository.path, batch=10)
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1]


def test_an_ingester_killed_at_random_loses_and_doubles_nothing_while_commits_go_on(repository):
    install_hooks(repository.path)
    grow(repository, 100)
    chance, killed = random.Random(7), 0
    for turn in range(12):
        grow(repository, 5, start=100 + 5 * turn)
        status = dies_at(repository, chance.randrange(1, 40))
        killed += os.WIFSIGNALED(status)
    ingest(repository.path)
    assert killed >= 5
    found = [commit.commit for commit in recorded_commits(repository.path, every=True)]
    assert len(found) == len(set(found)) == 160
    assert set(found) == reachable(repository)
    assert all(commit.files for commit in recorded_commits(repository.path))


def test_two_ingesters_at_once_record_each_commit_once(repository):
    grow(repository, 80)
    reports = []
    threads = [
        threading.Thread(target=lambda: reports.append(ingest(repository.path, batch=5)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [report.total for report in reports].count(80) >= 1
    assert recorded(repository) == reachable(repository)


def test_a_database_that_is_damaged_or_newer_is_named(repository):
    repository.commit()
    ingest(repository.path)
    path = ledger_path(places_of(repository.path))
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="has the version 99, and this whet knows 1"):
        ingest(repository.path)
    for name in ("", "-wal", "-shm"):
        Path(f"{path}{name}").unlink(missing_ok=True)
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError, match="file is not a database"):
        ingest(repository.path)
    path.unlink()
    assert ingest(repository.path).recorded == 1


def test_a_transaction_that_fails_leaves_nothing(repository):
    repository.commit()
    commit = next(extract_commit_data(repository.path))
    with open_ledger(places_of(repository.path)) as book:
        with pytest.raises(AttributeError):
            book.record([commit, None], on_branch=True)
        assert book.count() == 0
        assert book.record([commit], on_branch=True) == 1


@pytest.mark.parametrize(
    ("said", "way_out"),
    [
        ("database or disk is full", "Free some space"),
        ("attempt to write a readonly database", "Make its folder writable"),
    ],
)
def test_what_the_disk_refuses_says_what_to_do(repository, monkeypatch, said, way_out):
    repository.commit()

    def refuse(*_, **__):
        raise sqlite3.OperationalError(said)

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "_row", refuse)
        with pytest.raises(StoreError, match=f"{said}. {way_out}"):
            ingest(repository.path)
    assert ingest(repository.path).recorded == 1


def test_a_database_that_another_process_holds_is_waited_for_and_then_named(
    repository, monkeypatch
):
    repository.commit()
    ingest(repository.path)
    repository.commit()
    monkeypatch.setattr(ledger, "_BUSY_S", 0.01)
    holder = sqlite3.connect(ledger_path(places_of(repository.path)), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=r"is locked\. Another process writes"):
        ingest(repository.path)
    holder.execute("ROLLBACK")
    holder.close()
    assert ingest(repository.path).recorded == 1
