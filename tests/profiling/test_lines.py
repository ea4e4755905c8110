"""The probe's lines become records, without running anything."""

from pathlib import Path

import pytest

from whet.profiling import bottlenecks
from whet.profiling._places import Places
from whet.profiling.allocations import by_line, with_allocations
from whet.profiling.counting import _silent_processes, counts
from whet.profiling.imports import module_imports
from whet.profiling.io import io_profile
from whet.records import CpuProfile, FunctionTime, LineTime, ModuleImport, Wait


def line(kind, process="1", **fields):
    return {"v": 1, "kind": kind, "process_file": process, **fields}


def io(process, reads):
    counts = {"reads": reads, "writes": 1, "network": 0, "subprocesses": 0, "sql": None}
    return line("io", process, **counts)


def test_io_is_the_last_count_of_each_process():
    found = io_profile([io("1", 1), io("1", 5), io("2", 2)])
    assert (found.file_reads, found.file_writes, found.sql_statements) == (7, 2, None)
    assert found.read_bytes is None


def test_sites_of_all_processes_are_added_up():
    site = {"io": "read", "target": "x", "call_site": "a.py:1", "count": 2}
    found = io_profile([line("io_site", "1", **site), line("io_site", "2", **site)])
    assert [(each.target, each.count) for each in found.sites] == [("x", 4)]


def test_imports_are_those_of_the_first_process():
    fields = {"self_s": 0.1, "cumulative_s": 0.2, "imported_by": None, "file": "/x.py"}
    found = module_imports(
        [
            line("process"),
            line("import", module="a", order=1, **fields),
            line("import", module="b", order=2, **{**fields, "cumulative_s": 0.3}),
            line("import", "2", module="c", order=1, **fields),
        ]
    )
    assert [each.module for each in found] == ["b", "a"]
    assert found[0].file == "/x.py"


def test_calls_are_added_up_by_function_and_comprehensions_are_no_calls_of_it(source_file):
    def called(name, at, calls, process="1"):
        fields = {"name": name, "file": "shapes.py", "line": at, "calls": calls}
        return line("function_calls", process, **fields)

    total, by_function = counts(
        [
            line("calls", total=10),
            called("Shape.area", 3, 4),
            called("Shape.area.<locals>.<listcomp>", 5, 4),
            line("calls", "2", total=5),
            called("Shape.area", 3, 5, "2"),
            line("function_calls", name="f", file="<string>", line=1, calls=3),
        ],
        Places(source_file.parent),
    )
    assert total == 15
    assert by_function == {("Shape.area", "shapes.py", 4): 9}


def test_processes_that_were_killed_before_they_told_are_counted():
    lines = [line("process", "1"), line("process", "2"), line("calls", "2", total=1)]
    assert _silent_processes(lines) == 1


def test_allocations_are_named_by_function(source_file):
    one = {"file": "shapes.py", "line": 5, "bytes": 10, "count": 1}
    lines = [line("allocation", "1", **one), line("allocation", "2", **one), line("traced")]
    (found,) = by_line(lines, Places(source_file.parent))
    assert (found.name, found.bytes, found.count) == ("Shape.area", 20, 2)
    assert with_allocations(None, None) is None


def function(name, self_s, **changes):
    fields = {"file": "a.py", "line": 1, "self_share": self_s / 10, "total_share": 0.1}
    return FunctionTime(name=name, self_s=self_s, total_s=self_s, **{**fields, **changes})


def cpu(*functions, **changes):
    fields = {"sampler": "", "approximate": False, "rate_hz": 100, "samples": 1, "errors": 0}
    return CpuProfile(total_s=10, functions=functions, **{**fields, **changes})


def test_a_bottleneck_takes_more_than_twice_the_mean():
    found = bottlenecks(cpu(function("a", 7), function("b", 2), function("c", 1)))
    assert [(each.component, each.relative_slowdown) for each in found] == [
        ("a (a.py:1)", pytest.approx(2.1))
    ]


def test_one_function_alone_is_no_bottleneck():
    assert bottlenecks(cpu(function("a", 10))) == ()
    assert bottlenecks(cpu()) == ()
    assert bottlenecks(None) == ()


def test_suggestions_say_only_what_was_seen():
    hot = function("a", 9, lines=(LineTime(line=7, self_s=8),), calls=90_000)
    (found,) = bottlenecks(cpu(hot, function("b", 0.5), function("c", 0.5)))
    assert "on line 7" in found.suggestion
    assert "90,000 calls of 100 µs" in found.suggestion
    library = function("a", 9, in_project=False)
    (found,) = bottlenecks(cpu(library, function("b", 0.5), function("c", 0.5)))
    assert "not the project's own" in found.suggestion
    (found,) = bottlenecks(cpu(function("<import>", 9), function("b", 0.5), function("c", 0.5)))
    assert "modules are being loaded" in found.suggestion


def test_waits_and_imports_can_be_bottlenecks():
    waits = [
        Wait(kind=kind, thread="t", place=f"a.py:{at} f", seconds=seconds)
        for at, (kind, seconds) in enumerate((("lock", 5), ("io", 0.3), ("sleep", 0.3)))
    ]
    modules = [
        ModuleImport(module=name, self_s=self_s, cumulative_s=self_s, imported_by="app")
        for name, self_s in (("pandas", 0.9), ("a", 0.05), ("b", 0.05))
    ]
    found = bottlenecks(cpu(waits=tuple(waits)), modules)
    assert [each.component for each in found] == ["waiting at a.py:0 f (t)", "import pandas"]
    assert "imported by app" in found[1].suggestion


def test_places_need_no_existing_root():
    assert Places(Path("/nowhere")).source_line("x.py", 1) == ""
