"""Several processes read what one would, in the same order, whatever happens to them."""

import os
import signal
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.codebase.cache import FactCache
from whet.codebase.tags import TagOptions, TagRun, parallel, plan, workers
from whet.codebase.tags.plan import Batch, batches, processes_for, schedule

MB = 1_000_000


def fill(tree, count=40):
    for number in range(count):
        tree.write(f"{number:03}.py", f"def f{number}(): g{number}()\n" * (1 + 7 * (number % 9)))


def read(tree, processes, **options):
    chosen = TagOptions(processes=processes, threshold_bytes=1, on_event=tree.hear)
    run = TagRun(tree.root, chosen._replace(**options), FactCache(None))
    files = [(file.path, list(file.tags()), file.problem) for file in run.files()]
    return run, files


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(plan, "_SMALLEST", 300)
    monkeypatch.setattr(plan, "_LARGEST", 900)


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("processes", [2, 3])
def test_several_processes_give_what_one_gives_in_the_same_order(tree, processes):
    fill(tree)
    tree.write("bad.py", b"\0")
    alone, expected = read(tree, 1)
    run, found = read(tree, processes)
    assert found == expected
    assert (alone.processes, run.processes) == (1, processes)
    assert tree.notes == []


@pytest.mark.usefixtures("small_batches")
def test_no_worker_is_short_of_batches_while_this_process_reads_one(tree, monkeypatch):
    fill(tree)
    held = []
    here = parallel.Reader._here

    def looking(reader, number):
        for worker in reader._workers if reader._todo else ():
            held.append(len(worker.jobs))
            assert worker.connection.poll(60)  # the next look finds an answer
        return here(reader, number)

    monkeypatch.setattr(parallel.Reader, "_here", looking)
    read(tree, 2)
    assert len(held) > 3
    assert set(held) == {parallel._AHEAD}


@pytest.mark.usefixtures("small_batches")
def test_where_other_threads_run_processes_are_started_afresh(tree):
    fill(tree, 12)
    _, expected = read(tree, 1)
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert workers.start_method() == "spawn"
        assert read(tree, 2)[1] == expected
    finally:
        done.set()
        thread.join()


@pytest.mark.usefixtures("small_batches")
def test_a_worker_that_is_killed_costs_nothing_but_a_note(tree):
    fill(tree)
    _, expected = read(tree, 1)
    here = os.getpid()
    original = workers.read_files
    flag = tree.cache_path.with_name("killed")

    def dying(root, files, largest):
        if os.getpid() != here and not flag.exists():
            flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return original(root, files, largest)

    tree.patch.setattr(workers, "read_files", dying)
    _, found = read(tree, 2)
    assert found == expected
    assert [note.split(";")[0] for note in tree.notes] == [
        "a reading process ended by itself (signal 9)"
    ]


@pytest.mark.usefixtures("small_batches")
def test_a_file_that_kills_its_reader_is_named_and_the_others_are_read(tree):
    fill(tree)
    _, expected = read(tree, 1)
    here = os.getpid()
    original = workers.read_files
    tree.patch.setattr(parallel.Reader, "_here", lambda *_: pytest.fail("read by the parent"))
    tree.patch.setattr(parallel.Reader, "_next", only_for_workers(parallel.Reader._next))

    def dying(root, files, largest):
        if os.getpid() != here and any(path == b"020.py" for path, _ in files):
            os.kill(os.getpid(), signal.SIGKILL)
        return original(root, files, largest)

    tree.patch.setattr(workers, "read_files", dying)
    run, found = read(tree, 2)
    assert [file for file in found if file[0] != "020.py"] == [
        file for file in expected if file[0] != "020.py"
    ]
    assert [(p.file, p.reason) for p in run.problems] == [
        ("020.py", "the parser crashed (signal 9)")
    ]


