from __future__ import annotations

import json

import pytest

from whet.cli import main
from whet.cli.check import document, show
from whet.records import Finding, SessionRecord


def finding(**changes):
    fields = {
        "finding_id": "f1", "remedy": "membership_in_list", "file": "app.py", "line": 4,
        "function": "unique", "message": "membership is tested on the list 'seen'",
        "safety": "safe", "claims": "cpu_time", "attainable_gain": 0.42,
        "evidence": {"share": 0.5, "types": ["str"]},
    }  # fmt: skip
    return Finding(**{**fields, **changes})


def test_the_table_shows_gain_place_what_and_evidence(capsys):
    show((finding(), finding(refused="too short")), with_refused=False)
    out = capsys.readouterr().out
    assert "42.0 %" in out
    assert "app.py:4" in out
    assert "share 0.5, types str" in out
    assert "1 more refused or declined" in out


def test_refused_and_declined_findings_are_shown_on_request(capsys):
    show((finding(refused="too short"), finding(declined=True)), with_refused=True)
    out = capsys.readouterr().out
    assert "refused" in out
    assert "too short" in out
    assert "declined" in out


def test_nothing_found_is_said(capsys):
    show((), with_refused=False)
    assert "nothing found" in capsys.readouterr().out


def test_the_document_holds_what_others_rely_on():
    session = SessionRecord(
        session_id="s", project=".", start_time="t", findings=(finding(),), notes=("n",)
    )
    plain = document(session)
    row = plain["findings"][0]
    assert {"remedy", "file", "line", "attainable_gain", "evidence"} <= set(row)
    assert plain["notes"] == ["n"]


def test_a_gain_that_is_no_share_is_refused(capsys):
    assert main(["check", ".", "--fail-on", "20"]) == 2
    assert "is no share of the time" in capsys.readouterr().err


def test_remedies_are_listed_and_explained(capsys):
    assert main(["remedy"]) == 0
    assert "membership_in_list" in capsys.readouterr().out
    assert main(["remedy", "queue-in-list"]) == 0
    assert "When not" in capsys.readouterr().out
    assert main(["remedy", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["remedies"]) >= 6


@pytest.mark.parametrize(("name", "hint"), [("queue_in_lst", "queue_in_list"), ("zzz", "lists")])
def test_an_unknown_remedy_is_refused_with_the_nearest(capsys, name, hint):
    assert main(["remedy", name]) == 2
    assert hint in capsys.readouterr().err
