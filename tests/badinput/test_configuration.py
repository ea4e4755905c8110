"""Wrong and hostile settings are refused by every command that reads them: file, line, key."""

import pytest

READERS = [
    ("run", "--dry-run"),
    ("run",),
    ("check",),
    ("fix",),
    ("prove", "x.patch"),
    ("profile",),
    ("compare", "-w", "ok.py", "."),
    ("config",),
    ("overview",),
]


@pytest.mark.parametrize("words", READERS, ids=" ".join)
def test_an_unknown_key_is_named_with_file_line_and_the_nearest_valid_one(whet, project, words):
    (project / "x.patch").write_text("")
    (project / "whet.yaml").write_text("# mine\nbugdet_s: 3\n")
    done = whet(*words, cwd=project)
    done.refused(2, "whet.yaml:2: bugdet_s", "no such setting", "Did you mean 'budget_s'?")
    assert not (project / ".whet").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("budget_s: fast\n", (":1: budget_s", "Expected float", "'fast'")),
        ("budget_s: [\n", (":2", "is no YAML")),
        ("- a\n- b\n", ("whet.yaml", "holds no table")),
        ("objective: tyme\n", (":1: objective", "Did you mean 'time'?")),
        ("a: 1\na: 2\n", (":2", "stands here twice")),
        ("python: !!python/object/apply:os.system [exit]\n", (":1", "has the tag")),
        ("python: !!python/name:os.system\n", (":1", "has the tag")),
        ("exclude: &a [x]\npython: *a\n", (":2", "has the alias *a")),
        ("exclude: " + "[" * 50 + "]" * 50 + "\n", (":1", "nested too deeply")),
        (b"budget_s: 1\npython: caf\xe9\n", (":2", "is not UTF-8")),
        ("python: " + "x" * 1_000_001, ("larger than 1 MB",)),
    ],
)
def test_a_wrong_settings_file_is_one_line(whet, project, text, words):
    raw = text if isinstance(text, bytes) else text.encode()
    (project / "whet.yaml").write_bytes(raw)
    whet("config", cwd=project).refused(2, *words)


def test_settings_that_unfold_to_billions_are_refused_at_once(whet, project):
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 15)]
    (project / "whet.yaml").write_text("\n".join(rows))
    whet("config", cwd=project).refused(2, ":2", "alias")


def test_pyproject_is_read_only_where_it_speaks_to_whet(whet, project):
    (project / "pyproject.toml").write_text("[project\nname = 3")
    assert "budget_s" in whet("config", cwd=project).fine()
    (project / "pyproject.toml").write_text("[tool.whet]\nlevel = 'high'\n")
    whet("config", cwd=project).refused(2, "pyproject.toml:2: level", "no such setting")


def test_settings_of_a_file_that_is_not_there_are_refused(whet, project):
    whet("run", "--config", "no.yaml", cwd=project).refused(2, "no.yaml", "cannot be read")


def test_the_doctor_tells_of_wrong_settings_and_goes_on(whet, project):
    (project / "whet.yaml").write_text("bugdet_s: 3\n")
    out = whet("doctor", project, cwd=project).fine()
    assert "whet.yaml:1: bugdet_s" in out
    assert "Did you mean 'budget_s'?" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--timeout", "-1"), ("--timeout", "'-1' is no number of seconds above 0")),
        (("--timeout", "nan"), ("--timeout", "'nan' is no number")),
        (("--budget", "0"), ("--budget", "'0' is no number of seconds above 0")),
        (("--repetitions", "0"), ("--repetitions", "'0' is no whole number above 0")),
        (("--cwd", "/"), ("'/' is not relative to the project",)),
        (("--cwd", "../.."), ("'../..' is not relative to the project",)),
        (("--cwd", "nowhere"), ("'nowhere' is not in the project",)),
        (("--stdin", "nothing"), ("'nothing' is not a file",)),
        (("--env", "MODE"), ("--env", "MODE", "NAME=VALUE")),
        (("--rate", "0"), ("--rate 0", "between 1 and 1000")),
    ],
)
def test_a_number_or_place_that_cannot_be_is_refused(whet, project, words, said):
    done = whet("profile", "-q", "-w", "ok.py", "--instruments", "memory", *words, cwd=project)
    done.refused(2, *said)
