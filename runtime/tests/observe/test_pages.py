"""The examples on the pages run as they stand."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("object-pool", "connection-pool", "lazy", "memory", "observability")


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_a_page_run(page):
    examples = re.findall(r"```python\n(.*?)```", (DOCS / f"{page}.md").read_text(), re.DOTALL)
    assert examples
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(examples)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_what_is_guaranteed_and_when_not_to_use_it(page):
    text = (DOCS / f"{page}.md").read_text()
    assert "\n## Guarantees\n" in text
    assert "\n## When not\n" in text
