"""Values that wait to be written together, and what a process knows without asking the disk."""

import os
import random
import signal
import subprocess
import sys
import threading

import pytest
from whet_runtime._steps import drive
from whet_runtime.cache._disk import DiskTier, _known, _near
from whet_runtime.cache._disk._changes import Changes
from whet_runtime.cache._tier import Notice
from whet_runtime.errors import TierUnavailable

DATABASE = "whet-cache-1.db"
NEVER_S = 600.0  # nothing is written because of the time


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def waiting(run_late):
    """A tier that writes only what it must, and another that writes at once."""
    return run_late(delay_s=NEVER_S), run_late(delay_s=0.0)


def body_at(tier, key):
    record = drive(tier.read([key])).sights[key].record
    return None if record is None else record.body


def put(tier, key, record, seen=None):
    return drive(tier.write(key, record, seen=seen))


def count_changes(tier):
    return int.from_bytes(tier._entries._near._looked().changes.now()[:8], "little")


def test_a_value_that_waits_is_there_for_its_own_process_only(waiting, record):
    here, there = waiting
    assert put(here, "k", record(b"new"))
    assert body_at(here, "k") == b"new"
    assert body_at(there, "k") is None


def test_what_waits_is_written_in_time(run_late, record, until):
    here, there = run_late(), run_late()
    for value in (b"1", b"2", b"3"):
        put(here, "k", record(value))
        until(lambda value=value: body_at(there, "k") == value)


def test_values_share_a_commit(waiting, record):
    here, there = waiting
    body_at(here, "k")
    before = count_changes(there)
    for at in range(_near.MOST_WAITING * 3):
        put(here, f"k{at}", record(b"%d" % at))
    assert count_changes(there) == before + 3
    last = _near.MOST_WAITING * 3 - 1
    assert body_at(there, f"k{last}") == b"%d" % last


def test_closing_writes_what_waits(waiting, record):
    here, there = waiting
    put(here, "k", record(b"new"))
    drive(here.close())
    assert body_at(there, "k") == b"new"


@pytest.mark.parametrize("old", [None, b"old"])
@pytest.mark.parametrize(
    "invalidate",
    [lambda tier: tier.remove(["k"]), lambda tier: tier.clear()],
    ids=["remove", "clear"],
)
def test_what_waited_does_not_come_back_after_an_invalidation_elsewhere(
    waiting, record, old, invalidate
):
    here, there = waiting
    if old is not None:
        put(there, "k", record(old))
    put(here, "k", record(b"waits"))
    drive(invalidate(there))
    assert body_at(here, "k") is None
    here._entries.flush()
    assert body_at(there, "k") is None
    put(here, "k", record(b"later"))
    assert body_at(here, "k") == b"later"


def test_what_waited_does_not_come_back_after_an_invalidation_here(waiting, record):
    here, there = waiting
    put(here, "k", record(b"waits"))
    put(here, "other", record(b"waits"))
    assert drive(here.remove(["k"])) == 1
    assert body_at(here, "k") is body_at(there, "k") is None
    assert body_at(there, "other") == b"waits"
    drive(here.clear())
    assert body_at(here, "other") is None


def test_what_waits_is_stale_when_its_tag_is_renewed(waiting, record):
    here, there = waiting
    generations = dict(drive(here.generations(["a"])))
    put(here, "k", record(b"waits", generations=generations))
    assert body_at(here, "k") == b"waits"
    put(here, "k", record(b"waits too", generations=generations))
    drive(there.renew(["a"]))
    assert body_at(here, "k") is None


def test_the_later_of_two_writers_wins(waiting, record):
    here, there = waiting
    put(here, "k", record(b"earlier"))
    put(there, "k", record(b"later"))
    assert body_at(here, "k") == body_at(there, "k") == b"later"


