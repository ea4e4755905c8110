from __future__ import annotations

import msgspec
import pytest

from whet.codebase.cache import FileCache
from whet.codebase.syntax import SourceModule
from whet.diagnosis import find_matches, findings, hot_places, read_hot_modules
from whet.diagnosis.hotspots import is_test, module_names
from whet.diagnosis.sources import Uses, names_used_outside
from whet.errors import WhetError
from whet.records import (
    CpuProfile,
    Environment,
    Evidence,
    Frame,
    FunctionTime,
    LineTime,
    ModuleImport,
    Profile,
    Stack,
    ValueEvidence,
    Workload,
)
from whet.remedies import find_remedy, load_remedies, propose_fix

SOURCE = """\
def unique(names):
    seen = []
    for name in names:
        if name not in seen:
            seen.append(name)
    return seen
"""
FILES = ["app.py", "lib.py", "tests/test_app.py", "data.csv"]


def function(name, file, line, share, lines=()):
    return FunctionTime(
        name=name, file=file, line=line, self_s=share * 10, total_s=share * 10,
        self_share=share, total_share=share,
        lines=tuple(LineTime(line=at, self_s=seconds) for at, seconds in lines),
    )  # fmt: skip


@pytest.fixture
def profile():
    environment = Environment(
        os="linux", machine="x", cpu_model=None, cores=2, load_1m=None, governor=None,
        cpu_quota=None, memory_bytes=None, interpreter=None, dont_write_bytecode=False,
        whet_version="0",
    )  # fmt: skip
    cpu = CpuProfile(
        sampler="py-spy", approximate=False, rate_hz=100, samples=1000, errors=0, total_s=10,
        functions=(
            function("unique", "app.py", 1, 0.8, [(4, 7.0), (5, 1.0)]),
            function("cold", "app.py", 20, 0.001),
            function("test_it", "tests/test_app.py", 1, 0.5),
            function("foreign", "/usr/lib/x.py", 1, 0.5),
        ),
        frames=(Frame(name="unique", file="app.py", line=4),),
        stacks=(Stack(frames=(0, 0), seconds=8.0),),
    )  # fmt: skip
    return Profile(
        workload=Workload(kind="script", target="app.py"),
        environment=environment, plain_wall_s=1, plain_cpu_s=1, cpu=cpu,
        imports=(
            ModuleImport(module="json", self_s=0.1, cumulative_s=0.3, imported_by="__main__"),
            ModuleImport(module="re", self_s=0.1, cumulative_s=0.2, imported_by="json"),
        ),
    )  # fmt: skip


def evidence_for(match, **changes):
    values = {}
    for site in match.values:
        kind = "list" if site.role == "container" else "str"
        values[site.site] = ValueEvidence(
            site=site.site, observations=500, described=500, types={kind: 500},
            size_min=0, size_median=100.0, size_max=200, element_types={"str": 500},
            elements_complete=True, hashable=True, plain_equality=True,
        )  # fmt: skip
        values[site.site] = msgspec.structs.replace(values[site.site], **changes)
    return Evidence(values=values)


def test_hot_places_are_the_projects_own_code_that_takes_time(profile):
    hot = hot_places(profile, FILES)
    assert [(place.file, place.name) for place in hot] == [
        ("app.py", "unique"),
        ("app.py", "<module>"),
    ]
    assert hot[0].line_shares == {4: 0.7, 5: 0.1}
    assert hot[0].line_totals == {4: 0.8}
    assert hot[1].imports == {"json": 0.3}


def test_excluded_paths_have_no_hot_places(profile):
    assert hot_places(profile, FILES, excludes=["app*"]) == ()


def test_without_a_profile_nothing_is_hot(profile):
    bare = msgspec.structs.replace(profile, cpu=None, imports=None)
    assert hot_places(bare, FILES) == ()


def test_the_main_module_of_a_package_pulls_imports_too(profile):
    workload = Workload(kind="module", target="app")
    module = msgspec.structs.replace(profile, workload=workload)
    assert hot_places(module, ["app/__main__.py"])[0].imports == {"json": 0.3}


def found(profile, source=SOURCE):
    hot = hot_places(profile, FILES)
    module = SourceModule(source.encode(), "app.py", outside=frozenset())
    return module, hot, find_matches([module], hot, load_remedies())


def test_gain_is_the_share_of_the_lines_times_what_the_cure_removes(profile):
    _, hot, matches = found(profile)
    match = next(m for m in matches if m.remedy == "membership_in_list")
    (finding,) = findings([match], evidence_for(match), profile, hot, remedies=load_remedies())
    removable = find_remedy("membership_in_list").admit(match, evidence_for(match)).removable
    assert finding.attainable_gain == pytest.approx(0.7 * removable, abs=1e-6)
    assert finding.refused is None
    assert finding.line == 4


def test_a_refused_match_gains_nothing_and_says_why(profile):
    _, hot, matches = found(profile)
    match = next(m for m in matches if m.remedy == "membership_in_list")
    evidence = evidence_for(match, hashable=False)
    (finding,) = findings([match], evidence, profile, hot, remedies=load_remedies())
    assert finding.attainable_gain == 0
    assert finding.refused == "some elements cannot be hashed"


