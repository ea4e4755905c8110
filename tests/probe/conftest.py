import sys

import pytest

from whet.records import Workload
from whet.workloads import Launch, ProbePlan, find_interpreter, read_lines, run


@pytest.fixture
def probed(tmp_path):
    """Runs some source with instruments; returns the outcome and the probe's lines."""
    count = iter(range(100))
    root = tmp_path / "project"
    root.mkdir()

    def run_probed(source, *names, python=sys.executable, argv=(), **configurations):
        (root / "app.py").write_text(source)
        instruments = {name: {} for name in names} | configurations
        out = tmp_path / f"records{next(count)}"
        launch = Launch(
            workload=Workload(kind="script", target="app.py", argv=argv),
            root=root,
            interpreter=find_interpreter(root, python),
            plan=ProbePlan(instruments=instruments, out=out, root=root),
            environment={"PYTHONDONTWRITEBYTECODE": ""},
        )
        return run(launch), list(read_lines(out))

    return run_probed
