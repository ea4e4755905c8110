"""The report document that other programs read."""

from __future__ import annotations

import json
from importlib import resources

import jsonschema
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from whet.errors import WhetError
from whet.reports import a3, full

KEYS = {
    "optimization_session": {"session_id", "start_time", "end_time", "duration_seconds"},
    "performance_profile": {"cpu_profiling", "memory_profiling", "io_profiling"},
    "optimization_results": {
        "algorithms_optimized", "data_structures_improved", "efficiency_gains",
    },
    "parameter_tuning": {
        "parameters_adjusted", "configuration_optimized", "performance_gains",
    },
    "benchmark_results": {
        "baseline_performance", "optimized_performance", "improvement_percentage",
        "confidence_level",
    },
}  # fmt: skip
INNER_KEYS = {
    ("performance_profile", "cpu_profiling"): {
        "function_calls", "total_time_seconds", "top_functions",
    },
    ("performance_profile", "memory_profiling"): {
        "peak_memory_mb", "average_memory_mb", "memory_growth_rate",
    },
    ("performance_profile", "io_profiling"): {"file_reads", "file_writes", "network_calls"},
    ("optimization_results", "efficiency_gains"): {
        "execution_time_reduction_percent", "memory_usage_reduction_percent",
        "io_operations_reduction_percent",
    },
    ("parameter_tuning", "performance_gains"): {
        "response_time_improvement", "throughput_increase",
    },
}  # fmt: skip


def schema(name):
    return json.loads(resources.files("whet.reports").joinpath(f"schemas/{name}").read_text())


def test_the_document_has_exactly_the_agreed_keys(session):
    document = json.loads(a3.render(session))
    assert {key: set(value) for key, value in document.items()} == KEYS
    for (outer, inner), keys in INNER_KEYS.items():
        assert set(document[outer][inner]) == keys
    top = document["performance_profile"]["cpu_profiling"]["top_functions"]
    assert [set(entry) for entry in top] == [{"name", "time", "calls"}] * 2


def test_figures_come_from_the_session_in_the_stated_units(session):
    document = json.loads(a3.render(session))
    memory = document["performance_profile"]["memory_profiling"]
    assert memory == {
        "peak_memory_mb": 30.0, "average_memory_mb": 20.0, "memory_growth_rate": 2.0,
    }  # fmt: skip
    assert document["benchmark_results"] == {
        "baseline_performance": 0.6, "optimized_performance": 0.24,
        "improvement_percentage": pytest.approx(60), "confidence_level": 0.99,
    }  # fmt: skip


def test_what_was_not_measured_is_null_and_never_zero(bare_session):
    def leaves(value):
        if isinstance(value, dict):
            return [leaf for entry in value.values() for leaf in leaves(entry)]
        return [value]

    document = json.loads(a3.render(bare_session))
    document.pop("optimization_session")
    assert set(leaves(document)) == {None}


def test_an_undecided_effect_is_no_gain_and_not_nothing_either(session):
    gains = json.loads(a3.render(session))["optimization_results"]["efficiency_gains"]
    assert gains["io_operations_reduction_percent"] is None
    assert gains["memory_usage_reduction_percent"] == 0


def test_a_decided_clock_is_preferred_to_an_undecided_one(session):
    cpu, wall = (
        msgspec.structs.replace(session.whole[0], metric=metric, outcome=outcome, effect=effect)
        for metric, outcome, effect in (
            ("cpu_time", "undecided", 0.9),
            ("wall_time", "faster", 0.5),
        )
    )
    changed = msgspec.structs.replace(session, whole=(cpu, wall))
    document = json.loads(a3.render(changed))
    assert document["benchmark_results"]["improvement_percentage"] == 50


def test_fixes_are_counted_by_family_only_where_every_family_is_known(session):
    results = json.loads(a3.render(session))["optimization_results"]
    assert (results["algorithms_optimized"], results["data_structures_improved"]) == (1, 0)
    nameless = tuple(msgspec.structs.replace(fix, family="") for fix in session.fixes)
    unknown = msgspec.structs.replace(session, fixes=nameless)
    results = json.loads(a3.render(unknown))["optimization_results"]
    assert (results["algorithms_optimized"], results["data_structures_improved"]) == (None, None)


def test_without_a_kept_set_the_baseline_is_the_plain_run(session):
    alone = msgspec.structs.replace(session, whole=())
    assert json.loads(a3.render(alone))["benchmark_results"] == {
        "baseline_performance": 0.6, "optimized_performance": None,
        "improvement_percentage": None, "confidence_level": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "change", [{"session_id": "mine"}, {"start_time": "yesterday"}, {"duration_s": -1.0}]
)
def test_a_figure_that_the_schema_forbids_is_refused(session, change):
    with pytest.raises(WhetError, match="does not fit the schema"):
        a3.render(msgspec.structs.replace(session, **change))


def test_a_session_that_does_not_fit_its_own_schema_is_refused(session):
    with pytest.raises(WhetError, match="its own schema"):
        full.render(msgspec.structs.replace(session, runs_used="many"))


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_every_session_gives_documents_that_the_shipped_schemas_accept(any_session, data):
    session = data.draw(any_session)
    for render, name in ((a3.render, "a3.schema.json"), (full.render, "full.schema.json")):
        jsonschema.validate(json.loads(render(session)), schema(name))


def test_the_schema_refuses_an_unknown_key(session):
    document = json.loads(a3.render(session)) | {"more": 1}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema("a3.schema.json"))


@pytest.mark.parametrize("name", ["a3.schema.json", "full.schema.json"])
def test_a_schema_states_the_meaning_of_every_key(name):
    silent = [
        f"{kind}.{key}"
        for kind, definition in schema(name)["$defs"].items()
        for key, entry in definition.get("properties", {}).items()
        if "description" not in entry
    ]
    assert silent == []
