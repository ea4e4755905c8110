"""What was sampled in a changed file is told in the lines of the original."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from whet.records import CpuProfile, Frame, FunctionTime, LineTime
from whet.session.lines import in_original_lines, line_map

BEFORE = b"import os\n\n\ndef f(xs, ys):\n    return [x for x in xs if x in ys]\n"
AFTER = (
    b"import os\nfrom functools import cache\n\n\n@cache\ndef f(xs, ys):\n    ys = set(ys)\n"
    b"    return [x for x in xs if x in ys]\n"
)


def test_lines_that_stayed_keep_their_place_and_new_ones_go_to_what_follows():
    assert line_map(BEFORE, AFTER) == [1, 2, 2, 3, 4, 4, 5, 5]
    assert line_map(b"", b"a\nb\n") == [1, 1]


@given(st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n"])),
       st.lists(st.sampled_from([b"a\n", b"b\n", b"d\n"])))  # fmt: skip
def test_every_line_has_a_line_of_the_original_in_ascending_order(before, after):
    found = line_map(b"".join(before), b"".join(after))
    assert len(found) == len(after)
    assert found == sorted(found)
    assert all(1 <= line <= max(len(before), 1) for line in found)


@given(st.lists(st.sampled_from([b"a\n", b"b\n"])))
def test_an_unchanged_file_maps_to_itself(lines):
    assert line_map(b"".join(lines), b"".join(lines)) == list(range(1, len(lines) + 1))


def test_a_profile_moves_to_the_original_and_lines_that_became_one_are_summed():
    function = FunctionTime(
        name="f", file="app.py", line=6, self_s=1.0, total_s=1.0, self_share=1.0, total_share=1.0,
        lines=(LineTime(line=7, self_s=0.25), LineTime(line=8, self_s=0.5)),
    )  # fmt: skip
    cpu = CpuProfile(
        sampler="py-spy", approximate=False, rate_hz=100, samples=1, errors=0, total_s=1.0,
        functions=(function,), frames=(Frame("f", "app.py", 8), Frame("g", "lib.py", 8)),
    )  # fmt: skip
    found = in_original_lines(cpu, {"app.py": line_map(BEFORE, AFTER)})
    assert found.functions[0].line == 4
    assert found.functions[0].lines == (LineTime(line=5, self_s=0.75),)
    assert [frame.line for frame in found.frames] == [5, 8]
