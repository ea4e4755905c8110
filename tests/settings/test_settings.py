"""Settings are validated, never repaired, and say where they came from."""

import json
from importlib.resources import files

import pytest

from whet.errors import SettingsError
from whet.settings import Settings, WorkloadSettings, flat, json_schema, load_settings


def refused(project, text, name="whet.yaml"):
    (project / name).write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings(project)
    return str(caught.value)


def test_without_a_file_all_defaults_hold(tmp_path):
    loaded = load_settings(tmp_path)
    assert loaded.settings == Settings()
    assert set(loaded.origins.values()) == {"default"}
    assert set(loaded.origins) == set(flat(Settings()))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("profiling:\n  cpu_profilin: true\n", "2: profiling.cpu_profilin: there is no such"),
        ("profiling:\n  cpu_profilin: true\n", "Did you mean 'cpu_profiling'?"),
        ("optimization: {optimization_level: hgh}", "1: optimization.optimization_level: "),
        ("optimization: {optimization_level: hgh}", "Did you mean 'high'?"),
        ("performance:\n  max_workers: 99", "2: performance.max_workers: Expected int <= 16"),
        ("performance:\n  max_workers: four", "Expected int, got str (given: 'four')"),
        ("performance:\n  max_workers: 4.0.0", "Expected int, got str"),
        ("profiling:\n  cpu_profiling: on", "Expected bool, got str (given: 'on')"),
        ("optimization: 3", "wants a table, not 3"),
        ("- 1", "holds no table of settings"),
        ("a: [", "is no YAML"),
        ("budget_s: 1\nbudget_s: 2", "2: key 'budget_s' stands here twice"),
        ("workload: {targt: 3}", "Did you mean 'target'?"),
        ("workload:\n  service: {start: [a], ready: b}", "2: workload.service: lacks drive"),
        ("performance:\n  max_workers: 0", "Expected int >= 1"),
        ("performance:\n  max_workers: " + "9" * 5000, "2: a number of 5000 digits"),
        ("? [a, b]\n: 1", "stands here twice or is no word"),
        ("a:\n" + "".join(" " * n + "a:\n" for n in range(1, 30)), "nested too deeply"),
    ],
)
def test_a_wrong_setting_is_refused_with_line_key_and_way_out(tmp_path, text, message):
    assert message in refused(tmp_path, text)


def test_files_that_are_no_settings_are_refused(tmp_path):
    (tmp_path / "whet.yaml").write_bytes(b"\n\xff")
    with pytest.raises(SettingsError, match=r":2: is not UTF-8"):
        load_settings(tmp_path)
    (tmp_path / "whet.yaml").write_bytes(b" " * 1_000_001)
    with pytest.raises(SettingsError, match="larger than 1 MB"):
        load_settings(tmp_path)
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path, tmp_path / "missing.yaml")


def test_pyproject_counts_with_its_lines(tmp_path):
    text = "[tool.whet]\n\n[tool.whet.profiling]\nprofiling_sample_rate = 2.0\n"
    assert "pyproject.toml:4: profiling.profiling_sample_rate" in refused(
        tmp_path, text, "pyproject.toml"
    )
    (tmp_path / "pyproject.toml").write_text('[tool.whet]\nworkload = "-m app"\n')
    loaded = load_settings(tmp_path)
    assert loaded.settings.workload == "-m app"
    assert loaded.origins["workload"].endswith("pyproject.toml:2")
    for wrong in ("[tool.ruff]\nx = [\n", "[tool.whet]\nbudget_s = " + "9" * 5000):
        (tmp_path / "pyproject.toml").write_text(wrong)
        with pytest.raises(SettingsError, match="is no TOML"):
            load_settings(tmp_path)


def test_a_pyproject_of_others_is_no_settings_file(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\nline-length = 9\n")
    assert load_settings(tmp_path).file is None


def test_the_first_file_counts_alone(tmp_path):
    (tmp_path / "config").mkdir()
    first = tmp_path / "config" / "task_023_optimization_tuning.yaml"
    first.write_text("optimization: {memory_limit_mb: 7}\n")
    (tmp_path / "whet.yaml").write_text("budget_s: 9\n")
    loaded = load_settings(tmp_path)
    assert loaded.settings.optimization.memory_limit_mb == 7
    assert loaded.settings.budget_s == 300
    assert load_settings(tmp_path, tmp_path / "whet.yaml").settings.budget_s == 9


def test_the_command_line_has_the_last_word(tmp_path):
    (tmp_path / "whet.yaml").write_text("budget_s: 9\n")
    loaded = load_settings(tmp_path, overrides={"budget_s": 5.0, "python": None})
    assert loaded.settings.budget_s == 5
    assert loaded.origins["budget_s"] == "command line"
    assert loaded.origins["python"] == "default"
    with pytest.raises(SettingsError, match="command line: budget_s"):
        load_settings(tmp_path, overrides={"budget_s": -1.0})
    with pytest.raises(SettingsError, match="no such setting"):
        load_settings(tmp_path, overrides={"optimization.nothing": 1})


def test_a_workload_may_be_a_table(tmp_path):
    (tmp_path / "whet.yaml").write_text("workload:\n  target: app.py\n  argv: [a, b]\n")
    assert load_settings(tmp_path).settings.workload == WorkloadSettings(
        target="app.py", argv=("a", "b")
    )


def test_the_shipped_schema_is_that_of_the_code():
    shipped = files("whet.settings").joinpath("settings.schema.json").read_text()
    assert json.loads(shipped) == json.loads(json.dumps(json_schema()))


def test_every_setting_states_effect_and_unit():
    definitions = json_schema()["$defs"]
    for table in definitions.values():
        if table["title"] == "ServiceSpec":
            continue
        for name, entry in table["properties"].items():
            parts = [entry, *entry.get("anyOf", ())]
            assert any("description" in part or "$ref" in part for part in parts), name
