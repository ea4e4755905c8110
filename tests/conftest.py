"""Fixtures of every room: the interpreters that targets run in, and their coverage."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

# Here the programs that tests start are the code that is tested; elsewhere they are workloads.
MEASURED = {
    "badinput", "codebase", "facade", "probe", "remedies", "workloads",
    "test_asked.py", "test_evidence.py", "test_inputs.py", "test_pairs.py",
    "test_public_face.py", "test_rendering.py", "test_startup.py",
}  # fmt: skip
VERSIONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")


@pytest.fixture(autouse=True, scope="module")
def _workloads_without_coverage(request):
    """Workloads run as they are: coverage in them takes thrice the time, and is profiled too."""
    measured = MEASURED.intersection(request.path.relative_to(Path(__file__).parent).parts)
    with pytest.MonkeyPatch.context() as patch:
        for name in () if measured else ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"):
            patch.delenv(name, raising=False)
        yield


@cache
def installed_python(version):
    """An interpreter of a version on this machine: pyenv's newest, else the path's; or None."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [path for path in root.glob(f"{version}.*/bin/python") if _micro(path).isdigit()]
    candidate = max(found, key=lambda path: int(_micro(path)), default=None)
    candidate = candidate or shutil.which(f"python{version}")
    if candidate is None:
        return None
    code = "import sys; print(sys.executable, '%d.%d' % sys.version_info[:2])"
    answer = subprocess.run(
        [candidate, "-I", "-c", code], capture_output=True, text=True, check=False
    ).stdout.split()
    return answer[0] if answer[1:] == [version] else None  # a shim may have no such version


def _micro(path):
    return path.parents[1].name.rpartition(".")[2]


@pytest.fixture(scope="session")
def bare_python(tmp_path_factory):
    """An interpreter of a second environment that lacks all of whet's dependencies."""
    folder = tmp_path_factory.mktemp("bare") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return str(folder / "bin" / "python")


OWN = f"{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.fixture(params=["own", "bare", *(version for version in VERSIONS if version != OWN)])
def python(request, bare_python):
    """Every interpreter on this machine: whet's own, one without packages, other versions."""
    if request.param == "own":
        return sys.executable
    if request.param == "bare":
        return bare_python
    path = installed_python(request.param)
    if path is None:
        pytest.skip(f"no Python {request.param} here")
    return path


@pytest.fixture(scope="session")
def python_of():
    """Gives an interpreter of a version; skips the test where there is none."""

    def find(version):
        path = installed_python(version)
        if path is None:
            pytest.skip(f"no Python {version} here")
        return path

    return find
