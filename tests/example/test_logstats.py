"""The example works right after a clone, on every Python, the same each time."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "logstats"
DATA = EXAMPLE / "data" / "access.log.gz"


def run(*arguments, seed="0", cwd=EXAMPLE):
    return subprocess.run(
        [sys.executable, "-B", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        check=True,
    ).stdout


def test_the_report_does_not_depend_on_the_hash_seed():
    reports = {run("-m", "logstats", "report", DATA, seed=seed) for seed in ("0", "1", "7")}
    (report,) = reports
    assert b"requests                                                           79" in report


def test_the_log_is_the_one_that_its_generator_writes(tmp_path):
    run("make_log.py", tmp_path / "again.gz", cwd=EXAMPLE)
    assert gzip.decompress((tmp_path / "again.gz").read_bytes()) == gzip.decompress(
        DATA.read_bytes()
    )
    assert DATA.stat().st_size < 400_000


def test_its_own_tests_pass():
    run("-m", "pytest", "-q", "-p", "no:cacheprovider", ".")


@pytest.mark.parametrize("module", ["socketserver", "http.server"])
def test_the_report_does_not_need_what_delivery_imports(module):
    code = (
        "import sys; import logstats.report, logstats.reader, logstats.config;"
        f"sys.exit({module!r} in sys.modules)"
    )
    run("-c", code)
