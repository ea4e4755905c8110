"""Sessions for the tests of reports: clearly test data, never results."""

from __future__ import annotations

import itertools
import types
import typing

import msgspec
import pytest
from hypothesis import strategies as st

from whet import records as r

PATCH = """\
--- a/shop/cart.py
+++ b/shop/cart.py
@@ -10,3 +10,3 @@
 def total(cart):
-    return sorted(cart)[0]
+    return min(cart)
"""
ENVIRONMENT = r.Environment(
    os="Linux 6.1",
    machine="x86_64",
    cpu_model="Test CPU",
    cores=2,
    load_1m=0.5,
    governor=None,
    cpu_quota=None,
    memory_bytes=8_000_000_000,
    interpreter=None,
    dont_write_bytecode=False,
    whet_version="0.0.0",
)
WORKLOAD = r.Workload(
    kind="script",
    target="app.py",
    argv=("--password", "hunter22", "--size=3"),
    env={"API": "sesame-open"},
)
PROFILE = r.Profile(
    workload=WORKLOAD,
    environment=ENVIRONMENT,
    plain_wall_s=0.62,
    plain_cpu_s=0.6,
    overhead_ratio=1.08,
    cpu=r.CpuProfile(
        sampler="py-spy 0.4.3",
        approximate=False,
        rate_hz=100,
        samples=60,
        errors=0,
        total_s=0.6,
        function_calls=12_345,
        functions=(
            r.FunctionTime(
                name="total", file="shop/cart.py", line=10, self_s=0.4, total_s=0.45,
                self_share=0.66, total_share=0.75, calls=300,
            ),
            r.FunctionTime(
                name="main", file="app.py", line=1, self_s=0.1, total_s=0.6,
                self_share=0.17, total_share=1.0,
            ),
        ),
        frames=(
            r.Frame(name="main", file="app.py", line=1),
            r.Frame(name="total", file="shop/cart.py", line=10),
        ),
        stacks=(r.Stack(frames=(0,), seconds=0.2), r.Stack(frames=(0, 1), seconds=0.4)),
    ),
    memory=r.MemoryProfile(
        peak_bytes=30_000_000,
        average_bytes=20_000_000,
        growth_bytes_per_s=2_000_000.0,
        start_bytes=9_000_000,
        end_bytes=30_000_000,
        interval_s=0.01,
        series=((0.0, 9_000_000), (0.3, 20_000_000), (0.6, 30_000_000)),
    ),
    io=r.IoProfile(file_reads=3, file_writes=1, network_calls=0, subprocesses=0),
    failures=(r.InstrumentFailure(instrument="imports", reason="the run was killed"),),
)  # fmt: skip


def verdict(metric="cpu_time", outcome="faster", effect=0.4, **changes):
    fields = {
        "metric": metric, "outcome": outcome, "effect": effect, "low": 0.38, "high": 0.43,
        "confidence": 0.99, "margin": 0.01, "processes": 8, "pairs": 40, "clock": "cpu",
        "design": "interpreter pairs", "elapsed_s": 12.5, "baseline": 0.6, "candidate": 0.24,
        "rerun": "whet compare a b -w app.py",
    }  # fmt: skip
    return r.Verdict(**(fields | changes))


REFUTED = r.Validation(
    outcome="different",
    counterexample=r.Counterexample(
        stage="calls",
        place="shop/cart.py::find",
        detail="result of call 7 with ('visa-4111',)",
        expected="'visa-4111'",
        actual="None",
    ),
    calls_compared=7,
)


def fix(fix_id, remedy, family, title):
    return r.Fix(
        fix_id=fix_id, title=title, remedy=remedy, family=family, file="shop/cart.py", line=11,
        function="total", functions=("shop/cart.py::total",), claims="cpu_time",
        keeps_state=False, safety="safe", attainable_gain=0.66, patch=PATCH,
        evidence={"calls": 300, "types": {"list": 300}, "examples": ["visa-4111"]},
    )  # fmt: skip


