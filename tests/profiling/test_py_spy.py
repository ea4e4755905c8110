"""What py-spy prints, and what happens when it cannot look."""

from types import SimpleNamespace

import pytest

from whet.errors import InstrumentError
from whet.profiling import _py_spy, cpu, profile
from whet.profiling._rig import cost


def test_errors_of_sampling_are_counted_from_the_summary():
    said = "py-spy> Wrote speedscope file to 'x'. Samples: 24 Errors: 3\n"
    assert _py_spy.sampling_errors(said) == 3
    assert _py_spy.sampling_errors("") == 0


def test_the_reason_of_py_spy_is_given():
    said = "usage\nPermission Denied: Try running again with elevated permissions\nmore\n"
    assert _py_spy.explained(said).startswith("Permission Denied")
    assert _py_spy.explained("hello") == ""


def test_when_neither_sampler_works_both_reasons_are_given(launches):
    found = profile(launches("", target="sh -c 'exit 0'"), ("cpu",))
    (failure,) = found.failures
    assert found.cpu is None
    assert "py-spy" in failure.reason
    assert "the sampler inside the program" in failure.reason


def test_programs_that_end_at_once_are_seen_from_their_start(launches):
    source = (
        "import os, sys\n"
        "def grind():\n"
        "    return sum(i * i for i in range(400_000))\n"
        "grind()\n"
        "sys.exit('WHET_SAMPLER_SAYS' in os.environ)\n"
    )
    found = profile(launches(source), ("cpu",))
    assert (found.failures, found.cpu.approximate) == ((), False)
    assert found.cpu.functions[0].name == "grind"
    assert not any("exit" in note for note in found.notes)
    assert not any("_attach" in frame.file for frame in found.cpu.frames)


def test_a_program_that_forbids_to_be_looked_at_is_not_measured_half():
    cut, whole = SimpleNamespace(signal="SIGKILL"), SimpleNamespace(signal=None)
    with pytest.raises(InstrumentError, match="lost sight"):
        _py_spy.refuse_cut_short(cut, whole)
    _py_spy.refuse_cut_short(cut, cut)
    _py_spy.refuse_cut_short(whole, whole)


def test_the_time_in_which_a_program_was_held_back_is_no_cost():
    sampled, plain = SimpleNamespace(wall_s=3.0, cpu_s=1.0), SimpleNamespace(wall_s=2.0, cpu_s=1.0)
    assert cost("cpu", sampled, plain, held_s=0.5).wall_ratio == pytest.approx(1.25)
    assert cost("cpu", sampled, plain).wall_ratio == pytest.approx(1.5)


def test_waiting_that_cannot_be_measured_leaves_the_profile(launches, monkeypatch):
    original = cpu.record

    def no_idle(rig, rate_hz, *, idle=False):
        if idle:
            raise InstrumentError("py-spy", "was refused")
        return original(rig, rate_hz)

    monkeypatch.setattr(cpu, "record", no_idle)
    source = "def f(n):\n    return sum(i * i for i in range(n))\nf(12_000_000)\n"
    found = profile(launches(source), ("cpu",))
    assert found.cpu.functions[0].name == "f"
    assert found.failures[0].reason == "waiting was not measured: py-spy was refused"


@pytest.mark.parametrize("rate_hz", [50.0, 200.0])
def test_the_rate_is_the_one_asked_for(launches, rate_hz):
    source = "def f(n):\n    return sum(i * i for i in range(n))\nf(12_000_000)\n"
    measured = profile(launches(source), ("cpu",), rate_hz=rate_hz)
    assert measured.cpu.rate_hz >= rate_hz
