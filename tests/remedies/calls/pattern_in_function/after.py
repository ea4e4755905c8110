"""Lines of a log."""

import re
from re import compile as regex

NOTHING = 0
NUMBER = r"\d+"


_PARSE_PATTERN = re.compile(r"(\d+) (\w+)")


# How a line looks.
def parse(line):
    found = _PARSE_PATTERN.match(line)  # whet: expect
    return found.groups() if found else None


_CLEAN_PATTERN = re.compile("[ \t]+", re.MULTILINE | re.I)


_CLEAN_PATTERN_2 = re.compile(r",\s*")


class Cleaner:
    def clean(self, text):
        text = _CLEAN_PATTERN.sub(" ", text)  # whet: expect
        return _CLEAN_PATTERN_2.split(text, maxsplit=2)  # whet: expect


_WORDS_PATTERN = re.compile(r"[a-z]+", re.IGNORECASE)


def words(text):
    pattern = _WORDS_PATTERN  # whet: expect
    return pattern.findall(text)


_NUMBER_PATTERN = re.compile(NUMBER, re.ASCII)


def number(line):
    found = _NUMBER_PATTERN.search(line)  # whet: expect
    return found and found.group()
