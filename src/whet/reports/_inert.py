"""Strings of the user's program made harmless: what a report shows can neither act nor hide.

A function name, a path or a value may hold anything: escape sequences that repaint a terminal,
marks that reverse the reading direction, markup, formulas. Each format first makes the invisible
visible, then escapes what its own syntax would act upon.
"""

from __future__ import annotations

import re
import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MARKDOWN = re.compile(r"([\\`*_{}\[\]#|~<>&$@]|^[-+=]|^\d+(?=[.)])|:(?=//))")
_NAMED = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def visible(text: str, *, keep: str = "") -> str:
    """The text with every control, format and surrogate character spelled out.

    Args:
        text: Anything.
        keep: Characters that stay as they are, such as newline and tab in a listing.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char
        if char in keep or unicodedata.category(char) not in _HIDDEN
        else char.encode("unicode_escape", "surrogatepass").decode("ascii")
        for char in text
    )


def markdown_text(text: str) -> str:
    """Text for running Markdown, table cells included: nothing in it is markup or a link."""
    return _MARKDOWN.sub(_escaped, visible(text).strip())


def _escaped(match: re.Match[str]) -> str:
    found = match[1]
    return found + "\\" if found.isdigit() else _NAMED.get(found, "\\" + found)


def markdown_code(text: str) -> str:
    """Text as a code span that it cannot leave, also inside a table."""
    shown = visible(text).replace("|", "\u2502").strip() or " "
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", shown)), default=0))
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def markdown_block(text: str, language: str = "") -> str:
    """Text as a fenced block that it cannot leave."""
    shown = visible(text, keep="\n\t").rstrip("\n")
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", shown)), default=0))
    return f"{fence}{language}\n{shown}\n{fence}"


def csv_cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula; numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return repr(value)
    text = visible(str(value))
    return "'" + text if text.lstrip(" ")[:1] in {"=", "+", "-", "@", "|", "%"} else text


def shortened(text: str, limit: int) -> str:
    """The text, cut in the middle to at most `limit` characters, the cut stated."""
    if len(text) <= limit:
        return text
    half = max(1, (limit - 40) // 2)
    return f"{text[:half]}\n... {len(text) - 2 * half} characters left out ...\n{text[-half:]}"
