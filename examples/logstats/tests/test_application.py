import gzip
import socket
import sqlite3
import threading
from pathlib import Path

import pytest

from logstats import delivery
from logstats.cli import main
from logstats.config import DEFAULTS, load_config
from logstats.reader import read_requests
from logstats.report import build_report, render_text

DATA = Path(__file__).parent.parent / "data" / "access.log.gz"


@pytest.fixture(scope="module")
def lines():
    with gzip.open(DATA, "rt") as file:
        return [next(file) for _ in range(1500)]


@pytest.fixture
def log(tmp_path, lines):
    path = tmp_path / "access.log"
    path.write_text("".join(lines))
    return str(path)


def test_the_report_of_a_morning(log, capsys):
    assert main(["report", log]) == 0
    expected = Path(__file__).with_name("expected_report.txt").read_text()
    assert capsys.readouterr().out == expected


def test_compressed_and_plain_logs_read_alike(tmp_path, log, lines):
    packed = tmp_path / "access.log.gz"
    packed.write_bytes(gzip.compress("".join(lines).encode()))
    plain, skipped = read_requests([log])
    assert skipped > 0
    assert len(read_requests([str(packed)])[0]) == len(plain)


def test_a_log_without_requests_is_an_error(tmp_path, capsys):
    path = tmp_path / "empty.log"
    path.write_text("nothing\n")
    assert main(["report", str(path)]) == 1
    assert capsys.readouterr().err == "no requests found\n"


def test_settings_are_read_and_checked(tmp_path):
    path = tmp_path / "settings"
    path.write_text("# ours\nsession_timeout = 900\ninternal_hosts = a.example, b.example\n\n")
    assert load_config(path) == {**DEFAULTS, "session_timeout": 900, "internal_hosts": ("a.example", "b.example")}
    path.write_text("session_timout = 3\n")
    with pytest.raises(SystemExit, match="unknown setting 'session_timout'"):
        load_config(path)


def test_a_report_is_stored(tmp_path, log):
    database = tmp_path / "figures.db"
    assert main(["store", log, "--database", str(database)]) == 0
    connection = sqlite3.connect(database)
    assert connection.execute("SELECT count(*) FROM reports").fetchone() == (1,)
    connection.close()


def test_a_report_is_served(log):
    text = render_text(build_report(*read_requests([log]), DEFAULTS))
    server = delivery.text_server(text, 0)
    answer = []
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    with socket.create_connection(server.server_address, timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        while piece := connection.recv(65536):
            answer.append(piece)
    thread.join()
    server.server_close()
    page = b"".join(answer).decode()
    assert page.startswith("HTTP/1.0 200 OK")
    assert "/search?q=chair+bowl&amp;sort=price" in page


def test_the_report_is_the_same_for_any_order_of_files(tmp_path, lines):
    first, second = tmp_path / "1.log", tmp_path / "2.log"
    first.write_text("".join(lines[:700]))
    second.write_text("".join(lines[700:]))
    texts = []
    for paths in ([first, second], [second, first]):
        requests, skipped = read_requests([str(path) for path in paths])
        texts.append(render_text(build_report(requests, skipped, DEFAULTS))[:400])
    assert texts[0] == texts[1]
