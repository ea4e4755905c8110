"""Contents and trees in memory, and what is read ahead."""

import ast
import itertools
import random
import threading

import pytest

from whet.codebase.cache import FileCache, Prefetcher
from whet.codebase.cache import memory as memory_module


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for number in range(60):
        (tmp_path / f"{number:02}.py").write_text(f"a = {number}\n" * (1 + number))
    later = tmp_path.stat().st_mtime_ns + 10**10
    monkeypatch.setattr(memory_module, "now_ns", lambda: later)
    return tmp_path


def names(folder):
    return sorted(path.name for path in folder.glob("*.py"))


def test_a_file_is_read_once(folder):
    cache = FileCache(folder)
    assert cache.read("07.py") == cache.read("07.py") == (folder / "07.py").read_bytes()
    found = cache.statistics()
    assert (found.reads, found.reads_saved, found.hit_rate) == (1, 1, 0.5)


def test_a_file_that_changed_is_read_again(folder):
    cache = FileCache(folder)
    cache.read("07.py")
    (folder / "07.py").write_text("b = 1\n")
    assert cache.read("07.py") == b"b = 1\n"
    (folder / "07.py").unlink()
    with pytest.raises(FileNotFoundError):
        cache.read("07.py")


def test_a_file_that_was_just_written_is_read_again(folder, monkeypatch):
    monkeypatch.setattr(memory_module, "now_ns", lambda: (folder / "07.py").stat().st_mtime_ns)
    cache = FileCache(folder)
    cache.read("07.py")
    cache.read("07.py")
    assert cache.statistics().reads == 2


def test_where_reading_is_slow_a_walk_in_order_is_read_ahead(folder):
    slow = itertools.count().__next__  # every look at the clock is a second after the one before
    with FileCache(folder, files=names(folder), clock=slow) as cache:
        for name in names(folder):
            assert cache.read(name) == (folder / name).read_bytes()
        found = cache.statistics()
    assert (found.reads, found.reads_saved) == (60, 0), "each file once, whoever read it"
    assert found.hit_rate > 0.85
    assert found.read_ms >= 1000
    assert (found.prefetch.hit_rate, found.prefetch.active) == (1.0, True)


def test_where_reading_is_quick_nothing_is_read_ahead(folder):
    cache = FileCache(folder, files=names(folder), clock=lambda: 0.0)
    for name in names(folder) * 3:
        cache.read(name)
    found = cache.statistics()
    assert (found.reads, found.reads_saved, found.prefetch.loaded) == (60, 120, 0)


def test_a_few_slow_reads_are_a_busy_machine(folder):
    ticks = itertools.count()
    times = itertools.accumulate(10.0 if next(ticks) % 6 == 1 else 0.0 for _ in range(999))
    cache = FileCache(folder, files=names(folder), clock=times.__next__)  # each third read is slow
    for name in names(folder):
        cache.read(name)
    found = cache.statistics()
    assert found.read_ms > 1000
    assert found.prefetch.loaded == 0


def test_a_file_that_is_gone_when_it_is_read_ahead_fails_only_who_asks_for_it(folder):
    every = [*names(folder), "20b.py"]
    slow = itertools.count().__next__
    with FileCache(folder, files=every, clock=slow) as cache:
        for name in names(folder):
            assert cache.read(name) == (folder / name).read_bytes()
        with pytest.raises(FileNotFoundError):
            cache.read("20b.py")


def test_what_followed_once_is_expected_again():
    ahead = Prefetcher()
    for file in ("a", "x", "q", "a", "x", "z"):
        ahead.asked(file)
    ahead.asked("a")
    for file in "bcdefghi":
        ahead.asked(file)
    ahead.asked("a")
    assert ahead.next_files()[0] == "x"


def test_at_most_five_candidates_a_file_and_ten_in_all():
    files = [f"{n:03}" for n in range(500)]
    ahead = Prefetcher(files)
    random.Random(1).shuffle(files)
    for file in files[:100]:
        ahead.asked(file)
        assert len(ahead.next_files()) <= 10
        assert len(ahead._candidates(file)[:5]) <= 5


