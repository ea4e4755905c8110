"""What the file system refuses is one clear error, and what was kept before is still there."""

import errno
import os

import msgspec
import pytest

from whet.errors import StoreError, UsageError
from whet.records import Workload
from whet.store import open_store
from whet.store._files import append_line, make_folder, read_lines, read_record, write_whole


def refuse(number):
    def fail(*_, **__):
        raise OSError(number, os.strerror(number))

    return fail


def test_a_full_disk_leaves_the_old_content_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "record"
    write_whole(path, b"old")
    monkeypatch.setattr(os, "fsync", refuse(errno.ENOSPC))
    with pytest.raises(StoreError, match=r"No space left.*`whet clean`"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_not_made_through_a_link_or_a_file(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(StoreError, match="is a symbolic link"):
        make_folder(tmp_path / "link")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"(exists|Not a directory)"):
        make_folder(tmp_path / "file" / "inner")


def test_what_cannot_be_read_or_appended_is_named(tmp_path):
    with pytest.raises(StoreError, match="directory"):
        append_line(tmp_path, b"{}")
    with pytest.raises(StoreError, match="directory"):
        read_record(tmp_path, Workload)
    with pytest.raises(StoreError, match="directory"):
        list(read_lines(tmp_path, Workload))
    assert read_record(tmp_path / "gone", Workload) is None
    assert list(read_lines(tmp_path / "gone", Workload)) == []


def test_a_damaged_record_is_no_record_of_whets(tmp_path):
    (tmp_path / "record").write_bytes(b'{"kind": ')
    with pytest.raises(StoreError, match="is not what whet wrote"):
        read_record(tmp_path / "record", Workload)


def test_a_line_torn_by_a_crash_is_left_out_and_the_next_one_stands_alone(tmp_path):
    path = tmp_path / "lines"
    whole = msgspec.json.encode(Workload(kind="script", target="a.py"))
    path.write_bytes(whole + b"\n" + whole[:9])
    append_line(path, whole)
    assert [workload.target for workload in read_lines(path, Workload)] == ["a.py", "a.py"]


def test_a_store_that_cannot_be_made_private_or_emptied_is_an_error(tmp_path, monkeypatch):
    store = open_store(tmp_path)
    monkeypatch.setattr(type(store.folder), "chmod", refuse(errno.EPERM))
    with pytest.raises(StoreError, match="not permitted"):
        store.prepare()
    monkeypatch.undo()
    store.prepare()
    (store.folder / "lock").mkdir()
    with pytest.raises(StoreError, match="directory"), store.lock():
        pass
    monkeypatch.setattr("shutil.rmtree", refuse(errno.EACCES))
    with pytest.raises(StoreError, match="denied"):
        store.remove()
    monkeypatch.setattr("shutil.rmtree", refuse(errno.ENOENT))
    store.remove()


def test_what_is_not_kept_is_refused(tmp_path):
    store = open_store(tmp_path)
    with pytest.raises(UsageError, match="there is none yet"):
        store.session()
    with pytest.raises(UsageError, match="may hold letters, digits"):
        store.load_baseline("../x")
