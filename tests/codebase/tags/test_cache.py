"""The cache on disk: bounded, shared, and never in the way."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whet.codebase.cache import FactCache, Identity, _schema, blob_id, is_racy, open_cache
from whet.codebase.cache._schema import NewFact, Seen
from whet.codebase.cache.database import bucket_of

SECOND = 1_000_000_000
ROOT = b"."


def fact(number, size=500, packed=100):
    path = f"{number}.py"
    identity = Identity(number, number, size, number)
    blob = number.to_bytes(20, "big")
    return NewFact(path, identity, 10 * SECOND, blob, b"recipe", b"head", b"t" * packed)


def keep(cache, facts, now_ns=1):
    cache.keep(ROOT, facts, now_ns=now_ns)


def known(cache):
    return {int(path.removesuffix(".py")) for path in cache.files(ROOT)}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache" / "tags.sqlite"


@pytest.fixture
def notes():
    return []


@pytest.fixture
def make(path, notes):
    def made(**options):
        return FactCache(path, on_event=lambda event: notes.append(event.message), **options)

    return made


def consistent(path):
    """What must hold of the file whatever happened to its writers."""
    with sqlite3.connect(path) as base:
        assert base.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        held = dict(base.execute("SELECT bucket, bytes FROM held WHERE bytes"))
        real = dict(base.execute("SELECT bucket, sum(bytes) FROM facts GROUP BY bucket"))
        orphans = "SELECT count(*) FROM tags WHERE id NOT IN (SELECT id FROM facts)"
        dangling = "SELECT count(*) FROM files WHERE facts NOT IN (SELECT id FROM facts)"
        lost = "SELECT count(*) FROM facts WHERE id NOT IN (SELECT id FROM tags)"
        assert held == real
        assert [base.execute(asked).fetchone()[0] for asked in (orphans, dangling, lost)] == [
            0
        ] * 3
    base.close()


def test_what_was_kept_is_found_by_path_and_by_content(make, path):
    keep(make(), [fact(1), fact(2)])
    cache = make()
    rows = cache.files(ROOT)
    assert rows["1.py"][1:5] == fact(1).identity
    row = rows["1.py"][5]
    assert cache.by_content([(fact(1).blob, b"recipe"), (b"x", b"recipe")]) == {
        (fact(1).blob, b"recipe"): row
    }
    assert cache.by_content([(fact(1).blob, b"other")]) == {}
    assert (cache.heads([row]), cache.tags([row])) == ({row: b"head"}, {row: b"t" * 100})
    assert cache.files(b"elsewhere") == {}
    consistent(path)


def test_content_that_two_paths_share_is_kept_once(make, path):
    cache = make()
    keep(cache, [fact(1), fact(1)._replace(path="2.py")])
    found = cache.statistics()
    assert (found.files, found.contents, found.bytes) == (2, 1, 104)
    consistent(path)


def test_the_name_of_a_content_is_that_of_git(repository):
    repository.write("a", b"caf\xe9\r\n")
    assert blob_id(b"caf\xe9\r\n").hex() == repository.git("hash-object", "a").decode().strip()


@pytest.mark.parametrize(
    ("changed", "checked", "racy"),
    [
        (5 * SECOND + 7, 5 * SECOND + 7, True),
        (5 * SECOND + 7, 4 * SECOND, True),
        (5 * SECOND + 7, 5 * SECOND + 10_000_000, True),
        (5 * SECOND + 7, 5 * SECOND + 50_000_000, False),
        (5 * SECOND, 6 * SECOND, True),
        (5 * SECOND, 8 * SECOND, False),
    ],
)
def test_a_file_that_changed_when_it_was_read_is_not_trusted(changed, checked, racy):
    assert is_racy(Identity(changed, 0, 1, 1), checked) is racy
    assert is_racy(Identity(0, changed, 1, 1), checked) is racy


def test_the_least_recently_used_make_room(make, path):
    cache = make(limit_bytes=10_000)  # 4,500 for small files
    for number in range(40):
        keep(cache, [fact(number)], now_ns=number)
    seen = Seen("0.py", fact(0).identity, 10 * SECOND, cache.files(ROOT)["0.py"][5])
    cache.renew(ROOT, [seen], now_ns=99)
    for number in range(40, 60):
        keep(cache, [fact(number)], now_ns=number)
    left = known(cache)
    assert 0 in left
    assert left - {0} == set(range(60 - len(left) + 1, 60))
    assert cache.statistics().buckets[0].bytes <= 4500
    assert cache.statistics().buckets[0].evicted == 60 - len(left)
    consistent(path)


def test_a_few_huge_files_do_not_push_out_many_small_ones(make, path):
    cache = make(limit_bytes=100_000)
    keep(cache, [fact(number) for number in range(100)])
    for number in range(100, 140):
        keep(cache, [fact(number, size=5_000_000, packed=9_000)], now_ns=number)
    assert set(range(100)) <= known(cache)
    found = cache.statistics()
    assert found.buckets[0].entries == 100
    assert found.buckets[2].bytes <= found.buckets[2].limit_bytes == 15_000
    assert found.buckets[2].evicted > 0
    consistent(path)


@pytest.mark.parametrize(
    ("size", "bucket"), [(0, 0), (9_999, 0), (10_000, 1), (100_000, 1), (100_001, 2)]
)
def test_buckets_end_at_ten_and_a_hundred_kilobytes(size, bucket):
    assert bucket_of(size) == bucket


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 200_000), st.integers(0, 900))))
def test_whatever_is_kept_the_bound_holds_and_nothing_dangles(tmp_path_factory, steps):
    path = tmp_path_factory.mktemp("c") / "tags.sqlite"
    cache = FactCache(path, limit_bytes=5000)
    for at, (number, size, packed) in enumerate(steps):
        keep(cache, [fact(number, size, packed)], now_ns=at)
        assert all(b.bytes <= b.limit_bytes for b in cache.statistics().buckets)
    cache.release()
    if steps:
        consistent(path)


def test_use_is_noted_once_an_hour(make):
    cache = make(limit_bytes=10_000)
    keep(cache, [fact(1)], now_ns=1)
    hour = 3600 * SECOND

    def used():
        return cache._read("SELECT used FROM facts", ())[0][0]

    cache.touch(ROOT, now_ns=2 * hour)
    assert used() == 2 * hour
    cache.touch(ROOT, now_ns=2 * hour + 5)
    assert used() == 2 * hour
    cache.touch(ROOT, now_ns=4 * hour)
    assert used() == 4 * hour


@pytest.mark.parametrize("garbage", [b"garbage" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_corrupt_cache_is_said_put_aside_and_made_anew(make, path, notes, garbage):
    path.parent.mkdir()
    path.write_bytes(garbage)
    cache = make()
    assert cache.files(ROOT) == {}
    keep(cache, [fact(1)])
    assert cache.statistics().usable is False
    assert [("is not used" in note, "put aside" in note) for note in notes] == [(True, True)]
    keep(make(), [fact(1)])
    assert known(make()) == {1}
    assert path.with_name("tags.sqlite.corrupt").read_bytes() == garbage


def test_a_page_that_rots_in_the_middle_is_said_and_never_believed(make, path, notes):
    keep(make(), [fact(number, packed=3000) for number in range(200)])
    raw = bytearray(path.read_bytes())
    for at in range(8192, len(raw), 4096):
        raw[at : at + 200] = b"\xff" * 200
    path.write_bytes(raw)
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    cache = make()
    cache.tags(list(range(1, 200)))
    keep(cache, [fact(900)])
    assert len(notes) == 1
    assert "is not used" in notes[0]


def test_a_cache_of_a_newer_whet_is_left_alone(make, path, notes):
    keep(make(), [fact(1)])
    with sqlite3.connect(path) as base:
        base.execute("PRAGMA user_version = 99")
    base.close()
    before = path.read_bytes()
    cache = make()
    keep(cache, [fact(2)])
    assert cache.files(ROOT) == {}
    assert path.read_bytes() == before
    assert ["newer whet (form 99)" in note for note in notes] == [True]


def test_a_cache_of_an_older_form_is_made_anew(make, path, notes):
    keep(make(), [fact(1)])
    with sqlite3.connect(path) as base:
        base.executescript("DROP TABLE files; CREATE TABLE files (odd); PRAGMA user_version = 1;")
    base.close()
    keep(make(), [fact(2)])
    assert (known(make()), notes) == ({2}, [])
    consistent(path)


def test_a_link_in_its_place_is_not_followed(make, path, notes, tmp_path):
    path.parent.mkdir()
    path.symlink_to(tmp_path / "elsewhere")
    keep(make(), [fact(1)])
    assert not (tmp_path / "elsewhere").exists()
    assert ["symbolic link" in note for note in notes] == [True]


def test_a_cache_that_cannot_be_written_is_still_read(make, notes, monkeypatch):
    keep(make(), [fact(1)])
    real = os.access
    monkeypatch.setattr(
        "whet.codebase.cache._schema.os.access",
        lambda place, mode: mode != os.W_OK and real(place, mode),
    )
    cache = make()
    keep(cache, [fact(2)])
    keep(cache, [fact(3)])
    assert known(cache) == {1}
    assert cache.statistics().usable
    assert ["is not written to: attempt to write a readonly database" in n for n in notes] == [
        True
    ]


def test_a_full_disk_is_said_once_and_the_rest_goes_on(make, path, notes, monkeypatch):
    keep(make(), [fact(1)])
    real = _schema.connect

    def small(place):
        connection = real(place)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    monkeypatch.setattr("whet.codebase.cache.database._schema.connect", small)
    cache = make()
    keep(cache, [fact(number, packed=50_000) for number in range(2, 9)])
    keep(cache, [fact(10)])
    assert known(cache) == {1}
    assert ["database or disk is full" in note for note in notes] == [True]
    assert cache.statistics().reason == "database or disk is full"
    cache.release()
    consistent(path)


def test_a_folder_that_cannot_be_made_is_said(notes, tmp_path):
    (tmp_path / "cache").write_text("a file lies here")
    path = tmp_path / "cache" / "tags.sqlite"
    cache = FactCache(path, on_event=lambda event: notes.append(event.message))
    keep(cache, [fact(1)])
    assert cache.files(ROOT) == {}
    assert len(notes) == 1


def test_the_cache_lies_where_whet_keeps_what_it_knows(repository):
    cache = open_cache(repository.path)
    keep(cache, [fact(1)])
    assert cache.path == repository.path / ".whet/cache/tags.sqlite"
    assert (repository.path / ".whet").stat().st_mode & 0o777 == 0o700
    assert cache.path.stat().st_mode & 0o077 == 0
    assert repository.git("status", "--porcelain") == b""


def test_a_store_that_cannot_be_made_is_said(repository, notes):
    (repository.path / ".whet").write_text("a file")
    cache = open_cache(repository.path, on_event=lambda event: notes.append(event.message))
    keep(cache, [fact(1)])
    assert len(notes) == 1
    assert "is not used" in notes[0]


WRITER = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from test_cache import fact, ROOT
from whet.codebase.cache import FactCache
cache = FactCache(Path(sys.argv[1]), limit_bytes=60_000, on_event=lambda e: print(e.message))
first, count = int(sys.argv[2]), int(sys.argv[3])
print("ready", flush=True)
for number in range(first, first + count):
    cache.keep(ROOT, [fact(number, size=number * 997 % 150_000)], now_ns=number)
    cache.files(ROOT)
print("done", flush=True)
"""


@pytest.fixture
def writer(path):
    def started(first, count):
        code = WRITER.format(tests=str(Path(__file__).parent))
        return subprocess.Popen(
            [sys.executable, "-c", code, path, str(first), str(count)],
            stdout=subprocess.PIPE,
            text=True,
        )

    return started


def test_several_processes_write_at_the_same_time_from_the_very_first_moment(writer, path, make):
    processes = [writer(first, 60) for first in (0, 1000, 2000)]
    assert [p.communicate()[0].split() for p in processes] == [["ready", "done"]] * 3
    assert {number // 1000 for number in known(make())} == {0, 1, 2}
    consistent(path)


def test_a_writer_that_is_killed_at_any_moment_leaves_a_whole_cache(writer, path, make):
    for turn in range(4):
        process = writer(1000 * turn, 100_000)
        assert process.stdout.readline() == "ready\n"
        cache = make(limit_bytes=60_000)
        while len(known(cache)) < 5 + turn:  # it writes: now, in the middle of it
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        cache.release()
        consistent(path)
        keep(make(limit_bytes=60_000), [fact(999_000 + turn)], now_ns=10**9)
    consistent(path)
