"""What whet keeps is private, whole or not there, and one session's at a time."""

import os
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from whet.errors import StoreError, UsageError
from whet.records import Event, FixVerdict, SessionRecord, StageState, Validation
from whet.store import Declined, Store, load_session, open_store, place_of


class FixedClock:
    def now(self):
        return datetime(2026, 11, 21, 3, 4, 5, tzinfo=UTC)

    def monotonic_s(self):
        return 0.0


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / ".whet", FixedClock())


def record(folder, **more):
    return SessionRecord(
        session_id=folder.session_id, project="/p", start_time="2026-11-21T03:04:05.000Z", **more
    )


def test_a_session_id_carries_date_time_and_a_number(store):
    assert store.new_session().session_id == "opt-20261121-030405-001"
    assert store.new_session().session_id == "opt-20261121-030405-002"


def test_the_folder_is_private_and_ignored_by_git(store):
    folder = store.new_session()
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert (store.folder / ".gitignore").read_text() == "*\n"


def test_a_session_is_read_back_as_it_was_saved(store):
    folder = store.new_session()
    verdict = FixVerdict(fix_id="f", remedy="r", file="a.py", line=1, kept=True, reason="faster")
    whole = record(
        folder,
        stages=(StageState(name="profile", status="done"),),
        fix_verdicts=(verdict,),
        validations={"f": Validation(outcome="equal")},
        notes=("n",),
    )
    folder.save(whole)
    assert load_session(folder.path) == whole


def test_a_changed_verdict_replaces_the_earlier_one(store):
    folder = store.new_session()
    verdict = FixVerdict(fix_id="f", remedy="r", file="a.py", line=1, kept=True, reason="faster")
    folder.save(record(folder, fix_verdicts=(verdict,)))
    dropped = FixVerdict(fix_id="f", remedy="r", file="a.py", line=1, kept=False, reason="Holm")
    folder.save(record(folder, fix_verdicts=(dropped,)))
    assert load_session(folder.path).fix_verdicts == (dropped,)


def test_a_torn_last_event_is_left_out_and_the_next_one_is_whole(store):
    folder = store.new_session()
    one, two = (Event(kind="note", stage="s", message=text) for text in ("one", "two"))
    folder.append_event(one)
    with (folder.path / "events.jsonl").open("ab") as file:
        file.write(b'{"kind": "no')
    folder.append_event(two)
    assert list(folder.events()) == [one, two]


def test_a_corrupt_file_is_named(store):
    folder = store.new_session()
    folder.save(record(folder))
    (folder.path / "session.json").write_bytes(b'{"session_id": 3}')
    with pytest.raises(StoreError, match=r"session\.json: is not what whet wrote"):
        folder.load()


def test_a_folder_without_a_session_is_refused(tmp_path):
    with pytest.raises(StoreError, match="holds no session"):
        load_session(tmp_path)


def test_two_sessions_at_once_are_refused_with_the_process_that_holds_the_store(store):
    store.prepare()
    code = (
        "import sys; from pathlib import Path; from whet.store import Store\n"
        f"with Store(Path({str(store.folder)!r})).lock():\n"
        "    print('held', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreError, match=f"process {holder.pid}"), store.lock():
            pass
        holder.stdin.close()
    with store.lock():
        pass


def test_a_link_in_place_of_the_store_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".whet").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="symbolic link"):
        Store(tmp_path / ".whet").prepare()


def test_sessions_are_found_by_name_beginning_or_end(store):
    for _ in range(2):
        folder = store.new_session()
        folder.save(record(folder))
    assert store.session().session_id.endswith("002")
    assert store.session("001").session_id.endswith("001")
    with pytest.raises(UsageError, match="2 sessions"):
        store.session("opt-")
    with pytest.raises(UsageError, match="none of this name"):
        store.session("opt-x")


def test_no_session_yet_is_said_with_the_way_out(store):
    with pytest.raises(UsageError, match="`whet run` makes one"):
        store.session()


def test_declined_findings_are_remembered_once(store):
    fix = Declined(finding_id="1", remedy="r", file="a.py", function="f", at="t")
    store.decline(fix)
    store.decline(fix)
    assert store.declined() == (fix,)


def test_a_baseline_name_may_not_leave_the_folder(store):
    with pytest.raises(UsageError, match="letters"):
        store.load_baseline("../../etc")
    with pytest.raises(UsageError, match="is not kept here"):
        store.load_baseline("main")


def test_the_oldest_sessions_make_room(store):
    for _ in range(53):
        folder = store.new_session()
        folder.save(record(folder))
    assert len(store.sessions()) == 51


def test_the_store_lies_at_the_top_of_the_repository(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "pkg").mkdir()
    assert place_of(tmp_path / "pkg") == tmp_path / ".whet"


def test_a_read_only_project_keeps_its_store_in_the_users_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    place = place_of(tmp_path, {"XDG_STATE_HOME": "/state"})
    assert place.parent == Path("/state/whet")
    assert place.name.startswith(tmp_path.name)


def test_opening_writes_nothing(tmp_path):
    open_store(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_usage_and_removal(store):
    folder = store.new_session()
    folder.save(record(folder))
    assert next(row.name for row in store.usage()) == f"session {folder.session_id}"
    store.remove()
    assert not store.folder.exists()


def test_a_full_disk_is_one_clear_error(store, monkeypatch):
    folder = store.new_session()

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        folder.save(record(folder))
    assert list(folder.path.iterdir()) == []
