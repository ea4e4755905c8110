"""After a keep the state is sampled again: shares, cold places, and what became hot only now."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import msgspec
import pytest

from whet.codebase.cache import FileCache
from whet.errors import InstrumentError
from whet.records import (
    CpuProfile,
    Environment,
    Evidence,
    Frame,
    FunctionTime,
    LineTime,
    Profile,
    SessionRecord,
    Stack,
    ValueEvidence,
    Workload,
)
from whet.remedies import find_remedy
from whet.session import diagnosing, renewal
from whet.session.placing import place
from whet.session.work import Options
from whet.settings import Settings

SOURCE = """\
def slow(names):
    seen = []
    for name in names:
        if name not in seen:
            seen.append(name)
    return seen


def other(names):
    seen = []
    for name in names:
        if name not in seen:
            seen.append(name)
    return seen


def third(names):
    seen = []
    for name in names:
        if name not in seen:
            seen.append(name)
    return seen
"""
PLACES = {"slow": (1, 4), "other": (9, 12), "third": (17, 20)}
ENVIRONMENT = Environment(
    os="linux", machine="x", cpu_model=None, cores=2, load_1m=None, governor=None, cpu_quota=None,
    memory_bytes=None, interpreter=None, dont_write_bytecode=False, whet_version="0",
)  # fmt: skip


def profile(moved=0, **shares):
    """Each function takes its share; lines are moved down by what a fix put in above them."""
    functions = tuple(
        FunctionTime(
            name=name, file="app.py", line=PLACES[name][0] + moved, self_s=share, total_s=share,
            self_share=share, total_share=share,
            lines=(LineTime(line=PLACES[name][1] + moved, self_s=share),),
        )
        for name, share in shares.items()
    )  # fmt: skip
    cpu = CpuProfile(
        sampler="py-spy", approximate=False, rate_hz=100, samples=1000, errors=0, total_s=1.0,
        functions=functions, frames=(Frame("slow", "app.py", 4),),
        stacks=(Stack(frames=(0,), seconds=0.1),),
    )  # fmt: skip
    return Profile(
        workload=Workload(kind="script", target="app.py"), environment=ENVIRONMENT,
        plain_wall_s=1.0, plain_cpu_s=1.0, cpu=cpu,
    )  # fmt: skip


def seen_in(matches):
    return Evidence(values={
        site.site: ValueEvidence(
            site=site.site, observations=500, described=500,
            types={"list" if site.role == "container" else "str": 500},
            size_min=0, size_median=100.0, size_max=200, element_types={"str": 500},
            elements_complete=True, hashable=True, plain_equality=True,
        )
        for match in matches
        for site in match.values
    })  # fmt: skip


class Session:
    """A session in memory."""

    def __init__(self):
        self.record = SessionRecord(session_id="s", project=".", start_time="t")
        self.kept = {}
        self.folder = SimpleNamespace(
            evidence=lambda: self.kept.get("evidence"),
            keep=lambda name, record: self.kept.update({name: record}),
        )
        self.told, self.noted = [], []

    def update(self, **changes):
        self.record = msgspec.structs.replace(self.record, **changes)

    def tell(self, _stage, text, **_):
        self.told.append(text)

    def note(self, *notes):
        self.noted += notes


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A session after its first profile: `slow` and `other` are hot, `third` is not."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "app.py").write_text(SOURCE)
    shutil.copytree(project, tmp_path / "a")
    observed = []

    def look(_run, matches):
        observed.append([match.function for match in matches])
        _run.asked |= diagnosing.sites_of(matches)
        return seen_in(matches)

    only = [find_remedy("membership_in_list")]
    monkeypatch.setattr(diagnosing, "load_remedies", lambda: only)
    monkeypatch.setattr(diagnosing, "observed", look)
    found = SimpleNamespace(
        project=project, sources=FileCache(project),
        settings=Settings(), options=Options(), session=Session(),
        store=SimpleNamespace(declined=list), prospects={}, asked=set(), seen_by={},
        observed=observed,
        bench=SimpleNamespace(copies={"a": tmp_path / "a"}, launch_of=None),
    )  # fmt: skip
    first = profile(slow=0.8, other=0.1, third=0.001)
    what = diagnosing.diagnosed(found, first)
    evidence = diagnosing.observed(found, what.matches)
    found.session.folder.keep("evidence", evidence)
    findings = diagnosing.ranked(found, what, evidence, first)
    found.session.update(
        profile=first, findings=findings, fixes=diagnosing.proposals(found, findings)
    )
    renewal.first_prospects(found)
    return found


def resampled(monkeypatch, answer):
    def resample(_launch_of):
        if isinstance(answer, Exception):
            raise answer
        plain = SimpleNamespace(wall_s=0.2, cpu_s=0.2)
        return SimpleNamespace(cpu=answer.cpu, plain=plain)

    monkeypatch.setattr(renewal, "resample", resample)


def test_gains_are_renewed_and_what_became_hot_is_found_and_fixed(run, monkeypatch):
    slow, other = run.session.record.fixes
    assert (slow.function, other.function) == ("slow", "other")
    assert run.prospects[other.fix_id].likely < 0.11
    place(run, (slow,), "a")
    moved = len((run.bench.copies["a"] / "app.py").read_text().splitlines()) - 22
    assert moved > 0, "the lines of the kept state are other ones"
    resampled(monkeypatch, profile(moved, other=0.6, third=0.3))
    renewal.renew(run, (slow,))
    assert 0.5 < run.prospects[other.fix_id].likely <= 0.6
    record = run.session.record
    assert [fix.function for fix in record.fixes] == ["slow", "other", "third"]
    assert len({finding.finding_id for finding in record.findings}) == 3
    third = record.fixes[2]
    assert 0.2 < run.prospects[third.fix_id].likely <= 0.3
    assert run.observed == [["slow", "other"], ["third"]]
    assert (run.bench.copies["a"] / "app.py").read_text() != SOURCE, "the kept state is back"
    assert set(run.session.kept["evidence"].values) == run.asked


def test_what_is_no_longer_hot_has_little_left_to_gain(run, monkeypatch):
    slow, other = run.session.record.fixes
    resampled(monkeypatch, profile(slow=0.9))
    renewal.renew(run, (slow,))
    assert run.prospects[other.fix_id].likely == 0
    assert run.prospects[other.fix_id].most <= 0.01
    assert run.observed == [["slow", "other"]], "nothing new was looked at"


def test_where_the_state_cannot_be_sampled_gains_stay_and_that_is_said(run, monkeypatch):
    before = dict(run.prospects)
    resampled(monkeypatch, InstrumentError("py-spy", "may not look"))
    renewal.renew(run, run.session.record.fixes[:1])
    assert run.prospects == before
    assert "was not profiled: py-spy: may not look" in run.session.noted[0]
