"""The tutorial is run as it stands; its figures may differ, its story may not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TUTORIAL = Path(__file__).resolve().parent.parent.parent / "docs/tutorial.md"
MARK = "@@ block @@"


def blocks():
    """Pairs of commands and expected output lines, a pair a command."""
    pairs = []
    for block in re.findall(
        r"^```console\n(.*?)^```", TUTORIAL.read_text(), re.MULTILINE | re.DOTALL
    ):
        for line in block.splitlines():
            if line.startswith("$ "):
                pairs.append((line[2:], []))
            elif line.startswith(">") and not pairs[-1][1]:
                pairs[-1] = (pairs[-1][0] + "\n" + line[2:], pairs[-1][1])
            else:
                pairs[-1][1].append(line)
    return pairs


def shape(line):
    """A line without its figures and its spacing."""
    return " ".join(re.sub(r"\d+(?:[.,]\d+)*", "N", line).split())


def follows(expected, actual):
    """Whether the expected lines occur in order, each within one line of the output."""
    remaining = iter(map(shape, actual))
    return [
        line
        for line in expected
        if line != "..." and not any(shape(line) in entry for entry in remaining)
    ]


@pytest.mark.slow
def test_the_tutorial_happens_as_told(tmp_path):
    pairs = blocks()
    script = "set -e\nexec 2>&1\n" + "".join(f"{command}\necho '{MARK}'\n" for command, _ in pairs)
    folder = Path(sys.executable).parent
    # Coverage would be measured in the workload too, and slow its runs down.
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=inherited | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "CI": "true"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    outputs = done.stdout.split(f"{MARK}\n")
    told = f"{done.stdout}\n{done.stderr}"
    assert (done.returncode, len(outputs)) == (0, len(pairs) + 1), told
    for (command, expected), output in zip(pairs, outputs, strict=False):
        missing = follows(expected, output.splitlines())
        assert missing == [], f"after `{command}`:\n{output}"