def only_for_workers(original):
    """Leaves no batch to the parent, so that a worker meets the deadly file."""
    import inspect

    def chosen(self):
        asking = inspect.stack()[1].function
        return None if asking == "_advance" else original(self)

    return chosen


@pytest.mark.usefixtures("small_batches")
def test_where_no_process_can_be_started_everything_is_read_here(tree):
    fill(tree, 12)
    _, expected = read(tree, 1)

    def refused(*_):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    tree.patch.setattr(parallel, "Worker", refused)
    run, found = read(tree, 3)
    assert (found, run.processes) == (expected, 1)
    assert tree.notes == ["no more processes: Resource temporarily unavailable"]


@pytest.mark.usefixtures("small_batches")
def test_where_memory_becomes_short_workers_are_let_go(tree):
    fill(tree)
    _, expected = read(tree, 1)
    answers = iter([900 * MB])
    tree.patch.setattr(parallel, "_LOOK_EVERY", 1)
    _, found = read(tree, 2, memory=lambda: next(answers, 10 * MB))
    assert found == expected
    assert tree.notes == ["memory is short: one process less"]


@pytest.mark.usefixtures("small_batches")
def test_a_reader_that_stops_early_leaves_no_process_behind(tree):
    import multiprocessing

    fill(tree)
    run = TagRun(tree.root, TagOptions(processes=2, threshold_bytes=1), FactCache(None))
    files = run.files()
    next(files)
    files.close()
    assert multiprocessing.active_children() == []


def test_little_work_is_done_by_one_process():
    assert processes_for(None, 2 * MB, 2_500_000, None) == 1
    assert processes_for(4, 3 * MB, 2_500_000, None) == 4
    assert processes_for(1, 90 * MB, 2_500_000, None) == 1


def test_without_a_wish_there_are_as_many_processes_as_cores_at_most_eight(monkeypatch):
    for cores, expected in ((2, 2), (64, 8)):
        monkeypatch.setattr(plan, "usable_cores", lambda cores=cores: cores)
        assert processes_for(None, 9 * MB, 1, None) == expected


@pytest.mark.parametrize(("available_mb", "expected"), [(10, 1), (170, 2), (250, 3), (9000, 4)])
def test_short_memory_means_fewer_processes(available_mb, expected):
    assert processes_for(4, 9 * MB, 1, available_mb * MB) == expected


def test_short_memory_means_smaller_batches():
    sizes = [10_000] * 500
    assert max(b.bytes for b in batches(sizes, 2, 100 * MB)) < max(
        b.bytes for b in batches(sizes, 2)
    )


@given(st.lists(st.integers(0, 600_000), max_size=60), st.integers(1, 8))
def test_batches_hold_every_file_once_in_order_and_every_batch_is_handed_out(sizes, processes):
    found = batches(sizes, processes)
    assert [n for batch in found for n in range(batch.start, batch.stop)] == list(
        range(len(sizes))
    )
    assert all(batch.bytes == sum(sizes[batch.start : batch.stop]) for batch in found)
    assert sorted(schedule(found)) == list(range(len(found)))


def test_large_files_are_handed_out_first():
    planned = [Batch(0, 3, 1000), Batch(3, 4, 500_000), Batch(4, 9, 10), Batch(9, 10, 900_000)]
    assert schedule(planned) == [3, 1, 0, 2]


def test_the_machine_tells_its_memory_and_cores():
    available = plan.available_memory()
    assert available is None or available > 0
    assert plan.usable_cores() >= 1


def test_the_bound_of_a_control_group_counts(tmp_path, monkeypatch):
    (tmp_path / "memory.max").write_text("300\n")
    (tmp_path / "memory.current").write_text("100\n")
    original = open

    def opened(name, *rest):
        return original(str(name).replace("/sys/fs/cgroup", str(tmp_path)), *rest)

    monkeypatch.setattr("builtins.open", opened)
    assert plan.available_memory() == 200
    (tmp_path / "memory.max").write_text("max\n")
    assert plan.available_memory() != 200
