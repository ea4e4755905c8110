"""Small findings of one remedy in one function are tried together, large ones alone."""

from __future__ import annotations

import msgspec
import pytest

from whet.codebase.syntax import SourceModule
from whet.diagnosis.together import SMALL_GAIN, join_small
from whet.records import Finding, HotPlace
from whet.remedies import find_remedy, propose_fix

SOURCE = b"""import re


def clean(text):
    text = re.sub("a+", "a", text)
    text = re.sub("b+", "b", text)
    return re.sub("c+", "c", text)
"""


@pytest.fixture
def module():
    return SourceModule(SOURCE, "texts.py")


@pytest.fixture
def found(module):
    """A finding for each of the three patterns."""
    place = HotPlace(file="texts.py", name="clean", line=4, self_share=1.0, total_share=1.0)
    matches = find_remedy("pattern_in_function").detect(module, place)
    return [
        Finding(
            finding_id=f"id{match.span.line}", remedy=match.remedy, file=match.file,
            line=match.span.line, function=match.function, message="slow", safety="safe",
            claims="cpu_time", attainable_gain=0.02, evidence={"share": 0.03}, match=match,
        )
        for match in matches
    ]  # fmt: skip


def test_small_findings_of_one_function_become_one_that_has_their_gain(found):
    (joined,) = join_small(found[::-1])
    assert (joined.finding_id, joined.line) == ("id5", 5)
    assert joined.attainable_gain == pytest.approx(0.06)
    assert joined.evidence == {"share": 0.09, "lines": "5, 6, 7"}
    assert joined.message == "slow, and 2 more of the kind"
    assert joined.match.lines == (5, 6, 7)
    assert [match.span.line for match in joined.parts] == [6, 7]


def test_the_fix_of_a_joined_finding_rewrites_all_its_places(module, found):
    (joined,) = join_small(found)
    after = module.apply(propose_fix(module, joined).edits).decode()
    assert after.count("re.compile(") == 3
    assert 're.sub("' not in after
    names = {}
    exec(after, names)
    assert names["clean"]("aabbcc") == "abc"


@pytest.mark.parametrize(
    "changes",
    [
        {"attainable_gain": SMALL_GAIN},
        {"refused": "too few"},
        {"declined": True},
        {"safety": "advice"},
        {"function": ""},
        {"function": "other"},
        {"remedy": "other"},
        {"safety": "gated"},
    ],
)
def test_what_is_large_refused_or_of_another_kind_stays_alone(found, changes):
    first, second, third = found
    odd = msgspec.structs.replace(second, **changes)
    kept = join_small([first, odd, third])
    assert odd in kept
    assert [len(finding.parts) for finding in kept if finding is not odd] == [1]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{re.sub('a+', 'a', text)=}", 0),
        ("{re.sub('a+', 'a', text) = !r:>{width}}", 0),
        ("{1:{re.sub('a+', 'a', text)=}}", 0),
        ("{re.sub('a+', 'a', text)}", 1),
        ("id={text}{re.sub('a+', 'a', text)}", 1),
    ],
)
def test_what_an_f_string_shows_the_source_of_stays_as_it_is(text, found):
    source = f'import re\n\n\ndef f(text, width):\n    return f"{text}"\n'.encode()
    module = SourceModule(source, "texts.py")
    place = HotPlace(file="texts.py", name="f", line=4, self_share=1.0, total_share=1.0)
    assert len(list(find_remedy("pattern_in_function").detect(module, place))) == found
