"""Growth measured in the target's interpreter."""

from __future__ import annotations

import json

import pytest

from whet.cli import main
from whet.errors import EffectsRefused, MeasurementError, TargetError
from whet.profiling.complexity import (
    ComplexityQuestion,
    growth_of_memory,
    growth_of_time,
    measure_complexity,
)
from whet.records import ComplexityPoint, Workload
from whet.reports import complexity_terminal
from whet.workloads import Launch, find_interpreter, parse_target

SOURCE = """
import socket


def numbers(size):
    return list(range(size))


def pair(size):
    return numbers(size), size


def unique(names):
    seen = []
    for name in names:
        if name not in seen:
            seen.append(name)
    return seen


def both(names, limit):
    return [n for n in names for m in range(limit) if n == m]


def drained(names):
    while names:
        names.pop()


def limited(names):
    print("noise")
    if len(names) > 1000:
        raise ValueError("too many")
    return unique(names)


def subsets(n):
    return 1 if n < 1 else subsets(n - 1) + subsets(n - 1)


def stuck(names):
    while len(names) > 100:
        pass


def writes(names):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        try:
            line.sendto(b"x", ("203.0.113.9", 9))
        except OSError:
            pass


async def waits(names):
    return names


class Text:
    @staticmethod
    def words(text):
        return [word for word in text.split() if word in text.split()]


if __name__ == "__main__":
    unique([n % 50 for n in range(200)])
    subsets(3)
"""
SIZES = (100, 200, 400, 800)


@pytest.fixture
def launch(tmp_path):
    (tmp_path / "app.py").write_text(SOURCE)
    interpreter = find_interpreter(tmp_path)
    return Launch(workload=Workload(kind="command"), root=tmp_path, interpreter=interpreter)


def ask(launch, name, inputs="app:numbers", **more):
    given = {"sizes": SIZES, "budget_s": 20.0, **more}
    return measure_complexity(
        ComplexityQuestion(target=f"app:{name}", inputs=inputs, **given), launch
    )


@pytest.mark.parametrize(("name", "inputs"), [("unique", "app:numbers"), ("both", "app:pair")])
def test_a_quadratic_function_is_recognized(launch, name, inputs):
    found = ask(launch, name, inputs)
    assert [point.size for point in found.points] == list(SIZES)
    assert found.time.decided in {"n^2", None}  # a loaded machine may leave it undecided
    assert 1.4 < found.time.exponent < 2.7
    assert found.time.metric == "cpu_time"
    assert all(point.peak_bytes >= point.held_bytes >= 0 for point in found.points)
    assert found.notes == ()


def test_inputs_are_scaled_from_calls_that_the_workload_makes(launch):
    import msgspec

    workload = parse_target("app.py", launch.root)
    recording = msgspec.structs.replace(launch, workload=workload)
    found = ask(recording, "subsets", inputs=None, sizes=(4, 6, 8, 10, 12))
    assert found.time.decided in {"2^n", None}
    assert found.points[-1].cpu_s > 50 * found.points[0].cpu_s
    assert found.inputs == "calls recorded from app.py, scaled"
    with pytest.raises(TargetError, match="never calls it"):
        ask(recording, "both", inputs=None)
    with pytest.raises(TargetError, match="no module nowhere"):
        measure_complexity(ComplexityQuestion(target="nowhere:f"), recording)


def test_arguments_that_a_call_changes_are_made_anew(launch):
    found = ask(launch, "drained")
    assert found.points[-1].cpu_s > 3 * found.points[0].cpu_s


def test_a_size_that_raises_ends_the_series_and_is_named(launch):
    found = ask(launch, "limited", sizes=(300, 500, 700, 900, 1100, 1300))
    assert [point.size for point in found.points] == [300, 500, 700, 900]
    assert found.notes == ("size 1100: ValueError: too many",)


def test_a_size_that_hangs_loses_nothing_of_those_before(launch):
    found = ask(launch, "stuck", sizes=(25, 50, 75, 100, 125), budget_s=3.0)
    assert [point.size for point in found.points] == [25, 50, 75, 100]
    assert any("did not end in time" in note for note in found.notes)


def test_an_exponential_function_gets_sizes_between(launch):
    found = measure_complexity(
        ComplexityQuestion(target="app:subsets", inputs="builtins:int", budget_s=3.0), launch
    )
    assert found.time.decided in {"2^n", None}
    assert len(found.points) >= 6


@pytest.mark.parametrize(
    ("name", "inputs", "reason"),
    [
        ("nothing", "app:numbers", "AttributeError"),
        ("waits", "app:numbers", "coroutine"),
        ("__name__", "app:numbers", "cannot be called"),
        ("unique", "app:nothing", "AttributeError"),
    ],
)
def test_what_cannot_be_called_so_is_named(launch, name, inputs, reason):
    with pytest.raises(TargetError, match=reason):
        ask(launch, name, inputs)


def test_not_one_size_is_no_measurement(launch):
    with pytest.raises(MeasurementError, match="TypeError"):
        ask(launch, "both")


def test_effects_are_refused_before_anything_is_repeated(launch):
    with pytest.raises(EffectsRefused, match="network 203"):
        ask(launch, "writes")


def test_the_command_prints_the_classes(tmp_path, capsys):
    (tmp_path / "app.py").write_text(SOURCE)
    words = ["profile", "-q", "--project", str(tmp_path), "--complexity", "app:Text.words",
             "--inputs", "builtins:int", "--sizes", "1,2"]  # fmt: skip
    assert main(words) == 3
    assert "AttributeError" in capsys.readouterr().err
    words[5] = "app:unique"
    words[7:] = ["app:numbers", "--sizes", "50,100,200,400", "--json"]
    assert main(words) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["time"]["said"].startswith(("O(n^2)", "undecided"))
    assert [point["size"] for point in document["points"]] == [50, 100, 200, 400]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--complexity", "app"], "is not MODULE:FUNCTION"),
        (["--complexity", "app:f", "--sizes", "4,2"], "rising"),
        (["--sizes", "4,8"], "without --complexity"),
    ],
)
def test_a_wrong_question_is_refused(tmp_path, capsys, words, reason):
    assert main(["profile", "--project", str(tmp_path), *words]) == 2
    assert reason in capsys.readouterr().err


def points(cpu, wall=None, peak=None):
    return [
        ComplexityPoint(size=n, cpu_s=cpu(n), wall_s=(wall or cpu)(n), noise=0.0,
                        peak_bytes=peak(n) if peak else None)
        for n in (2**k for k in range(4, 14))
    ]  # fmt: skip


def test_what_waits_is_judged_by_wall_time():
    found = growth_of_time(points(lambda _: 1e-6, lambda n: 1e-4 * n))
    assert (found.metric, found.decided) == ("wall_time", "n")


def test_memory_is_a_class_of_its_own_and_unknown_where_it_was_not_followed():
    assert growth_of_memory(points(float)) is None
    assert growth_of_memory(points(float, peak=lambda _: 28)).decided == "1"
    assert growth_of_memory(points(float, peak=lambda n: 56 + 800 * n)).decided == "n"


def test_the_table_holds_classes_sizes_and_notes(launch):
    text = complexity_terminal.render(ask(launch, "limited", sizes=(300, 500, 700, 900, 1100)))
    assert text.splitlines()[2].startswith(("time    O(n^2)", "time    undecided"))
    assert "too many" in text
    assert text.count("kB") >= 8
