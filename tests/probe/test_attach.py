"""A program waits at its start until py-spy has found it, and for nothing else."""

import os

import pytest

from whet_probe import _attach

SAYS = "py-spy> Sampling process 100 times a second. Press Control-C to exit.\n"


@pytest.fixture
def held(tmp_path, monkeypatch):
    """Starts the instrument; each time that it would sleep, the next step is taken."""
    path = tmp_path / "stdout"

    def start(*steps, **configuration):
        path.write_text("starting\n")
        monkeypatch.setenv(_attach.VARIABLE, str(path))
        left = iter(steps)
        monkeypatch.setattr(_attach.time, "sleep", lambda _seconds: next(left)(path))
        written = []
        _attach.start(configuration, {}, lambda kind, fields: written.append((kind, fields)))
        assert _attach.VARIABLE not in os.environ
        return next(left, None), written

    return start


def says(path):
    path.write_text("starting\n" + SAYS)


def nothing(_path):
    pass


def test_the_program_goes_on_when_py_spy_samples(held):
    left, ((kind, fields),) = held(nothing, says)
    assert (left, kind, fields["found"]) == (None, "attach", True)
    assert fields["held_s"] >= 0


def test_it_does_not_wait_for_ever(held):
    _, ((_, fields),) = held(most_s=0)
    assert fields["found"] is False


def test_it_does_not_wait_once_py_spy_has_given_up(held, monkeypatch):
    parents = iter([7, 7, 1])
    monkeypatch.setattr(_attach.os, "getppid", lambda: next(parents))
    left, ((_, fields),) = held(nothing, says)
    assert (left, fields["found"]) == (says, False)


def test_it_does_not_wait_where_the_output_is_gone(held):
    _, ((_, fields),) = held(lambda path: path.unlink(), nothing, says)
    assert fields["found"] is True


def test_without_py_spy_nothing_is_held(monkeypatch):
    monkeypatch.delenv(_attach.VARIABLE, raising=False)
    assert _attach.start({}, {}, lambda *_: pytest.fail("nothing to tell")) is None
