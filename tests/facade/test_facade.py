"""Each method of the class works alone and twice, with the documented fields."""

import pytest

from whet import OptimizationPerformanceTuning
from whet.errors import TargetError, UsageError
from whet.profiling.parts import growth_of_call
from whet.session import Options
from whet_probe import _growth


@pytest.fixture(scope="module")
def tuning(tmp_path_factory):
    project = tmp_path_factory.mktemp("project")
    (project / "app.py").write_text("print(sum(i * i for i in range(300000)))\n")
    (project / "whet.yaml").write_text("budget_s: 30\n")
    return OptimizationPerformanceTuning(str(project))


def test_profiling_alone_and_twice_measures_once(tuning):
    first = tuning.profile_system_performance()
    assert set(first.keys()) == {"cpu_profile", "execution_time"}
    assert first.execution_time > 0
    assert tuning.profile_system_performance() == first
    assert tuning.profile_performance().profile.cpu == first.cpu_profile


def test_the_report_has_exactly_its_keys_and_continues_what_profiling_began(tuning):
    began = tuning.profile_performance().session_id
    report = tuning.generate_optimization_report()
    assert report.session_id == began
    assert list(report.document) == [
        "optimization_session",
        "performance_profile",
        "optimization_results",
        "parameter_tuning",
        "benchmark_results",
    ]
    assert tuning.optimize_algorithms().kept == ()
    assert tuning.tune_parameters().parameters_adjusted is None
    assert tuning.benchmark_performance().improvement_percentage is None
    assert tuning.validate_optimizations().validations == {}


def test_one_callable_is_analyzed(tuning):
    found = tuning.analyze_algorithm_performance(sorted, [3, 1, 2])
    assert dict(found) == {
        "algorithm_name": "sorted",
        "input_size": 3,
        "execution_time": found.execution_time,
        "complexity_estimate": None,
        "memory_current_mb": found.memory_current_mb,
        "memory_peak_mb": found.memory_peak_mb,
        "result": [1, 2, 3],
    }


class Ticks:
    """A clock that only the work of a test moves."""

    def __init__(self):
        self.now_s = 0.0

    def spend(self, steps):
        self.now_s += steps * 1e-7

    def perf_counter(self):
        return self.now_s

    process_time = monotonic = perf_counter


@pytest.mark.parametrize("data", [list(range(2000, 0, -1)), 300], ids=["a list", "a number"])
def test_the_growth_of_a_callable_is_estimated_from_parts_of_its_data(monkeypatch, data):
    ticks = Ticks()
    monkeypatch.setattr(_growth, "time", ticks)
    before = repr(data)
    found = growth_of_call(
        lambda part: ticks.spend((part if type(part) is int else len(part)) ** 2), data
    )
    assert found.decided == "n^2"
    assert found.exponent == pytest.approx(2, abs=0.05)
    assert repr(data) == before


@pytest.mark.parametrize(
    ("function", "data"),
    [(lambda data: [x for x in data if x / 0], list(range(1000))), (lambda data: data, object())],
    ids=["it raises", "it has no parts"],
)
def test_what_cannot_be_called_on_parts_of_its_data_has_no_growth(function, data):
    before = repr(data)
    assert growth_of_call(function, data) is None
    assert repr(data) == before


def test_memory_of_one_call(tuning):
    found = tuning.profile_memory_usage(bytearray, 3_000_000)
    assert list(found.keys()) == [
        "initial_memory_mb",
        "final_memory_mb",
        "allocated_memory_mb",
        "peak_memory_mb",
        "memory_growth_rate",
    ]
    assert found["peak_memory_mb"] >= found["initial_memory_mb"] > 0


def test_profiles_side_by_side(tuning):
    rows = [{"algorithm_name": name, "execution_time": s} for name, s in zip("abcd", (1, 1, 1, 9))]  # noqa: B905 - literal
    report = tuning.generate_profiling_report(rows)
    assert (report.total_profiles, report.total_time_seconds) == (4, 12)
    assert report.average_time_seconds == 3
    assert [(b.component, b.relative_slowdown) for b in report.bottlenecks] == [("d", 3.0)]
    assert len(report.optimization_suggestions) == 1
    assert tuning.generate_profiling_report([]).average_time_seconds is None
    with pytest.raises(UsageError, match="no execution_time"):
        tuning.generate_profiling_report([{"a": 1}])


def test_a_project_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(TargetError, match="does not exist"):
        OptimizationPerformanceTuning(str(tmp_path / "no"), options=Options())
