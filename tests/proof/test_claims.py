"""Claims such as "67% fewer reads"."""

import pytest

from whet.errors import UsageError
from whet.proof.claims import answer_claim, parse_claim
from whet.records import Verdict


def verdict(low, high, outcome="faster"):
    return Verdict(
        metric="cpu_time", outcome=outcome, effect=None, low=low, high=high, confidence=0.99,
        margin=0.01, processes=8, pairs=8, clock="cpu", design="interpreter pairs", elapsed_s=1,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "metric", "effect"),
    [
        ("67% fewer reads", "io_operations", 0.33),
        ("67 % fewer I/O operations", "io_operations", 0.33),
        ("30% less memory", "peak_memory", 0.7),
        ("30 percent lower peak RSS.", "peak_memory", 0.7),
        ("25% faster", None, 0.8),
        ("25% less time", None, 0.75),
        ("25% less CPU time", "cpu_time", 0.75),
        ("10% lower latency", "wall_time", 0.9),
        ("2x faster", None, 0.5),
        ("2.5\u00d7 faster", None, 0.4),
        ("at least 3 times as fast", None, 1 / 3),
        ("200% as fast", None, 0.5),
        ("4x fewer writes", "io_operations", 0.25),
        ("10% slower", None, 1.1),
        ("2x more memory", "peak_memory", 2.0),
        ("5% less", None, 0.95),
    ],
)
def test_claims_are_read_as_people_write_them(text, metric, effect):
    figure = parse_claim(text)
    assert (figure.metric, figure.effect) == (metric, pytest.approx(effect))
    assert figure.text == text


@pytest.mark.parametrize(
    "text", ["", "much faster", "100% less memory", "0x faster", "5% fewer bananas", "0% as fast"]
)
def test_what_cannot_be_read_is_refused_with_examples(text):
    with pytest.raises(UsageError, match="67% fewer reads"):
        parse_claim(text)


@pytest.mark.parametrize(
    ("low", "high", "answer"),
    [(0.40, 0.45, "confirmed"), (0.48, 0.503, "confirmed"), (0.48, 0.52, "undecided"),
     (0.55, 0.60, "refuted"), (None, None, "undecided")],
)  # fmt: skip
def test_a_claim_is_answered_by_the_interval(low, high, answer):
    assert answer_claim(parse_claim("2x faster"), verdict(low, high)).answer == answer


@pytest.mark.parametrize(
    ("low", "high", "answer"),
    [(1.15, 1.2, "confirmed"), (1.0, 1.05, "refuted"), (1.05, 1.2, "undecided")],
)
def test_a_claimed_worsening_is_answered_the_other_way_round(low, high, answer):
    assert answer_claim(parse_claim("10% slower"), verdict(low, high)).answer == answer


def test_different_results_refute_every_claim_and_a_void_trial_answers_none():
    figure = parse_claim("2x faster")
    assert answer_claim(figure, verdict(None, None, "refuted")).answer == "refuted"
    assert answer_claim(figure, verdict(0.4, 0.41, "void")).answer == "undecided"
