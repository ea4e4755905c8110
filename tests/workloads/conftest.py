from pathlib import Path

import pytest

from whet.records import Workload
from whet.workloads import Launch, find_interpreter, run


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def write(project):
    """Writes a file of the project and returns its path."""

    def write_file(name, text):
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write_file


@pytest.fixture
def launch(project, bare_python):
    """Makes a launch of a workload in the project, by the bare interpreter."""

    def make(workload=None, **options):
        options.setdefault("root", project)
        python = options.pop("python", bare_python)
        interpreter = find_interpreter(project, python)
        return Launch(
            workload=workload or Workload(kind="script", target="app.py"),
            interpreter=interpreter,
            **options,
        )

    return make


@pytest.fixture
def run_script(write, launch):
    """Runs some source as the project's app.py."""

    def run_source(source, workload=None, meter=None, **options):
        write("app.py", source)
        return run(launch(workload, **options), meter=meter)

    return run_source


@pytest.fixture
def children_of():
    """Process ids below a process; Linux."""

    def find(pid):
        path = Path(f"/proc/{pid}/task/{pid}/children")
        return [int(word) for word in path.read_text().split()]

    return find
