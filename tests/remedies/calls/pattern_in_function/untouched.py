"""Near misses, each for a reason of its own."""

import re

TOP = re.compile("x+")
re.error_hook = None


def replaced(text):
    return re.match("a+", text)
