"""Student's t distribution."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.stats import regularized_beta, student_cdf, student_quantile


@pytest.mark.parametrize(
    ("p", "df", "quantile"),
    [
        # Abramowitz and Stegun, table 26.10, and the closed forms for 1 and 2 degrees.
        (0.975, 1, 12.706204736),
        (0.995, 3, 5.840909310),
        (0.995, 7, 3.499483297),
        (0.999, 7, 4.785289587),
        (0.975, 15, 2.131449546),
        (0.995, 23, 2.807335684),
        (0.9995, 30, 3.645958635),
        (0.975, 1000, 1.962339081),
    ],
)
def test_quantiles_agree_with_the_printed_tables(p, df, quantile):
    assert student_quantile(p, df) == pytest.approx(quantile, rel=1e-8)
    assert student_quantile(1 - p, df) == pytest.approx(-quantile, rel=1e-8)


@given(p=st.floats(1e-7, 1 - 1e-7), df=st.integers(1, 500))
def test_the_quantile_inverts_the_distribution(p, df):
    assert student_cdf(student_quantile(p, df), df) == pytest.approx(p, rel=1e-9, abs=1e-12)


@given(t=st.floats(-50, 50), df=st.integers(1, 200))
def test_the_distribution_is_symmetric(t, df):
    assert student_cdf(t, df) + student_cdf(-t, df) == pytest.approx(1, abs=1e-12)


@given(t=st.floats(-30, 30))
def test_one_degree_of_freedom_is_the_cauchy_distribution(t):
    assert student_cdf(t, 1) == pytest.approx(0.5 + math.atan(t) / math.pi, abs=1e-12)


def test_the_median_is_zero():
    assert student_quantile(0.5, 7) == 0


@pytest.mark.parametrize(("p", "df"), [(0, 5), (1, 5), (-0.1, 5), (0.5, 0)])
def test_quantiles_that_do_not_exist_are_refused(p, df):
    with pytest.raises(ValueError, match="no t quantile"):
        student_quantile(p, df)


@given(x=st.floats(0, 1), a=st.floats(0.5, 50), b=st.floats(0.5, 50))
def test_the_beta_function_stays_between_0_and_1_and_is_symmetric(x, a, b):
    value = regularized_beta(x, a, b)
    assert 0 <= value <= 1
    assert value + regularized_beta(1 - x, b, a) == pytest.approx(1, abs=1e-9)


def test_the_beta_function_with_whole_numbers_is_a_binomial_tail():
    tail = sum(math.comb(9, k) * 0.3**k * 0.7 ** (9 - k) for k in range(4, 10))
    assert regularized_beta(0.3, 4, 6) == pytest.approx(tail, rel=1e-12)
    assert regularized_beta(-0.1, 4, 6) == 0
    assert regularized_beta(1.5, 4, 6) == 1
