"""Classes of growth: the right one or undecided, never a wrong one."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whet.stats import estimate_growth

TRUTHS = {
    "1": lambda _: 1.0,
    "log n": math.log,
    "n": float,
    "n log n": lambda n: n * math.log(n),
    "n^2": lambda n: n**2,
    "n^3": lambda n: n**3,
}
WIDE = [2**k for k in range(6, 17)]
SMALL = list(range(8, 22))


def costs_of(name, sizes, *, fixed=0.0, noise=0.0, seed=0, factor=1e-7):
    rng = random.Random(seed)
    truth = TRUTHS.get(name, lambda n: 2.0**n)
    return [factor * (fixed + truth(n)) * (1 + rng.uniform(0, noise)) for n in sizes]


@pytest.mark.parametrize("name", TRUTHS)
@given(seed=st.integers(), factor=st.floats(1e-9, 1e3), noise=st.floats(0, 0.03))
@settings(max_examples=12, deadline=None)
def test_every_class_is_recognized_over_a_wide_range(name, seed, factor, noise):
    costs = costs_of(name, WIDE, noise=noise, seed=seed, factor=factor)
    found = estimate_growth(WIDE, costs, [noise / 2] * len(WIDE))
    assert found.decided == name
    assert found.error <= 0.03
    assert found.reason == ""


@given(seed=st.integers(), base=st.floats(1.5, 3.5), noise=st.floats(0, 0.03))
@settings(max_examples=12, deadline=None)
def test_exponential_growth_is_recognized_with_its_base(seed, base, noise):
    rng = random.Random(seed)
    costs = [1e-9 * base**n * (1 + rng.uniform(0, noise)) for n in SMALL]
    found = estimate_growth(SMALL, costs)
    assert found.decided == "2^n"
    assert found.base == pytest.approx(base, rel=0.03)


@given(
    name=st.sampled_from(sorted(TRUTHS)),
    first=st.integers(4, 3000),
    steps=st.integers(4, 12),
    ratio=st.floats(1.3, 4),
    fixed=st.floats(0, 5),
    noise=st.floats(0, 0.03),
    seed=st.integers(),
)
@settings(max_examples=80, deadline=None)
def test_what_is_decided_is_the_truth(  # noqa: PLR0913, PLR0917 -- all of it varies
    name, first, steps, ratio, fixed, noise, seed
):
    sizes = sorted({round(first * ratio**k) for k in range(steps)})
    whole = fixed * TRUTHS[name](sizes[0])  # a fixed cost of some times the smallest
    costs = costs_of(name, sizes, fixed=whole, noise=noise, seed=seed)
    found = estimate_growth(sizes, costs, [noise / 2] * len(sizes))
    flat = max(costs) <= 1.2 * min(costs)
    allowed = {name, "1"} if flat else {name}
    assert found.decided is None or found.decided in allowed
    assert (found.decided is None) == bool(found.reason)


@given(exponent=st.floats(1.4, 1.65), seed=st.integers(), steps=st.integers(8, 12))
@settings(max_examples=25, deadline=None)
def test_a_class_that_is_not_listed_is_undecided_with_its_exponent(exponent, seed, steps):
    rng = random.Random(seed)
    sizes = [2**k for k in range(5, 5 + steps)]
    costs = [1e-7 * n**exponent * (1 + rng.uniform(0, 0.01)) for n in sizes]
    found = estimate_growth(sizes, costs)
    assert found.decided is None
    assert found.exponent == pytest.approx(exponent, abs=0.03)


def test_linear_and_n_log_n_are_not_told_apart_over_a_narrow_range():
    sizes = [1000, 1500, 2000, 2500, 3000, 4000]
    found = estimate_growth(sizes, costs_of("n", sizes, noise=0.03, seed=3))
    assert found.decided is None
    assert {"n", "n log n"} <= set(found.candidates)
    assert found.said.startswith("undecided (")


def test_small_sizes_of_another_regime_are_left_out():
    costs = costs_of("n^2", WIDE)
    costs[:3] = [cost * 5 for cost in costs[:3]]
    found = estimate_growth(WIDE, costs)
    assert found.decided == "n^2"
    assert found.since > WIDE[0]


def test_a_fixed_cost_does_not_hide_the_class():
    sizes = [2**k for k in range(6, 15)]
    assert estimate_growth(sizes, costs_of("n^2", sizes, fixed=20_000)).said == "O(n^2)"


def test_noise_is_undecided():
    rng = random.Random(1)
    costs = [rng.uniform(1, 30) for _ in WIDE]
    assert estimate_growth(WIDE, costs, [0.02] * len(WIDE)).decided is None


def test_few_sizes_are_undecided():
    found = estimate_growth([1, 10, 100], [1.0, 10.0, 100.0])
    assert (found.decided, found.candidates) == (None, ())
    assert "too few" in found.reason


@pytest.mark.parametrize(
    ("sizes", "costs", "noise"),
    [
        ([1, 2, 3, 4], [1.0, 2.0, 3.0], ()),
        ([1, 2, 3, 4], [1.0, 2.0, 3.0, 4.0], (0.1,)),
        ([1, 2, 3, 4], [1.0, 2.0, 0.0, 4.0], ()),
        ([1, 2, 3, 4], [1.0, 2.0, math.nan, 4.0], ()),
        ([0, 2, 3, 4], [1.0, 2.0, 3.0, 4.0], ()),
        ([1, 3, 2, 4], [1.0, 2.0, 3.0, 4.0], ()),
        ([1, 2, 2, 4], [1.0, 2.0, 3.0, 4.0], ()),
    ],
)
def test_what_is_no_series_of_costs_is_refused(sizes, costs, noise):
    with pytest.raises(ValueError, match=r"length|above 0|rise"):
        estimate_growth(sizes, costs, noise)
