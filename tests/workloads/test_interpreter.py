import os
import subprocess
import sys
from pathlib import Path

import pytest

from whet.errors import InterpreterError
from whet.workloads import describe_environment, find_interpreter, parse_target
from whet.workloads import interpreter as interpreter_module
from whet.workloads._environment import import_roots
from whet.workloads.interpreter import inspect_interpreter


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return path


@pytest.fixture
def environment_in(project):
    def make(name):
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", project / name], check=True)
        return str(project / name / "bin" / "python")

    return make


def test_the_named_interpreter_comes_first(project, bare_python, environment_in):
    environment_in(".venv")
    found = find_interpreter(project, bare_python, {"VIRTUAL_ENV": str(project / ".venv")})
    assert (found.path, found.chosen_by) == (bare_python, "--python")
    assert found.version == sys.version_info[:3]
    assert "pytest" not in found.modules
    folder = str(Path(bare_python).parent.parent)
    assert found.prefix == folder
    assert find_interpreter(project, folder, {}).path == bare_python


def test_then_the_active_environment_then_the_projects_own(project, environment_in, bare_python):
    own = environment_in("myenv")
    active = str(Path(bare_python).parent.parent)
    assert find_interpreter(project, None, {"VIRTUAL_ENV": active}).chosen_by == "$VIRTUAL_ENV"
    found = find_interpreter(project, None, {"VIRTUAL_ENV": str(project / "gone")})
    assert (found.path, found.chosen_by) == (own, "myenv")
    preferred = environment_in(".venv")
    assert find_interpreter(project, None, {}).path == preferred


def test_tests_take_the_first_environment_that_has_pytest(project, environment_in):
    tests = parse_target("pytest", project)
    first, second = environment_in(".venv"), environment_in(".venv-test")
    assert find_interpreter(project, None, {}, workload=tests).path == first  # none has it
    [packages] = (project / ".venv-test").glob("lib/python3*/site-packages")
    (packages / "pytest.py").touch()
    inspect_interpreter.cache_clear()
    found = find_interpreter(project, None, {}, workload=tests)
    assert (found.path, found.chosen_by) == (second, ".venv-test, the first with pytest")
    (project / "main.py").touch()
    script = parse_target("main.py", project)
    assert find_interpreter(project, None, {}, workload=script).path == first
    assert find_interpreter(project, first, {}, workload=tests).path == first  # named is named


def test_then_python3_on_the_path_then_whets_own(project, bare_python):
    folder = str(Path(bare_python).parent)
    found = find_interpreter(project, None, {"PATH": folder})
    assert found.chosen_by == "python3 on the path"
    assert find_interpreter(project, None, {"PATH": "/nowhere"}).chosen_by == "whet's own"


def test_a_name_is_looked_up_on_the_path(project, bare_python):
    path = {"PATH": str(Path(bare_python).parent)}
    assert find_interpreter(project, "python3", path).prefix == str(Path(bare_python).parents[1])
    with pytest.raises(InterpreterError, match="is not on the path"):
        find_interpreter(project, "python9", path)


def test_a_shim_is_resolved_to_the_interpreter_behind_it(project, bare_python, tmp_path):
    shim = script(tmp_path / "shims" / "python3", f'exec {bare_python} "$@"\n')
    assert find_interpreter(project, str(shim)).path == bare_python


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("exit 1", "cannot be used"),
        ("echo hello", "does not answer as a Python does"),
        ('case "$1" in -I) echo Unknown option: -I >&2; exit 2;; esac; echo "[2, 7, 18]"',
         r"is Python 2\.7\.18; whet measures 3\.8 \(whole commands only\)"),
        ('case "$1" in -I) echo boom >&2; exit 2;; esac; echo "[3, 12, 0]"',
         "failed when asked about itself: boom"),
    ],
)  # fmt: skip
def test_what_is_no_fit_python_is_refused_with_the_reason(project, tmp_path, text, message):
    unfit = script(tmp_path / "unfit", text + "\n")
    with pytest.raises(InterpreterError, match=message):
        find_interpreter(project, str(unfit))


def test_missing_and_unrunnable_interpreters_are_refused(project, tmp_path):
    with pytest.raises(InterpreterError, match="does not exist"):
        find_interpreter(project, "/no/such/python")
    with pytest.raises(InterpreterError, match="without bin/python"):
        find_interpreter(project, str(tmp_path))
    plain = tmp_path / "plain"
    plain.write_text("text")
    with pytest.raises(InterpreterError, match="cannot be run"):
        find_interpreter(project, str(plain))


def test_interpreters_that_fail_or_hang_when_asked_are_refused(project, tmp_path, monkeypatch):
    text = 'case "$1" in -I) echo broken >&2; exit 1;; *) echo "[3, 11, 0]";; esac\n'
    with pytest.raises(InterpreterError, match="failed when asked about itself: broken"):
        find_interpreter(project, str(script(tmp_path / "fails", text)))
    monkeypatch.setattr(interpreter_module, "_TIMEOUT_S", 0.05)
    with pytest.raises(InterpreterError, match="does not answer within"):
        find_interpreter(project, str(script(tmp_path / "hangs", "exec sleep 600\n")))


def old_pythons():
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = sorted(root.glob("[23].*/bin/python")) if root.is_dir() else []
    return [str(path) for path in found if path.parents[1].name.startswith(("2.7", "3.6", "3.7"))]


@pytest.mark.skipif(not old_pythons(), reason="no Python older than 3.8 here")
def test_real_old_pythons_are_named_as_too_old(project):
    for python in old_pythons():
        with pytest.raises(InterpreterError, match=r"is Python (2|3\.[67])"):
            find_interpreter(project, python)


def test_folders_of_editable_installs_lead_into_the_copy(project, tmp_path):
    (project / "lib").mkdir()
    (project / "src").mkdir()
    editable = (str(project / "lib"), str(tmp_path / "elsewhere"))
    roots = [str(project / "lib"), str(project / "src"), str(project)]
    assert import_roots(project, editable) == roots


def test_editable_installs_are_read_from_pth_files_and_finders(project, environment_in):
    python = environment_in(".venv")
    site = next((project / ".venv").glob("lib/python*/site-packages"))
    (site / "a.pth").write_text(f"# comment\nimport sys\n{project}/one\n")
    (site / "__editable___b_finder.py").write_text(f"MAPPING = {{'b': '{project}/two/b'}}\n")
    found = inspect_interpreter(python, "again")
    assert found.editable == (f"{project}/one", f"{project}/two")


def test_a_folder_that_would_replace_the_standard_library_stays_off_the_path(project):
    (project / "random.py").write_text("")
    assert import_roots(project, ()) == []
    assert import_roots(project, (str(project),)) == [str(project)]


def test_the_environment_is_described(project, bare_python):
    found = find_interpreter(project, bare_python)
    environment = describe_environment(found)
    assert environment.interpreter == found
    assert environment.cores >= 1
    assert environment.os.startswith(("Linux", "Darwin"))
