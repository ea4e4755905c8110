"""The examples of the pages about shared tiers and cached queries run."""

import re
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["shared-tiers", "query-cache"])
def test_the_examples_of_a_page_run(page):
    text = (PAGES / f"{page}.md").read_text()
    examples = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert examples
    for example in examples:
        exec(compile(example, page, "exec"), {"__name__": f"example_{page}"})
