"""Where the platform has no /proc, what it would tell is unknown: never zero, never an error."""

import os

import pytest

from whet.workloads import meter
from whet_probe import _imports, _sampler, _start


@pytest.fixture
def without_proc(monkeypatch):
    """As on macOS: no file below /proc can be opened."""
    opened, built_in = os.open, open

    def refuse(path):
        if str(path).startswith("/proc/"):
            raise FileNotFoundError(2, "No such file or directory", path)

    def os_open(path, *rest, **options):
        refuse(path)
        return opened(path, *rest, **options)

    def open_(path, *rest, **options):
        refuse(path)
        return built_in(path, *rest, **options)

    monkeypatch.setattr(os, "open", os_open)
    monkeypatch.setattr("builtins.open", open_)


@pytest.mark.usefixtures("without_proc")
def test_peaks_and_times_of_threads_are_unknown_without_proc():
    assert _start.peak_bytes() is None
    assert _sampler.thread_s(os.getpid()) is None


@pytest.mark.usefixtures("without_proc")
def test_imports_are_followed_without_their_memory():
    written = []
    imports = _imports.Imports(lambda kind, *lines: written.extend((kind, line) for line in lines))
    imports.enter("colorsys", None)
    imports.leave("colorsys", loaded=True)
    ((kind, fields),) = written
    assert (kind, fields["module"], fields["memory_bytes"]) == ("import", "colorsys", None)
    assert fields["cumulative_s"] >= fields["self_s"] >= 0


@pytest.mark.parametrize(("platform", "reader"), [("linux", "own"), ("darwin", "psutil")])
def test_the_meter_reads_what_its_platform_has(monkeypatch, platform, reader):
    def reads(name, size):
        found = iter([size, None])
        return lambda _pid: next(found) if name == reader else pytest.fail(name)

    monkeypatch.setattr(meter.sys, "platform", platform)
    monkeypatch.setattr(meter, "tree_bytes", reads("own", 7_000_000))
    monkeypatch.setattr(meter, "_tree_bytes_psutil", reads("psutil", 7_000_000))
    sampled = meter.Meter(0.001)
    sampled._sample(1)
    assert [size for _, size in sampled.series] == [7_000_000]
