"""The court's benchmark: what its figures rest on."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import court
import court_machine
import court_naive
import court_table
import court_workloads


def row(outcome="undecided", *, percent=0, runnable=1.0, design="in-process pairs", **changes):
    found = {"outcome": outcome, "effect": 1.0, "low": 0.99, "high": 1.01, "elapsed_s": 3.0}
    return {
        "percent": percent, "design": design, "runnable": runnable, "load": 0.5, "cores": 2,
        "verdicts": {"cpu_time": found | changes}, "naive": {court_naive.SCHEMES[0]: True},
    }  # fmt: skip


def test_a_line_torn_by_a_crash_loses_no_other(tmp_path):
    results = tmp_path / "court.jsonl"
    court.append(results, {"seed": 1})
    with results.open("a") as file:
        file.write('{"seed": 2, "verd')
    court.append(results, {"seed": 3})
    assert court.read(results) == [{"seed": 1}, {"seed": 3}]


def test_once_the_stop_file_exists_no_trial_is_held(tmp_path, capsys):
    (tmp_path / "stop").touch()
    words = ["--stop-file", str(tmp_path / "stop"), "--results", str(tmp_path / "court.jsonl")]
    assert court.main(words) == 0
    assert capsys.readouterr().out == "no trial was held yet\n"


@pytest.mark.parametrize(
    ("runnable", "load", "state"),
    [(2.5, 9, "idle"), (2.6, 0, "busy"), (6.0, 0, "loaded"), (None, 6.5, "loaded")],
)
def test_the_runnable_tasks_of_a_trial_say_how_loaded_the_machine_was(runnable, load, state):
    assert court_machine.state_of({"runnable": runnable, "load": load, "cores": 2}) == state


def test_every_verdict_of_a_difference_on_identical_code_counts_as_false():
    rows = [row("faster"), row("slower"), row("same"), row("void"), row("slower", percent=5)]
    document = court_table.summarize(rows)
    found = document["machine"]["all"]["identical"]["both designs"]
    assert (found["trials"], found["count"], found["rate"]) == (4, 2, 0.5)
    assert document["machine"]["idle"]["trials"] == 5
    assert "loaded" not in document["machine"]
    assert document["machine"]["all"]["naive"][court_naive.SCHEMES[0]]["count"] == 4


def test_a_bias_shows_in_the_mean_effect_on_identical_code():
    rows = [row(effect=1.01), row(effect=1.03), row(effect=None), row(percent=10, effect=1.1)]
    bias = court_table.summarize(rows)["machine"]["all"]["bias"]["in-process pairs"]
    assert bias["trials"] == 2
    assert bias["mean_percent"] == pytest.approx(1.98, abs=0.01)
    assert bias["standard_error"] == pytest.approx(0.98, abs=0.01)


def test_power_counts_what_was_found_within_the_seconds_of_the_target():
    rows = [
        row("slower", percent=10, low=1.05, high=1.15, elapsed_s=15.0),
        row("slower", percent=10, low=1.05, high=1.15, elapsed_s=15.1),
        row("undecided", percent=10, low=0.9, high=1.09, elapsed_s=9.0),
    ]
    one = court_table.summarize(rows)["machine"]["all"]
    found = one["power"]["10 %, in-process pairs"]
    assert (found["trials"], found["count"], found["wrong"]) == (3, 1, 0)
    assert (one["coverage"]["trials"], one["coverage"]["count"]) == (3, 2)


def test_the_table_of_no_power_trials_shows_none_and_a_trial_not_held_is_named():
    text = court_table.table(court_table.summarize([row("same"), {"failed": "disk full"}]))
    assert "1 trials could not be held" in text
    assert "injected work" not in text
    assert (
        "| **court**, CPU time, both designs | 1 | 0 | 0.00 % | 95.00 % | 0 | 3.0 / 3.0 |" in text
    )


def test_the_usual_procedures_find_a_clear_difference_and_none_in_the_same_samples():
    low, high = [1.0, 1.01, 1.02, 1.03, 1.04], [1.2, 1.21, 1.22, 1.23, 1.24]
    same = court_naive.judge_naively([{"a": low, "b": low}] * 2, blocks=True)
    differ = court_naive.judge_naively([{"a": low, "b": high}] * 2, blocks=True)
    assert set(same) == set(differ) == set(court_naive.SCHEMES)
    assert not any(same.values())
    assert all(differ.values())


@pytest.mark.parametrize("kind", sorted(court_workloads.KINDS))
def test_every_version_of_a_workload_gives_the_same_result(kind):
    versions = {getattr(court_workloads, f"{kind}_{percent}")() for percent in (0, 2, 5, 10)}
    assert len(versions) == 1
