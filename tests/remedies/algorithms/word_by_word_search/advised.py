"""Looks for words."""

import re
from collections import Counter


def found(words, text):
    present = set(re.findall(r"\w+", text))
    return [word for word in words if word in present]


def counted(words, text):
    counts = Counter(re.findall(r"\w+", text))
    return {word: counts[word] for word in words}
