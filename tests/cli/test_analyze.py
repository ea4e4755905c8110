"""`whet analyze`: what it prints, writes and exits with."""

import json
from pathlib import Path

import pytest

from whet.cli import main
from whet.cli.analyze import _NAMES
from whet.codebase.structure import ANALYZERS, analyze
from whet.codebase.syntax import SourceModule
from whet.reports import analysis_terminal, sarif

COPY = "".join(f"    total += weigh(item_{n}, factor={n})\n" for n in range(9))


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("sp ace").mkdir()
    Path("sp ace/caf\u00e9.py").write_text(f"def f():\n{COPY}")
    Path("b.py").write_text(f"def g():\n{COPY}\n\ndef four():\n    return 1, 2, 3, 4\n")
    Path("c.py").write_text("import b\n\n\ndef use():\n    a, b_, c, d = b.four()\n")
    Path("broken.py").write_text("def (:\n")
    return tmp_path


def whet(capsys, *words):
    code = main(list(words))
    return code, *capsys.readouterr()


def test_findings_are_listed_by_analyzer(capsys):
    code, out, _ = whet(capsys, "analyze", "-q")
    assert code == 0
    assert "duplication: 1 found\n  b.py:2: 9 lines (99 tokens) stand in 2 places" in out
    assert "    sp ace/caf\u00e9.py:2\n" in out
    assert "c.py:5 use" in out
    assert "god-object: nothing found" in out
    assert "  timing: when things happen" in out
    assert "Note: broken.py: not analyzed" in out


def test_one_analyzer_may_be_asked_for_and_paths_left_out(capsys):
    out = whet(capsys, "analyze", "-q", "--only", "duplication", "--exclude", "sp ace")[1]
    assert "duplication: nothing found" in out
    assert "connascence" not in out
    assert "stand in" not in whet(capsys, "analyze", "-q", "--tokens", "200")[1]


@pytest.mark.parametrize(("level", "code"), [("note", 1), ("warning", 0), ("error", 0)])
def test_a_gate_fails_from_its_level_on(capsys, level, code):
    assert whet(capsys, "analyze", "-q", "--fail-on", level)[0] == code


def test_the_document_holds_everything(capsys):
    document = json.loads(whet(capsys, "analyze", "--json", "-q")[1])
    assert (document["version"], document["files"]) == (1, 3)
    assert {f["rule"] for f in document["findings"]} == {
        "duplicated-code", "connascence-of-position"
    }  # fmt: skip
    assert [run["analyzer"] for run in document["runs"]] == list(ANALYZERS) == list(_NAMES)


def test_what_reading_took_is_said_on_request_and_stands_in_the_document(capsys):
    said = "sources: 4 read, "
    assert said in whet(capsys, "analyze", "-q", "--cache-stats")[1]
    assert said not in whet(capsys, "analyze", "-q")[1]
    cache = json.loads(whet(capsys, "analyze", "-q", "--json")[1])["cache"]
    assert (cache["reads"], cache["reads_saved"], cache["contents"]) == (4, 0, 4)


def test_sarif_names_rules_places_and_fingerprints(capsys):
    assert whet(capsys, "analyze", "-q", "--sarif", "out.sarif")[0] == 0
    log = json.loads(Path("out.sarif").read_text())
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    driver = run["tool"]["driver"]
    assert driver["name"] == "whet"
    rules = [rule["id"] for rule in driver["rules"]]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in {"note", "warning", "error"}
        assert len(result["partialFingerprints"]["whetFinding/v1"]) == 16
    clone = next(r for r in run["results"] if r["ruleId"] == "duplicated-code")
    (place,) = clone["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "b.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 2, "endLine": 10},
    }
    (other,) = clone["relatedLocations"]
    uri = other["physicalLocation"]["artifactLocation"]["uri"]
    assert (other["id"], uri) == (0, "sp%20ace/caf%C3%A9.py")
    (notice,) = run["invocations"][0]["toolExecutionNotifications"]
    assert "broken.py" in notice["message"]["text"]


def test_documents_are_held_against_the_code(capsys):
    Path("guide.md").write_text("from b import g, gone\n")
    out = whet(capsys, "analyze", "-q", "--only", "mece")[1]
    assert "guide.md:1: documents tell of gone in b, which does not define it" in out
    assert "mece: nothing found" in whet(
        capsys, "analyze", "-q", "--only", "mece", "--exclude", "guide.md"
    )[1]  # fmt: skip
    log = json.loads(whet(capsys, "analyze", "-q", "--only", "mece", "--sarif", "-")[1])
    (result,) = log["runs"][0]["results"]
    assert result["ruleId"] == "mece-missing-in-documents"


def test_sarif_may_go_to_standard_output_alone(capfdbinary):
    assert main(["analyze", "-q", "--sarif", "-"]) == 0
    assert json.loads(capfdbinary.readouterr().out)["version"] == "2.1.0"


def test_every_rule_of_every_analyzer_is_described():
    assert set(sarif.RULES) >= {f"connascence-of-{kind}" for kind in (
        "name", "type", "meaning", "position", "algorithm", "execution")}  # fmt: skip
    assert {"god-object", "duplicated-code", "cohesion-lcom4", "import-cycle"} <= set(sarif.RULES)
    assert set(sarif.RULES) >= {f"mece-{name}" for name in (
        "shared-duty", "missing-name", "unheld-duty", "missing-in-documents")}  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("missing",), "does not exist"),
        (("--sarif", "no/such/folder"), "No such file or directory. Name another file"),
        (("--only", "nothing"), "invalid choice: 'nothing'"),
    ],
)
def test_bad_input_is_one_clear_error(capsys, words, said):
    code, _, err = whet(capsys, "analyze", "-q", *words)
    assert code in {2, 3}
    assert (err.count("\n"), said in err) == (1, True)


def test_long_lists_are_cut_and_all_shows_them():
    lines = "".join(f"x = a_{n} == 'value'\ny = k_{n} == 'value'\n" for n in range(15))
    modules = [SourceModule(lines.encode(), f"m{n}.py") for n in range(6)]
    report = analyze("project", modules, only=["connascence"])
    short, long = analysis_terminal.render(report), analysis_terminal.render(report, every=True)
    assert "20 more: `whet analyze --all`" in short
    assert "    and 2 more places" in short
    assert "more" not in long
