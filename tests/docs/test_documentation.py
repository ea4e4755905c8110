"""The documentation is held to the code."""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import whet.records
import whet.remedies
from whet.cli import command_names

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def reference(name):
    return (ROOT / "docs/reference" / name).read_text()


@pytest.mark.parametrize("script", ["docs", "schemas"])
def test_generated_files_are_current(script):
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / script, "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout + done.stderr, done.returncode) == ("", 0)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    links = [link for link in LINK.findall(page.read_text()) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_named_in_the_documentation_exists(page):
    text = page.read_text()
    named = set(re.findall(r"(?:^|`|\$ |    )whet ([a-z]+)(?=[ `\n])", text))
    assert named - set(command_names()) == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_option_in_an_example_is_one_of_its_command(page):
    from whet.cli._front import build_parser

    wrong = []
    for name, words in re.findall(r"(?:^ {4}|`|\$ )whet ([a-z]+)( [^`\n]*)?", page.read_text()):
        if name not in command_names():
            continue
        parser = build_parser(name, importlib.import_module(f"whet.cli.{name}"))
        known = {option for action in parser._actions for option in action.option_strings}
        given = (words or "").split(" -- ")[0]
        wrong += [
            f"whet {name} {word}"
            for word in re.findall(r"(?<=\s)--?[a-z][a-z-]*", given)
            if word not in known
        ]
    assert wrong == []


def test_every_command_is_in_the_reference():
    text = reference("commands.md")
    titles = {"whet" if name == "overview" else f"whet {name}" for name in command_names()}
    assert titles == set(re.findall(r"^## (.+)$", text, re.MULTILINE))


def test_every_record_is_in_the_reference():
    text = reference("records.md")
    records = {
        name
        for name in whet.records.__all__
        if isinstance(kind := getattr(whet.records, name), type)
        and issubclass(kind, whet.records.Record)
    }
    assert records == set(re.findall(r"^## (.+)$", text, re.MULTILINE))


def test_every_setting_is_in_the_reference_with_its_effect():
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|$", reference("settings.md"), re.MULTILINE)
    assert len(rows) > 40
    assert [key for key, rest in rows if not rest.split(" | ")[-1].strip()] == []


def remedies():
    for info in pkgutil.walk_packages(whet.remedies.__path__, "whet.remedies."):
        module = importlib.import_module(info.name)
        if hasattr(module, "REMEDY"):
            yield module


def test_every_remedy_is_in_the_reference_with_all_its_headings():
    text = reference("remedies.md")
    found = list(remedies())
    assert {module.REMEDY.name for module in found} == set(
        re.findall(r"^## (.+)$", text, re.MULTILINE)
    )
    for module in found:
        for heading in ("What", "Why slow", "Evidence needed", "Before", "After", "Safety"):
            assert heading in module.__doc__, f"{module.__name__}: {heading}"


def test_every_dependency_is_justified():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[>=<; ]", line)[0] for line in project["dependencies"]}
    text = (ROOT / "docs/dependencies.md").read_text()
    assert names == set(re.findall(r"^\| ([a-z0-9-]+) \|", text, re.MULTILINE)) - {
        "package",
        "---",
    }


def test_the_readme_holds_exactly_two_commands():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/readme-commands"],
        capture_output=True,
        text=True,
        check=True,
    )
    main_job, tests = done.stdout.splitlines()
    assert "whet run examples/" in main_job
    assert tests == "scripts/test"


def test_no_page_holds_an_absolute_path_of_a_machine():
    for page in PAGES:
        assert not re.search(r"/(root|home|work|Users)/", page.read_text()), page
