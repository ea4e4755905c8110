"""A remedy's page: the docstring of its module, taken apart by its headings."""

from __future__ import annotations

import inspect
import re

HEADINGS = ("What", "Why slow", "Evidence needed", "Before", "After", "Safety", "When not")
_SPLIT = re.compile(rf"^({'|'.join(HEADINGS)}):?[ \t]*$", re.MULTILINE)


def sections_of(page: str) -> dict[str, str]:
    """Heading to text, in the order of the page; what stands before them is under ""."""
    first, *rest = _SPLIT.split(inspect.cleandoc(page))
    found = {"": first.strip()}
    for heading, body in zip(rest[::2], rest[1::2], strict=True):
        found[heading] = inspect.cleandoc("\n" + body).strip("\n")
    return found