def test_a_finding_keeps_its_id_when_the_code_moves_and_can_be_declined(profile):
    _, hot, matches = found(profile)
    match = next(m for m in matches if m.remedy == "membership_in_list")
    args = (evidence_for(match), profile, hot)
    (first,) = findings([match], *args, remedies=load_remedies())
    moved = msgspec.structs.replace(match, match_id="other")
    (again,) = findings([moved], *args, remedies=load_remedies(), declined={first.finding_id})
    assert again.finding_id == first.finding_id
    assert again.declined


@pytest.mark.parametrize(
    ("safety", "levels"),
    [
        ("safe", ["low", "medium", "high"]),
        ("gated", ["medium", "high"]),
        ("consent", ["high"]),
        ("advice", ["high"]),
    ],
)
def test_the_level_decides_which_safety_is_offered(profile, safety, levels):
    _, hot, matches = found(profile)
    match = next(m for m in matches if m.remedy == "membership_in_list")
    careful = msgspec.structs.replace(match, safety=safety)
    args = (evidence_for(match), profile, hot)
    offered = [
        level
        for level in ("low", "medium", "high")
        if findings([careful], *args, remedies=load_remedies(), level=level)
    ]
    assert offered == levels


def test_cold_lines_give_no_match(profile):
    cold = msgspec.structs.replace(
        profile.cpu, functions=(function("unique", "app.py", 1, 0.8, [(5, 8.0)]),)
    )
    _, _, matches = found(msgspec.structs.replace(profile, cpu=cold, imports=None))
    assert "membership_in_list" not in {match.remedy for match in matches}


def test_a_fix_carries_its_patch_and_the_functions_it_touches(profile):
    module, hot, matches = found(profile)
    match = next(m for m in matches if m.remedy == "membership_in_list")
    (finding,) = findings([match], evidence_for(match), profile, hot, remedies=load_remedies())
    fix = propose_fix(module, finding)
    assert fix.functions == ("app.py::unique",)
    assert "+            seen_set.add(name)" in fix.patch
    refused = msgspec.structs.replace(finding, refused="no")
    with pytest.raises(WhetError, match="cannot be fixed"):
        propose_fix(module, refused)
    with pytest.raises(WhetError, match="another by now"):
        propose_fix(SourceModule(b"x = 1\n", "app.py"), finding)


def test_only_hot_files_are_parsed_and_broken_ones_are_noted(tmp_path, profile):
    (tmp_path / "app.py").write_text("def f(:\n")
    (tmp_path / "lib.py").write_text("also broken (\n")
    hot = hot_places(profile, FILES)
    modules, notes = read_hot_modules(FileCache(tmp_path), hot, FILES)
    assert [module.file for module in modules] == ["app.py"]
    assert len(notes) == 1
    assert notes[0].startswith("app.py: not analyzed")
    assert find_matches(modules, hot, load_remedies()) == ()
    (tmp_path / "app.py").unlink()
    assert read_hot_modules(FileCache(tmp_path), hot, FILES)[0] == ()


def test_uses_of_a_modules_names_elsewhere_are_seen():
    texts = [
        "from pkg.mod import (a,\n    b as c)  # note",
        "import pkg.mod as m\nm.d",
        "patch('pkg.mod.e')",
        "from .mod import *",
        "import other\nother.f",
    ]
    assert names_used_outside("src/pkg/mod.py", map(Uses, texts)) >= {"a", "b", "d", "e", "*"}
    assert "f" not in names_used_outside("src/pkg/mod.py", map(Uses, texts))
    assert "x" in names_used_outside("src/pkg/__init__.py", [Uses("from .. import x")])


def test_attributes_and_dictionaries_of_objects_that_other_files_touch_are_told():
    text = """
self.own = 1
point.color = 2
points[0].size += 1
make(1).shape //= 2
if point.x == 3 or cls.y:
    print(vars(point), point.z)
"""
    found = names_used_outside("src/pkg/mod.py", [Uses(text)])
    assert found == {".color", ".size", ".shape", "vars"}


@pytest.mark.parametrize("file", ["tests/a.py", "test_a.py", "a_test.py", "x/conftest.py"])
def test_tests_are_known_by_their_names(file):
    assert is_test(file)


def test_a_file_has_the_names_it_may_be_imported_by():
    assert module_names("src/a/b.py") == ["src.a.b", "a.b"]
    assert module_names("a/__init__.py") == ["a"]


def test_lines_that_are_only_roughly_known_are_not_held_against_a_match(profile):
    rough = function("unique", "app.py", 1, 0.8, [(6, 8.0)])  # the line after the slow one
    cpu = msgspec.structs.replace(profile.cpu, approximate=True, functions=(rough,))
    hot = hot_places(msgspec.structs.replace(profile, cpu=cpu), FILES)
    assert (hot[0].line_shares, hot[0].line_totals) == ({}, {})
    assert hot[0].self_share == 0.8