def test_writing_what_waited_hides_no_change_of_another_key(waiting, record):
    here, there = waiting
    put(there, "k", record(b"old"))
    assert body_at(here, "k") == b"old"
    put(here, "other", record(b"waits"))
    put(there, "k", record(b"new"))
    here._entries.flush()
    assert body_at(here, "k") == b"new"


def test_of_a_key_that_waits_only_what_was_seen_is_replaced(waiting, record):
    here, there = waiting
    assert put(here, "k", record(b"first"), seen=0)
    assert not put(here, "k", record(b"second"), seen=0)
    mark = drive(here.read(["k"])).sights["k"].mark
    assert put(here, "k", record(b"third"), seen=mark)
    here._entries.flush()
    assert body_at(there, "k") == b"third"


def test_what_waited_and_was_overtaken_is_not_written(waiting, record):
    here, there = waiting
    assert put(here, "k", record(b"waits"), seen=0)
    mark = drive(there.read(["k"])).sights["k"].mark
    assert put(there, "k", record(b"first"), seen=mark)
    here._entries.flush()
    assert body_at(here, "k") == body_at(there, "k") == b"first"


def test_large_values_and_several_keys_come_after_what_waits(waiting, record):
    here, there = waiting
    put(here, "k", record(b"small"))
    put(here, "k", record(b"x" * 100_000))
    assert len(body_at(there, "k")) == 100_000
    put(here, "k", record(b"small again"))
    here._entries.flush()
    assert body_at(there, "k") == b"small again"
    put(here, "k", record(b"small again"))
    assert drive(here.read(["k", "other"])).sights["k"].record.body == b"small again"
    put(here, "k", record(b"once more"))
    drive(here.write_many({"k": record(b"many")}))
    assert body_at(here, "k") == b"many"


def test_who_waited_for_a_lease_finds_what_was_loaded_under_it(waiting, record):
    here, there = waiting
    token = drive(here.lease("k", 30))
    put(here, "k", record(b"loaded"))
    drive(here.release("k", token))
    assert drive(there.lease("k", 30))
    assert body_at(there, "k") == b"loaded"


def test_what_a_tag_covers_includes_what_waits(waiting, record):
    here, _ = waiting
    generations = dict(drive(here.generations(["a"])))
    put(here, "k", record(generations=generations))
    assert drive(here.covered("a", 9)) == ["k"]


def test_no_read_sees_less_than_the_last_commit_of_another_process(run_late, folder, record):
    tier = run_late(delay_s=NEVER_S)
    put(tier, "k", record(b"0"))
    tier._entries.flush()
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITE_ON_REQUEST, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    for version in range(1, 200):
        assert body_at(tier, "k") == b"%d" % (version - 1)
        writer.stdin.write(f"{version}\n")
        writer.stdin.flush()
        assert writer.stdout.readline() == "done\n"
        assert body_at(tier, "k") == b"%d" % version
    writer.communicate()


WRITE_ON_REQUEST = """
import sys, time
from whet_runtime.cache._disk import DiskTier
from whet_runtime._steps import drive
from whet_runtime.cache._tier import Record
tier = DiskTier(sys.argv[1], timeout_s=20, delay_s=0)
for line in sys.stdin:
    now = time.time()
    record = Record(line.strip().encode(), 1, now, now + 99, now + 99, {}, 0.0, 0)
    drive(tier.write("k", record, seen=None))
    print("done", flush=True)
"""


