"""Temporary folders belong to a process that lives, or to nobody."""

import subprocess
import sys
import tempfile

import pytest

from whet.errors import StoreError
from whet.store.scratch import abandoned, new_scratch, remove_scratch, scratch_folder

LEAVE = """\
import os, signal, tempfile
from whet.store.scratch import new_scratch
print(new_scratch("left"), flush=True)
os.kill(os.getpid(), signal.{how})
"""


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def leave(temporary, how):
    done = subprocess.run(
        [sys.executable, "-c", LEAVE.format(how=how)],
        env={"TMPDIR": str(temporary)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.strip()


def test_what_a_killed_process_left_is_found_and_what_lives_is_not(temporary):
    mine = new_scratch("mine")
    left = leave(temporary, "SIGKILL")
    (temporary / "whet-of-somebody-else").mkdir()
    (temporary / "whet-link").symlink_to(mine.parent)
    found = abandoned()
    assert [str(path) for path in found] == [left.rpartition("/")[0]]
    remove_scratch(found[0])
    assert abandoned() == []
    assert mine.is_dir()


def test_a_folder_goes_with_its_block_and_the_rest_when_the_process_ends(temporary):
    with scratch_folder("run") as folder:
        (folder / "deep").mkdir()
        (folder / "deep" / "file").write_text("x")
        (folder / "deep").chmod(0o500)
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()
    leave(temporary, "SIGCONT")  # goes on, and ends by itself
    assert len(list(temporary.glob("whet-*"))) == 1


def test_a_temporary_folder_that_is_gone_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(StoreError, match="gone: No such file"):
        new_scratch("x")
