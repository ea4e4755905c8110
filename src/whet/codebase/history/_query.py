"""Which commits are wanted: ranges, dates and paths as options of git that cannot be forged."""

from __future__ import annotations

import re
import time
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from whet.codebase.git import git, head, resolve
from whet.errors import UsageError

if TYPE_CHECKING:
    import os

_DAY = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})")
_WORD = re.compile(r"[A-Za-z]+")
_FIRST_YEAR = 1970
_TOO_OLD = f"is no date for git, which knows none before {_FIRST_YEAR}"
_WAY_OUT = "Give a date such as 2026-01-31 or an age such as 2.weeks"
_FAR_S = 1 << 40  # no date of a commit is so late
_SHORTEST_WORD = 3  # git takes months and days from three letters on
# What git's approxidate understands; it takes a word it does not know for "now", silently.
# Source: git's date.c.
_DATE_WORDS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december", "sunday", "mondays", "tuesdays", "wednesdays",
    "thursdays", "fridays", "saturdays", "seconds", "minutes", "hours", "days", "weeks", "months",
    "years", "ago", "last", "yesterday", "today", "noon", "midnight", "tea", "never", "now",
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "utc", "gmt", "est", "edt", "cst", "cdt", "mst", "mdt", "pst", "pdt", "cet", "cest", "bst",
)  # fmt: skip
_SHORT_WORDS = frozenset({"am", "pm", "t", "z", "at", "of", "and", "st", "nd", "rd", "th", "sec"})


class CommitQuery(NamedTuple):
    """Which commits are wanted; all conditions hold together.

    Attributes:
        ranges: References (`main`), ranges (`v1..v2`, `main...topic`) and exclusions (`^v1`);
            `HEAD` if there are none.
        every_branch: Everything that a branch, remote branch or tag reaches.
        since: Only commits that are younger, as git reads dates: `2026-01-31`, `1.year`.
        until: Only commits that are older.
        limit: The most commits to yield; all of them if None.
        paths: Only commits that touch one of these, relative to the repository's directory;
            they are listed with all of their files.
        line_counts: Count lines. False is some ten times quicker and needs no file contents (in
            a partial clone): renames are then a deletion and an addition, counts are None.
    """

    ranges: tuple[str, ...] = ()
    every_branch: bool = False
    since: str | None = None
    until: str | None = None
    limit: int | None = None
    paths: tuple[str, ...] = ()
    line_counts: bool = True


def log_arguments(repository: str | os.PathLike[str], query: CommitQuery) -> list[str] | None:
    """Options, commits and paths for `git log`; None where there is no commit to begin at.

    Raises:
        TargetError: No such reference.
        UsageError: A date that git would take for another one.
    """
    starts = _starts(repository, query)
    if not starts:
        return None
    words = [] if query.limit is None else [f"--max-count={query.limit}"]
    for option, text in (("since", query.since), ("until", query.until)):
        if text is not None:
            words.append(_date(repository, option, text))
    return [*words, *starts, "--", *(f":(literal){path}" for path in query.paths)]


def _starts(repository: str | os.PathLike[str], query: CommitQuery) -> list[str]:
    words = [word for asked in query.ranges for word in _range(repository, asked)]
    if query.every_branch:
        return ["--branches", "--remotes", "--tags", *words] if _has_any(repository) else words
    if any(not word.startswith("^") for word in words):
        return words
    if head(repository) is None:
        return []
    return [resolve(repository, "HEAD"), *words]


def _has_any(repository: str | os.PathLike[str]) -> bool:
    return bool(git(repository, "for-each-ref", "--count=1", "--format=x"))


def _range(repository: str | os.PathLike[str], asked: str) -> list[str]:
    """One reference or range as commit ids."""
    if asked.startswith("^"):
        return [f"^{resolve(repository, asked[1:])}"]
    for dots in ("...", ".."):
        left, found, right = asked.partition(dots)
        if found:
            first = resolve(repository, left or "HEAD")
            second = resolve(repository, right or "HEAD")
            if dots == "..":
                return [second, f"^{first}"]
            shared = git(repository, "rev-parse", f"{first}...{second}").split()
            return [word.decode("ascii") for word in shared]
    return [resolve(repository, asked)]


def _date(repository: str | os.PathLike[str], option: str, text: str) -> str:
    """The option with the date in seconds, as git reads it."""
    _refuse_guess(option, text)
    answer = git(repository, "rev-parse", f"--{option}={text}").decode("ascii").strip()
    seconds = int(answer.partition("=")[2])
    # For an age that reaches beyond 1970 git answers with now, or a number that ran over.
    if seconds > _FAR_S or (abs(seconds - time.time()) <= 1 and re.search(r"\byears?\b", text)):
        raise UsageError(f"--{option} {text!r}", _TOO_OLD, _WAY_OUT)
    return answer


def _refuse_guess(option: str, text: str) -> None:
    """Git never refuses a date: what it does not understand it takes for now.

    Raises:
        UsageError: A word or day that is none.
    """
    what = f"--{option} {text!r}"
    if not re.search(r"[0-9A-Za-z]", text):
        raise UsageError(what, "is no date", _WAY_OUT)
    for word in _WORD.findall(text):
        if not _is_date_word(word.lower()):
            raise UsageError(what, f"{word!r} is no word of a date", _WAY_OUT)
    for year, month, day in _DAY.findall(text):
        if int(year) < _FIRST_YEAR:
            raise UsageError(what, _TOO_OLD, _WAY_OUT)
        try:
            date(int(year), int(month), int(day))
        except ValueError as error:
            raise UsageError(what, f"is no date: {error}", _WAY_OUT) from error


def _is_date_word(word: str) -> bool:
    if word in _SHORT_WORDS:
        return True
    return len(word) >= _SHORTEST_WORD and any(known.startswith(word) for known in _DATE_WORDS)
