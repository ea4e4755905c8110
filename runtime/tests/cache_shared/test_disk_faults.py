"""A disk that is full, read-only, corrupt or locked, and writers that are killed."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from whet_runtime._steps import drive
from whet_runtime.cache._disk import DiskTier
from whet_runtime.cache._tier import GRACE_S, Notice
from whet_runtime.errors import MisuseError, TierUnavailable

DATABASE = "whet-cache-1.db"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


def body_at(tier, key):
    record = drive(tier.read([key])).sights[key].record
    return None if record is None else record.body


def in_child(script, *arguments):
    """Runs Python code in another process until it prints `ready`."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    return process


def kill(process):
    process.kill()
    process.communicate()


def test_the_directory_and_its_files_are_private(run_disk, folder, record):
    tier = run_disk()
    drive(tier.write("large", record(b"x" * 100_000), seen=None))
    found = [folder, *folder.rglob("*")]
    assert {path.stat().st_mode & 0o077 for path in found if path.is_dir()} == {0}


@pytest.mark.parametrize("damage", [b"this is no database at all" * 400, b"\0" * 20_000])
def test_a_corrupt_database_is_made_anew(run_disk, folder, record, damage):
    tier = run_disk()
    drive(tier.write("k", record(), seen=None))
    drive(tier.close())
    (folder / DATABASE).write_bytes(damage)
    for side in ("-wal", "-shm"):
        (folder / (DATABASE + side)).unlink(missing_ok=True)
    again = run_disk()
    assert body_at(again, "k") is None
    assert drive(again.write("k", record(b"new"), seen=None))
    assert body_at(again, "k") == b"new"


