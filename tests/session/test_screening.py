"""Paired calls may spare whole runs; they never keep a fix, and drop one on a fair sample only."""

from __future__ import annotations

import pickle
import shutil
import sys
from types import SimpleNamespace

import msgspec
import pytest

from whet.records import (
    CpuProfile,
    Environment,
    Fix,
    FunctionTime,
    Profile,
    Validation,
    Verdict,
    Workload,
)
from whet.session import screening
from whet.session.order import Prospect
from whet.session.work import Options
from whet.workloads import find_interpreter

EQUAL = Validation(outcome="equal")
FIX = Fix(
    fix_id="x", title="t", remedy="r", file="core.py", line=1, function="f",
    functions=("core.py::f",), claims="cpu_time", keeps_state=False, safety="safe",
    attainable_gain=0.05,
)  # fmt: skip
VERDICT = Verdict(
    metric="cpu_time", outcome="same", effect=1.0, low=0.995, high=1.005, confidence=0.99,
    margin=0.01, processes=8, pairs=8, clock="cpu", design="in-process pairs", elapsed_s=1.0,
    baseline=0.08,
)  # fmt: skip


def profile(share=0.1):
    environment = Environment(
        os="linux", machine="x", cpu_model=None, cores=2, load_1m=None, governor=None,
        cpu_quota=None, memory_bytes=None, interpreter=None, dont_write_bytecode=False,
        whet_version="0",
    )  # fmt: skip
    function = FunctionTime(
        name="f", file="core.py", line=1, self_s=share, total_s=share, self_share=share,
        total_share=share,
    )  # fmt: skip
    cpu = CpuProfile(
        sampler="py-spy", approximate=False, rate_hz=100, samples=100, errors=0, total_s=1.0,
        functions=(function,),
    )  # fmt: skip
    return Profile(
        workload=Workload(kind="script", target="app.py"), environment=environment,
        plain_wall_s=1.0, plain_cpu_s=1.0, cpu=cpu,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "same on its recorded calls (80% of its time), in paired calls: no whole runs"),
        ({"outcome": "slower", "effect": 1.2}, "slower on its recorded calls (80% of its time)"),
        ({"outcome": "faster", "effect": 0.9}, None),
        ({"outcome": "undecided"}, None),
        ({"baseline": 0.04}, None),
    ],
)
def test_only_a_decided_verdict_on_most_of_the_time_speaks_against_a_fix(changes, said):
    found = screening.objection(msgspec.structs.replace(VERDICT, **changes), FIX, profile())
    assert found == said if said is None else found.startswith(said)


@pytest.fixture
def run(tmp_path):
    """Two copies of a project whose candidate takes longer for the same."""
    a, b = tmp_path / "a", tmp_path / "b"
    a.mkdir()
    (a / "core.py").write_text("def f(n):\n    return sum(range(n))\n")
    shutil.copytree(a, b)
    (b / "core.py").write_text("def f(n):\n    return sum(i for i in range(n))\n")
    found = SimpleNamespace(
        project=a, options=Options(), prospects={"x": Prospect(0.03, 0.05)},
        session=SimpleNamespace(
            record=SimpleNamespace(profile=profile(share=0.001), environment=None),
            on_event=lambda _event: None,
        ),
        bench=SimpleNamespace(
            copies={"a": a, "b": b}, interpreter=find_interpreter(tmp_path, sys.executable),
            workload=Workload(kind="script", target="core.py"), run=None,
        ),
    )  # fmt: skip
    from whet.workloads import run as real

    found.bench.run = real
    calls = tmp_path / "calls.pickle"
    calls.write_bytes(b"".join(pickle.dumps(("core", "f", (30_000 + n,), {})) for n in range(8)))
    return found, calls


def test_calls_are_really_paired_and_a_slower_fix_spares_whole_runs(run, monkeypatch):
    session, calls = run
    monkeypatch.setattr(screening, "_BUDGET_S", 60.0)  # a loaded host needs longer
    found = screening.screen(session, FIX, EQUAL, calls, run_s=1.0)
    assert found.verdicts[0].design == "in-process pairs"
    assert found.verdicts[0].effect > 1.1
    assert found.reason.startswith("slower on its recorded calls")


@pytest.mark.parametrize(
    ("fix", "validation", "run_s"),
    [
        (msgspec.structs.replace(FIX, keeps_state=True), EQUAL, 1.0),
        (msgspec.structs.replace(FIX, claims="peak_memory"), EQUAL, 1.0),
        (FIX, msgspec.structs.replace(EQUAL, files_compared=1), 1.0),
        (FIX, EQUAL, 0.1),
        (msgspec.structs.replace(FIX, fix_id="large"), EQUAL, 1.0),
    ],
)
def test_what_keeps_state_writes_files_or_is_cheap_to_decide_is_not_screened(
    run, monkeypatch, fix, validation, run_s
):
    session, calls = run
    session.prospects["large"] = Prospect(0.3, 0.4)
    monkeypatch.setattr(screening, "compare_calls", None)  # calling it would fail
    assert screening.screen(session, fix, validation, calls, run_s) is None
