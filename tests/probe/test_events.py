"""What each audit event of the interpreter means to the probe."""

import os
import signal
import sys
import types

import pytest

from whet_probe import _effects, _io, _main


@pytest.fixture
def lines():
    return []


@pytest.fixture
def plan(tmp_path):
    (tmp_path / "project").mkdir()
    return {"root": str(tmp_path / "project"), "origin": None, "out": str(tmp_path / "out")}


@pytest.fixture
def recorder(plan, lines, monkeypatch):
    """Records effects; the temporary folder of this test is no temporary folder."""
    monkeypatch.setattr(_effects, "_temporary_folders", lambda: ("/tmp/only-this",))
    return _effects.Recorder(plan, lambda kind, fields: lines.append({"kind": kind, **fields}))


def told(lines):
    return [(line["effect"], line["target"]) for line in lines if line["kind"] == "effect"]


@pytest.mark.parametrize(
    ("event", "args", "effects"),
    [
        ("open", ("{out}", "w", os.O_WRONLY | os.O_CREAT), [("write", "{out}")]),
        ("open", ("{out}", "r", os.O_RDONLY), []),
        ("open", (b"{out}", "a", os.O_APPEND), [("write", "{out}")]),
        ("open", (5, "w", os.O_WRONLY), []),
        ("open", ("/dev/null", "w", os.O_WRONLY), []),
        ("open", ("/dev/shm/x", "w", os.O_WRONLY), [("write", "/dev/shm/x")]),
        ("open", ("/tmp/only-this/x", "w", os.O_WRONLY), []),
        ("open", ("{base}/__pycache__/x.pyc", "w", os.O_WRONLY), []),
        ("os.remove", ("{out}", -1), [("delete", "{out}")]),
        ("os.rmdir", ("{out}",), [("delete", "{out}")]),
        ("os.mkdir", ("{out}", 0o777, -1), [("write", "{out}")]),
        ("os.truncate", ("{out}", 3), [("write", "{out}")]),
        ("os.setxattr", ("{out}", "user.x", b"", 0), [("write", "{out}")]),
        ("os.rename", ("{out}", "{base}/b", -1, -1), [("delete", "{out}"), ("write", "{base}/b")]),
        ("os.symlink", ("anything", "{out}", -1), [("write", "{out}")]),
        ("sqlite3.connect", ("{out}",), [("write", "{out}")]),
        ("sqlite3.connect", (":memory:",), []),
        ("sqlite3.connect", ("file:{out}?mode=rwc",), [("write", "{out}")]),
        ("sqlite3.connect", ("file:{out}?mode=ro",), []),
        ("socket.connect", (None, ("203.0.113.9", 80)), [("network", "203.0.113.9:80")]),
        ("socket.sendto", (None, ("203.0.113.9", 53)), [("network", "203.0.113.9:53")]),
        ("socket.connect", (None, ("127.0.0.1", 80)), []),
        ("socket.connect", (None, ("::1", 80, 0, 0)), []),
        ("socket.connect", (None, "/run/some.socket"), []),
        ("os.kill", (1, signal.SIGCONT), [("signal", "signal 18 to process 1")]),
        ("os.kill", (1, 0), []),
        ("os.kill", (-1, 9), [("signal", "signal 9 to process -1")]),
        ("os.kill", (2**22 + 1, 9), []),
        ("os.killpg", (1, 9), [("signal", "signal 9 to process group 1")]),
        ("os.killpg", (0, 9), []),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="signal numbers and /proc are Linux's")
def test_effects_are_what_reaches_outside(recorder, lines, tmp_path, event, args, effects):
    names = {"{out}": str(tmp_path / "outside"), "{base}": str(tmp_path)}

    def filled(value):
        if isinstance(value, bytes):
            return filled(value.decode()).encode()
        if isinstance(value, str):
            for name, path in names.items():
                value = value.replace(name, path)
        return value

    _effects._HANDLERS[event](recorder, tuple(map(filled, args)))
    assert told(lines) == [(kind, filled(target)) for kind, target in effects]


def test_own_processes_may_be_signalled(recorder, lines):
    for pid in (0, os.getpid(), -os.getpgrp()):
        _effects._HANDLERS["os.kill"](recorder, (pid, 15))
    _effects._HANDLERS["os.killpg"](recorder, (os.getpgrp(), 15))
    assert lines == []


@pytest.mark.parametrize("session", [0, 1])
def test_the_first_process_is_nobodys_own_even_in_its_session(
    recorder, lines, monkeypatch, session
):
    monkeypatch.setattr(os, "getsid", lambda _: session)
    _effects._HANDLERS["os.kill"](recorder, (1, 15))
    _effects._HANDLERS["os.killpg"](recorder, (1, 15))
    assert told(lines) == [
        ("signal", "signal 15 to process 1"),
        ("signal", "signal 15 to process group 1"),
    ]


def test_a_session_that_cannot_be_named_is_not_ones_own(recorder, lines, monkeypatch):
    monkeypatch.setattr(os, "getsid", lambda _: 0)
    _effects._HANDLERS["os.kill"](recorder, (os.getppid(), 15))
    assert told(lines) == [("signal", f"signal 15 to process {os.getppid()}")]


def test_files_inside_are_noted_once_and_the_original_is_outside(tmp_path, plan, lines):
    plan["origin"] = str(tmp_path / "origin")
    recorder = _effects.Recorder(plan, lambda kind, fields: lines.append({"kind": kind, **fields}))
    inside, original = tmp_path / "project" / "x", tmp_path / "origin" / "x"
    for path in (inside, inside, original, tmp_path / "out" / "line"):
        _effects._HANDLERS["open"](recorder, (str(path), "w", os.O_WRONLY))
    assert [line["kind"] for line in lines] == ["file", "effect"]
    assert (lines[0]["path"], lines[1]["target"]) == (str(inside), str(original))


def test_relative_names_start_from_the_folder_that_a_descriptor_stands_for(
    recorder, lines, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    recorder.path("here", "write")
    descriptor = os.open(tmp_path / "project", os.O_RDONLY)
    try:
        recorder.path("there", "delete", descriptor)
    finally:
        os.close(descriptor)
    assert told(lines) == [("write", str(tmp_path / "here"))]
    assert lines[1] == {"kind": "file", "path": str(tmp_path / "project" / "there")}


def test_started_programs_are_told_with_whether_they_are_python(recorder, lines):
    for event in ("subprocess.Popen", "os.posix_spawn"):
        for program in (sys.executable, "/usr/bin/python3.12", b"/bin/ls"):
            _effects._HANDLERS[event](recorder, (program, [], None, None))
    assert [line["python"] for line in lines] == [True, True, False] * 2


@pytest.fixture
def counter(plan, lines):
    return _io.Counter(plan, lambda kind, fields: lines.append({"kind": kind, **fields}), top=2)


def test_each_event_counts_as_one_operation_at_its_place(counter, lines, plan):
    inside = plan["root"] + "/data.txt"
    events = [
        ("open", (inside, "r", os.O_RDONLY)),
        ("open", (inside, "r", os.O_RDONLY)),
        ("open", (inside, "w", os.O_WRONLY)),
        ("open", (3, "r", os.O_RDONLY)),
        ("open", (plan["out"] + "/line", "w", os.O_WRONLY)),
        ("socket.connect", (None, ("203.0.113.9", 80))),
        ("socket.connect", (None, b"/run/socket")),
        ("subprocess.Popen", ("ls", ["ls", "-l"], None, None)),
        ("subprocess.Popen", ("ls", "ls", None, None)),
        ("os.posix_spawn", ("ls", ["ls"], {})),
        ("os.system", (b"true",)),
    ]

    def hook(event, args):  # stands between the program's frame and the handler
        _io._HANDLERS[event](counter, args)

    for event, args in events:
        hook(event, args)
    counter.finish()
    totals = [line for line in lines if line["kind"] == "io"][-1]
    assert totals == {
        "kind": "io", "reads": 2, "writes": 1, "network": 2, "subprocesses": 4, "sql": 0,
    }  # fmt: skip
    sites = [line for line in lines if line["kind"] == "io_site"]
    assert (sites[0]["target"], sites[0]["count"]) == ("data.txt", 2)
    assert all(site["call_site"].startswith(__file__) for site in sites)
    assert len([site for site in sites if site["io"] == "subprocess"]) == 2
    counter.forked()
    counter.finish()
    assert lines[-1] == {
        "kind": "io", "reads": 0, "writes": 0, "network": 0, "subprocesses": 0, "sql": 0,
    }  # fmt: skip


def test_statements_are_counted_also_where_sqlite_was_imported_before_the_probe(
    counter, lines, monkeypatch
):
    import sqlite3

    for module in (sqlite3, sqlite3.dbapi2, sys.modules["_sqlite3"]):
        monkeypatch.setattr(module, "connect", module.connect)  # put back at the end
    counter.imported("_sqlite3", loaded=True)
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t (x)")
    counter.finish()
    connection.execute("select 1")  # not counted any more
    connection.close()
    assert [line["sql"] for line in lines if line["kind"] == "io"][-1] == 1


def test_a_callable_is_called_as_often_as_asked_and_awaited(tmp_path, monkeypatch):
    (tmp_path / "jobs.py").write_text(
        "import sys\n"
        "seen = []\n"
        "def plain(): seen.append(tuple(sys.argv))\n"
        "class Named:\n"
        "    @staticmethod\n"
        "    async def later(): seen.append('awaited')\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    monkeypatch.setattr(sys, "argv", [])
    fields = {"roots": [str(tmp_path / "src")], "argv": ["a"], "repetitions": 2}
    try:
        _main.main({"target": "jobs:plain", **fields})
        _main.main({"target": "jobs:Named.later", **fields})
        jobs = sys.modules.pop("jobs")
    finally:
        sys.modules.pop("jobs", None)
    assert isinstance(jobs, types.ModuleType)
    assert jobs.seen == [("jobs", "a")] * 2 + ["awaited"] * 2
    assert sys.path[:2] == [str(tmp_path), str(tmp_path / "src")]
