"""The machine's condition is what its files say; what they do not say is None."""

import os
import subprocess
import sys

import pytest

from whet.workloads import environment, meter


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cpu.max": "max 100000"}, None),
        ({"cpu.max": "150000 100000"}, 1.5),
        ({"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "100000"}, 0.5),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ({}, None),
    ],
)
def test_the_quota_of_the_control_group_is_read_in_both_forms(monkeypatch, files, expected):
    root = "/sys/fs/cgroup/"
    monkeypatch.setattr(environment, "read_text", lambda path: files.get(path.removeprefix(root)))
    assert environment.cpu_quota() == expected


def test_what_the_platform_does_not_say_is_none(monkeypatch):
    def refuse(*_):
        raise OSError

    monkeypatch.setattr(environment, "read_text", lambda _path: None)
    monkeypatch.setattr(environment.platform, "processor", lambda: "")
    monkeypatch.setattr(os, "getloadavg", refuse)
    monkeypatch.setattr(os, "sysconf", refuse)
    found = environment.describe_environment(None)
    assert (found.cpu_model, found.load_1m, found.memory_bytes, found.governor) == (None,) * 4


def test_the_meter_without_proc_sees_the_same_tree():
    with subprocess.Popen(
        [sys.executable, "-c", "print('up', flush=True); input()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as child:  # fmt: skip
        assert child.stdout.readline() == b"up\n"
        with_child = meter._tree_bytes_psutil(os.getpid())
        alone = meter._tree_bytes_psutil(child.pid)
        assert with_child > alone > 1_000_000
        if sys.platform == "linux":
            assert meter.tree_bytes(child.pid) == pytest.approx(alone, rel=0.2)
        child.communicate(b"\n")
    assert meter._tree_bytes_psutil(child.pid) is None