def finding(finding_id, **changes):
    fields = {
        "finding_id": finding_id, "remedy": "repeated_pure_call", "file": "shop/tax.py",
        "line": 5, "function": "rate", "message": "the same call again and again",
        "safety": "safe", "claims": "cpu_time", "attainable_gain": 0.12,
        "evidence": {"hit_rate": 0.1, "arguments": "('visa-4111',)"},
        "refused": "hit rate 10 %: a memo would cost more than it saves",
    }  # fmt: skip
    return r.Finding(**(fields | changes))


def fixed(fix_id, remedy, *, kept, reason, verdicts):
    return r.FixVerdict(
        fix_id=fix_id, remedy=remedy, file="shop/cart.py", line=11, kept=kept, reason=reason,
        verdicts=verdicts, patch=PATCH,
    )  # fmt: skip


SESSION = r.SessionRecord(
    session_id="opt-20261121-101500-001",
    project="/home/someone/shop",
    start_time="2026-11-21T10:15:00.000Z",
    end_time="2026-11-21T10:16:24.000Z",
    duration_s=84.0,
    status="done",
    stages=(
        r.StageState(name="profile", status="done", elapsed_s=4.2),
        r.StageState(name="judge", status="done", elapsed_s=60.0),
        r.StageState(name="tune", status="skipped", reason="comes later"),
    ),
    workload=WORKLOAD,
    environment=ENVIRONMENT,
    profile=PROFILE,
    findings=(finding("f3"),),
    fixes=(
        fix("x1", "sorted_first", "algorithms", "smallest without sorting"),
        fix("x2", "list_membership", "containers", "membership in a set"),
    ),
    validations={"x1": r.Validation(outcome="equal", calls_compared=300), "x2": REFUTED},
    fix_verdicts=(
        fixed("x1", "sorted_first", kept=True, reason="proven", verdicts=(verdict(),)),
        fixed(
            "x2", "list_membership", kept=False, reason="results differ",
            verdicts=(
                verdict(outcome="refuted", effect=None, low=None, high=None, reason="differs"),
            ),
        ),
    ),
    whole=(
        verdict(),
        verdict(
            "peak_memory", "same", 1.0, low=0.995, high=1.005, clock="ru_maxrss",
            baseline=30e6, candidate=30e6,
        ),
        verdict("io_operations", "undecided", 0.9, baseline=10, candidate=9),
    ),
    whole_validation=r.Validation(outcome="equal", calls_compared=300, seeds=(1, 2, 3)),
    goals=(
        r.GoalResult(
            goal="execution_time_improvement", wanted_percent=20, reached_percent=60,
            reached=True,
        ),
        r.GoalResult(
            goal="throughput_increase", wanted_percent=25, reached_percent=None, reached=None
        ),
    ),
    deployments=(
        r.Deployment(fix_ids=("x1",), form="patch", target=".whet/patches"),
    ),
    runs_used=40,
)  # fmt: skip


@pytest.fixture
def session():
    return SESSION


@pytest.fixture
def bare_session():
    """A session that stopped before anything was measured."""
    return r.SessionRecord(
        session_id="opt-20261121-101500-002",
        project="/srv/empty",
        start_time="2026-11-21T10:15:00Z",
        status="failed",
        stages=(r.StageState(name="workload", status="failed", reason="nothing to run"),),
    )


HOSTILE = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "\x1b[2J\x1b[31mred",
    "a|b`c``d```e", "=cmd|' /C calc'!A0", "+1+1", "@SUM(1)", "-2", "\u202egnp.exe", "\r\nx,y",
    "](http://evil.example)", "{{ 7*7 }}", "{% raw %}", "\ud800", "\x9b31m", "\u2028", "</style>",
    "```\n# heading", "http://user:secret@host/", "\x00", "&lt;b&gt;", "]]>", "]]",
)  # fmt: skip
texts = st.sampled_from(HOSTILE) | st.text(max_size=12)


