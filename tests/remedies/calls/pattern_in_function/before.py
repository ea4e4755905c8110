"""Lines of a log."""

import re
from re import compile as regex

NOTHING = 0
NUMBER = r"\d+"


# How a line looks.
def parse(line):
    found = re.match(r"(\d+) (\w+)", line)  # whet: expect
    return found.groups() if found else None


class Cleaner:
    def clean(self, text):
        text = re.sub("[ \t]+", " ", text, flags=re.MULTILINE | re.I)  # whet: expect
        return re.split(r",\s*", text, maxsplit=2)  # whet: expect


def words(text):
    pattern = regex(r"[a-z]+", re.IGNORECASE)  # whet: expect
    return pattern.findall(text)


def number(line):
    found = re.search(NUMBER, line, re.ASCII)  # whet: expect
    return found and found.group()
