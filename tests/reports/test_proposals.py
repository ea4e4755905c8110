"""What needs consent and what is only advice stand apart from what was kept, in every format."""

from __future__ import annotations

import json

import msgspec
import pytest

from whet import records as r
from whet.reports import full, html, markdown, terminal
from whet.reports._figures import advice, dropped, headline, proposals
from whet.reports.redaction import redact

REASON = "needs your consent: wall_time faster; what differs: rows may come in another order"


@pytest.fixture
def asked(session):
    """One fix kept, one proposed, one piece of advice found and one refused."""
    kept, other = session.fix_verdicts
    fix = msgspec.structs.replace(
        session.fixes[1], safety="consent", finding_id="f7abc", title="read with threads",
        evidence={"differs": "rows may come in another order"},
    )  # fmt: skip
    proposed = msgspec.structs.replace(
        other, proposal=True, reason=REASON, verdicts=kept.verdicts
    )  # fmt: skip
    told = r.Finding(
        finding_id="f8", remedy="numeric_loop", file="shop/tax.py", line=9, function="sum_all",
        message="a loop over an array", safety="advice", claims="cpu_time", attainable_gain=0.3,
        evidence={"share": 0.31, "element_types": ("float64",)},
    )  # fmt: skip
    silent = msgspec.structs.replace(told, finding_id="f9", line=77, refused="only twice")
    return msgspec.structs.replace(
        session, fixes=(session.fixes[0], fix), fix_verdicts=(kept, proposed),
        findings=(*session.findings, told, silent),
    )  # fmt: skip


def test_a_proposal_is_neither_kept_nor_dropped(asked):
    assert [fix.fix_id for fix in proposals(asked)] == ["x2"]
    assert dropped(asked) == []
    taken = msgspec.structs.replace(proposals(asked)[0], kept=True)
    assert proposals(msgspec.structs.replace(asked, fix_verdicts=(taken,))) == []
    assert [finding.finding_id for finding in advice(asked)] == ["f8"]


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        (
            terminal,
            (
                "Proven, but it needs your consent:\n  ? shop/cart.py:11  read with threads",
                "differs: rows may come in another order",
                "take it with: whet fix --consent f7abc",
                "Advice, which no remedy rewrites:\n  i shop/tax.py:9  a loop over an array",
                "share 0.31, element types float64",
            ),
        ),
        (
            markdown,
            (
                "## Needs your consent",
                "`whet fix --consent f7abc`",
                "## Advice",
                "a loop over an array | share 0.31, element types float64 |",
            ),
        ),
        (
            html,
            (
                "<h2>Needs your consent</h2>",
                "<code>whet fix --consent f7abc</code>",
                "<h2>Advice</h2>",
                "share 0.31, element types float64",
            ),
        ),
    ],
)
def test_every_format_shows_gain_difference_and_the_command(asked, kind, parts):
    text = kind.render(redact(asked))
    for part in parts:
        assert part in text
    assert "shop/tax.py:77" in text, "refused advice is among what was not touched"


def test_the_rich_document_marks_proposals_and_advice(asked):
    document = json.loads(full.render(asked))
    assert [fix["proposal"] for fix in document["fix_verdicts"]] == [False, True]
    assert {f["safety"] for f in document["findings"] if not f["refused"]} == {"advice"}


def test_the_headline_says_what_waits_for_consent(asked):
    alone = msgspec.structs.replace(asked, fix_verdicts=asked.fix_verdicts[1:], whole=())
    words = "1 proven change needs your consent; without it the project is as it was."
    assert headline(alone) == words
    checked = msgspec.structs.replace(asked, status="partial")
    assert headline(checked).startswith("0 possible fixes"), "advice is no possible fix"
