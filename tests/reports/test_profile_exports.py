"""Exports of a profile: each is read back by a reader that shares no code with the writer."""

import csv
import gzip
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from whet.errors import UsageError
from whet.records import (
    Allocation,
    Bottleneck,
    CpuProfile,
    Environment,
    Frame,
    FunctionTime,
    InstrumentCost,
    InstrumentFailure,
    IoProfile,
    IoSite,
    LineTime,
    MemoryProfile,
    ModuleImport,
    Profile,
    Stack,
    Wait,
    Workload,
    from_json,
)
from whet.reports import (
    flamegraph,
    pprof,
    profile_csv,
    profile_json,
    profile_terminal,
    speedscope,
)

ENVIRONMENT = Environment(
    os="Linux", machine="x", cpu_model=None, cores=2, load_1m=None, governor=None, cpu_quota=None,
    memory_bytes=None, interpreter=None, dont_write_bytecode=False, whet_version="0",
)  # fmt: skip


def cpu(**changes):
    fields = {
        "sampler": "py-spy 1", "approximate": False, "rate_hz": 100, "samples": 30, "errors": 1,
        "total_s": 0.3, "function_calls": 12,
        "functions": (
            FunctionTime(
                name="work", file="app.py", line=4, self_s=0.2, total_s=0.2, self_share=2 / 3,
                total_share=2 / 3, calls=5, lines=(LineTime(line=6, self_s=0.2),),
            ),
            FunctionTime(
                name="dumps", file="/usr/lib/python3.11/json/__init__.py", line=183, self_s=0.1,
                total_s=0.1, self_share=1 / 3, total_share=1 / 3, in_project=False,
            ),
        ),
        "frames": (
            Frame(name="<module>", file="app.py", line=9),
            Frame(name="work", file="app.py", line=6),
            Frame(name="dumps", file="/usr/lib/python3.11/json/__init__.py", line=200),
        ),
        "stacks": (
            Stack(frames=(0, 1), seconds=0.2, thread="MainThread"),
            Stack(frames=(0, 2), seconds=0.1, process=1, thread="worker"),
        ),
        "waits": (Wait(kind="lock", thread="worker", place="app.py:3 wait", seconds=0.5),),
        "lock_share": 0.25,
    }  # fmt: skip
    return CpuProfile(**{**fields, **changes})


def made(**changes):
    fields = {
        "workload": Workload(kind="script", target="app.py"),
        "environment": ENVIRONMENT,
        "plain_wall_s": 0.4,
        "plain_cpu_s": 0.3,
        "cpu": cpu(),
        "memory": MemoryProfile(
            peak_bytes=9_000_000, average_bytes=5_000_000, growth_bytes_per_s=1e6,
            start_bytes=1_000_000, end_bytes=8_000_000, interval_s=0.01,
            series=((0.0, 1_000_000), (0.1, 9_000_000)), allocator="tracemalloc",
            allocations=(Allocation(file="app.py", line=6, name="work", bytes=8, count=2),),
            leak_bytes_per_repetition=2e3,
        ),
        "io": IoProfile(
            file_reads=2, file_writes=1, network_calls=0, subprocesses=0, sql_statements=3,
            read_bytes=10, written_bytes=20,
            sites=(IoSite(kind="read", target="=x.txt", call_site="app.py:7", count=2),),
        ),
        "imports": (
            ModuleImport(module="json", self_s=0.01, cumulative_s=0.02, imported_by="app"),
        ),
        "overhead_ratio": 1.1,
        "overheads": (InstrumentCost(instrument="cpu", wall_ratio=1.0, cpu_ratio=1.1),),
        "bottlenecks": (
            Bottleneck(
                component="work (app.py:4)", execution_time=0.2, relative_slowdown=3.0,
                suggestion="67% of the time is spent in it",
            ),
        ),
        "failures": (InstrumentFailure(instrument="calls", reason="left out"),),
        "notes": ("a note",),
    }  # fmt: skip
    return Profile(**{**fields, **changes})


WITHOUT_CPU = made(cpu=None, memory=None, io=None, imports=None, bottlenecks=())


def test_the_json_document_fits_the_shipped_schema_and_reads_back():
    path = Path(profile_json.__file__).parent / "schemas" / "profile.schema.json"
    schema = json.loads(path.read_bytes())
    assert schema == json.loads(json.dumps(profile_json.schema()))
    raw = profile_json.render(made())
    jsonschema.validate(json.loads(raw), schema)
    assert from_json(raw, Profile) == made()


def test_the_csv_has_a_row_for_everything_measured():
    rows = list(csv.DictReader(io.StringIO(profile_csv.render(made()).decode())))
    kinds = [row["kind"] for row in rows]
    assert kinds == [
        "function", "line", "function", "wait lock", "allocation", "memory", "memory", "io read",
        "import",
    ]  # fmt: skip
    assert (rows[0]["name"], rows[0]["calls"], rows[2]["calls"]) == ("work", "5", "")
    assert rows[7]["name"] == "'=x.txt"  # no formula for a spreadsheet


