import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.errors import InstrumentError
from whet.profiling import cost_of_call, measure_call, memory


def line(slope, count=100, step=0.01):
    return tuple((i * step, int(1e6 + slope * i * step)) for i in range(count))


@given(st.floats(-1e6, 1e8))
def test_a_steady_growth_is_found(slope):
    assert memory.growth_bytes_per_s(line(slope)) == pytest.approx(slope, abs=200)


def test_short_peaks_and_start_up_do_not_move_the_growth():
    series = [(at, size + (50_000_000 if at < 0.15 else 0)) for at, size in line(1000)]
    series[40] = (series[40][0], 900_000_000)
    assert memory.growth_bytes_per_s(tuple(series)) == pytest.approx(1000, abs=200)


@pytest.mark.parametrize("series", [(), ((0.0, 5),), line(1, count=5), line(1, step=0.0001)])
def test_too_short_a_run_has_no_growth(series):
    assert memory.growth_bytes_per_s(series) is None


def test_the_average_is_over_time_not_over_samples():
    assert memory.average_bytes(((0.0, 10), (9.0, 20), (10.0, 0))) == 11
    assert memory.average_bytes(((0.0, 10),)) == 10


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=2000), st.integers(3, 400))
def test_thinning_keeps_ends_peak_and_order(sizes, most):
    series = tuple((float(at), size) for at, size in enumerate(sizes))
    thin = memory.thinned(series, most)
    assert len(thin) <= max(most, 3)
    assert (thin[0], thin[-1]) == (series[0], series[-1])
    assert max(size for _, size in thin) == max(sizes)
    assert list(thin) == sorted(thin)


def test_equal_moments_have_no_slope():
    assert memory.slope([(1.0, 2.0), (1.0, 9.0)]) == 0


def test_a_run_that_cannot_be_sampled_is_refused():
    class Rig:
        def plain(self, meter):
            del meter

    with pytest.raises(InstrumentError, match="before its memory"):
        memory.measure(Rig(), None)


def test_one_call_is_measured_in_this_process():
    use = measure_call(lambda n, *, fill: bytearray([fill]) * n, (30_000_000,), {"fill": 1})
    assert len(use.result) == 30_000_000
    assert use.peak_mb >= use.initial_mb > 1
    assert use.allocated_mb == pytest.approx(use.final_mb - use.initial_mb)
    assert use.allocated_mb > 20
    assert use.growth_mb_per_s > 0


def test_what_a_measured_call_raises_is_raised():
    with pytest.raises(ZeroDivisionError):
        measure_call(lambda: 1 / 0)


def test_the_cost_of_a_call_is_taken_on_equal_data_twice():
    seen = []

    def drain(items):
        seen.append(len(items))
        items.clear()
        return [0] * 100_000

    cost = cost_of_call(drain, [1, 2, 3])
    assert seen == [3, 3]
    assert len(cost.result) == 100_000
    assert cost.peak_mb >= cost.current_mb >= 0.8
    assert cost.elapsed_s > 0


def test_data_that_cannot_be_copied_is_used_once():
    def numbers():
        yield from (1, 2)

    cost = cost_of_call(sum, numbers())
    assert (cost.result, cost.current_mb, cost.peak_mb) == (3, None, None)


def test_a_trace_of_somebody_else_is_left_alone():
    import tracemalloc

    tracemalloc.start()
    try:
        assert cost_of_call(sum, [1]).peak_mb is None
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()


def test_a_peak_that_falls_between_two_samples_is_known_from_the_kernel(launches):
    from whet.profiling import profile

    source = "import time\ntime.sleep(0.2)\nbytearray(80_000_000)\n"
    found = profile(launches(source), ("memory",)).memory
    assert found.peak_bytes > 80_000_000
    assert min(size for _, size in found.series) > 250_000