def test_whatever_two_processes_do_nothing_removed_comes_back(run_late, record):
    """Random operations of two tiers; a body is the number of the operation that wrote it."""
    draw = random.Random(7)
    tiers = run_late(delay_s=NEVER_S), run_late(delay_s=NEVER_S)
    removed_at = dict.fromkeys("abc", 0)
    last = dict.fromkeys("abc")  # the tier that wrote the key after all others, and what
    for now in range(1, 4_000):
        tier, key = draw.choice(tiers), draw.choice("abc")
        action = draw.choice(["write"] * 4 + ["compare"] * 2 + ["read"] * 8 + ["remove", "clear"])
        if action == "write":
            put(tier, key, record(b"%d" % now))
            last[key] = tier, now
        elif action == "compare":
            mark = drive(tier.read([key])).sights[key].mark
            if put(tier, key, record(b"%d" % now), seen=mark):
                last[key] = tier, now
        elif action == "remove":
            drive(tier.remove([key]))
            removed_at[key], last[key] = now, None
        elif action == "clear" and draw.random() < 0.2:
            drive(tier.clear())
            removed_at = dict.fromkeys("abc", now)
            last = dict.fromkeys("abc")
        found = body_at(tier, key)
        assert found is None or int(found) > removed_at[key]
        if last[key] is not None and last[key][0] is tier and action in {"write", "compare"}:
            assert int(found) == last[key][1]