def test_a_database_damaged_in_use_is_made_anew_for_everybody(run_disk, folder, record):
    here, there = run_disk(), run_disk()
    drive(here.write_many({f"k{i}": record(b"x" * 500) for i in range(200)}))
    here._store.run(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"))
    assert body_at(there, "k1") is not None
    with (folder / DATABASE).open("r+b") as file:
        file.seek(4_096)
        file.write(random.Random(1).randbytes((folder / DATABASE).stat().st_size - 4_096))
    here._store.close()
    here._store._closed = False
    assert [body_at(here, f"k{i}") for i in range(200)].count(None) >= 150
    assert drive(here.write("new", record(b"new"), seen=None))
    assert body_at(there, "new") == b"new"
    assert here.statistics().corrupt >= 1


OPERATIONS = {
    "read": lambda tier: tier.read(["k", "other"]),
    "generations": lambda tier: tier.generations(["a"]),
    "remove": lambda tier: tier.remove(["k"]),
    "renew": lambda tier: tier.renew(["a"]),
    "clear": lambda tier: tier.clear(),
    "covered": lambda tier: tier.covered("a", 1),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_finds_a_new_database_where_the_old_one_lost_its_tables(
    run_disk, record, name
):
    tier = run_disk()
    drive(tier.write("k", record(), seen=None))
    tier._store.run(lambda connection: connection.executescript(DROP_ALL))
    drive(OPERATIONS[name](tier))
    assert drive(tier.write("k", record(), seen=None))
    counted = tier.statistics()
    assert (counted.corrupt, counted.faults) == (1, 0)


DROP_ALL = "DROP TABLE entries; DROP TABLE tags; DROP TABLE notices;"


def test_what_fails_on_a_new_database_too_is_a_fault(run_disk, record):
    tier = run_disk()
    drive(tier.write("k", record(), seen=None))
    with pytest.raises(TierUnavailable, match="no such table: nowhere"):
        tier._store.run(lambda connection: connection.execute("SELECT 1 FROM nowhere"))
    assert drive(tier.write("k", record(), seen=None))


def test_an_interrupted_operation_writes_nothing_and_leaves_its_connection(run_disk, record):
    tier = run_disk()
    drive(tier.write("k", record(), seen=None))
    (before,) = tier._store._idle

    def interrupted(_connection):
        raise KeyboardInterrupt

    def interrupted_after_writing(connection):
        connection.execute("DELETE FROM entries")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tier._store.writing(interrupted_after_writing)
    with pytest.raises(KeyboardInterrupt):
        tier._store.run(interrupted)
    assert tier._store._idle == [before]
    assert body_at(tier, "k") is not None


def test_only_some_connections_are_kept(run_disk):
    store = run_disk()._store

    def nested(_connection, depth):
        return store.run(nested, depth - 1) if depth else len(store._idle)

    assert store.run(nested, 12) == 0
    assert len(store._idle) == 8


def test_a_child_leaves_the_connections_of_its_parent_open(run_disk, record):
    tier = run_disk()
    drive(tier.write("k", record(), seen=None))
    (parents,) = tier._store._idle
    tier._store.leave_to_parent()
    assert body_at(tier, "k") is not None
    assert parents not in tier._store._idle
    assert parents.connection.execute("SELECT count(*) FROM entries").fetchone() == (1,)


def test_one_read_sees_keys_and_tags_at_one_moment(run_disk, record, monkeypatch):
    tier, other = run_disk(), run_disk()
    before = dict(drive(tier.generations(["a"])))
    drive(tier.write_many({key: record(b"old", generations=before) for key in ("k1", "k2")}))
    sight = tier._entries._sight

    def changed_after_the_first(cursor, key, *others):
        found = sight(cursor, key, *others)
        if key == "k1":
            drive(other.write("k2", record(b"new"), seen=None))
            drive(other.renew(["a"]))
        return found

    monkeypatch.setattr(tier._entries, "_sight", changed_after_the_first)
    seen = drive(tier.read(["k1", "k2"], ["a"]))
    assert [seen.sights[key].record.body for key in ("k1", "k2")] == [b"old", b"old"]
    assert seen.generations == before
    monkeypatch.undo()
    assert body_at(tier, "k1") is None
    assert body_at(tier, "k2") == b"new"


def test_a_large_value_that_cannot_be_written_leaves_no_file(
    run_disk, folder, record, monkeypatch
):
    tier = run_disk()

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fchmod", full)
        with pytest.raises(TierUnavailable, match="No space left"):
            drive(tier.write("k", record(b"x" * 100_000), seen=None))
    assert files_of(folder) == []
    assert body_at(run_disk(), "k") is None


def test_what_is_stored_in_a_new_file_waits_for_the_disk_as_in_an_old_one(run_disk, record):
    def waits(connection):
        return connection.execute("PRAGMA synchronous").fetchone()[0]

    normal = 1
    tier = run_disk()
    assert tier._store.run(waits) == normal
    drive(tier.write("k", record(), seen=None))
    assert run_disk()._store.run(waits) == normal


def test_a_missing_table_is_a_corrupt_database(run_disk, record):
    tier = run_disk()
    drive(tier.write("k", record(), seen=None))
    tier._store.run(lambda connection: connection.execute("DROP TABLE entries"))
    assert body_at(tier, "k") is None
    assert drive(tier.write("k", record(), seen=None))
    assert tier.statistics().corrupt == 1


def test_a_directory_deleted_in_use_is_made_again(run_disk, folder, record, until):
    tier = run_disk()
    heard = []
    tier.listen(heard.append)
    drive(tier.write("k", record(), seen=None))
    gone = folder.rename(folder.with_name("gone"))  # the listener may make it anew at any moment
    shutil.rmtree(gone)
    until(lambda: body_at(tier, "k") is None)
    assert drive(tier.write("k", record(), seen=0))
    assert body_at(tier, "k") is not None
    until(lambda: Notice(everything=True) in heard)


def test_a_large_value_whose_file_is_gone_is_a_miss(run_disk, folder, record):
    tier = run_disk()
    drive(tier.write("k", record(b"x" * 100_000), seen=None))
    (file,) = (path for path in (folder / "values").rglob("*") if path.is_file())
    file.unlink()
    assert body_at(tier, "k") is None
    assert tier.statistics().corrupt == 1


def test_a_cut_large_value_is_a_miss(run_disk, folder, record):
    tier = run_disk()
    drive(tier.write("k", record(b"x" * 100_000), seen=None))
    (file,) = (path for path in (folder / "values").rglob("*") if path.is_file())
    file.write_bytes(file.read_bytes()[:50_000])
    assert body_at(tier, "k") is None


def test_files_of_replaced_and_removed_values_are_deleted(run_disk, folder, record):
    tier = run_disk()
    for letter in (b"a", b"b", b"c"):
        drive(tier.write("k", record(letter * 100_000), seen=None))
    assert len(files_of(folder)) == 1
    assert tier.statistics().memory_bytes > 100_000
    drive(tier.write("k", record(b"small"), seen=None))
    drive(tier.write("other", record(b"d" * 100_000), seen=None))
    assert len(files_of(folder)) == 1
    drive(tier.clear())
    assert files_of(folder) == []
    assert tier.statistics().memory_bytes < 100_000


def files_of(folder):
    return [path for path in (folder / "values").rglob("*") if path.is_file()]


def test_a_file_whose_writer_was_killed_is_swept_after_a_while(run_disk, folder, record, clock):
    tier = run_disk()
    drive(tier.write("k", record(b"k" * 100_000, life_s=10_000), seen=None))
    tier._store.run(
        lambda c: c.execute("INSERT INTO garbage VALUES (?, ?)", (b"aa/1", time.time()))
    )
    (folder / "values" / "aa").mkdir()
    (folder / "values" / "aa" / "1").write_bytes(b"half")
    drive(tier.write("k2", record(b"k" * 100_000, life_s=10_000), seen=None))
    assert len(files_of(folder)) == 3
    clock.ahead_s = 1_000
    drive(tier.write("k3", record(b"k" * 100_000, life_s=10_000), seen=None))
    assert len(files_of(folder)) == 3
    assert body_at(tier, "k") is not None


def test_the_bound_is_kept_and_what_was_read_stays(run_disk, record, clock):
    tier = run_disk(max_bytes=1_000_000)
    drive(tier.write("used", record(b"u" * 900, life_s=10_000), seen=None))
    for at in range(600):
        if at % 50 == 0:
            clock.ahead_s += 61
            assert body_at(tier, "used") is not None
        drive(tier.write(f"k{at}", record(b"x" * 5_000, life_s=10_000), seen=None))
    counted = tier.statistics()
    assert counted.memory_bytes <= 1_000_000 * 65 / 64 + 8_192
    assert counted.evictions > 300
    assert body_at(tier, "used") is not None
    assert body_at(tier, "k599") is not None


def test_expired_records_make_room_first(run_disk, record, clock):
    tier = run_disk(max_bytes=1_000_000)
    drive(tier.write_many({f"old{i}": record(b"x" * 5_000, life_s=10) for i in range(40)}))
    drive(tier.write_many({f"k{i}": record(b"x" * 5_000, life_s=900) for i in range(40)}))
    clock.ahead_s = 20
    drive(tier.write_many({f"new{i}": record(b"x" * 5_000, life_s=900) for i in range(60)}))
    assert body_at(tier, "old1") is None
    kept = [f"k{i}" for i in range(40) if body_at(tier, f"k{i}") is not None]
    assert len(kept) >= 30


def test_marks_of_removals_are_dropped_after_their_time(run_disk, record, clock):
    tier = run_disk(max_bytes=300_000)
    drive(tier.remove([f"k{i}" for i in range(3_000)]))
    clock.ahead_s = GRACE_S + 1
    drive(tier.write_many({f"n{i}": record(b"x" * 4_000) for i in range(90)}))
    left = tier._store.run(
        lambda connection: connection.execute("SELECT count(*) FROM entries WHERE used < 0")
    ).fetchone()[0]
    assert left == 0


def test_too_many_tags_are_forgotten_and_their_records_stale(run_disk, record):
    tier = run_disk(max_bytes=300_000)
    tags = [f"tag{i}" for i in range(2_000)]
    before = drive(tier.generations(tags))
    drive(tier.write_many({f"n{i}": record(b"x" * 4_000) for i in range(90)}))
    after = drive(tier.generations(tags))
    changed = sum(before[tag] != after[tag] for tag in tags)
    assert 500 < changed < 1_500


FILL = """
import resource, signal, sys, time
from whet_runtime.cache._disk import DiskTier
from whet_runtime._steps import drive
from whet_runtime.cache._tier import Record
from whet_runtime.errors import TierUnavailable
tier = DiskTier(sys.argv[1], timeout_s=20, delay_s=float(sys.argv[2]))
def store(key, body):
    now = time.time()
    return drive(tier.write(key, Record(body, 1, now, now + 99, now + 99, {}, 0.0, 0), seen=None))
store("k", b"before")
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
for body in (b"x" * 10_000, b"y" * 500_000):
    try:
        for at in range(100):
            store(f"fill{len(body)}{at}", body)
    except TierUnavailable as error:
        print(type(error).__name__)
    while tier.statistics().state != "open":  # the limit holds for large files only
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        time.sleep(0.01)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
store("after", b"after")
read = drive(tier.read(["k", "after"])).sights
print([read[key].record and read[key].record.body for key in ("k", "after")])
print(tier.statistics().faults >= 2)
"""


@pytest.mark.parametrize("delay_s", ["0", "0.01"])
def test_a_full_disk_is_a_fault_until_there_is_room(folder, delay_s):
    done = subprocess.run(
        [sys.executable, "-c", FILL, folder, delay_s], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "TierUnavailable",
        "TierUnavailable",
        "[b'before', b'after']",
        "True",
    ]
    assert [path for path in files_of(folder) if path.stat().st_size < 500_000] == []


def test_a_path_that_is_a_file_is_a_fault(tmp_path, record, until):
    (tmp_path / "taken").write_text("")
    tier = DiskTier(tmp_path / "taken")
    with pytest.raises(TierUnavailable, match="taken"):
        drive(tier.write("k", record(), seen=None))
    with pytest.raises(TierUnavailable, match="being probed"):
        drive(tier.read(["k"]))
    assert tier.statistics().memory_bytes is None
    assert tier.statistics().state == "unavailable"
    (tmp_path / "taken").unlink()
    until(lambda: tier.statistics().state == "open")
    assert drive(tier.write("k", record(), seen=None))
    drive(tier.close())


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes where it may not")
def test_a_read_only_directory_is_a_fault(tmp_path, record):
    (tmp_path / "fixed").mkdir(mode=0o500)
    tier = DiskTier(tmp_path / "fixed")
    with pytest.raises(TierUnavailable):
        drive(tier.write("k", record(), seen=None))
    drive(tier.close())


def test_a_database_that_turned_read_only_is_a_fault(run_disk, record, until):
    tier = run_disk()
    drive(tier.write("k", record(), seen=None))
    tier._store.run(lambda connection: connection.execute("PRAGMA query_only = ON"))
    with pytest.raises(TierUnavailable, match="readonly"):
        drive(tier.write("k", record(), seen=None))
    until(lambda: tier.statistics().state == "open")  # the connection was not kept
    assert drive(tier.write("k", record(), seen=None))


HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
connection.execute("DELETE FROM entries")
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_hung_writer_costs_one_timeout_and_its_death_frees_the_disk(
    run_disk, folder, record, until
):
    tier = run_disk(timeout_s=0.5)
    drive(tier.write("k", record(), seen=None))
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, folder / DATABASE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    assert body_at(tier, "k") is not None  # reading needs no lock
    with pytest.raises(TierUnavailable, match="locked"):
        drive(tier.write("k", record(), seen=None))
    with pytest.raises(TierUnavailable, match="being probed"):
        drive(tier.write("k", record(), seen=None))
    kill(process)
    until(lambda: tier.statistics().state == "open")
    assert body_at(tier, "k") is not None
    assert drive(tier.write("k", record(), seen=None))


WRITE_FOREVER = """
import sys, time
from whet_runtime.cache._disk import DiskTier
from whet_runtime._steps import drive
from whet_runtime.cache._tier import Record
from whet_runtime.errors import TierUnavailable
tier = DiskTier(sys.argv[1], timeout_s=5, max_bytes=3_000_000)
now, at = time.time(), 0
print("ready", flush=True)
while True:
    at += 1
    for size in (10, 5_000, 50_000):
        body = b"%08d" % at * (size // 8 + 1)
        record = Record(body, 1, now, now + 999, now + 999, {}, 0.0, 0)
        drive(tier.write(f"{size}-{at % 20}", record, seen=None))
"""


def test_killed_writers_leave_nothing_torn_and_nothing_locked(run_disk, folder, record):
    tier = run_disk()
    drive(tier.write("k", record(), seen=None))
    keys = [f"{size}-{at}" for size in (10, 5_000, 50_000) for at in range(20)]
    for round_number in range(4):
        writers = [in_child(WRITE_FOREVER, folder) for _ in range(2)]
        time.sleep(0.05 + 0.03 * round_number)  # into the middle of what they do
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
        for writer in writers:
            kill(writer)
        bodies = [body_at(tier, key) for key in keys]
        whole = [body for body in bodies if body is not None]
        assert all(body == body[:8] * (len(body) // 8) for body in whole)
        assert drive(tier.write("k", record(b"after"), seen=None))
    counted = tier.statistics()
    assert (counted.corrupt, counted.faults) == (0, 0)
    check = tier._store.run(lambda connection: connection.execute("PRAGMA integrity_check"))
    assert check.fetchone()[0] == b"ok"


def test_many_processes_open_one_new_directory_at_once(folder):
    script = (
        "import sys\nfrom whet_runtime.cache._disk import DiskTier\n"
        "from whet_runtime._steps import drive\n"
        "print(len(drive(DiskTier(sys.argv[1], timeout_s=20).generations(['a']))))"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", script, folder], stdout=subprocess.PIPE, text=True)
        for _ in range(5)
    ]
    assert [process.communicate()[0] for process in started] == ["1\n"] * 5


def test_a_forked_child_opens_its_own_connections_and_listens(run_disk, record, until):
    tier = run_disk()
    heard = []
    tier.listen(heard.append)
    drive(tier.write("k", record(), seen=None))
    child = os.fork()
    if child == 0:
        try:
            left = not tier._store._idle
            threads = [thread.name for thread in threading.enumerate()]
            drive(tier.remove(["k"]))
            right = body_at(tier, "k") is None and left and "whet-runtime-notices" in threads
            os._exit(0 if right else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert body_at(tier, "k") is None
    until(lambda: heard == [Notice(keys=("k",))])


def test_who_missed_trimmed_notices_drops_everything(run_disk, until):
    here, there = run_disk(), run_disk()
    heard = []
    there.listen(heard.append)
    until(lambda: there._listeners[0]._seen is not None)

    def as_if_many_came(connection):
        connection.execute("UPDATE sqlite_sequence SET seq = 20000 WHERE name = 'notices'")

    drive(here.remove(["k"]))
    until(lambda: heard == [Notice(keys=("k",))])
    here._store.run(as_if_many_came)
    drive(here.remove(["k"]))
    until(lambda: Notice(everything=True) in heard)


@pytest.mark.parametrize(
    "options", [{"max_bytes": 1}, {"timeout_s": 0}, {"poll_s": -1}, {"delay_s": -0.1}]
)
def test_misuse_is_refused(tmp_path, options):
    with pytest.raises(MisuseError):
        DiskTier(tmp_path, **options)


def test_what_nobody_foresaw_is_a_fault_too(run_disk, monkeypatch):
    tier = run_disk()
    monkeypatch.setattr(tier._entries, "read_one", lambda *_: 1 / 0)
    with pytest.raises(TierUnavailable, match="ZeroDivisionError"):
        drive(tier.read(["k"]))


def test_the_schema_is_one_that_sqlite_finds_whole(run_disk, folder):
    drive(run_disk().generations(["a"]))
    with sqlite3.connect(Path(folder) / DATABASE) as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema")}
    connection.close()
    assert {"entries", "tags", "leases", "notices", "garbage", "totals"} <= names


def test_a_platform_without_file_locks_is_told(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with pytest.raises(MisuseError, match="flock"):
        DiskTier(tmp_path)


def test_a_lock_that_another_process_keeps_is_a_fault(tmp_path, record, until):
    import fcntl

    with (tmp_path / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        tier = DiskTier(tmp_path, timeout_s=0.2)
        with pytest.raises(TierUnavailable):
            drive(tier.write("k", record(), seen=None))
    until(lambda: tier.statistics().state == "open")
    assert body_at(tier, "other") is None
    with (tmp_path / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        tier._store.run(lambda connection: connection.execute("DROP TABLE entries"))
        with pytest.raises(TierUnavailable, match="cannot be replaced"):
            drive(tier.read(["k"]))
    until(lambda: tier.statistics().state == "open")
    drive(tier.close())


def test_a_database_replaced_by_another_file_is_left(run_disk, folder, record, until):
    tier = run_disk()
    drive(tier.write("k", record(), seen=None))
    for suffix in ("", "-wal", "-shm"):
        (folder / (DATABASE + suffix)).unlink(missing_ok=True)
    other = run_disk()
    drive(other.write("k", record(b"new"), seen=None))
    until(lambda: body_at(tier, "k") == b"new")


def test_a_lost_database_drops_what_is_held_near(run_disk, monkeypatch, until):
    tier = run_disk()
    heard = []
    tier.listen(heard.append)
    with monkeypatch.context() as patched:
        patched.setattr(tier._store, "run", _gone)
        until(lambda: heard == [Notice(everything=True)])
    until(lambda: heard == [Notice(everything=True)] * 2)


def _gone(*_):
    raise TierUnavailable("it", "is gone")


def test_old_notices_are_trimmed(run_disk):
    tier = run_disk()
    drive(tier.remove(["k"]))
    tier._store.run(
        lambda connection: connection.execute("UPDATE sqlite_sequence SET seq = 10999")
    )
    drive(tier.remove(["k"]))
    left = tier._store.run(
        lambda connection: connection.execute("SELECT seq FROM notices").fetchall()
    )
    assert left == [(11_000,)]


def test_what_was_used_is_noted_now_and_then(run_disk, record, clock, monkeypatch):
    tier = run_disk()
    keys = [f"k{at}" for at in range(250)]
    drive(tier.write_many({key: record(life_s=1_000) for key in keys}))
    clock.ahead_s = 100
    for key in keys:
        assert body_at(tier, key) is not None
    noted = "SELECT count(*) FROM entries WHERE used > (SELECT min(used) + 50 FROM entries)"
    assert tier._store.run(lambda connection: connection.execute(noted).fetchone()) == (200,)
    monkeypatch.setattr(tier._entries, "note_use", lambda: 1 / 0)
    clock.ahead_s = 200
    for key in keys:  # that use cannot be noted is no reason not to read
        assert body_at(tier, key) is not None
    assert tier.statistics().faults > 0
