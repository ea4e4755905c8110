import json
import socket
import subprocess
import sys

import pytest

from whet.cli import main
from whet.workloads.capabilities import Capability, capabilities

module = sys.modules["whet.workloads.capabilities"]
NAMES = [
    "interpreter", "cpu sampling", "allocations", "i/o and waiting", "load", "cgroup",
    "governor", "bytecode", "disk", "git", "pythons", "redis", "postgresql",
]  # fmt: skip


def test_every_capability_is_told_for_the_project(project, bare_python):
    found = capabilities(project, bare_python)
    assert [one.name for one in found] == NAMES
    assert bare_python in found[0].detail
    assert all(one.detail for one in found)


def test_a_missing_interpreter_is_an_answer(project):
    first, *others = capabilities(project, "/no/such/python")
    assert (first.status, first.way_out) == (
        "no",
        "Name an interpreter of Python 3.8 or newer with --python",
    )
    assert "does not exist" in first.detail
    assert len(others) == len(NAMES) - 1


def test_refused_ptrace_means_the_probes_own_sampler(project, bare_python, monkeypatch, tmp_path):
    program = tmp_path / "py-spy"
    program.write_text("#!/bin/sh\necho 'Error: Permission Denied' >&2; exit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(module, "_path_with_own_scripts", lambda: str(tmp_path))
    found = {one.name: one for one in capabilities(project, bare_python)}["cpu sampling"]
    assert found.status == "limited"
    assert "Permission Denied" in found.detail
    program.unlink()
    found = {one.name: one for one in capabilities(project, bare_python)}["cpu sampling"]
    assert found.way_out == "Install py-spy beside whet"


def test_conditions_that_spoil_figures_are_limits(monkeypatch):
    environment = module.describe_environment(None)
    changed = type(environment)(**{
        **{name: getattr(environment, name) for name in environment.__struct_fields__},
        "load_1m": 99.0, "cpu_quota": 1.5, "governor": "powersave",
    })  # fmt: skip
    monkeypatch.setattr(module, "describe_environment", lambda _interpreter: changed)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    checks = (module._load, module._quota, module._governor, module._bytecode)
    assert [check().status for check in checks] == ["limited"] * 4
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE")
    assert module._bytecode().status == "yes"


def test_what_is_missing_is_no(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert module._git().status == "no"
    assert module._pythons().status == "limited"
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _path: type("U", (), {"free": 5}))
    assert module._space().status == "limited"
    monkeypatch.setattr(module, "_readable", lambda _path: False)
    assert module._counters().detail == "not counted by the platform: io, schedstat"


def test_a_server_is_found_by_url_port_or_socket(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert module._server("redis", f"redis://127.0.0.1:{port}/0", 1, ()).status == "yes"
        assert module._server("redis", None, port, ()).status == "yes"
    assert module._server("redis", "redis://[bad", 1, ()).status == "no"
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        assert module._server("postgresql", None, 1, (str(path),)).status == "yes"


def test_an_interpreter_of_another_version_has_limits():
    old = module.Interpreter(path="py", version=(3, 8, 1))
    assert module._target(old).status == "limited"
    assert module._allocations(old).status == "limited"
    assert module._allocations(None).status == "limited"


def test_whet_doctor_prints_a_table_or_json(project, bare_python, capsys):
    assert main(["doctor", str(project), "--python", bare_python]) == 0
    text = capsys.readouterr().out
    assert text.startswith("interpreter")
    assert main(["doctor", str(project), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["version"] == 1
    assert [one["name"] for one in document["capabilities"]] == [*NAMES, "settings"]


def test_whet_doctor_refuses_what_is_no_folder(project, capsys):
    assert main(["doctor", str(project / "gone")]) == 2
    assert "is not a folder" in capsys.readouterr().err


def test_a_way_out_stands_below_its_line():
    from whet.cli.doctor import table

    one = Capability(name="load", status="limited", detail="high", way_out="Wait")
    assert table((one,)) == ["load  limited  high", "               Wait"]


@pytest.mark.skipif(sys.platform != "linux", reason="ptrace is Linux's here")
def test_doctor_loads_no_heavy_package():
    source = (
        "import sys; from whet.cli import main; main(['doctor']);"
        "print([n for n in ('memray', 'libcst', 'rich', 'jinja2', 'psutil') if n in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True
    )
    assert answer.stdout.splitlines()[-1] == "[]"