def test_a_killed_writer_leaves_what_was_there(run_late, folder, record):
    tier = run_late(delay_s=0.0)
    put(tier, "k", record(b"before"))
    process = subprocess.Popen(
        [sys.executable, "-c", WAIT_FOR_EVER, folder], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "b'waits'\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert body_at(tier, "k") == b"before"
    assert put(tier, "k", record(b"after"))
    assert body_at(tier, "k") == b"after"
    assert (tier.statistics().corrupt, tier.statistics().faults) == (0, 0)


def test_a_process_that_ends_writes_what_waits(run_late, folder):
    script = WAIT_FOR_EVER.replace("time.sleep(600)", "")
    subprocess.run([sys.executable, "-c", script, folder], check=True, stdout=subprocess.DEVNULL)
    assert body_at(run_late(), "k") == b"waits"


WAIT_FOR_EVER = """
import sys, time
from whet_runtime.cache._disk import DiskTier
from whet_runtime._steps import drive
from whet_runtime.cache._tier import Record
tier = DiskTier(sys.argv[1], timeout_s=20, delay_s=600)
now = time.time()
drive(tier.write("k", Record(b"waits", 1, now, now + 999, now + 999, {}, 0.0, 0), seen=None))
print(drive(tier.read(["k"])).sights["k"].record.body, flush=True)
time.sleep(600)
"""


def in_child_process(check):
    """Whether something holds in a child of this process."""
    child = os.fork()
    if child == 0:
        right = False
        try:
            right = check()
        finally:
            os._exit(0 if right else 1)
    return os.waitpid(child, 0)[1] == 0


def test_a_child_sees_what_waited_and_writes_its_own(run_late, record, until):
    tier = run_late()
    put(tier, "k", record(b"of the parent"))

    def check():
        seen = body_at(tier, "k")
        put(tier, "mine", record(b"of the child"))
        other = DiskTier(tier._store.directory, timeout_s=20)
        until(lambda: body_at(other, "mine") == b"of the child")
        return seen == b"of the parent" and body_at(tier, "mine") == b"of the child"

    assert in_child_process(check)
    assert body_at(tier, "k") == b"of the parent"
    assert body_at(tier, "mine") == b"of the child"
    assert put(tier, "k", record(b"later"))
    assert body_at(tier, "k") == b"later"


def test_a_child_that_is_forked_while_the_disk_is_locked_leaves_it_to_its_parent(run_late, record):
    tier, other = run_late(delay_s=NEVER_S, timeout_s=0.05), run_late(delay_s=0.0)
    put(tier, "k", record(b"waits"))
    with other._store.opened().connection as held:
        held.execute("BEGIN IMMEDIATE")
        assert in_child_process(lambda: not tier._entries._near.holds(["k"]))
        held.execute("ROLLBACK")
    held.close()
    assert body_at(other, "k") is None
    assert body_at(tier, "k") == b"waits"


def test_a_disk_that_cannot_be_written_keeps_what_waits(run_late, record, until):
    tier, other = run_late(timeout_s=0.05), run_late(delay_s=0.0)
    held = other._store.opened().connection
    held.execute("BEGIN IMMEDIATE")
    assert put(tier, "k", record(b"waits"))  # nobody waits for the other
    until(lambda: tier.statistics().state == "unavailable")
    assert tier.statistics().faults > 0
    held.execute("ROLLBACK")
    held.close()
    until(lambda: body_at(other, "k") == b"waits")
    until(lambda: tier.statistics().state == "open")
    assert body_at(tier, "k") == b"waits"


def test_a_value_too_many_on_a_disk_that_cannot_be_written_is_a_fault(run_late, record, until):
    tier, other = run_late(delay_s=NEVER_S, timeout_s=0.05), run_late(delay_s=0.0)
    body_at(tier, "k0")
    held = other._store.opened().connection
    held.execute("BEGIN IMMEDIATE")
    for at in range(_near.MOST_WAITING - 1):
        assert put(tier, f"k{at}", record(b"waits"))
    with pytest.raises(TierUnavailable, match="locked"):
        put(tier, "one more", record(b"refused"))
    held.execute("ROLLBACK")
    held.close()
    until(lambda: tier.statistics().state == "open")
    assert body_at(tier, "k0") == b"waits"
    assert body_at(tier, "one more") is None


def test_what_waits_for_a_database_that_vanished_is_lost_with_it(waiting, folder, record, until):
    here, _ = waiting
    put(here, "k", record(b"waits"))
    for suffix in ("", "-wal", "-shm"):
        (folder / (DATABASE + suffix)).unlink(missing_ok=True)
    until(lambda: body_at(here, "k") is None)
    assert put(here, "k", record(b"new"))
    assert body_at(here, "k") == b"new"


def test_what_waits_for_a_database_that_lost_its_tables_is_lost_with_them(waiting, record):
    here, there = waiting
    put(here, "k", record(b"waits"))
    there._store.run(lambda connection: connection.execute("DROP TABLE entries"))
    here._entries.flush()
    assert body_at(here, "k") is None
    assert put(here, "k", record(b"new"))
    assert body_at(here, "k") == b"new"
    assert here.statistics().corrupt == 1


def test_a_value_meets_a_new_database_where_the_old_one_lost_its_tables(waiting, record):
    here, there = waiting
    assert body_at(here, "other") is None
    there._store.run(lambda connection: connection.execute("DROP TABLE entries"))
    assert put(here, "k", record(b"new"))
    here._entries.flush()
    assert body_at(there, "k") == b"new"


def test_a_change_by_other_means_is_noticed_soon(waiting, record, until):
    here, there = waiting
    put(there, "k", record(b"old"))
    assert body_at(here, "k") == b"old"
    there._store.run(lambda connection: connection.execute("DELETE FROM entries"))
    until(lambda: body_at(here, "k") is None)


def test_processes_agree_again_when_the_file_of_changes_was_deleted(waiting, folder, record):
    here, there = waiting
    put(there, "k", record(b"old"))
    assert body_at(here, "k") == b"old"
    (folder / (DATABASE + "-changes")).unlink()
    other = DiskTier(folder, timeout_s=20, delay_s=0)
    put(other, "k", record(b"new"))
    assert body_at(here, "k") == b"new"
    put(there, "k", record(b"newer"))
    assert body_at(here, "k") == body_at(other, "k") == b"newer"
    drive(other.close())


def test_after_a_writer_was_killed_while_it_committed_the_disk_is_asked(waiting, record):
    here, there = waiting
    put(there, "k", record(b"old"))
    assert body_at(here, "k") == b"old"
    there._store.opened().changes.begin()  # and its process ends
    there._store.run(lambda connection: connection.execute("UPDATE entries SET hard = 0"))
    assert here._entries._near.read("k") is not None
    assert here._entries._near._numbers is None
    put(there, "k", record(b"new"))
    assert body_at(here, "k") == b"new"
    assert here._entries._near._numbers is not None


def test_changes_that_overlap_are_never_told_as_done(tmp_path):
    here, there = Changes(str(tmp_path / "file")), Changes(str(tmp_path / "file"))
    assert here.made
    assert not there.made
    before = here.quiet()
    first = here.begin()
    assert there.quiet() is None
    second = there.begin()
    there.end(second)
    assert here.quiet() == there.now() != before
    here.end(first)  # late: it does not take back what the second said
    assert here.quiet() == here.now()
    third = here.begin()
    there.end(second)
    assert here.quiet() is None
    assert here.end(third) == there.quiet()


def test_a_change_that_failed_is_counted_all_the_same(waiting, record, monkeypatch):
    here, _ = waiting
    put(here, "k", record(b"waits"))
    near = here._entries._near
    before = near._numbers

    def commit_fails(_changes):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Changes, "begin", commit_fails)
        with pytest.raises(KeyboardInterrupt):
            near.flush()
    assert body_at(here, "k") == b"waits"
    near.flush()
    assert near._numbers not in {None, before}


