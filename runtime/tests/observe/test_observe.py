"""What parts say of themselves reaches monitoring systems, complete and well formed."""

import gc
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whet_runtime.errors import MissingDependency, MisuseError
from whet_runtime.observe import CONTENT_TYPE, Metric, Metrics
from whet_runtime.pool import ConnectionPool, ObjectPool, ObjectPools, SqliteDriver


class Record(NamedTuple):
    """A part.

    Args:
        hits: Times that it was there; "really".
        wait_s: Seconds waited.
    """

    hits: int
    wait_s: float
    size_bytes: int
    share: float | None
    ready: bool
    state: str = "open"


class Part:
    def __init__(self, record):
        self.record = record

    def snapshot(self):
        return self.record


class Fragile:
    fails = True

    def statistics(self):
        if self.fails:
            raise OSError
        return {"hits": 1}


def test_a_record_becomes_openmetrics_text():
    metrics = Metrics()
    part = Part(Record(3, 0.5, 1000, None, ready=True))
    metrics.register('a\\b"c\nd', part)
    label = '{name="a\\\\b\\"c\\nd"}'
    assert metrics.openmetrics() == (
        "# TYPE whet_part_hits counter\n"
        '# HELP whet_part_hits Times that it was there; \\"really\\".\n'
        f"whet_part_hits_total{label} 3\n"
        "# TYPE whet_part_ready gauge\n"
        f"whet_part_ready{label} 1\n"
        "# TYPE whet_part_size_bytes gauge\n"
        "# UNIT whet_part_size_bytes bytes\n"
        f"whet_part_size_bytes{label} 1000\n"
        "# TYPE whet_part_wait_seconds counter\n"
        "# UNIT whet_part_wait_seconds seconds\n"
        "# HELP whet_part_wait_seconds Seconds waited.\n"
        f"whet_part_wait_seconds_total{label} 0.5\n"
        "# EOF\n"
    )
    assert CONTENT_TYPE.startswith("application/openmetrics-text")


def test_members_that_come_and_go_are_told_apart_by_a_label():
    class Worker(NamedTuple):
        name: str
        running: int

    record = {
        "memory": {"hits": 1},
        "tiers": {"redis": {"hits": 2}, "disk": {"hits": 3}},
        "refusals": {"writes": 4},
        "workers": (Worker("w1", 5),),
        "history": (6,),
        "odd": object(),
    }
    part = Part(record)
    metrics = Metrics()
    metrics.register("x", part, family="cache")
    found = {(each.name, each.labels[1:]): each.value for each in metrics.collect()}
    assert found == {
        ("whet_cache_memory_hits", ()): 1,
        ("whet_cache_tier_hits", (("tier", "redis"),)): 2,
        ("whet_cache_tier_hits", (("tier", "disk"),)): 3,
        ("whet_cache_refusals", (("refusals", "writes"),)): 4,
        ("whet_cache_worker_running", (("worker", "w1"),)): 5,
    }


def test_real_pools_are_told_with_their_explanations(tmp_path):
    metrics = Metrics()
    objects, kinds = ObjectPool(object), ObjectPools(bytearray)
    connections = ConnectionPool(SqliteDriver(tmp_path / "a.db"))
    for part in (objects, kinds, connections):
        metrics.register("shop", part)
    with objects.lend(), kinds.lend(10):
        text = metrics.openmetrics()
    assert "# HELP whet_object_pool_misses Callers for whom one was made.\n" in text
    assert 'whet_object_pool_lent{name="shop"} 1\n' in text
    assert 'whet_object_pools_kind_idle{name="shop",kind="10"} 1\n' in text
    assert 'whet_object_pools_created_total{name="shop"} 2\n' in text
    assert 'whet_connection_pool_limit{name="shop"} 10\n' in text
    assert "held_mean" not in text  # no connection came back yet: not known


def test_a_part_that_fails_is_counted_and_the_others_are_told():
    metrics = Metrics()
    fragile, part = Fragile(), Part({"hits": 2})
    metrics.register("fragile", fragile)
    metrics.register("part", part)
    text = metrics.openmetrics()
    assert 'whet_part_hits_total{name="part"} 2\n' in text
    assert 'whet_observe_errors_total{name="fragile"} 1\n' in text
    fragile.fails = False
    assert 'whet_fragile_hits_total{name="fragile"} 1\n' in metrics.openmetrics()


def test_parts_are_not_kept_alive():
    metrics = Metrics()
    part = Part({"hits": 1})
    metrics.register("part", part)
    del part
    gc.collect()
    assert metrics.openmetrics() == "# EOF\n"


