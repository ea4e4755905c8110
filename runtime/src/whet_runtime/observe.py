"""What caches, pools, balancers and scalers say of themselves, for monitoring systems.

    metrics = Metrics()
    metrics.register("orders", pool)          # anything with snapshot(), statistics(), get_stats()
    text = metrics.openmetrics()              # for Prometheus: serve it under /metrics
    metrics.bind_opentelemetry()              # or: for whatever SDK the application has set up

Nothing runs between two questions, and no package is required: OpenTelemetry's API is imported
when it is asked for. Every number of a record becomes a metric `whet_<family>_<field>` with the
part's name as a label; what only ever grows is a counter, the rest are gauges; what a part does
not know is left out.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakValueDictionary

from whet_runtime.errors import MissingDependency, MisuseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"

_READERS = ("snapshot", "statistics", "get_stats")
# Fields that only ever grow, whatever record they stand in.
_COUNTERS = frozenset({
    "bypasses", "callback_errors", "cancelled", "changes", "corrupt", "created", "deaths",
    "decisions", "destroyed", "done", "evicted", "evictions", "expirations", "expired", "failed",
    "faults", "grown", "hits", "insertions", "invalid", "invalidations", "load_errors", "loads",
    "loads_overtaken", "lost", "misses", "rebound", "refreshes", "refreshes_refused", "refusals",
    "refused", "removals", "renewals", "returned", "served", "shed", "shortages", "submitted",
    "timed_out", "timeouts", "unreadable", "unwritable", "updates", "wait_s", "waits", "worked_s",
    "writes",
})  # fmt: skip
_UNITS = {"_s": "seconds", "_bytes": "bytes"}
_SECTIONS = frozenset({"all", "memory"})  # mappings and records of fixed fields within a record
_LABELS_OF = {"by_kind": "kind", "tiers": "tier", "workers": "worker"}
_FRESH_S = 0.05  # one look serves all instruments of one collection
_HELP = re.compile(r"^ +(\w+): (.+)$", re.MULTILINE)


class Metric(NamedTuple):
    """One number of one part.

    Args:
        name: Without `_total`, such as `whet_object_pool_hits`.
        is_counter: Whether it only ever grows.
        unit: "seconds", "bytes" or nothing.
        help: What it counts, in a sentence; may be empty.
        labels: Such as (("name", "orders"),).
        value: None where the part does not know.
    """

    name: str
    is_counter: bool
    unit: str
    help: str
    labels: tuple[tuple[str, str], ...]
    value: float | None


class Metrics:
    """The parts of an application that are watched. It keeps none of them alive."""

    def __init__(self) -> None:
        self._parts: WeakValueDictionary[tuple[str, str], Any] = WeakValueDictionary()
        self._errors: dict[str, int] = {}
        self._lock = Lock()
        self._api: Any = None
        self._meter: Any = None
        self._bound: set[str] = set()
        self._last: tuple[float, list[Metric]] = (float("-inf"), [])

    def register(self, name: str, part: Any, *, family: str = "") -> None:
        """Watches a part.

        Args:
            name: Value of the label `name`; once in a family.
            part: Something with `snapshot()`, `statistics()` or `get_stats()`.
            family: In the metrics' names; the part's class unless given: `object_pool`.

        Raises:
            MisuseError: The part says nothing of itself, or the name is taken.
        """
        if _reader(part) is None:
            raise MisuseError(
                f"{name}: {type(part).__name__}", f"it has none of {', '.join(_READERS)}",
                "Register a cache, a pool, a balancer or a scaler",
            )  # fmt: skip
        family = family or _snake(type(part).__name__)
        if not re.fullmatch(r"[a-z][a-z0-9_]*", family):
            raise MisuseError(
                f"family={family!r}", "it becomes part of a metric's name",
                "Use small letters, digits and underscores",
            )  # fmt: skip
        with self._lock:
            if self._parts.get((family, name)) not in {None, part}:
                raise MisuseError(f"name={name!r}", f"another {family} has it", "Choose another")
            self._parts[family, name] = part
        self._bind_new()

    def collect(self) -> list[Metric]:
        """Every number of every part, now; one that fails is counted and left out."""
        with self._lock:
            parts = sorted(self._parts.items(), key=lambda each: each[0])
        metrics: list[Metric] = []
        for (family, name), part in parts:
            reader = _reader(part)
            try:
                record = reader() if reader is not None else {}
                metrics += _flatten(f"whet_{family}", record, (("name", name),))
            except Exception:  # noqa: BLE001  (monitoring must not fail with what it watches)
                self._errors[name] = self._errors.get(name, 0) + 1
        about = "Times that a part could not say how it is."
        for name, count in self._errors.items():
            labels = (("name", name),)
            metrics.append(Metric("whet_observe_errors", True, "", about, labels, count))  # noqa: FBT003 - a record
        return metrics

    def openmetrics(self) -> str:
        """All numbers as OpenMetrics text, to be served as `CONTENT_TYPE`.

        Source: OpenMetrics 1.0, https://prometheus.io/docs/specs/om/open_metrics_spec/
        """
        families: dict[str, list[Metric]] = {}
        for metric in self.collect():
            if metric.value is not None:
                families.setdefault(metric.name, []).append(metric)
        lines: list[str] = []
        for name, members in sorted(families.items()):
            first = members[0]
            lines.append(f"# TYPE {name} {'counter' if first.is_counter else 'gauge'}")
            if first.unit:
                lines.append(f"# UNIT {name} {first.unit}")
            if first.help:
                lines.append(f"# HELP {name} {_escaped(first.help)}")
            suffix = "_total" if first.is_counter else ""
            lines += [f"{name}{suffix}{_labels(each)} {each.value!r}" for each in members]
        return "\n".join([*lines, "# EOF\n"])

    def bind_opentelemetry(self, api: Any = None) -> None:
        """Offers all numbers to OpenTelemetry, those of parts registered later too.

        Without an SDK in the application the API does nothing with them.

        Args:
            api: A stand-in for the module `opentelemetry.metrics`.

        Raises:
            MissingDependency: The API is not installed.
        """
        if api is None:
            from importlib import import_module

            try:
                api = import_module("opentelemetry.metrics")
            except ImportError as error:
                raise MissingDependency(
                    "opentelemetry.metrics", "it is not installed", "pip install opentelemetry-api"
                ) from error
        self._api, self._meter = api, api.get_meter("whet_runtime")
        self._bound = set()
        self._bind_new()

    def _bind_new(self) -> None:
        if self._meter is None:
            return
        for metric in self.collect():
            if metric.name in self._bound:
                continue
            self._bound.add(metric.name)
            create = (
                self._meter.create_observable_counter
                if metric.is_counter
                else self._meter.create_observable_gauge
            )
            create(
                metric.name.replace("_", ".", 1),
                callbacks=[self._observer(metric.name)],
                unit={"seconds": "s", "bytes": "By"}.get(metric.unit, "1"),
                description=metric.help,
            )

    def _observer(self, name: str) -> Callable[[Any], list[Any]]:
        def observe(_options: Any) -> list[Any]:
            return [
                self._api.Observation(metric.value, dict(metric.labels))
                for metric in self._fresh()
                if metric.name == name and metric.value is not None
            ]

        return observe

    def _fresh(self) -> list[Metric]:
        at_s, metrics = self._last
        now_s = time.monotonic()
        if now_s - at_s > _FRESH_S:
            metrics = self.collect()
            self._last = now_s, metrics
        return metrics


def _reader(part: Any) -> Callable[[], Any] | None:
    """The method by which a part describes itself."""
    for name in _READERS:
        method = getattr(part, name, None)
        if callable(method):
            reader: Callable[[], Any] = method
            return reader
    return None


def _flatten(prefix: str, record: Any, labels: tuple[tuple[str, str], ...]) -> Iterator[Metric]:
    """Every number in a record of numbers, records, mappings and sequences of records."""
    fields = _fields(record) or {}
    for field, value in fields.items():
        if value is None or isinstance(value, (bool, int, float)):
            yield _metric(prefix, field, value, labels, record)
        elif field in _SECTIONS and _fields(value) is not None:
            section = "" if field == "all" else f"_{field}"
            yield from _flatten(f"{prefix}{section}", value, labels)
        else:
            yield from _members(prefix, field, value, labels)


def _members(
    prefix: str, field: str, value: Any, labels: tuple[tuple[str, str], ...]
) -> Iterator[Metric]:
    """The numbers of things that come and go, told apart by a label."""
    label = _LABELS_OF.get(field, field)
    if isinstance(value, Mapping):
        members = list(value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        named = [(_fields(each) or {}, each) for each in value]
        members = [(fields["name"], each) for fields, each in named if "name" in fields]
    else:
        members = []
    for key, each in members:
        own = (*labels, (label, str(key)))
        if isinstance(each, (bool, int, float)):
            yield _metric(prefix, field, each, own, None)
        else:
            yield from _flatten(f"{prefix}_{label}", each, own)


def _metric(
    prefix: str, field: str, value: Any, labels: tuple[tuple[str, str], ...], record: Any
) -> Metric:
    name = f"{prefix}_{field}"
    unit = ""
    for ending, full in _UNITS.items():
        if field.endswith(ending):
            unit, name = full, f"{prefix}_{field.removesuffix(ending)}_{full}"
    number = int(value) if isinstance(value, bool) else value
    about = _explanations(type(record).__doc__ or "").get(field, "")
    return Metric(name, field in _COUNTERS, unit, about, labels, number)


def _fields(record: Any) -> Mapping[str, Any] | None:
    """A record as a mapping; None for what is no record."""
    if isinstance(record, Mapping):
        return record
    if hasattr(record, "_asdict"):
        fields: Mapping[str, Any] = record._asdict()
        return fields
    return None


@cache
def _explanations(docstring: str) -> dict[str, str]:
    """What the docstring of a record says of its fields, the first line of each."""
    return dict(_HELP.findall(docstring))


def _labels(metric: Metric) -> str:
    return "{" + ",".join(f'{name}="{_escaped(text)}"' for name, text in metric.labels) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
