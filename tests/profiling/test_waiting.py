import pytest

from whet.profiling._places import Places, RawFrame
from whet.profiling._stacks import RawStack
from whet.profiling.waiting import waits_of


@pytest.fixture
def app(tmp_path):
    path = tmp_path / "app.py"
    path.write_text(
        "def f():\n    time.sleep(1)\n    with lock:\n        pass\n    sock.recv(9)\n    spin()\n"
    )
    return path


def sampled(path, line, count, top=None, thread="MainThread"):
    frames = (RawFrame("f", str(path), line), *((top,) if top else ()))
    return [RawStack(0, thread, frames, 0.01) for _ in range(count)]


@pytest.mark.parametrize(
    ("line", "top", "kind"),
    [
        (2, None, "sleep"),
        (3, None, "lock"),
        (5, None, "io"),
        (6, None, "other"),
        (6, RawFrame("wait", "/usr/lib/python3.11/threading.py", 331), "lock"),
        (6, RawFrame("get", "/usr/lib/python3.11/queue.py", 180), "lock"),
        (6, RawFrame("select", "/usr/lib/python3.11/selectors.py", 415), "io"),
        (6, RawFrame("_try_wait", "/usr/lib/python3.11/subprocess.py", 2004), "io"),
    ],
)
def test_a_wait_is_named_by_what_its_top_frame_does(app, line, top, kind):
    found = waits_of(sampled(app, line, 50, top), [], Places(app.parent), 100)
    assert [(each.kind, each.place) for each in found.waits] == [(kind, f"app.py:{line} f")]
    assert found.waits[0].seconds == pytest.approx(0.5)


def test_time_that_is_seen_running_too_is_no_wait(app):
    running = sampled(app, 6, 100)
    found = waits_of(sampled(app, 6, 110), running, Places(app.parent), 100)
    assert found.waits == ()
    assert found.lock_share == 0


def test_the_share_of_locks_is_of_all_thread_time(app):
    idle = sampled(app, 3, 50) + sampled(app, 6, 150, thread="Thread-1")
    found = waits_of(idle, sampled(app, 6, 150, thread="Thread-1"), Places(app.parent), 100)
    assert found.lock_share == pytest.approx(0.25)
    assert [each.thread for each in found.waits] == ["MainThread"]


def test_without_samples_nothing_is_said(tmp_path):
    assert waits_of([], [], Places(tmp_path), 100).lock_share is None