def test_what_is_known_has_a_bound(run_late, record, monkeypatch):
    monkeypatch.setattr(_known, "_MOST_BYTES", 20_000)
    tier = run_late()
    for at in range(300):
        put(tier, f"k{at}", record(b"%d" % at))
        assert body_at(tier, f"k{at // 2}") == b"%d" % (at // 2)
    known = tier._entries._near._known
    assert sum(each.held_bytes for each in known.rows.values()) == known.held_bytes <= 20_000
    assert all(body_at(tier, f"k{at}") == b"%d" % at for at in range(300))


def test_noting_a_use_does_not_bring_an_older_value_back(waiting, record):
    here, _ = waiting
    put(here, "k", record(b"old"))
    near = here._entries._near
    old = near.read("k")
    put(here, "k", record(b"new"))
    near.note_use("k", old, old.used_s + 99)
    assert body_at(here, "k") == b"new"
    near.note_use("k", near.read("k"), old.used_s + 99)
    assert near.read("k").used_s == old.used_s + 99


def test_threads_read_what_they_wrote(run_late, record):
    tier, failures = run_late(), []

    def work(name):
        for at in range(300):
            key = f"{name}{at % 7}"
            drive(tier.write(key, record(b"%d" % at), seen=None))
            if body_at(tier, key) != b"%d" % at:
                failures.append(key)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_the_thread_that_writes_ends_when_nothing_waits(run_late, record, until, monkeypatch):
    monkeypatch.setattr(_near, "_LINGER_S", 0.02)
    tier = run_late()
    put(tier, "k", record(b"1"))
    until(lambda: tier._entries._near._thread is None)
    put(tier, "k", record(b"2"))
    assert tier._entries._near._thread is not None
    until(lambda: tier._entries._near._thread is None)


def test_without_a_thread_what_waits_is_written_at_the_end(waiting, record, monkeypatch):
    here, there = waiting

    def refuse(_thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        assert put(here, "k", record(b"waits"))
    assert body_at(here, "k") == b"waits"
    _near._write_all()
    assert body_at(there, "k") == b"waits"


def test_a_thread_that_finds_another_asking_asks_by_itself(waiting, record):
    here, there = waiting
    put(there, "k", record(b"there"))
    put(here, "waits", record(b"waits"))
    with here._entries._near._lock:
        assert body_at(here, "k") == b"there"


def test_a_thread_waits_a_time_out_for_what_another_is_writing(run_late, record):
    tier = run_late(delay_s=NEVER_S, timeout_s=0.05)
    put(tier, "k", record(b"waits"))
    near = tier._entries._near
    near._forget()
    with near._lock:
        with pytest.raises(TierUnavailable, match="another thread"):
            body_at(tier, "k")
        near._waiting.clear()


def test_invalidations_are_heard_as_before(run_late, record, until):
    here, there = run_late(), run_late()
    heard = []
    there.listen(heard.append)
    put(here, "k", record())
    drive(here.remove(["k"]))
    until(lambda: heard == [Notice(keys=("k",))])
