import ast
import json
import os
import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from whet.workloads import (
    ProbePlan,
    inspect_interpreter,
    install_probe,
)
from whet_probe._write import Writer, json_text


def of_kind(lines, kind):
    return [line for line in lines if line["kind"] == kind]


def test_first_and_last_line_tell_about_the_process(probed, python):
    outcome, lines = probed("print('hello')", python=python, argv=("one",))
    assert (outcome.exit_code, outcome.stdout.head, outcome.stderr.head) == (0, "hello\n", "")
    assert [line["kind"] for line in lines] == ["process", "exit"]
    first, last = lines
    assert first["v"] == last["v"] == 1
    assert first["argv"][-2:] == ["app.py", "one"]
    assert tuple(first["version"]) == inspect_interpreter(python).version
    measured = [module for module in last["modules"] if module[0] != "__mp_main__"]
    assert measured == [["__main__", "app.py"]]
    assert last["lost_lines"] == 0
    assert last["status"] is None
    if sys.platform == "linux":
        assert last["peak_bytes"] > 1_000_000


STATE = "import sys, os; print(sorted(sys.modules), sys.path, os.environ.get('PYTHONPATH'))"
QUIET = ["effects", "io", "imports", "counter", "allocations", "sampler"]


def test_the_probe_imports_only_what_a_bare_interpreter_has(probed, python, tmp_path):
    plain = subprocess.run(
        [python, "-c", "import sys; print(sorted(sys.modules))"],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    allowed = set(ast.literal_eval(plain.stdout))
    allowed |= {"atexit", "sitecustomize", "_tracemalloc", "errno"}
    for name in QUIET:
        outcome, lines = probed("import sys; print(sorted(sys.modules))", name, python=python)
        assert of_kind(lines, "failure") == []
        loaded = set(ast.literal_eval(outcome.stdout.head))
        own = {module for module in loaded if module.startswith("whet_probe")}
        assert loaded - own <= allowed, name


def test_the_program_sees_its_own_path_and_arguments(probed, tmp_path):
    source = "import sys; print(sys.path[0], sys.argv, [p for p in sys.path if 'probe' in p])"
    outcome, _ = probed(source, "io")
    assert outcome.stdout.head == f"{tmp_path / 'project'} ['app.py'] []\n"


def test_the_stub_is_silent_on_any_python(tmp_path):
    folder = install_probe(tmp_path / "probe")
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    everything = [sys.executable, *map(str, sorted(root.glob("*/bin/python")))]
    for python in everything:
        for plan in (None, "/no/such/plan"):
            environment = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
            if plan is not None:
                environment["WHET_PROBE_PLAN"] = plan
            found = subprocess.run(
                [python, "-c", "print('fine')"],
                capture_output=True, text=True, check=False, env=environment,
            )  # fmt: skip
            assert (found.stdout, found.stderr, found.returncode) == ("fine\n", "", 0), python


def chained(tmp_path, python, text):
    """A run with another sitecustomize behind the stub, and one without the stub."""
    folder = install_probe(tmp_path / "probe")
    other = tmp_path / "other"
    other.mkdir(exist_ok=True)
    (other / "sitecustomize.py").write_text(text)
    source = "import sys; m = sys.modules['sitecustomize']; print(m.__file__, m.__name__)"
    results = []
    for entries in ([folder, other], [other]):
        environment = {"PYTHONPATH": os.pathsep.join(map(str, entries))}
        results.append(
            subprocess.run(
                [python, "-c", source],
                capture_output=True,
                text=True,
                check=False,
                env=environment,
            )
        )
    return results


def test_the_shadowed_sitecustomize_runs_as_it_would_have(tmp_path, python):
    text = (
        "print('customized', __name__, __file__.endswith('other/sitecustomize.py'), __spec__.name)"
    )
    with_stub, without = chained(tmp_path, python, text)
    assert with_stub.stdout.startswith("customized sitecustomize True sitecustomize\n")
    assert (with_stub.stdout, with_stub.stderr) == (without.stdout, without.stderr)


def test_what_the_shadowed_sitecustomize_raises_is_told_as_before(tmp_path, bare_python):
    for text in ("1 / 0", "import no_such_module", "raise ImportError('x', name='sitecustomize')"):
        source = text + "\n"
        with_stub, without = chained(tmp_path, bare_python, source)
        assert with_stub.stderr.splitlines()[-2:] == without.stderr.splitlines()[-2:]


def test_an_uncaught_exception_is_a_known_status(probed, python):
    outcome, lines = probed("raise KeyError('x')", python=python)
    assert outcome.exit_code == 1
    assert (lines[-1]["status"], lines[-1]["uncaught"]) == (1, "KeyError")
    assert "whet" not in outcome.stderr.head


def test_forked_and_started_children_write_files_of_their_own(probed):
    source = (
        "import multiprocessing, os, subprocess, sys\n"
        "def work(): open('x', 'w').close()\n"
        "context = multiprocessing.get_context('fork')\n"
        "child = context.Process(target=work); child.start(); child.join()\n"
        "subprocess.run([sys.executable, '-c', 'pass'])\n"
        "pid = os.fork()\n"
        "if pid == 0: os._exit(0)\n"
        "os.waitpid(pid, 0)\n"
    )
    outcome, lines = probed(source, "io")
    assert outcome.processes == 4
    first, *others = of_kind(lines, "process")
    assert [line["forked"] for line in others] == [True, False, True]
    assert {line["ppid"] for line in others} == {first["pid"]}
    # The forked worker of multiprocessing has last words, the one that left by os._exit has none.
    assert len(of_kind(lines, "exit")) == 3
    worker = [
        line for line in of_kind(lines, "io") if line["process_file"] == others[0]["process_file"]
    ]
    assert worker[-1]["writes"] == 1


def test_a_failing_instrument_is_noted_and_the_program_goes_on(probed):
    outcome, lines = probed("print('fine')", "no_such_instrument", "io")
    assert outcome.stdout.head == "fine\n"
    (failure,) = of_kind(lines, "failure")
    assert failure["instrument"] == "no_such_instrument"
    assert failure["error"] == "ModuleNotFoundError"
    assert of_kind(lines, "io")


def test_lines_survive_a_program_that_closes_all_descriptors(probed):
    source = (
        "import os; os.closerange(3, 400)\n"
        "taken = [os.open('f', os.O_CREAT | os.O_WRONLY) for _ in range(300)]"
    )
    _, lines = probed(source)
    assert [line["kind"] for line in lines] == ["process", "exit"]


def test_a_folder_that_cannot_be_written_costs_lines_but_not_the_program(tmp_path, bare_python):
    out = tmp_path / "gone"
    plan = ProbePlan(instruments={}, out=out, root=tmp_path).write()
    moved = tmp_path / "plan.json"
    moved.write_bytes(plan.read_bytes())
    plan.unlink()
    out.rmdir()
    folder = install_probe(tmp_path / "probe")
    environment = {"PYTHONPATH": str(folder), "WHET_PROBE_PLAN": str(moved)}
    found = subprocess.run(
        [bare_python, "-c", "print(1)"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert (found.stdout, found.stderr, found.returncode) == ("1\n", "", 0)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(values)
def test_json_written_by_hand_is_read_back_equal(value):
    assert json.loads(json_text(value)) == value


def test_what_json_cannot_hold_becomes_a_name():
    class Odd(str):
        __slots__ = ()

    values = [float("nan"), float("inf"), object(), Odd("x"), b"\xff", (1,)]
    expected = [None, None, "<object>", "<Odd>", "\udcff", [1]]
    assert json.loads(json_text(values)) == expected


def test_a_writer_counts_what_it_could_not_write(tmp_path):
    writer = Writer(str(tmp_path / "gone"))
    writer.write("a", {"x": 1})
    assert writer.failures == 1
