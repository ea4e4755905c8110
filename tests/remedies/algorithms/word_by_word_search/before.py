"""Looks for words."""

import re


def found(words, text):
    return [word for word in words if re.search(rf"\b{word}\b", text)]  # whet: expect


def counted(words, text):
    counts = {}
    for word in words:
        counts[word] = len(re.findall(r"\b" + re.escape(word) + r"\b", text))  # whet: expect
    return counts
