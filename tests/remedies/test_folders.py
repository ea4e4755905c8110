"""Every remedy's folder: before, after, untouched, workload."""

from __future__ import annotations

import ast
import inspect
import sys
from pathlib import Path

import pytest

from whet.records import Evidence
from whet.remedies import find_remedy, load_remedies


def read(folder, name):
    return (folder / name).read_bytes()


@pytest.fixture
def workload(folder, bench):
    return bench.load(read(folder, "workload.py"), "workload")


_OBSERVED = {}  # several tests look at the same source; observing takes seconds


@pytest.fixture
def admitted(folder, bench, workload):
    """The module of a source, and those of its matches that the workload's evidence admits."""
    remedy = find_remedy(folder.name)

    def matches_of(source):
        if (folder, source) not in _OBSERVED:
            _OBSERVED[folder, source] = observed(source)
        return _OBSERVED[folder, source]

    def observed(source):
        module = bench.module(source, getattr(workload, "FILE", "module.py"))
        assert module.tree is not None, module.reason
        matches = bench.matches(module, remedy, getattr(workload, "IMPORTS", None))
        evidence = bench.observe(module, matches, workload.run)
        admissions = [(match, remedy.admit(match, evidence)) for match in matches]
        assert all(0 < each.removable <= 1 for _, each in admissions if each.admitted)
        return module, [match for match, each in admissions if each.admitted]

    return matches_of


@pytest.fixture
def before(folder, admitted):
    """The module before the change, and those of its matches that are admitted."""
    return admitted(read(folder, "before.py"))


def test_the_marked_lines_and_no_others_are_found(before):
    module, matches = before
    marked = {number for number, line in enumerate(module.lines, 1) if b"# whet: expect" in line}
    assert all(set(match.lines) & marked for match in matches)
    assert marked <= {line for match in matches for line in match.lines}
    assert len(matches) == len(marked)


def test_without_evidence_nothing_that_needs_it_is_admitted(folder, before):
    remedy = find_remedy(folder.name)
    _, matches = before
    if remedy.name != "pattern_in_function":  # its rewrite is exact
        assert all(not remedy.admit(match, Evidence()).admitted for match in matches)


def test_advice_is_admitted_on_evidence_and_never_rewritten(folder, before):
    remedy = find_remedy(folder.name)
    _, matches = before
    assert matches
    advice = {match.safety == "advice" for match in matches}
    assert advice == {True} if remedy.rewrite is None else True not in advice
    assert (remedy.safety == "advice") == (remedy.rewrite is None)


def test_before_becomes_after_byte_for_byte_and_parses(folder, before, after):
    remedy = find_remedy(folder.name)
    module, matches = before
    made = module.apply([edit for match in matches for edit in remedy.rewrite(module, match)])
    ast.parse(made)
    assert made.decode() == after.decode()


@pytest.mark.no_cover  # the same lines as above, once more for each match
@pytest.mark.usefixtures("after")
def test_each_match_alone_parses_and_leaves_the_others_to_be_found(folder, before, admitted):
    remedy = find_remedy(folder.name)
    module, matches = before
    for match in matches:
        _, left = admitted(module.apply(remedy.rewrite(module, match)))
        assert len(left) == len(matches) - 1


def test_a_second_pass_finds_nothing(admitted, after):
    assert admitted(after)[1] == []


def test_near_misses_are_untouched(folder, bench, workload):
    remedy = find_remedy(folder.name)
    for path in sorted(folder.glob("untouched*.py")):
        module = bench.module(path.read_bytes(), getattr(workload, "FILE", "module.py"))
        assert module.tree is not None
        found = bench.matches(module, remedy, getattr(workload, "IMPORTS", None))
        assert [match.function or match.message for match in found] == []


@pytest.mark.no_cover  # nothing of whet runs here, nor below
def test_before_and_after_give_equal_results(folder, bench, workload, after):
    before = workload.run(bench.load(read(folder, "before.py")))
    changed = workload.run(bench.load(after))
    assert repr(before) == repr(changed)


@pytest.mark.no_cover
@pytest.mark.usefixtures("after")
def test_after_does_fewer_operations(folder, bench, workload, count_operations, counting_kinds):
    if getattr(workload, "PYTHON", (3,)) > sys.version_info:
        pytest.skip(f"its gain begins with Python {workload.PYTHON}")
    make = counting_kinds[inspect.signature(workload.run).parameters["make"].default]
    imports = getattr(workload, "IMPORTS", {})
    counts = []
    for name in ("before.py", "after.py"):
        source = read(folder, name)
        if imports:
            for small in ("colorsys", "graphlib"):
                sys.modules.pop(small, None)
            counts.append(count_operations(lambda raw=source: workload.run(bench.load(raw), make)))
            continue
        loaded = bench.load(source)
        workload.run(loaded)  # caches of `re` and memos are warm, as in a long run
        counts.append(count_operations(lambda module=loaded: workload.run(module, make)))
    assert counts[1] < counts[0]


HEADINGS = ["What", "Why slow", "Evidence needed", "Before", "After", "Safety", "When not"]


@pytest.mark.parametrize("remedy", load_remedies(), ids=lambda remedy: remedy.name)
def test_every_remedy_has_its_folder_and_a_page_with_all_headings(remedy):
    folder = Path(__file__).parent / remedy.family / remedy.name
    needed = {"before.py", "untouched.py", "workload.py"}
    if remedy.rewrite is not None:
        needed.add("after.py")
    assert needed <= {path.name for path in folder.glob("*.py")}
    assert [line for line in remedy.page.splitlines() if line in HEADINGS] == HEADINGS
