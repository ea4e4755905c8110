"""From a slow script to its fixes delivered in every form, and back byte for byte."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from whet.cli import main

APP = """\
import conf


def price(row):
    return conf.load("conf.json")["prices"].get(row, 1)


def unique(names):
    seen = []
    for name in names:
        if name not in seen:
            seen.append(name)
    return seen


print(sum(price(str(n)) for n in range(100)), len(unique([str(n % 900) for n in range(5000)])))
"""
CONF = """\
import json


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)
"""
QUICK = """\
workload: app.py
budget_s: 200
profiling: {memory_profiling: false, io_profiling: false, network_profiling: false}
"""
GIT = ("git", "-c", "user.name=t", "-c", "user.email=t@example.org")


def git(*words):
    return subprocess.run([*GIT, *words], check=True, capture_output=True, text=True).stdout


def report(capsys):
    assert main(["report", "--format", "full"]) == 0
    return json.loads(capsys.readouterr().out)


def content():
    return {path.name: path.read_bytes() for path in Path().iterdir() if path.is_file()}


def whet(*words):
    assert main([*words, "--quiet"] if words[0] != "revert" else [*words]) == 0


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    prices = {str(number): number for number in range(2500)}
    Path("conf.json").write_text(json.dumps({"prices": prices}))
    for name, text in (("app.py", APP), ("conf.py", CONF), ("whet.yaml", QUICK)):
        Path(name).write_text(text)
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    return folder


@pytest.mark.slow
def test_a_slow_script_gets_faster_and_back_again(project, capsys):
    before = content()
    whet("run", ".", "--level", "high")
    told = capsys.readouterr().out
    assert "Proven, but it needs your consent:" in told
    session = report(capsys)
    verdicts = {verdict["remedy"]: verdict for verdict in session["fix_verdicts"]}
    assert verdicts["membership_in_list"]["kept"]
    proposal = verdicts["file_read_again"]
    assert (proposal["proposal"], proposal["kept"]) == (True, False)
    assert content() == before, "the project is only read"

    whet("fix", ".", "--in-place")
    assert content().keys() == before.keys()
    assert b"_set" in content()["app.py"] or b"set(" in content()["app.py"]
    whet("revert")
    assert content() == before

    whet("fix", ".", "--patch", str(project.parent / "patches"))
    (patch,) = sorted((project.parent / "patches").iterdir())
    git("apply", "--check", str(patch))

    finding = next(f for f in session["findings"] if f["remedy"] == "file_read_again")
    whet("fix", ".", "--consent", finding["finding_id"][:8], "--branch", "whet/fixes")
    capsys.readouterr()
    grown = report(capsys)
    assert all(verdict["kept"] for verdict in grown["fix_verdicts"] if verdict["verdicts"])
    assert grown["whole"][0]["outcome"] == "faster"
    assert grown["whole"][0]["effect"] < session["whole"][0]["effect"]
    subjects = git("log", "--format=%s", "-3", "whet/fixes").splitlines()
    assert subjects[2] == "one"
    assert subjects[0].startswith("Read a file again only when it has changed")
    assert content() == before
    whet("revert")
    assert not git("branch", "--list", "whet/fixes")
    assert content() == before
