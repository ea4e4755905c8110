"""Modules that are too large or tangled, and how they could be taken apart."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whet.cli import main
from whet.codebase.structure import Thresholds, structure_of
from whet.codebase.structure.cycles import strong_components
from whet.codebase.structure.measures import code_lines, function_complexities
from whet.codebase.structure.naming import component_names, words_of
from whet.codebase.structure.references import Definition, definitions_of, groups_of
from whet.codebase.structure.split import LEAST_LINES, propose_split
from whet.codebase.syntax import SourceModule
from whet.reports import structure_terminal

LOW = Thresholds(code_lines=3)


def parse(source, file="app.py"):
    return SourceModule(source.encode(), file)


def report(thresholds=LOW, **sources):
    modules = [parse(text, name.replace("__", "/", 1) + ".py") for name, text in sources.items()]
    return structure_of("project", modules, thresholds)


def test_lines_of_code_leave_out_blanks_comments_and_docstrings():
    top = '"""Doc.\n\nMore."""\n\nx = 1  # why\n# note\n\n\n'
    source = top + 'def f():\n    """Doc."""\n    return (\n        x\n    )\n'
    assert sorted(code_lines(parse(source))) == [5, 9, 11, 12, 13]


@pytest.mark.parametrize(
    ("body", "complexity"),
    [
        ("pass", 1),
        ("return a if a else 0", 2),
        ("if a: pass\n    elif a > 1: pass\n    else: pass", 3),
        ("for _ in a:\n        while a: pass", 3),
        ("return a and a or a", 3),
        ("return [x for x in a if x if x > 1]", 4),
        ("try: pass\n    except OSError: pass\n    except ValueError: pass", 3),
        ("match a:\n        case 1: pass\n        case _: pass", 2),
        ("def inner():\n        if a: pass\n    return inner", 1),
    ],
)
def test_decisions_are_counted(body, complexity):
    module = parse(f"def f(a):\n    {body}\n")
    found = {each.name: each.complexity for each in function_complexities(module, frozenset())}
    assert found["f"] == complexity


def test_nested_functions_and_methods_have_qualified_names():
    module = parse("class A:\n    def m(self):\n        def inner(): pass\n")
    names = [each.name for each in function_complexities(module, frozenset())]
    assert names == ["A.m", "A.m.<locals>.inner"]


def test_a_cycle_is_found_with_the_import_that_is_cheapest_to_cut():
    found = report(
        pkg____init__="",
        pkg__a="from pkg.b import one, two\n\ndef three(): return one, two\n",
        pkg__b="from .c import four\none = two = four\n",
        pkg__c="from . import a\nfour = 4\n\ndef use(): return a.three, a\n",
        pkg__d="from pkg import a\nprint(a)\n",
    )
    (cycle,) = found.cycles
    assert cycle.modules == ("pkg.a", "pkg.b", "pkg.c")
    assert (cycle.cut.importer, cycle.cut.imported) in {("pkg.b", "pkg.c"), ("pkg.c", "pkg.a")}
    assert [edge.line for edge in cycle.edges] == [1, 1, 1]
    assert "part of an import cycle" in str(found.modules)


@pytest.mark.parametrize(
    "back",
    [
        "def f():\n    from a import x\n    return x\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a import x\n",
        "if __name__ == '__main__':\n    from a import x\n",
    ],
)
def test_an_import_that_does_not_run_with_its_module_makes_no_cycle(back):
    assert report(a="from b import y\nx = y\n", b=f"y = 1\n{back}").cycles == ()


@given(st.dictionaries(st.sampled_from("abcdefg"), st.sets(st.sampled_from("abcdefg"))))
def test_strong_components_are_those_that_reach_each_other(graph):
    nodes = set(graph) | {end for ends in graph.values() for end in ends}
    reach = {node: {node} for node in nodes}
    for _ in nodes:
        for node in nodes:
            for near in list(reach[node]):
                reach[node] |= graph.get(near, set())
    found = strong_components(graph)
    assert sorted(node for group in found for node in group) == sorted(nodes)
    for group in found:
        for one in group:
            assert {other for other in reach[one] if one in reach[other]} == group
    order = {node: place for place, group in enumerate(found) for node in group}
    assert all(order[end] <= order[node] for node in graph for end in graph[node])


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import os\nimport sys\nprint(sys)\n", ["os"]),
        ("from a import b as c, d\nprint(d)\n", ["c"]),
        ("import os  # noqa: F401\n", []),
        ("from a import b as b\n", []),
        ("from a import *\n", []),
        ("from __future__ import annotations\n", []),
        ("import a.b\nimport a.c\n", []),
        ("try:\n    import fast\nexcept ImportError:\n    pass\n", []),
        ("def f():\n    import os\n", []),
        ("import os\n__all__ = ['os']\n", []),
        ("import os\nx: 'os.PathLike'\n", []),
    ],
)
def test_imports_that_nothing_uses_are_found_and_none_that_may_be_used(source, names):
    found = [each.name for module in report(m=source).modules for each in module.unused_imports]
    assert found == names


def test_a_name_that_another_file_takes_is_used():
    found = report(a="from os import sep\n", b="from a import sep\nprint(sep)\n")
    assert found.modules == ()


def test_an_init_reexports():
    assert report(pkg____init__="from pkg.a import x\n", pkg__a="x = 1\n").modules == ()


def test_definitions_know_what_they_use_and_rebind():
    source = (
        "N = 0\n\n\ndef up():\n    global N\n    N = step(N)\n\n\ndef step(n):\n    return n + 1\n"
    )
    module = parse(source)
    found = {each.name: each for each in definitions_of(module, code_lines(module))}
    assert dict(found["up"].uses) == {"N": 1, "step": 1}
    assert found["up"].rebinds == {"N"}
    assert [each.lines for each in found.values()] == [1, 3, 2]
    assert groups_of(found.values()) == [frozenset({"N", "up", "step"})]


def definition(name, uses=(), lines=30, rebinds=()):
    return Definition(name=name, kind="function", line=1, end_line=lines, lines=lines,
                      uses=dict.fromkeys(uses, 1), rebinds=frozenset(rebinds))  # fmt: skip


def test_a_split_keeps_together_what_uses_each_other_and_puts_below_what_all_use():
    found = propose_split(
        "pkg/big.py",
        [
            definition("parse_line", ["token"]), definition("parse_file", ["parse_line"]),
            definition("draw_axis", ["token"]), definition("draw_chart", ["draw_axis"]),
            definition("token"), definition("lonely", lines=3), definition("__all__", lines=1),
        ],
        users={"draw_chart": {"cli.py"}},
    )  # fmt: skip
    members = {each.name: set(each.definitions) for each in found.components}
    assert members == {
        "token": {"token"},
        "parse": {"parse_line", "parse_file"},
        "draw": {"draw_axis", "draw_chart"},
    }
    assert {each.name: each.uses for each in found.components}["parse"] == ("token",)
    assert {each.name: each.used_by_files for each in found.components}["draw"] == 1
    assert found.stays == ("lonely",)
    assert {move.target for move in found.moves} == {
        "pkg/_big_token.py", "pkg/_big_parse.py", "pkg/_big_draw.py"
    }  # fmt: skip


def test_what_is_rebound_stays_with_who_rebinds_it():
    parts = [
        definition("count", lines=1), definition("reset", ["count"], rebinds=["count"]),
        definition("show", ["count"]), definition("far_one", ["far_two"]), definition("far_two"),
    ]  # fmt: skip
    found = propose_split("m.py", parts, users={})
    homes = {name: each.name for each in found.components for name in each.definitions}
    assert homes["count"] == homes["reset"]


def test_no_split_is_proposed_where_everything_hangs_together():
    circle = [definition(name, ["abcdef"[(i + 1) % 6]]) for i, name in enumerate("abcdef")]
    assert propose_split("m.py", circle, users={}) is None
    assert propose_split("m.py", [], users={}) is None


NAMES = ["read_row", "read_all", "make_row", "draw_row", "draw_all", "save", "load", "LIMIT"]


@st.composite
def modules(draw):
    return [
        definition(
            name,
            draw(st.sets(st.sampled_from(NAMES), max_size=3)) - {name},
            lines=draw(st.integers(1, 120)),
            rebinds=draw(st.sets(st.sampled_from(NAMES), max_size=1)) - {name},
        )
        for name in draw(st.permutations(NAMES))
    ]


@given(modules())
@settings(max_examples=150, deadline=None)
def test_every_split_is_whole_and_can_be_imported(parts):
    found = propose_split("pkg/m.py", parts, users={}, siblings=["pkg/_m_row.py"])
    if found is None:
        return
    homes = {name: each.name for each in found.components for name in each.definitions}
    assert sorted([*homes, *found.stays]) == sorted(NAMES)
    assert len({each.file for each in found.components}) == len(found.components)
    assert "pkg/_m_row.py" not in {each.file for each in found.components}
    graph = {each.name: set(each.uses) for each in found.components}
    assert all(len(group) == 1 for group in strong_components(graph))
    for part in parts:
        for name in part.rebinds & set(part.uses) & set(homes):
            assert homes.get(part.name) == homes[name]
        for name in part.uses:  # what stays in the package is used by nobody who left
            assert part.name not in homes or name in homes
    assert max(each.code_lines for each in found.components) >= LEAST_LINES


def test_names_come_from_the_words_that_definitions_share():
    assert words_of("_HTTPServerError2") == ("http", "server", "error")
    members = {
        1: [definition("parse_line"), definition("LineParser"), definition("parse_all")],
        2: [definition("get"), definition("set")],
        3: [definition("import_x"), definition("import_y")],
    }
    names = component_names(members, {"line"})
    assert names[1] == "parse"
    assert len(set(names.values())) == 3
    assert all(name.isidentifier() for name in names.values())


def test_a_file_that_cannot_be_parsed_is_noted():
    assert report(a="def f(:\n").notes[0].startswith("a.py: not analyzed")


BIG = "".join(
    f"def {verb}_{noun}(x):\n" + "    x += 1\n" * 30 + f"    return {use}(x)\n\n\n"
    for verb, noun, use in [("read", "row", "int"), ("read", "all", "read_row"),
                            ("draw", "row", "str"), ("draw", "all", "draw_row")]
)  # fmt: skip


def test_the_command_shows_problems_splits_and_moves(tmp_path, capsys):
    (tmp_path / "big.py").write_text(
        "import os\n" + BIG * 1 + "\n".join(f"V{n} = {n}" for n in range(300))
    )
    (tmp_path / "app.py").write_text("import big\nprint(big.draw_all(1))\n")
    assert main(["check", str(tmp_path), "--structure", "--moves"]) == 0
    out = capsys.readouterr().out
    assert "lines of code, above 400" in out
    assert "imports that nothing uses: os" in out
    assert "_big_read.py" in out
    assert "move draw_row (function" in out
    assert "name a workload with -w" in out


def test_import_costs_are_measured_in_the_workload_that_is_named(tmp_path, capsys):
    (tmp_path / "big.py").write_text("import os\nx = 1\n")
    (tmp_path / "never.py").write_text("import os\nraise SystemExit('imported')\n")
    (tmp_path / "app.py").write_text("import big\nprint(big.x)\n")
    assert main(["check", str(tmp_path), "--structure", "-w", "app.py", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    costs = {each["module"]: each["import_cost"] for each in document["modules"]}
    assert costs["big"]["cumulative_s"] >= costs["big"]["self_s"] >= 0
    assert costs["never"] is None
    assert document["workload"] == "app.py"
    assert document["notes"] == []


def test_a_clean_project_is_told_so():
    text = structure_terminal.render(report(thresholds=Thresholds(), a="x = 1\n"))
    assert "No module is too large or tangled." in text
