"""A service's ready check asks what it says, and what cannot be asked is refused."""

import http.server
import socket
import threading

import pytest

from whet.errors import WorkloadFailed
from whet.records import ServiceSpec, Workload
from whet.workloads import run
from whet.workloads._service import Failure, ready_check


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(self.path[1:]))
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def web():
    with http.server.HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_web_service_is_ready_when_it_answers_whatever_but_an_error_of_its_own(web, tmp_path):
    ready = {
        status: ready_check(f"{web}/{status}", tmp_path, [])() for status in (200, 404, 500, 503)
    }
    assert ready == {200: True, 404: True, 500: False, 503: False}
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        assert ready_check(address, tmp_path, [])() is False


def test_a_port_a_file_and_a_line_of_the_log_are_waited_for(tmp_path):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        assert ready_check(f"tcp:127.0.0.1:{port}", tmp_path, [])() is False
        listening.listen()
        assert ready_check(f"tcp::{port}", tmp_path, [])() is True
    log = tmp_path / "log"
    there, said = (
        ready_check("file:up", tmp_path, []),
        ready_check("log:ready in \\d", tmp_path, [log]),
    )
    assert (there(), said()) == (False, False)
    (tmp_path / "up").touch()
    log.write_text("starting\n")
    assert (there(), said()) == (True, False)
    log.write_text("starting\nready in 3\n")
    assert said() is True


@pytest.mark.parametrize("ready", ["", "tcp:host", "file:", "log:", "log:(", "ready"])
def test_a_check_that_is_none_is_refused(tmp_path, ready):
    with pytest.raises(Failure, match=r"is not (understood|a pattern)"):
        ready_check(ready, tmp_path, [])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": ("no-such-program",)}, "'no-such-program' could not be started"),
        ({"start": ("sh", "-c", "echo why >&2; exit 1")}, "ended before it was ready; .*: why"),
        ({"drive": ()}, "names no drive command"),
        ({"drive": ("no-such-program",)}, "drive 'no-such-program' could not be started"),
        ({"ready": "log:never", "ready_timeout_s": 0.1}, "was not ready .* its last line: up"),
    ],
)
def test_a_service_that_cannot_be_driven_says_why(launch, change, message):
    service = {
        "start": ("sh", "-c", "echo up; exec sleep 600"), "ready": "log:up", "drive": ("true",),
        "stop_signal": "SIGTERM", "stop_timeout_s": 20.0,
    }  # fmt: skip
    with pytest.raises(WorkloadFailed, match=message):
        run(launch(Workload(kind="service", service=ServiceSpec(**(service | change)))))