def test_files_in_memory_already_are_not_loaded_ahead():
    ahead = Prefetcher(["a", "b", "c", "d"])
    ahead.asked("a")
    assert ahead.next_files(known={"b"}) == ["c", "d"]


def test_loading_ahead_is_switched_off_where_it_is_useless_and_tried_again():
    ahead = Prefetcher(f"{n}" for n in range(99))
    for number in range(60):
        ahead.loaded_ahead([f"vain{number}"])
        ahead.dropped(f"vain{number}")
    assert not ahead.active
    assert ahead.next_files() == []
    assert ahead.statistics().hit_rate == 0
    for number in range(500):
        ahead.asked(f"x{number}")
    assert ahead.active


def test_what_is_remembered_of_the_order_is_bounded(monkeypatch):
    monkeypatch.setattr("whet.codebase.cache.prefetch._MOST_LEARNED", 50)
    ahead = Prefetcher()
    for number in range(500):
        ahead.asked(f"{number}")
        ahead.asked(f"{number % 7}")
    assert len(ahead._next) <= 50
    assert all(len(successors) <= 8 for successors in ahead._next.values())


def test_the_bound_in_bytes_holds_and_large_files_do_not_push_out_small_ones(folder):
    for number in range(12):
        (folder / f"large{number}.py").write_text("x" * 150_000)
    cache = FileCache(folder, limit_bytes=1_000_000)
    for name in names(folder):
        cache.read(name)
    before = cache.statistics()
    for _ in range(3):
        for number in range(12):
            cache.read(f"large{number}.py")
    for number in range(60):
        cache.read(f"{number:02}.py")
    found = cache.statistics()
    assert found.bytes <= 1_000_000
    assert found.reads_saved - before.reads_saved >= 60
    assert 0 < found.fragmentation < 1


def test_a_tree_is_made_once_for_a_content_whatever_it_is_called(folder):
    (folder / "copy.py").write_bytes((folder / "07.py").read_bytes())
    cache = FileCache(folder)
    made = []

    def parse(data):
        made.append(data)
        return ast.parse(data)

    first = cache.tree("07.py", parse, form="ast")
    assert cache.tree("copy.py", parse, form="ast") is first
    cache.tree("07.py", len, form="length")
    assert len(made) == 1
    assert cache.statistics().tree_hit_rate == pytest.approx(1 / 3)


def test_trees_are_bounded_in_number_and_by_memory(folder):
    cache = FileCache(folder, trees=5)
    for name in names(folder):
        cache.tree(name, ast.parse, form="ast")
    assert cache.statistics().trees == 5
    cache = FileCache(folder, limit_bytes=1000, memory_bytes=1000)
    cache.tree("07.py", ast.parse, form="ast")
    assert cache.statistics().trees == 0


def test_facts_are_made_once_and_bounded_by_bytes_alone(folder):
    cache = FileCache(folder, trees=5)
    first = [cache.facts(name, len, form="length") for name in names(folder)]
    assert [cache.facts(name, len, form="length") for name in names(folder)] == first
    assert cache.statistics().fact_hit_rate == 0.5
    cache = FileCache(folder, limit_bytes=1000, memory_bytes=1002)
    for name in names(folder) * 2:
        cache.facts(name, len, form="length")
    assert cache.statistics().fact_hit_rate == 0


@pytest.mark.parametrize("clock", [lambda: 0.0, itertools.count().__next__])
def test_threads_share_it(folder, clock):
    cache = FileCache(folder, files=names(folder), clock=clock)
    wrong, parsed = [], []

    def parse(data):
        parsed.append(data)
        return ast.parse(data)

    def work(seed):
        order = names(folder) * 3
        random.Random(seed).shuffle(order)
        for name in order:
            if cache.read(name) != (folder / name).read_bytes():
                wrong.append(name)
            cache.tree(name, parse, form="ast")

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = cache.statistics()
    assert (wrong, len(parsed)) == ([], 60)
    assert found.hit_rate > 0.9
    assert found.bytes == sum((folder / name).stat().st_size for name in names(folder))


def test_nothing_asked_is_no_rate(folder):
    found = FileCache(folder).statistics()
    assert (found.hit_rate, found.tree_hit_rate, found.fragmentation) == (None, None, None)
    assert found.prefetch.hit_rate is None
