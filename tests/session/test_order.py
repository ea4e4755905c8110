"""Which fix comes next, and what is too small for a trial, follows from figures alone."""

from __future__ import annotations

import math
from statistics import fmean, stdev

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.proof.judge import Question, Unit, judge
from whet.records import CpuProfile, Environment, Finding, Profile, Workload
from whet.session.order import Prospect, cold, decidable, prospect_of, renewed, too_small

ENVIRONMENT = Environment(
    os="linux", machine="x", cpu_model=None, cores=2, load_1m=None, governor=None, cpu_quota=None,
    memory_bytes=None, interpreter=None, dont_write_bytecode=False, whet_version="0",
)  # fmt: skip


def profile(samples, cpu_s=1.0):
    cpu = CpuProfile(
        sampler="py-spy", approximate=False, rate_hz=100, samples=samples, errors=0, total_s=1.0,
        functions=(),
    )  # fmt: skip
    return Profile(
        workload=Workload(kind="script", target="app.py"), environment=ENVIRONMENT,
        plain_wall_s=1.0, plain_cpu_s=cpu_s, cpu=cpu,
    )  # fmt: skip


def finding(share, gain, claims="cpu_time"):
    return Finding(
        finding_id="f", remedy="r", file="app.py", line=1, function="f", message="", safety="safe",
        claims=claims, attainable_gain=gain, evidence={"share": share},
    )  # fmt: skip


def test_few_samples_leave_room_for_a_larger_gain():
    assert prospect_of(finding(0.04, 0.02), profile(100)) == Prospect(0.02, pytest.approx(0.04))
    assert prospect_of(finding(0.04, 0.02), profile(10_000)).most == pytest.approx(0.022)
    assert prospect_of(finding(0.04, 0.02, "peak_memory"), profile(100)) == Prospect(0.02, 0.02)


def test_a_place_that_is_not_seen_any_more_may_still_take_three_samples_time():
    before, earlier = finding(0.4, 0.4), profile(1000)
    assert cold(profile(100), before, earlier) == Prospect(0.0, pytest.approx(0.03))
    assert cold(profile(100_000), finding(0.4, 0.2), earlier).most == pytest.approx(0.005)


def test_a_place_that_few_samples_could_have_missed_keeps_its_earlier_prospect():
    before, earlier = finding(0.02, 0.02), profile(1000)
    found = cold(profile(100, cpu_s=0.5), before, earlier)
    assert found.likely == pytest.approx(0.04), "of half the time it is twice the share"


def test_two_profiles_count_unless_the_later_shows_that_something_happened():
    before, earlier = finding(0.11, 0.11), profile(120)
    now = renewed(finding(0.04, 0.04), profile(600, cpu_s=0.5), before, earlier)
    assert now.likely == pytest.approx((0.04 + 0.22) / 2)
    assert now.most > 0.3, "the pauses of a loaded host do not make a fix moot"
    gone = renewed(finding(0.02, 0.02), profile(6000, cpu_s=0.5), finding(0.4, 0.4), earlier)
    assert gone == prospect_of(finding(0.02, 0.02), profile(6000))


@given(st.floats(0.0001, 1.0), st.floats(0.0, 1.0), st.integers(1, 10_000))
def test_the_most_is_never_less_than_the_likely(share, removable, samples):
    found = prospect_of(finding(share, share * removable), profile(samples))
    assert 0 <= found.likely <= found.most <= 1


@given(st.lists(st.floats(-0.2, 0.2), min_size=8, max_size=8, unique=True))
def test_the_least_that_can_be_decided_follows_from_the_spread_of_earlier_trials(differences):
    units = [Unit(difference=d, control=d / 7, baseline=1.0, candidate=1.0) for d in differences]
    verdict = judge(units, Question("cpu_time", "cpu", "interpreter pairs"))
    least = decidable([verdict], 24)
    reach = 3.1040  # Student's t, 23 degrees of freedom, 0.5 % in both tails together
    assert math.isfinite(fmean(differences))
    expected = 1 - math.exp(-reach * stdev(differences) / math.sqrt(24))
    assert least == pytest.approx(expected, rel=1e-3)
    assert decidable([verdict], 16) > least
    assert decidable([verdict], 7) >= 0.1, "before the first full look"
    short = msgspec.structs.replace(verdict, processes=4)
    assert decidable([short], 24) is None
    assert decidable([], 24) is None


def test_a_gain_below_what_is_asked_or_what_can_be_decided_is_too_small():
    assert too_small(Prospect(0.02, 0.04), 1.0, 0.03) is None
    assert too_small(Prospect(0.02, 0.04), 1.0, None) is None
    asked = too_small(Prospect(0.001, 0.005), 1.0, None)
    assert asked == "could gain 0.5 % at the most, less than the 1 % asked for"
    undecidable = too_small(Prospect(0.02, 0.04), 1.0, 0.05)
    assert undecidable.startswith("could gain 4.0 % at the most; on this host the court cannot")
