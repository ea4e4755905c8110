"""Larger gains get more of the time, small ones the first third, and the whole set its own."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.session import budget
from whet.session.order import Prospect
from whet.settings import Settings


def run(gains, *, left_s=300.0, run_s=0.2, tried=(), kept=()):
    fixes = tuple(SimpleNamespace(fix_id=name) for name in (*gains, *kept))
    record = SimpleNamespace(
        fixes=fixes, profile=SimpleNamespace(plain_wall_s=run_s),
        fix_verdicts=tuple(
            SimpleNamespace(fix_id=name, kept=name in kept) for name in (*tried, *kept)
        ),
    )  # fmt: skip
    return SimpleNamespace(
        session=SimpleNamespace(record=record), settings=Settings(), left_s=left_s, check_s=5.0,
        bench=SimpleNamespace(recent_s=run_s),
        prospects={name: Prospect(gain, gain) for name, gain in gains.items() if gain is not None},
    )  # fmt: skip


def trial_s(gains, name, **changes):
    return budget.trial_s(run(gains, **changes), SimpleNamespace(fix_id=name))


def test_large_gains_share_the_time_by_what_they_gain():
    gains = {"a": 0.6, "b": 0.2, "c": 0.02}
    free_s = 300 - 35 * 0.2 - 5
    assert trial_s(gains, "a") == pytest.approx(free_s * 0.75)
    assert trial_s(gains, "b") == pytest.approx(free_s * 0.25)
    assert trial_s(gains, "b", tried=("a",)) == pytest.approx(free_s)


def test_a_small_gain_gets_a_full_look_and_only_early_in_the_session():
    gains = {"a": 0.03, "b": 0.02}
    assert trial_s(gains, "a") / budget.unit_s(run(gains)) >= 8
    assert trial_s(gains, "a", left_s=200.0) / budget.unit_s(run(gains)) < 8
    assert budget.small_until_s(run(gains)) == pytest.approx(105)


def test_what_somebody_brought_is_taken_for_large():
    assert trial_s({"a": None}, "a", left_s=150.0) > 50


@given(
    st.floats(0, 1), st.floats(0, 1), st.floats(1, 1000), st.floats(0.01, 30),
)  # fmt: skip
def test_no_trial_takes_what_the_proof_of_the_whole_set_needs(one, other, left_s, run_s):
    gains = {"a": one, "b": other}
    seconds = trial_s(gains, "a", left_s=left_s, run_s=run_s, kept=("c",))
    assert seconds <= max(1.0, left_s - 19 * run_s)


def test_the_first_fix_to_be_kept_needs_no_time_for_a_set():
    gains = {"a": 0.9, "b": 0.9}
    assert budget.least_s(run(gains, run_s=1.0)) == 19
    assert budget.least_s(run(gains, run_s=1.0, kept=("c",))) == 19 + 5 + 19
    assert trial_s(gains, "a", left_s=10.0, run_s=1.0) == 10
