"""A fix is kept if what it claims is better and nothing else is materially worse."""

from __future__ import annotations

import pytest

from whet.records import Verdict
from whet.session.keeping import objection, praise
from whet.settings import load_settings


@pytest.fixture
def settings(tmp_path):
    return load_settings(tmp_path).settings


def verdict(metric, outcome, effect, baseline=None, candidate=None, reason=""):
    return Verdict(
        metric=metric, outcome=outcome, effect=effect, low=effect and effect - 0.01,
        high=effect and effect + 0.01, confidence=0.99, margin=0.005, processes=8, pairs=8,
        clock="cpu", design="interpreter pairs", elapsed_s=1.0, baseline=baseline,
        candidate=candidate, reason=reason,
    )  # fmt: skip


FASTER = verdict("cpu_time", "faster", 0.5)


@pytest.mark.parametrize(
    ("claimed", "said"),
    [
        (FASTER, None),
        (verdict("cpu_time", "faster", 0.995), "faster by 0.5 %, less than the 1 % asked for"),
        (verdict("cpu_time", "slower", 1.5), "slower"),
        (verdict("cpu_time", "undecided", None, reason="too few runs"), "undecided: too few runs"),
    ],
)
def test_the_claimed_metric_must_be_better(settings, claimed, said):
    assert objection([claimed], "cpu_time", settings) == said


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (verdict("wall_time", "slower", 1.02), "wall_time is slower by 2 %"),
        (verdict("peak_memory", "larger", 1.04, 50e6, 52e6), None),
        (verdict("peak_memory", "larger", 1.1, 50e6, 55e6), "peak_memory is larger by 10 %"),
        (verdict("io_operations", "larger", 1.21, 100, 121), None),
        (verdict("io_operations", "larger", 3.0, 100, 300), "io_operations is larger by 2e+02 %"),
        (verdict("io_operations", "larger", 1.21, None, None), "io_operations is larger by 21 %"),
    ],
)
def test_what_nobody_asked_about_may_get_a_little_worse(settings, other, said):
    assert objection([FASTER, other], "cpu_time", settings) == said


def test_praise_tells_effect_and_interval():
    words = "kept: cpu_time faster, 0.500 of what it was (99% interval 0.490 to 0.510)"
    assert praise(FASTER) == words
    assert praise(verdict("cpu_time", "faster", None)) == "faster"


SMALLER = verdict("peak_memory", "smaller", 0.6, 50e6, 30e6)


@pytest.mark.parametrize(
    ("objective", "claims", "verdicts", "said"),
    [
        ("memory", "peak_memory", [SMALLER], None),
        ("memory", "peak_memory", [SMALLER, verdict("cpu_time", "slower", 1.04)], None),
        (
            "memory", "peak_memory", [SMALLER, verdict("cpu_time", "slower", 1.08)],
            "cpu_time is slower by 8 %",
        ),
        (
            "time", "peak_memory", [SMALLER, verdict("cpu_time", "slower", 1.04)],
            "cpu_time is slower by 4 %",
        ),
        (
            "both", "peak_memory", [SMALLER, verdict("wall_time", "slower", 1.02)],
            "wall_time is slower by 2 %",
        ),
        ("memory", "peak_memory", [FASTER, verdict("peak_memory", "same", 1.0)], "same"),
        ("io", "io_operations", [verdict("io_operations", "smaller", 0.2, 500, 100)], None),
        (
            "io", "io_operations",
            [verdict("io_operations", "smaller", 0.2, 500, 100),
             verdict("peak_memory", "larger", 1.3, 50e6, 65e6)],
            "peak_memory is larger by 30 %",
        ),
        (
            "time", "wall_time",
            [verdict("wall_time", "faster", 0.4), verdict("cpu_time", "slower", 1.2)],
            "cpu_time is slower by 20 %",
        ),
    ],
)  # fmt: skip
def test_a_fix_is_judged_on_what_it_claims_and_on_what_the_session_is_for(
    tmp_path, objective, claims, verdicts, said
):
    settings = load_settings(tmp_path, overrides={"objective": objective}).settings
    assert objection(verdicts, claims, settings) == said