def records_of(kind):
    """A strategy for every value of a record's type, hostile strings among them."""
    fields = {}
    for field in msgspec.structs.fields(kind):
        if field.name == "version":
            continue
        fields[field.name] = _of(field.type)
    return st.builds(kind, **fields)


def _of(kind):
    plain = {
        str: texts,
        int: st.integers(0, 10**12),
        float: st.floats(0, 1e9, allow_nan=False),
        bool: st.booleans(),
        type(None): st.none(),
        object: texts,
        typing.Any: texts | st.integers(0, 99) | st.lists(texts, max_size=2),
    }
    if kind in plain:
        return plain[kind]
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return st.deferred(lambda: records_of(kind))
    return _of_generic(typing.get_origin(kind), typing.get_args(kind))


def _of_generic(origin, arguments):
    if origin is typing.Literal:
        return st.sampled_from(arguments)
    if origin in (typing.Union, types.UnionType):
        return st.one_of([_of(entry) for entry in reversed(arguments)])
    if origin is dict:
        return st.dictionaries(_of(arguments[0]), _of(arguments[1]), max_size=2)
    if origin is tuple and arguments[-1] is not Ellipsis:
        return st.tuples(*map(_of, arguments))
    return st.lists(_of(arguments[0]), max_size=2).map(tuple)


def poisoned(value, next_text, kind=str):
    """The record with every free text replaced; literals, figures and structure stay."""
    if isinstance(value, msgspec.Struct):
        types_of = {field.name: field.type for field in msgspec.structs.fields(value)}
        changes = {
            name: poisoned(getattr(value, name), next_text, types_of[name])
            for name in value.__struct_fields__
        }
        return msgspec.structs.replace(value, **changes)
    if isinstance(value, str):
        return value if typing.get_origin(kind) is typing.Literal else next_text()
    if isinstance(value, dict):
        return {
            poisoned(key, next_text) if isinstance(key, str) else key: poisoned(entry, next_text)
            for key, entry in value.items()
        }
    if isinstance(value, tuple | list):
        entries = [entry for entry in typing.get_args(kind) if entry is not Ellipsis]
        inner = entries[0] if entries else str
        return type(value)(poisoned(entry, next_text, inner) for entry in value)
    return value


@st.composite
def sessions(draw):
    """A full session whose every text is hostile, with any verdicts on the whole."""
    words = itertools.cycle(draw(st.lists(texts, min_size=1, max_size=8)))
    session = poisoned(SESSION, lambda: next(words))
    return msgspec.structs.replace(
        session,
        session_id=SESSION.session_id,
        start_time=SESSION.start_time,
        end_time=None,
        fixes=tuple(
            msgspec.structs.replace(fix, fix_id=was.fix_id)
            for fix, was in zip(session.fixes, SESSION.fixes, strict=True)
        ),
        fix_verdicts=tuple(
            msgspec.structs.replace(fix, fix_id=was.fix_id)
            for fix, was in zip(session.fix_verdicts, SESSION.fix_verdicts, strict=True)
        ),
        validations=dict(zip(SESSION.validations, session.validations.values(), strict=False)),
        whole=draw(st.lists(records_of(VerdictFigures), max_size=3).map(as_verdicts)),
    )


class VerdictFigures(msgspec.Struct):
    """The figures of a verdict, for any value of each."""

    metric: r.Metric
    outcome: r.Outcome
    effect: float | None
    low: float | None
    high: float | None
    baseline: float | None
    candidate: float | None
    reason: str


def as_verdicts(drawn):
    return tuple(verdict(**msgspec.structs.asdict(entry)) for entry in drawn)


@pytest.fixture(scope="session")
def any_session():
    """A strategy for whole sessions with hostile strings in every field."""
    return sessions()