def test_what_cannot_be_watched_is_refused():
    metrics = Metrics()
    part, other = Part({}), Part({})
    with pytest.raises(MisuseError, match="none of snapshot, statistics, get_stats"):
        metrics.register("x", object())
    with pytest.raises(MisuseError, match="family='Bad Name'"):
        metrics.register("x", part, family="Bad Name")
    metrics.register("x", part)
    metrics.register("x", part)
    with pytest.raises(MisuseError, match="name='x': another part has it"):
        metrics.register("x", other)


class Api:
    """As `opentelemetry.metrics`: a meter whose instruments are read on demand."""

    def __init__(self):
        self.instruments = {}

    def get_meter(self, name):
        assert name == "whet_runtime"
        return self

    def create_observable_counter(self, name, callbacks, unit, description):
        self.instruments[name] = ("counter", callbacks[0], unit, description)

    def create_observable_gauge(self, name, callbacks, unit, description):
        self.instruments[name] = ("gauge", callbacks[0], unit, description)

    @staticmethod
    def Observation(value, attributes):  # noqa: N802  (the API's name)
        return value, attributes


def test_opentelemetry_instruments_read_the_parts_also_those_registered_later(monkeypatch):
    monkeypatch.setattr("whet_runtime.observe._FRESH_S", -1)
    api, metrics = Api(), Metrics()
    part = Part(Record(3, 0.5, 1000, None, ready=True))
    metrics.register("early", part)
    metrics.bind_opentelemetry(api)
    kind, read, unit, description = api.instruments["whet.part_wait_seconds"]
    assert (kind, unit, description) == ("counter", "s", "Seconds waited.")
    assert read(None) == [(0.5, {"name": "early"})]
    assert api.instruments["whet.part_share"][1](None) == []  # not known yet
    part.record = part.record._replace(share=0.25)
    assert api.instruments["whet.part_share"][1](None) == [(0.25, {"name": "early"})]
    late = Part({"lent": 2})
    metrics.register("late", late, family="late")
    assert api.instruments["whet.late_lent"][1](None) == [(2, {"name": "late"})]


def test_one_look_serves_all_instruments_of_a_collection():
    api, metrics = Api(), Metrics()
    part = Part({"hits": 1, "misses": 2})
    metrics.register("part", part)
    metrics.bind_opentelemetry(api)
    assert api.instruments["whet.part_hits"][1](None)[0][0] == 1
    part.record = {"hits": 5, "misses": 6}
    assert api.instruments["whet.part_misses"][1](None)[0][0] == 2


def test_the_real_api_takes_the_instruments():
    api = pytest.importorskip("opentelemetry.sdk.metrics")
    export = pytest.importorskip("opentelemetry.sdk.metrics.export")
    reader = export.InMemoryMetricReader()
    provider = api.MeterProvider(metric_readers=[reader])

    class Real(Api):
        Observation = staticmethod(pytest.importorskip("opentelemetry.metrics").Observation)
        get_meter = staticmethod(provider.get_meter)

    metrics, part = Metrics(), Part(Record(3, 0.5, 1000, None, ready=True))
    metrics.register("part", part)
    metrics.bind_opentelemetry(Real())
    (resource,) = reader.get_metrics_data().resource_metrics
    names = {each.name for each in resource.scope_metrics[0].metrics}
    assert "whet.part_hits" in names


def test_a_missing_api_names_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.metrics", None)
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry", None)
    with pytest.raises(MissingDependency, match="pip install opentelemetry-api"):
        Metrics().bind_opentelemetry()


_names = st.text("abc_", min_size=1, max_size=8)
_numbers = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False)
_records = st.dictionaries(
    _names, st.recursive(_numbers, lambda inner: st.dictionaries(_names, inner, max_size=3))
)


@settings(max_examples=30, deadline=None)
@given(_records)
def test_whatever_a_record_holds_the_text_is_well_formed(record):
    metrics, part = Metrics(), Part(record)
    metrics.register("x", part)
    lines = metrics.openmetrics().splitlines()
    assert lines[-1] == "# EOF"
    declared = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(declared) == len(set(declared))
    for line in lines[:-1]:
        if not line.startswith("#"):
            name, _, value = line.partition("{")[0], *line.rsplit(" ", 1)
            assert name.removesuffix("_total") in declared
            float(value)


def test_a_metric_is_a_plain_record():
    metric = Metric("whet_x", is_counter=False, unit="", help="", labels=(), value=None)
    assert metric._asdict()["value"] is None
