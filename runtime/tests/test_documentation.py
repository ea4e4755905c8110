"""The pages of the runtime are held to its public names."""

import re
from pathlib import Path

import pytest
import whet_runtime

ROOT = Path(__file__).resolve().parents[1]
WORDS = {
    word
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    for word in re.findall(r"\w+", page.read_text())
}


@pytest.mark.parametrize("name", sorted(set(whet_runtime.__all__) - {"__version__"}))
def test_every_public_name_is_found_in_the_pages(name):
    assert name in WORDS
    assert getattr(whet_runtime, name) is not None