def test_the_speedscope_document_has_the_shape_of_its_published_schema():
    found = json.loads(speedscope.render(made()))
    assert found["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    for one in found["profiles"]:
        assert one["type"] == "sampled"
        assert one["unit"] == "seconds"
        assert len(one["samples"]) == len(one["weights"])
        assert one["endValue"] == pytest.approx(sum(one["weights"]))
        assert all(n < len(found["shared"]["frames"]) for each in one["samples"] for n in each)
    assert [each["name"] for each in found["profiles"]] == [
        "process 0 MainThread", "process 1 worker",
    ]  # fmt: skip


def fields_of(raw):
    """The fields of a protocol buffer message: (number, value); a reader of its own."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = raw[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(raw):
        key = varint()
        value = varint()
        if key & 7 == 2:
            value, at = raw[at : at + value], at + value
        yield key >> 3, value


def varints(raw):
    return [value for _, value in fields_of(b"".join(b"\x08" + bytes([b]) for b in raw))]


def test_the_pprof_message_holds_every_stack_innermost_first():
    message = list(fields_of(gzip.decompress(pprof.render(made()))))
    strings = [value.decode() for number, value in message if number == 6]
    assert strings[0] == ""
    functions = {
        dict(fields_of(value))[1]: strings[dict(fields_of(value))[2]]
        for number, value in message
        if number == 5
    }
    locations = {}
    for number, value in message:
        if number == 4:
            parts = dict(fields_of(value))
            locations[parts[1]] = functions[dict(fields_of(parts[4]))[1]]
    samples = [dict(fields_of(value)) for number, value in message if number == 2]
    assert [[locations[each] for each in one[1]] for one in samples] == [
        ["work", "<module>"], ["dumps", "<module>"],
    ]  # fmt: skip
    kinds = [dict(fields_of(value)) for number, value in message if number == 1]
    assert [(strings[one[1]], strings[one[2]]) for one in kinds] == [
        ("samples", "count"), ("cpu", "nanoseconds"),
    ]  # fmt: skip
    assert dict(message)[10] == 300_000_000
    assert dict(message)[12] == 10_000_000


@pytest.mark.parametrize("format_", [speedscope, pprof, flamegraph])
def test_a_profile_without_stacks_is_refused(format_):
    with pytest.raises(UsageError, match="no stacks"):
        format_.render(WITHOUT_CPU)


class Page(HTMLParser):
    """Collects what a page would load, and its texts by tag."""

    def __init__(self, text):
        super().__init__()
        self.loads, self.boxes, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.loads += [v for k, v in attrs if k in {"src", "href", "data"}]
        if tag == "g":
            self.boxes.append(values)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)


def test_the_flame_graph_is_one_file_that_loads_nothing():
    text = flamegraph.render(made()).decode()
    page = Page(text)
    assert page.loads == []
    assert "default-src 'none'" in text
    assert [box["data-n"] for box in page.boxes] == ["app.py", "work", "dumps"]
    assert [float(box["data-w"]) for box in page.boxes] == pytest.approx(
        [1, 2 / 3, 1 / 3], abs=1e-4
    )
    script = re.search(r"<script>(.*)</script>", text, re.DOTALL).group(1)
    assert len(script) < 5000


def test_the_script_is_the_one_that_the_policy_names():
    import base64
    import hashlib

    text = flamegraph.render(made()).decode()
    script = re.search(r"<script>(.*)</script>", text, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text


def huge():
    frames = tuple(Frame(name=f"f{n}" * 40, file=f"m{n}.py", line=n) for n in range(20_000))
    stacks = tuple(
        Stack(frames=tuple((n * 7 + d) % 20_000 for d in range(200)), seconds=0.01)
        for n in range(3000)
    )
    return made(cpu=cpu(frames=frames, stacks=stacks))


def test_the_flame_graph_stays_small_whatever_the_profile():
    assert len(flamegraph.render(huge())) < 300_000


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.text(max_size=300), st.text(max_size=40))
def test_no_name_breaks_out_of_any_format(name, thread):
    frames = (Frame(name=name, file=name, line=1),)
    functions = (
        FunctionTime(
            name=name, file=name, line=1, self_s=1, total_s=1, self_share=1, total_share=1
        ),
    )
    stacks = (Stack(frames=(0,), seconds=1, thread=thread),)
    profile = made(
        cpu=cpu(frames=frames, functions=functions, stacks=stacks),
        workload=Workload(kind="command", argv=(name or "x",)),
    )
    text = flamegraph.render(profile).decode()
    assert text.count("<script") == 1
    assert len(Page(text).boxes) == 1
    gzip.decompress(pprof.render(profile))
    json.loads(speedscope.render(profile))
    list(csv.DictReader(io.StringIO(profile_csv.render(profile).decode())))
    assert "\x1b" not in profile_terminal.render(profile)


def test_people_see_every_part():
    shown = profile_terminal.render(made())
    for part in (
        "app.py: 0.400 s wall", "30 samples at 100 Hz", "40 ms", "app.py:6",
        "json/__init__.py:183",
        "12 calls of Python functions", "lock  worker", "25.0% of all thread time",
        "peak 9.0 MB", "▁", "grows by +1.00 MB/s", "+2.0 kB stay", "Allocations by line",
        "3 SQL statements", "app.py:7", "Imports: 1 modules", "3.0x", "cpu 1.10x",
        "not measured: calls: left out", "note: a note",
    ):  # fmt: skip
        assert part in shown, part


def test_what_was_not_measured_is_not_shown():
    shown = profile_terminal.render(WITHOUT_CPU)
    assert "CPU:" not in shown
    assert "Memory:" not in shown


def test_an_approximate_profile_says_so():
    approximate = made(cpu=cpu(approximate=True))
    assert "approximate" in profile_terminal.render(approximate)
    assert "lines are approximate" in flamegraph.render(approximate).decode()


@pytest.mark.parametrize(
    ("values", "bars"), [([], ""), ([0, 0], "▁▁"), ([1, 8], "▂█"), ([8] * 600, "█" * 60)]
)
def test_a_sparkline_goes_from_zero_to_the_peak(values, bars):
    assert profile_terminal.sparkline(values) == bars


@pytest.mark.parametrize(
    ("seconds", "text"), [(2, "2 s"), (0.0025, "2.5 ms"), (3e-6, "3 us"), (4e-8, "40 ns")]
)
def test_durations_have_a_fitting_unit(seconds, text):
    assert profile_terminal._duration(seconds) == text
